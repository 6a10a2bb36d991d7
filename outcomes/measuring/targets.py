"""What an organization aims for: thirteen stated targets that it may change from a date on, also for one cohort."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import Cohort
from cohorts.pacing import EARLIEST, LATEST
from outcomes.errors import OutcomeError
from outcomes.measuring.measures import Measure
from outcomes.measuring.verdicts import AT_LEAST, AT_MOST, Verdict, verdict
from outcomes.models import Target, TargetKey
from outcomes.scopes import EVERYONE, Scope


@dataclass(frozen=True, slots=True)
class Goal:
    """A target as it holds on a day: a share between 0 and 1, years, points or a rank; None states no number.

    `since` is None for the stated default that nobody changed.
    """

    key: str
    comparison: str
    value: Decimal | None
    is_on: bool = True
    since: date | None = None


STATED: dict[str, Goal] = {
    key: Goal(key, comparison, Decimal(value) if value else None)
    for key, comparison, value in (
        (TargetKey.RETENTION_LEVEL_3, AT_LEAST, "0.7"),
        (TargetKey.RETENTION_LEVEL_5, AT_LEAST, "0.5"),
        (TargetKey.COMPLETION_YEARS, AT_MOST, "2.5"),
        (TargetKey.CAPSTONES, AT_LEAST, "0.95"),
        (TargetKey.CODE_REVIEW, AT_LEAST, "0.8"),
        (TargetKey.BENCHMARK, AT_LEAST, "0.7"),
        (TargetKey.PRODUCTION_PROJECT, AT_LEAST, "1"),
        (TargetKey.PLACEMENT, AT_LEAST, "0.85"),
        (TargetKey.TOP_EMPLOYERS, AT_LEAST, "0.85"),
        (TargetKey.PORTFOLIO_QUALITY, AT_LEAST, ""),
        (TargetKey.SATISFACTION, AT_LEAST, "4.5"),
        (TargetKey.REPUTATION, AT_MOST, "5"),
        (TargetKey.ALUMNI_MENTORING, AT_LEAST, "0.7"),
    )
}


class Targets:
    """Every target of the organization in scope as of a day, read in one query."""

    def __init__(self, on: date) -> None:
        rows = Target.objects.filter(effective_on__lte=on).order_by("effective_on", "recorded_at", "pk")
        latest = {(row.cohort_id, row.key): row for row in rows}
        self._own: dict[tuple[UUID | None, str], Goal] = {
            place: Goal(row.key, row.comparison, row.value, row.is_on, row.effective_on)
            for place, row in latest.items()
            if not row.is_given_up
        }

    def goal(self, key: str, scope: Scope = EVERYONE) -> Goal:
        """The cohort's own target where the scope is one that has it, else the organization's, else the stated one."""
        own = self._own.get((scope.cohort_id, key)) if scope.cohort_id else None
        return own or self._own.get((None, key)) or STATED[key]

    def is_own(self, key: str, scope: Scope = EVERYONE) -> bool:
        """Whether the cohort, or the organization, set this target itself instead of following."""
        return (scope.cohort_id, key) in self._own


def targets_of(scope: Scope, on: date) -> dict[str, Goal]:
    """The thirteen targets of the scope as of the day, in their stated order."""
    targets = Targets(on)
    return {key: targets.goal(key, scope) for key in STATED}


def judge(measure: Measure, goal: Goal) -> Verdict | None:
    """The verdict on a measure; None where the target is off or states no number.

    A measure with bounds that assume nothing is not judged while they lie on either side of the target: those still
    pending could turn the verdict, however many settled the other way first.
    """
    if goal.value is None or not goal.is_on:
        return None
    # Bounds are shares of counts: 70 of 100 is the float 0.7, and a Decimal 0.7 would lie a hair above it.
    target = float(goal.value)
    if goal.key == TargetKey.REPUTATION:
        return _judge_rank(measure.value, target)
    found = verdict(measure.interval, target=target, comparison=goal.comparison, settled=measure.settled)
    if found not in (Verdict.ON_TARGET, Verdict.BELOW_TARGET) or measure.lowest is None or measure.highest is None:
        return found
    is_open = measure.lowest < target <= measure.highest
    return Verdict.TOO_EARLY if is_open else found


def _judge_rank(rank: float | None, target: float) -> Verdict:
    """A rank is what it is: there is no sample to doubt."""
    if rank is None:
        return Verdict.NOT_AVAILABLE
    return Verdict.ON_TARGET if rank <= target else Verdict.BELOW_TARGET


def make_default_targets(*, by: Membership | None, at: datetime) -> list[Target]:
    """Write the stated targets down for the organization in scope, from the day of `at` on; those set already stay."""
    existing = set(Target.objects.filter(cohort=None).values_list("key", flat=True))
    return Target.objects.bulk_create(_rows((goal for key, goal in STATED.items() if key not in existing), by, at))


def change_target(
    *,
    key: str,
    value: Decimal | None,
    effective_on: date,
    by: Membership | None,
    is_on: bool = True,
    cohort: Cohort | None = None,
) -> Target:
    """Aim for something else from a day on, for the organization or one cohort; what was aimed for before stays.

    A value of None reports the number without judging it, as does `is_on=False`, which says that it is no target.
    Raises OutcomeError `target_out_of_range` for a share outside 0 to 1, points outside 1 to 5, or a number that is not
    positive or has more decimals than a share in tenths of a percent; `target_day` for a day before 2000 or after 2099.
    """
    if value is not None and not _is_possible(key, value):
        raise OutcomeError("target_out_of_range", possible_values(key))
    return _record(key, effective_on, cohort, by, value=value, is_on=is_on)


def give_up_target(*, key: str, effective_on: date, by: Membership | None, cohort: Cohort | None = None) -> Target:
    """Let a cohort follow the organization again from a day on, or the organization what is stated from the start.

    Raises OutcomeError `target_day` for a day before 2000 or after 2099.
    """
    return _record(key, effective_on, cohort, by, value=None, is_given_up=True)


def possible_values(key: str) -> str:
    """What a target of this number can be, said to the person who sets it."""
    if is_share(key):
        return _("Enter a percentage above 0 and up to 100, in tenths of a percent at most.")
    if key == TargetKey.SATISFACTION:
        return _("Enter a score from 1 to 5, such as 4.5.")
    if key == TargetKey.REPUTATION:
        return _("Enter a rank from 1 to 1,000.")
    return _("Enter years above 0 and up to 50, such as 2.5.")


def is_share(key: str) -> bool:
    """Whether the number is a share between 0 and 1, shown in percent."""
    return key not in (TargetKey.COMPLETION_YEARS, TargetKey.SATISFACTION, TargetKey.REPUTATION)


def _is_possible(key: str, value: Decimal) -> bool:
    if not value.is_finite() or value != round(value, 3):
        return False
    match key:
        case TargetKey.SATISFACTION:
            return 1 <= value <= 5
        case TargetKey.REPUTATION:
            return 1 <= value <= 1000 and value == int(value)
        case TargetKey.COMPLETION_YEARS:
            return 0 < value <= 50
    return 0 < value <= 1


def _record(
    key: str, effective_on: date, cohort: Cohort | None, by: Membership | None, **values: Decimal | bool | None
) -> Target:
    if not EARLIEST <= effective_on <= LATEST:
        raise OutcomeError("target_day", _("Enter a day from 2000 to 2099."))
    return Target.objects.create(
        key=key,
        cohort=cohort,
        comparison=STATED[key].comparison,
        effective_on=effective_on,
        recorded_by=by,
        **values,
    )


def _rows(goals: Iterable[Goal], by: Membership | None, at: datetime) -> list[Target]:
    return [
        Target(key=goal.key, comparison=goal.comparison, value=goal.value, effective_on=at.date(), recorded_by=by)
        for goal in goals
    ]


def target_history(*, key: str, cohort: Cohort | None) -> QuerySet[Target]:
    """What the organization, or the cohort, aimed for on this number, the latest first."""
    rows = Target.objects.filter(key=key, cohort=cohort).select_related("recorded_by")
    return rows.order_by("-effective_on", "-recorded_at", "-pk")
