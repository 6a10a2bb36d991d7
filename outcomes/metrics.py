"""Every number of an organization as of a day. Each kind of record is read once, for all cohorts together."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from uuid import UUID

from cohorts.models import Cohort
from outcomes.alumni import alumni_mentoring, mentoring_as_of
from outcomes.completion import completion_years
from outcomes.employers import EmployerList, employers_as_of, top_employers
from outcomes.measures import Measure
from outcomes.models import RankRecord, TargetKey
from outcomes.placement import Occupation, occupations_as_of, placement
from outcomes.portfolio import Judged, portfolio_quality, portfolios_as_of
from outcomes.projects import ProjectRecord, benchmark, capstones, code_review, production_project, projects_as_of
from outcomes.reputation import rank_as_of, reputation
from outcomes.retention import retention_through
from outcomes.roster import Entry, roster_as_of
from outcomes.satisfaction import Heard, heard_as_of, satisfaction
from outcomes.scopes import EVERYONE, Scope


class AsOf:
    """The records of the organization in scope as of a day, each kind read when first asked for.

    A measure is a function of a scope and of this day alone: asked again tomorrow it says the same, unless an event
    that was effective by then has been recorded since.
    """

    def __init__(self, on: date) -> None:
        self.on = on

    @cached_property
    def cohorts(self) -> dict[UUID, Cohort]:
        """Newest start first."""
        return {cohort.pk: cohort for cohort in Cohort.objects.for_list()}

    @cached_property
    def roster(self) -> tuple[Entry, ...]:
        return roster_as_of(self.on)

    @cached_property
    def by_cohort(self) -> dict[UUID, list[Entry]]:
        groups: dict[UUID, list[Entry]] = {}
        for entry in self.roster:
            groups.setdefault(entry.cohort_id, []).append(entry)
        return groups

    @cached_property
    def occupations(self) -> dict[UUID, tuple[Occupation, ...]]:
        return occupations_as_of(self.on)

    @cached_property
    def projects(self) -> dict[UUID, ProjectRecord]:
        return projects_as_of(self.on)

    @cached_property
    def portfolios(self) -> dict[UUID, list[Judged]]:
        return portfolios_as_of(self.on)

    @cached_property
    def heard(self) -> list[Heard]:
        return heard_as_of(self.on)

    @cached_property
    def mentoring(self) -> dict[UUID, date]:
        return mentoring_as_of(self.on)

    @cached_property
    def employers(self) -> EmployerList:
        return employers_as_of(self.on)

    @cached_property
    def rank(self) -> RankRecord | None:
        return rank_as_of(self.on)

    def entries(self, scope: Scope = EVERYONE) -> Sequence[Entry]:
        """The learners of the cohorts that the scope holds, by name within the organization or a cohort."""
        if scope == EVERYONE:
            return self.roster
        if scope.cohort_id and scope.is_kept:
            return self.by_cohort.get(scope.cohort_id, [])
        held = self.held(scope)
        return [entry for entry in self.roster if entry.cohort_id in held]

    def held(self, scope: Scope) -> set[UUID]:
        """The cohorts of a scope."""
        return {pk for pk, cohort in self.cohorts.items() if scope.holds(cohort)}

    def measure(self, key: str, scope: Scope = EVERYONE) -> Measure:
        """One number. Raises KeyError for a target that cannot be measured yet."""
        return MEASURED[key](self, key, self.entries(scope), scope)

    def measures(self, scope: Scope = EVERYONE) -> dict[str, Measure]:
        """Every number there is data for, by key."""
        return {key: self.measure(key, scope) for key in MEASURED}


Measurement = Callable[[AsOf, str, Sequence[Entry], Scope], Measure]

MEASURED: dict[str, Measurement] = {
    TargetKey.RETENTION_LEVEL_3: lambda _, key, entries, _scope: retention_through(key, 3, entries),
    TargetKey.RETENTION_LEVEL_5: lambda _, key, entries, _scope: retention_through(key, 5, entries),
    TargetKey.COMPLETION_YEARS: lambda known, key, entries, _: completion_years(key, entries, on=known.on),
    TargetKey.CAPSTONES: lambda known, key, entries, _: capstones(key, entries, known.projects),
    TargetKey.CODE_REVIEW: lambda known, key, entries, _: code_review(key, entries, known.projects),
    TargetKey.BENCHMARK: lambda known, key, entries, _: benchmark(key, entries, known.projects),
    TargetKey.PRODUCTION_PROJECT: lambda known, key, entries, _: production_project(key, entries, known.projects),
    TargetKey.PLACEMENT: lambda known, key, entries, _: placement(key, entries, known.occupations, on=known.on),
    TargetKey.TOP_EMPLOYERS: lambda known, key, entries, _: top_employers(
        key, entries, known.occupations, known.employers, on=known.on
    ),
    TargetKey.PORTFOLIO_QUALITY: lambda known, key, entries, _: portfolio_quality(key, entries, known.portfolios),
    TargetKey.SATISFACTION: lambda known, key, _, scope: satisfaction(
        key, known.heard, None if scope == EVERYONE else known.held(scope)
    ),
    TargetKey.REPUTATION: lambda known, key, _, scope: reputation(key, scope, known.rank),
    TargetKey.ALUMNI_MENTORING: lambda known, key, entries, _: alumni_mentoring(
        key, entries, known.mentoring, on=known.on
    ),
}
#: Numbers made of answers that are nobody's: no learner stands behind them.
OF_ANSWERS = (TargetKey.SATISFACTION,)
