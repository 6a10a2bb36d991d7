"""How a message from staff leaves, as one of two kinds: people may switch the one off, the other reaches everybody."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Enrollment
from design.markdown import render
from notifications.kinds import Kind, register
from notifications.models import Lane, Message

KIND, REQUIRED = "staff_message", "staff_message_required"
LEFT = (Enrollment.Status.WITHDRAWN, Enrollment.Status.DISMISSED, Enrollment.Status.TRANSFERRED)


def _enrollment_id(message: Message) -> str:
    """Messages of before they had pages of their own name the enrollment as their subject."""
    return str(message.payload.get("enrollment") or message.subject_id)


def _facts(messages: Sequence[Message], now: datetime) -> Mapping[UUID, str]:
    """Why each is not sent; empty when it is. One query."""
    ids = {_enrollment_id(message) for message in messages if not message.payload.get("is_test")}
    rows = Enrollment.objects.filter(pk__in=ids).values_list("pk", "status", "learner__joined_at")
    known = {str(pk): (status, joined_at) for pk, status, joined_at in rows}
    return {message.pk: _reason(message, known.get(_enrollment_id(message))) for message in messages}


def _reason(message: Message, known: tuple[str, datetime | None] | None) -> str:
    if message.payload.get("is_test"):
        return ""
    status, joined_at = known or ("", None)
    if joined_at is None:
        return _("The learner has no access any more.")
    return _("The learner left the cohort.") if status in LEFT else ""


def _reason_untrue(message: Message, now: datetime) -> str:
    return message.facts if isinstance(message.facts, str) else _facts([message], now)[message.pk]


def _context(message: Message) -> Mapping[str, Any]:
    said, slug = message.payload, message.organization.slug
    about = said.get("message")
    url = reverse("cohorts:read_message", args=[slug, about]) if about else reverse("home:start", args=[slug])
    return context_of(said, url=url, is_mandatory=message.kind == REQUIRED)


def context_of(said: Mapping[str, Any], *, url: str, is_mandatory: bool) -> Mapping[str, Any]:
    """What the templates show of subject, text and author, with a button that leads to `url`."""
    foot = _("%(by)s sent you this through Gilde.") % {"by": said["by"]}
    if is_mandatory:
        foot += " " + _("Everybody gets it: it cannot be switched off.")
    return {
        "subject": said["subject"],
        "text": said["text"],
        "foot": foot,
        "rich": format_html("{}<p>{}</p>", render(said.get("markdown") or said["text"]), foot),
        "action_url": url,
        "action_label": _("Open it in Gilde"),
    }


def _cohort(message: Message) -> UUID | None:
    cohort = message.payload.get("cohort")
    return UUID(cohort) if cohort else None


for name, title, explanation, is_mandatory in (
    (
        KIND,
        gettext_lazy("Message from staff"),
        gettext_lazy("Program staff wrote to you, or to all of your cohort."),
        False,
    ),
    (
        REQUIRED,
        gettext_lazy("Message from staff that everybody gets"),
        gettext_lazy("Program staff wrote something that everybody has to know, such as a day that moved."),
        True,
    ),
):
    register(
        Kind(
            name=name,
            title=title,
            explanation=explanation,
            reason_untrue=_reason_untrue,
            context=_context,
            mandatory=is_mandatory,
            lane=Lane.BULK,
            facts=_facts,
            group=_cohort,
        )
    )
