"""Who reviews whom: everyone gives two and gets two as far as their number allows, nobody their own work.

People sit in a circle and each reviews the next two. Partners and pairs of earlier rounds are moved apart in it. Who
comes later is let in between two others, and who leaves is closed up behind, so that everybody else's share stays.
The same people in the same order with the same seed give the same answer.
"""

import random
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)
#: (who reviews, whose work)
Edge = tuple[P, P]
Weights = Mapping[tuple[P, P], int]


def assign(people: Sequence[P], *, each: int, seed: int, avoid: Weights[P] | None = None) -> set[Edge[P]]:
    """A first assignment among people who have none. `avoid` weighs who had better not review whom."""
    circle = list(people)
    random.Random(seed).shuffle(circle)  # noqa: S311 - fairness, not secrecy
    steps = min(each, len(circle) - 1)
    _move_apart(circle, steps, avoid or {})
    return {(giver, circle[(place + step) % len(circle)]) for place, giver in enumerate(circle) for step in _to(steps)}


def mend(
    people: Sequence[P],
    edges: Collection[Edge[P]],
    *,
    kept: Collection[Edge[P]] = (),
    each: int,
    seed: int,
    avoid: Weights[P] | None = None,
) -> set[Edge[P]]:
    """The assignment after people came or left. What is `kept` is under way or written, and stays.

    Nobody who could be reviewed by anybody is left without a review: then somebody gives one more.
    """
    here, avoid = set(people), avoid or {}
    stays = set(kept)
    if not stays and not edges:
        return assign(people, each=each, seed=seed, avoid=avoid)
    found = {edge for edge in edges if edge in stays or (edge[0] in here and edge[1] in here)} | stays
    order = list(people)
    random.Random(seed).shuffle(order)  # noqa: S311
    table: _Table[P] = _Table(order, found, stays, each, avoid)
    while table.add_one() or table.split_one():
        pass
    table.rescue()
    return table.edges


class _Table(Generic[P]):
    """An assignment in the making."""

    def __init__(
        self, order: Sequence[P], edges: set[Edge[P]], kept: set[Edge[P]], each: int, avoid: Weights[P]
    ) -> None:
        self.order, self.edges, self.kept, self.each, self.avoid = order, edges, kept, each, avoid
        self.places = {person: place for place, person in enumerate(order)}
        self.gives: Counter[P] = Counter(giver for giver, _receiver in edges)
        self.gets: Counter[P] = Counter(receiver for _giver, receiver in edges)

    def add_one(self) -> bool:
        """One more review by somebody who has one to give, for whoever has the fewest."""
        options = [
            (self.gets[receiver], self.gives[giver], self.avoid.get((giver, receiver), 0), (giver, receiver))
            for receiver in self.order
            if self.gets[receiver] < self.each
            for giver in self.order
            if self.gives[giver] < self.each and self._may(giver, receiver)
        ]
        if not options:
            return False
        self._add(min(options, key=lambda option: option[:3])[3])
        return True

    def split_one(self) -> bool:
        """Who has one to give and who lacks one are let in between two others: a→b becomes a→receiver, giver→b."""
        for receiver in sorted(self.order, key=lambda one: self.gets[one]):
            for giver in sorted(self.order, key=lambda one: self.gives[one]):
                if self.gets[receiver] >= self.each or self.gives[giver] >= self.each:
                    continue
                options = [
                    (self.avoid.get((a, receiver), 0) + self.avoid.get((giver, b), 0), self._at(a), self._at(b), (a, b))
                    for a, b in self.edges - self.kept
                    if self._may(a, receiver) and self._may(giver, b)
                ]
                if options:
                    a, b = min(options, key=lambda option: option[:3])[3]
                    self._remove((a, b))
                    self._add((a, receiver))
                    self._add((giver, b))
                    return True
        return False

    def rescue(self) -> None:
        """Nobody without any review, if there is anybody else at all."""
        for receiver in self.order:
            if self.gets[receiver] == 0:
                givers = [giver for giver in self.order if self._may(giver, receiver)]
                if givers:
                    giver = min(givers, key=lambda one: (self.gives[one], self.avoid.get((one, receiver), 0)))
                    self._add((giver, receiver))

    def _at(self, person: P) -> int:
        return self.places[person]

    def _may(self, giver: P, receiver: P) -> bool:
        return giver != receiver and (giver, receiver) not in self.edges

    def _add(self, edge: Edge[P]) -> None:
        self.edges.add(edge)
        self.gives[edge[0]] += 1
        self.gets[edge[1]] += 1

    def _remove(self, edge: Edge[P]) -> None:
        self.edges.remove(edge)
        self.gives[edge[0]] -= 1
        self.gets[edge[1]] -= 1


def _to(steps: int) -> range:
    return range(1, steps + 1)


def _move_apart(circle: list[P], steps: int, avoid: Weights[P]) -> None:
    """Exchange places as long as that lets fewer people review those they had better not."""
    if not avoid or steps < 1:
        return
    size = len(circle)

    def weight_at(places: set[int]) -> int:
        """Of all reviews that the people at these places give or get."""
        pairs = {
            (giver % size, (giver + step) % size)
            for place in places
            for step in _to(steps)
            for giver in (place, place - step)
        }
        return sum(avoid.get((circle[giver], circle[receiver]), 0) for giver, receiver in pairs)

    is_better = True
    while is_better:
        is_better = False
        for here in range(size):
            if not weight_at({here}):
                continue
            for there in range(size):
                before = weight_at({here, there})
                circle[here], circle[there] = circle[there], circle[here]
                if weight_at({here, there}) < before:
                    is_better = True
                    break
                circle[here], circle[there] = circle[there], circle[here]
