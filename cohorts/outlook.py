"""What one may expect of a cohort that is still being thought up: when its levels end at so many hours a week, how many
hours a week a wanted end takes, and what the plan's own target and formats come to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from cohorts.errors import CohortError
from cohorts.pacing import (
    DAY,
    LONGEST_YEARS,
    WHOLE,
    Calendar,
    DaysOff,
    check_hours,
    check_share,
    check_weekly_hours,
    days_for,
    ends_on,
    weekly_hours,
    years_after,
)
from cohorts.promises import StatedPace, stated_paces, target_years, warning_about
from cohorts.stages import LevelHours, level_hours_of
from curriculum.audit.pace import MAX_WEEKLY_HOURS
from curriculum.models import CurriculumVersion
from curriculum.sentences import Sentence, Span
from curriculum.tree import plan_of

DAYS_A_WEEK, DAYS_A_YEAR = 7, 365.2425


@dataclass(frozen=True)
class Stretch:
    """Some time of a program: `hours` from `starts_on` to `ends_on`, both included, with `days_off` between them."""

    hours: Decimal
    starts_on: date
    ends_on: date
    days_off: int

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days + 1

    @property
    def weeks(self) -> float:
        """Weeks on the calendar."""
        return self.days / DAYS_A_WEEK

    @property
    def program_weeks(self) -> float:
        """Weeks of program, without the days off."""
        return (self.days - self.days_off) / DAYS_A_WEEK

    @property
    def years(self) -> float:
        """From start to end, to a tenth."""
        return round(self.days / DAYS_A_YEAR, 1)


@dataclass(frozen=True)
class LevelStretch(Stretch):
    """The time of one level."""

    number: int
    title: str


@dataclass(frozen=True)
class Timetable:
    """The levels in time, at so many hours a week."""

    hours_per_week: Decimal
    whole: Stretch
    levels: tuple[LevelStretch, ...]

    @property
    def ends_on(self) -> date:
        return self.whole.ends_on

    @property
    def warning(self) -> Sentence | None:
        """When nobody works that many hours a week."""
        return warning_about(Span.of(self.hours_per_week))


@dataclass(frozen=True)
class Needed:
    """What it takes to end by a day. `hours_per_week` is None when no week has that many; `problem` then says so.

    `soonest` is the end at the most hours a week that anyone keeps up, and `share` what of the hours fits until the
    day at that pace, when the hours a week that it takes are more than that.
    """

    by: date
    hours_per_week: Decimal | None
    problem: str
    soonest: date | None
    share: float | None

    @property
    def most(self) -> Decimal:
        """The hours a week behind `soonest` and `share`."""
        return MAX_WEEKLY_HOURS


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`hours` are those that the levels take, of `planned`. `at_pace` answers hours a week, `needed` a wanted end.

    `timetable` shows the levels at the hours a week in question; None when no week has the hours that are needed.
    `target` is what the plan's target for the time to complete takes from here, None when the plan states none.
    """

    first_level: int
    last_level: int
    hours: Decimal
    planned: Decimal
    share: Decimal
    starts_on: date
    at_pace: Timetable | None
    needed: Needed | None
    timetable: Timetable | None
    target: Needed | None
    target_years: Decimal | None
    stated: tuple[StatedPace, ...]

    @property
    def is_scaled(self) -> bool:
        return self.share != WHOLE

    @property
    def percent(self) -> Decimal:
        return self.share * 100

    @property
    def meets_target(self) -> bool:
        return bool(self.target and self.timetable and self.timetable.ends_on <= self.target.by)


def outlook_of(
    *,
    version: CurriculumVersion,
    first_level: int,
    last_level: int,
    starts_on: date,
    days_off: Iterable[DaysOff],
    hours_per_week: Decimal | None = None,
    by: date | None = None,
    share: Decimal = WHOLE,
) -> Outlook:
    """From hours a week to the end, from the wanted end `by` to hours a week, or both.

    Raises CohortError as `ends_on`, `weekly_hours` and `level_hours_of` do; only that a week is too short for the
    wanted end is an answer and no error.
    """
    check_share(share)
    planned = level_hours_of(version, first_level, last_level)
    levels = [level._replace(hours=level.hours * share) for level in planned]
    hours = sum((level.hours for level in levels), Decimal())
    days_off = list(days_off)
    at_pace = timetable(levels, hours_per_week, starts_on, days_off) if hours_per_week is not None else None
    needed = needed_for(hours, starts_on, by, days_off) if by else None
    shown = at_pace
    if shown is None and needed is not None and needed.hours_per_week is not None:
        shown = timetable(levels, needed.hours_per_week, starts_on, days_off)
    plan = plan_of(version)
    years = target_years(plan)
    return Outlook(
        first_level=first_level,
        last_level=last_level,
        hours=hours,
        planned=sum((level.hours for level in planned), Decimal()),
        share=share,
        starts_on=starts_on,
        at_pace=at_pace,
        needed=needed,
        timetable=shown,
        target=_target(hours, starts_on, years, days_off) if years else None,
        target_years=years,
        stated=tuple(stated_paces(plan, levels)),
    )


def timetable(
    levels: Sequence[LevelHours], hours_per_week: Decimal, starts_on: date, days_off: Iterable[DaysOff]
) -> Timetable:
    """When each level starts and ends: the ends are those of the gates that `schedule.generate` makes.

    Raises CohortError as `ends_on` does.
    """
    check_weekly_hours(hours_per_week)
    check_hours(sum((level.hours for level in levels), Decimal()))
    calendar, passed, before, rows = Calendar(starts_on, days_off), Fraction(0), 0, []
    for level in levels:
        passed += Fraction(level.hours)
        last = days_for(passed, hours_per_week)
        # A level of less than a day can end on the day on which the one before it ends.
        first = min(before + 1, max(last, 1))
        rows.append(_stretch(calendar, level, calendar.day(first), calendar.day(last)))
        before = last
    whole = Stretch(
        sum((row.hours for row in rows), Decimal()),
        starts_on,
        rows[-1].ends_on,
        _off(calendar, starts_on, rows[-1].ends_on),
    )
    return Timetable(hours_per_week, whole, tuple(rows))


def _stretch(calendar: Calendar, level: LevelHours, first: date, last: date) -> LevelStretch:
    return LevelStretch(level.hours, first, last, _off(calendar, first, last), level.number, level.title)


def _off(calendar: Calendar, first: date, last: date) -> int:
    """Days off from `first` to `last`."""
    return (last - first).days + 1 - (calendar.count(last) - calendar.count(first - DAY))


def needed_for(hours: Decimal, starts_on: date, by: date, days_off: Sequence[DaysOff]) -> Needed:
    """What it takes to do the hours by that day. Raises CohortError as `weekly_hours`, but not `week_too_short`."""
    needed, problem = None, ""
    try:
        needed = weekly_hours(hours=hours, starts_on=starts_on, ends_on=by, days_off=days_off)
    except CohortError as error:
        if error.code != "week_too_short":
            raise
        problem = str(error)
    if needed is not None and needed <= MAX_WEEKLY_HOURS:
        return Needed(by, needed, problem, None, None)
    soonest = ends_on(hours=hours, hours_per_week=MAX_WEEKLY_HOURS, starts_on=starts_on, days_off=days_off)
    workable = Calendar(starts_on, days_off).count(by) * Fraction(MAX_WEEKLY_HOURS) / DAYS_A_WEEK
    return Needed(by, needed, problem, soonest, float(workable / Fraction(hours)))


def _target(hours: Decimal, starts_on: date, years: Decimal, days_off: Sequence[DaysOff]) -> Needed | None:
    """None when the breaks or the calendar leave no time until the target: there is nothing to compare."""
    if years > LONGEST_YEARS:
        return None
    try:
        return needed_for(hours, starts_on, years_after(starts_on, years), days_off)
    except CohortError:
        return None
