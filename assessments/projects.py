"""A learner's projects and how each stands."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import Membership
from assessments.models import Review, Submission
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Project

STILL_IN = (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)


@dataclass(frozen=True, kw_only=True)
class ProjectStanding:
    """`status` is a key of the status tag, `credited`, or empty before the first attempt; `since`, from when on.

    Work on a track that the learner left for another is shown, but `is_asked` no more.
    """

    project: Project
    status: str
    since: datetime | None
    attempts: int
    is_asked: bool = True


def enrollment_of(learner: Membership, project: Project | None = None) -> Enrollment | None:
    """The enrollment a learner works in, or worked in last; with a project, the one that has it in its curriculum."""
    enrollments = Enrollment.objects.for_learner(learner)
    if project is not None:
        enrollments = enrollments.filter(
            version=project.version_id,
            cohort__first_level__lte=project.level.number,
            cohort__last_level__gte=project.level.number,
        )
    return max(enrollments, key=lambda row: (row.status in STILL_IN, row.cohort.starts_on, row.pk), default=None)


def projects_of(enrollment: Enrollment, *, at: datetime) -> list[ProjectStanding]:
    """Every project of the learner's levels, in the order of the curriculum; of tracks the chosen one and work done."""
    cohort = enrollment.cohort
    attempts: dict[UUID, list[Submission]] = defaultdict(list)
    for submission in Submission.objects.filter(enrollment=enrollment).with_reviews():
        attempts[submission.project_id].append(submission)
    credited = _credited(enrollment)
    projects = (
        Project.objects.filter(Q(track=None) | Q(track=enrollment.track_id) | Q(pk__in=list(attempts)))
        .filter(version=enrollment.version_id, level__number__range=(cohort.first_level, cohort.last_level))
        .select_related("level", "module")
    )
    return [
        _standing(project, attempts[project.pk], credited.get(project.pk), at, enrollment)
        for project in projects.order_by("level__number", "position")
    ]


def attempts_at(project: Project, enrollment: Enrollment) -> list[Submission]:
    """The learner's attempts at a project with all feedback, newest first."""
    return list(Submission.objects.filter(project=project, enrollment=enrollment).with_feedback())


def _standing(
    project: Project,
    attempts: list[Submission],
    credit: ProgressEvent | None,
    at: datetime,
    enrollment: Enrollment,
) -> ProjectStanding:
    status, since = "", None
    if current := next((attempt for attempt in attempts if attempt.withdrawn_at is None), None):
        verdict: Review | None = current.verdict
        status = current.standing(at=at)
        since = verdict.submitted_at if verdict else current.submitted_at
    if credit is not None and status != "passed":
        status, since = "credited", credit.recorded_at
    return ProjectStanding(
        project=project,
        status=status,
        since=since,
        attempts=len(attempts),
        is_asked=project.track_id in (None, enrollment.track_id),
    )


def _credited(enrollment: Enrollment) -> dict[UUID, ProgressEvent]:
    latest = (
        ProgressEvent.objects.filter(enrollment=enrollment, project__isnull=False)
        .order_by("project", "-effective_on", "-recorded_at", "-id")
        .distinct("project")
    )
    return {
        event.project_id: event
        for event in latest
        if event.project_id is not None and event.kind == ProgressEvent.Kind.CREDITED
    }
