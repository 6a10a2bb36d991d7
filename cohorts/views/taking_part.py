"""A learner's own part: check in with a code, and write the stand-up of the day. And the stand-ups of a cohort."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import stand_ups as writing
from cohorts.check_in import check_in as enter_code
from cohorts.check_in import own_today
from cohorts.errors import CohortError
from cohorts.models import Enrollment, WrittenStandUp
from cohorts.presence_forms import CheckInForm, StandUpForm
from cohorts.views.cohort_pages import day_or, sees_everybody
from cohorts.views.shared import cohort_named, heading


@requires(Role.LEARNER)
def check_in(request: MemberRequest, organization: str) -> HttpResponseBase:
    enrollment, now = _own(request), timezone.now()
    form = CheckInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            mark = enter_code(enrollment=enrollment, code=form.cleaned_data["code"], at=now)
        except CohortError as error:
            form.add_error("code", str(error))
        else:
            said = {"name": mark.held.gathering, "status": mark.get_status_display().lower()}
            messages.success(request, _("You are checked in at “%(name)s”: %(status)s.") % said)
            return redirect("cohorts:check_in", organization)
    rows = own_today(enrollment, at=now)
    context = {"form": form, "rows": rows, "is_open": any(row.is_open for row in rows)}
    return render(request, "cohorts/check_in.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER)
def stand_up(request: MemberRequest, organization: str) -> HttpResponseBase:
    enrollment, now = _own(request), timezone.now()
    day = writing.own_day(enrollment, now)
    written = WrittenStandUp.objects.filter(enrollment=enrollment, day=day).first()
    form = StandUpForm(request.POST if request.method == "POST" else None, written=written)
    if form.is_valid():
        try:
            writing.write_stand_up(enrollment=enrollment, at=now, **form.cleaned_data)
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your stand-up is saved."))
            return redirect("cohorts:stand_up", organization)
    context = {
        "form": form,
        "day": day,
        "written": written,
        "others": writing.seen_by_learner(enrollment, day=day),
        "is_on": writing.is_switched_on(enrollment.cohort, on=day),
    }
    return render(request, "cohorts/stand_up.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF, Role.MENTOR)
def stand_ups(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    """What the learners wrote on a day, and who wrote nothing; mentors see their own learners'."""
    found = cohort_named(cohort)
    today = found.today(timezone.now())
    day = day_or(request.GET.get("on"), today)
    people = Enrollment.objects.filter(cohort=found).select_related("learner").order_by("learner__name", "pk")
    if not sees_everybody(request.membership, found):
        people = people.filter(mentor=request.membership)
    context = {
        **heading(found, "stand_ups"),
        "board": writing.board_of(found, day=day, people=list(people)),
        "is_on": writing.is_switched_on(found, on=today),
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
    }
    return render(request, "cohorts/stand_ups.html", context)


@requires(Role.STAFF)
@require_POST
def switch_stand_ups(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    is_on = request.POST.get("on") == "1"
    writing.switch(cohort=found, is_on=is_on, on=found.today(timezone.now()), by=request.membership)
    said = _("Learners write a stand-up every working day now.") if is_on else _("Stand-ups are not written any more.")
    messages.success(request, said)
    return redirect("cohorts:stand_ups", organization, found.slug)


def _own(request: MemberRequest) -> Enrollment:
    enrollment = Enrollment.objects.current_of(request.membership)
    if enrollment is None:
        raise Http404
    enrollment.learner = request.membership
    return enrollment
