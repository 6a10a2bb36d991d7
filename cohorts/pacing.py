"""When would this end, and how many hours a week would end it by then?

A program runs every day of the week except on days off, so a week of 25 hours is 25/7 hours a day: the day on which a
stretch ends depends on nothing but hours, hours a week, the start and the days off.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import ceil

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cohorts.errors import CohortError
from design.dates import written_day

#: The years in which a program can plausibly run; any other date is a slip of the pen.
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
LONGEST_YEARS = 50
LONGEST_DAYS = LONGEST_YEARS * 365 + LONGEST_YEARS // 4
LEAST_WEEKLY_HOURS, MOST_WEEKLY_HOURS = Decimal(1), Decimal(168)
MOST_HOURS = Decimal(100_000)
#: What a cohort may take of the planned hours, in tenths of a percent.
LEAST_SHARE, WHOLE, SHARE_STEP = Decimal("0.01"), Decimal(1), Decimal("0.001")
DAY = timedelta(days=1)
#: Past every end that is within bounds, and still a date one can count on from.
FOREVER = date(2199, 12, 31)


@dataclass(frozen=True, order=True)
class DaysOff:
    """Days without program, both ends included."""

    first: date
    last: date


class Calendar:
    """The days on which the program runs, from `starts_on` on; days are counted from 1."""

    def __init__(self, starts_on: date, days_off: Iterable[DaysOff] = ()) -> None:
        """Raises CohortError `date_out_of_range` for a start that no program has."""
        check_date(starts_on)
        self.starts_on = starts_on
        self._breaks = _merged(starts_on, days_off)
        # How many program days have passed when each break begins.
        self._before: list[int] = []
        passed, reached = 0, starts_on
        for pause in self._breaks:
            passed += (pause.first - reached).days
            self._before.append(passed)
            reached = pause.last + DAY

    def day(self, number: int) -> date:
        """The date of program day `number`; anything under 1 is the first day.

        Raises CohortError `too_long` or `breaks_leave_no_time` when that is more than 50 years from the start.
        """
        number = max(number, 1)
        if number > LONGEST_DAYS:
            raise CohortError(
                "too_long",
                _("This would take more than %(years)s years. Raise the hours a week or choose fewer levels.")
                % {"years": LONGEST_YEARS},
            )
        # A break that begins after exactly number - 1 program days pushes this day behind it.
        behind = bisect_right(self._before, number - 1)
        off = sum((pause.last - pause.first).days + 1 for pause in self._breaks[:behind])
        if number + off > LONGEST_DAYS:
            raise CohortError(
                "breaks_leave_no_time",
                _("With these breaks the program would take more than %(years)s years. Shorten or remove a break.")
                % {"years": LONGEST_YEARS},
            )
        return self.starts_on + timedelta(days=number - 1 + off)

    def count(self, until: date) -> int:
        """How many program days there are from the start to `until`, both included."""
        if until < self.starts_on:
            return 0
        off = sum((min(pause.last, until) - pause.first).days + 1 for pause in self._breaks if pause.first <= until)
        return (until - self.starts_on).days + 1 - off


def ends_on(*, hours: Decimal, hours_per_week: Decimal, starts_on: date, days_off: Iterable[DaysOff] = ()) -> date:
    """The day on which the last of `hours` is done at `hours_per_week`.

    Raises CohortError when a value is out of bounds or the end is more than 50 years away.
    """
    check_hours(hours)
    check_weekly_hours(hours_per_week)
    return Calendar(starts_on, days_off).day(days_for(hours, hours_per_week))


def weekly_hours(*, hours: Decimal, starts_on: date, ends_on: date, days_off: Iterable[DaysOff] = ()) -> Decimal:
    """The hours a week, rounded up to a tenth, that finish `hours` on `ends_on` or before; at least 1.

    Raises CohortError `end_before_start`, `breaks_leave_no_time`, or `week_too_short` when a week has not that many.
    """
    check_hours(hours)
    check_date(ends_on)
    calendar = Calendar(starts_on, days_off)
    if ends_on < starts_on:
        raise CohortError("end_before_start", _("The end lies before the start. Choose a later end."))
    days = calendar.count(ends_on)
    if not days:
        raise CohortError(
            "breaks_leave_no_time", _("The breaks leave no day for the program. Choose a later end or remove a break.")
        )
    needed = max((hours * 7 / days).quantize(Decimal("0.1"), ROUND_CEILING), LEAST_WEEKLY_HOURS)
    if needed > MOST_WEEKLY_HOURS:
        raise CohortError(
            "week_too_short",
            _("Finishing by %(date)s would take %(hours)s hours a week, and a week has 168. Choose a later end.")
            % {"date": written_day(ends_on, "j M Y"), "hours": number_format(needed, force_grouping=True)},
        )
    return needed


def days_for(hours: Decimal | Fraction, hours_per_week: Decimal) -> int:
    """Program days that the hours take; a day that is begun counts."""
    return ceil(Fraction(hours) * 7 / Fraction(hours_per_week))


def years_after(start: date, years: Decimal) -> date:
    """The date so many years later, in whole months; the last of the month where the day does not exist."""
    months = start.year * 12 + start.month - 1 + int(years * 12)
    for day in range(start.day, 0, -1):
        try:
            return date(months // 12, months % 12 + 1, day)
        except ValueError:
            continue
    raise AssertionError("Every month has a first day.")


def check_date(day: date) -> None:
    """Raises CohortError `date_out_of_range` for a date before 2000 or after 2099."""
    if not EARLIEST <= day <= LATEST:
        raise CohortError(
            "date_out_of_range",
            _("%(date)s is not a date for a program. Choose one between 2000 and 2099.") % {"date": day.isoformat()},
        )


def check_weekly_hours(hours: Decimal) -> None:
    """Raises CohortError `weekly_hours_out_of_range` unless 1 ≤ hours ≤ 168."""
    if not (hours.is_finite() and LEAST_WEEKLY_HOURS <= hours <= MOST_WEEKLY_HOURS):
        raise CohortError(
            "weekly_hours_out_of_range",
            _("Hours a week lie between 1 and 168: a week has no more. Enter such a number."),
        )


def check_share(share: Decimal) -> None:
    """Raises CohortError `share_out_of_range` unless it is from 1 to 100 percent, in tenths of a percent."""
    if not (share.is_finite() and LEAST_SHARE <= share <= WHOLE and share == share.quantize(SHARE_STEP)):
        raise CohortError(
            "share_out_of_range",
            _("A cohort takes 1 to 100% of the planned hours, in tenths of a percent. Enter such a number."),
        )


def check_hours(hours: Decimal) -> None:
    """Raises CohortError `no_hours` or `too_many_hours`."""
    if not hours > 0:
        raise CohortError(
            "no_hours", _("These levels have no planned hours. Choose other levels or add hours to the curriculum.")
        )
    if hours > MOST_HOURS:
        raise CohortError(
            "too_many_hours",
            _("A program has at most %(most)s hours. Choose fewer levels.")
            % {"most": number_format(MOST_HOURS, force_grouping=True)},
        )


def _merged(starts_on: date, days_off: Iterable[DaysOff]) -> list[DaysOff]:
    """The days off from the start on: in order, without overlap, neighbors joined."""
    merged: list[DaysOff] = []
    for pause in sorted(days_off):
        if pause.last < starts_on or pause.last < pause.first:
            continue
        first, last = max(pause.first, starts_on), min(pause.last, FOREVER)
        if merged and (first - merged[-1].last).days <= 1:
            merged[-1] = DaysOff(merged[-1].first, max(merged[-1].last, last))
        elif first <= last:
            merged.append(DaysOff(first, last))
    return merged
