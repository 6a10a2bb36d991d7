"""Work that waits for a review: whoever it is asked of is reminded, once for each time they are asked."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.assigning import PASSED_ON, falls_back_on
from assessments.mails import asked_context, reason_not_asked
from assessments.models import ReviewAssignment
from assessments.working_days import add_working_days
from cohorts.models import Enrollment
from notifications.kinds import Kind, register, register_queue
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Offsets, Rule, Unit, is_wanted, missed_at, offsets, register_rule

KIND = "review_waiting"
#: Reminders leave at this time, on the clock of the cohort.
SEND_AT = time(8)
LASTS = timedelta(days=7)
RULE = register_rule(
    Rule(
        name=KIND,
        kind=KIND,
        key_part="",
        what=_("Review waiting"),
        unit=Unit.WORKING_DAYS_AFTER,
        default=1,
        least=1,
        most=30,
        moment=_("Somebody was asked to review, at 8:00 in the cohort’s zone"),
        until=_("The next is asked, at most seven days"),
        audience=_("Whoever is asked to review"),
        still_true=_("The attempt waits, and it is still asked of them."),
    )
)


def queue_review_reminders(now: datetime) -> int:
    """Queue what is due and was not queued before; return how many."""
    amounts = offsets()
    least = amounts.least(RULE.name)
    waiting = (
        ReviewAssignment.objects.filter(
            submission__decided_at=None,
            submission__withdrawn_at=None,
            submission__enrollment__status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE],
            submission__assignee=F("reviewer"),
            submission__assigned_at=F("assigned_at"),
            assigned_at__lt=now - timedelta(days=least - 1),
            reviewer__joined_at__isnull=False,
        )
        .select_related("reviewer", "submission__enrollment__cohort")
        .order_by("assigned_at", "pk")
    )
    return enqueue_many(draft for row in waiting.iterator() for draft in _drafts(row, amounts, now))


def _drafts(row: ReviewAssignment, everywhere: Offsets, now: datetime) -> Iterator[Draft]:
    amounts = everywhere.of(row.submission.enrollment.cohort_id)
    days, passed_on = amounts[RULE.name], amounts[PASSED_ON.name]
    name = row.submission.enrollment.cohort.time_zone
    zone = ZoneInfo(name)
    due_at = datetime.combine(add_working_days(timezone.localdate(row.assigned_at, zone), days), SEND_AT, zone)
    last = falls_back_on(row, name, passed_on)
    ends = datetime.combine(last + timedelta(days=1), time(), zone) if last is not None else due_at + LASTS
    expires_at = min(ends, due_at + LASTS)
    if is_wanted(due_at, expires_at, now=now):
        yield Draft(
            kind=KIND,
            recipient_id=row.reviewer.user_id,
            key=f"{KIND}:{row.pk}",
            due_at=due_at,
            expires_at=expires_at,
            missed_at=missed_at(due_at, expires_at, now=now),
            subject_id=row.pk,
        )


def _cohort(message: Message) -> UUID | None:
    asked = ReviewAssignment.objects.filter(pk=str(message.subject_id))
    return asked.values_list("submission__enrollment__cohort", flat=True).first()


register(
    Kind(
        name=KIND,
        title=_("Review waiting"),
        explanation=_("Work that is asked of you to review has waited for a working day."),
        in_digest=True,
        reason_untrue=reason_not_asked,
        context=asked_context,
        group=_cohort,
    )
)
register_queue(queue_review_reminders)
