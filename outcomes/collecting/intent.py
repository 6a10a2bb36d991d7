"""Whether a learner seeks a job after the program: declared at intake, and fixed from the census date on."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment
from outcomes.errors import OutcomeError
from outcomes.models import JobIntent


def is_open(enrollment: Enrollment, *, at: datetime) -> bool:
    """Whether it can still be declared: through the census date, on the cohort's clock."""
    cohort: Cohort = enrollment.cohort
    return cohort.today(at) <= cohort.census_on


def declare_intent(*, enrollment: Enrollment, seeks_job: bool, by: Membership, at: datetime) -> JobIntent:
    """Record what the learner declares; the last word up to the census date counts.

    Raises OutcomeError `intent_fixed` after it.
    """
    if not is_open(enrollment, at=at):
        raise OutcomeError(
            "intent_fixed",
            _("This was asked until the census date, %(day)s, and cannot be changed after it.")
            % {"day": enrollment.cohort.census_on.isoformat()},
        )
    enrollment.seeks_job, enrollment.seeks_job_declared_at = seeks_job, at
    enrollment.save(update_fields=["seeks_job", "seeks_job_declared_at"])
    return JobIntent.objects.create(enrollment=enrollment, seeks_job=seeks_job, recorded_by=by, recorded_at=at)


def intents_of(enrollment: Enrollment) -> QuerySet[JobIntent]:
    """What was declared, the last word first."""
    return JobIntent.objects.filter(enrollment=enrollment).select_related("recorded_by").order_by("-recorded_at", "-pk")
