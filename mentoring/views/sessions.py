"""1-on-1s as the two who have them see them: the learner's page, and what both may do to one."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from cohorts.models import Enrollment
from design.templatetags.design import zone_name
from mentoring import booking
from mentoring.errors import MentoringError, SlotTaken
from mentoring.forms import BookForm, CancelForm, SlotForm
from mentoring.models import OneOnOne
from mentoring.relief import stand_ins
from mentoring.series import running_series
from mentoring.series_words import rhythm_words
from mentoring.slot_days import Offer, offer_for
from mentoring.views.one import about, find, home_of
from mentoring.waiting import waiting_for
from mentoring.wording import mentor_clock, outcome_of, short_time

PAST_PER_PAGE = 10


@requires(Role.LEARNER)
@require_safe
def sessions(request: MemberRequest, organization: str) -> HttpResponse:
    enrollment = Enrollment.objects.current_of(request.membership)
    stand_in = _stand_in(enrollment, request.GET.get("with", "")) if enrollment else None
    return _sessions_page(request, enrollment, BookForm(), stand_in=stand_in)


@requires(Role.LEARNER)
def book(request: MemberRequest, organization: str) -> HttpResponseBase:
    enrollment = Enrollment.objects.current_of(request.membership)
    if request.method != "POST":  # also a link to other days from the answer below
        return redirect(f"{reverse('mentoring:sessions', args=[organization])}?{request.GET.urlencode()}")
    if enrollment is None:
        raise Http404
    form, gone = BookForm(request.POST), None
    stand_in = _stand_in(enrollment, request.POST.get("with", ""))
    if form.is_valid():
        start = form.cleaned_data["start"]
        try:
            made = booking.book(
                mentor=booking.mentor_for(enrollment, stand_in=stand_in),
                enrollment=enrollment,
                by=request.membership,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except MentoringError as error:
            form.add_error("start", str(error))
            gone = start if isinstance(error, SlotTaken) else None
        else:
            messages.success(request, _("Your 1-on-1 is booked: %(when)s.") % {"when": short_time(made.starts_at)})
            return redirect("mentoring:sessions", organization)
    return _sessions_page(request, enrollment, form, gone=gone, stand_in=stand_in)


@requires(Role.LEARNER, Role.MENTOR, Role.STAFF)
def move(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    one, now, gone = find(request, pk), timezone.now(), None
    form = SlotForm(request.POST or None, initial={"sequence": one.sequence})
    if form.is_valid():
        start = form.cleaned_data["start"]
        try:
            moved = booking.move(one_on_one=one, by=request.membership, now=now, **form.cleaned_data)
        except MentoringError as error:
            if error.code in ("changed", "over"):  # what this page shows is no longer so
                messages.error(request, str(error))
                return home_of(request, one)
            form.add_error("start", str(error))
            gone = start if isinstance(error, SlotTaken) else None
        else:
            messages.success(request, _("The 1-on-1 has a new time: %(when)s.") % {"when": short_time(moved.starts_at)})
            return home_of(request, one)
    mentor = one.mentor.membership
    offer = offer_for(one.enrollment, now=now, since=since_of(request), gone=gone, without=one, mentor=mentor)
    context = {**about(request, one), **choice_of(request, offer, form), "form": form}
    return render(request, "mentoring/move.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER, Role.MENTOR, Role.STAFF)
def cancel(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    one = find(request, pk)
    form = CancelForm(request.POST or None)
    if form.is_valid():
        booking.cancel(one_on_one=one, by=request.membership, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("The 1-on-1 is cancelled. Your reason is on its way by mail."))
        return home_of(request, one)
    context = {**about(request, one), "form": form}
    return render(request, "mentoring/cancel.html", context, status=422 if form.is_bound else 200)


def _sessions_page(
    request: MemberRequest,
    enrollment: Enrollment | None,
    form: BookForm,
    *,
    gone: datetime | None = None,
    stand_in: Membership | None = None,
) -> HttpResponse:
    if enrollment is None:
        return render(request, "mentoring/sessions.html", {"enrollment": None})
    now = timezone.now()
    own = OneOnOne.objects.filter(enrollment__learner=request.membership).with_people()
    page = Paginator(own.past(at=now), PAST_PER_PAGE).get_page(request.GET.get("page"))
    offer = offer_for(enrollment, now=now, since=since_of(request), gone=gone, mentor=stand_in)
    series = running_series(enrollment)
    context = {
        "enrollment": enrollment,
        "mentor": stand_in or enrollment.mentor,
        "stand_in": stand_in,
        "stand_ins": stand_ins(enrollment, now=now),
        "series": series,
        "rhythm": rhythm_words(series, now=now) if series else "",
        "waiting": waiting_for(enrollment, now=now),
        "coming": [{"meeting": one, "theirs": mentor_clock(one)} for one in own.upcoming(at=now).with_clocks()],
        "page": page,
        "past": [{"meeting": one, "outcome": outcome_of(one, at=now)} for one in page],
        "form": form,
        **choice_of(request, offer, form),
    }
    return render(request, "mentoring/sessions.html", context, status=422 if form.is_bound else 200)


def choice_of(request: MemberRequest, offer: Offer, form: forms.Form) -> dict[str, Any]:
    """The slots as the page shows them: the chosen one's day is open, else the first."""
    chosen = form.data.get("start", request.GET.get("start", ""))
    opened = next((day for day in offer.days if day.has(chosen)), next(iter(offer.days), None))
    return {
        "offer": offer,
        "chosen": chosen,
        "opened": opened and opened.date,
        "zone": zone_name(timezone.get_current_timezone_name()),
        "mentor_zone": zone_name(offer.mentor_zone),
        "zones_differ": offer.zones_differ,
    }


def _stand_in(enrollment: Enrollment, pk: str) -> Membership | None:
    """Who stands in for the learner's mentor and is named by an address or form; None for anybody else."""
    reliefs = stand_ins(enrollment, now=timezone.now()) if pk else []
    return next((relief.mentor for relief in reliefs if str(relief.mentor_id) == pk), None)


def since_of(request: MemberRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return None
