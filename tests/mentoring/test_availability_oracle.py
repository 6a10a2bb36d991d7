import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mentoring.availability import Held, free_slots, why_closed
from mentoring.availability_rules import AvailabilityRules, ClockWindow, DatedException, WeeklyWindow
from mentoring.clocks import DatedZone
from tests.examples import examples
from tests.mentoring.availability_oracle import Oracle

# Each zone with UTC instants worth standing around: changes of offset, skipped dates, and plain days.
ZONES = {
    "Africa/Cairo": ("2026-04-23T22:00", "2026-10-29T21:00"),
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-03-22T02:00"),
    "America/Havana": ("2025-11-02T05:00", "2026-03-08T05:00"),
    "America/New_York": ("2026-11-01T06:00", "2027-03-14T07:00"),
    "America/Santiago": ("2026-04-05T03:00", "2026-09-06T04:00"),
    "America/Sao_Paulo": ("2018-11-04T03:00", "2019-02-17T02:00"),
    "America/St_Johns": ("2010-11-07T02:31", "2011-03-13T03:31", "2026-11-01T04:30"),
    "Antarctica/Troll": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "Asia/Beirut": ("2026-03-28T22:00", "2026-10-24T21:00"),
    "Asia/Gaza": ("2026-03-28T00:00", "2026-10-23T23:00"),
    "Asia/Kathmandu": ("2026-09-07T00:00",),
    "Asia/Kolkata": ("2026-09-07T00:00",),
    "Asia/Pyongyang": ("2018-05-04T15:00",),
    "Atlantic/Azores": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "Europe/Amsterdam": ("2026-10-25T01:00", "2027-03-28T01:00"),
    "Europe/Dublin": ("2026-10-25T01:00", "2027-03-28T01:00"),
    "Pacific/Apia": ("2011-09-24T14:00", "2011-12-30T10:00"),
    "Pacific/Chatham": ("2026-04-04T14:00", "2026-09-26T14:00"),
    "UTC": ("2026-12-31T23:00",),
}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Dice:
    """Random input around an instant; windows, holds and lengths in multiples of five minutes."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def multiple(self, grain: int, low: int, high: int) -> int:
        return grain * self.random.randint(low // grain, high // grain)

    def window(self) -> tuple[int, int]:
        start = self.multiple(5, 0, 1435)
        shape = self.random.random()
        if shape < 0.1:
            return 0, 1440
        if shape < 0.3:
            return self.multiple(5, 1200, 1435), self.multiple(5, 0, 240)
        if shape < 0.5:
            return self.multiple(30, 0, 120), self.multiple(15, 0, 300)
        return start, min(1440, start + self.multiple(5, 5, 480))

    def held(self, around: datetime) -> tuple[Held, ...]:
        holds = []
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            start = around + timedelta(minutes=self.multiple(5, -3 * 1440, 3 * 1440))
            buffers = [self.random.choice((None, None, 0, 10, 45)) for _ in range(2)]
            holds.append(Held(start, start + timedelta(minutes=self.multiple(5, 5, 240)), *buffers))
        return tuple(holds)

    def limit(self, *choices: int) -> int | None:
        return self.random.choice(choices) if self.random.random() < 0.15 else None

    def dated_zones(self, around: datetime) -> tuple[DatedZone, ...]:
        stays = []
        for _ in range(self.random.choice((0, 0, 1, 2))):
            first = around.date() + timedelta(days=self.random.randint(-3, 2))
            last = first + timedelta(days=self.random.randint(0, 4))
            stays.append(DatedZone(self.random.choice(list(ZONES)), first, last))
        return tuple(stays)

    def rules(self, zone: str, around: datetime) -> AvailabilityRules:
        weekdays = [(around + timedelta(days=shift)).weekday() for shift in (-2, -1, -1, 0, 0, 0, 1)]
        windows = [WeeklyWindow(self.random.choice(weekdays), *self.window()) for _ in range(self.random.randint(2, 9))]
        shifts = {self.random.randint(-2, 2) for _ in range(self.random.choice((0, 0, 0, 1, 3)))}
        exceptions = (
            DatedException(
                around.date() + timedelta(days=shift),
                tuple(ClockWindow(*self.window()) for _ in range(self.random.choice((0, 1, 2)))),
            )
            for shift in sorted(shifts)
        )
        return AvailabilityRules(
            zone=zone,
            windows=tuple(windows),
            exceptions=tuple(exceptions),
            duration=self.random.choice((5, 15, 30, 30, 45, 60, 90, 480, 1600)),
            step=self.random.choice((5, 15, 20, 30, 40, 50, 60, 95)),
            buffer_before=self.random.choice((0, 0, 5, 20)),
            buffer_after=self.random.choice((0, 0, 10, 60)),
            min_notice=self.random.choice((0, 0, 0, 60, 1440)),
            max_days_ahead=self.limit(0, 1, 2, 30),
            max_per_day=self.limit(0, 1, 2),
            max_per_week=self.limit(1, 3, 8),
            dated_zones=self.dated_zones(around),
        )


@pytest.mark.parametrize("zone", ZONES)
def test_agrees_with_a_minute_by_minute_reading_of_the_rules(zone: str) -> None:
    dice = Dice(zone)
    for number in range(examples(50)):
        around = instant(dice.random.choice(ZONES[zone]))
        rules = dice.rules(zone, around)
        start = around + timedelta(minutes=dice.multiple(1, -1440, 720))
        end = start + timedelta(minutes=dice.multiple(1, 60, 1440))
        context: dict[str, Any] = {
            "now": around - timedelta(minutes=dice.multiple(1, -300, 6000)),
            "mentor_bookings": dice.held(around),
            "learner_bookings": dice.held(around),
            "time_off": dice.held(around),
        }
        oracle = Oracle(rules, start=start, end=end, **context)

        slots = free_slots(rules, start=start, end=end, **context)

        described = f"{zone} number {number}: {rules} {start} {end} {context}"
        assert slots == oracle.starts(), described
        for at in (*slots[:1], start + timedelta(minutes=dice.multiple(1, 0, 59))):
            assert set(why_closed(rules, at=at, **context)) == oracle.reasons(at), f"{at} {described}"
