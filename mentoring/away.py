"""Mentors on time off are away for the rest of Gilde too."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from cohorts import time_away
from mentoring.models import TimeOff


@time_away.register
def on_time_off(start: datetime, end: datetime) -> Iterable[UUID]:
    """Members whose one stretch of time off holds all of it. One query."""
    return TimeOff.objects.filter(during__contains=DateTimeTZRange(start, end)).values_list(
        "mentor__membership", flat=True
    )
