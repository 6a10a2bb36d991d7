"""Specializations: when a learner may choose, when only staff may, and what a choice makes of the path."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership
from cohorts import work
from cohorts.errors import CohortError
from cohorts.models import Enrollment, TrackChoice
from cohorts.path import path_of
from cohorts.progress import complete_project
from cohorts.tracks import choice_as_of, choose_track, has_work, tracks_of
from cohorts.transferring import transfer
from cohorts.work import Work
from curriculum.models import Project, Track
from tests.cohorts.given import START, published_version
from tests.cohorts.studying import TODAY, active, finish, finish_level, running_cohort, topics_of
from tests.conftest import Cast
from tests.examples import examples

DAY = timedelta(days=1)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    """Active in three levels, the last of which offers Research, Operations and Agents."""
    version = published_version(levels=3, tracks=("Research", "Operations", "Agents"))
    return active(running_cohort(version=version, last_level=3), lantaarn.amira)


@pytest.fixture
def tracks(amira: Enrollment) -> list[Track]:
    return list(Track.objects.filter(level__version=amira.version).select_related("level").order_by("number"))


def choose(enrollment: Enrollment, track: Track, by: Membership, *, on: date = TODAY, reason: str = "") -> TrackChoice:
    path = path_of(Enrollment.objects.get(pk=enrollment.pk), on=max(on, START))
    return choose_track(enrollment=enrollment, track=track, path=path, by=by, on=on, at=NOON, reason=reason)


def refused(enrollment: Enrollment, track: Track, by: Membership, **options: object) -> str:
    with pytest.raises(CohortError) as caught, transaction.atomic():
        choose(enrollment, track, by, **options)  # type: ignore[arg-type]
    return caught.value.code


def work_on(track: Track) -> Project:
    return Project.objects.select_related("level").get(track=track)


def hand_in(monkeypatch: pytest.MonkeyPatch, track: Track) -> None:
    handed_in = {work_on(track).pk: Work(status="submitted", since=NOON)}
    monkeypatch.setattr(work, "_sources", [lambda enrollment, at: handed_in])


def test_a_learner_chooses_from_the_level_before(amira: Enrollment, tracks: list[Track]) -> None:
    assert refused(amira, tracks[0], amira.learner) == "track_too_early"
    finish_level(amira, 1)
    choice = choose(amira, tracks[0], amira.learner)
    amira.refresh_from_db()
    assert (amira.track, choice.track, choice.effective_on, choice.recorded_by) == (
        tracks[0], tracks[0], TODAY, amira.learner,
    )  # fmt: skip


def test_work_done_ahead_opens_the_choice_too(amira: Enrollment, tracks: list[Track]) -> None:
    finish(amira, topics_of(amira.cohort)[4:5])  # the first topic of level 2; level 1 is not finished
    choose(amira, tracks[1], amira.learner)
    assert Enrollment.objects.get(pk=amira.pk).track == tracks[1]


def test_a_choice_may_change_until_work_is_handed_in(
    lantaarn: Cast, amira: Enrollment, tracks: list[Track], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish_level(amira, 1)
    choose(amira, tracks[0], amira.learner)
    choose(amira, tracks[1], amira.learner)
    hand_in(monkeypatch, tracks[0])  # for a track left behind: nobody is held to it
    choose(amira, tracks[2], amira.learner)
    choose(amira, tracks[0], amira.learner)
    assert refused(amira, tracks[1], amira.learner) == "track_has_work"
    assert refused(amira, tracks[1], lantaarn.ilse, reason=" ") == "track_reason_needed"
    choose(amira, tracks[1], lantaarn.ilse, reason="Her employer asks for operations")
    told = TrackChoice.objects.order_by("recorded_at", "pk").values_list("track__title", "reason")
    assert list(told)[-1] == ("Operations", "Her employer asks for operations")
    assert [title for title, _reason in told] == ["Research", "Operations", "Agents", "Research", "Operations"]


def test_accepted_or_credited_work_holds_too(amira: Enrollment, tracks: list[Track]) -> None:
    finish_level(amira, 1)
    choose(amira, tracks[0], amira.learner)
    assert not has_work(amira, at=NOON)
    complete_project(enrollment=amira, project=work_on(tracks[0]), by=None, on=TODAY)
    assert has_work(amira, at=NOON)
    assert refused(amira, tracks[1], amira.learner) == "track_has_work"


def test_choosing_the_same_again_changes_nothing(amira: Enrollment, tracks: list[Track]) -> None:
    finish_level(amira, 1)
    first = choose(amira, tracks[0], amira.learner)
    assert choose(amira, tracks[0], amira.learner) == first
    assert TrackChoice.objects.count() == 1


def test_who_may_not_choose(lantaarn: Cast, amira: Enrollment, tracks: list[Track]) -> None:
    finish_level(amira, 1)
    assert refused(amira, tracks[0], lantaarn.daan) == "not_yours"
    assert refused(amira, tracks[0], lantaarn.joris) == "not_yours"
    Enrollment.objects.filter(pk=amira.pk).update(status=Enrollment.Status.ON_LEAVE)
    assert refused(amira, tracks[0], lantaarn.amira) == "enrollment_not_active"
    choose(amira, tracks[0], lantaarn.ilse)  # staff choose for anybody, at any time


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (date(1900, 1, 1), "date_out_of_range"),
        (date(9999, 12, 31), "date_out_of_range"),
        (TODAY - DAY, "choice_out_of_order"),
    ],
)
def test_days_that_no_choice_can_take(
    lantaarn: Cast, amira: Enrollment, tracks: list[Track], on: date, code: str
) -> None:
    choose(amira, tracks[0], lantaarn.ilse)
    path = path_of(amira, on=TODAY)
    with pytest.raises(CohortError) as caught:
        choose_track(enrollment=amira, track=tracks[1], path=path, by=lantaarn.ilse, on=on, at=NOON)
    assert caught.value.code == code


def test_tracks_of_other_paths_are_refused(lantaarn: Cast, amira: Enrollment, tracks: list[Track]) -> None:
    other = published_version(tracks=("Elsewhere",))
    assert refused(amira, Track.objects.get(level__version=other), lantaarn.ilse) == "track_not_in_path"
    short = active(running_cohort(name="Short", version=amira.version, last_level=2), lantaarn.daan)
    assert refused(short, tracks[0], lantaarn.ilse) == "track_not_in_path"
    assert tracks_of(short, at=NOON) == []


def test_a_level_is_not_done_without_its_specialization(lantaarn: Cast, amira: Enrollment, tracks: list[Track]) -> None:
    for number in (1, 2):
        finish_level(amira, number)
    finish(amira, topics_of(amira.cohort)[8:])
    for project in Project.objects.filter(version=amira.version, level__number=3, track=None).select_related("level"):
        complete_project(enrollment=amira, project=project, by=None, on=TODAY)
    path = path_of(amira, on=TODAY)
    assert (path.earned, path.planned, path.is_done, path.asks_track, path.next) == (600, 650, False, True, None)
    choose(amira, tracks[0], lantaarn.ilse)
    path = path_of(Enrollment.objects.get(pk=amira.pk), on=TODAY)
    assert (path.asks_track, path.next.title if path.next else "") == (False, "Research work")
    complete_project(enrollment=amira, project=work_on(tracks[0]), by=None, on=TODAY)
    path = path_of(Enrollment.objects.get(pk=amira.pk), on=TODAY)
    assert (path.earned, path.is_done) == (650, True)


def test_work_of_a_track_that_was_left_counts_for_nothing(
    lantaarn: Cast, amira: Enrollment, tracks: list[Track]
) -> None:
    choose(amira, tracks[0], lantaarn.ilse)
    complete_project(enrollment=amira, project=work_on(tracks[0]), by=None, on=TODAY)
    assert path_of(Enrollment.objects.get(pk=amira.pk), on=TODAY).earned == 50
    choose(amira, tracks[1], lantaarn.ilse, reason="She changed her mind")
    path = path_of(Enrollment.objects.get(pk=amira.pk), on=TODAY)
    assert (path.earned, path.standing.earned, path.levels[2].done) == (0, 0, 0)
    choose(amira, tracks[0], lantaarn.ilse, reason="And back")
    assert path_of(Enrollment.objects.get(pk=amira.pk), on=TODAY).earned == 50


def test_a_track_goes_along_to_another_cohort_of_the_version(
    lantaarn: Cast, amira: Enrollment, tracks: list[Track]
) -> None:
    choose(amira, tracks[2], lantaarn.ilse)
    other = running_cohort(name="Other", version=amira.version, last_level=3)
    there = transfer(enrollment=amira, cohort=other, effective_on=TODAY, by=lantaarn.ilse, at=NOON)
    choice = choice_as_of(there, on=TODAY)
    assert (there.track, choice and choice.track) == (tracks[2], tracks[2])


def test_what_is_offered_costs_the_same_for_any_number(lantaarn: Cast, django_assert_num_queries: object) -> None:
    for name, titles in (("One", ("Research",)), ("Three", ("Research", "Operations", "Agents"))):
        enrollment = active(running_cohort(name=name, version=published_version(tracks=titles)), lantaarn.amira)
        with django_assert_num_queries(2):  # type: ignore[operator]
            offered = tracks_of(enrollment, at=NOON)
        assert [(each.track.title, each.hours, str(each.ask.bars[0])) for each in offered] == [
            (title, 50, "at least 20 papers") for title in titles
        ]


def test_choices_cannot_be_changed_or_removed(lantaarn: Cast, amira: Enrollment, tracks: list[Track]) -> None:
    choice = choose(amira, tracks[0], lantaarn.ilse)
    for sql in ("UPDATE cohorts_trackchoice SET reason = 'x'", "DELETE FROM cohorts_trackchoice"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert TrackChoice.objects.get() == choice


@settings(
    max_examples=examples(15), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=st.lists(st.tuples(st.integers(0, 2), st.integers(-2, 3)), max_size=6))
def test_any_sequence_of_choices_has_one_track_on_each_day(
    lantaarn: Cast, amira: Enrollment, tracks: list[Track], steps: list[tuple[int, int]]
) -> None:
    """Steps are (track, days after the last step); those that go back in time are refused and leave nothing."""
    with transaction.atomic():
        day, kept = START, list[tuple[date, Track]]()
        for number, days in steps:
            on = day + days * DAY
            latest = kept[-1] if kept else None
            if latest and latest[1] == tracks[number]:
                choose(amira, tracks[number], lantaarn.ilse, on=on)
            elif latest and on < latest[0]:
                assert refused(amira, tracks[number], lantaarn.ilse, on=on) == "choice_out_of_order"
            else:
                choose(amira, tracks[number], lantaarn.ilse, on=on)
                kept.append((on, tracks[number]))
                day = on
        for offset in range(-5, 25):
            on = START + offset * DAY
            expected = next((track for since, track in reversed(kept) if since <= on), None)
            found = choice_as_of(amira, on=on)
            assert (found.track if found else None) == expected
        assert Enrollment.objects.get(pk=amira.pk).track == (kept[-1][1] if kept else None)
        assert TrackChoice.objects.count() == len(kept)
        transaction.set_rollback(True)
    amira.track = None
