"""The free-slot rules read aloud: every minute is looked at by itself, through `zoneinfo`, from UTC to local time only.

Slow on purpose, and sharing nothing with `mentoring.availability` but the types of the input and the zone data.
Instants are whole minutes since 1970-01-01T00:00Z; all input must fall on whole minutes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache

from mentoring.availability import Held
from mentoring.availability_rules import AvailabilityRules, ClockWindow, WeeklyWindow
from mentoring.zones import load_zone

DAY_MINUTES = 1440
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# Windows of one date end before two days are over, and a fold adds three hours at most, a flight 26.
LOOK_BACK, FLIGHT = 2 * DAY_MINUTES + 180, 26 * 60


@cache
def wall_clock(zone: str, minute: int) -> int:
    """What the mentor's clock and calendar read, in minutes since they would have read 1970-01-01 00:00."""
    local = datetime.fromtimestamp(minute * 60, load_zone(zone))
    return (local.toordinal() - EPOCH_ORDINAL) * DAY_MINUTES + local.hour * 60 + local.minute


class Oracle:
    """Answers for instants in `[start, end)`."""

    def __init__(
        self,
        rules: AvailabilityRules,
        *,
        start: datetime,
        end: datetime,
        now: datetime,
        mentor_bookings: Iterable[Held],
        learner_bookings: Iterable[Held],
        time_off: Iterable[Held],
    ) -> None:
        self.rules = rules
        self.now = minute_of(now)
        self.mentor_bookings = list(mentor_bookings)
        self.learner_bookings = list(learner_bookings)
        self.time_off = list(time_off)
        self.exceptions: dict[int, Sequence[ClockWindow | WeeklyWindow]] = {
            each.date.toordinal() - EPOCH_ORDINAL: each.windows for each in rules.exceptions
        }
        self.open_at: dict[int, tuple[int, ...]] = {}
        self.days_read: set[int] = set()
        self.on_grid = self.starts_on_grid(minute_of(start), minute_of(end))

    def starts(self) -> list[datetime]:
        """Every bookable start."""
        return [datetime.fromtimestamp(minute * 60, UTC) for minute in self.on_grid if not self.obstacles(minute)]

    def reasons(self, at: datetime) -> set[str]:
        """Every reason why `at` is not bookable."""
        minute = minute_of(at)
        return self.obstacles(minute) if minute in self.on_grid else self.obstacles(minute) | {"outside"}

    def starts_on_grid(self, first: int, last: int) -> list[int]:
        """Rules 1 to 4: walk through the minutes, note where each window begins, and count steps from there."""
        look_back = LOOK_BACK + (FLIGHT if self.rules.dated_zones else 0)
        minutes = range(first - look_back, last + self.rules.duration)
        occurrences = [self.occurrences_at(minute) for minute in minutes]
        begins: dict[int, int] = {}
        on_step = set()
        for minute, here in zip(minutes, occurrences, strict=True):
            for occurrence in here:
                if (minute - begins.setdefault(occurrence, minute)) % self.rules.step == 0:
                    on_step.add(minute)
        minutes_left = 0
        stays_open = set()
        for minute, here in zip(reversed(minutes), reversed(occurrences), strict=True):
            minutes_left = minutes_left + 1 if here else 0
            if minutes_left >= self.rules.duration:
                stays_open.add(minute)
        return sorted(minute for minute in on_step & stays_open if first <= minute < last)

    def occurrences_at(self, minute: int) -> tuple[int, ...]:
        """Which windows are open, each named by the reading of the wall clock at which it starts."""
        reading = wall_clock(self.zone_at(minute), minute)
        day = reading // DAY_MINUTES
        if day not in self.days_read:
            self.days_read.add(day)
            spilled = {} if day in self.exceptions else self.readings_from(day - 1)
            for windows in (self.readings_from(day), spilled):
                for each, begin in windows.items():
                    if each // DAY_MINUTES == day:
                        self.open_at[each] = (*self.open_at.get(each, ()), begin)
        return self.open_at.get(reading, ())

    def readings_from(self, day: int) -> dict[int, int]:
        """Of windows that start on `day`: each open reading, and the first of the unbroken stretch it is in."""
        weekday = date.fromordinal(day + EPOCH_ORDINAL).weekday()
        weekly = [each for each in self.rules.windows if each.weekday == weekday]
        readings = set()
        for window in self.exceptions.get(day, weekly):
            reading = day * DAY_MINUTES + window.start_minute
            readings.add(reading)
            while (reading + 1 - window.end_minute) % DAY_MINUTES:
                reading += 1
                readings.add(reading)
        begins: dict[int, int] = {}
        for reading in sorted(readings):
            begins[reading] = begins.get(reading - 1, reading)
        return begins

    def obstacles(self, minute: int) -> set[str]:
        """Rules 5 to 8."""
        rules = self.rules
        end = minute + rules.duration
        today = self.local_date(minute)
        found = set()
        if minute < self.now + rules.min_notice:
            found.add("too_soon")
        days_ahead = (today - self.local_date(self.now)).days
        if rules.max_days_ahead is not None and days_ahead > rules.max_days_ahead:
            found.add("too_far")
        for booking in self.mentor_bookings:
            before = rules.buffer_before if booking.buffer_before is None else booking.buffer_before
            after = rules.buffer_after if booking.buffer_after is None else booking.buffer_after
            held_from, held_until = minute_of(booking.start) - before, minute_of(booking.end) + after
            if minute - rules.buffer_before < held_until and held_from < end + rules.buffer_after:
                found.add("taken")
        if any(minute < minute_of(each.end) and minute_of(each.start) < end for each in self.learner_bookings):
            found.add("taken")
        if any(minute < minute_of(each.end) and minute_of(each.start) < end for each in self.time_off):
            found.add("time_off")
        dates = [self.local_date(minute_of(each.start)) for each in self.mentor_bookings]
        same_day = sum(each == today for each in dates)
        same_week = sum(each.isocalendar()[:2] == today.isocalendar()[:2] for each in dates)
        if rules.max_per_day is not None and same_day >= rules.max_per_day:
            found.add("cap_reached")
        if rules.max_per_week is not None and same_week >= rules.max_per_week:
            found.add("cap_reached")
        return found

    def local_date(self, minute: int) -> date:
        return date.fromordinal(wall_clock(self.zone_at(minute), minute) // DAY_MINUTES + EPOCH_ORDINAL)

    def zone_at(self, minute: int) -> str:
        """The first dated zone in which it is one of its days, else the mentor's own."""
        for each in self.rules.dated_zones:
            there = date.fromordinal(wall_clock(each.zone, minute) // DAY_MINUTES + EPOCH_ORDINAL)
            if each.first <= there <= each.last:
                return each.zone
        return self.rules.zone


def minute_of(moment: datetime) -> int:
    minutes, rest = divmod(int(moment.timestamp()), 60)
    if rest:
        raise ValueError(f"{moment} is not a whole minute")
    return minutes
