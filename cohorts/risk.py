"""Who needs a person, and why: observations with their dates, never a score and never a judgement.

The rules are those of METRICS "At risk", with the numbers of `thresholds.py`. The ones that need nothing but cohorts
are here; apps above register theirs. `flags.py` keeps what they find for lists.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cohorts.models import Enrollment, Snooze, StudyLog
from cohorts.models.milestone_title import read_title
from cohorts.progress import monday_of
from cohorts.standing import PACE_WEEKS, Standing, expected_hours, program_days
from cohorts.thresholds import Limits, limits_on
from design.templatetags.design import hours


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One observation in the reader's language, true since a day. `icon` is a Lucide name; `hot` ones stand out.

    `about` says which one thing it is about, so that a snooze ends when it is about another; `details` is what the
    words are made of, plain enough for JSON. The words of one that `is_dated` name the day. With a `snooze` it rests.
    """

    key: str
    text: str
    since: date
    icon: str
    hot: bool = False
    is_dated: bool = False
    about: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    snooze: Snooze | None = None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of reason, and its words for a reader: of since when, the details, and the day on which they read."""

    key: str
    title: str | Promise
    icon: str
    words: Callable[[date, Mapping[str, Any], date], str]
    hot: bool = False
    is_dated: bool = False

    def reason(
        self, *, since: date, on: date, about: str | None = None, details: Mapping[str, Any] | None = None,
        snooze: Snooze | None = None,
    ) -> Reason:  # fmt: skip
        """Unless told, it is about the day since when it holds."""
        details = details or {}
        return Reason(
            key=self.key,
            text=self.words(since, details, on),
            since=since,
            icon=self.icon,
            hot=self.hot,
            is_dated=self.is_dated,
            about=since.isoformat() if about is None else about,
            details=details,
            snooze=snooze,
        )


KINDS: dict[str, Kind] = {}
#: Given the learners who take part or are on leave, the day and the organization's thresholds, tells of whom it holds.
#: At most one query for all.
Rule = Callable[[Sequence[Standing], date, Limits], Iterable[tuple[UUID, Reason]]]
_rules: list[Rule] = []


def register_kind(kind: Kind) -> Kind:
    """Add a kind of reason, once, when its app is ready; it is kept under its key, 24 letters at most."""
    return KINDS.setdefault(kind.key, kind)


def register_rule(rule: Rule) -> Rule:
    """Add a rule, once, when its app is ready."""
    _rules.append(rule)
    return rule


def reasons_of(standings: Iterable[Standing], *, on: date) -> dict[UUID, list[Reason]]:
    """Every reason that holds on the day, per enrollment, longest-standing first; nobody without a reason is in it.

    Those that somebody snoozed come last, each with its `snooze`.
    """
    watched = [one for one in standings if one.status in (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)]
    found: dict[UUID, list[Reason]] = {}
    if not watched:
        return found
    limits = limits_on(on)
    for rule in _rules:
        for enrollment_id, reason in rule(watched, on, limits):
            found.setdefault(enrollment_id, []).append(reason)
    snoozes = snoozes_of(found, on=on)
    for enrollment_id, reasons in found.items():
        rested = [_rested(reason, snoozes.get((enrollment_id, reason.key)), on) for reason in reasons]
        found[enrollment_id] = in_order(rested)
    return found


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Those that count first, longest-standing first, among equals by their keys."""
    return sorted(reasons, key=lambda reason: (reason.snooze is not None, reason.since, reason.key))


def counting(reasons: Iterable[Reason]) -> list[Reason]:
    """Without those that somebody snoozed: how many there are is how much somebody needs a person."""
    return [reason for reason in reasons if reason.snooze is None]


def snoozes_of(enrollments: Iterable[UUID], *, on: date) -> dict[tuple[UUID, str], Snooze]:
    """The latest word about each reason by that day, with who said it. At most one query."""
    ids = list(enrollments)
    if not ids:
        return {}
    rows = Snooze.objects.filter(enrollment__in=ids, effective_on__lte=on).select_related("recorded_by")
    latest = rows.order_by("enrollment", "key", "-recorded_at", "-pk").distinct("enrollment", "key")
    return {(row.enrollment_id, row.key): row for row in latest}


def _rested(reason: Reason, snooze: Snooze | None, on: date) -> Reason:
    if snooze is None or not snooze.rests(reason.about, on=on):
        return reason
    return replace(reason, snooze=snooze)


# -- the rules ---------------------------------------------------------------------------------------------------------


def _overdue(since: date, details: Mapping[str, Any], on: date) -> str:
    days = (on - since).days
    text = ngettext("%(title)s overdue by %(days)s day", "%(title)s overdue by %(days)s days", days)
    return text % {"title": read_title(details["title"]), "days": days}


def _quiet(since: date, details: Mapping[str, Any], on: date) -> str:
    days = (on - since).days
    if details["started"]:
        text = ngettext("No activity for %(days)s day", "No activity for %(days)s days", days)
    else:
        text = ngettext("Not started: nothing in %(days)s day", "Not started: nothing in %(days)s days", days)
    return text % {"days": days}


def _few(since: date, details: Mapping[str, Any], on: date) -> str:
    return _("Logged %(logged)s of %(planned)s planned hours since %(date)s") % {
        "logged": hours(details["logged"]),
        "planned": hours(details["planned"]),
        "date": date_format(since, "j F", use_l10n=False),
    }


def _late(since: date, details: Mapping[str, Any], on: date) -> str:
    days = (on - since).days
    return ngettext("Leave ended %(days)s day ago", "Leave ended %(days)s days ago", days) % {"days": days}


MILESTONE_OVERDUE = register_kind(
    Kind(key="milestone_overdue", title=gettext_lazy("Milestone overdue"), icon="flag", words=_overdue, hot=True)
)
NO_ACTIVITY = register_kind(
    Kind(key="no_activity", title=gettext_lazy("No activity"), icon="clock", words=_quiet, hot=True)
)
FEW_HOURS = register_kind(
    Kind(key="few_hours", title=gettext_lazy("Few hours"), icon="trending-down", words=_few, is_dated=True)
)
LEAVE_OVERDUE = register_kind(
    Kind(key="leave_overdue", title=gettext_lazy("Leave overdue"), icon="calendar-clock", words=_late, hot=True)
)


@register_rule
def milestone_overdue(standings: Sequence[Standing], on: date, limits: Limits) -> Iterable[tuple[UUID, Reason]]:
    """The first milestone not reached was due so many days ago or longer."""
    for one in standings:
        due = one.next_milestone
        if not one.is_active or due is None or (on - due.due_on).days < limits.milestone_days:
            continue
        yield (
            one.enrollment.pk,
            MILESTONE_OVERDUE.reason(since=due.due_on, on=on, about=str(due.id), details={"title": due.title}),
        )


@register_rule
def no_activity(standings: Sequence[Standing], on: date, limits: Limits) -> Iterable[tuple[UUID, Reason]]:
    """Nothing studied, finished or submitted on so many program days, since the start or return when that is later."""
    for one in standings:
        last = max(filter(None, (one.last_active, one.since)), default=None)
        if not one.is_active or last is None:
            continue
        if program_days(last + timedelta(days=1), on, one.days_off) < limits.quiet_days:
            continue
        yield (
            one.enrollment.pk,
            NO_ACTIVITY.reason(since=last, on=on, details={"started": one.last_active is not None}),
        )


@register_rule
def few_hours(standings: Sequence[Standing], on: date, limits: Limits) -> Iterable[tuple[UUID, Reason]]:
    """Under the share of the planned study hours logged in the last complete weeks, all of them active."""
    weeks = limits.hours_weeks
    first = monday_of(on) - timedelta(weeks=weeks)
    active = [one for one in standings if one.is_active]
    logged = {one.enrollment.pk: one.logged for one in active}
    if weeks != PACE_WEEKS:
        logged = _logged([one.enrollment.pk for one in active], first=first, before=monday_of(on))
    for one in active:
        planned, been = one.expected, one.weeks
        if weeks != PACE_WEEKS:
            planned, been = expected_hours(one.enrollment, one.since, one.days_off, on, weeks=weeks)
        made = logged.get(one.enrollment.pk, 0.0)
        if been < weeks or made >= limits.hours_percent / 100 * planned:
            continue
        # Since when slides along with every week; it stays the same thing.
        details = {"logged": made, "planned": planned}
        yield one.enrollment.pk, FEW_HOURS.reason(since=first, on=on, about="", details=details)


def _logged(enrollments: Sequence[UUID], *, first: date, before: date) -> dict[UUID, float]:
    """Study hours from that Monday to before that one. One query."""
    logs = StudyLog.objects.filter(enrollment__in=enrollments, week__gte=first, week__lt=before)
    latest = logs.order_by("enrollment", "week", "-recorded_at", "-pk").distinct("enrollment", "week")
    sums = StudyLog.objects.filter(pk__in=latest.values("pk")).values_list("enrollment").annotate(all=Sum("hours"))
    return {pk: float(total) for pk, total in sums}


@register_rule
def leave_overdue(standings: Sequence[Standing], on: date, limits: Limits) -> Iterable[tuple[UUID, Reason]]:
    """On leave so many days past the day of return, and nobody decided."""
    for one in standings:
        if one.status != Enrollment.Status.ON_LEAVE or one.returns_on is None:
            continue
        if (on - one.returns_on).days >= limits.leave_days:
            yield one.enrollment.pk, LEAVE_OVERDUE.reason(since=one.returns_on, on=on)
