"""One number of one scope as of one day, kept so that a trend can be drawn and a page need not compute it again.

A snapshot is no source: it can be taken again from the events, and says the same unless one was recorded late.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from organizations.scope import wait_for_others
from outcomes.keeping.lateness import kept_days
from outcomes.measuring.cases import Counts
from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.targets import Goal, Targets, judge
from outcomes.models import DEFINITION_VERSION, Snapshot, SnapshotDay
from outcomes.scopes import EVERYONE, Scope

TREND = timedelta(days=365)
#: Two of the same number may differ by this much where another machine added it up.
ROUNDING = 1e-9
FIGURES = (
    "value", "low", "high", "numerator", "denominator", "excluded", "pending", "unknown", "method", "target",
    "comparison", "verdict", "detail",
)  # fmt: skip

#: What is written of each, with its type in the database.
COLUMNS = {
    "id": "uuid", "organization_id": "uuid", "cohort_id": "uuid", "key": "text", "as_of": "date", "definition": "int",
    "value": "float8", "low": "float8", "high": "float8", "numerator": "int", "denominator": "int", "excluded": "int",
    "pending": "int", "unknown": "int", "method": "text", "target": "numeric", "comparison": "text", "verdict": "text",
    "computed_at": "timestamptz", "detail": "jsonb",
}  # fmt: skip
# COPY does not work under row-level security and is several times as fast as any other way: rows go through a table of
# the transaction's own.
_NAMES = ", ".join(COLUMNS)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
BETWEEN = "".join(("CREATE TEMPORARY TABLE snapshots_between (", _TYPED, ") ON COMMIT DROP"))
COPY = "".join(("COPY snapshots_between (", _NAMES, ") FROM STDIN"))
INSERT = "".join(("INSERT INTO outcomes_snapshot (", _NAMES, ") SELECT ", _NAMES, " FROM snapshots_between"))

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a day: the numbers by (cohort or None, key), and what was told of them first, and when.

    `computed_at` is None unless all of them are there and nothing effective by that day has been recorded since.
    """

    measures: dict[tuple[UUID | None, str], Measure]
    first: dict[tuple[UUID | None, str], tuple[Measure, datetime]]
    computed_at: datetime | None


def take_snapshots(*, on: date, at: datetime, tell: Tell = lambda name, done, total: None) -> int:
    """Keep every number of the organization in scope and of each of its cohorts as of the day `on`.

    Safe to repeat: a number that has not changed is left alone, and one that has stays beside the new one. Who takes
    the same day meanwhile waits. Tells the name of each scope, and how many of them are worked out. Returns how many
    numbers were written.
    """
    wait_for_others(f"snapshots of {on.isoformat()}")
    known, targets = AsOf(on), Targets(on)
    kept = {(row.cohort_id, row.key): row for row in _current(on)}
    scopes: list[tuple[str, Scope]] = [("", EVERYONE)]
    scopes += [(cohort.name, Scope(cohort_id=pk)) for pk, cohort in known.cohorts.items() if cohort.starts_on <= on]
    changed = []
    for done, (name, scope) in enumerate(scopes, start=1):
        for key, measure in known.measures(scope).items():
            row = snapshot_of(measure, targets.goal(key, scope), cohort_id=scope.cohort_id, on=on, at=at)
            if not is_same(_figures(row), _figures(kept.get((scope.cohort_id, row.key)))):
                changed.append(row)
        tell(name, done, len(scopes))
    replaced = [kept[row.cohort_id, row.key].pk for row in changed if (row.cohort_id, row.key) in kept]
    if replaced:
        Snapshot.objects.filter(pk__in=replaced).update(superseded_at=at)
    write_snapshots(changed)
    SnapshotDay.objects.update_or_create(as_of=on, definition=DEFINITION_VERSION, defaults={"computed_at": at})
    return len(changed)


def write_snapshots(rows: Sequence[Snapshot]) -> None:
    """Insert them all together."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(BETWEEN)
        with cursor.copy(COPY) as copy:
            for row in rows:
                copy.write_row([getattr(row, name) if name != "detail" else json.dumps(row.detail) for name in COLUMNS])
        cursor.execute(INSERT)
        cursor.execute("DROP TABLE snapshots_between")


def kept_on(on: date) -> Kept:
    """What is kept as of the day."""
    rows = list(Snapshot.objects.filter(as_of=on, definition=DEFINITION_VERSION).order_by("computed_at"))
    if not rows:
        return Kept({}, {}, None)
    first: dict[tuple[UUID | None, str], tuple[Measure, datetime]] = {}
    for row in rows:
        first.setdefault((row.cohort_id, row.key), (measure_of(row), row.computed_at))
    computed_at, is_true = kept_days(on).get(on, (None, False))
    measures = {(row.cohort_id, row.key): measure_of(row) for row in rows if row.superseded_at is None}
    return Kept(measures, first, computed_at if is_true else None)


def told_first(scope: Scope, on: date) -> dict[str, tuple[Measure, datetime]]:
    """What was told of a scope when the day was first kept, by key, and when."""
    return {key: found for (owner, key), found in kept_on(on).first.items() if owner == scope.cohort_id}


def trends(*, scope: Scope, on: date) -> dict[str, list[tuple[date, float]]]:
    """The values kept over the year up to the day, the last of each week, by key and oldest first."""
    rows = Snapshot.objects.filter(
        cohort=scope.cohort_id,
        as_of__gt=on - TREND,
        as_of__lte=on,
        definition=DEFINITION_VERSION,
        superseded_at=None,
        value__isnull=False,
    ).order_by("as_of")
    weeks: dict[str, dict[int, tuple[date, float]]] = {}
    for key, as_of, value in rows.values_list("key", "as_of", "value"):
        weeks.setdefault(key, {})[(as_of.toordinal() - 1) // 7] = (as_of, value or 0.0)
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


def is_same(one: Any, other: Any) -> bool:
    """Whether both say the same, but for what another machine rounds another way."""
    if one == other:
        return True
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return False


def _current(on: date) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(as_of=on, definition=DEFINITION_VERSION, superseded_at=None)


def snapshot_of(measure: Measure, goal: Goal, *, cohort_id: UUID | None, on: date, at: datetime) -> Snapshot:
    """The row that keeps a measure of a cohort, or of the organization, as it is judged; not written yet."""
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
