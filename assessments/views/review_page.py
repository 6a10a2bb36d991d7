"""The page on which one attempt is judged."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts.middleware import MemberRequest
from assessments import assigning, reviewing, second_reading
from assessments.benchmark_standing import benchmark_view
from assessments.carrying import related_attempts
from assessments.errors import AssessmentError, Gap
from assessments.forms import ReviewForm
from assessments.journey import attempt_rows, reading_row
from assessments.models import Review, Rubric, Score, SecondReading, Submission
from assessments.queue import neighbors_of
from assessments.review_forms import AskForm, SecondReadingForm
from assessments.second_reading import SETTLING
from curriculum.models import Project
from notifications.rules import offsets
from organizations.errors import DomainError


def find(pk: UUID) -> Submission:
    return get_object_or_404(Submission.objects.for_review_page(), pk=pk)


def drafts_of(request: MemberRequest, submission: Submission) -> QuerySet[Review]:
    """The viewer's own review of this attempt, decided or not: what is posted to a decided one must come back too."""
    return Review.objects.filter(submission=submission, reviewer=request.membership).select_related(
        "rubric", "reviewer"
    )


def review_page(
    request: MemberRequest,
    submission: Submission,
    *,
    review: Review | None = None,
    form: ReviewForm | None = None,
    error: DomainError | None = None,
    gaps: Sequence[Gap] | None = None,
    preview: Any = None,
    ask: forms.Form | None = None,
    second: forms.Form | None = None,
) -> HttpResponse:
    now = timezone.now()
    failed = error is not None or (form is not None and preview is None) or ask is not None or second is not None
    related = related_attempts(submission).with_feedback().select_related("project__version")
    found = list(related.order_by("-submitted_at", "-attempt"))
    attempts = attempt_rows(found, at=now, shown_with=submission.project)
    reviews = next(list(attempt.reviews.all()) for attempt in found if attempt.pk == submission.pk)
    this = next(attempt for attempt in attempts if attempt["pk"] == submission.pk)
    refusal = _refusal(request, submission, reviews, now)
    if review is None:
        review = next((one for one in reviews if one.reviewer_id == request.membership.pk), None)
    if form is None and refusal is None and review is not None:
        form = ReviewForm(review)
    rubric = review.rubric if review is not None else None
    context = {
        "submission": submission,
        "learner": submission.enrollment.learner,
        "first_name": submission.enrollment.learner.first_name,
        "due_on": reviewing.review_due_on(submission),
        "this": this,
        "earlier": [attempt for attempt in attempts if attempt["number"] < this["number"]],
        "is_presentable": submission.project.kind in Project.CAPSTONES
        and submission.withdrawn_at is None
        and submission.enrollment.learner_id != request.membership.pk,
        "review": review,
        "form": form,
        "error": error or refusal,
        "gaps": form.gaps() if gaps is None and form is not None else gaps,
        "standard": str(Score.Value(rubric.standard).label).lower() if rubric is not None else "",
        "newer_rubric": _newer(rubric) if rubric is not None and form is not None else None,
        "preview": preview,
        **_readers(request, submission, reviews, form),
        **_asked(request, submission, ask, second, can_ask=refusal is None),
        "benchmarks": benchmark_view(submission.project, submission.enrollment),
        "neighbors": neighbors_of(submission, request.membership),
    }
    return render(request, "assessments/review.html", context, status=422 if failed else 200)


def _refusal(
    request: MemberRequest, submission: Submission, reviews: Sequence[Review], now: datetime
) -> AssessmentError | None:
    """Why the viewer may not write a review of this attempt now."""
    try:
        reviewing.check_open(submission, reviewer=request.membership, at=now, reviews=reviews)
    except AssessmentError as error:
        return error
    return None


def _newer(rubric: Rubric) -> Rubric | None:
    """The newest version of the rubric, when this one is older."""
    return Rubric.objects.filter(family=rubric.family, version__gt=rubric.version).order_by("-version").first()


def _readers(
    request: MemberRequest, submission: Submission, reviews: Sequence[Review], form: ReviewForm | None
) -> dict[str, Any]:
    """What others read and wrote, as far as the viewer may know: a second reader reads without knowing the first."""
    readings = [one for one in reviews if one.submitted_at is not None and not one.is_final]
    readings.sort(key=lambda one: (one.submitted_at, one.pk))
    has_read = any(one.reviewer_id == request.membership.pk for one in readings)
    may_know = submission.decided_at is not None or (request.membership.is_staff and len(readings) >= SETTLING)
    shown = [one for one in readings if may_know or one.reviewer_id == request.membership.pk]
    drafts = [one for one in reviews if one.submitted_at is None]
    own = next((one for one in drafts if one.reviewer_id == request.membership.pk), None)
    kept = reading_row(own) if own is not None and form is None else None
    return {
        "readings": [reading_row(one) for one in shown],
        "reading_count": len(readings),
        "has_read": has_read,
        "kept": kept if kept and (kept["scores"] or kept["review"].summary) else None,
        "handed": [
            reading_row(one)
            for one in drafts
            if one.handed_over_at is not None and form is not None and one.reviewer_id != request.membership.pk
        ],
    }


def _asked(
    request: MemberRequest,
    submission: Submission,
    ask: forms.Form | None,
    second: forms.Form | None,
    *,
    can_ask: bool,
) -> dict[str, Any]:
    """Who was asked to review and why, whom staff may ask, and whether a second reader is asked for."""
    asked = list(submission.assignments.select_related("reviewer", "assigned_by").order_by("-assigned_at", "-pk"))
    is_open = submission.decided_at is None and submission.withdrawn_at is None
    wanted = SecondReading.objects.filter(submission=submission).select_related("asked_by").first()
    by_rule = second_reading.is_asked_by_rule(submission)
    if ask is None and is_open and request.membership.is_staff:
        ask = AskForm(candidates=assigning.candidates(submission))
    if second is None and can_ask and not by_rule and wanted is None and submission.readings == 0:
        second = SecondReadingForm()
    until = None
    if is_open and asked and submission.assignee_id == asked[0].reviewer_id:
        zone = submission.enrollment.cohort.time_zone
        until = assigning.falls_back_on(
            asked[0], zone, offsets().of(submission.enrollment.cohort_id)[assigning.PASSED_ON.name]
        )
    return {
        "asked": asked,
        "assignment": asked[0] if asked and submission.assignee_id == asked[0].reviewer_id else None,
        "asked_until": until,
        "ask_form": ask,
        "second_form": second,
        "second_asked": wanted,
        "second_by_rule": by_rule and (is_open or submission.readings > 1),
        "is_open": is_open,
    }
