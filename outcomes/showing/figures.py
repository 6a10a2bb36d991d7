"""The numbers of one page: of a scope and of each of its cohorts, from a snapshot where one is kept and still true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cohorts.models import Cohort
from outcomes.keeping.snapshots import Kept, kept_on, trends
from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import MEASURED, AsOf
from outcomes.measuring.targets import Targets
from outcomes.scopes import Scope
from outcomes.showing.changes import Changed, changed_since

Measures = Mapping[str, Measure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`cohorts` are those of the scope that had started by the day, newest first; each has its own measures.

    `is_kept` says that a snapshot was read, taken at `computed_at`. `trend` holds the values kept before, by key.
    `changed` says what was told of the scope when the day was first kept, where that is no longer so.
    """

    scope: Scope
    on: date
    measures: Measures
    cohorts: list[Cohort]
    by_cohort: Mapping[UUID, Measures]
    targets: Targets
    trend: Mapping[str, list[tuple[date, float]]]
    is_kept: bool
    computed_at: datetime
    changed: Changed | None


def figures(known: AsOf, scope: Scope, *, today: date, now: datetime) -> Figures:
    """The numbers as of a day; as of today they are always computed, as today is not over yet."""
    started = [cohort for cohort in known.cohorts.values() if scope.holds(cohort) and cohort.starts_on <= known.on]
    stored = kept_on(known.on) if scope.is_kept and known.on < today else Kept({}, {}, None)
    kept, taken_at = stored.measures, stored.computed_at
    # A number that is measured since the snapshot was taken is not in it: then all are computed anew.
    owners = {owner for owner, _key in kept if all((owner, key) in kept for key in MEASURED)}
    if taken_at is not None and owners >= {scope.cohort_id, *(cohort.pk for cohort in started)}:
        grouped = {owner: {key: kept[owner, key] for key in MEASURED} for owner in owners}
        measures: Measures = grouped[scope.cohort_id]
        by_cohort: Mapping[UUID, Measures] = {cohort.pk: grouped[cohort.pk] for cohort in started}
    else:
        taken_at = None
        measures = known.measures(scope)
        by_cohort = {cohort.pk: known.measures(Scope(cohort_id=cohort.pk)) for cohort in started}
    told = {key: found for (owner, key), found in stored.first.items() if owner == scope.cohort_id}
    return Figures(
        scope=scope,
        on=known.on,
        measures=measures,
        cohorts=started,
        by_cohort=by_cohort,
        targets=Targets(known.on),
        trend=trends(scope=scope, on=known.on) if scope.is_kept else {},
        is_kept=taken_at is not None,
        computed_at=taken_at or now,
        changed=changed_since(told, measures, scope=scope, on=known.on),
    )
