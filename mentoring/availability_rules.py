"""What a mentor offers: windows on the wall clock of one zone, dated exceptions to them, and the limits on bookings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from mentoring.clocks import DatedZone
from mentoring.spans import Span, merge
from mentoring.zones import load_zone

MINUTE = 60
THURSDAY = 3  # the weekday of 1970-01-01, Monday being 0
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class AvailabilityError(ValueError):
    """A rule that cannot be applied; the text names the value and what it may be."""

    code = "invalid_availability"


@dataclass(frozen=True)
class ClockWindow:
    """From `start_minute` (0 to 1439) up to `end_minute` (0 to 1440) of the wall clock, in minutes after midnight.

    An end at or before the start lies on the next date; 1440 is midnight at the end of the day.
    """

    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        _check_minutes(self.start_minute, self.end_minute)


@dataclass(frozen=True)
class WeeklyWindow:
    """A `ClockWindow` that starts on every `weekday`, 0 being Monday."""

    weekday: int
    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise AvailabilityError(f"A weekday is 0 (Monday) to 6 (Sunday), not {self.weekday}.")
        _check_minutes(self.start_minute, self.end_minute)


@dataclass(frozen=True)
class DatedException:
    """Replaces the weekly windows that start on `date`; a window that spills in from the day before is cut at midnight.

    No windows: a day off.
    """

    date: date
    windows: tuple[ClockWindow, ...] = ()


@dataclass(frozen=True)
class AvailabilityRules:
    """What a mentor offers. Lengths in minutes of elapsed time; a horizon or cap of `None` is no limit.

    `duration` is the length of a meeting and `step` the distance between starts, counted from the start of each window.
    `max_days_ahead`, `max_per_day` and `max_per_week` count dates and ISO weeks of the mentor's calendar: that of
    `zone`, or of a dated zone on its days.
    Raises `AvailabilityError` and `UnknownZoneError`.
    """

    zone: str
    windows: tuple[WeeklyWindow, ...]
    exceptions: tuple[DatedException, ...]
    duration: int
    step: int
    buffer_before: int = 0
    buffer_after: int = 0
    min_notice: int = 0
    max_days_ahead: int | None = None
    max_per_day: int | None = None
    max_per_week: int | None = None
    dated_zones: tuple[DatedZone, ...] = ()

    def __post_init__(self) -> None:
        load_zone(self.zone)
        if self.duration < 1 or self.step < 1:
            raise AvailabilityError("A meeting and the step between starts last at least one minute.")
        limits = (self.max_days_ahead, self.max_per_day, self.max_per_week)
        if min(self.buffer_before, self.buffer_after, self.min_notice, *(limit or 0 for limit in limits)) < 0:
            raise AvailabilityError("Buffers, notice, horizon and caps are zero or more.")
        if len(self.windows_by_date) < len(self.exceptions):
            raise AvailabilityError("A date has at most one exception.")

    @cached_property
    def windows_by_weekday(self) -> list[list[Span]]:
        windows: list[list[WeeklyWindow]] = [[] for _ in range(7)]
        for window in self.windows:
            windows[window.weekday].append(window)
        return [_on_clock(each) for each in windows]

    @cached_property
    def windows_by_date(self) -> dict[int, list[Span]]:
        return {each.date.toordinal() - _EPOCH_ORDINAL: _on_clock(each.windows) for each in self.exceptions}


def _on_clock(windows: Iterable[ClockWindow | WeeklyWindow]) -> list[Span]:
    """The windows of one date in seconds after its midnight; those that overlap or touch become one."""
    spans = []
    for window in windows:
        closes = window.end_minute if window.end_minute > window.start_minute else window.end_minute + 1440
        spans.append((window.start_minute * MINUTE, closes * MINUTE))
    return merge(spans)


def _check_minutes(start_minute: int, end_minute: int) -> None:
    if not 0 <= start_minute < 1440:
        raise AvailabilityError(f"A window starts at minute 0 to 1439 of the day, not {start_minute}.")
    if not 0 <= end_minute <= 1440:
        raise AvailabilityError(f"A window ends at minute 0 to 1440 of the day, not {end_minute}.")
