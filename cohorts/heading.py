from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from cohorts.history import SEATED
from cohorts.models import Cohort, Enrollment, Milestone

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
    """Two queries. `learners` is everyone on the roster, `seats` those who take one, `waiting` applied or in line."""
    people = Enrollment.objects.filter(cohort=cohort).aggregate(
        learners=Count("pk"),
        seats=Count("pk", filter=Q(status__in=SEATED)),
        waiting=Count("pk", filter=Q(status__in=QUEUED)),
    )
    dates = Milestone.objects.filter(cohort=cohort, enrollment=None).aggregate(
        milestones=Count("pk"), ends_on=Max("due_on")
    )
    return Counts(**people, **dates)
