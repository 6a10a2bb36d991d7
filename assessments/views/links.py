"""What is known of the links of handed-in work: another look, test results by hand, and whose accounts they are."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import automated_tests, host_accounts, link_checks, link_facts
from assessments.link_forms import HostAccountsForm, RecordTestsForm
from assessments.models import Submission
from organizations.errors import DomainError


@requires(Role.LEARNER, Role.MENTOR, Role.STAFF)
@require_POST
def look_again(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    submission = _find(request, pk)
    link_checks.look_again(submission=submission, at=timezone.now())
    messages.success(request, _("We look at the links again. What we find is here within a few minutes."))
    return _back(request, submission)


@requires(Role.MENTOR, Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def tests(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """What is known of the automated tests of an attempt, and a form for what a reviewer saw."""
    submission = get_object_or_404(
        Submission.objects.with_feedback().select_related("enrollment__learner", "project"), pk=pk
    )
    form = RecordTestsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            automated_tests.record_by_hand(
                submission=submission,
                state=form.cleaned_data["state"],
                evidence_url=form.cleaned_data["evidence"],
                by=request.membership,
                at=timezone.now(),
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The result of the tests is recorded."))
            return redirect("assessments:review", organization, pk)
    reports = automated_tests.reports_on([submission]).get(submission.pk, [])
    state, told = automated_tests.state_of(reports)
    context = {
        "submission": submission,
        "commit": automated_tests.commit_of(submission),
        "state": link_facts.tests_fact(state, told),
        "reports": reports[::-1],
        "form": form,
    }
    return render(request, "assessments/tests.html", context, status=422 if form.errors else 200)


@requires(Role.LEARNER)
@require_http_methods(["GET", "HEAD", "POST"])
def accounts(request: MemberRequest, organization: str) -> HttpResponse:
    form = HostAccountsForm(
        request.POST if request.method == "POST" else None, stated=host_accounts.accounts_of(request.membership)
    )
    if request.method == "POST" and form.is_valid():
        host_accounts.state_accounts(membership=request.membership, names=form.names(), at=timezone.now())
        messages.success(request, _("Your accounts are saved."))
        return redirect("assessments:accounts", organization)
    return render(request, "assessments/accounts.html", {"form": form}, status=422 if form.errors else 200)


def _find(request: MemberRequest, pk: UUID) -> Submission:
    """An attempt that the viewer may open: a reviewer each, a learner their own."""
    submission = get_object_or_404(Submission.objects.for_review_page(), pk=pk)
    viewer = request.membership
    if not (viewer.is_staff or viewer.is_mentor or submission.enrollment.learner_id == viewer.pk):
        raise Http404
    return submission


def _back(request: MemberRequest, submission: Submission) -> HttpResponse:
    here = request.organization.slug
    if submission.enrollment.learner_id == request.membership.pk:
        return redirect("assessments:project", here, submission.project_id)
    return redirect("assessments:review", here, submission.pk)
