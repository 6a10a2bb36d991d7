"""The reminder rules, one readable table: what, when, to whom, by which channel, and what must still hold.

Each app declares its own rows; this module knows none of them. An organization may set other moments than the defaults,
and other ones again for a cohort.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

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
    """A rule with the offset that holds; `own` is the fact that set it here, None while `above` holds."""

    rule: Rule
    amount: int
    own: RuleOffset | None
    above: int


@dataclass(frozen=True)
class Offsets:
    """The offset of every rule by name: of the organization, and of each cohort that has some of its own."""

    everywhere: Mapping[str, int]
    own: Mapping[UUID, Mapping[str, int]]

    def __getitem__(self, name: str) -> int:
        return self.everywhere[name]

    def of(self, group_id: UUID | None) -> Mapping[str, int]:
        own = self.own.get(group_id) if group_id else None
        return {**self.everywhere, **own} if own else self.everywhere

    def least(self, name: str) -> int:
        return min(self._all(name))

    def most(self, name: str) -> int:
        return max(self._all(name))

    def _all(self, name: str) -> list[int]:
        return [self.everywhere[name], *(own[name] for own in self.own.values() if name in own)]


RULES: dict[str, Rule] = {}
_since: ContextVar[datetime | None] = ContextVar("reminders_since", default=None)


def register_rule(rule: Rule) -> Rule:
    """Declare a row, once, when the app is ready. Raises ValueError when another has its name."""
    if RULES.setdefault(rule.name, rule) is not rule:
        raise ValueError(f"There is a reminder rule named {rule.name} already.")
    return rule


# -- offsets -----------------------------------------------------------------------------------------------------------


def rules_in_force(group_id: UUID | None = None) -> list[RuleInForce]:
    """Every rule with the offset of the organization in scope, or of one cohort in it. One query."""
    facts = {(fact.rule, fact.group_id): fact for fact in _newest() if fact.group_id in (None, group_id)}
    return [_in_force(rule, facts, group_id) for rule in RULES.values()]


def _in_force(rule: Rule, facts: Mapping[tuple[str, UUID | None], RuleOffset], group_id: UUID | None) -> RuleInForce:
    above = rule.default
    shared = facts.get((rule.name, None))
    if group_id is not None and shared is not None and shared.amount is not None:
        above = shared.amount
    own = facts.get((rule.name, group_id))
    if own is None or own.amount is None:
        return RuleInForce(rule, above, None, above)
    return RuleInForce(rule, own.amount, own, above)


def offsets() -> Offsets:
    """In the organization in scope. One query."""
    everywhere = {rule.name: rule.default for rule in RULES.values()}
    own: dict[UUID, dict[str, int]] = defaultdict(dict)
    for fact in _newest():
        if fact.amount is not None and fact.rule in RULES:
            (own[fact.group_id] if fact.group_id else everywhere)[fact.rule] = fact.amount
    return Offsets(everywhere, dict(own))


def _newest() -> Iterable[RuleOffset]:
    rows = RuleOffset.objects.order_by("rule", "group_id", "-set_at", "-pk").distinct("rule", "group_id")
    return rows.select_related("set_by")


def set_offsets(*, amounts: Mapping[str, int | None], by: Any, now: datetime, group_id: UUID | None = None) -> int:
    """Record the offsets that differ from those in force and return how many; `by` is the user.

    With `group_id` they are one cohort's; None lets hold again what holds above: the organization's, or the default.
    They hold for what is queued from now on. Raises MessageError `offset_out_of_range` or `offset_order`.
    """
    before = {row.rule.name: row for row in rules_in_force(group_id)}
    wanted = {name: row.amount for name, row in before.items()}
    wanted |= {name: before[name].above if amount is None else amount for name, amount in amounts.items()}
    for name, amount in wanted.items():
        rule = RULES[name]
        if not rule.least <= amount <= rule.most:
            words = {"what": rule.what, "least": rule.least, "most": rule.most}
            raise MessageError("offset_out_of_range", say("%(what)s: choose from %(least)s to %(most)s.") % words)
    _check_order(wanted, say("“%(what)s” must come before “%(other)s”."))
    if group_id is None:
        for own in offsets().own.values():
            _check_order({**wanted, **own}, say("“%(what)s” must come before “%(other)s”, in every cohort."))
    changed = {
        name: amount
        for name, amount in amounts.items()
        if (before[name].own is not None if amount is None else amount != before[name].amount)
    }
    RuleOffset.objects.bulk_create(
        RuleOffset(rule=name, group_id=group_id, amount=amount, set_by=by, set_at=now)
        for name, amount in changed.items()
    )
    return len(changed)


def _check_order(amounts: Mapping[str, int], sentence: str) -> None:
    for name, amount in amounts.items():
        rule = RULES[name]
        if rule.longer_than and amount <= amounts[rule.longer_than]:
            raise MessageError("offset_order", sentence % {"what": rule.what, "other": RULES[rule.longer_than].what})


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
