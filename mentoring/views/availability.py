"""What a mentor offers, edited by the mentor. Several forms stand on one page; `part` says which one was sent."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from design.templatetags.design import zone_name
from mentoring import offering
from mentoring.availability_rules import AvailabilityRules
from mentoring.calendars import Calendar, read_calendar
from mentoring.errors import MentoringError
from mentoring.forms import (
    ExceptionForm,
    LimitsForm,
    PreviewForm,
    StayForm,
    TimeOffForm,
    WindowFormSet,
    windows_initial,
)
from mentoring.models import Mentor
from mentoring.offered import exception_rows, stay_rows, time_off_rows
from mentoring.preview import REACH, preview_of

#: What the rules and the form of limits call by one name.
RULES = (
    "duration", "step", "buffer_before", "buffer_after", "min_notice", "max_days_ahead", "max_per_day", "max_per_week",
)  # fmt: skip

Forms = dict[str, Any]


@requires(Role.MENTOR)
def availability(request: MemberRequest, organization: str) -> HttpResponseBase:
    mentor, now = _mentor(request), timezone.now()
    if request.method != "POST":
        return _page(request, mentor, now)
    handle = PARTS.get(request.POST.get("part", ""))
    failed = handle(request, mentor, now) if handle else {}
    if isinstance(failed, HttpResponseBase):
        return failed
    return _page(request, mentor, now, failed) if failed else redirect("mentoring:availability", organization)


@requires(Role.MENTOR)
@require_POST
def preview(request: MemberRequest, organization: str) -> HttpResponse:
    """What learners would see of what stands in the forms, saved or not; what is not right there counts as saved."""
    calendar, now = _calendar(_mentor(request), timezone.now()), timezone.now()
    rules = _rules_typed(request, calendar)
    seen = preview_of(calendar, rules=rules, zone=PreviewForm(request.POST).chosen(), now=now)
    context = {"preview": seen, "zone": zone_name(seen.zone), "mentor_zone": zone_name(rules.zone)}
    return render(request, "mentoring/_preview.html", context)


def _windows(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    formset = WindowFormSet(request.POST, prefix="windows")
    if not formset.is_valid():
        return {"windows": formset}
    offering.replace_windows(mentor=mentor, windows=formset.windows())
    messages.success(request, _("Your weekly hours are saved."))
    _warn_if_too_short(request, mentor, now)
    return {}


def _limits(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    form = LimitsForm(request.POST, instance=Mentor.objects.get(pk=mentor.pk), prefix="limits")
    if not form.is_valid():
        return {"limits": form}
    offering.change_limits(mentor=mentor, limits=form.limits())
    messages.success(request, _("Your rules are saved. 1-on-1s that are booked keep their time."))
    _warn_if_too_short(request, mentor, now)
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


def _stay(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    form = StayForm(request.POST, prefix="stay")
    if form.is_valid():
        try:
            offering.add_stay(mentor=mentor, today=_today(mentor, now), **form.cleaned_data)
        except MentoringError as error:
            form.add_error("time_zone" if error.code == "unknown_zone" else "last", str(error))
        else:
            messages.success(
                request, _("Your hours are on that clock on those days. 1-on-1s that are booked keep their time.")
            )
            return {}
    return {"stay": form}


def _remove_exception(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    offering.remove_exception(mentor=mentor, pk=_pk(request))
    messages.success(request, _("Your weekly hours count again on that date."))
    return {}


def _remove_time_off(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    offering.remove_time_off(mentor=mentor, pk=_pk(request))
    messages.success(request, _("The time off is removed."))
    return {}


def _remove_stay(request: MemberRequest, mentor: Mentor, now: datetime) -> Forms:
    offering.remove_stay(mentor=mentor, pk=_pk(request))
    messages.success(request, _("Your hours are on your own clock again on those days."))
    return {}


PARTS: dict[str, Callable[[MemberRequest, Mentor, datetime], Forms | HttpResponseBase]] = {
    "windows": _windows,
    "limits": _limits,
    "exception": _exception,
    "time_off": _time_off,
    "stay": _stay,
    "remove_exception": _remove_exception,
    "remove_time_off": _remove_time_off,
    "remove_stay": _remove_stay,
}


def _page(request: MemberRequest, mentor: Mentor, now: datetime, failed: Forms | None = None) -> HttpResponse:
    calendar = _calendar(mentor, now)
    rules, forms, today = calendar.rules, failed or {}, _today(mentor, now)
    windows = forms.get("windows") or WindowFormSet(initial=windows_initial(rules.windows), prefix="windows")
    shown = PreviewForm(request.GET if "zone" in request.GET else None)
    seen = preview_of(calendar, rules=rules, zone=shown.chosen(), now=now)
    context = {
        "mentor": calendar.mentor,
        "windows": windows,
        "days": windows.days(),
        "limits": forms.get("limits") or LimitsForm(instance=calendar.mentor, prefix="limits"),
        "exception": forms.get("exception") or ExceptionForm(prefix="exception"),
        "time_off": forms.get("time_off") or TimeOffForm(prefix="time_off"),
        "stay": forms.get("stay") or StayForm(prefix="stay"),
        "exceptions": exception_rows(offering.upcoming_exceptions(mentor, today=today)),
        "away": time_off_rows(offering.upcoming_time_off(mentor, now=now), mentor=mentor),
        "stays": stay_rows(offering.upcoming_stays(mentor, today=today)),
        "preview": seen,
        "seen_from": PreviewForm(initial={"zone": seen.zone}),
        "zone": zone_name(seen.zone),
        "mentor_zone": zone_name(mentor.time_zone),
    }
    return render(request, "mentoring/availability.html", context, status=422 if failed else 200)


def _warn_if_too_short(request: MemberRequest, mentor: Mentor, now: datetime) -> None:
    rules = _calendar(mentor, now).rules
    longest = offering.too_short(rules)
    if longest is not None:
        text = _("Nobody can book: a 1-on-1 takes %(duration)s minutes and your longest window is %(longest)s.")
        messages.warning(request, text % {"duration": rules.duration, "longest": longest})


def _mentor(request: MemberRequest) -> Mentor:
    zone = request.user.time_zone or request.organization.time_zone
    return offering.mentor_of(membership=request.membership, time_zone=zone)


def _calendar(mentor: Mentor, now: datetime) -> Calendar:
    calendar = read_calendar(mentor=mentor.membership_id, enrollment=None, start=now, end=now + REACH)
    if calendar is None:
        raise LookupError("The mentor was made before the page.")
    return calendar


def _rules_typed(request: MemberRequest, calendar: Calendar) -> AvailabilityRules:
    changed: Forms = {}
    windows = WindowFormSet(request.POST, prefix="windows")
    if windows.is_valid():
        changed["windows"] = tuple(windows.windows())
    form = LimitsForm(request.POST, instance=copy(calendar.mentor), prefix="limits")  # which the form writes into
    if form.is_valid():
        limits: Forms = {**form.limits()}
        changed |= {"zone": limits["time_zone"], **{name: limits[name] for name in RULES}}
    return replace(calendar.rules, **changed)


def _today(mentor: Mentor, now: datetime) -> date:
    return now.astimezone(mentor.clock_at(now)).date()


def _pk(request: MemberRequest) -> UUID:
    try:
        return UUID(request.POST.get("pk", ""))
    except ValueError:
        return UUID(int=0)
