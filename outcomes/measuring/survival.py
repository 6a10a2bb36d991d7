"""How long learners stay and when they finish, without leaving the unfinished ones out.

Everybody whose outcome is not known yet counts as at risk until the day last seen. Times are in any one unit, counted
from each learner's own start. At a tie events come first: who is censored on a day was still at risk on that day.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outcomes.measuring.intervals import Interval, Method, Z, score_interval, wilson

Floats: TypeAlias = NDArray[np.float64]

# Products and sums of shares that equal one half on paper may miss it by this much in floating point.
ROUNDING = 1e-12


class Outcome(IntEnum):
    CENSORED = 0
    EVENT = 1
    COMPETING = 2


@dataclass(frozen=True, slots=True)
class SurvivalPoint:
    """Kaplan-Meier at `time`: those at risk just before it, and what happened to them then."""

    time: float
    at_risk: int
    events: int
    censored: int
    interval: Interval

    @property
    def survival(self) -> float:
        return self.interval.estimate


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Step curve that holds each point's value until the next; it starts at time 0 and is empty for nobody."""

    points: tuple[SurvivalPoint, ...]

    def at(self, time: float) -> SurvivalPoint | None:
        """The curve at `time`; None after the last observation, unless nobody survived it."""
        index = _step_at(self.points, time)
        if index is None:
            return None
        point = self.points[index]
        if point.time == time:
            return point
        if index + 1 == len(self.points):
            return replace(point, time=time, at_risk=0, events=0, censored=0) if point.survival == 0 else None
        at_risk = self.points[index + 1].at_risk
        interval = _survival_interval(1.0, 0.0, at_risk) if point.survival == 1 else point.interval
        return SurvivalPoint(time=time, at_risk=at_risk, events=0, censored=0, interval=interval)

    @property
    def median(self) -> float | None:
        """First time at which at most half survive; None when the curve never gets there."""
        return next((point.time for point in self.points if point.survival <= 0.5 + ROUNDING), None)


class IncidencePoint(NamedTuple):
    """Aalen-Johansen at `time`; `remaining` is the share to whom neither outcome has happened yet.

    `variance` is that of the incidence, and `effective` the sample size that stands for it at 0 and 1.
    """

    time: float
    at_risk: int
    events: int
    competing: int
    censored: int
    remaining: float
    incidence: float
    variance: float
    effective: float

    @property
    def interval(self) -> Interval:
        return _incidence_interval(self.incidence, self.variance, self.effective)


@dataclass(frozen=True, kw_only=True, eq=False)
class IncidenceCurve:
    """Step curve that holds each point's value until the next; it starts at time 0 and is empty for nobody.

    A column for each part of an `IncidencePoint`, a row for each step.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    competing: Floats
    censored: Floats
    remaining: Floats
    incidence: Floats
    variance: Floats
    effective: Floats

    @cached_property
    def points(self) -> tuple[IncidencePoint, ...]:
        return tuple(map(self._point, range(len(self.time))))

    def at(self, time: float) -> IncidencePoint | None:
        """The curve at `time`; None after the last observation, unless nobody remained without an outcome."""
        points = self.at_each([time]).points
        return points[0] if points else None

    def at_each(self, times: Sequence[float]) -> "IncidenceCurve":
        """The points at those of the times that `at` knows one of. Raises ValueError for a time before 0."""
        asked = np.asarray(times, dtype=np.float64)
        if (asked < 0).any():
            raise ValueError(f"No curve has a value at {asked.min():g}.")
        asked = asked if len(self.time) else asked[:0]
        step = np.searchsorted(self.time, asked, side="right") - 1
        is_last, is_step = step == len(self.time) - 1, self.time[step] == asked
        told = ~is_last | is_step | (self.remaining[step] == 0)
        asked, step, is_last, is_step = asked[told], step[told], is_last[told], is_step[told]
        # Between two steps those at risk are those at the next one; after the last one there is nobody.
        at_risk = np.where(is_step, self.at_risk[step], np.append(self.at_risk, 0)[step + 1])
        effective = self.effective[step]
        rests_on_next = ~is_step & ~is_last & (self.incidence[step] == 0)
        effective[rests_on_next] = at_risk[rests_on_next] / self.remaining[step[rests_on_next]]
        return IncidenceCurve(
            time=asked,
            at_risk=at_risk,
            events=np.where(is_step, self.events[step], 0),
            competing=np.where(is_step, self.competing[step], 0),
            censored=np.where(is_step, self.censored[step], 0),
            remaining=self.remaining[step],
            incidence=self.incidence[step],
            variance=self.variance[step],
            effective=effective,
        )

    @property
    def half_time(self) -> float | None:
        """First time at which the incidence is at least one half; None when the curve never gets there."""
        return self._first_time(self.incidence)

    @property
    def half_time_interval(self) -> Interval | None:
        """Times at which the curve's limits hold one half; None for nobody.

        Infinity stands for "not reached". When even the upper limit stays under one half, the crossing lies somewhere
        after the last observation, or nowhere if nobody remained. Source: R. Brookmeyer and J. Crowley (1982),
        Biometrics 38, 29-41, applied to the log-log limits of the incidence.
        """
        if not len(self.time):
            return None
        lowest, highest = self.limits
        estimate, low, high = map(self._first_time, (self.incidence, highest, lowest))
        if low is None:
            low = float(self.time[-1]) if self.remaining[-1] > 0 else math.inf
        return Interval(
            estimate=math.inf if estimate is None else estimate,
            low=low,
            high=math.inf if high is None else high,
            method=Method.BROOKMEYER_CROWLEY,
        )

    @cached_property
    def limits(self) -> tuple[Floats, Floats]:
        """Lower and upper limit at each point; see `_incidence_interval`."""
        inside = (self.incidence > 0) & (self.incidence < 1)
        share = np.where(inside, self.incidence, 0.5)
        error = Z * np.sqrt(np.maximum(self.variance, 0)) / (share * np.abs(np.log(share)))
        # Wilson's limits of none and of all.
        least = np.where(self.incidence == 1, self.effective / (self.effective + Z**2), 0)
        most = np.where(self.incidence == 0, Z**2 / (self.effective + Z**2), 1)
        return np.where(inside, share ** np.exp(error), least), np.where(inside, share ** np.exp(-error), most)

    def _first_time(self, values: Floats) -> float | None:
        """When they are one half at first."""
        reached = np.flatnonzero(values >= 0.5 - ROUNDING)
        return float(self.time[reached[0]]) if len(reached) else None

    def _point(self, index: int) -> IncidencePoint:
        time, at_risk, events, competing, censored, *shares = (getattr(self, name)[index].item() for name in _PARTS)
        return IncidencePoint(time, int(at_risk), int(events), int(competing), int(censored), *shares)


_PARTS = tuple(field.name for field in fields(IncidenceCurve))


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """Learners who entered one level: those who completed it, left during it, or are still in it."""

    completed: int
    left: int
    pending: int

    def __post_init__(self) -> None:
        if min(self.completed, self.left, self.pending) < 0:
            raise ValueError(f"Counts cannot be negative: {self}.")

    @property
    def entered(self) -> int:
        return self.completed + self.left + self.pending

    @property
    def settled(self) -> int:
        return self.completed + self.left


@dataclass(frozen=True, slots=True)
class LevelRetention:
    """Retention in one level and through it; None where there is nothing to divide by.

    `settled` counts the learners whose fate through this level is known, `pending` those still in it or in an earlier
    one. `lowest` and `highest` are the retention through this level if all pending leave and if all complete.
    """

    level: int
    counts: LevelCounts
    in_level: Interval | None
    through: Interval | None
    settled: int
    pending: int
    lowest: float | None
    highest: float | None


def kaplan_meier(times: ArrayLike, outcomes: ArrayLike) -> SurvivalCurve:
    """Share that the event has not reached, with Greenwood's variance and log-log limits.

    `times` says how long each learner was followed, and `outcomes` what ended it. Raises ValueError for a competing
    outcome, as taking it for censored overstates the event (see `aalen_johansen`), and for a negative or endless time.
    Sources: E. L. Kaplan and P. Meier (1958), Journal of the American Statistical Association 53, 457-481:
    S(t) = Π (1 - d/n) over the event times up to t; the limits as in `_survival_interval`.
    """
    tally = _tally(times, outcomes)
    if tally.competing.any():
        raise ValueError("Kaplan-Meier knows no competing outcome.")
    points = []
    survival, greenwood = 1.0, 0.0
    counts = (column.astype(int).tolist() for column in (tally.at_risk, tally.events, tally.censored))
    for time, at_risk, events, censored in zip(tally.time.tolist(), *counts, strict=True):
        effective = at_risk / survival
        survival *= (at_risk - events) / at_risk
        greenwood += _greenwood_term(at_risk, events)
        points.append(
            SurvivalPoint(
                time=time,
                at_risk=at_risk,
                events=events,
                censored=censored,
                interval=_survival_interval(survival, greenwood, effective),
            )
        )
    return SurvivalCurve(points=tuple(points))


def aalen_johansen(times: ArrayLike, outcomes: ArrayLike) -> IncidenceCurve:
    """Share that the event has reached while a competing outcome may come first, with log-log limits.

    `times` says how long each learner was followed, and `outcomes` what ended it. Raises ValueError for a negative or
    endless time.

    Sources: O. Aalen and S. Johansen (1978), Scandinavian Journal of Statistics 5, 141-150:
    F(t) = Σ S(u-) · d₁/n over the event times u up to t, S being the Kaplan-Meier curve of both outcomes. Variance by
    the delta method: G. E. Dinse and M. G. Larson (1986), Biometrika 73, 379-386, as written in E. Marubini and
    M. G. Valsecchi (1995), Analysing Survival Data from Clinical Trials and Observational Studies:
    Σ (F(t)-F(u))² d/(n(n-d)) + Σ S(u-)² d₁(n-d₁)/n³ - 2 Σ (F(t)-F(u)) S(u-) d₁/n².
    """
    tally = _tally(times, outcomes)
    at_risk, events = tally.at_risk, tally.events
    gone = events + tally.competing
    remaining = np.cumprod((at_risk - gone) / at_risk, dtype=np.float64)
    before = np.concatenate(([1.0], remaining[:-1])) if len(remaining) else remaining
    incidence = np.cumsum(before * events / at_risk)
    # d / (n(n-d)), and 0 where it is endless: all at risk are gone, so no later term is ever weighed against it. The
    # sums of the variance are written with F(t) taken out, so that one pass serves every t.
    term = gone / np.where(at_risk > gone, at_risk * (at_risk - gone), np.inf)
    shared = before * events / at_risk**2
    variance = (
        incidence**2 * np.cumsum(term)
        - 2 * incidence * np.cumsum(incidence * term)
        + np.cumsum(incidence**2 * term)
        + np.cumsum(before**2 * events * (at_risk - events) / at_risk**3)
        - 2 * (incidence * np.cumsum(shared) - np.cumsum(incidence * shared))
    )
    if len(remaining) and remaining[-1] == 0 and not tally.competing.any():
        incidence[-1] = 1.0
    return IncidenceCurve(
        time=tally.time,
        at_risk=at_risk,
        events=events,
        competing=tally.competing,
        censored=tally.censored,
        remaining=remaining,
        incidence=incidence,
        variance=variance,
        effective=at_risk / before,
    )


def retention_by_level(levels: Sequence[LevelCounts]) -> tuple[LevelRetention, ...]:
    """Retention in and through each level, the first being level 1.

    Raises ValueError unless those who completed a level are those who entered the next: the bounds follow each
    learner from level 1. The product over levels is the Kaplan-Meier estimate with the level for time, and has its
    limits; a single level's rate has Wilson's. The bounds assume nothing: C. F. Manski (1990), American Economic
    Review 80, 319-323: completed / entered level 1 and (completed + pending) / entered level 1.
    """
    for number, (counts, following) in enumerate(pairwise(levels), start=1):
        if counts.completed != following.entered:
            raise ValueError(f"{counts.completed} completed level {number} and {following.entered} entered the next.")
    rows = []
    survival, greenwood = 1.0, 0.0
    through: Interval | None = None
    left = pending = 0
    for number, counts in enumerate(levels, start=1):
        left += counts.left
        pending += counts.pending
        if counts.settled:
            effective = counts.settled / survival
            survival *= counts.completed / counts.settled
            greenwood += _greenwood_term(counts.settled, counts.left)
            through = _survival_interval(survival, greenwood, effective)
        elif survival > 0:
            through = None
        everybody = levels[0].entered
        rows.append(
            LevelRetention(
                level=number,
                counts=counts,
                in_level=wilson(counts.completed, counts.settled),
                through=through,
                settled=counts.completed + left,
                pending=pending,
                lowest=counts.completed / everybody if everybody else None,
                highest=(counts.completed + pending) / everybody if everybody else None,
            )
        )
    return tuple(rows)


class _Tally(NamedTuple):
    """Each time in order and from 0 on, those at risk just before it, and what happened to them then."""

    time: Floats
    at_risk: Floats
    events: Floats
    competing: Floats
    censored: Floats


def _tally(times: ArrayLike, outcomes: ArrayLike) -> _Tally:
    followed, ends = np.asarray(times, dtype=np.float64), np.asarray(outcomes, dtype=np.int64)
    if not (np.isfinite(followed) & (followed >= 0)).all():
        raise ValueError("A learner cannot be followed for a negative or endless time.")
    steps, step_of = np.unique(np.concatenate((followed, [0.0])) if len(followed) else followed, return_inverse=True)
    size = len(steps)
    events, competing, censored = (
        np.bincount(step_of[: len(ends)][ends == outcome], minlength=size).astype(np.float64)
        for outcome in (Outcome.EVENT, Outcome.COMPETING, Outcome.CENSORED)
    )
    gone = np.cumsum(events + competing + censored)
    at_risk = len(followed) - np.concatenate(([0.0], gone[:-1])) if size else gone
    return _Tally(steps, at_risk, events, competing, censored)


def _greenwood_term(at_risk: int, events: int) -> float:
    """d / (n(n-d)), and 0 where it is endless: all at risk are gone, so no later term is ever weighed against it."""
    return events / (at_risk * (at_risk - events)) if at_risk > events else 0.0


def _survival_interval(survival: float, greenwood: float, effective: float) -> Interval:
    """Limits of a survival share: S^exp(±z √V / log S), V = Σ d/(n(n-d)).

    Sources: M. Greenwood (1926), Reports on Public Health and Medical Subjects 33, 1-26; J. D. Kalbfleisch and
    R. L. Prentice (1980), The Statistical Analysis of Failure Time Data, 1.3. At 0 and 1 that variance says nothing
    and Wilson's limits stand in, on the `effective` sample size n/S(t-), the number of trials that Peto's variance
    S²(1-S)/n implies: R. Peto et al. (1977), British Journal of Cancer 35, 1-39.
    """
    if survival in (0, 1):
        return score_interval(survival, effective)
    return _log_log(survival, math.sqrt(greenwood) / abs(math.log(survival)), Method.GREENWOOD)


def _incidence_interval(incidence: float, variance: float, effective: float) -> Interval:
    """Limits of an incidence: F^exp(±z √V / (F log F)); at 0 and 1 as in `_survival_interval`.

    Source: J. B. Choudhury (2002), Statistics in Medicine 21, 1129-1144.
    """
    if incidence in (0, 1):
        return score_interval(incidence, effective)
    return _log_log(incidence, _log_error(incidence, variance), Method.AALEN_JOHANSEN)


def _log_error(share: float, variance: float) -> float:
    """The standard error of log(-log share)."""
    return math.sqrt(max(variance, 0.0)) / (share * abs(math.log(share)))


def _log_log(share: float, error: float, method: Method) -> Interval:
    """`error` is the standard error of log(-log share)."""
    return Interval(estimate=share, low=_limit(share, error), high=_limit(share, -error), method=method)


def _limit(share: float, error: float) -> float:
    return float(share ** math.exp(Z * error))


_TIME = attrgetter("time")


def _step_at(points: Sequence[SurvivalPoint], time: float) -> int | None:
    """Place of the last point at or before `time`; None without points. Raises ValueError for a time before 0."""
    if time < 0:
        raise ValueError(f"No curve has a value at {time}.")
    return bisect_right(points, time, key=_TIME) - 1 if points else None
