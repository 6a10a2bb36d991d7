"""Peer groups as they would be: proposed, or moved by hand, with the numbers that say why they are balanced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from cohorts.balance import Balance, Traits, propose, spread_of
from cohorts.errors import CohortError
from cohorts.groups import LEAST_SIZE, MOST_SIZE, Grouping

Places = dict[UUID, int | None]


@dataclass(frozen=True)
class ArrangedGroup:
    number: int
    balance: Balance

    @property
    def is_off_size(self) -> bool:
        return not LEAST_SIZE <= self.balance.size <= MOST_SIZE


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """Everybody in the group they would be in; `moved` is how many are somewhere else now."""

    groups: list[ArrangedGroup]
    without: list[Traits]
    spread: dict[str, float]
    moved: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody to put in a group."""
        return not self.groups and not self.without

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The groups that somebody may be put in, one that would be new included."""
        numbers = [group.number for group in self.groups]
        new = next(number for number in range(1, len(numbers) + 2) if number not in numbers)
        named = [(str(number), _("Group %(number)s") % {"number": number}) for number in sorted([*numbers, new])]
        return [*named, ("", _("No group"))]


def places_now(grouping: Grouping) -> Places:
    placed: Places = {one.pk: None for one in grouping.without}
    for group in grouping.groups:
        placed.update({member.enrollment.pk: group.group.number for member in group.members})
    return placed


def proposed_places(traits: Sequence[Traits], *, size: int) -> Places:
    """The proposal as places, from group 1 on. Raises CohortError as `propose` does."""
    return {
        one.enrollment.pk: number for number, group in enumerate(propose(traits, size=size), start=1) for one in group
    }


def read_places(posted: Mapping[str, str], grouping: Grouping) -> Places:
    """What a form says of everybody in the cohort; of whom it says nothing stays where they are.

    Raises CohortError `not_in_cohort` or `no_such_group`.
    """
    places = places_now(grouping)
    for name, value in posted.items():
        if not name.startswith("group-"):
            continue
        pk = _uuid(name.removeprefix("group-"))
        if pk not in places:
            raise CohortError(
                "not_in_cohort", _("Somebody here is not in this cohort any more. Look again, then save.")
            )
        if value and not (value.isascii() and value.isdigit() and len(value) < 5 and 1 <= int(value) <= len(places)):
            raise CohortError("no_such_group", _("There is no group with that number. Choose another one."))
        places[pk] = int(value) if value else None
    return places


def arrangement_of(traits: Sequence[Traits], places: Places, *, grouping: Grouping) -> Arrangement:
    """Every group that somebody is put in, by number, each with its people by name."""
    now = places_now(grouping)
    by_name = sorted(traits, key=lambda one: one.enrollment.learner.name.casefold())
    numbers = sorted({number for number in places.values() if number is not None})
    groups = [
        ArrangedGroup(number, Balance([one for one in by_name if places.get(one.enrollment.pk) == number]))
        for number in numbers
    ]
    return Arrangement(
        groups=groups,
        without=[one for one in by_name if places.get(one.enrollment.pk) is None],
        spread=spread_of([group.balance for group in groups]),
        moved=sum(places[pk] != number for pk, number in now.items() if pk in places),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
