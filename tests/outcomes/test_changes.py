"""What a past day's numbers were, where they are something else now, and what made them so."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from cohorts.models import Enrollment
from organizations.scope import scope
from outcomes.keeping.lateness import SOURCES, Kind, late_events
from outcomes.keeping.snapshots import take_snapshots
from outcomes.measuring.metrics import AsOf
from outcomes.models import Snapshot, TargetKey
from outcomes.scopes import EVERYONE, Scope
from outcomes.showing.figures import Figures, figures
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, decide, enrolled, finished, graduate, placed, record, reviewed

SignIn = Callable[[Membership | None], Client]
ON, TODAY = day(800), day(900)
PLACEMENT = TargetKey.PLACEMENT


def past() -> datetime:
    return timezone.now() - timedelta(days=1)


def seen(of: Scope = EVERYONE) -> Figures:
    return figures(AsOf(ON), of, today=TODAY, now=timezone.now())


@pytest.fixture
def story(lantaarn: Cast) -> Enrollment:
    """A graduate of whom nothing was known when the day was first kept, and who had a job by then; and another one."""
    cohort = a_cohort()
    graduates = [graduate(cohort, learner=lantaarn.amira), graduate(cohort)]
    graduate(a_cohort(cohort.version))
    take_snapshots(on=ON, at=past())
    placed(graduates[0], "1A", 650, employer="Bol", recorded_by=lantaarn.ilse)
    placed(graduates[1], "1A", 801)
    return graduates[0]


def test_nothing_changed_nothing_is_said(lantaarn: Cast) -> None:
    graduate(a_cohort())
    take_snapshots(on=ON, at=timezone.now() + timedelta(seconds=5))

    assert (seen().is_kept, seen().changed) == (True, None)
    assert figures(AsOf(TODAY), EVERYONE, today=TODAY, now=timezone.now()).changed is None


def test_late_record_shows_what_it_changed(lantaarn: Cast, story: Enrollment) -> None:
    changed = seen().changed
    assert changed is not None
    [change] = changed.changes
    placements = [event for event in changed.events if event.kind is Kind.PLACEMENT]

    assert (change.name, change.was_words, change.now_words) == ("Placed within 6 months", "0.0%", "33.3%")
    assert [(e.learner, e.words, e.effective_on, e.by, e.enrollment_id) for e in placements] == [
        ("Amira Haddad", "Bol: Employed full-time in field", day(650), "Ilse Brouwer", story.pk)
    ]
    # The histories were written today, too: three learners who began and graduated.
    assert (changed.recorded, changed.unlisted) == (7, 0)


def test_first_word_stays_when_the_day_is_taken_again(lantaarn: Cast, story: Enrollment) -> None:
    first = Snapshot.objects.filter(key=PLACEMENT, cohort=None).get().computed_at
    take_snapshots(on=ON, at=timezone.now() + timedelta(seconds=5))
    again = seen()

    assert again.is_kept
    assert again.changed is not None
    assert (again.changed.told_at, [change.was.value for change in again.changed.changes]) == (first, [0.0])
    assert take_snapshots(on=ON, at=timezone.now() + timedelta(seconds=9)) == 0


def test_only_what_is_about_the_cohort_is_told_of_it(lantaarn: Cast, story: Enrollment) -> None:
    other = Enrollment.objects.exclude(cohort=story.cohort_id).get()

    found, number = late_events(scope=Scope(cohort_id=other.cohort_id), on=ON, at=past())
    assert {event.enrollment_id for event in found} == {other.pk}
    assert number == 2
    assert seen(Scope(cohort_id=other.cohort_id)).changed is None
    mine = seen(Scope(cohort_id=story.cohort_id)).changed
    assert mine is not None
    assert [(change.was.value, change.now.value) for change in mine.changes] == [(0.0, 0.5)]


def test_enrollment_taken_back_is_late_news(lantaarn: Cast) -> None:
    learner = enrolled(a_cohort(), levels=[(1, 90)])
    take_snapshots(on=ON, at=timezone.now())
    Enrollment.objects.filter(pk=learner.pk).update(void_since=timezone.now() + timedelta(seconds=5))

    found, _number = late_events(scope=EVERYONE, on=ON, at=timezone.now())
    assert [(event.kind, event.learner) for event in found] == [(Kind.TAKEN_BACK, learner.learner.name)]
    changed = seen().changed
    assert changed is not None
    assert [change.now.key for change in changed.changes][:2] == ["retention_level_3", "retention_level_5"]


def test_every_kind_of_record_is_told_of(lantaarn: Cast) -> None:
    learner = enrolled(a_cohort(), levels=[(1, 90)])
    decide(learner, 2, 100, "revoked")
    finished(learner, 1, 80)
    reviewed(learner, 1, 80, "pass", repository="https://github.com/a/b")
    record(learner, "on_leave", 200, {"returns_on": day(230)})
    found, _number = late_events(scope=EVERYONE, on=ON, at=datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone()))

    assert {(event.kind, event.words) for event in found} == {
        (Kind.STATUS, "Active"),
        (Kind.STATUS, "On leave"),
        (Kind.LEVEL, "Level 1: Passed"),
        (Kind.LEVEL, "Level 2: Taken back"),
        (Kind.PROJECT, "Capstone 1: Completed"),
        (Kind.REVIEW, "Capstone 1: Passed"),
        (Kind.LINK, "Capstone 1"),
    }
    assert set(SOURCES) == set(Kind)


def test_page_command_and_api_say_the_same(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        learner = graduate(a_cohort(), learner=cast.amira)
        take_snapshots(on=ON, at=past())
        placed(learner, "1A", 650, employer="Bol", recorded_by=cast.ilse)
    page = sign_in(cast.ilse).get(f"/o/lantaarn/success/?on={ON}").content.decode()
    answer: dict[str, Any] = sign_in(cast.ilse).get(f"/o/lantaarn/api/metrics/?as_of={ON}").json()["changed"]
    out = StringIO()
    arguments = ("metrics", "--organization", "lantaarn", "--as-of", ON.isoformat())
    call_command(*arguments, "--json", stdout=out, stderr=StringIO())
    table = StringIO()
    call_command(*arguments, stdout=table, stderr=StringIO())

    assert "What changed since this day was first computed" in page
    assert "Bol: Employed full-time in field" in page
    assert [(row["key"], row["was"]["value"], row["now"]["value"]) for row in answer["metrics"]] == [
        ("placement", 0.0, 1.0)
    ]
    assert json.loads(out.getvalue())["changed"] == answer
    assert "placement: 0.0000 -> 1.0000" in table.getvalue()
    assert "Amira Haddad, Bol: Employed full-time in field, as of" in table.getvalue()
