"""What learners would see if a mentor's rules were these, on the clock of any of them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone

from mentoring.availability_rules import AvailabilityRules
from mentoring.calendars import Calendar
from mentoring.offering import too_short
from mentoring.slot_days import SlotDay, slot_days

DAYS_SHOWN = 5
#: How far ahead the days are looked for.
REACH = timedelta(days=21)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`longest` is the longest window in minutes, when it is too short for a 1-on-1 of `duration`."""

    zone: str
    days: list[SlotDay]
    duration: int
    longest: int | None

    @property
    def zones_differ(self) -> bool:
        """Whether the mentor's clock stands beside some of the times."""
        return any(slot.theirs for day in self.days for slot in day.slots)


def preview_of(calendar: Calendar, *, rules: AvailabilityRules, zone: str, now: datetime) -> Preview:
    """The first days with free times if these were the rules. The calendar reaches to `REACH` after now."""
    free = replace(calendar, rules=rules).free(start=now, end=now + REACH, now=now)
    with timezone.override(zone):
        days = slot_days(free, mentor_zone=rules.zone, dated_zones=rules.dated_zones)[:DAYS_SHOWN]
    return Preview(zone=zone, days=days, duration=rules.duration, longest=too_short(rules))
