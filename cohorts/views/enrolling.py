"""The mentor of a learner on the roster."""

from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import mentors
from cohorts.forms import MentorForm
from cohorts.models import Enrollment
from organizations.errors import DomainError


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
