"""What is written about a hand-over: to the colleague who is asked, to staff what came back, to the learner the end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Enrollment
from design.dates import written_day
from mentoring.models import OneOnOne
from mentoring.relief import stands_in
from mentoring.taking_over_records import HandOver, HandOverAnswer
from mentoring.wording import spoken_time
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import Draft, enqueue, enqueue_many

ASKED, UNANSWERED, RETURNED, SETTLED = (
    "hand_over_asked", "hand_over_unanswered", "hand_over_returned", "hand_over_settled",
)  # fmt: skip
Answer = HandOverAnswer.Answer


def tell_asked(asked: Sequence[HandOver], *, now: datetime) -> None:
    """Mail each colleague once whom they are asked to take; and staff, when the day is over, what was not answered."""
    by_colleague: dict[Membership, list[HandOver]] = {}
    for one in asked:
        by_colleague.setdefault(one.to, []).append(one)
    enqueue_many(
        Draft(
            kind=ASKED,
            recipient_id=colleague.user_id,
            key=f"{ASKED}:{rows[0].pk}",
            due_at=now,
            payload={"hand_overs": [str(row.pk) for row in rows]},
            subject_id=rows[0].pk,
            expires_at=rows[0].expires_at,
        )
        for colleague, rows in by_colleague.items()
    )
    enqueue(
        kind=UNANSWERED,
        recipient=asked[0].asked_by.user,
        key=f"{UNANSWERED}:{asked[0].pk}",
        due_at=asked[0].expires_at,
        payload={"hand_overs": [str(row.pk) for row in asked]},
        subject_id=asked[0].pk,
    )


def tell_returned(hand_over: HandOver, *, now: datetime) -> None:
    """Mail whoever asked that it was declined, or that a booked 1-on-1 stayed behind."""
    enqueue(
        kind=RETURNED,
        recipient=hand_over.asked_by.user,
        key=f"{RETURNED}:{hand_over.pk}",
        due_at=now,
        subject_id=hand_over.pk,
    )


def tell_learner(hand_over: HandOver, moved: Iterable[OneOnOne], *, now: datetime) -> None:
    """Mail the learner who mentors them, or stands in, and when they meet; they can choose other times."""
    enqueue(
        kind=SETTLED,
        recipient=hand_over.enrollment.learner.user,
        key=f"{SETTLED}:{hand_over.pk}",
        due_at=now,
        payload={"one_on_ones": [str(one.pk) for one in moved]},
        subject_id=hand_over.pk,
    )


def days_in_words(first: date, last: date) -> str:
    """ "from 1 December 2026 to 12 December 2026"."""
    words = {"first": written_day(first, "j F Y"), "last": written_day(last, "j F Y")}
    return say("from %(first)s to %(last)s") % words


def _days(one: HandOver) -> str:
    return days_in_words(one.first_day, one.last_day) if one.first_day and one.last_day else ""


def _find(message: Message) -> HandOver | None:
    return HandOver.objects.with_people().filter(pk=UUID(str(message.subject_id))).first()


def _listed(message: Message) -> list[HandOver]:
    """Those of the message that nobody answered and that still make sense."""
    rows = HandOver.objects.unanswered().concerning().filter(pk__in=message.payload["hand_overs"])
    return list(rows.with_people().order_by("enrollment__learner__name", "pk"))


# -- to the colleague --------------------------------------------------------------------------------------------------


def _answered(message: Message, now: datetime) -> str:
    return "" if any(one.is_open(at=now) for one in _listed(message)) else say("It was answered or withdrawn.")


def _asked(message: Message) -> Mapping[str, Any]:
    rows = _listed(message)
    one = rows[0]
    return {
        "asked_by": one.asked_by.name,
        "leaving": one.leaving.name,
        "days": _days(one),
        "note": one.note,
        "learners": [f"{row.enrollment.learner.name} ({row.enrollment.cohort.name})" for row in rows],
        "answer_by": written_day(one.answer_by, "l j F Y"),
        "action_url": reverse("mentoring:taking_over", args=[one.organization.slug]),
        "action_label": say("Accept or decline"),
    }


# -- to staff ----------------------------------------------------------------------------------------------------------


def _may_act(member: Membership) -> bool:
    return member.is_staff and member.joined_at is not None


def _nothing_unanswered(message: Message, now: datetime) -> str:
    rows = [one for one in _listed(message) if _may_act(one.asked_by)]
    return "" if rows else say("Everybody answered, or it was withdrawn.")


def _unanswered(message: Message) -> Mapping[str, Any]:
    rows = _listed(message)
    words = [say("%(learner)s: %(name)s did not answer") % _names(row) for row in rows]
    return {"leaving": rows[0].leaving.name, "lines": words, **_to_plan(rows[0])}


def _nothing_returned(message: Message, now: datetime) -> str:
    one = _find(message)
    return "" if one and one.answer and _may_act(one.asked_by) else say("There is nothing to do about it.")


def _returned(message: Message) -> Mapping[str, Any]:
    one = HandOver.objects.with_people().get(pk=UUID(str(message.subject_id)))
    answer = one.answer
    return {
        **_names(one),
        "leaving": one.leaving.name,
        "is_declined": answer is not None and answer.answer == Answer.DECLINED,
        "reason": answer.reason if answer else "",
        **_to_plan(one),
    }


def _names(one: HandOver) -> dict[str, str]:
    return {"learner": one.enrollment.learner.name, "name": one.to.name}


def _to_plan(one: HandOver) -> dict[str, str]:
    url = reverse("mentoring:hand_over", args=[one.organization.slug, one.leaving_id])
    if one.first_day and one.last_day:
        url += f"?first_day={one.first_day.isoformat()}&last_day={one.last_day.isoformat()}"
    return {"action_url": url, "action_label": say("Propose somebody else")}


# -- to the learner ----------------------------------------------------------------------------------------------------


def _changed_again(message: Message, now: datetime) -> str:
    one = _find(message)
    if one is None or not _is_so(one.enrollment, one):
        return say("The learner has another mentor by now.")
    return ""


def _is_so(enrollment: Enrollment, one: HandOver) -> bool:
    return enrollment.mentor_id == one.to_id or bool(one.first_day and stands_in(mentor=one.to, enrollment=enrollment))


def _settled(message: Message) -> Mapping[str, Any]:
    one = HandOver.objects.with_people().get(pk=UUID(str(message.subject_id)))
    booked = list(
        OneOnOne.objects.booked().filter(pk__in=message.payload["one_on_ones"], mentor__membership=one.to)
        .order_by("during")
    )  # fmt: skip
    sessions = reverse("mentoring:sessions", args=[one.organization.slug])
    move = reverse("mentoring:move", args=[one.organization.slug, booked[0].pk]) if len(booked) == 1 else sessions
    return {
        "name": one.enrollment.learner.first_name,
        "mentor": one.to.name,
        "before": one.leaving.name,
        "days": _days(one),
        "times": [spoken_time(each.starts_at) for each in booked],
        "action_url": move,
        "action_label": say("Choose another time") if len(booked) == 1 else say("Open your 1-on-1s"),
    }


for name, title, explanation, reason_untrue, context in (
    (
        ASKED,
        _("You are asked to take over learners"),
        _("You mentor, and staff ask whether you take over from another mentor."),
        _answered,
        _asked,
    ),
    (
        UNANSWERED,
        _("A hand-over was not answered"),
        _("You asked mentors to take over, and some did not answer."),
        _nothing_unanswered,
        _unanswered,
    ),
    (
        RETURNED,
        _("A hand-over came back"),
        _("You asked a mentor to take over, and it cannot go on."),
        _nothing_returned,
        _returned,
    ),
    (
        SETTLED,
        _("You have another mentor"),
        _("Somebody else mentors you, for good or for some days."),
        _changed_again,
        _settled,
    ),
):
    register(Kind(name=name, title=title, explanation=explanation, reason_untrue=reason_untrue, context=context))
