"""The dates on which a 1-on-1 comes back, and what becomes of each on a mentor's calendar. Nothing here is a query.

A series keeps the mentor's wall clock: 10:30 stays 10:30 when the clock is put forward or back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from mentoring.availability import ClosedReason
from mentoring.calendars import Calendar
from mentoring.clocks import DatedZone, clock_at, clock_segments, zone_on
from mentoring.series_records import Series
from mentoring.zones import DAY, load_zone

Rhythm = Series.Rhythm

WEEK = timedelta(days=7)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
#: How far from its own date another time is offered: never so far that two dates of a series could get the same.
REACH = {
    Rhythm.FORTNIGHTLY: timedelta(days=3),
    Rhythm.FOUR_WEEKLY: timedelta(days=6),
    Rhythm.MONTHLY: timedelta(days=6),
}
LAST = 5


class Fate(StrEnum):
    """What stands in the way on a date; `open` when nothing does. The others are as `ClosedReason` has them."""

    OPEN = "open"
    NO_SUCH_TIME = "no_such_time"  # the clock is put forward over it
    BREAK = "break"
    TIME_OFF = "time_off"
    TAKEN = "taken"
    CAP_REACHED = "cap_reached"
    OUTSIDE = "outside"
    TOO_SOON = "too_soon"


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """A date of a series. `start` is None when its clock never reads that time; `nearest` is the closest free time."""

    day: date
    start: datetime | None
    fate: Fate
    nearest: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.fate == Fate.OPEN


def place_in_month(day: date) -> int:
    """Which one of its weekday in the month: 1 to 4; the fifth counts as `LAST`, which every month has."""
    return min((day.day - 1) // 7 + 1, LAST)


def days_of(rhythm: str, first_day: date, *, through: date) -> Iterator[date]:
    """The dates of a series from `first_day` on, in order, up to and including `through`."""
    if rhythm != Rhythm.MONTHLY:
        step = 2 * WEEK if rhythm == Rhythm.FORTNIGHTLY else 4 * WEEK
        day = first_day
        while day <= through:
            yield day
            day += step
        return
    place, month = place_in_month(first_day), first_day.replace(day=1)
    while (day := _of_month(month, first_day.weekday(), place)) <= through:
        yield day
        month = (month + timedelta(days=32)).replace(day=1)


def occurrences(
    calendar: Calendar, *, rhythm: str, first_day: date, minute: int, now: datetime, after: date | None = None
) -> list[Occurrence]:
    """The dates after `after` that can be booked now as far as the mentor's horizon goes, each with what becomes of it.

    The calendar reaches from `now` to that horizon.
    """
    mentor, zone, dated = calendar.mentor, calendar.rules.zone, calendar.rules.dated_zones
    today = now.astimezone(clock_at(zone, dated, now)).date()
    through = today + timedelta(days=mentor.max_days_ahead)
    free = calendar.free(start=now, end=now + timedelta(days=mentor.max_days_ahead + 2), now=now)
    open_now = frozenset(free)
    found = []
    for day in days_of(rhythm, first_day, through=through):
        if day < today or (after is not None and day <= after):
            continue
        start = start_on(day, minute, zone=zone, dated_zones=dated)
        fate = _fate(calendar, start, open_now, now) if start else Fate.NO_SUCH_TIME
        nearest = None
        if fate != Fate.OPEN:
            nearest = _nearest(
                free, start or _around(day, minute, zone=zone_on(zone, dated, day)), REACH[Rhythm(rhythm)]
            )
        found.append(Occurrence(day=day, start=start, fate=fate, nearest=nearest))
    return found


def start_on(day: date, minute: int, *, zone: str, dated_zones: Sequence[DatedZone] = ()) -> datetime | None:
    """When the clock reads that minute of the day: the first time of two, None when it never does."""
    reading = (day.toordinal() - _EPOCH_ORDINAL) * DAY + minute * 60
    for since, until, offset in clock_segments(zone, dated_zones, start=reading - 2 * DAY, end=reading + 2 * DAY):
        if since <= reading - offset < until:
            return datetime.fromtimestamp(reading - offset, UTC)
    return None


def _fate(calendar: Calendar, start: datetime, free: frozenset[datetime], now: datetime) -> Fate:
    if start in free:
        return Fate.OPEN
    if calendar.is_in_break(at=start):
        return Fate.BREAK
    reasons = calendar.why_closed(at=start, now=now)
    # What is out of the ordinary first: a mentor on leave is "away", although the hour may be taken too.
    order = (ClosedReason.TOO_SOON, ClosedReason.TIME_OFF, ClosedReason.TAKEN, ClosedReason.OUTSIDE)
    return Fate(next((reason.value for reason in order if reason in reasons), Fate.CAP_REACHED.value))


def _nearest(free: Sequence[datetime], wanted: datetime, reach: timedelta) -> datetime | None:
    within = [start for start in free if abs(start - wanted) <= reach]
    return min(within, key=lambda start: (abs(start - wanted), start), default=None)


def _around(day: date, minute: int, *, zone: str) -> datetime:
    """An instant close to a reading that a gap swallowed."""
    return datetime(day.year, day.month, day.day, tzinfo=load_zone(zone)) + timedelta(minutes=minute)


def _of_month(month: date, weekday: int, place: int) -> date:
    first = month + timedelta(days=(weekday - month.weekday()) % 7)
    if place < LAST:
        return first + (place - 1) * WEEK
    last = first + 4 * WEEK
    return last if last.month == month.month else last - WEEK
