"""From when on something is a reason: the stated numbers, which an organization may change from a day on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import Threshold


def _limit(default: int, title: Any, *, least: int = 1, most: int = 365, hint: Any = "") -> int:
    return field(default=default, metadata={"title": title, "least": least, "most": most, "hint": hint})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The numbers from which on the reasons of METRICS "At risk" hold; the defaults are the stated ones."""

    milestone_days: int = _limit(14, _("Days that a milestone is overdue"))
    quiet_days: int = _limit(14, _("Program days without study or a submission"), hint=_("Breaks do not count."))
    hours_percent: int = _limit(60, _("Percent of the planned hours below which logged hours are few"), most=100)
    hours_weeks: int = _limit(4, _("Complete weeks over which hours are counted"), most=12)
    one_on_one_days: int = _limit(35, _("Days without a 1-on-1 that was held"))
    changes_days: int = _limit(14, _("Days that requested changes are unanswered"))
    absences: int = _limit(3, _("Absences"), most=60)
    absence_days: int = _limit(14, _("Days over which absences are counted"))
    leave_days: int = _limit(1, _("Days that a leave is overdue"))


@dataclass(frozen=True, kw_only=True)
class Limit:
    key: str
    title: Any
    hint: Any
    default: int
    least: int
    most: int


LIMITS: dict[str, Limit] = {
    one.name: Limit(key=one.name, default=one.default, **one.metadata)  # type: ignore[arg-type]
    for one in fields(Limits)
}


def limits_on(on: date) -> Limits:
    """The organization's own where it set them by that day, else the stated ones. One query."""
    rows = Threshold.objects.filter(effective_on__lte=on, key__in=LIMITS)
    latest = dict(rows.order_by("effective_on", "recorded_at", "pk").values_list("key", "value"))
    return Limits(**{key: value for key, value in latest.items() if value is not None})


def change_thresholds(*, values: dict[str, int | None], by: Membership | None, on: date) -> list[Threshold]:
    """Let reasons hold from other numbers on, from that day; None is the stated default. What is the same stays.

    Raises CohortError `threshold_out_of_range`; then nothing changes.
    """
    limits = limits_on(on)
    for key, value in values.items():
        limit = LIMITS[key]
        if value is not None and not limit.least <= value <= limit.most:
            raise CohortError(
                "threshold_out_of_range",
                now("Enter a number from %(least)s to %(most)s.") % {"least": limit.least, "most": limit.most},
            )
    changed = [
        Threshold(key=key, value=None if value == LIMITS[key].default else value, effective_on=on, recorded_by=by)
        for key, value in values.items()
        if (LIMITS[key].default if value is None else value) != getattr(limits, key)
    ]
    return Threshold.objects.bulk_create(changed)


@dataclass(frozen=True, kw_only=True)
class ThresholdChange:
    """A number that held from a day on, as the page tells it."""

    title: Any
    before: int
    after: int
    row: Threshold


def threshold_history() -> Sequence[ThresholdChange]:
    """All changes, the latest first, each with the number before it. One query."""
    current = {key: limit.default for key, limit in LIMITS.items()}
    told = []
    rows = Threshold.objects.filter(key__in=LIMITS).select_related("recorded_by")
    for row in rows.order_by("effective_on", "recorded_at", "pk"):
        after = LIMITS[row.key].default if row.value is None else row.value
        told.append(ThresholdChange(title=LIMITS[row.key].title, before=current[row.key], after=after, row=row))
        current[row.key] = after
    return told[::-1]
