"""Every number of an organization as of a day. Each kind of record is read once, for all cohorts together."""

from collections.abc import Callable
from datetime import date
from functools import cached_property
from uuid import UUID

import numpy as np

from cohorts.models import Cohort
from outcomes.measuring.alumni import alumni_mentoring, mentoring_as_of
from outcomes.measuring.cases import Standings, of_graduates, off_roster
from outcomes.measuring.columns import Numbers
from outcomes.measuring.completion import completion_years
from outcomes.measuring.employers import EmployerList, employers_as_of, top_employers
from outcomes.measuring.measures import Measure
from outcomes.measuring.placement import Careers, Occupation, careers_as_of, occupations_as_of, placement
from outcomes.measuring.portfolio import Judged, portfolio_quality, portfolios_as_of
from outcomes.measuring.projects import Projects, benchmark, capstones, code_review, production_project, projects_as_of
from outcomes.measuring.reputation import rank_as_of, reputation
from outcomes.measuring.retention import by_level, retention_through
from outcomes.measuring.roster import Entry, Roster, roster_as_of
from outcomes.measuring.satisfaction import Heard, heard_as_of, satisfaction
from outcomes.measuring.survival import LevelRetention
from outcomes.models import RankRecord, TargetKey
from outcomes.scopes import EVERYONE, Scope


class AsOf:
    """The records of the organization in scope as of a day, each kind read when first asked for.

    A measure is a function of a scope and of this day alone: asked again tomorrow it says the same, unless an event
    that was effective by then has been recorded since.
    """

    def __init__(self, on: date) -> None:
        self.on = on
        self._parts: dict[Scope, Part] = {}

    @cached_property
    def cohorts(self) -> dict[UUID, Cohort]:
        """Newest start first."""
        return {cohort.pk: cohort for cohort in Cohort.objects.for_list()}

    @cached_property
    def roster(self) -> Roster:
        return roster_as_of(self.on)

    @cached_property
    def by_cohort(self) -> dict[UUID, list[Entry]]:
        """Everybody by cohort, one by one and without names."""
        groups: dict[UUID, list[Entry]] = {}
        for entry in self.roster.anonymous:
            groups.setdefault(entry.cohort_id, []).append(entry)
        return groups

    @cached_property
    def occupations(self) -> dict[UUID, tuple[Occupation, ...]]:
        return occupations_as_of(self.on)

    @cached_property
    def careers(self) -> Careers:
        return careers_as_of(self.roster, self.on)

    @cached_property
    def projects(self) -> Projects:
        return projects_as_of(self.roster, self.on)

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

    def held(self, scope: Scope) -> set[UUID]:
        """The cohorts of a scope."""
        if scope.cohort_id and scope.is_kept:
            return {scope.cohort_id} & self.cohorts.keys()
        return {pk for pk, cohort in self.cohorts.items() if scope.holds(cohort)}

    def part(self, scope: Scope) -> "Part":
        """What is known of a scope's learners."""
        if scope not in self._parts:
            self._parts[scope] = Part(self, scope)
        return self._parts[scope]

    def measure(self, key: str, scope: Scope = EVERYONE) -> Measure:
        """One number. Raises KeyError for a target that cannot be measured yet."""
        return MEASURED[key](key, self.part(scope))

    def measures(self, scope: Scope = EVERYONE) -> dict[str, Measure]:
        """Every number there is data for, by key."""
        return {key: self.measure(key, scope) for key in MEASURED}


class Part:
    """Of the records as of a day those of the learners in a scope, each kind when first asked for."""

    def __init__(self, known: AsOf, scope: Scope) -> None:
        self.known, self.scope = known, scope

    @cached_property
    def roster(self) -> Roster:
        return self.known.roster if self._rows is None else self.known.roster.part(self._rows)

    @cached_property
    def projects(self) -> Projects:
        return self.known.projects if self._rows is None else self.known.projects.part(self._rows)

    @cached_property
    def careers(self) -> Careers:
        return self.known.careers if self._rows is None else self.known.careers.part(self._rows, len(self.known.roster))

    @cached_property
    def on_roster(self) -> Standings:
        """How those stand whom every number leaves out."""
        return off_roster(self.roster)

    @cached_property
    def graduates(self) -> Standings:
        """How all but graduates stand to the numbers about these."""
        return of_graduates(self.on_roster)

    @cached_property
    def levels(self) -> tuple[LevelRetention, ...]:
        return by_level(self.roster)

    @property
    def cohorts(self) -> set[UUID] | None:
        """None for all of them."""
        return None if self.scope == EVERYONE else self.known.held(self.scope)

    @cached_property
    def _rows(self) -> Numbers | None:
        """The rows of the roster; None for all of them."""
        if self.scope == EVERYONE:
            return None
        rows_by_cohort, nobody = self.known.roster.rows_by_cohort, np.empty(0, dtype=np.int64)
        return np.concatenate([nobody, *(rows_by_cohort.get(pk, nobody) for pk in self.known.held(self.scope))])


Measurement = Callable[[str, Part], Measure]

MEASURED: dict[str, Measurement] = {
    TargetKey.RETENTION_LEVEL_3: lambda key, part: retention_through(key, 3, part.on_roster, part.levels),
    TargetKey.RETENTION_LEVEL_5: lambda key, part: retention_through(key, 5, part.on_roster, part.levels),
    TargetKey.COMPLETION_YEARS: lambda key, part: completion_years(key, part.on_roster),
    TargetKey.CAPSTONES: lambda key, part: capstones(key, part.graduates, part.projects),
    TargetKey.CODE_REVIEW: lambda key, part: code_review(key, part.graduates, part.projects),
    TargetKey.BENCHMARK: lambda key, part: benchmark(key, part.graduates, part.projects),
    TargetKey.PRODUCTION_PROJECT: lambda key, part: production_project(key, part.graduates, part.projects),
    TargetKey.PLACEMENT: lambda key, part: placement(key, part.graduates, part.careers),
    TargetKey.TOP_EMPLOYERS: lambda key, part: top_employers(key, part.graduates, part.careers, part.known.employers),
    TargetKey.PORTFOLIO_QUALITY: lambda key, part: portfolio_quality(key, part.roster, part.known.portfolios),
    TargetKey.SATISFACTION: lambda key, part: satisfaction(key, part.known.heard, part.cohorts),
    TargetKey.REPUTATION: lambda key, part: reputation(key, part.scope, part.known.rank),
    TargetKey.ALUMNI_MENTORING: lambda key, part: alumni_mentoring(key, part.graduates, part.known.mentoring),
}
#: Numbers made of answers that are nobody's: no learner stands behind them.
OF_ANSWERS = (TargetKey.SATISFACTION,)
