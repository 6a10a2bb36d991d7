"""A proposal for peer groups: alike as groups, mixed inside, and able to meet.

Groups are alike when they stand equally far in the program and go equally fast on average. Inside a group people share
hours of their working days, and come from several mentors and specializations. The proposal is the best of many
exchanges of two people, from a deal in order of progress; the same people always give the same proposal.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import combinations
from math import ceil
from statistics import fmean, pstdev
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cohorts.errors import CohortError
from cohorts.groups import LEAST_SIZE, MOST_GROUPED, MOST_SIZE
from cohorts.models import Enrollment
from cohorts.standing import standings_of

#: The working day in which people can meet, on their own clock.
OPENS, CLOSES = 9, 17
#: What an imbalance weighs against another: standard deviations between groups, hours not shared, people alike.
WEIGHTS = {"progress": 12.0, "pace": 6.0, "hours": 1.5, "mentors": 1.0, "tracks": 0.5}
TRIES_EACH, MOST_TRIES = 150, 12_000


@dataclass(frozen=True)
class Traits:
    """What counts of a learner. `progress` is the share of the path; `offset` hours ahead of UTC."""

    enrollment: Enrollment
    progress: float
    pace: float
    offset: float
    level: int

    @property
    def mentor_id(self) -> UUID | None:
        return self.enrollment.mentor_id

    @property
    def track_id(self) -> UUID | None:
        return self.enrollment.track_id


@dataclass(frozen=True)
class Balance:
    """Why a group is balanced, in numbers. `pace` is study hours a week; `hours` are shared of the working day."""

    people: Sequence[Traits]

    @property
    def size(self) -> int:
        return len(self.people)

    @cached_property
    def progress(self) -> float:
        return fmean(one.progress for one in self.people) if self.people else 0.0

    @cached_property
    def pace(self) -> float:
        return fmean(one.pace for one in self.people) if self.people else 0.0

    @cached_property
    def hours(self) -> float:
        return shared_hours(one.offset for one in self.people)

    @cached_property
    def mentors(self) -> int:
        return len({one.mentor_id for one in self.people if one.mentor_id})

    @cached_property
    def tracks(self) -> int:
        return len({one.track_id for one in self.people if one.track_id})


def traits_of(enrollments: Sequence[Enrollment], *, at: datetime) -> list[Traits]:
    """As of that instant, for learners with their cohort, version and user; in the order given."""
    return [
        Traits(
            enrollment=one.enrollment,
            progress=one.earned / one.planned if one.planned else 0.0,
            pace=one.pace or 0.0,
            offset=_offset(at, one.enrollment.zone),
            level=one.level,
        )
        for one in standings_of(enrollments, on=at.date())
    ]


def group_count(people: int, size: int) -> int:
    """How many groups of about that size; none smaller than three or larger than six where that can be.

    Raises CohortError `size_out_of_range`, `too_few` or `too_many`.
    """
    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise CohortError(
            "size_out_of_range",
            _("A group has between %(least)s and %(most)s learners.") % {"least": LEAST_SIZE, "most": MOST_SIZE},
        )
    if people < LEAST_SIZE:
        raise CohortError(
            "too_few", _("A group takes %(least)s learners or more. Add learners first.") % {"least": LEAST_SIZE}
        )
    if people > MOST_GROUPED:
        raise CohortError(
            "too_many",
            _("At most %(most)s learners can be divided into groups at once.") % {"most": MOST_GROUPED},
        )
    return max(ceil(people / MOST_SIZE), min(people // LEAST_SIZE, round(people / size)))


def propose(people: Sequence[Traits], *, size: int) -> list[list[Traits]]:
    """Groups of about that size. Raises CohortError as `group_count` does."""
    count = group_count(len(people), size)
    ordered = sorted(people, key=lambda one: (-one.progress, -one.pace, str(one.enrollment.pk)))
    groups: list[list[Traits]] = [[] for _group in range(count)]
    for place, one in enumerate(ordered):
        lap, seat = divmod(place, count)
        groups[seat if lap % 2 == 0 else count - 1 - seat].append(one)
    if count > 1:
        _exchange(groups, _Norms(people))
    return groups


def shared_hours(offsets: Iterable[float]) -> float:
    """How many hours of their working days people with these offsets have in common."""
    known = list(offsets)
    if not known:
        return 0.0
    return max(0.0, CLOSES - OPENS - _spread(known))


def spread_of(balances: Sequence[Balance]) -> dict[str, float]:
    """The lowest and highest averages of the groups that have members: what "balanced" means in numbers."""
    filled = [one for one in balances if one.size]
    if not filled:
        return {}
    progress, pace = [one.progress for one in filled], [one.pace for one in filled]
    return {
        "least_progress": min(progress),
        "most_progress": max(progress),
        "least_pace": min(pace),
        "most_pace": max(pace),
        "least_hours": min(one.hours for one in filled),
    }


class _Norms:
    """How much people differ at all, so that a difference between groups can be weighed."""

    def __init__(self, people: Sequence[Traits]) -> None:
        self.progress = fmean(one.progress for one in people)
        self.pace = fmean(one.pace for one in people)
        self.progress_unit = pstdev(one.progress for one in people) or 1.0
        self.pace_unit = pstdev(one.pace for one in people) or 1.0

    def cost(self, group: Sequence[Traits]) -> float:
        far = abs(fmean(one.progress for one in group) - self.progress) / self.progress_unit
        fast = abs(fmean(one.pace for one in group) - self.pace) / self.pace_unit
        return (
            WEIGHTS["progress"] * far**2
            + WEIGHTS["pace"] * fast**2
            + WEIGHTS["hours"] * _apart([one.offset for one in group])
            + WEIGHTS["mentors"] * _alike(one.mentor_id for one in group)
            + WEIGHTS["tracks"] * _alike(one.track_id for one in group)
        )


def _exchange(groups: list[list[Traits]], norms: _Norms) -> None:
    """Exchange two people wherever that makes their two groups better, in a random order that is always the same."""
    dice = random.Random(len(groups))  # noqa: S311 - no secret, only an order
    costs = [norms.cost(group) for group in groups]
    tries = min(MOST_TRIES, TRIES_EACH * sum(map(len, groups)))
    for _try in range(tries):
        here, there = dice.sample(range(len(groups)), 2)
        one, other = dice.randrange(len(groups[here])), dice.randrange(len(groups[there]))
        groups[here][one], groups[there][other] = groups[there][other], groups[here][one]
        new = norms.cost(groups[here]), norms.cost(groups[there])
        if sum(new) < costs[here] + costs[there] - 1e-9:
            costs[here], costs[there] = new
        else:
            groups[here][one], groups[there][other] = groups[there][other], groups[here][one]


def _alike(values: Iterable[object]) -> int:
    """How many pairs have the same value; nothing is like nothing."""
    return sum(number * (number - 1) // 2 for value, number in Counter(values).items() if value is not None)


def _spread(offsets: Sequence[float]) -> float:
    """The widest difference between two clocks, the short way around the day."""
    return max((_between(*pair) for pair in combinations(set(offsets), 2)), default=0.0)


def _apart(offsets: Sequence[float]) -> float:
    """How far two of them are apart on average: unlike the widest, it falls with every exchange in the right way."""
    return fmean(_between(*pair) for pair in combinations(offsets, 2)) if len(offsets) > 1 else 0.0


def _between(one: float, other: float) -> float:
    return min(abs(one - other), 24 - abs(one - other))


def _offset(at: datetime, zone: ZoneInfo) -> float:
    return (at.astimezone(zone).utcoffset() or timedelta()) / timedelta(hours=1)
