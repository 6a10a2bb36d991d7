"""Reminders of 1-on-1s, by default a day and an hour before."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from mentoring.mails import REMINDER, drafts_of
from mentoring.models import OneOnOne
from notifications.kinds import register_queue
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Rule, Unit, looked_since, missed_at, offsets, register_rule

_booked = _("It is booked at that time.")
DAY_BEFORE = register_rule(
    Rule(
        name="one_on_one_first",
        kind=REMINDER,
        key_part=":24h",
        what=_("A 1-on-1 comes near"),
        unit=Unit.HOURS_BEFORE,
        default=24,
        least=2,
        most=72,
        moment=_("The start"),
        until=_("The next reminder"),
        audience=_("The learner and the mentor"),
        still_true=_booked,
        longer_than="one_on_one_second",
    )
)
HOUR_BEFORE = register_rule(
    Rule(
        name="one_on_one_second",
        kind=REMINDER,
        key_part=":1h",
        what=_("A 1-on-1 begins soon"),
        unit=Unit.HOURS_BEFORE,
        default=1,
        least=1,
        most=12,
        moment=_("The start"),
        until=_("The start"),
        audience=_("The learner and the mentor"),
        still_true=_booked,
    )
)


def queue_reminders(now: datetime) -> int:
    """Queue what is due and not yet queued: the first reminder until the second one's moment, then the second.

    Whoever set the time after a reminder was due needs none. Returns how many were queued.
    """
    amounts = offsets()
    since, until = looked_since(now=now), now + timedelta(hours=amounts.most(DAY_BEFORE.name))
    coming = OneOnOne.objects.booked().filter(during__startswith__gt=since, during__startswith__lte=until)
    return enqueue_many(
        draft
        for one in coming.select_related("enrollment")
        for draft in _due(one, amounts.of(one.enrollment.cohort_id), now)
    )


def _due(one_on_one: OneOnOne, amounts: Mapping[str, int], now: datetime) -> list[Draft]:
    start = one_on_one.starts_at
    first, second = (timedelta(hours=amounts[rule.name]) for rule in (DAY_BEFORE, HOUR_BEFORE))
    if now >= start - second:
        due_at, expires_at, rule = start - second, start, HOUR_BEFORE
    else:
        due_at, expires_at, rule = start - first, start - second, DAY_BEFORE
    missed = missed_at(due_at, expires_at, now=now)
    if due_at > now or one_on_one.scheduled_at >= due_at or (expires_at <= now and missed is None):
        return []
    return drafts_of(REMINDER, one_on_one, due_at=due_at, expires_at=expires_at, offset=rule.key_part, missed_at=missed)


register_queue(queue_reminders)
