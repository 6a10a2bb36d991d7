"""Graduates who come back as mentors: they offer, staff accept, and the role is theirs."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.inviting import invite
from accounts.models import Membership, Role
from mentoring.offering import mentor_of
from organizations.models import Organization
from outcomes.alumni_network.directory import check_graduated
from outcomes.alumni_network.mentor_offer_mails import tell_answer
from outcomes.alumni_network.records import MentorOffer
from outcomes.errors import OutcomeError

Answer = MentorOffer.Answer


def offers_of(member: Membership) -> QuerySet[MentorOffer]:
    """The latest first."""
    return MentorOffer.objects.filter(member=member).order_by("-offered_at", "-pk")


def waiting_offers() -> QuerySet[MentorOffer]:
    """Those that nobody has answered, the longest waiting first; of members who can come in."""
    found = MentorOffer.objects.filter(answer="", member__joined_at__isnull=False).select_related("member")
    return found.order_by("offered_at", "pk")


def offer_to_mentor(*, member: Membership, at: datetime, note: str = "") -> MentorOffer:
    """Raises OutcomeError `not_a_graduate`, `mentors_already`, or `offered_already` while an offer waits."""
    check_graduated(member)
    if member.is_mentor:
        raise OutcomeError("mentors_already", _("You are a mentor already: your week and your hours are in the menu."))
    try:
        with transaction.atomic():
            return MentorOffer.objects.create(member=member, note=note.strip(), offered_at=at)
    except IntegrityError as error:
        raise OutcomeError("offered_already", _("Your offer is with the staff already. You hear from them.")) from error


def withdraw_offer(*, member: Membership, at: datetime) -> None:
    """Take back the offer that waits. Taking it back twice is no mistake."""
    waiting = MentorOffer.objects.filter(member=member, answer="")
    waiting.update(answer=Answer.WITHDRAWN, answered_by=member, answered_at=at)


def answer_offer(*, offer: MentorOffer, accepts: bool, by: Membership, at: datetime, reason: str = "") -> MentorOffer:
    """Accept, which gives the role of mentor with a calendar to fill, or decline; the graduate hears which.

    Raises OutcomeError `offer_answered`, or `not_a_graduate` when the graduation was taken back since.
    """
    with transaction.atomic():
        found = MentorOffer.objects.select_related("member__user").select_for_update(of=("self",)).get(pk=offer.pk)
        if found.answer:
            raise OutcomeError("offer_answered", _("This offer has been answered, or was taken back."))
        member = found.member
        if accepts:
            check_graduated(member)
            invite(email=member.user.email, name=member.name, roles=[Role.MENTOR], by=by, at=at)
            organization = Organization.objects.get(pk=member.organization_id)
            mentor_of(membership=member, time_zone=member.user.time_zone or organization.time_zone)
        found.answer = Answer.ACCEPTED if accepts else Answer.DECLINED
        found.reason, found.answered_by, found.answered_at = reason.strip(), by, at
        found.save(update_fields=["answer", "reason", "answered_by", "answered_at"])
        tell_answer(found, now=at)
    return found
