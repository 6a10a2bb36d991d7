"""Peer review: rounds for staff, and the page on which one review is written."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import peer_reviewing, peer_rounds
from assessments.errors import ReviewIncomplete
from assessments.journey import attempt_rows
from assessments.models import PeerReview, PeerRound, PeerRule, Submission
from assessments.peer_forms import OpenRoundForm, RuleForm
from assessments.peer_shown import given, round_rows
from assessments.scoring_forms import ScoringForm
from organizations.errors import DomainError

PER_PAGE = 25
WEEK = timedelta(days=7)


@requires(Role.STAFF)
@require_safe
def rounds(request: MemberRequest, organization: str) -> HttpResponse:
    return _rounds_page(request, RuleForm())


@requires(Role.STAFF)
def set_rule(request: MemberRequest, organization: str) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:peer_rounds", organization)
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _rounds_page(request, form)
    rule = peer_rounds.set_rule(**form.cleaned_data, by=request.membership, at=timezone.now())
    said = _("Rounds of %(project)s open by themselves.") if rule.is_on else _("Staff open the rounds of %(project)s.")
    messages.success(request, said % {"project": rule.project})
    return redirect("assessments:peer_rounds", organization)


@requires(Role.STAFF)
def open_round(request: MemberRequest, organization: str) -> HttpResponse:
    now = timezone.now()
    form = OpenRoundForm(
        request.POST if request.method == "POST" else None, initial={"due_on": timezone.localdate(now + WEEK)}
    )
    if form.is_valid():
        cohort, project = form.chosen()
        rest = {"due_on": form.cleaned_data["due_on"], "least": form.cleaned_data["least"]}
        try:
            made = peer_rounds.open_round(cohort=cohort, project=project, by=request.membership, at=now, **rest)
        except DomainError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("The round is open. Everybody who reviews gets an email."))
            return redirect("assessments:peer_round", organization, made.pk)
    return render(request, "assessments/open_peer_round.html", {"form": form}, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
@require_safe
def peer_round(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    found = _round(pk)
    reviews = (
        PeerReview.objects.filter(round=found)
        .select_related("giver__learner", "receiver__learner", "written_by", "submission")
        .order_by("receiver__learner__name", "giver__learner__name", "pk")
    )
    context = {
        "round": found,
        "row": round_rows([found])[0],
        "reviews": reviews,
        "viewer": request.membership,
    }
    return render(request, "assessments/peer_round.html", context)


@requires(Role.STAFF)
def close_round(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method == "POST":
        try:
            peer_rounds.close_round(opened=_round(pk), at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The round is closed. What is written can be read now."))
    return redirect("assessments:peer_round", organization, pk)


@requires(Role.LEARNER, Role.STAFF)
@require_safe
def peer_review(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _review_page(request, _find(request, pk))


@requires(Role.LEARNER, Role.STAFF)
def save(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _write(request, organization, pk, is_done=False)


@requires(Role.LEARNER, Role.STAFF)
def hand_in(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _write(request, organization, pk, is_done=True)


def _write(request: MemberRequest, organization: str, pk: UUID, *, is_done: bool) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:peer_review", organization, pk)
    review, at = _find(request, pk), timezone.now()
    form = ScoringForm(request.POST, rubric=review.rubric)
    if request.htmx and not is_done:
        return _save_quietly(request, review, form, at)
    if not form.is_valid():
        return _review_page(request, review, form=form)
    act = peer_reviewing.hand_in_peer_review if is_done else peer_reviewing.save_peer_review
    try:
        act(review=review, marks=form.marks(), summary=form.summary_text(), by=request.membership, at=at)
    except ReviewIncomplete as incomplete:
        for gap in incomplete.gaps:
            form.add_error(gap.field, str(gap.message))
    except DomainError as error:
        form.add_error(None, str(error))
    else:
        if not is_done:
            messages.success(request, _("Draft saved."))
            return redirect("assessments:peer_review", organization, pk)
        peer_rounds.settle_round(opened=review.round, at=at)
        messages.success(request, _("Handed in. Thank you."))
        others = [other for other in given(review) if other.submitted_at is None and review.giver_id is not None]
        if others:
            return redirect("assessments:peer_review", organization, others[0].pk)
        return redirect("home:start" if review.giver_id else "assessments:peer_rounds", organization)
    return _review_page(request, review, form=form)


def _save_quietly(request: MemberRequest, review: PeerReview, form: ScoringForm, at: datetime) -> HttpResponse:
    """While somebody types: only when it was saved comes back, or why it was not."""
    error = "" if form.is_valid() else _("Not saved: a text is too long. Shorten it and go on.")
    if not error:
        try:
            peer_reviewing.save_peer_review(
                review=review, marks=form.marks(), summary=form.summary_text(), by=request.membership, at=at
            )
        except DomainError as refusal:
            error = str(refusal)
    context = {"saved_at": at, "draft_error": error}
    return render(request, "assessments/_peer_draft.html", context, status=422 if error else 200)


def _round(pk: UUID) -> PeerRound:
    return get_object_or_404(PeerRound.objects.select_related("cohort", "project", "opened_by"), pk=pk)


def _find(request: MemberRequest, pk: UUID) -> PeerReview:
    """One of the viewer's own, or for staff one that staff write; nobody finds those about themselves."""
    own = Q(giver__learner=request.membership)
    if request.membership.is_staff:
        own |= Q(giver=None)
    rows = PeerReview.objects.filter(own).exclude(receiver__learner=request.membership)
    return get_object_or_404(
        rows.select_related("round__rubric", "round__project", "round__cohort", "giver", "receiver__learner"), pk=pk
    )


def _review_page(request: MemberRequest, review: PeerReview, form: ScoringForm | None = None) -> HttpResponse:
    failed = form is not None
    submission = Submission.objects.with_feedback().get(pk=review.submission_id)
    review.submission = submission
    error = ""
    try:
        peer_reviewing.check_may_write(review, by=request.membership)
    except DomainError as refusal:
        error = str(refusal)
    scores = list(review.scores.select_related("criterion"))
    context = {
        "review": review,
        "project": review.round.project,
        "due_on": review.round.due_on,
        "work": attempt_rows([submission], at=timezone.now())[0],
        "form": form or ScoringForm(rubric=review.rubric, scores=scores, summary=review.summary),
        "error": error,
        "failed": failed,
        "others": given(review) if review.giver_id else [],
    }
    return render(request, "assessments/peer_review.html", context, status=422 if failed else 200)


def _rounds_page(request: MemberRequest, form: RuleForm) -> HttpResponse:
    found = PeerRound.objects.select_related("cohort", "project").order_by("-opened_at", "-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    waiting = PeerReview.objects.unwritten_by_staff().exclude(receiver__learner=request.membership)
    context = {
        "page": page,
        "rows": round_rows(list(page)),
        "waiting": list(waiting.select_related("receiver__learner", "round__project", "round__cohort")[:PER_PAGE]),
        "waiting_total": waiting.count(),
        "rules": PeerRule.objects.filter(is_on=True).select_related("project").order_by("project__position"),
        "form": form,
    }
    return render(request, "assessments/peer_rounds.html", context, status=422 if form.is_bound else 200)
