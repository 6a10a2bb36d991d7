"""A pair's 1-on-1s: booked by staff or the mentor for a learner, and those that come back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from cohorts.models import Enrollment
from mentoring import booking
from mentoring import series as regular
from mentoring.errors import MentoringError, SlotTaken
from mentoring.forms import BookForm
from mentoring.pair_forms import SeriesForm, StopSeriesForm
from mentoring.recurrence import Occurrence
from mentoring.series_records import Series
from mentoring.series_words import fate_words, rhythm_words, words_of
from mentoring.slot_days import offer_for, slot_value
from mentoring.views.sessions import choice_of, since_of
from mentoring.wording import short_time


@requires(Role.MENTOR, Role.STAFF)
def book_for(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment, now, gone = _enrollment(request, pk), timezone.now(), None
    form = BookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        start = form.cleaned_data["start"]
        try:
            mentor = booking.mentor_for(enrollment, stand_in=_self_standing_in(request, enrollment))
            made = booking.book(
                mentor=mentor, enrollment=enrollment, by=request.membership, now=now, **form.cleaned_data
            )
        except MentoringError as error:
            form.add_error("start", str(error))
            gone = start if isinstance(error, SlotTaken) else None
        else:
            words = {"name": enrollment.learner.name, "when": short_time(made.starts_at)}
            messages.success(request, _("The 1-on-1 of %(name)s is booked: %(when)s. Both get a mail.") % words)
            return redirect("cohorts:learner", organization, enrollment.pk)
    mentor_now = _self_standing_in(request, enrollment)
    offer = offer_for(enrollment, now=now, since=since_of(request), gone=gone, mentor=mentor_now)
    context = {"form": form, **_about(request, enrollment, mentor_now), **choice_of(request, offer, form)}
    return render(request, "mentoring/book_for.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER, Role.MENTOR, Role.STAFF)
def series(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """First the day, the time and the rhythm; then every date with what becomes of it; then it is booked."""
    enrollment, now = _enrollment(request, pk), timezone.now()
    form = SeriesForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        rhythm, first = form.cleaned_data["rhythm"], form.cleaned_data["start"]
        asked: dict[str, Any] = {"enrollment": enrollment, "rhythm": rhythm, "first": first, "now": now}
        try:
            asked["mentor"] = booking.mentor_for(enrollment)
            if "agreed" in request.POST:
                made = regular.start_series(**asked, choices=form.chosen(), by=request.membership)
                return _started(request, made)
        except (MentoringError, ValidationError) as error:
            form.add_error("start", error if isinstance(error, ValidationError) else str(error))
        if "mentor" in asked:
            try:
                return _preview(request, form, asked, regular.plan_series(**asked))
            except MentoringError as error:
                form.add_error("start", str(error))
    offer = offer_for(enrollment, now=now, since=since_of(request))
    running = regular.running_series(enrollment)
    context = {
        "form": form,
        "running": running,
        "rhythm": rhythm_words(running, now=now) if running else "",
        **_about(request, enrollment),
        **choice_of(request, offer, form),
    }
    return render(request, "mentoring/series.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER, Role.MENTOR, Role.STAFF)
def stop_series(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    seen = Enrollment.objects.visible_to(request.membership)
    found = get_object_or_404(Series.objects.running().with_people().filter(enrollment__in=seen), pk=pk)
    today, _minute = regular.clock_of(found.mentor, timezone.now())
    form = StopSeriesForm(request.POST if request.method == "POST" else None, initial={"from_day": today})
    if form.is_valid():
        try:
            cancelled = regular.stop_series(
                series=found, by=request.membership, now=timezone.now(), **form.cleaned_data
            )
        except MentoringError as error:
            form.add_error("from_day", str(error))
        else:
            text = ngettext(
                "The regular 1-on-1s stop. %(count)s booked one is cancelled.",
                "The regular 1-on-1s stop. %(count)s booked ones are cancelled.",
                cancelled,
            )
            messages.success(request, text % {"count": cancelled})
            return _home(request, found.enrollment)
    context = {
        "series": found,
        "rhythm": rhythm_words(found, now=timezone.now()),
        "form": form,
        **_about(request, found.enrollment),
    }
    return render(request, "mentoring/stop_series.html", context, status=422 if form.is_bound else 200)


def _preview(request: MemberRequest, form: SeriesForm, asked: dict[str, Any], plan: list[Occurrence]) -> HttpResponse:
    mentor, first = asked["mentor"], asked["first"]
    day, minute = regular.clock_of(mentor, first)
    context = {
        "form": form,
        "rows": [_row(one) for one in plan],
        "words": words_of(asked["rhythm"], day, minute, zone=mentor.clock_at(first).key),
        "start": slot_value(first),
        "chosen_rhythm": asked["rhythm"],
        **_about(request, asked["enrollment"]),
    }
    return render(request, "mentoring/series_preview.html", context, status=422 if form.errors else 200)


def _row(one: Occurrence) -> dict[str, Any]:
    """A date as the preview shows it, with the times to choose from; the first is proposed."""
    start = one.start if one.is_open else one.nearest
    return {
        "day": one.day,
        "is_open": one.is_open,
        "why": fate_words(one.fate),
        "value": slot_value(start) if start else "",
        "label": short_time(start) if start else "",
    }


def _started(request: MemberRequest, made: Series) -> HttpResponseRedirect:
    count = made.one_on_ones.count()
    text = ngettext(
        "%(rhythm)s: %(count)s 1-on-1 is booked, later ones follow by themselves.",
        "%(rhythm)s: %(count)s 1-on-1s are booked, later ones follow by themselves.",
        count,
    )
    messages.success(request, text % {"rhythm": rhythm_words(made, now=timezone.now()), "count": count})
    return _home(request, made.enrollment)


def _enrollment(request: MemberRequest, pk: UUID) -> Enrollment:
    return get_object_or_404(Enrollment.objects.for_page().visible_to(request.membership), pk=pk)


def _self_standing_in(request: MemberRequest, enrollment: Enrollment) -> Membership | None:
    """The viewer, when they mentor this learner without being their mentor."""
    viewer = request.membership
    return viewer if not viewer.is_staff and viewer.pk != enrollment.mentor_id else None


def _about(request: MemberRequest, enrollment: Enrollment, mentor: Membership | None = None) -> dict[str, Any]:
    is_learner = enrollment.learner_id == request.membership.pk
    is_mentor = enrollment.mentor_id == request.membership.pk or mentor is not None
    return {
        "enrollment": enrollment,
        "learner": enrollment.learner,
        "mentor": mentor or enrollment.mentor,
        "is_learner": is_learner,
        "shell": "learner.html" if is_learner else "staff.html",
        "audience": "learner" if is_learner else "mentor" if is_mentor else "staff",
        "home_url": _home(request, enrollment).url,
    }


def _home(request: MemberRequest, enrollment: Enrollment) -> HttpResponseRedirect:
    slug = request.organization.slug
    if enrollment.learner_id == request.membership.pk:
        return redirect("mentoring:sessions", slug)
    return redirect("cohorts:learner", slug, enrollment.pk)
