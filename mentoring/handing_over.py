"""Handing a mentor's learners and booked 1-on-1s to others: for good, or for the days on which they are away.

First a plan, which proposes a mentor for each learner and a time for each 1-on-1: the same when the new mentor is open
then, else the nearest. Staff change what they like, and ask the mentors proposed (taking_over.py); or, without asking,
each learner is handed over in a transaction of their own. What cannot be handed over stays as it was, and on the list.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Role
from cohorts.engagements import lock_people
from cohorts.mentors import assign_mentor
from cohorts.models import Enrollment, MentorAssignment
from mentoring.booking import hand_over
from mentoring.calendars import Calendar, days_span, read_calendars
from mentoring.errors import MentoringError
from mentoring.matching import Candidate, Match, Need, assign, rank
from mentoring.matchmaking import WITH_MENTOR, candidates, mentoring_now, needs_of, with_people
from mentoring.models import Mentor, OneOnOne
from mentoring.relief import relieve
from mentoring.series import hand_over_series
from mentoring.taking_over_mails import tell_learner
from mentoring.taking_over_records import HandOver, HandOverAnswer
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
    """A learner, the mentors with a place for them, the best first, the one proposed or chosen, and their 1-on-1s.

    `last` is whom staff asked last to take the learner over from this mentor, and what came of it.
    """

    enrollment: Enrollment
    matches: tuple[Match, ...]
    chosen: Match | None
    sessions: tuple[SessionPlan, ...]
    last: HandOver | None


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

    Places of mentors who are being asked count as taken, and whoever declined is not proposed again. The same
    number of queries for any number of learners.
    """
    sessions = sessions_of([leaving], now=now, away=away)[leaving.pk]
    enrollments = _enrollments(leaving, sessions)
    asked = places_asked(now=now)
    others = [
        replace(one, learners=one.learners + asked[one.key]) for one in candidates(now=now) if one.key != leaving.pk
    ]
    needs = needs_of(enrollments, now=now)
    last, declined = _asked_before(leaving, enrollments)
    waiting: dict[UUID, UUID | None] = {pk: None for pk, one in last.items() if one.is_open(at=now)}
    mentors = _mentors(needs, others, {**(chosen or {}), **waiting}, declined)
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
        plans.append(
            LearnerPlan(enrollment=row, matches=tuple(matches), chosen=match, sessions=rows, last=last.get(row.pk))
        )
    return plans


class Times:
    """Proposes times of calendars, no time of one mentor twice."""

    def __init__(self, *, now: datetime, reach: timedelta = REACH) -> None:
        self.now, self.reach = now, reach
        self._given: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)

    def near(
        self,
        calendar: Calendar | None,
        one_on_one: OneOnOne,
        away: Away | None = None,
        wanted: datetime | None = None,
    ) -> tuple[datetime, ...]:
        """Its time, or the one wanted, when that is free, then the nearest; of the days away, when they are given."""
        if calendar is None:
            return ()
        wanted, length = wanted or one_on_one.starts_at, timedelta(minutes=calendar.mentor.duration)
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
    """Hand over as chosen, without asking, and return what is left: each learner whole, in a transaction of their own.

    All people concerned are locked at once, in id order, before the first. Raises MentoringError `not_staff` or
    `nobody_chosen`.
    """
    left: list[Left] = []
    with transaction.atomic():
        for enrollment, to, choice in lock_choices(leaving=leaving, choices=choices, by=by):
            try:
                with transaction.atomic():
                    check_not_asked(enrollment, leaving, now=now)
                    settled = _note_settled(enrollment, leaving, to, by=by, now=now, away=away)
                    left += carry_out(settled, times=choice.times, by=by, now=now, away=away)
            except DomainError as error:
                left.append(Left(enrollment=enrollment, one_on_one=None, why=str(error)))
    return left


def lock_choices(
    *, leaving: Membership, choices: Sequence[Choice], by: Membership
) -> list[tuple[Enrollment, Membership, Choice]]:
    """The rows that each choice names, with all people concerned locked in id order; choices of who is gone drop out.

    Raises MentoringError `not_staff` or `nobody_chosen`.
    """
    if not by.is_staff:
        raise MentoringError("not_staff", _("Program staff hand over learners. Ask them."))
    if not choices:
        raise MentoringError("nobody_chosen", _("Choose a new mentor for at least one learner."))
    keys = [choice.enrollment for choice in choices]
    people = Enrollment.objects.filter(pk__in=keys).select_related("learner__user")
    members = {row.pk: row for row in mentoring_now().exclude(pk=leaving.pk).select_related("user")}
    wanted = [members[choice.mentor].user for choice in choices if choice.mentor in members]
    lock_people(leaving.user, *(row.learner.user for row in people), *wanted)
    # Read again: whoever held the locks may have changed them.
    enrollments = {row.pk: row for row in with_people(Enrollment.objects.filter(pk__in=keys))}
    return [
        (enrollments[choice.enrollment], members[choice.mentor], choice)
        for choice in choices
        if choice.enrollment in enrollments and choice.mentor in members
    ]


def check_not_asked(enrollment: Enrollment, leaving: Membership, *, now: datetime) -> None:
    """Raise MentoringError `asked` while a colleague can still answer; the people are locked."""
    if found := HandOver.objects.open(at=now).filter(enrollment=enrollment, leaving=leaving).with_people().first():
        text = _("%(name)s is being asked since a moment ago. Withdraw that first, or wait for the answer.")
        raise MentoringError("asked", text % {"name": found.to.name})


def carry_out(
    hand_over_: HandOver,
    *,
    times: Mapping[UUID, datetime | None],
    by: Membership,
    now: datetime,
    away: Away | None,
    all_or_none: bool = False,
) -> list[Left]:
    """Give the learner the new mentor, with the 1-on-1s at the times chosen, and tell them; returns what stays behind.

    All people are locked. With `all_or_none` a 1-on-1 that cannot go at its time raises.
    """
    enrollment, to = hand_over_.enrollment, hand_over_.to
    mentor, _made = Mentor.objects.get_or_create(
        membership=to, defaults={"time_zone": to.user.time_zone or enrollment.organization.time_zone}
    )
    mentor.membership = to
    if away is not None:
        relieve(enrollment=enrollment, mentor=to, first_day=away.first_day, last_day=away.last_day, by=by, now=now)
    elif enrollment.mentor_id != to.pk:
        assign_mentor(enrollment=enrollment, mentor=to, by=by, at=now, reason=MentorAssignment.Reason.HANDED_OVER)
        hand_over_series(enrollment=enrollment, to=mentor, now=now)
    left, moved = [], []
    for one in sessions_of([hand_over_.leaving], now=now, away=away)[hand_over_.leaving_id][enrollment.pk]:
        start = times.get(one.pk)
        if start is None:
            continue
        try:
            moved.append(hand_over(one_on_one=one, to=mentor, start=start, by=by, now=now))
        except MentoringError as error:
            if all_or_none:
                raise
            left.append(Left(enrollment=enrollment, one_on_one=one, why=str(error)))
    tell_learner(hand_over_, moved, now=now)
    return left


def sessions_of(
    leaving: Iterable[Membership], *, now: datetime, away: Away | None = None
) -> dict[UUID, dict[UUID, list[OneOnOne]]]:
    """The booked 1-on-1s that have not begun, by mentor and enrollment; of the days away, when given. One query."""
    members = list(leaving)
    rows = OneOnOne.objects.upcoming(at=now).filter(mentor__membership__in=members, during__startswith__gt=now)
    found: dict[UUID, dict[UUID, list[OneOnOne]]] = {member.pk: defaultdict(list) for member in members}
    for one in rows.with_people().select_related("mentor_person", "learner_person"):
        if away is None or away.covers(one):
            found[one.mentor.membership_id][one.enrollment_id].append(one)
    return found


def places_asked(*, now: datetime) -> Counter[UUID]:
    """How many learners each mentor is being asked to take for good, by membership. One query."""
    rows = HandOver.objects.open(at=now).filter(first_day=None).exclude(mentor_before=F("to"))
    return Counter(rows.order_by().values_list("to", flat=True))


def _note_settled(
    enrollment: Enrollment, leaving: Membership, to: Membership, *, by: Membership, now: datetime, away: Away | None
) -> HandOver:
    """Write down that it was handed over without asking."""
    settled = HandOver.objects.create(
        enrollment=enrollment,
        leaving=leaving,
        to=to,
        mentor_before=enrollment.mentor,
        first_day=away.first_day if away else None,
        last_day=away.last_day if away else None,
        answer_by=timezone.localdate(now),
        expires_at=now,
        asked_by=by,
        asked_at=now,
    )
    HandOverAnswer.objects.create(
        hand_over=settled, answer=HandOverAnswer.Answer.NOT_ASKED, answered_by=by, answered_at=now
    )
    return settled


def _enrollments(leaving: Membership, sessions: Mapping[UUID, object]) -> list[Enrollment]:
    theirs = Q(mentor=leaving, status__in=WITH_MENTOR)
    rows = Enrollment.objects.filter(theirs | Q(pk__in=list(sessions)))
    return list(with_people(rows).order_by("learner__name", "pk"))


def _asked_before(
    leaving: Membership, enrollments: Sequence[Enrollment]
) -> tuple[dict[UUID, HandOver], dict[UUID, set[UUID]]]:
    """For each learner who was asked last, and who declined or did not answer. Two queries."""
    last: dict[UUID, HandOver] = {}
    declined: dict[UUID, set[UUID]] = defaultdict(set)
    rows = HandOver.objects.concerning().filter(leaving=leaving, enrollment__in=enrollments).with_people()
    for one in rows.order_by("asked_at", "pk"):
        last[one.enrollment_id] = one
        if one.answer is None or one.answer.answer == HandOverAnswer.Answer.DECLINED:
            declined[one.enrollment_id].add(one.to_id)
    return last, declined


def _mentors(
    needs: Sequence[Need],
    others: Sequence[Candidate],
    chosen: Mapping[UUID, UUID | None],
    declined: Mapping[UUID, set[UUID]],
) -> dict[UUID, tuple[list[Match], Match | None]]:
    """For each learner the ranking, and who is chosen by hand or proposed with the places that are left."""
    free = [need for need in needs if need.key not in chosen]
    proposed = assign([replace(need, not_with=need.not_with | declined.get(need.key, set())) for need in free], others)
    found = {}
    for need in needs:
        matches = rank(need, others)
        if need.key in chosen:
            match = next((one for one in matches if one.candidate.key == chosen[need.key]), None)
        else:
            match = proposed[need.key]
        found[need.key] = (matches, match)
    return found
