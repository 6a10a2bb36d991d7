"""One thing for many learners: shown, done once, and undone for those whom nobody changed since."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from cohorts.bulk import carry_out, choose, preview, told_of
from cohorts.bulk_undo import may_undo, undo
from cohorts.errors import CohortError
from cohorts.history import record_status, statuses_as_of
from cohorts.models import BulkAction, BulkItem, Cohort, Enrollment, EnrollmentEvent
from cohorts.standing import standings_of
from tests.cohorts.given import START
from tests.cohorts.studying import TODAY, active, running_cohort
from tests.conftest import Cast

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.fixture
def people(lantaarn: Cast) -> list[Enrollment]:
    """Amira is active; Daan left a week ago."""
    cohort = running_cohort()
    amira, daan = active(cohort, lantaarn.amira, mentor=lantaarn.joris), active(cohort, lantaarn.daan)
    record_status(enrollment=daan, to="withdrawn", effective_on=TODAY - 7 * DAY, by=None, reason="work", at=NOON)
    return [amira, daan]


def status_action(people: list[Enrollment], cast: Cast, **details: Any) -> BulkAction:
    action = choose(kind="status", enrollments=[one.pk for one in people], by=cast.ilse)
    said = {"to": "on_leave", "effective_on": TODAY.isoformat(), "returns_on": (TODAY + 30 * DAY).isoformat()}
    action.details = {**said, "reason": "", "note": "", **details}
    action.save()
    return action


def statuses(people: list[Enrollment]) -> list[str]:
    return [Enrollment.objects.get(pk=one.pk).status for one in people]


def test_preview_says_what_would_happen_and_why_not_and_changes_nothing(
    lantaarn: Cast, people: list[Enrollment]
) -> None:
    action = status_action(people, lantaarn)
    results = [(one.enrollment.learner.name, one.is_done, one.told) for one in preview(action=action, now=NOON)]
    assert results == [
        ("Daan Kuiper", False, "A learner who is withdrawn cannot become on leave."),
        ("Amira Haddad", True, "Active → On leave from 23 Nov 2026"),
    ]
    assert (statuses(people), action.items.count(), EnrollmentEvent.objects.count()) == (["active", "withdrawn"], 0, 3)


def test_it_is_done_once_however_often_it_is_sent(lantaarn: Cast, people: list[Enrollment]) -> None:
    action = status_action(people, lantaarn)
    for _time in range(2):
        done = carry_out(action=action, now=NOON)
    assert statuses(people) == ["on_leave", "withdrawn"]
    assert (EnrollmentEvent.objects.count(), told_of(done)) == (4, "Done for 1 learner, 1 left out.")


def test_seats_run_out_on_the_way(lantaarn: Cast, people: list[Enrollment]) -> None:
    record_status(enrollment=people[0], to="withdrawn", effective_on=TODAY - DAY, by=None, reason="work", at=NOON)
    Cohort.objects.update(capacity=1)
    action = status_action(people, lantaarn, to="active", returns_on=None)
    assert [one.is_done for one in preview(action=action, now=NOON)] == [False, True]
    carry_out(action=action, now=NOON)
    assert sorted(statuses(people)) == ["active", "withdrawn"]


def test_undo_adds_what_counted_before(lantaarn: Cast, people: list[Enrollment]) -> None:
    amira = people[0]
    action = carry_out(action=status_action(people, lantaarn), now=NOON)
    assert may_undo(action, now=NOON)
    undone = undo(action=action, by=lantaarn.ilse, now=NOON + timedelta(hours=1))
    assert statuses(people) == ["active", "withdrawn"]
    history = list(amira.events.order_by("sequence").values_list("from_status", "to_status", "effective_on"))
    assert history[1:] == [("active", "on_leave", TODAY), ("on_leave", "active", TODAY)]
    # As if there had been no leave: the pace goes on, and nobody looks as if they just began.
    [standing] = standings_of([Enrollment.objects.select_related("cohort").get(pk=amira.pk)], on=TODAY)
    assert (standing.since, standing.weeks) == (START, 4)
    assert not may_undo(undone, now=NOON)
    undo(action=undone, by=lantaarn.ilse, now=NOON)
    assert amira.events.count() == 3


def test_undo_brings_back_the_plans_that_were_overtaken(lantaarn: Cast, people: list[Enrollment]) -> None:
    amira = people[0]
    later = TODAY + 10 * DAY
    record_status(enrollment=amira, to="withdrawn", effective_on=later, by=None, reason="moved", at=NOON)
    action = carry_out(action=status_action([amira], lantaarn), now=NOON)
    days = (TODAY - DAY, TODAY, later)
    assert [statuses_as_of([amira], on=day)[amira.pk] for day in days] == ["active", "on_leave", "on_leave"]
    undo(action=action, by=lantaarn.ilse, now=NOON)
    assert [statuses_as_of([amira], on=day)[amira.pk] for day in days] == ["active", "active", "withdrawn"]
    assert amira.events.order_by("-sequence")[0].reason == "moved"


def test_undo_leaves_whoever_changed_since_and_names_them(lantaarn: Cast, people: list[Enrollment]) -> None:
    action = carry_out(action=status_action(people, lantaarn), now=NOON)
    record_status(enrollment=people[0], to="active", effective_on=TODAY, by=None, at=NOON)
    undone = undo(action=action, by=lantaarn.ilse, now=NOON)
    kept, left_out = undone.items.order_by("outcome")
    assert (kept.enrollment, kept.outcome, kept.told) == (people[0], "kept", "The history was changed since.")
    assert left_out.outcome == "left_out"
    with translation.override("nl"):
        assert kept.told == "De geschiedenis is sindsdien veranderd."


def test_everybody_reads_what_was_done_in_their_own_language(lantaarn: Cast, people: list[Enrollment]) -> None:
    with translation.override("nl"):
        carry_out(action=status_action(people, lantaarn), now=NOON)
        there = {item.enrollment.learner.name: item.told for item in BulkItem.objects.all()}
    here = {item.enrollment.learner.name: item.told for item in BulkItem.objects.all()}
    assert here == {
        "Amira Haddad": "Active → On leave from 23 Nov 2026",
        "Daan Kuiper": "A learner who is withdrawn cannot become on leave.",
    }
    assert there["Amira Haddad"] == "Actief → Met verlof vanaf 23 nov 2026"
    assert there.keys() == here.keys()
    assert not set(there.values()) & set(here.values())


def test_undo_ends_with_the_day(lantaarn: Cast, people: list[Enrollment]) -> None:
    action = carry_out(action=status_action(people, lantaarn), now=NOON)
    with pytest.raises(CohortError) as refused:
        undo(action=action, by=lantaarn.ilse, now=NOON + timedelta(hours=12))
    assert refused.value.code == "too_late_to_undo"


def test_mentors_are_assigned_and_taken_back(lantaarn: Cast, people: list[Enrollment]) -> None:
    action = choose(kind="mentor", enrollments=[one.pk for one in people], by=lantaarn.ilse)
    action.details = {"mentor": str(lantaarn.joris.pk)}
    action.save()
    assert [(one.enrollment.learner.name, one.told) for one in preview(action=action, now=NOON)] == [
        ("Amira Haddad", "Has that mentor already."),
        ("Daan Kuiper", "Nobody → Joris Hoekema"),
    ]
    carry_out(action=action, now=NOON)
    assert set(Enrollment.objects.values_list("mentor", flat=True)) == {lantaarn.joris.pk}
    undo(action=action, by=lantaarn.ilse, now=NOON)
    assert Enrollment.objects.get(pk=people[1].pk).mentor is None


def test_nobody_and_too_many_are_refused(lantaarn: Cast, people: list[Enrollment]) -> None:
    for number, code in ((0, "nobody_chosen"), (501, "too_many")):
        with pytest.raises(CohortError) as refused:
            choose(kind="status", enrollments=[people[0].pk] * number, by=lantaarn.ilse)
        assert refused.value.code == code
