"""Credit that learners ask for: their page of one project, and the pages on which staff answer."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import credit_requests as asking
from cohorts.credit_forms import CreditAnswerForm, CreditRequestForm
from cohorts.errors import CohortError
from cohorts.models import CreditAnswer, CreditRequest, Enrollment
from curriculum.models import Project

PER_PAGE = 50


@requires(Role.STAFF)
@require_safe
def credit_requests(request: MemberRequest, organization: str) -> HttpResponseBase:
    is_answered = request.GET.get("show") == "answered"
    rows = CreditRequest.objects.answered() if is_answered else CreditRequest.objects.waiting()
    page = Paginator(rows.with_people(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "cohorts/credit_requests.html", {"page": page, "is_answered": is_answered})


@requires(Role.STAFF)
def credit_request(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found, now = get_object_or_404(CreditRequest.objects.with_people(), pk=pk), timezone.now()
    form = CreditAnswerForm(request.POST if request.method == "POST" else None, on=found.enrollment.cohort.today(now))
    if form.is_valid():
        said, by = form.cleaned_data, request.membership
        words = {"project": found.project.title, "name": found.enrollment.learner.name}
        try:
            if said["answer"] == CreditAnswer.Kind.GRANTED:
                asking.grant_request(request=found, by=by, on=said["on"], at=now)
                told = _("“%(project)s” is credited to %(name)s.") % words
            else:
                asking.decline_request(request=found, by=by, at=now, reason=said["reason"])
                told = _("Declined. %(name)s reads why.") % words
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, told)
            return redirect("cohorts:credit_requests", organization)
    is_own = found.enrollment.learner_id == request.membership.pk
    context = {"asked": found, "enrollment": found.enrollment, "form": form, "is_own": is_own}
    return render(request, "cohorts/credit_request.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER)
def ask_for_credit(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    project = get_object_or_404(Project.objects.select_related("level"), pk=pk)
    walked = Enrollment.objects.filter(
        version=project.version_id,
        cohort__first_level__lte=project.level.number,
        cohort__last_level__gte=project.level.number,
    )
    enrollment = walked.current_of(request.membership)
    if enrollment is None:
        raise Http404
    form = CreditRequestForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            asking.ask_for_credit(enrollment=enrollment, project=project, evidence=form.told(), at=timezone.now())
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("Your request is with the staff. You get a mail when they answer."))
            return redirect("cohorts:ask_for_credit", organization, pk)
    context = {
        "project": project,
        "form": form,
        "credit": asking.credit_view(enrollment, project),
    }
    return render(request, "cohorts/ask_for_credit.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER)
@require_POST
def withdraw_credit_request(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    own = CreditRequest.objects.filter(enrollment__learner=request.membership)
    found = get_object_or_404(own.select_related("enrollment"), pk=pk)
    asking.withdraw_request(request=found, by=request.membership, at=timezone.now())
    messages.success(request, _("Your request is taken back."))
    return redirect("cohorts:ask_for_credit", organization, found.project_id)
