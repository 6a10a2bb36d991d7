"""The reminder rules, one readable table: what, when, to whom, by which channel, and what must still hold.

Each app declares its own rows; this module knows none of them. An organization may set other moments than the defaults.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.errors import MessageError
from notifications.models import ReminderLook, RuleOffset

#: What came due longer ago than this while nobody looked, is not even counted.
LOOK_BACK = timedelta(days=14)
EMAIL = _("Email")


class Unit(models.TextChoices):
    """How an offset is read."""

    DAYS_BEFORE = "days_before", _("days before")
    DAYS_AFTER = "days_after", _("days after")
    WORKING_DAYS_AFTER = "working_days_after", _("working days after")
    HOURS_BEFORE = "hours_before", _("hours before")
    HOURS_AFTER = "hours_after", _("hours after")
    CLOCK = "clock", _("o’clock")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of the table. Its offset is a whole number of `unit` from `least` to `most`.

    `key_part` is what keys of messages name the rule by; it stays when the offset changes, so that nobody is reminded
    twice. `longer_than` names the rule whose offset must be smaller.
    """

    name: str
    kind: str
    key_part: str
    what: str | Promise
    unit: Unit
    default: int
    least: int
    most: int
    moment: str | Promise
    until: str | Promise
    audience: str | Promise
    still_true: str | Promise
    channel: str | Promise = EMAIL
    longer_than: str = ""


@dataclass(frozen=True)
class RuleInForce:
    """A rule with the organization's offset; `own` is the fact that set it, None while the default holds."""

    rule: Rule
    amount: int
    own: RuleOffset | None


RULES: dict[str, Rule] = {}
_since: ContextVar[datetime | None] = ContextVar("reminders_since", default=None)


def register_rule(rule: Rule) -> Rule:
    """Declare a row, once, when the app is ready. Raises ValueError when another has its name."""
    if RULES.setdefault(rule.name, rule) is not rule:
        raise ValueError(f"There is a reminder rule named {rule.name} already.")
    return rule


# -- offsets -----------------------------------------------------------------------------------------------------------


def rules_in_force() -> list[RuleInForce]:
    """Every rule with the offset of the organization in scope. One query."""
    newest = RuleOffset.objects.order_by("rule", "-set_at", "-pk").distinct("rule").select_related("set_by")
    own = {fact.rule: fact for fact in newest}
    return [
        RuleInForce(rule, own[rule.name].amount if rule.name in own else rule.default, own.get(rule.name))
        for rule in RULES.values()
    ]


def offsets() -> dict[str, int]:
    """The offset of every rule by name, in the organization in scope. One query."""
    return {row.rule.name: row.amount for row in rules_in_force()}


def set_offsets(*, amounts: Mapping[str, int], by: Any, now: datetime) -> int:
    """Record the offsets that differ from those in force and return how many; `by` is the user.

    They hold for what is queued from now on. Raises MessageError `offset_out_of_range` or `offset_order`.
    """
    before = offsets()
    wanted = before | dict(amounts)
    for name, amount in wanted.items():
        rule = RULES[name]
        if not rule.least <= amount <= rule.most:
            words = {"what": rule.what, "least": rule.least, "most": rule.most}
            raise MessageError("offset_out_of_range", say("%(what)s: choose from %(least)s to %(most)s.") % words)
        if rule.longer_than and amount <= wanted[rule.longer_than]:
            words = {"what": rule.what, "other": RULES[rule.longer_than].what}
            raise MessageError("offset_order", say("“%(what)s” must come before “%(other)s”.") % words)
    changed = [name for name in wanted if wanted[name] != before[name]]
    RuleOffset.objects.bulk_create(
        RuleOffset(rule=name, amount=wanted[name], set_by=by, set_at=now) for name in changed
    )
    return len(changed)


# -- catching up -------------------------------------------------------------------------------------------------------


@contextmanager
def looking_back(*, now: datetime) -> Iterator[None]:
    """Queue reminders inside the block, knowing since when nobody looked; remember that somebody looked now."""
    last = ReminderLook.objects.values_list("looked_at", flat=True).first()
    token = _since.set(max(last, now - LOOK_BACK) if last else None)
    try:
        yield
    finally:
        _since.reset(token)
    if last is None or last < now:
        ReminderLook.objects.update_or_create(defaults={"looked_at": now})


def looked_since(*, now: datetime) -> datetime:
    """Since when nobody looked for reminders; `now` when that is not known, or not asked."""
    return _since.get() or now


def missed_at(due_at: datetime, expires_at: datetime, *, now: datetime) -> datetime | None:
    """`now` when the whole time in which a reminder was of use went by while nobody looked: it is counted, not sent."""
    return now if looked_since(now=now) < due_at and expires_at <= now else None


def is_wanted(due_at: datetime, expires_at: datetime, *, now: datetime) -> bool:
    """Whether a reminder is due and of use, or was missed altogether."""
    return due_at <= now and (now < expires_at or missed_at(due_at, expires_at, now=now) is not None)
