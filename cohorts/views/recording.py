"""Recording what happens to a learner: the next status, a correction of the history, a transfer and its undoing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import history, transferring
from cohorts.errors import CohortError
from cohorts.models import Enrollment, EnrollmentEvent
from cohorts.moves import LEAVING, MOVES, Status
from cohorts.status_forms import FIELDS, HistoryForm, StatusForm
from cohorts.timeline import lines


@requires(Role.STAFF)
def record_status(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """A transfer, and what overtakes a plan, is shown before it is written."""
    return _record(request, pk, StatusForm, "cohorts/record_status.html")


@requires(Role.STAFF)
def correct_history(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """A correction is always shown before it is written."""
    return _record(request, pk, HistoryForm, "cohorts/correct_history.html")


@requires(Role.STAFF)
def undo_transfer(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment, problem = get_object_or_404(Enrollment.objects.for_page(), pk=pk), ""
    if request.method == "POST":
        try:
            back = transferring.undo_transfer(enrollment=enrollment, by=request.membership, at=timezone.now())
        except CohortError as error:
            problem = str(error)
        else:
            messages.success(request, _("The transfer of %(name)s is undone.") % {"name": enrollment.learner.name})
            return redirect("cohorts:learner", organization, back.pk)
    possible = transferring.may_undo_transfer(enrollment, at=timezone.now())
    context = {"enrollment": enrollment, "problem": problem, "is_possible": possible}
    return render(request, "cohorts/undo_transfer.html", context, status=422 if problem else 200)


# -- the steps ---------------------------------------------------------------------------------------------------------


def _record(request: MemberRequest, pk: UUID, form_class: type[StatusForm], template: str) -> HttpResponseBase:
    enrollment, now = get_object_or_404(Enrollment.objects.for_page(), pk=pk), timezone.now()
    events = list(EnrollmentEvent.objects.told().filter(enrollment=enrollment))
    today = enrollment.cohort.today(now)
    last = max((event.sequence for event in events), default=0)
    said, step = request.POST.copy(), request.POST.get("step", "")
    values: dict[str, Any] = {"enrollment": enrollment, "today": today, "last": last}
    sent = said if request.method == "POST" else None
    form = form_class(initial=said.dict(), **values) if step == "edit" else form_class(sent, **values)
    since: list[EnrollmentEvent] = []
    if form.is_valid():
        try:
            history.check_seen(events, form.cleaned_data["seen"])
            if step != "agree" and (shown := _preview(form, now)):
                return render(request, "cohorts/status_preview.html", {"enrollment": enrollment, "form": form, **shown})
            done = _write(form, request, now)
        except history.HistoryConflict as conflict:
            form.add_error(None, str(conflict))
            since = [event for event in events if event.sequence > (form.cleaned_data["seen"] or 0)]
            said["seen"] = str(last)
        except CohortError as error:
            form.add_error(FIELDS[error.code] if FIELDS.get(error.code) in form.fields else None, str(error))
        else:
            messages.success(request, _("The history of %(name)s is up to date.") % {"name": done.learner.name})
            return redirect("cohorts:learner", request.organization.slug, done.pk)
    context = {
        "enrollment": enrollment,
        "form": form,
        "history": lines(events, today=today),
        "since": lines(since, today=today),
        "ends": not MOVES[enrollment.status] - {Status.GRADUATED},
        "readmits": enrollment.status in LEAVING,
        "seats": None if enrollment.cohort.capacity is None else history.free_seats(enrollment.cohort, at=now),
    }
    return render(request, template, context, status=409 if since else 422 if form.is_bound else 200)


def _preview(form: StatusForm, now: datetime) -> dict[str, Any]:
    """What is to be shown first; empty when it can be written at once."""
    wish, enrollment = form.wish, form.enrollment
    if wish.to == Status.TRANSFERRED:
        cohort, day = form.cleaned_data["cohort"], wish.effective_on
        return {"transfer": transferring.plan_transfer(enrollment=enrollment, cohort=cohort, effective_on=day, at=now)}
    plan = history.preview_status(enrollment=enrollment, wish=wish, at=now)
    return {"plan": plan} if form.corrects or plan.overtaken else {}


def _write(form: StatusForm, request: MemberRequest, now: datetime) -> Enrollment:
    wish, enrollment = form.wish, form.enrollment
    said: dict[str, Any] = {"by": request.membership, "seen": form.cleaned_data["seen"], "at": now}
    if wish.to == Status.TRANSFERRED:
        return transferring.transfer(
            enrollment=enrollment,
            cohort=form.cleaned_data["cohort"],
            effective_on=wish.effective_on,
            note=wish.note,
            **said,
        )
    history.record_status(
        enrollment=enrollment,
        to=wish.to,
        effective_on=wish.effective_on,
        leaving_reason=wish.leaving_reason,
        note=wish.note,
        returns_on=wish.returns_on,
        corrects=wish.corrects,
        **said,
    )
    return enrollment
