"""Gatherings as plans: a new one, one that ends, and a day that is called off."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.errors import CohortError
from cohorts.gatherings import (
    cancel_day,
    hosted_by,
    occurrence_on,
    plan_gathering,
    restore_day,
    stop_gathering,
)
from cohorts.presence_forms import CancelForm, GatheringForm, StopForm
from cohorts.views.cohort_pages import day_in
from cohorts.views.shared import cohort_named, heading


@requires(Role.STAFF)
def plan(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    form = GatheringForm(
        request.POST if request.method == "POST" else None, cohort=found, today=found.today(timezone.now())
    )
    if form.is_valid():
        try:
            made = plan_gathering(cohort=found, by=request.membership, **form.cleaned_data)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("“%(name)s” is planned.") % {"name": made})
            return redirect("cohorts:attendance", organization, found.slug)
    context = {**heading(found, "attendance"), "form": form}
    return render(request, "cohorts/plan_gathering.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def stop(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    gathering = get_object_or_404(hosted_by(request.membership), pk=pk)
    form = StopForm(
        request.POST if request.method == "POST" else None,
        initial={"last_day": gathering.cohort.today(timezone.now())},
    )
    if form.is_valid():
        try:
            stop_gathering(gathering=gathering, **form.cleaned_data)
        except CohortError as error:
            form.add_error("last_day", str(error))
        else:
            messages.success(request, _("“%(name)s” ends.") % {"name": gathering})
            return redirect("cohorts:attendance", organization, gathering.cohort.slug)
    context = {"gathering": gathering, "cohort": gathering.cohort, "form": form}
    return render(request, "cohorts/stop_gathering.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def cancel(request: MemberRequest, organization: str, pk: UUID, day: str) -> HttpResponseBase:
    """Call one day off, or let it take place after all."""
    gathering = get_object_or_404(hosted_by(request.membership), pk=pk)
    occurrence = occurrence_on(gathering, day_in(day))
    if occurrence is None:
        raise Http404
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and "restore" in request.POST:
        restore_day(occurrence=occurrence)
        messages.success(request, _("It takes place."))
        return redirect("cohorts:attendance", organization, gathering.cohort.slug)
    if form.is_valid():
        try:
            cancel_day(occurrence=occurrence, by=request.membership, at=timezone.now(), **form.cleaned_data)
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("That day is called off."))
            return redirect("cohorts:attendance", organization, gathering.cohort.slug)
    context = {"occurrence": occurrence, "cohort": gathering.cohort, "form": form}
    return render(request, "cohorts/cancel_gathering.html", context, status=422 if form.is_bound else 200)
