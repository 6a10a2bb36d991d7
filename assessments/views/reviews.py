"""Where mentors and program staff judge work."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import reviewing
from assessments.carrying import related_attempts
from assessments.errors import AssessmentError, Gap, ReviewIncomplete
from assessments.forms import ReviewForm
from assessments.journey import attempt_rows
from assessments.models import Review, Score, Submission
from organizations.errors import DomainError

PER_PAGE = 25


@requires(Role.MENTOR, Role.STAFF)
def queue(request: MemberRequest, organization: str) -> HttpResponse:
    now = timezone.now()
    waiting = Submission.objects.for_queue(request.membership, at=now)
    only_mine = request.GET.get("show") == "mine"
    page = Paginator(waiting.of_own_learners(request.membership) if only_mine else waiting, PER_PAGE).get_page(
        request.GET.get("page")
    )
    here = reverse("assessments:queue", args=[organization])
    context = {
        "page": page,
        "rows": [_queue_row(submission, here, request.membership.pk) for submission in page],
        "only_mine": only_mine,
        "due_days": reviewing.DAYS_TO_REVIEW,
    }
    return render(request, "assessments/queue.html", context)


@requires(Role.MENTOR, Role.STAFF)
def review(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _page(request, _find(pk))


@requires(Role.MENTOR, Role.STAFF)
def claim(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = _find(pk)
    try:
        reviewing.claim(submission=submission, reviewer=request.membership, at=timezone.now())
    except AssessmentError as error:
        return _page(request, submission, error=error)
    return redirect("assessments:review", organization, pk)


@requires(Role.MENTOR, Role.STAFF)
def draft(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Save what is written so far: quietly while somebody types, with a new page where scripts are off."""
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = _find(pk)
    review = get_object_or_404(_drafts(request, submission))
    form, error, now = ReviewForm(review, request.POST), None, timezone.now()
    if form.is_valid():
        try:
            reviewing.save_draft(review=review, marks=form.marks(), summary=form.summary_text(), at=now)
        except AssessmentError as refusal:
            error = refusal
    failed = error is not None or not form.is_valid()
    if request.htmx:
        context = {
            "saved_at": None if failed else now,
            "gaps": _gaps(review),
            "error": error,
            "is_too_long": not form.is_valid(),
        }
        return render(request, "assessments/_draft_state.html", context, status=422 if failed else 200)
    if failed:
        return _page(request, submission, review=review, form=form, error=error)
    messages.success(request, _("Draft saved."))
    return redirect("assessments:review", organization, pk)


@requires(Role.MENTOR, Role.STAFF)
def decide(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = _find(pk)
    review = get_object_or_404(_drafts(request, submission))
    form, error, gaps = ReviewForm(review, request.POST), None, None
    verdict = request.POST.get("verdict", "")
    if form.is_valid():
        try:
            reviewing.decide(
                review=review, scores=form.marks(), summary=form.summary_text(), verdict=verdict, at=timezone.now()
            )
        except ReviewIncomplete as incomplete:
            gaps = incomplete.gaps
            for gap in incomplete.gaps:
                form.add_error(gap.field or None, str(gap.message))
        except DomainError as refusal:
            error = refusal
        else:
            words = {"name": submission.enrollment.learner.name}
            messages.success(request, _("Decided. %(name)s gets an email with your feedback.") % words)
            return redirect("assessments:queue", organization)
    return _page(request, submission, review=review, form=form, error=error, gaps=gaps)


def _find(pk: UUID) -> Submission:
    return get_object_or_404(Submission.objects.for_review_page(), pk=pk)


def _drafts(request: MemberRequest, submission: Submission) -> Any:
    """The viewer's own review of this attempt, decided or not: what is posted to a decided one must come back too."""
    return Review.objects.filter(submission=submission, reviewer=request.membership).select_related(
        "rubric", "reviewer"
    )


def _page(
    request: MemberRequest,
    submission: Submission,
    *,
    review: Review | None = None,
    form: ReviewForm | None = None,
    error: DomainError | None = None,
    gaps: Sequence[Gap] | None = None,
) -> HttpResponse:
    now = timezone.now()
    failed = error is not None or form is not None
    if form is None and submission.verdict is None:
        review = _drafts(request, submission).first()
        try:
            reviewing.check_open(submission, reviewer=request.membership, at=now)
        except AssessmentError as refusal:
            error = error or refusal
        else:
            form = ReviewForm(review) if review is not None else None
    related = related_attempts(submission).with_feedback().select_related("project__version")
    attempts = attempt_rows(list(related.order_by("-submitted_at", "-attempt")), at=now, shown_with=submission.project)
    this = next(attempt for attempt in attempts if attempt["pk"] == submission.pk)
    context = {
        "submission": submission,
        "learner": submission.enrollment.learner,
        "first_name": submission.enrollment.learner.name.split()[0],
        "due_on": reviewing.review_due_on(submission),
        "this": this,
        "earlier": [attempt for attempt in attempts if attempt["number"] < this["number"]],
        "review": review,
        "form": form,
        "error": error,
        "gaps": _gaps(review) if gaps is None and review is not None else gaps,
        "standard": str(Score.Value(review.rubric.standard).label).lower() if review is not None else "",
        **_neighbours(request, submission, now),
    }
    return render(request, "assessments/review.html", context, status=422 if failed else 200)


def _gaps(review: Review) -> list[Gap]:
    """What the draft lacks before it can be decided on."""
    marks = {
        score.criterion.key: reviewing.Mark(score.value, score.comment)
        for score in review.scores.select_related("criterion")
    }
    return reviewing.gaps_in(review.rubric, marks)


def _neighbours(request: MemberRequest, submission: Submission, now: Any) -> dict[str, Any]:
    """The attempts before and after this one in the viewer's queue."""
    waiting = list(Submission.objects.for_queue(request.membership, at=now).values_list("pk", flat=True))
    here = waiting.index(submission.pk) if submission.pk in waiting else None
    return {
        "previous": waiting[here - 1] if here else None,
        "next": waiting[here + 1] if here is not None and here + 1 < len(waiting) else None,
        "waiting": len(waiting),
    }


def _queue_row(submission: Submission, here: str, viewer: UUID) -> dict[str, Any]:
    now = timezone.now()
    claims: list[Review] = submission.live_claims  # type: ignore[attr-defined]
    due_on = reviewing.review_due_on(submission)
    return {
        "url": f"{here}{submission.pk}/",
        "learner": submission.enrollment.learner.name,
        "cohort": submission.enrollment.cohort.name,
        "project": submission.project.title,
        "level": submission.project.level.number,
        "attempt": submission.attempt,
        "submitted_at": submission.submitted_at,
        "days": (now - submission.submitted_at).days,
        "due_on": due_on,
        "is_overdue": due_on < timezone.localdate(now),
        "is_mine": submission.is_mine,  # type: ignore[attr-defined]
        "claimed_by": claims[0].reviewer.name if claims else "",
        "claimed_by_me": bool(claims) and claims[0].reviewer_id == viewer,
    }
