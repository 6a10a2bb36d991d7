"""Where mentors and program staff judge work."""

from datetime import datetime
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
from accounts.models import Membership, Role
from assessments import reviewing
from assessments.errors import AssessmentError, ReviewIncomplete
from assessments.forms import ReviewForm
from assessments.models import PeerReview, Review, Submission
from assessments.presentations_shown import waiting_for
from assessments.queue import Queue
from assessments.review_forms import QueueForm
from assessments.views.review_page import drafts_of, find, review_page
from assessments.waiting import WINDOW, first_review_times, in_words
from cohorts.models import Cohort
from curriculum.models import Level
from organizations.errors import DomainError

PER_PAGE = 25


@requires(Role.MENTOR, Role.STAFF)
def queue(request: MemberRequest, organization: str) -> HttpResponse:
    now = timezone.now()
    cohorts = Cohort.objects.order_by("-starts_on", "name").values_list("slug", "name")
    levels = Level.objects.order_by("number").values_list("number", flat=True).distinct()
    form = QueueForm(request.GET, cohorts=cohorts, levels=levels)
    wanted = form.wanted()
    page = Paginator(Queue(request.membership, wanted, at=now), PER_PAGE).get_page(request.GET.get("page"))
    here = reverse("assessments:queue", args=[organization])
    times = first_review_times(wanted.of_group(Submission.objects.all()), at=now)
    context = {
        "page": page,
        "rows": [_queue_row(submission, here, request.membership.pk, now) for submission in page],
        "form": form,
        "wanted": wanted,
        "is_part": bool(wanted.cohort or wanted.level or wanted.only_overdue),
        "due_days": reviewing.DAYS_TO_REVIEW,
        "times": times,
        "median": in_words(times.median),
        "ninth_decile": in_words(times.ninth_decile),
        "window": WINDOW.days,
        "presentations": waiting_for(request.membership, at=now).count(),
        "peers_left": _peers_left(request.membership),
    }
    return render(request, "assessments/queue.html", context)


def _peers_left(viewer: Membership) -> int:
    """How many peer reviews peers left to staff; none for a mentor, who writes none of them."""
    if not viewer.is_staff:
        return 0
    return PeerReview.objects.unwritten_by_staff().exclude(receiver__learner=viewer).count()


@requires(Role.MENTOR, Role.STAFF)
def review(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return review_page(request, find(pk))


@requires(Role.MENTOR, Role.STAFF)
def claim(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = find(pk)
    try:
        reviewing.claim(submission=submission, reviewer=request.membership, at=timezone.now())
    except AssessmentError as error:
        return review_page(request, submission, error=error)
    return redirect("assessments:review", organization, pk)


@requires(Role.MENTOR, Role.STAFF)
def release(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Let go of an attempt; with what stood on the page kept as a draft."""
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission, now = find(pk), timezone.now()
    review = get_object_or_404(drafts_of(request, submission))
    form = ReviewForm(review, request.POST)
    try:
        if "summary" in request.POST and form.is_valid():
            reviewing.save_draft(review=review, marks=form.marks(), summary=form.summary_text(), at=now)
        reviewing.release(review=review, at=now)
    except AssessmentError as error:
        return review_page(request, submission, review=review, error=error)
    messages.success(request, _("Released. Others can take it now; your draft is kept."))
    return redirect("assessments:queue", organization)


@requires(Role.MENTOR, Role.STAFF)
def hand_over(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Show a draft to who reviews instead."""
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = find(pk)
    review = get_object_or_404(drafts_of(request, submission))
    try:
        reviewing.hand_over(review=review, at=timezone.now())
    except AssessmentError as error:
        return review_page(request, submission, error=error)
    messages.success(request, _("Handed over. Whoever reviews this attempt sees what you wrote."))
    return redirect("assessments:review", organization, pk)


@requires(Role.MENTOR, Role.STAFF)
def draft(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Save what is written so far: quietly while somebody types, with a new page where scripts are off."""
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = find(pk)
    review = get_object_or_404(drafts_of(request, submission))
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
            "gaps": form.gaps(),
            "error": error,
            "is_too_long": not form.is_valid(),
        }
        return render(request, "assessments/_draft_state.html", context, status=422 if failed else 200)
    if failed:
        return review_page(request, submission, review=review, form=form, error=error)
    messages.success(request, _("Draft saved."))
    return redirect("assessments:review", organization, pk)


@requires(Role.MENTOR, Role.STAFF)
def preview(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """What stands on the page as the learner would read it; nothing is saved."""
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = find(pk)
    review = get_object_or_404(drafts_of(request, submission))
    form = ReviewForm(review, request.POST)
    form.is_valid()
    if request.htmx:
        context = {"preview": form.preview(), "learner": submission.enrollment.learner}
        return render(request, "assessments/_preview.html", context)
    return review_page(request, submission, review=review, form=form, preview=form.preview())


@requires(Role.MENTOR, Role.STAFF)
def decide(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = find(pk)
    review = get_object_or_404(drafts_of(request, submission))
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
            said = _("Decided. %(name)s gets an email with your feedback.") % words
            messages.success(
                request, said if review.is_final else _("Handed in. It is final once another has read it.")
            )
            return redirect("assessments:queue", organization)
    return review_page(request, submission, review=review, form=form, error=error, gaps=gaps)


def _queue_row(submission: Submission, here: str, viewer: UUID, now: datetime) -> dict[str, Any]:
    claims: list[Review] = submission.live_claims  # type: ignore[attr-defined]
    due_on = reviewing.review_due_on(submission)
    return {
        "url": f"{here}{submission.pk}/",
        "learner": submission.enrollment.learner.name,
        "cohort": submission.enrollment.cohort.name,
        "project": submission.project.title,
        "level": submission.project.level.number,
        "attempt": submission.attempt,
        "readings": submission.readings,
        "submitted_at": submission.submitted_at,
        "days": (now - submission.submitted_at).days,
        "due_on": due_on,
        "is_overdue": due_on < timezone.localdate(now),
        "is_mine": submission.is_mine,  # type: ignore[attr-defined]
        "assignee": submission.assignee.name if submission.assignee else "",
        "is_asked_of_me": submission.assignee_id == viewer,
        "claimed_by": claims[0].reviewer.name if claims else "",
        "claimed_by_me": bool(claims) and claims[0].reviewer_id == viewer,
    }
