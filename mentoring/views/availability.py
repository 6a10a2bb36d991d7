"""What a mentor offers, edited by the mentor. Several forms stand on one page; `part` says which one was sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from design.templatetags.design import zone_name
from mentoring import offering
from mentoring.calendars import Calendar, read_calendar
from mentoring.errors import MentoringError
from mentoring.forms import (
    ExceptionForm,
    LimitsForm,
    TimeOffForm,
    WindowFormSet,
    windows_initial,
)
from mentoring.models import Mentor
from mentoring.offered import exception_rows, time_off_rows
from mentoring.slot_days import slot_days
from mentoring.zones import load_zone

PREVIEW_DAYS = 5
#: How far the preview looks for them.
PREVIEW_REACH = timedelta(days=21)

Forms = dict[str, Any]


@requires(Role.MENTOR)
def availability(request: MemberRequest, organization: str) -> HttpResponseBase:
    zone = request.user.time_zone or request.organization.time_zone
    mentor, now = offering.mentor_of(membership=request.membership, time_zone=zone), timezone.now()
    if request.method != "POST":
        return _page(request, mentor, now)
    handle = PARTS.get(request.POST.get("part", ""))
    failed = handle(request, mentor, now) if handle else {}
    if isinstance(failed, HttpResponseBase):
        return failed
    return _page(request, mentor, now, failed) if failed else redirect("mentoring:availability", organization)


def _windows(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    formset = WindowFormSet(request.POST, prefix="windows")
    if not formset.is_valid():
        return {"windows": formset}
    offering.replace_windows(mentor=mentor, windows=formset.windows())
    messages.success(request, _("Your weekly hours are saved."))
    return {}


def _limits(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    form = LimitsForm(request.POST, instance=Mentor.objects.get(pk=mentor.pk), prefix="limits")
    if not form.is_valid():
        return {"limits": form}
    offering.change_limits(mentor=mentor, limits=form.limits())
    messages.success(request, _("Your rules are saved. 1-on-1s that are booked keep their time."))
    return {}


def _exception(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    form = ExceptionForm(request.POST, prefix="exception")
    if form.is_valid():
        try:
            offering.set_exception(
                mentor=mentor, on=form.cleaned_data["date"], windows=form.windows(), today=_today(mentor, now)
            )
        except MentoringError as error:
            form.add_error("date", str(error))
        else:
            messages.success(request, _("Your hours on that date are saved."))
            return {}
    return {"exception": form}


def _time_off(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms | HttpResponseBase:
    form = TimeOffForm(request.POST, prefix="time_off")
    if form.is_valid():
        try:
            made = offering.add_time_off(mentor=mentor, today=_today(mentor, now), **form.cleaned_data)
        except MentoringError as error:
            form.add_error("last", str(error))
        else:
            messages.success(request, _("Your time off is saved."))
            if offering.booked_within(made):
                return redirect("mentoring:time_off_sessions", request.organization.slug, made.pk)
            return {}
    return {"time_off": form}


def _remove_exception(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    offering.remove_exception(mentor=mentor, pk=_pk(request))
    messages.success(request, _("Your weekly hours count again on that date."))
    return {}


def _remove_time_off(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    offering.remove_time_off(mentor=mentor, pk=_pk(request))
    messages.success(request, _("The time off is removed."))
    return {}


PARTS: dict[str, Callable[[MemberRequest, Mentor, datetime], Forms | HttpResponseBase]] = {
    "windows": _windows,
    "limits": _limits,
    "exception": _exception,
    "time_off": _time_off,
    "remove_exception": _remove_exception,
    "remove_time_off": _remove_time_off,
}


def _page(request: MemberRequest, mentor: Mentor, now: datetime, failed: Forms | None = None) -> HttpResponse:
    calendar = read_calendar(mentor=mentor.membership_id, enrollment=None, start=now, end=now + PREVIEW_REACH)
    if calendar is None:
        raise LookupError("The mentor was made before the page.")
    rules, forms = calendar.rules, failed or {}
    windows = forms.get("windows") or WindowFormSet(initial=windows_initial(rules.windows), prefix="windows")
    longest = offering.longest_window(rules)
    context = {
        "mentor": calendar.mentor,
        "windows": windows,
        "days": windows.days(),
        "limits": forms.get("limits") or LimitsForm(instance=calendar.mentor, prefix="limits"),
        "exception": forms.get("exception") or ExceptionForm(prefix="exception"),
        "time_off": forms.get("time_off") or TimeOffForm(prefix="time_off"),
        "exceptions": exception_rows(offering.upcoming_exceptions(mentor, today=_today(mentor, now))),
        "away": time_off_rows(offering.upcoming_time_off(mentor, now=now), zone=mentor.time_zone),
        "longest": longest if rules.windows and longest < rules.duration else None,
        "preview": _preview(calendar, now),
        "zone": zone_name(timezone.get_current_timezone_name()),
        "mentor_zone": zone_name(mentor.time_zone),
    }
    return render(request, "mentoring/availability.html", context, status=422 if failed else 200)


def _preview(calendar: Calendar, now: datetime) -> list[Any]:
    free = calendar.free(start=now, end=now + PREVIEW_REACH, now=now)
    return slot_days(free, mentor_zone=calendar.mentor.time_zone)[:PREVIEW_DAYS]


def _today(mentor: Mentor, now: datetime) -> Any:
    return now.astimezone(load_zone(mentor.time_zone)).date()


def _pk(request: MemberRequest) -> UUID:
    try:
        return UUID(request.POST.get("pk", ""))
    except ValueError:
        return UUID(int=0)
