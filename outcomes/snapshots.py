"""One number of one scope as of one day, kept so that a trend can be drawn and a page need not compute it again.

A snapshot is no source: it can be taken again from the events, and says the same unless one was recorded late.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from organizations.scope import required_organization_id
from outcomes.cases import Counts
from outcomes.measures import Measure
from outcomes.metrics import AsOf
from outcomes.models import DEFINITION_VERSION, Snapshot
from outcomes.scopes import EVERYONE, Scope
from outcomes.targets import Goal, Targets, judge

TREND = timedelta(days=365)
FIGURES = (
    "value", "low", "high", "numerator", "denominator", "excluded", "pending", "unknown", "method", "target",
    "comparison", "verdict", "detail",
)  # fmt: skip

# Whether anything that was effective by the day has been recorded since the snapshot of that day was taken.
RECORDED_SINCE = """
SELECT EXISTS (SELECT FROM cohorts_enrollmentevent
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s)
  OR EXISTS (SELECT FROM assessments_leveldecision
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s AND move_id IS NULL)
  OR EXISTS (SELECT FROM cohorts_versionmove
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s)
  OR EXISTS (SELECT FROM outcomes_placement
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s)
  OR EXISTS (SELECT FROM outcomes_placementverdict
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s)
  OR EXISTS (SELECT FROM outcomes_listedemployer
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s)
  OR EXISTS (SELECT FROM outcomes_rankrecord
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s)
  OR EXISTS (SELECT FROM cohorts_progressevent
    WHERE organization_id = %(organization)s AND effective_on <= %(on)s AND recorded_at > %(at)s
      AND project_id IS NOT NULL AND move_id IS NULL)
  OR EXISTS (SELECT FROM assessments_review
    WHERE organization_id = %(organization)s AND submitted_at::date <= %(on)s AND submitted_at > %(at)s)
  OR EXISTS (SELECT FROM assessments_portfolioreview
    WHERE organization_id = %(organization)s AND recorded_at::date <= %(on)s AND recorded_at > %(at)s)
  OR EXISTS (SELECT FROM assessments_benchmarkverdict
    WHERE organization_id = %(organization)s AND decided_at::date <= %(on)s AND decided_at > %(at)s)
  OR EXISTS (SELECT FROM assessments_linkcheck
    WHERE organization_id = %(organization)s AND checked_at::date <= %(on)s AND checked_at > %(at)s)
  OR EXISTS (SELECT FROM outcomes_release
    WHERE organization_id = %(organization)s AND released_on <= %(on)s AND released_at > %(at)s)
  OR EXISTS (SELECT FROM mentoring_oneonone
    WHERE organization_id = %(organization)s AND upper(during)::date <= %(on)s AND settled_at > %(at)s)
"""


def take_snapshots(*, on: date, at: datetime) -> int:
    """Keep every number of the organization in scope and of each of its cohorts as of the day `on`.

    Safe to repeat: a number that has not changed is left alone. Returns how many were written.
    """
    return sum(written for _, written in take_snapshots_stepwise(on=on, at=at))


def take_snapshots_stepwise(*, on: date, at: datetime) -> Iterator[tuple[str, int]]:
    """The same in steps, one per scope, as (its name, how many numbers were written)."""
    known, targets = AsOf(on), Targets(on)
    kept = {(row.cohort_id, row.key): row for row in Snapshot.objects.filter(as_of=on, definition=DEFINITION_VERSION)}
    scopes: list[tuple[str, Scope]] = [("", EVERYONE)]
    scopes += [(cohort.name, Scope(cohort_id=pk)) for pk, cohort in known.cohorts.items() if cohort.starts_on <= on]
    for name, scope in scopes:
        rows = [
            _row(measure, targets.goal(key, scope), cohort_id=scope.cohort_id, on=on, at=at)
            for key, measure in known.measures(scope).items()
        ]
        changed = [row for row in rows if _figures(row) != _figures(kept.get((scope.cohort_id, row.key)))]
        Snapshot.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["organization", "cohort", "key", "as_of", "definition"],
            update_fields=[*FIGURES, "computed_at"],
        )
        yield name, len(changed)


def stored_measures(on: date) -> tuple[dict[tuple[UUID | None, str], Measure], datetime | None]:
    """The numbers kept as of the day, by (cohort or None, key), and when they were computed.

    Nothing when none were kept, or when anything effective by that day was recorded since: then they are out of date.
    """
    rows = list(Snapshot.objects.filter(as_of=on, definition=DEFINITION_VERSION))
    if not rows:
        return {}, None
    computed_at = min(row.computed_at for row in rows)
    with connection.cursor() as cursor:
        cursor.execute(RECORDED_SINCE, {"organization": required_organization_id(), "on": on, "at": computed_at})
        if cursor.fetchone() == (True,):
            return {}, None
    return {(row.cohort_id, row.key): measure_of(row) for row in rows}, computed_at


def trends(*, scope: Scope, on: date) -> dict[str, list[tuple[date, float]]]:
    """The values kept over the year up to the day, the last of each week, by key and oldest first."""
    rows = Snapshot.objects.filter(
        cohort=scope.cohort_id,
        as_of__gt=on - TREND,
        as_of__lte=on,
        definition=DEFINITION_VERSION,
        value__isnull=False,
    ).order_by("as_of")
    weeks: dict[str, dict[int, tuple[date, float]]] = {}
    for key, as_of, value in rows.values_list("key", "as_of", "value"):
        weeks.setdefault(key, {})[as_of.toordinal() // 7] = (as_of, value or 0.0)
    return {key: list(points.values()) for key, points in weeks.items()}


def measure_of(row: Snapshot) -> Measure:
    """The measure that a snapshot was taken of, without its cases."""
    detail = dict(row.detail)
    lowest, highest = detail.pop("bounds", (None, None))
    return Measure(
        key=row.key,
        value=row.value,
        low=row.low,
        high=row.high,
        method=row.method,
        counts=Counts(
            numerator=row.numerator or 0,
            denominator=row.denominator,
            pending=row.pending,
            excluded=row.excluded,
            unknown=row.unknown,
        ),
        lowest=lowest,
        highest=highest,
        detail=detail,
    )


def _row(measure: Measure, goal: Goal, *, cohort_id: UUID | None, on: date, at: datetime) -> Snapshot:
    counts, found = measure.counts, judge(measure, goal)
    return Snapshot(
        cohort_id=cohort_id,
        key=measure.key,
        as_of=on,
        value=measure.value,
        low=measure.low,
        high=measure.high,
        numerator=counts.numerator,
        denominator=counts.denominator,
        excluded=counts.excluded,
        pending=counts.pending,
        unknown=counts.unknown,
        method=measure.method,
        target=goal.value if goal.is_on else None,
        comparison=goal.comparison if goal.is_on else "",
        verdict=found.value if found else "",
        detail={**measure.detail, "bounds": [measure.lowest, measure.highest]},
        computed_at=at,
    )


def _figures(row: Snapshot | None) -> dict[str, Any] | None:
    return {name: getattr(row, name) for name in FIGURES} if row else None
