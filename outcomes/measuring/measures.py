"""The one shape that every number has, computed now or taken from a snapshot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from outcomes.measuring.cases import Case, Cases, Counts, Standings
from outcomes.measuring.intervals import Interval, Method, wilson

#: A count under this says too much about too few.
SMALLEST_CELL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number with all that it rests on. Shares lie between 0 and 1, times are in years.

    `value` is None when there is nothing to divide by, or a time was not reached; a limit is None when it lies beyond
    every observation. `lowest` and `highest` are the bounds that assume nothing about the pending ones, where the
    number has them. `detail` is JSON, and `cases` is empty for a number from a snapshot.
    """

    key: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    counts: Counts
    lowest: float | None = None
    highest: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    cases: Sequence[Case] = field(default=(), compare=False)

    @property
    def settled(self) -> int:
        return self.counts.denominator

    @property
    def interval(self) -> Interval | None:
        """For the verdict: infinity stands for what was not reached."""
        if not self.method:
            return None
        value, low, high = (math.inf if limit is None else limit for limit in (self.value, self.low, self.high))
        return Interval(estimate=value, low=low, high=high, method=Method(self.method))


def measured(
    key: str,
    standings: Standings,
    interval: Interval | None,
    *,
    lowest: float | None = None,
    highest: float | None = None,
    detail: dict[str, Any] | None = None,
    about: Sequence[str] = (),
) -> Measure:
    """A measure whose counts are those of the learners, or of the works that `about` names."""
    value, low, high = (finite(limit) for limit in limits(interval))
    return Measure(
        key=key,
        value=value,
        low=low,
        high=high,
        method=interval.method.value if interval else "",
        counts=standings.counts,
        lowest=lowest,
        highest=highest,
        detail=detail or {},
        cases=Cases(standings, about),
    )


def share(
    key: str, standings: Standings, *, detail: dict[str, Any] | None = None, about: Sequence[str] = ()
) -> Measure:
    """Those who reached it among all counted, with Wilson's interval."""
    counts = standings.counts
    interval = wilson(counts.numerator, counts.denominator)
    return measured(key, standings, interval, detail=detail, about=about)


def limits(interval: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (interval.estimate, interval.low, interval.high) if interval else (None, None, None)


def finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
