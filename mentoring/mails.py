"""What mentoring writes to people: a 1-on-1 was booked, moved or cancelled, and soon it begins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from mentoring.invitations import invitation
from mentoring.models import OneOnOne
from mentoring.wording import spoken_time, week_key
from notifications.kinds import Kind, Urgency, register
from notifications.models import Lane, Message
from notifications.outbox import Draft, enqueue, enqueue_many

REMINDER = "one_on_one_reminder"


def tell_booked(one_on_one: OneOnOne, *, now: datetime) -> None:
    """Mail both people that the 1-on-1 is booked."""
    _tell("one_on_one_booked", one_on_one, now=now)


def tell_moved(one_on_one: OneOnOne, *, before: datetime, now: datetime) -> None:
    """Mail both people the new time, and the one before."""
    _tell("one_on_one_moved", one_on_one, now=now, before=before.isoformat())


def tell_cancelled(one_on_one: OneOnOne, *, now: datetime) -> None:
    """Mail both people that it is off, and why."""
    _tell("one_on_one_cancelled", one_on_one, now=now)


def tell_handed_over(one_on_one: OneOnOne, *, before: Membership, now: datetime) -> None:
    """Mail the learner and the new mentor who meets when, and the mentor of before that it left their calendar."""
    _tell("one_on_one_handed_over", one_on_one, now=now, before_name=before.name)
    about = f"one_on_one_handed_away:{one_on_one.pk}:{one_on_one.sequence}"
    enqueue(
        kind="one_on_one_handed_away",
        recipient=before.user,
        key=f"{about}:{before.user_id}",
        due_at=now,
        payload={"sequence": one_on_one.sequence},
        subject_id=one_on_one.pk,
        expires_at=one_on_one.ends_at,
    )


def drafts_of(
    kind: str,
    one_on_one: OneOnOne,
    *,
    due_at: datetime,
    expires_at: datetime,
    offset: str = "",
    missed_at: datetime | None = None,
    payload: Mapping[str, str] | None = None,
) -> list[Draft]:
    """A message to each of the two about the 1-on-1 at its time of now, keyed so that a time is told about once."""
    about = f"{kind}:{one_on_one.pk}:{one_on_one.sequence}{offset}"
    return [
        Draft(
            kind=kind,
            recipient_id=person,
            key=f"{about}:{person}",
            due_at=due_at,
            payload={"sequence": one_on_one.sequence, **(payload or {})},
            subject_id=one_on_one.pk,
            expires_at=expires_at,
            missed_at=missed_at,
        )
        for person in (one_on_one.learner_person_id, one_on_one.mentor_person_id)
    ]


def _tell(kind: str, one_on_one: OneOnOne, *, now: datetime, **payload: str) -> None:
    enqueue_many(drafts_of(kind, one_on_one, due_at=now, expires_at=one_on_one.ends_at, payload=payload))


def _about(message: Message) -> UUID:
    """The 1-on-1 that `drafts_of` made this message for."""
    return UUID(str(message.subject_id))


def _no_longer_so(message: Message, now: datetime) -> str:
    """Why a message about a coming 1-on-1 is not sent: it has another time, or none."""
    row = OneOnOne.objects.filter(pk=_about(message)).values_list("status", "sequence").first()
    if row is None or row[0] == OneOnOne.Status.CANCELLED:
        return say("The 1-on-1 was cancelled.")
    if row[1] != message.payload["sequence"]:
        return say("The 1-on-1 was moved.")
    return "" if row[0] == OneOnOne.Status.BOOKED else say("The 1-on-1 is over.")


def _gone(message: Message, now: datetime) -> str:
    return "" if OneOnOne.objects.filter(pk=_about(message)).exists() else say("The 1-on-1 is no longer there.")


def _invitation(message: Message, now: datetime) -> tuple[str, str]:
    one = OneOnOne.objects.with_people().get(pk=_about(message))
    return invitation(one, recipient=message.recipient, at=now)


def _removal(message: Message, now: datetime) -> tuple[str, str]:
    one = OneOnOne.objects.with_people().get(pk=_about(message))
    return invitation(one, recipient=message.recipient, at=now, is_off=True)


def _context(message: Message) -> Mapping[str, Any]:
    one = OneOnOne.objects.with_people().select_related("settled_by").get(pk=_about(message))
    learner, mentor = one.enrollment.learner, one.mentor.membership
    to_mentor = message.recipient_id != one.learner_person_id
    before = message.payload.get("before", "")
    week = reverse("mentoring:week", args=[one.organization.slug])
    sessions = reverse("mentoring:sessions", args=[one.organization.slug])
    return {
        "other": learner.name if to_mentor else mentor.name,
        "when": spoken_time(one.starts_at),
        "before": spoken_time(datetime.fromisoformat(before)) if before else "",
        "before_name": message.payload.get("before_name", ""),
        "mentor": mentor.name,
        "learner": learner.name,
        "minutes": one.minutes,
        "agenda": one.agenda,
        "video_link": one.mentor.video_link,
        "cancelled_by": one.settled_by.name if one.settled_by else "",
        "reason": one.cancel_reason,
        "to_mentor": to_mentor,
        "action_url": f"{week}?week={week_key(one.starts_at)}" if to_mentor else sessions,
        "action_label": say("Open your week") if to_mentor else say("Open your 1-on-1s"),
    }


def cohort_of(one_on_one_id: UUID) -> UUID | None:
    """The cohort of the learner of a 1-on-1."""
    return OneOnOne.objects.filter(pk=one_on_one_id).values_list("enrollment__cohort", flat=True).first()


def _cohort(message: Message) -> UUID | None:
    return cohort_of(_about(message))


for name, title, explanation, reason_untrue, part in (
    (
        "one_on_one_booked",
        _("A 1-on-1 was booked"),
        _("Somebody booked a 1-on-1 with you, or for you."),
        _no_longer_so,
        _invitation,
    ),
    ("one_on_one_moved", _("A 1-on-1 was moved"), _("A 1-on-1 of yours has another time."), _no_longer_so, _invitation),
    ("one_on_one_cancelled", _("A 1-on-1 was cancelled"), _("A 1-on-1 of yours is off."), _gone, _invitation),
    (
        "one_on_one_handed_over",
        _("A 1-on-1 has another mentor"),
        _("A 1-on-1 goes on with somebody else."),
        _no_longer_so,
        _invitation,
    ),
    (
        "one_on_one_handed_away",
        _("A 1-on-1 went to another mentor"),
        _("You mentor, and a 1-on-1 left your calendar."),
        _gone,
        _removal,
    ),
):
    register(
        Kind(
            name=name,
            title=title,
            explanation=explanation,
            reason_untrue=reason_untrue,
            context=_context,
            invitation=part,
            lane=Lane.URGENT,
            urgency=Urgency.BREAKS_QUIET,
        )
    )
register(
    Kind(
        name=REMINDER,
        title=_("A 1-on-1 begins soon"),
        explanation=_("A 1-on-1 of yours begins in 24 hours, and again in one hour."),
        reason_untrue=_no_longer_so,
        context=_context,
        group=_cohort,
        lane=Lane.URGENT,
        urgency=Urgency.BREAKS_QUIET,
    )
)
