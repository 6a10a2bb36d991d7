"""Reminders of milestones: seven days and one day ahead, and the day after one passed without being reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.standing import Due, Standing, standings_of
from notifications.kinds import Kind, register, register_queue
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many

#: Reminders leave at this time of the learner's day.
SEND_AT = time(8)


@dataclass(frozen=True)
class Offset:
    """A reminder `days` before the due date (negative: after it), of no use once `lasts` days have passed."""

    kind: str
    days: int
    lasts: int


OFFSETS = (
    Offset("milestone_ahead", days=7, lasts=6),
    Offset("milestone_ahead", days=1, lasts=1),
    Offset("milestone_overdue", days=-1, lasts=7),
)
WINDOW = timedelta(days=9)


def queue_milestone_reminders(now: datetime) -> int:
    """Queue what is due and was not queued before, for everyone active in a running cohort; return how many.

    The key holds the due date: a milestone that moves is reminded of anew.
    """
    enrollments = Enrollment.objects.filter(
        status=Enrollment.Status.ACTIVE, cohort__status=Cohort.Status.RUNNING, learner__joined_at__isnull=False
    ).select_related("version", "cohort__organization", "learner__user")
    drafts = [draft for one in standings_of(enrollments, on=now.date()) for draft in _drafts(one, now)]
    return enqueue_many(drafts)


def _drafts(one: Standing, now: datetime) -> Iterator[Draft]:
    learner = one.enrollment.learner
    zone = ZoneInfo(learner.user.time_zone or one.enrollment.cohort.time_zone)
    for due in one.milestones:
        if abs(due.due_on - now.date()) > WINDOW or one.has_reached(due):
            continue
        for offset in OFFSETS:
            due_at = datetime.combine(due.due_on - timedelta(days=offset.days), SEND_AT, zone)
            expires_at = due_at + timedelta(days=offset.lasts)
            if due_at <= now < expires_at:
                yield Draft(
                    kind=offset.kind,
                    recipient_id=learner.user_id,
                    key=f"{offset.kind}:{one.enrollment.pk}:{due.id}:{due.due_on}:{offset.days}",
                    due_at=due_at,
                    expires_at=expires_at,
                    subject_id=due.id,
                    payload={"enrollment": str(one.enrollment.pk), "due_on": due.due_on.isoformat()},
                )


def _standing_and_due(message: Message) -> tuple[Standing, Due] | None:
    """Where the learner stands now, and the milestone as it is now; None when either is gone."""
    enrollment = (
        Enrollment.objects.filter(pk=message.payload["enrollment"])
        .select_related("cohort", "version", "learner")
        .first()
    )
    if enrollment is None:
        return None
    (one,) = standings_of([enrollment], on=timezone.now().date())
    due = next((due for due in one.milestones if due.id == message.subject_id), None)
    return None if due is None else (one, due)


def reason_untrue(message: Message, now: datetime) -> str:
    """Empty while the learner is active and has not reached the milestone, and it is still due on that day."""
    found = _standing_and_due(message)
    if found is None:
        return _("The milestone is not there anymore.")
    one, due = found
    if not one.is_active:
        return _("The learner is not active anymore.")
    if due.due_on.isoformat() != message.payload["due_on"]:
        return _("The milestone moved to another day.")
    if one.has_reached(due):
        return _("The learner has reached the milestone.")
    return ""


def _context(message: Message) -> Mapping[str, Any]:
    milestone = Milestone.objects.select_related("cohort", "organization").get(pk=str(message.subject_id))
    enrollment = Enrollment.objects.select_related("learner").get(pk=message.payload["enrollment"])
    return {
        "name": enrollment.learner.name.split()[0],
        "milestone": milestone,
        "cohort": milestone.cohort,
        "action_url": reverse("cohorts:path", args=[milestone.organization.slug]),
        "action_label": _("See your path"),
    }


for name, title, explanation in (
    (
        "milestone_ahead",
        gettext_lazy("Milestone ahead"),
        gettext_lazy("A milestone of yours is due in seven days, and again in one day."),
    ),
    (
        "milestone_overdue",
        gettext_lazy("Milestone overdue"),
        gettext_lazy("A milestone of yours passed yesterday and is not reached."),
    ),
):
    register(
        Kind(
            name=name,
            title=title,
            explanation=explanation,
            reason_untrue=reason_untrue,
            context=_context,
            in_digest=True,
        )
    )
register_queue(queue_milestone_reminders)
