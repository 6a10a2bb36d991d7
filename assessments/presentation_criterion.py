"""What a level's gate asks of presentations, where the curriculum and the organization ask for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from assessments.carrying import shown_by
from assessments.criteria import Place, Question, Requirement, register
from assessments.models import Presentation
from assessments.presentation_policy import policy_in_force, versions_that_ask
from assessments.sentences import Sentence, joined, sentence
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Project

#: What shows that a project was presented: a presentation that passed, or the credit for the project.
Shown = Presentation | ProgressEvent


@register(position=40)
def presented(question: Question) -> Iterable[tuple[UUID, UUID, Requirement]]:
    """A presentation passed of every capstone that has to be presented. Five queries, mostly one.

    A project that was credited was shown elsewhere: nothing of it is presented.
    """
    if not question.enrollments:
        return
    first, policy = question.enrollments[0], policy_in_force()
    if policy.asked_from is None or first.cohort.starts_on < policy.asked_from:
        return
    if not versions_that_ask().filter(version=first.version_id).exists():
        return
    planned, shown = _presented(question)
    for enrollment, level, projects in question.asked():
        for project in projects:
            if project.kind in policy.kinds:
                found = shown[enrollment.pk].get(project.pk, ())
                waits = planned[enrollment.pk].get(project.pk)
                yield enrollment.pk, level.pk, _requirement(enrollment, project, found, waits)


def _presented(
    question: Question,
) -> tuple[Mapping[UUID, Mapping[UUID, Presentation]], dict[UUID, dict[UUID, tuple[Shown, ...]]]]:
    """By learner and project the last presentation that was planned, and what shows that it was presented."""
    last: dict[UUID, dict[UUID, Presentation]] = defaultdict(dict)
    own: dict[UUID, dict[UUID, Shown]] = {enrollment.pk: {} for enrollment in question.enrollments}
    for enrollment, events in question.credits().items():
        own[enrollment] = {event.project_id: event for event in events if event.project_id is not None}
    rows = Presentation.objects.filter(
        submission__enrollment__in=question.enrollments, scheduled_at__lt=question.until
    ).exclude(status=Presentation.Status.CANCELLED)
    for row in rows.select_related("submission").order_by("during", "pk"):
        attempt = row.submission
        last[attempt.enrollment_id][attempt.project_id] = row
        is_passed = row.outcome == Presentation.Outcome.PASS
        if is_passed and row.settled_at is not None and row.settled_at < question.until:
            own[attempt.enrollment_id].setdefault(attempt.project_id, row)
    return last, shown_by(own)


def _requirement(
    enrollment: Enrollment, project: Project, found: Sequence[Shown], waits: Presentation | None
) -> Requirement:
    return Requirement(
        key=f"presentation-{project.pk}",
        title=sentence("“%(project)s” presented to a panel", project=project.title),
        met=bool(found),
        detail=joined(_proof(each) for each in found) if found else _needed(waits),
        learner_place=Place("assessments:project", (str(project.pk),)),
        staff_place=Place("assessments:presentations"),
    )


def _proof(shown: Shown) -> Sentence:
    if isinstance(shown, ProgressEvent):
        return sentence("Credited without a presentation")
    return sentence("Presented on %(day)s and passed", day=timezone.localdate(shown.starts_at))


def _needed(waits: Presentation | None) -> Sentence:
    if waits is None or waits.status == Presentation.Status.NO_SHOW:
        return sentence("A presentation has to be planned")
    day = timezone.localdate(waits.starts_at)
    if waits.outcome == Presentation.Outcome.REPEAT:
        return sentence("To be repeated after %(day)s; another presentation has to be planned", day=day)
    if waits.outcome:
        return sentence("Presented on %(day)s; it counts from the day it was decided on", day=day)
    if waits.status == Presentation.Status.HELD:
        return sentence("Presented on %(day)s; the panel decides", day=day)
    return sentence("Planned on %(day)s", day=day)
