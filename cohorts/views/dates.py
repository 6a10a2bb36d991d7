"""Dates of one learner's own, milestones as a calendar file, and the next edition of a cohort."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import own_dates
from cohorts.errors import CohortError
from cohorts.forms import FIELDS
from cohorts.milestone_calendar import cohort_calendar, own_calendar
from cohorts.models import Enrollment, Milestone
from cohorts.next_edition import make_edition, preview_edition, suggest_edition
from cohorts.own_dates import Change
from cohorts.planning_forms import NextEditionForm, OwnDateForm, ShiftForm
from cohorts.views.shared import cohort_named, heading, uuid_of
from organizations.errors import DomainError

MILESTONES_SHOWN = 40


@requires(Role.STAFF)
def learner_dates(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    edited = _edited(enrollment, request.POST.get("milestone") or request.GET.get("edit"))
    if request.method == "POST" and "reset" in request.POST:
        own_dates.reset_dates(enrollment=enrollment, milestone=edited)
        messages.success(request, _("The dates of the cohort count again."))
        return redirect("cohorts:learner_dates", organization, enrollment.pk)
    today = enrollment.cohort.today()
    one = OwnDateForm(request.POST if edited else None, initial={"due_on": edited.due_on} if edited else None)
    all_ahead = ShiftForm(request.POST if not edited and request.method == "POST" else None, initial={"first": today})
    if request.method != "POST":
        one = OwnDateForm(initial={"due_on": edited.due_on} if edited else None)
    changes: Sequence[Change] = ()
    form = one if edited else all_ahead
    if form.is_valid():
        try:
            changes = _planned(enrollment, edited, form.cleaned_data)
        except CohortError as error:
            form.add_error("due_on" if edited else "days", str(error))
        else:
            if changes and request.POST.get("agreed") == _digest(changes):
                own_dates.set_dates(enrollment=enrollment, changes=changes)
                messages.success(request, _("%(name)s has dates of their own now.") % {"name": enrollment.learner.name})
                return redirect("cohorts:learner_dates", organization, enrollment.pk)
    context: dict[str, Any] = {
        "enrollment": enrollment,
        "dates": own_dates.dates_of(enrollment),
        "edited": edited,
        "one": one,
        "all_ahead": all_ahead,
        "form": form,
        "changes": changes,
        "agreed": _digest(changes),
        "nothing": form.is_bound and form.is_valid() and not changes,
        "today": today,
    }
    return render(request, "cohorts/learner_dates.html", context, status=422 if form.errors else 200)


@requires(Role.STAFF)
def cohort_ics(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    return _file(cohort_calendar(found), f"{found.slug}.ics")


@requires(Role.LEARNER)
def own_ics(request: MemberRequest, organization: str) -> HttpResponseBase:
    enrollment = Enrollment.objects.current_of(request.membership)
    if enrollment is None:
        raise Http404
    return _file(own_calendar(enrollment), f"{enrollment.cohort.slug}.ics")


@requires(Role.STAFF)
def next_edition(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    """First what it would be; then, with what was shown, the making."""
    found = cohort_named(cohort)
    today = found.today()
    form = NextEditionForm(request.POST or None, initial=suggest_edition(cohort=found, today=today))
    if form.is_valid() and "change" not in request.POST:
        wish = dict(form.cleaned_data)
        takes = {name: wish.pop(name) for name in ("takes_team", "takes_breaks")}
        try:
            if "agreed" not in request.POST:
                edition = preview_edition(cohort=found, values=wish, today=today, **takes)
                context = {**heading(found, ""), "form": form, "edition": edition, "most": MILESTONES_SHOWN}
                return render(request, "cohorts/next_edition_preview.html", context)
            made = make_edition(cohort=found, values=wish, by=request.membership, at=timezone.now(), **takes)
        except DomainError as error:
            form.add_error(FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("%(name)s is planned. Add its learners next.") % {"name": made.name})
            return redirect("cohorts:milestones", organization, made.slug)
    context = {**heading(found, ""), "form": form}
    return render(request, "cohorts/next_edition.html", context, status=422 if form.errors else 200)


def _planned(enrollment: Enrollment, edited: Milestone | None, said: dict[str, Any]) -> list[Change]:
    if edited:
        return own_dates.plan_date(enrollment=enrollment, milestone=edited, due_on=said["due_on"])
    return own_dates.plan_shift(enrollment=enrollment, first=said["first"], days=said["days"])


def _digest(changes: Sequence[Change]) -> str:
    """The same for the same changes: whoever agrees to them sends it back."""
    told = [(str(change.milestone.pk), change.before.isoformat(), change.after.isoformat()) for change in changes]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _edited(enrollment: Enrollment, key: str | None) -> Milestone | None:
    if not key:
        return None
    return get_object_or_404(Milestone.objects.of(enrollment), pk=uuid_of(key))


def _file(body: bytes, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
