"""Each rule about risk holds from its threshold on and not a day before, with since when."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.history import record_status
from cohorts.models import Break, Enrollment, Milestone
from cohorts.outline import outline_of
from cohorts.progress import log_study
from cohorts.risk import Reason, reasons_of, register_rule
from cohorts.standing import register_activity, standings_of
from tests.cohorts.given import START
from tests.cohorts.studying import TODAY, active, finish, log, running_cohort, topics_of
from tests.conftest import Cast

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    """Active since the start in a cohort whose milestones are out of the way."""
    enrollment = active(running_cohort(), lantaarn.amira)
    Milestone.objects.filter(cohort=enrollment.cohort).delete()
    return enrollment


def found(*enrollments: Enrollment, on: date = TODAY) -> list[tuple[str, str, date]]:
    fresh = Enrollment.objects.for_page().filter(pk__in=[one.pk for one in enrollments])
    reasons = reasons_of(standings_of(fresh, on=on), on=on)
    return [(reason.key, reason.text, reason.since) for one in enrollments for reason in reasons.get(one.pk, [])]


def due(enrollment: Enrollment, *, on: date, through: int = 40, own: bool = False, **values: object) -> Milestone:
    return Milestone.objects.create(
        cohort=enrollment.cohort,
        enrollment=enrollment if own else None,
        position=Milestone.objects.count() + 1,
        kind=Milestone.Kind.CHECKPOINT,
        title="Basics",
        level=topics_of(enrollment.cohort)[0].module.level,
        through_hours=Decimal(through),
        due_on=on,
        **values,
    )


def test_a_milestone_is_a_reason_from_fourteen_days_over(amira: Enrollment) -> None:
    log(amira, 20)
    due(amira, on=TODAY - 14 * DAY)
    assert found(amira, on=TODAY - DAY) == []
    assert found(amira) == [("milestone_overdue", "Basics overdue by 14 days", TODAY - 14 * DAY)]


def test_a_milestone_that_is_reached_is_no_reason(amira: Enrollment) -> None:
    log(amira, 20)
    due(amira, on=TODAY - 30 * DAY)
    finish(amira, topics_of(amira.cohort)[:1])
    assert found(amira) == []


def test_an_own_date_stands_in_place_of_the_cohorts(lantaarn: Cast, amira: Enrollment) -> None:
    daan = active(amira.cohort, lantaarn.daan)
    log(amira, 20)
    log(daan, 20)
    shared = due(amira, on=TODAY - 30 * DAY)
    due(amira, on=TODAY + 30 * DAY, own=True, replaces=shared)
    assert found(amira) == []
    assert found(daan) == [("milestone_overdue", "Basics overdue by 30 days", TODAY - 30 * DAY)]


def test_quiet_counts_from_the_last_study_or_progress(amira: Enrollment) -> None:
    log_study(enrollment=amira, week=START, hours=Decimal(20), by=None)
    finish(amira, topics_of(amira.cohort)[:1], on=START + 8 * DAY)
    assert found(amira, on=START + 21 * DAY) == []
    assert found(amira, on=START + 22 * DAY) == [("no_activity", "No activity for 14 days", START + 8 * DAY)]


def test_who_never_started_is_flagged_from_the_first_day(amira: Enrollment) -> None:
    log_study(enrollment=amira, week=START, hours=Decimal(0), by=None)  # nothing studied is no activity
    assert found(amira, on=START + 13 * DAY) == []
    assert found(amira, on=START + 14 * DAY) == [("no_activity", "Not started: nothing in 14 days", START)]


def test_days_off_are_not_quiet(amira: Enrollment) -> None:
    Break.objects.create(name="Fall", starts_on=START + 2 * DAY, ends_on=START + 8 * DAY, cohort=amira.cohort)
    assert found(amira, on=START + 20 * DAY) == []
    assert found(amira, on=START + 21 * DAY) == [("no_activity", "Not started: nothing in 21 days", START)]


def test_a_return_from_leave_starts_the_count_again(amira: Enrollment) -> None:
    record_status(enrollment=amira, to="on_leave", effective_on=START + DAY, by=None, returns_on=TODAY - 5 * DAY)
    assert found(amira, on=TODAY - 6 * DAY) == []
    record_status(enrollment=amira, to="active", effective_on=TODAY - 5 * DAY, by=None)
    assert found(amira) == []


def test_few_hours_are_under_sixty_percent_of_the_plan_over_four_weeks(amira: Enrollment) -> None:
    log(amira, 12)
    assert found(amira) == []
    log(amira, 11)
    assert found(amira) == [("few_hours", "Logged 44 of 80 planned hours since 26 October", TODAY - 28 * DAY)]


def test_few_hours_take_breaks_off_the_plan(amira: Enrollment) -> None:
    log(amira, 6)
    Break.objects.create(name="Fall", starts_on=TODAY - 28 * DAY, ends_on=TODAY - 15 * DAY, cohort=amira.cohort)
    assert found(amira) == []


def test_few_hours_wait_until_four_weeks_have_been_active(lantaarn: Cast, amira: Enrollment) -> None:
    daan = active(amira.cohort, lantaarn.daan, since=TODAY - 27 * DAY)
    log_study(enrollment=daan, week=TODAY - 7 * DAY, hours=Decimal(1), by=None)
    assert found(daan) == []


def test_a_leave_past_its_return_is_a_reason_and_nothing_else_is(amira: Enrollment) -> None:
    due(amira, on=START)
    record_status(enrollment=amira, to="on_leave", effective_on=START + DAY, by=None, returns_on=TODAY - 3 * DAY)
    assert found(amira, on=TODAY - 3 * DAY) == []
    assert found(amira) == [("leave_overdue", "Leave ended 3 days ago", TODAY - 3 * DAY)]


def test_who_left_has_no_reasons(amira: Enrollment) -> None:
    due(amira, on=START)
    record_status(enrollment=amira, to="withdrawn", effective_on=START + DAY, by=None, reason="work")
    assert found(amira) == []


def test_reasons_stand_longest_first_and_apps_above_add_theirs(amira: Enrollment) -> None:
    due(amira, on=TODAY - 20 * DAY)

    @register_rule
    def no_one_on_one(standings, on, limits):  # type: ignore[no-untyped-def]
        for one in standings:
            yield one.enrollment.pk, Reason(key="no_1_on_1", text="No 1-on-1", since=on - 40 * DAY, icon="calendar-x")

    assert [key for key, _, _ in found(amira)] == ["no_activity", "no_1_on_1", "few_hours", "milestone_overdue"]


def test_activity_told_by_apps_above_ends_the_quiet(amira: Enrollment) -> None:
    log(amira, 20, until=START + 60 * DAY)
    assert [key for key, _, _ in found(amira)] == ["few_hours", "no_activity"]
    register_activity(lambda enrollments, on: {amira.pk: on - DAY})
    assert [key for key, _, _ in found(amira)] == ["few_hours"]


def test_reasons_cost_the_same_for_one_and_for_three(lantaarn: Cast, amira: Enrollment) -> None:
    due(amira, on=START)
    outline_of(amira.cohort.version)
    counts = []
    for people in ([], [lantaarn.daan, lantaarn.joris]):
        for learner in people:
            learner.roles = ["learner"]
            learner.save()
            active(amira.cohort, learner)
        with CaptureQueriesContext(connection) as captured:
            found(*Enrollment.objects.filter(cohort=amira.cohort))
        counts.append(len(captured))
    assert counts == [7, 7]
