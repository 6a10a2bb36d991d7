"""Half-open spans of whole numbers: `(first, past the last)`."""

from bisect import bisect_left
from collections.abc import Iterable

Span = tuple[int, int]


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same instants in order, as the fewest spans; empty ones are dropped."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if first >= last:
            continue
        if merged and first <= merged[-1][1]:
            if last > merged[-1][1]:
                merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def exclude(starts: list[int], blocked: Iterable[Span]) -> list[int]:
    """`starts` outside `blocked`; both in order."""
    left: list[int] = []
    seen = 0
    for first, last in blocked:
        here = bisect_left(starts, first, seen)
        left += starts[seen:here]
        seen = bisect_left(starts, last, here)
    return left + starts[seen:]
