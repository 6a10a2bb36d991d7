"""What people see of presentations: lists of what is planned and waits, and who reads what the panel wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Value

from accounts.models import Membership
from assessments.carrying import attempts_for
from assessments.models import PanelReview, Presentation, PresentationQuerySet, PresentationSeat, Score, Submission
from assessments.presentation_policy import to_schedule
from cohorts.models import Cohort, Enrollment
from curriculum.models import Project


def presentations_view(project: Project, enrollment: Enrollment) -> list[Presentation]:
    """Of the learner's attempts that show with the project, the latest first. Two queries."""
    rows = Presentation.objects.filter(submission__in=attempts_for(project.pk, enrollment)).with_people()
    return list(rows.order_by("-during", "-pk"))


def next_presentation(learner: Membership, *, at: datetime) -> Presentation | None:
    """The one that the learner gives next, or that is under way. One query."""
    own = Presentation.objects.filter(submission__enrollment__learner=learner, status=Presentation.Status.PLANNED)
    rows = own.filter(during__endswith__gt=at).select_related("submission__project")
    return rows.order_by("during").first()


def waiting_for(member: Membership, *, at: datetime) -> PresentationQuerySet:
    """Those for which this member of the panel has to score, or to decide."""
    return Presentation.objects.awaiting(member, at=at)


def may_read(presentation: Presentation, viewer: Membership) -> bool:
    """Whether the viewer sees what others of the panel handed in: the learner and who is not on the panel once it is
    decided, the panel once their own is in, staff who are not on it always.
    """
    if presentation.outcome:
        return True
    seat = presentation.seat_of(viewer)
    if seat is None:
        return viewer.is_staff
    if seat.role == PresentationSeat.Role.LEARNER:
        return False
    return PanelReview.objects.filter(presentation=presentation, member=viewer).exclude(handed_in_at=None).exists()


def review_row(review: PanelReview) -> dict[str, Any]:
    """What one of the panel wrote, as the pages show it. Takes a review `with_scores`."""
    scores = [
        {
            "criterion": score.criterion.title,
            "label": score.get_value_display(),
            "is_below": score.value is not None and score.value < Score.Value.PROFICIENT,
            "comment": score.comment,
        }
        for score in review.scores.all()
    ]
    return {"member": review.member, "summary": review.summary, "scores": scores, "questions": review.questions.all()}


@dataclass(frozen=True, kw_only=True)
class WaitingPresentation:
    """A capstone to plan a presentation of, or a presentation that was held and is not decided on."""

    presentation: UUID | None
    submission: UUID
    learner: str
    project: str
    since: datetime


def waiting_presentations(
    cohorts: "QuerySet[Cohort] | None", *, at: datetime, most: int
) -> tuple[Sequence[WaitingPresentation], int]:
    """For Today: presentations that wait for scores or a decision, then capstones to be presented; the longest waiting
    first, and how many in all. Two queries.
    """
    begun, open_work = Presentation.objects.begun(at=at).order_by(), to_schedule().select_related(None).order_by()
    if cohorts is not None:
        begun = begun.filter(submission__enrollment__cohort__in=cohorts)
        open_work = open_work.filter(enrollment__cohort__in=cohorts)
    told = ("rank", "row", "work", "learner_name", "project_title", "since")
    held = begun.annotate(
        rank=Value(0), row=F("pk"), work=F("submission"), learner_name=F("submission__enrollment__learner__name"),
        project_title=F("submission__project__title"), since=F("during__startswith"),
    ).values_list(*told)  # fmt: skip
    planned = _columns(open_work).values_list(*told)
    rows = list(held.union(planned, all=True).order_by("rank", "since", "work"))
    found = [
        WaitingPresentation(
            presentation=row if rank == 0 else None, submission=work, learner=name, project=title, since=since
        )
        for rank, row, work, name, title, since in rows
    ]
    return found[:most], len(found)


def _columns(work: "QuerySet[Submission]") -> "QuerySet[Submission]":
    return work.annotate(
        rank=Value(1), row=F("pk"), work=F("pk"), learner_name=F("enrollment__learner__name"),
        project_title=F("project__title"), since=F("decided_at"),
    )  # fmt: skip
