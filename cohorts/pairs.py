"""Rounds of pairs: for some days everybody has a partner, in another round somebody else."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.groups import grouping_of
from cohorts.history import statuses_as_of
from cohorts.models import Cohort, Enrollment, PairRound, PairSeat
from cohorts.pacing import check_date
from cohorts.rotation import History, next_turn, third_to
from organizations.prepared import Prepared

Within, Odd = PairRound.Within, PairRound.Odd
#: More people than this pair within their groups: nobody meets hundreds of partners.
MOST_PAIRED = 200
MOST_WEEKS = 8


@dataclass(frozen=True)
class Place:
    """Who sits together; somebody alone has the round off."""

    people: list[Enrollment]
    times: int = 0

    @property
    def is_off(self) -> bool:
        return len(self.people) == 1


@dataclass(frozen=True, kw_only=True)
class RoundPlan:
    """A round as it would be. `left_out` are in no group, or alone in theirs, where pairs are made within groups."""

    within: str
    odd: str
    starts_on: date
    ends_on: date
    places: list[Place]
    left_out: list[Enrollment]

    @property
    def repeats(self) -> int:
        """How many of the pairs have paired before."""
        return sum(place.times > 0 for place in self.places)

    @property
    def digest(self) -> str:
        """Changes with everything that the plan says."""
        said = [self.within, self.odd, str(self.starts_on), str(self.ends_on)]
        said += ["+".join(str(one.pk) for one in place.people) for place in self.places]
        return hashlib.sha256(" ".join(said).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class RoundView:
    """A round that was made, with who of it has left the cohort since."""

    round: PairRound
    places: list[Place]
    gone: set[UUID]

    def seen_by(self, mentor: Membership) -> "RoundView":
        """The places where the mentor has learners."""
        own = [place for place in self.places if any(one.mentor_id == mentor.pk for one in place.people)]
        return replace(self, places=own)


def plan_round(*, cohort: Cohort, within: str, odd: str, starts_on: date, weeks: int) -> RoundPlan:
    """The next round, which begins on that day and lasts so many weeks.

    Raises CohortError: `date_out_of_range`, `weeks_out_of_range`, `round_overlaps`, `too_few` or `too_many`.
    """
    check_date(starts_on)
    if not 1 <= weeks <= MOST_WEEKS:
        raise CohortError("weeks_out_of_range", _("A round lasts between 1 and %(most)s weeks.") % {"most": MOST_WEEKS})
    last = rounds_of(cohort).first()
    if last is not None and starts_on <= last.ends_on:
        raise CohortError(
            "round_overlaps",
            _("Round %(number)s lasts until %(date)s. Choose a later day.")
            % {"number": last.number, "date": last.ends_on.isoformat()},
        )
    pools, left_out = _pools(cohort, within, on=starts_on)
    history = _history(cohort)
    seats = _first_rounds(cohort)
    places: list[Place] = []
    for pool in pools:
        places += _places(sorted(pool, key=lambda one: (seats.get(one.pk, 1 << 30), _seat(one))), odd, history)
    return RoundPlan(
        within=within,
        odd=odd,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(weeks=weeks, days=-1),
        places=places,
        left_out=left_out,
    )


def make_round(
    *, cohort: Cohort, within: str, odd: str, starts_on: date, weeks: int, agreed: str, by: Membership, at: datetime
) -> PairRound:
    """Make the round whose digest was agreed to. Raises CohortError as `plan_round` does, and `plan_changed`."""
    with transaction.atomic():
        Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
        plan = plan_round(cohort=cohort, within=within, odd=odd, starts_on=starts_on, weeks=weeks)
        if plan.digest != agreed:
            raise CohortError("plan_changed", _("The learners changed in the meantime. Look at the new pairs first."))
        made = PairRound.objects.create(
            cohort=cohort,
            number=rounds_of(cohort).count() + 1,
            within=within,
            odd=odd,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            made_by=by,
            made_at=at,
        )
        PairSeat.objects.bulk_create(
            PairSeat(
                round=made,
                enrollment=one,
                place=number,
                is_extra=place.is_off or seat == 2,
            )
            for number, place in enumerate(plan.places, start=1)
            for seat, one in enumerate(place.people)
        )
    return made


def undo_round(*, cohort: Cohort, by: Membership, at: datetime) -> PairRound:
    """Take the last round back, on the day it was made. Raises CohortError `no_round` or `too_late`."""
    with transaction.atomic():
        Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
        last = rounds_of(cohort).first()
        if last is None:
            raise CohortError("no_round", _("There is no round to undo."))
        if not may_undo(last, cohort, at):
            raise CohortError("too_late", _("A round can be undone on the day it was made. Make the next one instead."))
        last.undone_at = at
        last.save(update_fields=["undone_at"])
    return last


def may_undo(last: PairRound | None, cohort: Cohort, at: datetime) -> bool:
    return last is not None and cohort.today(last.made_at) == cohort.today(at)


def rounds_of(cohort: Cohort) -> QuerySet[PairRound]:
    """Those that stand, newest first."""
    return PairRound.objects.filter(cohort=cohort, undone_at=None).order_by("-number")


def view_of(rounds: Iterable[PairRound], *, on: date) -> list[RoundView]:
    """Each with its places, and who has left since; two queries."""
    rounds = list(rounds)
    seats: dict[UUID, dict[int, list[Enrollment]]] = defaultdict(lambda: defaultdict(list))
    found = PairSeat.objects.filter(round__in=[one.pk for one in rounds]).select_related("enrollment__learner__user")
    people = []
    for seat in found.order_by("round", "place", "is_extra", "enrollment__learner__name", "pk"):
        seats[seat.round_id][seat.place].append(seat.enrollment)
        people.append(seat.enrollment)
    statuses = statuses_as_of(people, on=on)
    gone = {one.pk for one in people if statuses.get(one.pk) != Enrollment.Status.ACTIVE}
    return [RoundView(one, [Place(each) for each in seats[one.pk].values()], gone) for one in rounds]


def partners_of(enrollment: Enrollment, *, on: date) -> tuple[PairRound, list[Enrollment]] | None:
    """The round of that day and with whom the learner works in it: nobody when it is off. None without a place.

    One query: rounds that stand do not overlap.
    """
    seats = _SEATED.rows(enrollment=enrollment.pk, cohort=enrollment.cohort_id, on=on)
    return (seats[0].round, [one.enrollment for one in seats if one.enrollment_id != enrollment.pk]) if seats else None


def seats_beside(enrollment: Any, *, cohort: Any, on: Any) -> "QuerySet[PairSeat]":
    """The places of that day's round in the learner's pair, their own among them; takes ids."""
    own = PairSeat.objects.filter(round=OuterRef("round"), enrollment=enrollment).values("place")
    there = seats_on(on).filter(round__cohort=cohort, place__in=Subquery(own), enrollment__void_since=None)
    return there.order_by("enrollment__learner__name")


def seats_on(day: Any) -> "QuerySet[PairSeat]":
    """The places of the rounds that stand on that day."""
    return PairSeat.objects.filter(round__undone_at=None, round__starts_on__lte=day, round__ends_on__gte=day)


_SEATED = Prepared(
    lambda enrollment, cohort, on: seats_beside(enrollment, cohort=cohort, on=on).select_related(
        "round", "enrollment__learner__user"
    )
)


def _pools(cohort: Cohort, within: str, *, on: date) -> tuple[list[list[Enrollment]], list[Enrollment]]:
    """Who pairs among each other: active on that day, all together or group by group."""
    grouping = grouping_of(cohort, on=on)
    statuses = statuses_as_of(grouping.people, on=on)

    def active(people: Iterable[Enrollment]) -> list[Enrollment]:
        return [one for one in people if statuses.get(one.pk) == Enrollment.Status.ACTIVE]

    if within == Within.COHORT:
        pools, left_out = [active(grouping.people)], []
    else:
        pools = [active(member.enrollment for member in group.members) for group in grouping.groups]
        left_out = active(grouping.without) + [one for pool in pools if len(pool) == 1 for one in pool]
        pools = [pool for pool in pools if len(pool) > 1]
    if not any(len(pool) > 1 for pool in pools):
        raise CohortError("too_few", _("Fewer than two learners are active there. Nobody can pair."))
    if any(len(pool) > MOST_PAIRED for pool in pools):
        raise CohortError(
            "too_many",
            _("More than %(most)s learners are too many for one rotation. Pair within peer groups.")
            % {"most": MOST_PAIRED},
        )
    return pools, left_out


def _places(pool: Sequence[Enrollment], odd: str, history: History[UUID]) -> list[Place]:
    people = {one.pk: one for one in pool}
    turn = next_turn(list(people), history)
    seated = [list(pair) for pair in turn.pairs]
    times = [history.times(*pair) for pair in turn.pairs]
    if turn.extra is not None:
        if odd == Odd.TRIPLE:
            seated[third_to(turn.extra, turn.pairs, history)].append(turn.extra)
        else:
            seated.append([turn.extra])
            times.append(0)
    return [Place([people[pk] for pk in pks], before) for pks, before in zip(seated, times, strict=True)]


def _history(cohort: Cohort) -> History[UUID]:
    paired: Counter[frozenset[UUID]] = Counter()
    extra: Counter[UUID] = Counter()
    together: dict[tuple[UUID, int], list[UUID]] = defaultdict(list)
    seats = PairSeat.objects.filter(round__cohort=cohort, round__undone_at=None)
    for made, place, pk, is_extra in seats.values_list("round", "place", "enrollment", "is_extra"):
        if is_extra:
            extra[pk] += 1
        else:
            together[made, place].append(pk)
    for pair in together.values():
        paired[frozenset(pair)] += 1
    return History(paired, extra)


def _first_rounds(cohort: Cohort) -> dict[UUID, int]:
    """In which round each learner first had a place: who came first sits first, so that the circle stays."""
    seats = PairSeat.objects.filter(round__cohort=cohort, round__undone_at=None).order_by("-round__number")
    return dict(seats.values_list("enrollment", "round__number"))


def _seat(enrollment: Enrollment) -> str:
    """An order that does not change with somebody's name."""
    return str(enrollment.pk)
