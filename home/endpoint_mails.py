"""Telling people that Gilde switched a webhook or a chat off, because nobody accepted what it sent."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role
from cohorts.models import Cohort
from cohorts.team import alert_recipients
from notifications.endpoints import Endpoint
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.switching import register_switched_off

KIND = "endpoint_switched_off"


def tell_switched_off(endpoint: Endpoint, now: datetime) -> int:
    """Queue a mail to the admins for a webhook; for a chat to those who are told what happens in its cohort."""
    return enqueue_many(
        Draft(
            kind=KIND,
            recipient_id=member.user_id,
            key=f"{KIND}:{endpoint.pk}:{now.isoformat()}:{member.pk}",
            due_at=now,
            subject_id=endpoint.pk,
        )
        for member in _recipients(endpoint, now)
    )


def _recipients(endpoint: Endpoint, now: datetime) -> Iterable[Membership]:
    admins = Membership.objects.joined().with_role(Role.ADMIN)
    if endpoint.group_id is None:
        return admins
    cohort = Cohort.objects.filter(pk=endpoint.group_id).first()
    told = alert_recipients(cohort, on=cohort.today(now)) if cohort else []
    return told or admins


def _reason_untrue(message: Message, now: datetime) -> str:
    is_off = Endpoint.objects.filter(pk=str(message.subject_id), state=Endpoint.State.FAILED).exists()
    return "" if is_off else _("It is on again, or removed.")


def _context(message: Message) -> Mapping[str, Any]:
    endpoint = Endpoint.objects.select_related("organization").get(pk=str(message.subject_id))
    slug = endpoint.organization.slug
    cohort = Cohort.objects.filter(pk=endpoint.group_id).first() if endpoint.group_id else None
    return {
        "name": endpoint.name,
        "cohort": cohort,
        "action_url": reverse("cohorts:chats", args=[slug, cohort.slug])
        if cohort
        else reverse("home:webhook", args=[slug, endpoint.pk]),
        "action_label": _("See what went wrong"),
    }


register(
    Kind(
        name=KIND,
        title=gettext_lazy("A webhook or chat is switched off"),
        explanation=gettext_lazy("You look after it, and it accepted nothing anymore, so that Gilde switched it off."),
        reason_untrue=_reason_untrue,
        context=_context,
        mandatory=True,
    )
)
register_switched_off(tell_switched_off)
