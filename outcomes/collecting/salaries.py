"""Salaries that graduates report: who may see one, and what may be told of many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from statistics import median
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Enrollment
from outcomes.collecting.placement_records import LEAST_SALARY, MOST_SALARY, Salary
from outcomes.errors import OutcomeError
from outcomes.measuring.cases import Standing
from outcomes.measuring.columns import records
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.placement import WINDOW, Occupations
from outcomes.measuring.roster import CHAIN, Entry
from outcomes.models import PlacementStatus, TargetKey
from outcomes.scopes import EVERYONE, Scope
from outcomes.surveys.records import LEAST

NOT_A_SALARY = _(
    "Enter the gross base salary of a whole year, from 1,000 to 99,999,999, as digits alone. Leave it empty not to say."
)
WITHOUT_JOB = (PlacementStatus.SEEKING, PlacementStatus.NOT_SEEKING, PlacementStatus.NOT_REACHED)

# Of two for the same day the later one corrects the earlier one.
SALARIES = """
SELECT DISTINCT ON (chain.root_id, s.effective_on) chain.root_id, s.effective_on, s.amount, s.currency
FROM chain
JOIN outcomes_salary s ON s.organization_id = %(organization)s AND s.enrollment_id = chain.enrollment_id
WHERE s.effective_on <= %(on)s
ORDER BY chain.root_id, s.effective_on, s.recorded_at DESC, s.id DESC
"""


@dataclass(frozen=True, slots=True)
class Pay:
    """A gross base salary of a year, from a day on."""

    since: date
    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Salaries:
    """The median of the reported ones in the currency that most were reported in, of so many placed graduates."""

    median: float
    currency: str
    reported: int
    placed: int

    @property
    def share(self) -> float:
        return self.reported / self.placed

    @property
    def rounded(self) -> float:
        """To thousands, for whoever sees no salary: of an odd number the median is what one person earns."""
        return round(self.median, -3)


def may_see_salaries(viewer: Membership, *, learner_id: UUID) -> bool:
    """Admins, and whose salary it is. Staff who record placements may write one down and never read it again."""
    return viewer.is_admin or viewer.pk == learner_id


def salaries_seen_by(viewer: Membership, enrollments: Sequence[Enrollment]) -> QuerySet[Salary]:
    """Of one learner's enrollments, the latest first; none for who may not see them."""
    if not all(may_see_salaries(viewer, learner_id=each.learner_id) for each in enrollments):
        return Salary.objects.none()
    found = Salary.objects.filter(enrollment__in=enrollments).select_related("recorded_by")
    return found.order_by("-effective_on", "-recorded_at", "-pk")


def check_salary(*, amount: int | None, status: str) -> None:
    """Raises OutcomeError `salary_out_of_range`, or `salary_without_job` for a situation that pays none."""
    if amount is None:
        return
    if status in WITHOUT_JOB:
        raise OutcomeError("salary_without_job", _("A salary belongs to a job: choose one, or leave this empty."))
    if not LEAST_SALARY <= amount <= MOST_SALARY:
        raise OutcomeError("salary_out_of_range", NOT_A_SALARY)


def forget_salaries(*, learner: Membership) -> int:
    """Remove every salary of a learner, as they ask. Returns how many there were."""
    removed, _rows = Salary.objects.filter(enrollment__learner=learner).delete()
    return removed


def salaries_as_of(on: date) -> dict[UUID, tuple[Pay, ...]]:
    """What was reported of each entry of the roster, oldest first, in one query."""
    rows = records(CHAIN, SALARIES, on=on)
    return {pk: tuple(Pay(*row[1:]) for row in found) for pk, found in groupby(rows, key=lambda row: row[0])}


def salaries_of(known: AsOf, scope: Scope = EVERYONE) -> Salaries | None:
    """The median of the graduates who count as placed, as of the day; None under five reports in one currency."""
    placed = [case.entry for case in known.measure(TargetKey.PLACEMENT, scope).cases if case.standing is Standing.MET]
    return salaries_among(placed, known.occupations, salaries_as_of(known.on))


def salaries_among(
    placed: Sequence[Entry], occupations: Occupations, reported: Mapping[UUID, Sequence[Pay]]
) -> Salaries | None:
    """The median of these placed graduates; None under five reports in one currency.

    A salary is of the situation on day 180 when it was reported for a day after the situation before it began.
    """
    amounts: dict[str, list[int]] = {}
    for entry in placed:
        until = entry.since + timedelta(days=WINDOW)
        before = [one.since for one in occupations[entry.enrollment_id] if one.since <= until][:-1]
        pay = _latest(reported, entry.enrollment_id, after=before[-1] if before else date.min, until=until)
        if pay:
            amounts.setdefault(pay.currency, []).append(pay.amount)
    numbers = Counter({currency: len(found) for currency, found in sorted(amounts.items())})
    for currency, number in numbers.most_common(1):
        if number >= LEAST:
            return Salaries(
                median=float(median(amounts[currency])), currency=currency, reported=number, placed=len(placed)
            )
    return None


def _latest(reported: Mapping[UUID, Sequence[Pay]], pk: UUID, *, after: date, until: date) -> Pay | None:
    found = [pay for pay in reported.get(pk, ()) if after < pay.since <= until]
    return found[-1] if found else None
