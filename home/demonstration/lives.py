"""One learner's life in a cohort: what they finish when, whether they leave, how their work is judged.

Pure: the same seed and dates give the same life. Nothing here knows the database.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

#: Chances over a level of about 2,000 hours, so that about three in four reach the end of level 3.
LEAVES_IN_LEVEL = (0.11, 0.085, 0.07, 0.09, 0.08)
TAKES_LEAVE = 0.06
FIRST_ATTEMPT_PASSES = 0.76
REASONS = ("work", "health", "family", "pace", "expectations", "found_job", "moved", "unknown")


@dataclass(frozen=True)
class Unit:
    """A topic, or a project that is submitted and reviewed, in the order of the path."""

    level: int
    hours: float
    topic: Any = None
    project: Any = None


@dataclass(frozen=True)
class Attempt:
    unit: Unit
    number: int
    submitted_on: date
    decided_on: date | None
    passes: bool
    scores: tuple[int, int, int]


@dataclass
class Life:
    """What happened up to `today`; dates in order."""

    statuses: list[tuple[str, date, str, date | None]] = field(default_factory=list)  # status, day, reason, return
    finished: list[tuple[Unit, date]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    levels_passed: list[tuple[int, date]] = field(default_factory=list)
    graduated_on: date | None = None
    weekly_hours: list[tuple[date, float]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return self.statuses[-1][0]


def live(
    *, dice: random.Random, units: list[Unit], starts_on: date, hours_per_week: float, today: date, steady: bool = False
) -> Life:
    """Walk the path from the start until graduation, leaving or today. A `steady` learner neither leaves nor pauses."""
    life = Life(statuses=[("enrolled", starts_on - timedelta(days=dice.randint(10, 60)), "", None)])
    if starts_on > today:
        return life
    if not steady and dice.random() < 0.03:  # changes their mind before the census
        life.statuses.append(("withdrawn", starts_on - timedelta(days=3), "expectations", None))
        return life
    life.statuses.append(("active", starts_on, "", None))
    pace = hours_per_week * (dice.triangular(0.82, 1.08, 0.97) if not steady else 0.98) / 7
    day, last_level = float(0), units[0].level
    leaving = _leaving_point(dice, units) if not steady else None
    pause_at = dice.randint(20, len(units) - 1) if not steady and dice.random() < TAKES_LEAVE * 3 else None
    for index, unit in enumerate(units):
        if unit.level != last_level:
            _pass_level(life, last_level, starts_on + timedelta(days=day))
            last_level = unit.level
        if index == pause_at and not _pause(life, dice, starts_on + timedelta(days=day), today):
            return life
        if index == pause_at:
            day += 90
        day += unit.hours / pace * dice.uniform(0.85, 1.15)
        on = starts_on + timedelta(days=day)
        if leaving == index and on <= today:
            status = "dismissed" if dice.random() < 0.08 else "withdrawn"
            life.statuses.append((status, on, "progress" if status == "dismissed" else dice.choice(REASONS), None))
            break
        if on > today:
            break
        if unit.project is not None:
            passed_on = _submit(life, dice, unit, on, today)
            if passed_on is None:
                break
            day = max(day, (passed_on - starts_on).days)
            life.finished.append((unit, passed_on))
        else:
            life.finished.append((unit, on))
    else:
        on = starts_on + timedelta(days=day + 1)
        if on <= today:
            _pass_level(life, last_level, on)
            life.statuses.append(("graduated", on, "", None))
            life.graduated_on = on
    _log_weeks(life, dice, pace * 7, today)
    return life


def _leaving_point(dice: random.Random, units: list[Unit]) -> int | None:
    """The index of the unit after which the learner leaves, if ever."""
    for level in sorted({unit.level for unit in units}):
        if dice.random() < LEAVES_IN_LEVEL[level - 1]:
            indexes = [index for index, unit in enumerate(units) if unit.level == level]
            return dice.choice(indexes)
    return None


def _pause(life: Life, dice: random.Random, on: date, today: date) -> bool:
    """Go on leave for 90 days; False when the learner is still away today."""
    if on > today:
        return True
    life.statuses.append(("on_leave", on, dice.choice(("health", "family", "work")), on + timedelta(days=90)))
    back = on + timedelta(days=90)
    if back > today:
        return False
    life.statuses.append(("active", back, "", None))
    return True


def _pass_level(life: Life, level: int, on: date) -> None:
    life.levels_passed.append((level, on))


def _submit(life: Life, dice: random.Random, unit: Unit, on: date, today: date) -> date | None:
    """Attempts until one passes; the day of passing, or None when that has not happened yet."""
    number, submitted = 1, on
    while True:
        passes = dice.random() < (FIRST_ATTEMPT_PASSES if number == 1 else 0.9)
        decided: date | None = submitted + timedelta(days=dice.randint(1, 6))
        if decided is not None and decided > today:
            decided = None
        low = 3 if passes else 2
        first, second, third = (dice.choice((low, 3, 4)) for _ in range(3))
        scores = (first, second if passes else 2, third)
        life.attempts.append(Attempt(unit, number, submitted, decided, passes, scores))
        if decided is None:
            return None
        if passes:
            return decided
        number, submitted = number + 1, decided + timedelta(days=dice.randint(4, 15))
        if submitted > today:
            return None


def _log_weeks(life: Life, dice: random.Random, weekly: float, today: date) -> None:
    """Study hours of the last half year, for those still here."""
    if life.status != "active":
        return
    monday = today - timedelta(days=today.weekday())
    slump = dice.random() < 0.14
    for back in range(26, 0, -1):
        week = monday - timedelta(weeks=back)
        if week < life.statuses[1][1]:
            continue
        share = dice.uniform(0.75, 1.15) * (0.3 if slump and back <= 5 else 1)
        if slump and back <= 2 and dice.random() < 0.6:
            continue
        life.weekly_hours.append((week, round(min(weekly * share, 90) * 4) / 4))
