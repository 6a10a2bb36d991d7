"""How long learners stay and when they finish, without leaving the unfinished ones out.

Everybody whose outcome is not known yet counts as at risk until the day last seen. Times are in any one unit, counted
from each learner's own start. At a tie events come first: who is censored on a day was still at risk on that day.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple, TypeVar

from outcomes.intervals import Interval, Method, Z, score_interval, wilson

# Products and sums of shares that equal one half on paper may miss it by this much in floating point.
ROUNDING = 1e-12


class Outcome(StrEnum):
    EVENT = "event"
    COMPETING = "competing"
    CENSORED = "censored"


class _Followed(NamedTuple):
    time: float
    outcome: Outcome


class Observation(_Followed):
    """One learner followed for `time`, and what ended it. Raises ValueError for a negative or endless time."""

    __slots__ = ()

    def __new__(cls, time: float, outcome: Outcome) -> "Observation":
        if not 0 <= time < math.inf:
            raise ValueError(f"A learner cannot be followed for {time}.")
        return super().__new__(cls, time, outcome)


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
        return _first_time(self.points, lambda point: point.survival <= 0.5 + ROUNDING)


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

    def reaches(self, share: float, sign: int) -> bool:
        """Whether the lower (1) or upper (-1) limit is at least `share`, which is neither 0 nor 1."""
        if self.incidence in (0, 1):
            interval = self.interval
            return (interval.low if sign > 0 else interval.high) >= share
        return _limit(self.incidence, sign * _log_error(self.incidence, self.variance)) >= share


@dataclass(frozen=True, slots=True)
class IncidenceCurve:
    """Step curve that holds each point's value until the next; it starts at time 0 and is empty for nobody."""

    points: tuple[IncidencePoint, ...]

    def at(self, time: float) -> IncidencePoint | None:
        """The curve at `time`; None after the last observation, unless nobody remained without an outcome."""
        index = _step_at(self.points, time)
        if index is None:
            return None
        point = self.points[index]
        if point.time == time:
            return point
        if index + 1 == len(self.points):
            if point.remaining > 0:
                return None
            return point._replace(time=time, at_risk=0, events=0, competing=0, censored=0)
        at_risk = self.points[index + 1].at_risk
        if point.incidence == 0:
            point = point._replace(effective=at_risk / point.remaining)
        return point._replace(time=time, at_risk=at_risk, events=0, competing=0, censored=0)

    @property
    def half_time(self) -> float | None:
        """First time at which the incidence is at least one half; None when the curve never gets there."""
        return _first_time(self.points, lambda point: point.incidence >= 0.5 - ROUNDING)

    @property
    def half_time_interval(self) -> Interval | None:
        """Times at which the curve's limits hold one half; None for nobody.

        Infinity stands for "not reached". When even the upper limit stays under one half, the crossing lies somewhere
        after the last observation, or nowhere if nobody remained. Source: R. Brookmeyer and J. Crowley (1982),
        Biometrics 38, 29-41, applied to the log-log limits of the incidence.
        """
        if not self.points:
            return None
        estimate = self.half_time
        low = _first_time(self.points, lambda point: point.reaches(0.5 - ROUNDING, -1))
        high = _first_time(self.points, lambda point: point.reaches(0.5 - ROUNDING, 1))
        if low is None:
            low = self.points[-1].time if self.points[-1].remaining > 0 else math.inf
        return Interval(
            estimate=math.inf if estimate is None else estimate,
            low=low,
            high=math.inf if high is None else high,
            method=Method.BROOKMEYER_CROWLEY,
        )


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


def kaplan_meier(observations: Iterable[Observation]) -> SurvivalCurve:
    """Share that the event has not reached, with Greenwood's variance and log-log limits.

    Raises ValueError for a competing outcome: taking it for censored overstates the event, see `aalen_johansen`.
    Sources: E. L. Kaplan and P. Meier (1958), Journal of the American Statistical Association 53, 457-481:
    S(t) = Π (1 - d/n) over the event times up to t; the limits as in `_survival_interval`.
    """
    tally, at_risk = _tally(observations)
    if any(competing for _time, _events, competing, _censored in tally):
        raise ValueError("Kaplan-Meier knows no competing outcome.")
    points = []
    survival, greenwood = 1.0, 0.0
    for time, events, _competing, censored in tally:
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
        at_risk -= events + censored
    return SurvivalCurve(points=tuple(points))


def aalen_johansen(observations: Iterable[Observation]) -> IncidenceCurve:
    """Share that the event has reached while a competing outcome may come first, with log-log limits.

    Sources: O. Aalen and S. Johansen (1978), Scandinavian Journal of Statistics 5, 141-150:
    F(t) = Σ S(u-) · d₁/n over the event times u up to t, S being the Kaplan-Meier curve of both outcomes. Variance by
    the delta method: G. E. Dinse and M. G. Larson (1986), Biometrika 73, 379-386, as written in E. Marubini and
    M. G. Valsecchi (1995), Analysing Survival Data from Clinical Trials and Observational Studies:
    Σ (F(t)-F(u))² d/(n(n-d)) + Σ S(u-)² d₁(n-d₁)/n³ - 2 Σ (F(t)-F(u)) S(u-) d₁/n².
    """
    tally, at_risk = _tally(observations)
    points = []
    remaining, incidence = 1.0, 0.0
    anybody_competing = False
    # The sums of the variance with F(t) taken out, so that one pass serves every t.
    plain = weighted = squared = own = cross = cross_weighted = 0.0
    for time, events, competing, censored in tally:
        anybody_competing = anybody_competing or competing > 0
        effective = at_risk / remaining
        incidence += remaining * events / at_risk
        term = _greenwood_term(at_risk, events + competing)
        plain += term
        weighted += incidence * term
        squared += incidence**2 * term
        own += remaining**2 * events * (at_risk - events) / at_risk**3
        shared = remaining * events / at_risk**2
        cross += shared
        cross_weighted += incidence * shared
        variance = (
            incidence**2 * plain - 2 * incidence * weighted + squared + own - 2 * (incidence * cross - cross_weighted)
        )
        remaining *= (at_risk - events - competing) / at_risk
        if remaining == 0 and not anybody_competing:
            incidence = 1.0
        points.append(
            IncidencePoint(
                time=time,
                at_risk=at_risk,
                events=events,
                competing=competing,
                censored=censored,
                remaining=remaining,
                incidence=incidence,
                variance=variance,
                effective=effective,
            )
        )
        at_risk -= events + competing + censored
    return IncidenceCurve(points=tuple(points))


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


def _tally(observations: Iterable[Observation]) -> tuple[list[tuple[float, int, int, int]], int]:
    """Each time with its events, competing outcomes and censorings, in order and from 0 on; and how many there are."""
    by_outcome: dict[Outcome, list[float]] = {outcome: [] for outcome in Outcome}
    for time, outcome in observations:
        by_outcome[outcome].append(time)
    events, competing, censored = (Counter(by_outcome[outcome]) for outcome in Outcome)
    times = sorted({*events, *competing, *censored})
    if times and times[0] > 0:
        times.insert(0, 0)
    at_risk = sum(map(len, by_outcome.values()))
    return [(time, events[time], competing[time], censored[time]) for time in times], at_risk


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
Point = TypeVar("Point", SurvivalPoint, IncidencePoint)


def _step_at(points: Sequence[SurvivalPoint | IncidencePoint], time: float) -> int | None:
    """Place of the last point at or before `time`; None without points. Raises ValueError for a time before 0."""
    if time < 0:
        raise ValueError(f"No curve has a value at {time}.")
    return bisect_right(points, time, key=_TIME) - 1 if points else None


def _first_time(points: Iterable[Point], reached: Callable[[Point], bool]) -> float | None:
    return next((point.time for point in points if reached(point)), None)
