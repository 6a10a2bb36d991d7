"""Who pairs with whom next, by the circle method: with the same people, nobody repeats before all have paired.

Somebody stays in their seat and the others move on by one each round; of an odd number, whoever faces the empty seat is
extra that round. When people join or leave, the circle no longer fits what was paired before; then as many as can be
paired with somebody new are, and the rest with whom they paired least. Nothing here is a query.
"""

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)
Pair = frozenset[P]


@dataclass(frozen=True)
class History(Generic[P]):
    """How often two paired, and how often somebody was extra. To be the third is not to have paired."""

    paired: Mapping[Pair[P], int] = field(default_factory=Counter)
    extra: Mapping[P, int] = field(default_factory=Counter)

    def times(self, one: P, other: P) -> int:
        return self.paired.get(frozenset((one, other)), 0)


@dataclass(frozen=True)
class Turn(Generic[P]):
    """One round: the pairs, and who is extra when the number is odd."""

    pairs: list[tuple[P, P]]
    extra: P | None = None


def next_turn(people: Sequence[P], history: History[P]) -> Turn[P]:
    """The next round for these people, in the order of their seats: those who came first sit first.

    As many pairs as can be are ones that paired the least. Who is extra was so the fewest times. Fewer than two people
    make no pair.
    """
    if len(people) < 2:
        return Turn([], people[0] if people else None)
    least = min(history.times(one, other) for one, other in combinations(people, 2))
    fewest = min(history.extra.get(one, 0) for one in people)
    for turn in _circle(people):
        is_fair = turn.extra is None or history.extra.get(turn.extra, 0) == fewest
        if is_fair and all(history.times(one, other) == least for one, other in turn.pairs):
            return turn
    if len(people) % 2 == 0:
        return Turn(_pairs(people, history))
    could_be_extra = [one for one in people if history.extra.get(one, 0) == fewest]
    turns = [Turn(_pairs([other for other in people if other != one], history), one) for one in could_be_extra]
    return min(turns, key=lambda turn: sorted(history.times(*pair) for pair in turn.pairs))


def third_to(extra: P, pairs: Sequence[tuple[P, P]], history: History[P]) -> int:
    """Which pair somebody extra joins: the one they paired with least, the first of several."""
    return min(range(len(pairs)), key=lambda place: sum(history.times(extra, one) for one in pairs[place]))


def _circle(people: Sequence[P]) -> Iterable[Turn[P]]:
    seats: list[P | None] = [*people, None] if len(people) % 2 else list(people)
    fixed, moving = seats[0], deque(seats[1:])
    for _round in range(len(seats) - 1):
        row = [fixed, *moving]
        faced = [(row[place], row[-1 - place]) for place in range(len(row) // 2)]
        pairs = [(one, other) for one, other in faced if one is not None and other is not None]
        alone = next((other if one is None else one for one, other in faced if one is None or other is None), None)
        yield Turn(pairs, alone)
        moving.rotate(1)


def _pairs(people: Sequence[P], history: History[P]) -> list[tuple[P, P]]:
    """As many new pairs as there can be, then of the others as many that paired once as there can be, and so on."""
    left, pairs = list(people), []
    while left:
        times = min(history.times(one, other) for one, other in combinations(left, 2))
        mates = matching(
            len(left),
            [
                [other for other in range(len(left)) if other != one and history.times(left[one], left[other]) <= times]
                for one in range(len(left))
            ],
        )
        pairs += [(left[one], left[other]) for one, other in enumerate(mates) if one < other]
        left = [one for place, one in enumerate(left) if mates[place] < 0]
    return pairs


def matching(size: int, edges: Sequence[Sequence[int]]) -> list[int]:
    """A largest matching of a graph (Edmonds' blossoms): for each vertex its mate, or -1."""
    mate = [-1] * size
    for one in range(size):  # a good beginning, which the search below completes
        if mate[one] < 0:
            other = next((other for other in edges[one] if mate[other] < 0), -1)
            if other >= 0:
                mate[one], mate[other] = other, one
    for root in range(size):
        if mate[root] < 0:
            _augment(root, size, edges, mate)
    return mate


def _augment(root: int, size: int, edges: Sequence[Sequence[int]], mate: list[int]) -> None:
    """Look for a path from an unmatched vertex to another one, and swap what is matched along it."""
    base, parent = list(range(size)), [-1] * size
    seen = [False] * size
    seen[root] = True
    queue = deque([root])

    def common(one: int, other: int) -> int:
        above = set()
        while True:
            one = base[one]
            above.add(one)
            if mate[one] < 0:
                break
            one = parent[mate[one]]
        while base[other] not in above:
            other = parent[mate[base[other]]]
        return base[other]

    def shrink(one: int, other: int, top: int, inside: list[bool]) -> None:
        while base[one] != top:
            inside[base[one]] = inside[base[mate[one]]] = True
            parent[one] = other
            other = mate[one]
            one = parent[mate[one]]

    while queue:
        one = queue.popleft()
        for other in edges[one]:
            if base[one] == base[other] or mate[one] == other:
                continue
            if other == root or (mate[other] >= 0 and parent[mate[other]] >= 0):
                top, inside = common(one, other), [False] * size
                shrink(one, other, top, inside)
                shrink(other, one, top, inside)
                for place in range(size):
                    if inside[base[place]]:
                        base[place] = top
                        if not seen[place]:
                            seen[place] = True
                            queue.append(place)
            elif parent[other] < 0:
                parent[other] = one
                if mate[other] < 0:
                    while other >= 0:
                        before = parent[other]
                        following = mate[before]
                        mate[other], mate[before] = before, other
                        other = following
                    return
                seen[mate[other]] = True
                queue.append(mate[other])
