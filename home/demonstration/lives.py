"""One learner's life in a cohort: what they finish when, whether they leave, how their work is judged.

Pure: the same seed and dates give the same life. Nothing here knows the database. Days are program days, so nothing
is finished because of time that passed in a break.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from cohorts.pacing import Calendar
from cohorts.progress import monday_of

#: Chances over a level of about 2,000 hours, so that about three in four reach the end of level 3.
LEAVES_IN_LEVEL = (0.11, 0.085, 0.07, 0.09, 0.08)
TAKES_LEAVE = 0.15
LEAVE = timedelta(days=90)
FIRST_ATTEMPT_PASSES = 0.76
REASONS = ("work", "health", "family", "pace", "expectations", "found_job", "moved", "unknown")
#: How many program days behind the schedule people tend to be, ahead where negative, and how often.
LAGS = ((0.52, (-8, -1)), (0.15, (-50, -14)), (0.26, (4, 17)), (0.07, (18, 50)))
SLUMPS = 0.03
WEEKS_LOGGED = 26


@dataclass(frozen=True)
class Unit:
    """A topic, or a project that is submitted and reviewed, in the order of the path.

    `hours` are what it earns; it `takes` its share of the hours that its level states.
    """

    level: int
    hours: float
    takes: float
    topic: Any = None
    project: Any = None


@dataclass(frozen=True)
class Attempt:
    """`decided_on` is None while it waits for review. Without a `summary` the review says something usual."""

    unit: Unit
    number: int
    submitted_on: date
    decided_on: date | None
    passes: bool
    scores: tuple[int, int, int]
    summary: str = ""


@dataclass
class Life:
    """What happened up to a day; `statuses` in order, as (status, day, reason, day of return)."""

    statuses: list[tuple[str, date, str, date | None]] = field(default_factory=list)
    finished: list[tuple[Unit, date]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    levels_passed: list[tuple[int, date]] = field(default_factory=list)
    weekly_hours: list[tuple[date, float]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return self.statuses[-1][0]

    @property
    def graduated_on(self) -> date | None:
        return self.statuses[-1][1] if self.status == "graduated" else None

    @property
    def left_for(self) -> tuple[date, date] | None:
        """The first and the last day of a leave that is over."""
        return next(((on, back) for status, on, _reason, back in self.statuses[:-1] if back), None)

    @property
    def level(self) -> int:
        """The level that the learner is in."""
        return self.levels_passed[-1][0] + 1 if self.levels_passed else 1

    def passed_on(self, level: int) -> date | None:
        """The day on which they passed that level."""
        return next((on for number, on in self.levels_passed if number == level), None)

    def status_on(self, day: date) -> str:
        return next((status for status, on, _reason, _back in reversed(self.statuses) if on <= day), "")

    def takes_part_on(self, day: date) -> bool:
        return self.status_on(day) == "active"


def live(
    *,
    dice: random.Random,
    units: Sequence[Unit],
    calendar: Calendar,
    hours_per_week: float,
    until: date,
    slack: float = 1.0,
    steady: bool = False,
) -> Life:
    """Walk the path from the start until graduation, leaving, or `until`.

    `slack` scales how far people get from the schedule. A `steady` learner neither leaves nor pauses nor falls behind.
    """
    starts_on = calendar.starts_on
    applied_on = min(starts_on - timedelta(days=dice.randint(10, 60)), until - timedelta(days=dice.randint(0, 20)))
    life = Life(statuses=[("enrolled", applied_on, "", None)])
    if starts_on > until:
        return life
    if not steady and dice.random() < 0.03:  # changes their mind before the census
        life.statuses.append(("withdrawn", starts_on - timedelta(days=3), "expectations", None))
        return life
    life.statuses.append(("active", starts_on, "", None))
    _Walk(life, dice, calendar, hours_per_week, until, slack, steady).walk(units)
    life.finished.sort(key=lambda one: one[1])
    if life.status == "active":
        _log_weeks(life, dice, calendar, hours_per_week, until, slumps=not steady and dice.random() < SLUMPS)
    return life


class _Walk:
    """The way along the path, at the pace of the schedule plus a lag that keeps to what is usual for the learner."""

    def __init__(
        self,
        life: Life,
        dice: random.Random,
        calendar: Calendar,
        hours_per_week: float,
        until: date,
        slack: float,
        steady: bool,
    ) -> None:
        self.life, self.dice, self.calendar, self.until, self.steady = life, dice, calendar, until, steady
        self.days_per_hour = 7 / hours_per_week
        self.usual_lag = -4.0 if steady else _usual_lag(dice) * slack
        self.lag = self.usual_lag
        self.planned = self.paused = 0.0
        self.day = 1.0

    def walk(self, units: Sequence[Unit]) -> None:
        leaving = None if self.steady else _leaving_point(self.dice, units)
        takes_leave = not self.steady and self.dice.random() < TAKES_LEAVE
        pause_at = self.dice.randint(20, len(units) - 1) if takes_leave and len(units) > 20 else None
        for index, unit in enumerate(units):
            if index and unit.level != units[index - 1].level and not self._pass(units[index - 1].level):
                return
            if index == pause_at and not self._pause():
                return
            on = self._on(unit)
            if on > self.until:
                return
            if index == leaving:
                dismissed = self.dice.random() < 0.08
                reason = "progress" if dismissed else self.dice.choice(REASONS)
                self.life.statuses.append(("dismissed" if dismissed else "withdrawn", on, reason, None))
                self._drop_verdicts_after(on)
                return
            finished_on = on if unit.project is None else self._submit(unit, on)
            if finished_on is not None:
                self.life.finished.append((unit, finished_on))
        if self._pass(units[-1].level):
            self.life.statuses.append(("graduated", self.life.levels_passed[-1][1], "", None))

    def _on(self, unit: Unit) -> date:
        """The day on which the learner is through with the unit."""
        self.planned += unit.takes * self.days_per_hour
        self.lag += 0.2 * (self.usual_lag - self.lag) + self.dice.gauss(0, 0.6)
        # Nobody is weeks ahead after a few days.
        lag = max(self.lag, -0.3 * self.planned)
        self.day = max(self.day, self.planned + self.paused + lag)
        return self.calendar.day(int(self.day))

    def _pass(self, level: int) -> bool:
        """Pass the level once all of its projects are accepted; False while that is not so."""
        finished = {unit for unit, _on in self.life.finished}
        if any(one.unit not in finished for one in self.life.attempts if one.unit.level == level):
            return False
        on = max(day for unit, day in self.life.finished if unit.level == level) + timedelta(days=1)
        if on > self.until:
            return False
        self.life.levels_passed.append((level, on))
        self.day = max(self.day, self.calendar.count(on))
        return True

    def _drop_verdicts_after(self, on: date) -> None:
        """Work of somebody who left is not reviewed any more."""
        life = self.life
        life.finished = [(unit, day) for unit, day in life.finished if day <= on]
        life.attempts = [one for one in life.attempts if one.submitted_on <= on]
        life.attempts = [
            replace(one, decided_on=None) if one.decided_on and one.decided_on > on else one for one in life.attempts
        ]

    def _pause(self) -> bool:
        """Go on leave; False when the learner is away until the end."""
        on = self.calendar.day(int(self.day) + 1)
        if on > self.until:
            return True
        back = on + LEAVE
        self.life.statuses.append(("on_leave", on, self.dice.choice(("health", "family", "work")), back))
        if back > self.until:
            return False
        self.life.statuses.append(("active", back, "", None))
        self.paused += self.calendar.count(back) - self.calendar.count(on)
        self.day = float(self.calendar.count(back))
        return True

    def _submit(self, unit: Unit, on: date) -> date | None:
        """Attempts until one passes; the day of passing, or None when that has not happened yet."""
        number, submitted = 1, on
        while submitted <= self.until:
            passes = self.dice.random() < (FIRST_ATTEMPT_PASSES if number == 1 else 0.9)
            decided = submitted + timedelta(days=self.dice.randint(1, 4))
            low = 3 if passes else 2
            first, second, third = (self.dice.choice((low, 3, 4)) for _ in range(3))
            scores = (first, second if passes else 2, third)
            known = decided if decided <= self.until else None
            self.life.attempts.append(Attempt(unit, number, submitted, known, passes, scores))
            if known is None:
                return None
            if passes:
                return decided
            number, submitted = number + 1, decided + timedelta(days=self.dice.randint(3, 10))
        return None


def _usual_lag(dice: random.Random) -> float:
    [(_weight, (least, most))] = dice.choices(LAGS, [weight for weight, _range in LAGS])
    return dice.uniform(least, most)


def _leaving_point(dice: random.Random, units: Sequence[Unit]) -> int | None:
    """The index of the unit during which the learner leaves, if ever."""
    for level in sorted({unit.level for unit in units}):
        if dice.random() < LEAVES_IN_LEVEL[level - 1]:
            return dice.choice([index for index, unit in enumerate(units) if unit.level == level])
    return None


def _log_weeks(
    life: Life, dice: random.Random, calendar: Calendar, hours_per_week: float, until: date, *, slumps: bool
) -> None:
    """Study hours of the complete weeks of the last half year; in a break and on leave there are none."""
    monday = monday_of(until + timedelta(days=1))
    for back in range(WEEKS_LOGGED, 0, -1):
        week = monday - timedelta(weeks=back)
        days = calendar.count(week + timedelta(days=6)) - calendar.count(week - timedelta(days=1))
        share = dice.uniform(0.8, 1.15) * days / 7 * (0.3 if slumps and back <= 5 else 1)
        if days and life.takes_part_on(week) and life.takes_part_on(week + timedelta(days=6)):
            life.weekly_hours.append((week, round(min(hours_per_week * share, 90) * 4) / 4))


# -- turns that a life takes ------------------------------------------------------------------------------------------


def fallen_silent(life: Life, *, since: date) -> Life:
    """The same life without anything done after that day."""
    attempts = [attempt for attempt in life.attempts if attempt.submitted_on <= since]
    return replace(
        life,
        finished=[(unit, day) for unit, day in life.finished if day <= since],
        attempts=attempts,
        levels_passed=[(level, day) for level, day in life.levels_passed if day <= since],
        weekly_hours=[(week, hours) for week, hours in life.weekly_hours if week + timedelta(days=6) <= since],
    )


def returned(life: Life, units: Sequence[Unit], *, on: date, summary: str) -> Life:
    """The same life where the latest project of the level, the first if there is none, came back with changes."""
    level = [unit for unit in units if unit.project is not None and unit.level == life.level]
    submitted = {attempt.unit for attempt in life.attempts}
    project = next((unit for unit in reversed(level) if unit in submitted), level[0])
    attempt = Attempt(project, 1, on - timedelta(days=3), on, False, (3, 2, 3), summary)
    return replace(
        life,
        finished=[one for one in life.finished if one[0] != project],
        attempts=[*(one for one in life.attempts if one.unit != project), attempt],
    )


def can_wait(life: Life) -> bool:
    """Whether the latest attempt can still be without a verdict: it is of a level that is not passed."""
    return (
        life.status == "active"
        and bool(life.attempts)
        and life.attempts[-1].unit.level == life.level
        and life.attempts[-1].decided_on is not None
        and not life.attempts[-1].summary
    )


def left_waiting(life: Life, *, since: date) -> Life:
    """The same life where the latest attempt came on that day or later and nobody has reviewed it; see `can_wait`."""
    latest = life.attempts[-1]
    latest = replace(latest, submitted_on=max(latest.submitted_on, since), decided_on=None)
    return replace(
        life,
        finished=[one for one in life.finished if one[0] != latest.unit],
        attempts=[*life.attempts[:-1], latest],
    )
