"""The first times for a 1-on-1, for pages that show them beside other things."""

from collections.abc import Iterable
from datetime import datetime

from cohorts.models import Enrollment
from cohorts.pacing import DaysOff
from mentoring.booking import why_not
from mentoring.calendars import horizon, read_calendar
from mentoring.slot_days import Offer, slot_days


def first_slots(
    enrollment: Enrollment, now: datetime, limit: int = 5, *, days_off: Iterable[DaysOff] | None = None
) -> Offer:
    """The first times that the learner can book; none when they cannot book at all.

    `days_off` are the cohort's, where the caller has them.
    """
    if enrollment.mentor_id is None or why_not(mentor=enrollment.mentor, enrollment=enrollment) is not None:
        return Offer()
    calendar = read_calendar(mentor=enrollment.mentor_id, enrollment=enrollment, start=now, days_off=days_off)
    if calendar is None:
        return Offer()
    free = calendar.free(start=now, end=horizon(calendar.mentor, now=now), now=now)[:limit]
    zone, dated = calendar.rules.zone, calendar.rules.dated_zones
    return Offer(days=slot_days(free, mentor_zone=zone, dated_zones=dated), mentor_zone=zone)
