from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max

from cohorts.history import SEATED
from cohorts.models import Cohort, Enrollment, Milestone
from organizations.asking import asked, count_of, total_of
from organizations.prepared import Prepared

QUEUED = (Enrollment.Status.APPLIED, Enrollment.Status.WAITING)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What the heading of a cohort's pages states. `ends_on` is the last milestone's date, None before there is one."""

    learners: int
    seats: int
    waiting: int
    milestones: int
    ends_on: date | None


def counts_of(cohort: Cohort) -> Counts:
    """One query. `learners` is everyone on the roster, `seats` those who take one, `waiting` applied or in line."""
    [told] = _COUNTS.rows(cohort=cohort.pk)
    return Counts(**told)


def _counts(cohort: Any) -> Any:
    people = Enrollment.objects.filter(cohort=cohort)
    dates = Milestone.objects.filter(cohort=cohort, enrollment=None)
    return asked(
        learners=count_of(people),
        seats=count_of(people.filter(status__in=SEATED)),
        waiting=count_of(people.filter(status__in=QUEUED)),
        milestones=count_of(dates),
        ends_on=total_of(dates, Max("due_on")),
    )


_COUNTS: Prepared[Any] = Prepared(_counts)
