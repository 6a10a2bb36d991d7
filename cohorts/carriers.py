"""What apps above know of a learner's work, and carry along when the learner goes over to another version."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.models import Membership
from cohorts.carrying import Stamp
from cohorts.models import Enrollment, VersionMove
from cohorts.version_map import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """How a learner's work on a project stands: a key of the status tag, since a day; `stamp` says when it was said.

    `is_own` is False where the work was handed in for another version's project that counts for this one.
    """

    enrollment_id: UUID
    project_id: UUID
    status: str
    on: date
    stamp: Stamp
    is_own: bool

    @property
    def is_open(self) -> bool:
        """It waits for a reviewer, or for the learner's next attempt."""
        return self.status not in ("passed", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A move as it is carried out. `left_at` says when a learner last left the version entered, if they were there."""

    move: VersionMove
    enrollments: Sequence[Enrollment]
    pairs: Sequence[Pair]
    left_at: Mapping[UUID, Stamp]
    is_undo: bool
    by: Membership | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """`works` and `levels` (passed, as enrollment and level) answer in a constant number of queries."""

    works: Callable[[Sequence[UUID]], Iterable[HandedIn]]
    levels: Callable[[Sequence[UUID]], Iterable[tuple[UUID, UUID]]]
    carry: Callable[[Moving], None]


_carriers: list[Carrier] = []


def register(carrier: Carrier) -> None:
    """Add a carrier, once, when its app is ready."""
    _carriers.append(carrier)


def works_of(enrollments: Sequence[UUID]) -> list[HandedIn]:
    return [work for carrier in _carriers for work in carrier.works(enrollments)]


def levels_passed(enrollments: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    return {passed for carrier in _carriers for passed in carrier.levels(enrollments)}


def carry_along(moving: Moving) -> None:
    for carrier in _carriers:
        carrier.carry(moving)
