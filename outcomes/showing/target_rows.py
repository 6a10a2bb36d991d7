"""The targets and their histories, as rows that a template only has to write down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.targets import STATED, Goal, Targets, judge
from outcomes.models import Target, TargetKey
from outcomes.scopes import Scope
from outcomes.showing.feasibility import Feasibility, Pace, feasibility, paces_of
from outcomes.showing.wording import STATUS, target_of, value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """One target of a scope: what is aimed for and since when, where the number stands, and what can be told."""

    key: str
    name: str
    aim: str
    since: date | None
    is_cohorts_own: bool
    value: str
    status: str
    words: str
    feasibility: Feasibility | None


def target_rows(known: AsOf, scope: Scope) -> list[TargetRow]:
    """All thirteen, in their stated order. A number that is not measured has no value."""
    targets, measures = Targets(known.on), known.measures(scope)
    paces = paces_of(cohort for cohort in known.cohorts.values() if scope.holds(cohort))
    return [_row(TargetKey(key), targets, scope, measures.get(key), paces) for key in STATED]


def _row(key: TargetKey, targets: Targets, scope: Scope, measure: Measure | None, paces: list[Pace]) -> TargetRow:
    goal = targets.goal(key, scope)
    found = judge(measure, goal) if measure else None
    return TargetRow(
        key=key.value,
        name=str(key.label),
        aim=target_of(goal),
        since=goal.since,
        is_cohorts_own=scope.cohort_id is not None and targets.is_own(key, scope),
        value=value_of(measure) if measure else "",
        status=STATUS[found] if found else "",
        words=str(found.label_for(goal.comparison)) if found else "",
        feasibility=feasibility(measure, goal, paces) if measure else None,
    )


def history_rows(history: Iterable[Target]) -> list[tuple[Target, str]]:
    """Each change with what it said, in words."""
    return [(row, _said(row)) for row in history]


def _said(row: Target) -> str:
    if row.is_given_up:
        return _("As the organization") if row.cohort_id else _("As stated from the start")
    if not row.is_on:
        return _("No target")
    if row.value is None:
        return _("Reported without a verdict")
    return target_of(Goal(row.key, row.comparison, row.value))
