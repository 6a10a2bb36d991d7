"""Asking colleagues to take over a mentor's learners: staff propose, the colleague accepts or declines each.

Until it is accepted nothing changes for anybody. What is declined, or not answered in time, is back on the list of
handing_over.py with the reason. Who asks, answers or withdraws locks the same people first, in id order, so that of two
who do it at once the second is told what the first did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.engagements import lock_people
from mentoring import handing_over
from mentoring.calendars import days_span, read_calendars
from mentoring.errors import MentoringError
from mentoring.handing_over import REACH, Away, Choice, Left, SessionPlan, Times, places_asked, sessions_of
from mentoring.matchmaking import WITH_MENTOR, check_place
from mentoring.models import OneOnOne
from mentoring.taking_over_mails import tell_asked, tell_returned
from mentoring.taking_over_records import HandOver, HandOverAnswer
from organizations.errors import DomainError

Answer = HandOverAnswer.Answer

NOTE_LENGTH = REASON_LENGTH = 500
LONGEST = timedelta(days=30)
#: How long what came back shows in the list of mentors.
SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A hand-over that waits for the colleague, and the times that they have for each booked 1-on-1."""

    hand_over: HandOver
    sessions: tuple[SessionPlan, ...]


def ask(
    *,
    leaving: Membership,
    choices: Sequence[Choice],
    answer_by: date,
    note: str,
    by: Membership,
    now: datetime,
    away: Away | None = None,
) -> list[Left]:
    """Ask the mentor chosen for each learner; each colleague gets one mail. Returns who could not be asked, and why.

    Raises MentoringError `not_staff`, `nobody_chosen`, `date_over`, `too_far` or `too_long`.
    """
    today = timezone.localdate(now)
    if answer_by < today:
        raise MentoringError("date_over", _("That date is over. Choose today or a later date."))
    if answer_by > today + LONGEST:
        raise MentoringError("too_far", _("Ask for an answer within 30 days."))
    if len(note.strip()) > NOTE_LENGTH:
        raise MentoringError("too_long", _("Keep the note under 500 characters."))
    left, asked = [], []
    with transaction.atomic():
        for enrollment, to, choice in handing_over.lock_choices(leaving=leaving, choices=choices, by=by):
            try:
                handing_over.check_not_asked(enrollment, leaving, now=now)
                if to.pk == enrollment.learner_id:
                    raise MentoringError("own_mentor", _("Nobody is their own mentor. Choose somebody else."))
                if away is None:
                    check_place(to, enrollment, asked=places_asked(now=now)[to.pk])
            except DomainError as error:
                left.append(Left(enrollment=enrollment, one_on_one=None, why=str(error)))
                continue
            asked.append(
                HandOver.objects.create(
                    enrollment=enrollment,
                    leaving=leaving,
                    to=to,
                    mentor_before=enrollment.mentor,
                    first_day=away.first_day if away else None,
                    last_day=away.last_day if away else None,
                    times={str(pk): start and start.isoformat() for pk, start in choice.times.items()},
                    note=note.strip(),
                    answer_by=answer_by,
                    expires_at=days_span(answer_by, answer_by, zone=by.organization.time_zone)[1],
                    asked_by=by,
                    asked_at=now,
                )
            )
        if asked:
            tell_asked(asked, now=now)
    return left


def accept(*, hand_over: HandOver, times: Mapping[UUID, datetime | None], by: Membership, now: datetime) -> list[UUID]:
    """Take the learner over, with each booked 1-on-1 at the time chosen for it; all of it or nothing.

    Returns the 1-on-1s that stay behind, because there was no time for them; staff get a mail about those.
    Raises MentoringError `not_asked`, `answered`, `withdrawn`, `expired`, `changed`, `full`, and as
    `booking.hand_over` and `assign_mentor` do.
    """
    with transaction.atomic():
        locked = _locked(hand_over, by, now=now)
        away = away_of(locked)
        booked = sessions_of([locked.leaving], now=now, away=away)[locked.leaving_id][locked.enrollment_id]
        sessions = _asked_about(locked, booked)
        if not sessions and locked.enrollment.status not in WITH_MENTOR:
            raise _changed(locked)
        _record(locked, Answer.ACCEPTED, by=by, now=now)
        wanted = {one.pk: times.get(one.pk) for one in sessions}
        handing_over.carry_out(locked, times=wanted, by=by, now=now, away=away, all_or_none=True)
        left = [pk for pk, start in wanted.items() if start is None]
        if left:
            tell_returned(locked, now=now)
    return left


def decline(*, hand_over: HandOver, reason: str, by: Membership, now: datetime) -> HandOverAnswer:
    """Say no, with a reason that staff read; they get a mail.

    Raises MentoringError `reason_missing`, `too_long`, `not_asked`, `answered`, `withdrawn`, `expired` or `changed`.
    """
    if not reason.strip():
        raise MentoringError("reason_missing", _("Write a reason, so that program staff know whom to ask next."))
    if len(reason.strip()) > REASON_LENGTH:
        raise MentoringError("too_long", _("Keep the reason under 500 characters."))
    with transaction.atomic():
        locked = _locked(hand_over, by, now=now)
        answer = _record(locked, Answer.DECLINED, by=by, now=now, reason=reason.strip())
        tell_returned(locked, now=now)
    return answer


def withdraw(*, hand_over: HandOver, by: Membership, now: datetime) -> HandOverAnswer:
    """Ask no longer; the learner is on the list again. Raises MentoringError `not_staff` or `answered`."""
    if not by.is_staff:
        raise MentoringError("not_staff", _("Program staff hand over learners. Ask them."))
    with transaction.atomic():
        lock_people(hand_over.leaving.user, hand_over.to.user, hand_over.enrollment.learner.user)
        if found := HandOverAnswer.objects.filter(hand_over=hand_over).select_related("answered_by").first():
            raise _answered(found)
        return _record(hand_over, Answer.WITHDRAWN, by=by, now=now)


def asked_of(member: Membership, *, now: datetime) -> list[Offered]:
    """What waits for this mentor's answer, the most urgent first. The same number of queries for any number."""
    rows = list(HandOver.objects.open(at=now).filter(to=member).with_people())
    booked = sessions_of({one.leaving_id: one.leaving for one in rows}.values(), now=now)
    asked = {row.pk: _asked_about(row, booked[row.leaving_id][row.enrollment_id]) for row in rows}
    all_of_them = [session for sessions in asked.values() for session in sessions]
    calendars = read_calendars(
        [(member.pk, row.enrollment) for row in rows],
        start=min([now, *(one.starts_at - REACH for one in all_of_them)]),
        end=max([now, *(one.starts_at + REACH for one in all_of_them)]),
        without=[one.pk for one in all_of_them],
    )
    times, found = Times(now=now), []
    for row in rows:
        calendar, away, wanted = calendars.get((member.pk, row.enrollment_id)), away_of(row), proposed_times(row)
        sessions = tuple(
            SessionPlan(one_on_one=one, times=times.near(calendar, one, away, wanted.get(one.pk)))
            for one in asked[row.pk]
        )
        found.append(Offered(hand_over=row, sessions=sessions))
    return found


def came_back(*, now: datetime) -> list[HandOver]:
    """Hand-overs that were declined or not answered and are not settled since, the latest first; for 30 days.

    Two queries.
    """
    rows = HandOver.objects.filter(asked_at__gt=now - SHOWN_FOR - LONGEST).with_people()
    last = {(row.leaving_id, row.enrollment_id): row for row in rows.order_by("asked_at", "pk")}
    return sorted((row for row in last.values() if _is_back(row, now)), key=_back_at, reverse=True)


def waiting(*, now: datetime) -> list[HandOver]:
    """Whom staff asked and who can still answer, the most urgent first. Two queries."""
    return list(HandOver.objects.open(at=now).with_people())


def away_of(hand_over: HandOver) -> Away | None:
    if hand_over.first_day is None or hand_over.last_day is None:
        return None
    return Away(first_day=hand_over.first_day, last_day=hand_over.last_day)


def proposed_times(hand_over: HandOver) -> dict[UUID, datetime | None]:
    """The start that staff proposed for each 1-on-1; None for what stays where it is."""
    return {UUID(pk): datetime.fromisoformat(start) if start else None for pk, start in hand_over.times.items()}


def _asked_about(row: HandOver, sessions: Sequence[OneOnOne]) -> list[OneOnOne]:
    """The 1-on-1s that would go along: all of the span but those that staff leave where they are."""
    away, left = away_of(row), {pk for pk, start in proposed_times(row).items() if start is None}
    return [one for one in sessions if one.pk not in left and (away is None or away.covers(one))]


def _is_back(row: HandOver, now: datetime) -> bool:
    answer = row.answer
    if answer.answer != Answer.DECLINED if answer else now < row.expires_at:
        return False
    is_over = row.last_day is not None and row.last_day < timezone.localdate(now)
    still_there = row.still_concerns and row.enrollment.status in WITH_MENTOR
    return still_there and not is_over and _back_at(row) > now - SHOWN_FOR


def _back_at(row: HandOver) -> datetime:
    return row.answer.answered_at if row.answer else row.expires_at


def _locked(hand_over: HandOver, by: Membership, *, now: datetime) -> HandOver:
    """The hand-over with its people locked, when `by` can answer it."""
    lock_people(hand_over.leaving.user, hand_over.to.user, hand_over.enrollment.learner.user)
    found = HandOver.objects.with_people().get(pk=hand_over.pk)
    if by.pk != found.to_id or not by.is_mentor:
        raise MentoringError("not_asked", _("Somebody else was asked this. Ask program staff."))
    if found.answer is not None:
        raise _answered(found.answer)
    if now >= found.expires_at:
        raise MentoringError("expired", _("The day to answer is over. Ask program staff whether it still stands."))
    if not found.still_concerns:
        raise _changed(found)
    return found


def _changed(hand_over: HandOver) -> MentoringError:
    text = _("%(name)s has another mentor by now, or left. There is nothing to take over anymore.")
    return MentoringError("changed", text % {"name": hand_over.enrollment.learner.name})


def _answered(answer: HandOverAnswer) -> MentoringError:
    if answer.answer == Answer.WITHDRAWN:
        text = _("%(name)s withdrew this a moment ago. You do not have to do anything.")
        return MentoringError("withdrawn", text % {"name": answer.answered_by.name})
    text = _("%(name)s answered this already. Look at the list again.")
    return MentoringError("answered", text % {"name": answer.answered_by.name})


def _record(hand_over: HandOver, answer: str, *, by: Membership, now: datetime, reason: str = "") -> HandOverAnswer:
    return HandOverAnswer.objects.create(
        hand_over=hand_over, answer=answer, reason=reason, answered_by=by, answered_at=now
    )
