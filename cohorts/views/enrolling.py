"""Learners on the roster: status and mentor."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import history, mentors
from cohorts.errors import CohortError
from cohorts.forms import EnrollmentStatusForm, MentorForm
from cohorts.models import Enrollment
from organizations.errors import DomainError


@requires(Role.STAFF)
def record_status(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    today = timezone.localdate(timezone=ZoneInfo(enrollment.cohort.time_zone))
    form = EnrollmentStatusForm(request.POST or None, enrollment=enrollment, today=today)
    if form.is_valid():
        said = form.cleaned_data
        other = said.pop("cohort", None)
        try:
            if said["to"] == history.Status.TRANSFERRED:
                said = {"cohort": other, "effective_on": said["effective_on"], "note": said["note"]}
                enrollment = history.transfer(enrollment=enrollment, by=request.membership, **said)
            else:
                history.record_status(enrollment=enrollment, by=request.membership, **said)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("The history of %(name)s is up to date.") % {"name": enrollment.learner.name})
            return redirect("cohorts:learner", organization, enrollment.pk)
    context = {
        "enrollment": enrollment,
        "form": form,
        "ends": not history.MOVES[enrollment.status] - {history.Status.GRADUATED},
    }
    return render(request, "cohorts/record_status.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def assign_mentor(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    form = MentorForm(request.POST or None, initial={"mentor": enrollment.mentor})
    if form.is_valid():
        try:
            mentors.assign_mentor(
                enrollment=enrollment,
                mentor=form.cleaned_data["mentor"],
                by=request.membership,
                at=timezone.now(),
                goes_over=form.goes_over,
            )
        except DomainError as error:
            form.add_error("mentor", str(error))
            if error.code == "full":
                form.ask_to_go_over()
        else:
            mentor = enrollment.mentor.name if enrollment.mentor else _("nobody")
            words = {"learner": enrollment.learner.name, "mentor": mentor}
            messages.success(request, _("The mentor of %(learner)s is %(mentor)s.") % words)
            return redirect("cohorts:learner", organization, enrollment.pk)
    context = {"enrollment": enrollment, "form": form}
    return render(request, "cohorts/assign_mentor.html", context, status=422 if form.is_bound else 200)
