"""Where mentors and staff judge capstones for the portfolio."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import portfolio as judging
from assessments.journey import attempt_rows
from assessments.models import Submission, SubmissionQuerySet
from assessments.portfolio_forms import PortfolioForm
from organizations.errors import DomainError

PER_PAGE = 25


@requires(Role.MENTOR, Role.STAFF)
@require_safe
def portfolio(request: MemberRequest, organization: str) -> HttpResponse:
    waiting = judging.to_judge(request.membership)
    only_mine = request.GET.get("show") == "mine"
    if only_mine:
        waiting = waiting.filter(enrollment__mentor=request.membership)
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "assessments/portfolio.html", {"page": page, "only_mine": only_mine})


@requires(Role.MENTOR, Role.STAFF)
def judge(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(_attempts(), pk=pk)
    error = ""
    try:
        judging.check_may_judge(submission, by=request.membership)
    except DomainError as refusal:
        error = str(refusal)
    form = PortfolioForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            judging.judge_portfolio(submission=submission, by=request.membership, at=timezone.now(), **form.given())
        except DomainError as refusal:
            form.add_error(form.FIELDS.get(refusal.code), str(refusal))
        else:
            said = _("Judged. %(name)s gets an email.") % {"name": submission.enrollment.learner.name}
            messages.success(request, said)
            return redirect("assessments:portfolio", organization)
    context = {
        "submission": submission,
        "learner": submission.enrollment.learner,
        "this": attempt_rows([submission], at=timezone.now())[0],
        "judgements": judging.judgements_of(submission),
        "form": form,
        "error": error,
    }
    return render(request, "assessments/judge_portfolio.html", context, status=422 if form.is_bound else 200)


def _attempts() -> SubmissionQuerySet:
    rows = Submission.objects.with_feedback()
    return rows.select_related("enrollment__learner__user", "enrollment__cohort", "project__level")
