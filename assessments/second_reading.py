"""When a second person reads an attempt too, and what then is final.

The first reading decides nothing then. A second of the same verdict is final; where they differ, program staff who have
not read it write a third, and that one is final. Nothing that was read is overwritten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.models import Review, SecondReaderRule, SecondReading, Submission
from curriculum.models import Project

#: A second reading is the last that mentors give; the third settles.
SETTLING = 2


@dataclass(frozen=True)
class RulesInForce:
    """Whether a second reader is asked for; None where that is left to what is said less closely."""

    everywhere: bool
    cohorts: Mapping[UUID, bool]
    projects: Mapping[UUID, bool]

    def asks(self, *, project: Project, cohort_id: UUID) -> bool:
        """Of final capstones alone."""
        if project.kind != Project.Kind.FINAL_CAPSTONE:
            return False
        return self.projects.get(project.pk, self.cohorts.get(cohort_id, self.everywhere))


def rules_in_force() -> RulesInForce:
    """As they are now. One query."""
    latest = (
        SecondReaderRule.objects.order_by("cohort", "project", "-recorded_at", "-pk")
        .distinct("cohort", "project")
        .values_list("cohort", "project", "is_asked")
    )
    said = [(cohort, project, is_asked) for cohort, project, is_asked in latest if is_asked is not None]
    return RulesInForce(
        everywhere=any(is_asked for cohort, project, is_asked in said if cohort is None and project is None),
        cohorts={cohort: is_asked for cohort, _project, is_asked in said if cohort is not None},
        projects={project: is_asked for _cohort, project, is_asked in said if project is not None},
    )


def set_rule(
    *,
    cohort_id: UUID | None = None,
    project_id: UUID | None = None,
    is_asked: bool | None,
    by: Membership,
    at: datetime,
) -> SecondReaderRule:
    """Ask for a second reader from now on, or not, or leave it (None) to what is said less closely."""
    return SecondReaderRule.objects.create(
        cohort_id=cohort_id, project_id=project_id, is_asked=is_asked, recorded_by=by, recorded_at=at
    )


def ask_for_one(*, submission: Submission, reason: str, by: Membership, at: datetime) -> SecondReading:
    """Let somebody else read this attempt as well. Takes a locked submission that `by` may review.

    Raises AssessmentError `reason_needed` or `asked_already`.
    """
    if not reason.strip():
        raise AssessmentError("reason_needed", _("Write why somebody else should read this too. They see it."))
    if is_wanted(submission):
        raise AssessmentError("asked_already", _("A second reader is asked for already."))
    return SecondReading.objects.create(submission=submission, reason=reason.strip(), asked_by=by, asked_at=at)


def is_wanted(submission: Submission) -> bool:
    """Whether a second reader is asked for, by the rules or by a reviewer. At most two queries."""
    return SecondReading.objects.filter(submission=submission).exists() or is_asked_by_rule(submission)


def is_asked_by_rule(submission: Submission) -> bool:
    """Whether the rules as they are now ask for a second reader. One query for a final capstone, else none."""
    if submission.project.kind != Project.Kind.FINAL_CAPSTONE:
        return False
    return rules_in_force().asks(project=submission.project, cohort_id=submission.enrollment.cohort_id)


def is_final(submission: Submission, before: Sequence[Review], verdict: str) -> bool:
    """Whether a review with that verdict decides, after the readings before it."""
    if len(before) >= SETTLING:
        return True
    if before:
        return before[0].verdict == verdict
    return not is_wanted(submission)
