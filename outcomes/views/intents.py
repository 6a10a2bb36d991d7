"""Declaring whether one seeks a job after the program."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Enrollment
from outcomes.collecting.intent import declare_intent, intents_of, is_open
from outcomes.errors import OutcomeError
from outcomes.forms.intents import IntentForm


@requires(Role.LEARNER)
def own_intent(request: MemberRequest, organization: str) -> HttpResponse:
    enrollment = Enrollment.objects.current_of(request.membership)
    if enrollment is None:
        raise Http404
    return _declare(request, enrollment, own=True)


@requires(Role.STAFF)
def intent(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _declare(
        request, get_object_or_404(Enrollment.objects.select_related("cohort", "learner"), pk=pk), own=False
    )


def _declare(request: MemberRequest, enrollment: Enrollment, *, own: bool) -> HttpResponse:
    now = timezone.now()
    form = IntentForm(request.POST if request.method == "POST" else None, enrollment=enrollment)
    if form.is_valid():
        try:
            declare_intent(
                enrollment=enrollment, seeks_job=form.cleaned_data["seeks_job"], by=request.membership, at=now
            )
        except OutcomeError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Recorded. It can be changed until the census date."))
            return redirect(request.path)
    context = {
        "form": form,
        "enrollment": enrollment,
        "own": own,
        "is_open": is_open(enrollment, at=now),
        "history": intents_of(enrollment),
        "shell": "learner.html" if own else "staff.html",
    }
    return render(request, "outcomes/intent.html", context, status=422 if form.errors else 200)
