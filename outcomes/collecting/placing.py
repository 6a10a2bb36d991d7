"""What a graduate does after graduating, recorded with the evidence for it."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Enrollment, EnrollmentEvent
from outcomes.collecting.placement_records import Salary
from outcomes.collecting.salaries import check_salary
from outcomes.collecting.verifying import needs_second
from outcomes.errors import OutcomeError
from outcomes.measuring.placement import IN_FIELD
from outcomes.models import Placement, PlacementStatus

Status = PlacementStatus
#: Statuses in which somebody else employs the graduate, so that there is an employer to name.
EMPLOYED = (
    Status.FULL_TIME,
    Status.CONTRACT,
    Status.SCHOOL_IN_FIELD,
    Status.SCHOOL_OUT_OF_FIELD,
    Status.OUT_OF_FIELD,
)


def record_placement(
    *,
    enrollment: Enrollment,
    status: str,
    effective_on: date,
    on: date,
    by: Membership | None,
    employer: str = "",
    job_title: str = "",
    is_relevant: bool = False,
    evidence: str = "",
    evidence_on: date | None = None,
    note: str = "",
    salary: int | None = None,
    currency: str = "",
) -> Placement:
    """Record what a graduate does from a day on; `on` is today, and `by` is who saw the evidence.

    Where the organization wants two people, it counts once somebody else verified it. `salary` is the gross base of a
    year.
    A correction is another record with the same day: the latest one counts. Raises OutcomeError `not_graduated`,
    `before_graduation`, `in_the_future`, `evidence_missing`, `evidence_in_the_future`, `employer_missing`,
    `not_in_field`, `salary_without_job` or `salary_out_of_range`.
    """
    graduated_on = graduation_of(enrollment)
    if graduated_on is None:
        raise OutcomeError("not_graduated", _("Only graduates have a placement. Record the graduation first."))
    if effective_on < graduated_on:
        raise OutcomeError(
            "before_graduation",
            _("That is before the graduation on %(day)s. Enter that day for a job that had begun earlier.")
            % {"day": graduated_on.isoformat()},
        )
    if effective_on > on:
        raise OutcomeError("in_the_future", _("Enter a start that is not in the future."))
    if status in EMPLOYED and not (employer and job_title):
        raise OutcomeError("employer_missing", _("Name the employer and the role."))
    if is_relevant and status not in IN_FIELD:
        raise OutcomeError("not_in_field", _("Only a role in field can be relevant. Choose a status from 1A to 1E."))
    if status != Status.SEEKING:
        if not (evidence and evidence_on):
            raise OutcomeError("evidence_missing", _("Say what the evidence is and from which day."))
        if evidence_on > on:
            raise OutcomeError("evidence_in_the_future", _("Enter a date of the evidence that is not in the future."))
    check_salary(amount=salary, status=status)
    is_for_two = status != Status.SEEKING and needs_second()
    with transaction.atomic():
        if salary is not None:
            Salary.objects.create(
                enrollment=enrollment, amount=salary, currency=currency, effective_on=effective_on, recorded_by=by
            )
        return Placement.objects.create(
            enrollment=enrollment,
            status=status,
            effective_on=effective_on,
            employer=employer,
            job_title=job_title,
            is_relevant=is_relevant,
            evidence=evidence,
            evidence_on=evidence_on,
            verified_by=by if evidence and not is_for_two else None,
            needs_second=is_for_two,
            note=note,
            recorded_by=by,
        )


def graduation_of(enrollment: Enrollment) -> date | None:
    """The day of graduation as it stands now; None for who has not graduated, or whose graduation was taken back."""
    graduated_on = None
    for event in EnrollmentEvent.objects.filter(enrollment=enrollment).order_by("-effective_on", "-sequence"):
        if event.to_status != Enrollment.Status.GRADUATED:
            break
        graduated_on = event.effective_on
    return graduated_on
