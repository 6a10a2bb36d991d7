"""Who needs a person, and why: observations with their dates, never a score and never a judgement.

The rules are those of METRICS "At risk". The ones that need nothing but cohorts are here; apps above register theirs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Enrollment
from cohorts.progress import monday_of
from cohorts.standing import PACE_WEEKS, Standing, program_days
from design.templatetags.design import hours

MILESTONE_OVERDUE_DAYS = 14
QUIET_DAYS = 14
LEAST_SHARE_OF_PLAN = 0.6


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One observation in the reader's language, true since a day. `icon` is a Lucide name; `hot` ones stand out."""

    key: str
    text: str
    since: date
    icon: str
    hot: bool = False


#: Given the learners who take part or are on leave and the day, tells of whom it holds. At most one query for all.
Rule = Callable[[Sequence[Standing], date], Iterable[tuple[UUID, Reason]]]
_rules: list[Rule] = []


def register_rule(rule: Rule) -> Rule:
    """Add a rule, once, when its app is ready."""
    _rules.append(rule)
    return rule


def reasons_of(standings: Iterable[Standing], *, on: date) -> dict[UUID, list[Reason]]:
    """Every reason that holds on the day, per enrollment, longest-standing first; nobody without a reason is in it."""
    watched = [one for one in standings if one.status in (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)]
    found: dict[UUID, list[Reason]] = {}
    for rule in _rules if watched else ():
        for enrollment_id, reason in rule(watched, on):
            found.setdefault(enrollment_id, []).append(reason)
    for reasons in found.values():
        reasons.sort(key=lambda reason: reason.since)
    return found


@register_rule
def milestone_overdue(standings: Sequence[Standing], on: date) -> Iterable[tuple[UUID, Reason]]:
    """The first milestone not reached was due 14 days ago or longer."""
    for one in standings:
        due = one.next_milestone
        if not one.is_active or due is None or (on - due.due_on).days < MILESTONE_OVERDUE_DAYS:
            continue
        days = (on - due.due_on).days
        text = ngettext("%(title)s overdue by %(days)s day", "%(title)s overdue by %(days)s days", days)
        yield (
            one.enrollment.pk,
            Reason(
                key="milestone_overdue",
                text=text % {"title": due.title, "days": days},
                since=due.due_on,
                icon="flag",
                hot=True,
            ),
        )


@register_rule
def no_activity(standings: Sequence[Standing], on: date) -> Iterable[tuple[UUID, Reason]]:
    """Nothing studied, finished or submitted on 14 program days, since the start or return when that is later."""
    for one in standings:
        last = max(filter(None, (one.last_active, one.since)), default=None)
        if not one.is_active or last is None:
            continue
        if program_days(last + timedelta(days=1), on, one.days_off) < QUIET_DAYS:
            continue
        days = (on - last).days
        if one.last_active is None:
            text = ngettext("Not started: nothing in %(days)s day", "Not started: nothing in %(days)s days", days)
        else:
            text = ngettext("No activity for %(days)s day", "No activity for %(days)s days", days)
        yield (
            one.enrollment.pk,
            Reason(key="no_activity", text=text % {"days": days}, since=last, icon="clock", hot=True),
        )


@register_rule
def few_hours(standings: Sequence[Standing], on: date) -> Iterable[tuple[UUID, Reason]]:
    """Under 60 % of the planned study hours logged in the last four complete weeks, all of them active."""
    first = monday_of(on) - timedelta(weeks=PACE_WEEKS)
    for one in standings:
        if not one.is_active or one.weeks < PACE_WEEKS or one.logged >= LEAST_SHARE_OF_PLAN * one.expected:
            continue
        text = _("Logged %(logged)s of %(planned)s planned hours since %(date)s") % {
            "logged": hours(one.logged),
            "planned": hours(one.expected),
            "date": date_format(first, "j F", use_l10n=False),
        }
        yield one.enrollment.pk, Reason(key="few_hours", text=text, since=first, icon="trending-down")


@register_rule
def leave_overdue(standings: Sequence[Standing], on: date) -> Iterable[tuple[UUID, Reason]]:
    """On leave past the day of return, and nobody decided."""
    for one in standings:
        if one.status != Enrollment.Status.ON_LEAVE or one.returns_on is None or one.returns_on >= on:
            continue
        days = (on - one.returns_on).days
        text = ngettext("Leave ended %(days)s day ago", "Leave ended %(days)s days ago", days)
        yield (
            one.enrollment.pk,
            Reason(
                key="leave_overdue", text=text % {"days": days}, since=one.returns_on, icon="calendar-clock", hot=True
            ),
        )
