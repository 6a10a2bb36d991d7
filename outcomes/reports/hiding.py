"""Which cells of a table to hide before strangers see it: small ones, and those from which a small one could be told.

Cells and the sums that tie them are a network (D. Gusfield, 1988, "A graph theoretic approach to statistical data
security", SIAM Journal on Computing 17, 552-571): each sum is a node, each cell an edge between the two sums that it
stands in, or between one and the outside. What a reader cannot tell of the hidden cells are the circulations of this
network, so a hidden cell is safe where a circulation through hidden cells alone changes it.
"""

import heapq
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from outcomes.measuring.measures import SMALLEST_CELL

_OUTSIDE = -1

Key = Hashable


@dataclass(frozen=True, slots=True)
class Sum:
    """`total` is what the `parts` add up to, and the reader knows it."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A cell: one more in it is one less to be told of `tail` and one more of `head`."""

    key: Key
    tail: int
    head: int
    count: int
    is_total: bool

    @property
    def price(self) -> int:
        """What its loss costs the reader. Totals go last: every share is a share of one."""
        return self.count + 1 + (1_000_000 if self.is_total else 0)


def hidden_cells(
    counts: Mapping[Key, int], sums: Sequence[Sum], *, unpublished: Collection[Key] = ()
) -> frozenset[Key]:
    """The cells to hide: those under five, zero too, and others so that none of these can be worked out.

    Whoever knows every sum and every other cell, and that no count is negative, finds at least two values possible for
    each hidden cell. `unpublished` are cells that nobody is shown but that could be worked out all the same, such as a
    difference; they are never told either. Raises ValueError for counts that contradict the sums, or for sums that are
    no network: a cell may stand in two at most.
    """
    edges = _network(counts, sums)
    hidden = {key for key, count in counts.items() if count < SMALLEST_CELL} | set(unpublished)
    small = sorted((edge for edge in edges.values() if edge.count < SMALLEST_CELL), key=lambda edge: edge.count)
    for edge in small:
        # One more here and one less elsewhere, or the other way round: whichever costs the reader less.
        ways = [_way(edges, edge, edge.head, edge.tail, hidden)]
        if edge.count:
            ways.append(_way(edges, edge, edge.tail, edge.head, hidden))
        found = [way for way in ways if way is not None]
        # At the same price either will do. Keys are of any kind, and cannot be put in order.
        hidden.update(*[min(found, key=itemgetter(0))[1]] if found else [edges])
    return frozenset(hidden)


def table_sums(rows: Sequence[Key], columns: Sequence[Key], total: Key) -> list[Sum]:
    """The sums of a table whose cells are (row, column), with (row, total), (total, column) and (total, total)."""
    return [
        *(Sum((row, total), tuple((row, column) for column in columns)) for row in rows),
        *(Sum((total, column), tuple((row, column) for row in rows)) for column in columns),
        Sum((total, total), tuple((row, total) for row in rows)),
        Sum((total, total), tuple((total, column) for column in columns)),
    ]


def _network(counts: Mapping[Key, int], sums: Sequence[Sum]) -> dict[Key, _Edge]:
    places: dict[Key, list[tuple[int, int]]] = {key: [] for key in counts}
    for number, row in enumerate(sums):
        if counts[row.total] != sum(counts[part] for part in row.parts):
            raise ValueError(f"{row.parts} do not add up to {row.total}.")
        places[row.total].append((number, -1))
        for part in row.parts:
            places[part].append((number, 1))
    turned = _turned(places, len(sums))
    totals = {row.total for row in sums}
    edges = {}
    for key, standing in places.items():
        ends = {sign * turned[number]: number for number, sign in standing}
        edges[key] = _Edge(key, ends.get(-1, _OUTSIDE), ends.get(1, _OUTSIDE), counts[key], key in totals)
    return edges


def _turned(places: Mapping[Key, Sequence[tuple[int, int]]], number_of_sums: int) -> list[int]:
    """A sign for each sum, so that every cell enters one of its two sums and leaves the other."""
    beside: list[list[tuple[int, int]]] = [[] for _ in range(number_of_sums)]
    for key, standing in places.items():
        if len(standing) > 2:
            raise ValueError(f"{key} stands in more than two sums.")
        if len(standing) == 2:
            (one, sign), (other, other_sign) = standing
            beside[one].append((other, -sign * other_sign))
            beside[other].append((one, -sign * other_sign))
    signs = [0] * number_of_sums
    for start in range(number_of_sums):
        todo = [] if signs[start] else [(start, 1)]
        while todo:
            number, sign = todo.pop()
            if signs[number] not in (0, sign):
                raise ValueError("These sums are no network.")
            if not signs[number]:
                signs[number] = sign
                todo += [(other, sign * turn) for other, turn in beside[number]]
    return signs


def _way(
    edges: Mapping[Key, _Edge], avoided: _Edge, start: int, end: int, hidden: Collection[Key]
) -> tuple[int, list[Key]] | None:
    """The cheapest cells to hide, by price, so that what is added at `start` can be taken away at `end` (Dijkstra)."""
    steps: dict[int, list[tuple[int, _Edge]]] = {}
    for edge in edges.values():
        if edge is not avoided:
            for here, there in _ways_through(edge):
                steps.setdefault(here, []).append((there, edge))
    best: dict[int, int] = {}
    order = 0
    todo: list[tuple[int, int, int, list[Key]]] = [(0, 0, start, [])]
    while todo:
        price, _order, node, keys = heapq.heappop(todo)
        if node == end:
            return price, keys
        if node in best:
            continue
        best[node] = price
        for there, edge in steps.get(node, ()):
            if there not in best:
                order += 1
                more = 0 if edge.key in hidden else edge.price
                heapq.heappush(todo, (price + more, order, there, [*keys, edge.key]))
    return None


def _ways_through(edge: _Edge) -> Iterator[tuple[int, int]]:
    yield edge.tail, edge.head
    if edge.count:
        yield edge.head, edge.tail
