"""Whom staff ask to review an attempt, and asking for a second reader."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import assigning, reviewing
from assessments.errors import AssessmentError
from assessments.review_forms import AskForm, SecondReadingForm
from assessments.views.review_page import find, review_page


@requires(Role.STAFF)
def ask(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = find(pk)
    form = AskForm(request.POST, candidates=assigning.candidates(submission))
    if form.is_valid():
        chosen = form.cleaned_data["reviewer"]
        try:
            assigning.choose(
                submission=submission,
                reviewer=chosen,
                note=form.cleaned_data["note"],
                by=request.membership,
                at=timezone.now(),
            )
        except AssessmentError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("%(name)s is asked to review this.") % {"name": chosen.name})
            return redirect("assessments:review", organization, pk)
    return review_page(request, submission, ask=form)


@requires(Role.MENTOR, Role.STAFF)
def ask_second(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:review", organization, pk)
    submission = find(pk)
    form = SecondReadingForm(request.POST)
    if form.is_valid():
        try:
            reviewing.ask_second_reader(
                submission=submission,
                reason=form.cleaned_data["reason"],
                by=request.membership,
                at=timezone.now(),
            )
        except AssessmentError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("A second reader is asked once you have handed in your review."))
            return redirect("assessments:review", organization, pk)
    return review_page(request, submission, second=form)
