"""What to do with each 1-on-1 that is booked in a mentor's time off: keep, move, hand to another or cancel it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.engagements import lock_people
from cohorts.models import Enrollment
from mentoring.booking import cancel, hand_over, move
from mentoring.calendars import read_calendars
from mentoring.errors import MentoringError
from mentoring.handing_over import Left, Times
from mentoring.matching import Match, rank
from mentoring.matchmaking import candidates, mentoring_now, needs_of, with_people
from mentoring.models import Mentor, OneOnOne, TimeOff
from mentoring.relief import relieve
from organizations.errors import DomainError

OTHERS = 3
REACH = timedelta(days=30)


class Do(StrEnum):
    KEEP = "keep"
    MOVE = "move"
    HAND_OVER = "hand"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do with one 1-on-1; moving and handing over name a time, the latter a mentor (by membership) too."""

    do: Do
    start: datetime | None = None
    mentor: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Option:
    """Another mentor with a free time."""

    match: Match
    start: datetime


@dataclass(frozen=True, kw_only=True)
class Affected:
    """A 1-on-1 in the time off: the mentor's own nearest free times, and others who could take it."""

    one_on_one: OneOnOne
    times: tuple[datetime, ...]
    others: tuple[Option, ...]


def affected_by(time_off: TimeOff, *, now: datetime) -> list[Affected]:
    """The booked 1-on-1s ahead in that time, each with what can be done, in order.

    The same number of queries for any number of them.
    """
    sessions = list(_sessions(time_off, now=now))
    learners = list(with_people(Enrollment.objects.filter(pk__in={one.enrollment_id for one in sessions})))
    own = time_off.mentor.membership_id
    offered = [one for one in candidates(now=now) if one.key != own]
    matches = {need.key: rank(need, offered)[:OTHERS] for need in needs_of(learners, now=now)}
    by_pk = {row.pk: row for row in learners}
    pairs = [(own, row) for row in learners]
    pairs += [(match.candidate.key, by_pk[pk]) for pk, found in matches.items() for match in found]
    calendars = read_calendars(
        pairs,
        start=min([now, *(one.starts_at - REACH for one in sessions)]),
        end=max([now, *(one.starts_at + REACH for one in sessions)]),
        without=[one.pk for one in sessions],
    )
    times = Times(now=now, reach=REACH)
    found = []
    for one in sessions:
        others = []
        for match in matches[one.enrollment_id]:
            near = times.near(calendars.get((match.candidate.key, one.enrollment_id)), one)
            others += [Option(match=match, start=near[0])] if near else []
        own_times = times.near(calendars.get((own, one.enrollment_id)), one)
        found.append(Affected(one_on_one=one, times=own_times, others=tuple(others)))
    return found


def decide(
    *, time_off: TimeOff, decisions: Mapping[UUID, Decision], reason: str, by: Membership, now: datetime
) -> list[Left]:
    """Carry out what was decided for each 1-on-1, each whole or not at all; returns what could not be done, and why.

    Whom it is handed to stands in for the days of the time off. `by` is the mentor, or staff.
    Raises MentoringError `not_yours` or `reason_missing` when any is cancelled.
    """
    if by.pk != time_off.mentor.membership_id and not by.is_staff:
        raise MentoringError("not_yours", _("This is somebody else's time off."))
    if any(one.do == Do.CANCEL for one in decisions.values()) and not reason.strip():
        raise MentoringError("reason_missing", _("Write a reason, so that the other knows why."))
    left = []
    with transaction.atomic():
        sessions = [one for one in _sessions(time_off, now=now) if one.pk in decisions]
        wanted = {one.mentor for one in decisions.values() if one.mentor}
        members = {row.pk: row for row in mentoring_now().filter(pk__in=wanted).select_related("user")}
        people = [one.learner_person for one in sessions] + [member.user for member in members.values()]
        lock_people(time_off.mentor.membership.user, *people)
        for one in sessions:
            try:
                with transaction.atomic():
                    _do(time_off, one, decisions[one.pk], members, reason=reason, by=by, now=now)
            except DomainError as error:
                left.append(Left(enrollment=one.enrollment, one_on_one=one, why=str(error)))
    return left


def _do(
    time_off: TimeOff,
    one: OneOnOne,
    decision: Decision,
    members: Mapping[UUID, Membership],
    *,
    reason: str,
    by: Membership,
    now: datetime,
) -> None:
    if decision.do == Do.KEEP:
        return
    if decision.do == Do.CANCEL:
        cancel(one_on_one=one, reason=reason, by=by, now=now)
        return
    if decision.start is None:
        raise MentoringError("no_time", _("Pick one of the times."))
    if decision.do == Do.MOVE:
        move(one_on_one=one, start=decision.start, by=by, now=now, sequence=one.sequence)
        return
    member = members.get(decision.mentor) if decision.mentor else None
    mentor = Mentor.objects.filter(membership=member).first() if member else None
    if member is None or mentor is None:
        raise MentoringError("no_mentor", _("That mentor is not there anymore. Choose somebody else."))
    mentor.membership = member
    if one.enrollment.mentor_id != member.pk:
        first, last = _days(time_off, one, decision.start)
        relieve(enrollment=one.enrollment, mentor=member, first_day=first, last_day=last, by=by, now=now)
    hand_over(one_on_one=one, to=mentor, start=decision.start, by=by, now=now)


def _days(time_off: TimeOff, one: OneOnOne, start: datetime) -> tuple[date, date]:
    """The days of the time off on the clock of the cohort, with the day of the new time."""
    zone = one.enrollment.cohort.zone
    first = time_off.during.lower.astimezone(zone).date()
    last = (time_off.during.upper - timedelta(microseconds=1)).astimezone(zone).date()
    day = start.astimezone(zone).date()
    return min(first, day), max(last, day)


def _sessions(time_off: TimeOff, *, now: datetime) -> list[OneOnOne]:
    rows = OneOnOne.objects.upcoming(at=now).filter(
        mentor=time_off.mentor, during__overlap=time_off.during, during__startswith__gt=now
    )
    return list(rows.with_people().select_related("mentor_person", "learner_person"))
