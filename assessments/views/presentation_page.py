"""The page of one presentation, as the learner, the panel and program staff see it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts.middleware import MemberRequest
from assessments import panel_scoring, presenting
from assessments.journey import attempt_rows
from assessments.models import WAITS, PanelReview, Presentation, PresentationSeat, Submission
from assessments.presentation_forms import DecisionForm, PanelForm
from assessments.presentations_shown import may_read, review_row
from organizations.errors import DomainError


def find(request: MemberRequest, pk: UUID) -> Presentation:
    """404 for presentations in which the viewer has no part."""
    rows = Presentation.objects.visible_to(request.membership).with_people().with_scores()
    return get_object_or_404(rows.select_related("rubric", "scheduled_by", "settled_by"), pk=pk)


def presentation_page(
    request: MemberRequest,
    found: Presentation,
    *,
    form: PanelForm | None = None,
    decision: DecisionForm | None = None,
    error: str = "",
) -> HttpResponse:
    """`form` and `decision` come back when something in them was wrong, `error` when nothing could be done."""
    now, viewer = timezone.now(), request.membership
    failed = form is not None or decision is not None or bool(error)
    seat = found.seat_of(viewer)
    is_own = seat is not None and seat.role == PresentationSeat.Role.LEARNER
    may_score = not _refused(panel_scoring.check_may_score, found, by=viewer, at=now)
    own = PanelReview.objects.filter(presentation=found, member=viewer).first() if seat and not is_own else None
    if form is None and may_score:
        form = PanelForm(found, review=own)
    if decision is None and not _refused(panel_scoring.check_may_decide, found, by=viewer, at=now):
        decision = DecisionForm()
    handed_in: list[PanelReview] = found.handed_in  # type: ignore[attr-defined]
    scored = {review.member_id for review in handed_in}
    work = Submission.objects.with_feedback().get(pk=found.submission_id)
    context: dict[str, Any] = {
        "presentation": found,
        "shell": "learner.html" if is_own else "staff.html",
        "is_own": is_own,
        "standing": found.standing(at=now),
        "has_begun": found.starts_at <= now,
        "panel": [{"seat": each, "has_scored": each.member_id in scored} for each in found.panel],
        "criteria": found.rubric.criteria.order_by("position") if not found.outcome else [],
        "form": form,
        "may_score": may_score,
        "own": own,
        "decision": decision,
        "error": error,
        "reviews": [review_row(review) for review in handed_in] if may_read(found, viewer) else [],
        "may_change": not is_own and not _refused(presenting.check_may_change, found, by=viewer),
        "waits_until": found.ends_at + WAITS,
        "events": found.events.select_related("recorded_by").order_by("recorded_at", "pk"),
        "work": attempt_rows([work], at=now)[0],
    }
    return render(request, "assessments/presentation.html", context, status=422 if failed else 200)


def _refused(check: Any, found: Presentation, **about: Any) -> bool:
    try:
        check(found, **about)
    except DomainError:
        return True
    return False
