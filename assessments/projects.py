"""A learner's projects and how each stands."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from accounts.models import Membership
from assessments.carrying import Proof, attempts_for, credits_in, credits_of, proofs_of
from assessments.models import Review, Submission
from cohorts.models import Enrollment, MapPair, ProgressEvent
from cohorts.outline import OUTLINES_KEPT
from curriculum.models import Project
from organizations.prepared import Prepared

STILL_IN = (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)


@dataclass(frozen=True, kw_only=True)
class ProjectStanding:
    """`status` is a key of the status tag, `credited`, or empty before the first attempt; `since`, from when on.
    `latest` is the last of the `attempts`, with its reviews.

    Work on a track that the learner left for another is shown, but `is_asked` no more.
    """

    project: Project
    status: str
    since: datetime | None
    attempts: int
    latest: Submission | None = None
    is_asked: bool = True


def enrollment_of(learner: Membership, project: Project | None = None) -> Enrollment | None:
    """The enrollment a learner works in, or worked in last; with a project, the one that has it in its curriculum.

    Of a project of a version that they left: the one in which they followed that version.
    """
    enrollments = Enrollment.objects.for_learner(learner)
    if project is not None:
        walked = enrollments.filter(
            cohort__first_level__lte=project.level.number, cohort__last_level__gte=project.level.number
        )
        enrollments = walked.filter(version=project.version_id)
        if not enrollments:
            enrollments = walked.filter(moves__move__from_version=project.version_id).distinct()
    return max(enrollments, key=lambda row: (row.status in STILL_IN, row.cohort.starts_on, row.pk), default=None)


def projects_of(
    enrollment: Enrollment, *, at: datetime, events: Iterable[ProgressEvent] | None = None, has_moved: bool = True
) -> list[ProjectStanding]:
    """Every project of the learner's levels, in the order of the curriculum; of tracks the chosen one and work done.

    `events` are all of the enrollment's, where the caller has them. Who never went over to another version, not
    `has_moved`, has no work that shows elsewhere.
    """
    cohort = enrollment.cohort
    attempts: dict[UUID, list[Submission]] = defaultdict(list)
    submissions = (_CARRIED_ATTEMPTS if has_moved else _ATTEMPTS).rows(enrollment=enrollment.pk)
    credits = credits_of(enrollment) if events is None else credits_in(events)
    own = {event.project_id: Proof(credit=event) for event in credits if event.project_id is not None}
    for submission in submissions:
        if submission.verdict is not None and submission.verdict.verdict == Review.Verdict.PASS:
            own[submission.project_id] = Proof(review=submission.verdict)
        carried = submission.carried.all() if has_moved else ()
        for project_id in {submission.project_id, *(row.project_id for row in carried)}:
            attempts[project_id].append(submission)
    shown = proofs_of(enrollment, own) if has_moved else {project: (proof,) for project, proof in own.items()}
    return [
        _standing(project, attempts.get(project.pk, ()), shown.get(project.pk, ()), at, enrollment)
        for project in _kept(enrollment.version_id)
        if cohort.first_level <= project.level.number <= cohort.last_level
        and (project.track_id in (None, enrollment.track_id) or project.pk in attempts)
    ]


_ATTEMPTS = Prepared(lambda enrollment: Submission.objects.filter(enrollment=enrollment).with_reviews())
_CARRIED_ATTEMPTS = Prepared(
    lambda enrollment: Submission.objects.filter(enrollment=enrollment).with_reviews().prefetch_related("carried")
)


@lru_cache(maxsize=OUTLINES_KEPT)
def _kept(version_id: UUID) -> tuple[Project, ...]:
    """All of a version, in order, with level and module. From memory: what is published never changes again."""
    rows = Project.objects.filter(version=version_id).select_related("level", "module")
    return tuple(rows.order_by("level__number", "position"))


def attempts_at(project: Project, enrollment: Enrollment) -> list[Submission]:
    """The learner's attempts that show with a project, with all feedback, newest first."""
    found = attempts_for(project.pk, enrollment).with_feedback().select_related("project__version")
    return list(found.order_by("-submitted_at", "-attempt"))


def heirs_of(project: Project, enrollment: Enrollment) -> list[Project]:
    """The projects of the learner's version now for which one of a version they left counts."""
    here, found = {project.pk}, {project.pk}
    rows = (
        MapPair.objects.filter(move__legs__enrollment=enrollment, from_project__isnull=False)
        .order_by("move__legs__sequence")
        .values_list("from_project", "to_project")
    )
    for old, new in rows:
        if old in here:
            found.add(new)
            here.add(new)
    return list(Project.objects.filter(pk__in=found, version=enrollment.version_id).order_by("position"))


def _standing(
    project: Project, attempts: Sequence[Submission], proofs: Sequence[Proof], at: datetime, enrollment: Enrollment
) -> ProjectStanding:
    """Passed or credited when that is shown; else as the latest attempt at it stands, unless that one passed: an
    attempt from another version may be half of what counts for this project."""
    status, since = "", None
    reviews = [proof.review for proof in proofs if proof.review is not None]
    if reviews:
        status, since = "passed", max((review.submitted_at for review in reviews if review.submitted_at), default=None)
    elif proofs:
        status, since = "credited", max(proof.credit.recorded_at for proof in proofs if proof.credit is not None)
    else:
        standings = ((attempt, attempt.standing(at=at)) for attempt in attempts if attempt.withdrawn_at is None)
        open_ones = [(attempt, standing) for attempt, standing in standings if standing != "passed"]
        if open_ones:
            current, status = max(open_ones, key=lambda one: (one[0].submitted_at, one[0].attempt))
            since = current.verdict.submitted_at if current.verdict else current.submitted_at
    is_asked = project.track_id in (None, enrollment.track_id)
    latest = max(attempts, key=lambda attempt: (attempt.submitted_at, attempt.attempt), default=None)
    return ProjectStanding(
        project=project, status=status, since=since, attempts=len(attempts), latest=latest, is_asked=is_asked
    )
