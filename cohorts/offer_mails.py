"""Mails about seats that are offered: to the learner, and to those who are told what happens in the cohort."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Cohort, Offer, OfferAnswer
from cohorts.team import alert_recipients
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import Draft, enqueue, enqueue_many


def tell_learner(offer: Offer) -> None:
    """Queue the offer; it is of no use once it has expired."""
    enqueue(
        kind="seat_offered",
        recipient=offer.enrollment.learner.user,
        key=f"seat_offered:{offer.pk}",
        due_at=offer.offered_at,
        subject_id=offer.pk,
        expires_at=offer.expires_at,
    )


def tell_withdrawn(offer: Offer, *, at: datetime) -> None:
    """Queue that the offer was taken back."""
    enqueue(
        kind="seat_withdrawn",
        recipient=offer.enrollment.learner.user,
        key=f"seat_withdrawn:{offer.pk}",
        due_at=at,
        subject_id=offer.pk,
    )


def tell_team(offer: Offer, *, kind: str, at: datetime) -> None:
    """Queue what became of the offer, for the cohort's lead and the staff of its team."""
    today = offer.cohort.today(at)
    enqueue_many(
        Draft(
            kind="seat_answered",
            recipient_id=member.user_id,
            key=f"seat_answered:{offer.pk}:{kind}:{member.pk}",
            due_at=at,
            subject_id=offer.pk,
        )
        for member in alert_recipients(offer.cohort, on=today)
    )


def _offer_of(message: Message) -> Offer:
    """Offers are never removed."""
    found = Offer.objects.select_related("organization", "cohort", "enrollment__learner")
    return found.get(pk=str(message.subject_id))


def _offer_untrue(message: Message, now: datetime) -> str:
    """Empty while the offer stands and its cohort is not over."""
    standing = Offer.objects.standing(now).filter(pk=str(message.subject_id))
    if standing.exclude(cohort__status__in=[Cohort.Status.COMPLETED, Cohort.Status.CANCELLED]).exists():
        return ""
    return _("The offer does not stand any more.")


def _withdrawal_untrue(message: Message, now: datetime) -> str:
    """Empty when the learner was told of the offer, and has no other one by now."""
    if not Message.objects.filter(key=f"seat_offered:{message.subject_id}", state=Message.State.SENT).exists():
        return _("The learner was never told of the offer.")
    if Offer.objects.standing(now).filter(enrollment=_offer_of(message).enrollment_id).exists():
        return _("The learner has another offer.")
    return ""


def _answer_untrue(message: Message, now: datetime) -> str:
    """Empty while the recipient is one who is told: what became of the offer does not change."""
    cohort = _offer_of(message).cohort
    today = cohort.today(now)
    if any(member.user_id == message.recipient_id for member in alert_recipients(cohort, on=today)):
        return ""
    return _("The recipient is not on the team any more.")


def _for_learner(message: Message) -> Mapping[str, Any]:
    offer = _offer_of(message)
    return {
        "name": offer.enrollment.learner.first_name,
        "cohort": offer.cohort,
        "offer": offer,
        "note": _note(offer),
        "action_url": reverse("cohorts:offer", args=[offer.organization.slug, offer.pk]),
        "action_label": _("Answer the offer"),
    }


def _for_withdrawn(message: Message) -> Mapping[str, Any]:
    context = dict(_for_learner(message))
    return {key: value for key, value in context.items() if not key.startswith("action_")}


def _for_team(message: Message) -> Mapping[str, Any]:
    offer = _offer_of(message)
    answer = offer.answers.get()
    return {
        "learner": offer.enrollment.learner.name,
        "cohort": offer.cohort,
        "answer": answer.kind,
        "note": answer.note,
        "offers_itself": offer.cohort.offers_itself,
        "action_url": reverse("cohorts:waiting_list", args=[offer.organization.slug, offer.cohort.slug]),
        "action_label": _("See the waiting list"),
    }


def _note(offer: Offer) -> str:
    answer: OfferAnswer | None = offer.answers.first()
    return answer.note if answer else ""


register(
    Kind(
        name="seat_offered",
        title=gettext_lazy("A seat is offered"),
        explanation=gettext_lazy("A seat in a cohort came free for you, and is held for some days."),
        reason_untrue=_offer_untrue,
        context=_for_learner,
        mandatory=True,
    )
)
register(
    Kind(
        name="seat_withdrawn",
        title=gettext_lazy("An offer is withdrawn"),
        explanation=gettext_lazy("The seat that was offered to you is not held any more."),
        reason_untrue=_withdrawal_untrue,
        context=_for_withdrawn,
        mandatory=True,
    )
)
register(
    Kind(
        name="seat_answered",
        title=gettext_lazy("An offer is answered"),
        explanation=gettext_lazy(
            "You look after a cohort, and somebody on its waiting list answered or let an offer pass."
        ),
        reason_untrue=_answer_untrue,
        context=_for_team,
        in_digest=True,
        group=lambda message: _offer_of(message).cohort_id,
    )
)
