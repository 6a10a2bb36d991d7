"""Where a second person approves or declines an exception at a gate."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import overriding
from assessments.forms import ReasonForm
from assessments.gates import evaluate
from assessments.models import OverrideRequest
from assessments.views.gates import lines_of
from organizations.errors import DomainError


@requires(Role.STAFF)
def override(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found = get_object_or_404(OverrideRequest.objects.with_people(), pk=pk)
    if request.method != "POST":
        return _page(request, found)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            messages.success(request, _answer(request, found, form.cleaned_data["reason"]))
            return redirect("assessments:gates", organization, found.enrollment_id)
        except DomainError as error:
            form.add_error(None, str(error))
    return _page(request, get_object_or_404(OverrideRequest.objects.with_people(), pk=pk), form)


def _answer(request: MemberRequest, found: OverrideRequest, note: str) -> str:
    said: dict[str, Any] = {"request": found, "by": request.membership, "at": timezone.now()}
    words = {"name": found.enrollment.learner.name, "level": found.level.number}
    answer = request.POST.get("answer")
    if answer == OverrideRequest.Answer.APPROVED:
        overriding.approve_override(**said)
        return _("%(name)s passed level %(level)s.") % words
    if answer == OverrideRequest.Answer.WITHDRAWN:
        overriding.withdraw_override(**said)
        return _("The request is withdrawn.")
    overriding.decline_override(**said, note=note)
    return _("The request is declined, and your colleague is told.")


def _page(request: MemberRequest, found: OverrideRequest, form: ReasonForm | None = None) -> HttpResponse:
    enrollment, report = found.enrollment, None
    if found.level.version_id == enrollment.version_id:
        report = evaluate(enrollment, found.level, on=found.effective_on)
    context = {
        "asked": found,
        "enrollment": enrollment,
        "learner": enrollment.learner,
        "report": report,
        "lines": lines_of(report, request.organization.slug, to_learner=False) if report else [],
        "is_own": found.asked_by_id == request.membership.pk,
        "form": form or ReasonForm(),
    }
    return render(request, "assessments/override.html", context, status=422 if form is not None else 200)
