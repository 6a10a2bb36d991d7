"""What people see of presentations: lists of what is planned and waits, and who reads what the panel wrote."""

from datetime import datetime
from typing import Any

from accounts.models import Membership
from assessments.carrying import attempts_for
from assessments.models import PanelReview, Presentation, PresentationQuerySet, PresentationSeat, Score
from cohorts.models import Enrollment
from curriculum.models import Project
from organizations.prepared import Prepared


def presentations_view(project: Project, enrollment: Enrollment) -> list[Presentation]:
    """Of the learner's attempts that show with the project, the latest first. Two queries."""
    rows = Presentation.objects.filter(submission__in=attempts_for(project.pk, enrollment)).with_people()
    return list(rows.order_by("-during", "-pk"))


def next_presentation(learner: Membership, *, at: datetime) -> Presentation | None:
    """The one that the learner gives next, or that is under way. One query."""
    return _NEXT.first(learner=learner.pk, at=at)


def coming_of(learner: Any, *, at: Any) -> PresentationQuerySet:
    """Those that the learner with that id gives next, or that are under way, the soonest first."""
    own = Presentation.objects.filter(submission__enrollment__learner=learner, status=Presentation.Status.PLANNED)
    return own.filter(during__endswith__gt=at).order_by("during")


_NEXT = Prepared(lambda learner, at: coming_of(learner, at=at).select_related("submission__project")[:1])


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
