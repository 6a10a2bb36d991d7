"""A message from staff to many learners: written once, with each learner's own words in it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import BulkAction, BulkItem, Enrollment
from notifications.kinds import Kind, register
from notifications.models import Lane, Message
from notifications.outbox import enqueue

KIND = "staff_message"
#: What may stand in a message, and what it becomes.
FIELDS = {
    "{name}": gettext_lazy("first name"),
    "{full_name}": gettext_lazy("first and last name"),
    "{cohort}": gettext_lazy("name of the cohort"),
    "{mentor}": gettext_lazy("name of the mentor"),
}
FIELD = re.compile(r"\{[^{}\s]*\}")


def check_fields(text: str) -> None:
    """Raises CohortError `unknown_field` for anything in braces that is not one of `FIELDS`."""
    unknown = [found for found in FIELD.findall(text) if found not in FIELDS]
    if unknown:
        raise CohortError(
            "unknown_field",
            _("%(unknown)s is not a field. Use %(known)s.")
            % {"unknown": ", ".join(dict.fromkeys(unknown)), "known": ", ".join(FIELDS)},
        )


def fill(text: str, enrollment: Enrollment) -> str:
    """The text with the learner's own words; names are put in as they are, never read as fields again."""
    name = enrollment.learner.name
    words = {
        "{name}": (name.split() or [name])[0],
        "{full_name}": name,
        "{cohort}": enrollment.cohort.name,
        "{mentor}": enrollment.mentor.name if enrollment.mentor else _("your mentor"),
    }
    return FIELD.sub(lambda found: words.get(found.group(), found.group()), text)


def queue(action: BulkAction, item: BulkItem, _mentor: Membership | None, now: datetime) -> Callable[[], str]:
    """Queue the message to one learner. Raises CohortError `no_access` for somebody who is not in yet, or any more."""
    enrollment = item.enrollment
    if enrollment.learner.joined_at is None:
        raise CohortError("no_access", _("Has not accepted the invitation, or has no access any more."))
    enqueue(
        kind=KIND,
        recipient=enrollment.learner.user,
        key=f"{KIND}:{action.pk}:{enrollment.pk}",
        due_at=now,
        subject_id=enrollment.pk,
        payload={
            "subject": fill(action.details["subject"], enrollment),
            "text": fill(action.details["text"], enrollment),
            "by": action.by.name,
        },
    )
    return lambda: str(enrollment.learner.user.email)


def _reason_untrue(message: Message, now: datetime) -> str:
    joined = Enrollment.objects.filter(pk=str(message.subject_id), learner__joined_at__isnull=False)
    return "" if joined.exists() else _("The learner has no access any more.")


def _context(message: Message) -> Mapping[str, Any]:
    said = message.payload
    return {
        "subject": said["subject"],
        "text": said["text"],
        "by": said["by"],
        "action_url": reverse("home:learner", args=[message.organization.slug]),
        "action_label": _("Open Gilde"),
    }


register(
    Kind(
        name=KIND,
        title=gettext_lazy("Message from staff"),
        explanation=gettext_lazy("Program staff wrote to you, or to all of your cohort."),
        reason_untrue=_reason_untrue,
        context=_context,
        lane=Lane.BULK,
    )
)
