"""Results on benchmarks: reported by learners and reviewers, verified or rejected by somebody else."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import benchmarks as results
from assessments.benchmark_forms import ReportForm, VerdictForm, chosen_of
from assessments.benchmark_standing import benchmark_view, reported_rows
from assessments.models import BenchmarkReport, Submission
from assessments.projects import enrollment_of
from curriculum.models import Project
from organizations.errors import DomainError

PER_PAGE = 25


@requires(Role.LEARNER)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """What a learner reached with their latest attempt at a project."""
    project = get_object_or_404(Project.objects.select_related("level", "module"), pk=pk)
    enrollment = enrollment_of(request.membership, project)
    asked = results.benchmarks_of([project.pk])
    if enrollment is None or not asked:
        raise Http404
    submission = results.attempt_to_report_on(project, enrollment)
    form = _report_form(request, asked)
    if submission is not None and _reported(request, form, submission):
        messages.success(request, _("Reported. It counts as soon as somebody has verified it."))
        return redirect("assessments:project", organization, pk)
    context = {"project": project, "submission": submission, "form": form, "error": _refusal(request, submission)}
    failed = request.method == "POST"
    return render(request, "assessments/report_benchmark.html", context, status=422 if failed else 200)


@requires(Role.MENTOR, Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """What a reviewer measured on an attempt; somebody else verifies that too."""
    submission = get_object_or_404(Submission.objects.for_review_page(), pk=pk)
    shown_with = submission.carried.values_list("project", flat=True)
    asked = results.benchmarks_of([submission.project_id, *shown_with])
    form = _report_form(request, asked)
    if _reported(request, form, submission):
        messages.success(request, _("Recorded. Somebody else verifies it."))
        return redirect("assessments:review", organization, pk)
    context = {
        "submission": submission,
        "learner": submission.enrollment.learner,
        "benchmarks": benchmark_view(submission.project, submission.enrollment),
        "form": form,
        "asked": asked,
        "error": _refusal(request, submission),
    }
    failed = request.method == "POST"
    return render(request, "assessments/record_benchmark.html", context, status=422 if failed else 200)


@requires(Role.MENTOR, Role.STAFF)
@require_safe
def waiting(request: MemberRequest, organization: str) -> HttpResponse:
    """Results to verify, with the act beside each."""
    found = results.to_verify(request.membership)
    only_mine = request.GET.get("show") == "mine"
    if only_mine:
        found = found.filter(submission__enrollment__mentor=request.membership)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "assessments/benchmarks.html", {"page": page, "only_mine": only_mine})


@requires(Role.MENTOR, Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    report = get_object_or_404(BenchmarkReport.objects.with_people(), pk=pk)
    form = VerdictForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            results.judge_benchmark(report=report, by=request.membership, at=timezone.now(), **form.given())
        except DomainError as refusal:
            form.add_error(form.FIELDS.get(refusal.code), str(refusal))
        else:
            said = _("Recorded. %(name)s gets an email.") % {"name": report.submission.enrollment.learner.name}
            messages.success(request, said)
            return redirect("assessments:benchmarks", organization)
    rows = reported_rows(report)
    context = {
        "report": report,
        "this": next(row for row in rows if row.report.pk == report.pk),
        "others": [row for row in rows if row.report.pk != report.pk],
        "verdicts": report.verdicts.select_related("decided_by").order_by("-decided_at", "-pk"),
        "form": form,
        "error": _verdict_refusal(request, report),
    }
    return render(request, "assessments/judge_benchmark.html", context, status=422 if form.is_bound else 200)


def _report_form(request: MemberRequest, asked: list[Any]) -> ReportForm:
    data = request.POST if request.method == "POST" else None
    chosen = chosen_of(request.GET.get("benchmark", ""))
    return ReportForm(data, benchmarks=asked, on=timezone.localdate(), chosen=chosen)


def _reported(request: MemberRequest, form: ReportForm, submission: Submission) -> bool:
    if not form.is_valid():
        return False
    try:
        results.report_benchmark(submission=submission, by=request.membership, at=timezone.now(), **form.given())
    except DomainError as refusal:
        field = form.FIELDS.get(refusal.code)
        form.add_error(field if field in form.fields else None, str(refusal))
        return False
    return True


def _refusal(request: MemberRequest, submission: Submission | None) -> str:
    """Why the viewer can report nothing now; empty when they can."""
    if submission is None:
        return str(results.NO_ATTEMPT)
    try:
        results.check_may_report(submission, by=request.membership)
    except DomainError as refusal:
        return str(refusal)
    return ""


def _verdict_refusal(request: MemberRequest, report: BenchmarkReport) -> str:
    try:
        results.check_may_verify(report, report.submission, by=request.membership)
    except DomainError as refusal:
        return str(refusal)
    return ""
