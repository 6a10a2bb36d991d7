"""What graduates who offered to mentor hear."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import enqueue
from outcomes.alumni_network.records import MentorOffer

KIND = "mentor_offer_answered"
LASTS = timedelta(days=30)


def tell_answer(offer: MentorOffer, *, now: datetime) -> None:
    """Mail the graduate whether they mentor from now on."""
    enqueue(
        kind=KIND,
        recipient=offer.member.user,
        key=f"{KIND}:{offer.pk}",
        due_at=now,
        subject_id=offer.pk,
        expires_at=now + LASTS,
    )


def _offer(message: Message) -> MentorOffer | None:
    found = MentorOffer.objects.select_related("member", "answered_by", "organization")
    return found.filter(pk=UUID(str(message.subject_id))).first()


def _gone(message: Message, now: datetime) -> str:
    return "" if _offer(message) else say("The offer is no longer there.")


def _context(message: Message) -> Mapping[str, Any]:
    offer = _offer(message)
    if offer is None:
        return {}
    accepted = offer.answer == MentorOffer.Answer.ACCEPTED
    page = "mentoring:availability" if accepted else "outcomes:own_alumnus"
    return {
        "name": offer.member.first_name,
        "by": offer.answered_by.name if offer.answered_by else "",
        "accepted": accepted,
        "reason": offer.reason,
        "action_url": reverse(page, args=[offer.organization.slug]),
        "action_label": say("Set your hours") if accepted else say("Open your alumni page"),
    }


register(
    Kind(
        name=KIND,
        title=_("Your offer to mentor was answered"),
        explanation=_("You graduated and offered to mentor; staff said yes or no."),
        reason_untrue=_gone,
        context=_context,
    )
)
