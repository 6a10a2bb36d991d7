"""Undoing a move on its day, and what becomes of the chosen track there and back."""

from datetime import date
from uuid import UUID

import pytest

from cohorts.earlier import recent_move
from cohorts.errors import CohortError
from cohorts.models import (
    Cohort,
    Enrollment,
    TrackChoice,
)
from cohorts.move_summary import summary_of
from cohorts.moving import last_move, plan_undo, undo
from cohorts.path import Path, path_of
from cohorts.progress import complete_topic, reopen_topic
from cohorts.tracks import choice_as_of
from cohorts.version_map import Pair
from curriculum.models import Topic, Track
from organizations.models import uuid7
from tests.cohorts.given import published_version
from tests.cohorts.moves import AT, DAY, back, copy_of, fresh, go, milestones, numbers, pairs_by, planned, told
from tests.cohorts.studying import TODAY, active, finish, running_cohort, topics_of
from tests.conftest import Cast


def test_undoing_gives_everything_back(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    finish(amira, topics_of(cohort)[:2])
    before, schedule = path_of(amira, on=TODAY), milestones(cohort)
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    assert milestones(cohort) != schedule

    back(cohort)

    fresh(amira)
    after = path_of(amira, on=TODAY)
    assert (cohort.version, amira.version) == (old, old)
    assert (told(after), numbers(after), milestones(cohort)) == (told(before), numbers(before), schedule)
    assert recent_move(amira, on=TODAY) is None


def test_what_happened_since_comes_along(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second, third = topics_of(cohort)[:3]
    finish(amira, [first, second])
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    fresh(amira)
    reopen_topic(enrollment=amira, topic=Topic.objects.get(pk=became[first.pk]), by=lantaarn.amira, on=TODAY)
    complete_topic(enrollment=amira, topic=Topic.objects.get(pk=became[third.pk]), by=lantaarn.amira, on=TODAY)

    back(cohort)

    fresh(amira)
    assert [title for title, _state, _day in told(path_of(amira, on=TODAY))] == [second.title, third.title]


def test_what_was_merged_and_left_alone_is_given_back(lantaarn: Cast) -> None:
    """One of two topics that became one: open there, and done here as it was."""
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second = topics_of(cohort)[:2]
    finish(amira, [first])
    new, became = copy_of(old)
    go(cohort, new, [Pair("topic", first.pk, became[first.pk]), Pair("topic", second.pk, became[first.pk])])

    back(cohort)

    fresh(amira)
    assert [title for title, _state, _day in told(path_of(amira, on=TODAY))] == [first.title]


def test_undoing_is_for_the_same_day(lantaarn: Cast) -> None:
    cohort = running_cohort()
    new, became = copy_of(cohort.version)
    go(cohort, new, pairs_by(became, cohort.version))

    with pytest.raises(CohortError) as refused:
        back(cohort, at=AT + DAY)

    assert refused.value.code == "too_late_to_undo"
    assert "The move was on 23 November 2026" in str(refused.value)


def test_undoing_twice_finds_nothing(lantaarn: Cast) -> None:
    cohort, key = running_cohort(), uuid7()
    old = cohort.version
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    agreed = plan_undo(subject=cohort, today=TODAY).digest
    first = undo(subject=cohort, agreed=agreed, key=key, by=lantaarn.ilse, at=AT)
    fresh(cohort)

    assert undo(subject=cohort, agreed=agreed, key=key, by=lantaarn.ilse, at=AT) == first
    with pytest.raises(CohortError) as refused:
        plan_undo(subject=cohort, today=TODAY)
    assert (refused.value.code, last_move(cohort)) == ("nothing_to_undo", None)


def test_who_moved_on_alone_does_not_go_back(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    new, became = copy_of(old)
    newest, later = copy_of(new)
    go(cohort, new, pairs_by(became, old))
    fresh(amira)
    go(amira, newest, pairs_by(later, new))

    back(cohort)

    fresh(amira), fresh(daan)
    assert (amira.version, daan.version, cohort.version) == (newest, old, old)


def test_moving_back_later_is_another_move(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second, third = topics_of(cohort)[:3]
    finish(amira, [first, second])
    new, became = copy_of(old)
    pairs = pairs_by(became, old)
    go(cohort, new, pairs)
    fresh(amira)
    reopen_topic(enrollment=amira, topic=Topic.objects.get(pk=became[first.pk]), by=None, on=TODAY)
    complete_topic(enrollment=amira, topic=Topic.objects.get(pk=became[third.pk]), by=None, on=TODAY)

    go(cohort, old, [Pair(pair.kind, pair.new, pair.old) for pair in pairs], at=AT + DAY)
    there = path_of_now(amira)
    go(cohort, new, pairs, at=AT + 2 * DAY)
    again = path_of_now(amira)

    assert [title for title, _state, _day in told(there)] == [second.title, third.title]
    assert told(again) == told(there)


def path_of_now(enrollment: Enrollment) -> Path:
    fresh(enrollment)
    return path_of(enrollment, on=TODAY + 2 * DAY)


@pytest.fixture
def specialized(lantaarn: Cast) -> tuple[Cohort, Enrollment, list[Track]]:
    """Amira chose Vision ten days ago; there is Language too."""
    cohort = running_cohort(version=published_version(tracks=["Vision", "Language"]))
    amira = active(cohort, lantaarn.amira)
    tracks = list(Track.objects.order_by("number"))
    choose(amira, tracks[0], TODAY - 10 * DAY)
    return cohort, amira, tracks


def choose(enrollment: Enrollment, track: Track, on: date) -> None:
    TrackChoice.objects.create(enrollment=enrollment, track=track, effective_on=on)
    Enrollment.objects.filter(pk=enrollment.pk).update(track=track)
    fresh(enrollment)


def chosen(enrollment: Enrollment) -> tuple[UUID | None, date | None]:
    """The track that is stored, and since when it was chosen among those of the version followed."""
    fresh(enrollment)
    choice = choice_as_of(enrollment, on=TODAY)
    assert (choice and choice.track_id) == enrollment.track_id
    return enrollment.track_id, choice and choice.effective_on


def test_tracks_go_along_and_come_back(specialized: tuple[Cohort, Enrollment, list[Track]]) -> None:
    cohort, amira, (vision, _language) = specialized
    old = cohort.version
    new, became = copy_of(old)

    go(cohort, new, pairs_by(became, old))
    there = chosen(amira)
    back(cohort)

    assert (there, chosen(amira)) == (
        (became[vision.pk], TODAY - 10 * DAY), (vision.pk, TODAY - 10 * DAY),
    )  # fmt: skip
    assert TrackChoice.objects.count() == 2


def test_track_that_was_changed_since_is_changed_there_too(
    specialized: tuple[Cohort, Enrollment, list[Track]],
) -> None:
    cohort, amira, (_vision, language) = specialized
    old = cohort.version
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    fresh(amira)
    choose(amira, Track.objects.get(pk=became[language.pk]), TODAY)

    back(cohort)

    assert chosen(amira) == (language.pk, TODAY)


def test_track_without_a_counterpart_is_to_be_chosen_again(
    specialized: tuple[Cohort, Enrollment, list[Track]],
) -> None:
    cohort, amira, (vision, _language) = specialized
    old = cohort.version
    new, became = copy_of(old)
    work = old.projects.get(track=vision)
    pairs = pairs_by(became, old, without=[work.pk])
    summary = summary_of(planned(cohort, new, pairs))

    go(cohort, new, pairs)
    there = chosen(amira)
    back(cohort)

    assert (summary.tracks_left, summary.is_whole, there) == (1, False, (None, None))
    assert chosen(amira) == (vision.pk, TODAY - 10 * DAY)
