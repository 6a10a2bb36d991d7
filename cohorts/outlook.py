"""What one may expect of a cohort that is still being thought up: when it would end, and what the target would take."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cohorts.errors import CohortError
from cohorts.pacing import ends_on, weekly_hours, years_after
from cohorts.rescheduling import days_off_of
from cohorts.stages import hours_of
from curriculum.models import CurriculumVersion

#: The target for the time to complete, as the program states it: 2.5 years.
STATED_YEARS = Decimal("2.5")


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`target_hours_per_week` is None when no week has that many; `target_problem` then says so."""

    hours: Decimal
    hours_per_week: Decimal
    starts_on: date
    ends_on: date
    first_level: int
    last_level: int
    target_ends_on: date
    target_hours_per_week: Decimal | None
    target_problem: str

    @property
    def years(self) -> float:
        """From start to end, to a tenth."""
        return round((self.ends_on - self.starts_on).days / 365.2425, 1)

    @property
    def meets_target(self) -> bool:
        return self.ends_on <= self.target_ends_on


def outlook_of(
    *, version: CurriculumVersion, first_level: int, last_level: int, hours_per_week: Decimal, starts_on: date
) -> Outlook:
    """When the levels would end, with the organization's breaks. Raises CohortError as `ends_on` and `hours_of` do."""
    hours, days_off = hours_of(version, first_level, last_level), days_off_of(None)
    end = ends_on(hours=hours, hours_per_week=hours_per_week, starts_on=starts_on, days_off=days_off)
    target, needed, problem = years_after(starts_on, STATED_YEARS), None, ""
    try:
        needed = weekly_hours(hours=hours, starts_on=starts_on, ends_on=target, days_off=days_off)
    except CohortError as error:
        problem = str(error)
    return Outlook(
        hours=hours,
        hours_per_week=hours_per_week,
        starts_on=starts_on,
        ends_on=end,
        first_level=first_level,
        last_level=last_level,
        target_ends_on=target,
        target_hours_per_week=needed,
        target_problem=problem,
    )
