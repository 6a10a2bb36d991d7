"""Days without program: the organization's calendar, and holidays from a file for everyone or for one cohort."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import breaks as pauses
from cohorts.changes import Effect, digest_of
from cohorts.errors import CohortError
from cohorts.forms import BREAK_FIELDS, CalendarBreakForm
from cohorts.holidays import (
    CalendarFile,
    Finding,
    Holiday,
    LeftOut,
    compare_holidays,
    import_holidays,
    preview_holidays,
    read_calendar,
)
from cohorts.models import Cohort
from cohorts.planning_forms import CalendarFileForm
from cohorts.views.shared import cohort_named, heading, is_agreed, uuid_of

BREAKS_PER_PAGE = 50
SALT = "cohorts.holidays"


@requires(Role.STAFF)
def calendar(request: MemberRequest, organization: str) -> HttpResponseBase:
    today = _today(request, None)
    if request.method == "POST" and "remove" in request.POST:
        return _remove(request, today)
    form = CalendarBreakForm(request.POST or None)
    if form.is_valid():
        values = {**form.cleaned_data, "cohort": None, "today": today}
        try:
            effects = pauses.preview_break(**values)
            if not is_agreed(request, effects):
                context = {"effects": effects, "agreed": digest_of(effects), "form": form}
                return render(request, "cohorts/calendar_preview.html", context)
            made = pauses.add_break(**values)
        except CohortError as error:
            form.add_error(BREAK_FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("%(name)s is a break now.") % {"name": made.name})
            return redirect("cohorts:calendar", organization)
    shown = pauses.everyones_breaks()
    if request.GET.get("show") != "all":
        shown = shown.filter(ends_on__gte=today)
    page = Paginator(shown, BREAKS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "all": request.GET.get("show") == "all"}
    return render(request, "cohorts/calendar.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def import_calendar(request: MemberRequest, organization: str) -> HttpResponseBase:
    return _import(request, None)


@requires(Role.STAFF)
def import_breaks(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    return _import(request, cohort_named(cohort))


def _remove(request: MemberRequest, today: date) -> HttpResponseBase:
    pause = get_object_or_404(pauses.everyones_breaks(), pk=uuid_of(request.POST["remove"]))
    effects = pauses.preview_removal(pause=pause, today=today)
    if "agreed" not in request.POST or not is_agreed(request, effects):
        context = {"effects": effects, "agreed": digest_of(effects), "pause": pause}
        return render(request, "cohorts/calendar_preview.html", context)
    pauses.remove_break(pause=pause, today=today)
    messages.success(request, _("%(name)s is no break any more.") % {"name": pause.name})
    return redirect("cohorts:calendar", request.organization.slug)


def _import(request: MemberRequest, cohort: Cohort | None) -> HttpResponseBase:
    """First the file, of which nothing is written; then which of its holidays, shown with what they move; then that."""
    today = _today(request, cohort)
    if "read" in request.POST:
        return _import_chosen(request, cohort, today)
    form = CalendarFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        zone = ZoneInfo(cohort.time_zone if cohort else request.organization.time_zone)
        try:
            found = read_calendar(
                form.cleaned_data["file"], first=min(today, cohort.starts_on) if cohort else today, zone=zone
            )
            findings = compare_holidays(found.holidays, cohort=cohort)
            chosen = [finding for finding in findings if finding.is_news]
            return _findings_page(request, cohort, found, findings, chosen, today)
        except CohortError as error:
            form.add_error("file", str(error))
    context = {**_around(request, cohort), "form": form}
    return render(request, "cohorts/import_calendar.html", context, status=422 if form.is_bound else 200)


def _import_chosen(request: MemberRequest, cohort: Cohort | None, today: date) -> HttpResponseBase:
    try:
        found = _unsealed(request.POST["read"], cohort)
    except signing.BadSignature:
        messages.error(request, _("What was read is not here any more. Choose the file again."))
        return redirect(_around(request, cohort)["here"])
    findings = compare_holidays(found.holidays, cohort=cohort)
    asked = set(request.POST.getlist("take"))
    chosen = [finding for finding in findings if finding.holiday.uid in asked and finding.is_news]
    try:
        effects = preview_holidays(findings=chosen, cohort=cohort, today=today)
        if not chosen or request.POST.get("agreed") != _sealed_choice(chosen, effects):
            return _findings_page(request, cohort, found, findings, chosen, today)
        number = import_holidays(findings=chosen, cohort=cohort, today=today)
    except CohortError as error:
        return _findings_page(request, cohort, found, findings, chosen, today, problem=str(error))
    said = ngettext("%(number)s break is taken over.", "%(number)s breaks are taken over.", number)
    messages.success(request, said % {"number": number})
    return redirect(_around(request, cohort)["back"])


def _findings_page(
    request: MemberRequest,
    cohort: Cohort | None,
    found: CalendarFile,
    findings: Sequence[Finding],
    chosen: Sequence[Finding],
    today: date,
    *,
    problem: str = "",
) -> HttpResponseBase:
    effects: list[Effect] = []
    if not problem:
        try:
            effects = preview_holidays(findings=chosen, cohort=cohort, today=today)
        except CohortError as error:
            problem = str(error)
    context = {
        **_around(request, cohort),
        "findings": findings,
        "taken": {finding.holiday.uid for finding in chosen},
        "news": sum(finding.is_news for finding in findings),
        "left_out": found.left_out,
        "effects": effects,
        "agreed": "" if problem else _sealed_choice(chosen, effects),
        "read": _sealed(found, cohort),
        "problem": problem,
        "unsaid": "read" in request.POST and not chosen,
    }
    return render(request, "cohorts/import_calendar_preview.html", context, status=422 if problem else 200)


# -- what travels with the page ----------------------------------------------------------------------------------------


def _sealed(found: CalendarFile, cohort: Cohort | None) -> str:
    """What was read, signed and packed: it comes back with the choice and is kept nowhere."""
    told = {
        "cohort": str(cohort.pk) if cohort else "",
        "holidays": [[one.uid, one.name, one.starts_on.isoformat(), one.ends_on.isoformat()] for one in found.holidays],
        "left_out": [asdict(one) for one in found.left_out],
    }
    return signing.dumps(told, salt=SALT, compress=True)


def _unsealed(text: str, cohort: Cohort | None) -> CalendarFile:
    """Raises BadSignature when it was made by nobody here, or for another calendar."""
    told = signing.loads(text, salt=SALT, max_age=24 * 60 * 60)
    if told["cohort"] != (str(cohort.pk) if cohort else ""):
        raise signing.BadSignature("For another calendar.")
    holidays = (
        Holiday(uid=uid, name=name, starts_on=date.fromisoformat(first), ends_on=date.fromisoformat(last))
        for uid, name, first, last in told["holidays"]
    )
    return CalendarFile(holidays=tuple(holidays), left_out=tuple(LeftOut(**one) for one in told["left_out"]))


def _sealed_choice(chosen: Sequence[Finding], effects: Sequence[Effect]) -> str:
    """The same for the same choice with the same effects."""
    keys = [[one.holiday.uid, one.state, one.holiday.name] for one in chosen]
    return digest_of(effects) + ":" + signing.Signer(salt=SALT).signature(json.dumps(keys))


def _around(request: MemberRequest, cohort: Cohort | None) -> dict[str, Any]:
    slug = request.organization.slug
    if cohort is None:
        return {
            "cohort": None,
            "here": reverse("cohorts:import_calendar", args=[slug]),
            "back": reverse("cohorts:calendar", args=[slug]),
        }
    return {
        **heading(cohort, "breaks"),
        "here": reverse("cohorts:import_breaks", args=[slug, cohort.slug]),
        "back": reverse("cohorts:breaks", args=[slug, cohort.slug]),
    }


def _today(request: MemberRequest, cohort: Cohort | None) -> date:
    return cohort.today() if cohort else request.organization.today()
