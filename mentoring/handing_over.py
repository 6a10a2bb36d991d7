"""Handing a mentor's learners and booked 1-on-1s to others: for good, or for the days on which they are away.

First a plan, which proposes a mentor for each learner and a time for each 1-on-1: the same when the new mentor is open
then, else the nearest. Staff change what they like; then each learner is handed over in a transaction of their own.
What cannot be handed over stays as it was, and stays on the list.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from cohorts.mentors import assign_mentor
from cohorts.models import Enrollment, MentorAssignment
from mentoring.booking import hand_over, lock_people
from mentoring.calendars import Calendar, days_span, read_calendars
from mentoring.errors import MentoringError
from mentoring.matching import Candidate, Match, Need, assign, rank
from mentoring.matchmaking import WITH_MENTOR, candidates, mentoring_now, needs_of, with_people
from mentoring.models import Mentor, OneOnOne
from mentoring.relief import relieve
from mentoring.series import hand_over_series
from organizations.errors import DomainError

MOST_TIMES = 4
REACH = timedelta(days=10)


@dataclass(frozen=True, kw_only=True)
class Away:
    """The days of a relief, both included; without them the mentor leaves for good."""

    first_day: date
    last_day: date

    def covers(self, one_on_one: OneOnOne) -> bool:
        first, last = days_span(self.first_day, self.last_day, zone=one_on_one.enrollment.cohort.time_zone)
        return first <= one_on_one.starts_at < last


@dataclass(frozen=True, kw_only=True)
class SessionPlan:
    """A booked 1-on-1 and the times that the new mentor has for it, its own first; none when they have none near."""

    one_on_one: OneOnOne
    times: tuple[datetime, ...]

    @property
    def proposed(self) -> datetime | None:
        return self.times[0] if self.times else None

    @property
    def keeps_time(self) -> bool:
        return self.proposed == self.one_on_one.starts_at


@dataclass(frozen=True, kw_only=True)
class LearnerPlan:
    """A learner, the mentors with a place for them, the best first, the one proposed or chosen, and their 1-on-1s."""

    enrollment: Enrollment
    matches: tuple[Match, ...]
    chosen: Match | None
    sessions: tuple[SessionPlan, ...]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What staff settled for one learner: the new mentor, and the time of each 1-on-1; None leaves that one alone."""

    enrollment: UUID
    mentor: UUID
    times: Mapping[UUID, datetime | None]


@dataclass(frozen=True, kw_only=True)
class Left:
    """What was not handed over, and why."""

    enrollment: Enrollment
    one_on_one: OneOnOne | None
    why: str


def needing_hand_over(*, now: datetime) -> "QuerySet[OneOnOne]":
    """Booked 1-on-1s ahead whose mentor no longer mentors or may no longer enter, the soonest first."""
    gone = ~Q(mentor__membership__roles__contains=[Role.MENTOR]) | Q(mentor__membership__joined_at=None)
    return OneOnOne.objects.upcoming(at=now).filter(gone, during__startswith__gt=now).with_people()


def plan_hand_over(
    *, leaving: Membership, now: datetime, away: Away | None = None, chosen: Mapping[UUID, UUID | None] | None = None
) -> list[LearnerPlan]:
    """A plan for everyone whom this mentor has or meets, by name; `chosen` are mentors (or nobody) picked by hand.

    The same number of queries for any number of learners.
    """
    sessions = _sessions_of(leaving, now=now, away=away)
    enrollments = _enrollments(leaving, sessions)
    others = [one for one in candidates(now=now) if one.key != leaving.pk]
    needs = needs_of(enrollments, now=now)
    mentors = _mentors(needs, others, chosen or {})
    pairs = [(mentor.candidate.key, row) for row in enrollments if (mentor := mentors[row.pk][1]) and sessions[row.pk]]
    moving = [one for rows in sessions.values() for one in rows]
    calendars = read_calendars(
        pairs,
        start=min([now, *(one.starts_at - REACH for one in moving)]),
        end=max([now, *(one.starts_at + REACH for one in moving)]),
        without=[one.pk for one in moving],
    )
    times = Times(now=now)
    plans = []
    for row in enrollments:
        matches, match = mentors[row.pk]
        calendar = calendars.get((match.candidate.key, row.pk)) if match else None
        rows = tuple(SessionPlan(one_on_one=one, times=times.near(calendar, one, away)) for one in sessions[row.pk])
        plans.append(LearnerPlan(enrollment=row, matches=tuple(matches), chosen=match, sessions=rows))
    return plans


class Times:
    """Proposes times of calendars, no time of one mentor twice."""

    def __init__(self, *, now: datetime, reach: timedelta = REACH) -> None:
        self.now, self.reach = now, reach
        self._given: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)

    def near(self, calendar: Calendar | None, one_on_one: OneOnOne, away: Away | None = None) -> tuple[datetime, ...]:
        """The time of the 1-on-1 when it is free, then the nearest ones; of the days away, when they are given."""
        if calendar is None:
            return ()
        wanted, length = one_on_one.starts_at, timedelta(minutes=calendar.mentor.duration)
        free = calendar.free(start=wanted - self.reach, end=wanted + self.reach, now=self.now)
        if away is not None:
            first, last = days_span(away.first_day, away.last_day, zone=one_on_one.enrollment.cohort.time_zone)
            free = [start for start in free if first <= start < last]
        given = self._given[calendar.mentor.pk]
        left = [start for start in free if all(start + length <= since or start >= until for since, until in given)]
        found = sorted(left, key=lambda start: (abs(start - wanted), start))[:MOST_TIMES]
        if found:
            given.append((found[0], found[0] + length))
        return tuple(found)


def apply_hand_over(
    *, leaving: Membership, choices: Sequence[Choice], by: Membership, now: datetime, away: Away | None = None
) -> list[Left]:
    """Hand over as chosen and return what is left: each learner whole, in a transaction of their own.

    All people concerned are locked at once, in id order, before the first. Raises MentoringError `not_staff` or
    `nobody_chosen`.
    """
    if not by.is_staff:
        raise MentoringError("not_staff", _("Program staff hand over learners. Ask them."))
    if not choices:
        raise MentoringError("nobody_chosen", _("Choose a new mentor for at least one learner."))
    left: list[Left] = []
    with transaction.atomic():
        rows = Enrollment.objects.filter(pk__in=[choice.enrollment for choice in choices])
        enrollments = {row.pk: row for row in with_people(rows)}
        members = {row.pk: row for row in mentoring_now().select_related("user")}
        lock_people(leaving.user, *_people(choices, enrollments, members))
        for choice in choices:
            enrollment, to = enrollments.get(choice.enrollment), members.get(choice.mentor)
            if enrollment is None or to is None:
                continue
            try:
                with transaction.atomic():
                    left += _hand_over_one(leaving, enrollment, to, choice, by=by, now=now, away=away)
            except DomainError as error:
                left.append(Left(enrollment=enrollment, one_on_one=None, why=str(error)))
    return left


def _hand_over_one(
    leaving: Membership,
    enrollment: Enrollment,
    to: Membership,
    choice: Choice,
    *,
    by: Membership,
    now: datetime,
    away: Away | None,
) -> list[Left]:
    mentor, _made = Mentor.objects.get_or_create(
        membership=to, defaults={"time_zone": to.user.time_zone or enrollment.organization.time_zone}
    )
    mentor.membership = to
    if away is not None:
        relieve(enrollment=enrollment, mentor=to, first_day=away.first_day, last_day=away.last_day, by=by, now=now)
    elif enrollment.mentor_id != to.pk:
        assign_mentor(enrollment=enrollment, mentor=to, by=by, at=now, reason=MentorAssignment.Reason.HANDED_OVER)
        hand_over_series(enrollment=enrollment, to=mentor, now=now)
    left = []
    for one in _sessions_of(leaving, now=now, away=away)[enrollment.pk]:
        start = choice.times.get(one.pk)
        if start is None:
            continue
        try:
            hand_over(one_on_one=one, to=mentor, start=start, by=by, now=now)
        except MentoringError as error:
            left.append(Left(enrollment=enrollment, one_on_one=one, why=str(error)))
    return left


def _people(
    choices: Iterable[Choice], enrollments: Mapping[UUID, Enrollment], members: Mapping[UUID, Membership]
) -> list[User]:
    learners = [enrollment.learner.user for enrollment in enrollments.values()]
    return learners + [members[choice.mentor].user for choice in choices if choice.mentor in members]


def _sessions_of(leaving: Membership, *, now: datetime, away: Away | None) -> dict[UUID, list[OneOnOne]]:
    """The mentor's booked 1-on-1s that have not begun, by enrollment; of the days away, when they are given."""
    rows = OneOnOne.objects.of_mentor(leaving).upcoming(at=now).filter(during__startswith__gt=now)
    found: dict[UUID, list[OneOnOne]] = defaultdict(list)
    for one in rows.with_people().select_related("mentor_person", "learner_person"):
        if away is None or away.covers(one):
            found[one.enrollment_id].append(one)
    return found


def _enrollments(leaving: Membership, sessions: Mapping[UUID, object]) -> list[Enrollment]:
    theirs = Q(mentor=leaving, status__in=WITH_MENTOR)
    rows = Enrollment.objects.filter(theirs | Q(pk__in=list(sessions)))
    return list(with_people(rows).order_by("learner__name", "pk"))


def _mentors(
    needs: Sequence[Need], others: Sequence[Candidate], chosen: Mapping[UUID, UUID | None]
) -> dict[UUID, tuple[list[Match], Match | None]]:
    """For each learner the ranking, and who is chosen by hand or proposed with the places that are left."""
    proposed = assign([need for need in needs if need.key not in chosen], others)
    found = {}
    for need in needs:
        matches = rank(need, others)
        if need.key in chosen:
            match = next((one for one in matches if one.candidate.key == chosen[need.key]), None)
        else:
            match = proposed[need.key]
        found[need.key] = (matches, match)
    return found
