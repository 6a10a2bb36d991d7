"""Reminders of 1-on-1s, a day and an hour before."""

from datetime import datetime, timedelta

from mentoring.mails import REMINDER, drafts_of
from mentoring.models import OneOnOne
from notifications.kinds import register_queue
from notifications.outbox import Draft, enqueue_many

DAY_BEFORE, HOUR_BEFORE = timedelta(hours=24), timedelta(hours=1)


def queue_reminders(now: datetime) -> int:
    """Queue what is due and not yet queued: the reminder a day before until an hour before, then the other.

    Whoever set the time after a reminder was due needs none. Returns how many were queued.
    """
    coming = OneOnOne.objects.booked().filter(during__startswith__gt=now, during__startswith__lte=now + DAY_BEFORE)
    return enqueue_many([draft for one_on_one in coming for draft in _due(one_on_one, now)])


def _due(one_on_one: OneOnOne, now: datetime) -> list[Draft]:
    start = one_on_one.starts_at
    if now >= start - HOUR_BEFORE:
        due_at, expires_at, offset = start - HOUR_BEFORE, start, ":1h"
    else:
        due_at, expires_at, offset = start - DAY_BEFORE, start - HOUR_BEFORE, ":24h"
    if one_on_one.scheduled_at >= due_at:
        return []
    return drafts_of(REMINDER, one_on_one, due_at=due_at, expires_at=expires_at, offset=offset)


register_queue(queue_reminders)
