"""Who is reminded of which milestone when, and what stops a reminder on its way."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cohorts.history import enroll, record_status
from cohorts.models import Cohort, Enrollment, Milestone, ProgressEvent
from cohorts.reminders import queue_milestone_reminders, reason_untrue
from curriculum.models import Topic
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.rules import looking_back, set_offsets
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def enrollment(lantaarn: Cast) -> Enrollment:
    """Amira, active from the start in a running cohort."""
    cohort = a_cohort(status=Cohort.Status.ENROLLING)
    enrollment = enroll(cohort=cohort, learner=lantaarn.amira, by=lantaarn.ilse, effective_on=START - timedelta(days=9))
    record_status(enrollment=enrollment, to="active", effective_on=START, by=lantaarn.ilse)
    Cohort.objects.filter(pk=cohort.pk).update(status=Cohort.Status.RUNNING)
    return enrollment


@pytest.fixture
def first(enrollment: Enrollment) -> Milestone:
    milestone = Milestone.objects.filter(cohort=enrollment.cohort).order_by("position").first()
    assert milestone is not None
    return milestone


def morning(milestone: Milestone, days_before: int) -> datetime:
    """Eight o'clock in Amsterdam, so many days before the milestone."""
    return datetime.combine(milestone.due_on - timedelta(days=days_before), time(8), AMSTERDAM)


def kinds() -> list[str]:
    return [f"{m.kind} {m.key.rpartition(':')[2]}" for m in Message.objects.order_by("due_at", "key")]


def test_each_offset_is_queued_once_when_its_morning_has_come(first: Milestone) -> None:
    assert queue_milestone_reminders(morning(first, 7) - timedelta(minutes=1)) == 0
    assert queue_milestone_reminders(morning(first, 7)) == 1
    assert queue_milestone_reminders(morning(first, 7) + timedelta(hours=3)) == 0
    assert queue_milestone_reminders(morning(first, 1)) == 1
    assert queue_milestone_reminders(morning(first, -1)) == 1
    assert kinds() == ["milestone_ahead 7", "milestone_ahead 1", "milestone_overdue -1"]


def test_a_missed_run_is_caught_up_with_the_reminder_that_still_fits(first: Milestone) -> None:
    assert queue_milestone_reminders(morning(first, 4)) == 1
    assert queue_milestone_reminders(morning(first, 1) + timedelta(hours=2)) == 1
    assert kinds() == ["milestone_ahead 7", "milestone_ahead 1"]


def test_nobody_is_reminded_of_what_is_done_or_while_on_leave(
    lantaarn: Cast, enrollment: Enrollment, first: Milestone
) -> None:
    day = first.due_on - timedelta(days=8)
    record_status(
        enrollment=enrollment, to="on_leave", effective_on=day, by=lantaarn.ilse, returns_on=day + timedelta(days=60)
    )
    assert queue_milestone_reminders(morning(first, 7)) == 0


def test_reminder_on_its_way_becomes_untrue(lantaarn: Cast, enrollment: Enrollment, first: Milestone) -> None:
    now = morning(first, 7)
    queue_milestone_reminders(now)
    message = Message.objects.get()
    assert reason_untrue(message, now) == ""

    Milestone.objects.filter(pk=first.pk).update(due_on=first.due_on + timedelta(days=3))
    assert reason_untrue(message, now) == "The milestone moved to another day."
    Milestone.objects.filter(pk=first.pk).update(due_on=first.due_on)

    for topic in Topic.objects.all():
        ProgressEvent.objects.create(
            enrollment=enrollment, topic=topic, kind="completed", hours=topic.hours, effective_on=START
        )
    assert reason_untrue(message, now) == "The learner has reached the milestone."

    record_status(
        enrollment=enrollment, to="withdrawn", effective_on=START + timedelta(days=1), by=lantaarn.ilse, reason="work"
    )
    assert reason_untrue(message, now) == "The learner is not active anymore."

    Milestone.objects.filter(pk=first.pk).delete()
    assert reason_untrue(message, now) == "The milestone is not there anymore."


def test_a_moved_milestone_is_reminded_of_anew(first: Milestone) -> None:
    assert queue_milestone_reminders(morning(first, 7)) == 1
    Milestone.objects.filter(pk=first.pk).update(due_on=first.due_on + timedelta(days=1))
    assert queue_milestone_reminders(morning(first, 6)) == 1


def test_an_organizations_own_moment_holds_and_nobody_is_reminded_twice(lantaarn: Cast, first: Milestone) -> None:
    assert queue_milestone_reminders(morning(first, 7)) == 1
    set_offsets(amounts={"milestone_ahead_first": 10}, by=lantaarn.ilse.user, now=morning(first, 7))
    assert queue_milestone_reminders(morning(first, 6)) == 0
    Message.objects.all().delete()
    assert queue_milestone_reminders(morning(first, 10) - timedelta(minutes=1)) == 0
    assert queue_milestone_reminders(morning(first, 10)) == 1
    assert Message.objects.get().expires_at == morning(first, 4)  # six days, no week


def test_a_reminder_a_week_late_is_counted_as_skipped_and_not_sent(lantaarn: Cast, first: Milestone) -> None:
    with looking_back(now=morning(first, 8)):
        assert queue_milestone_reminders(morning(first, 8)) == 0
    with looking_back(now=morning(first, -4)):
        assert queue_milestone_reminders(morning(first, -4)) == 3
    fates = {message.key.rpartition(":")[2]: (message.state, message.cause) for message in Message.objects.all()}
    assert fates == {"7": ("skipped", "late"), "1": ("skipped", "late"), "-1": ("pending", "")}
    with looking_back(now=morning(first, -5)):
        assert queue_milestone_reminders(morning(first, -5)) == 0


def test_what_came_and_went_before_anybody_looked_is_not_counted(first: Milestone) -> None:
    with looking_back(now=morning(first, -4)):
        assert queue_milestone_reminders(morning(first, -4)) == 1


def test_cohort_is_reminded_at_its_own_moment(lantaarn: Cast, enrollment: Enrollment, first: Milestone) -> None:
    now = morning(first, 10)
    set_offsets(amounts={"milestone_ahead_first": 3}, by=lantaarn.ilse.user, now=now, group_id=enrollment.cohort_id)
    assert [queue_milestone_reminders(morning(first, days)) for days in (7, 3)] == [0, 1]
    message = Message.objects.get()
    assert KINDS[message.kind].group(message) == enrollment.cohort_id  # type: ignore[misc]
