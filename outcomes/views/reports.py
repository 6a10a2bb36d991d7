"""Reports for others than the staff: on graduates, a workbook, a PDF for the board, and the page for everybody."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.throttling import SimpleRateThrottle

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Cohort
from organizations.models import Organization
from organizations.scope import scope
from outcomes.forms.reports import PeriodForm
from outcomes.measuring.definitions import DEFINITIONS, METHODS
from outcomes.measuring.metrics import AsOf
from outcomes.models import DEFINITION_VERSION, TargetKey
from outcomes.reports.board_pdf import board_pdf
from outcomes.reports.graduate_lines import lines_of, report_as_of, report_rows, salary_in_a_sentence
from outcomes.reports.graduates import GraduateReport, HalfYear, latest_with_graduates
from outcomes.reports.publishing import (
    is_public,
    period_told,
    published,
    published_lately,
    switch_public_page,
    switches,
)
from outcomes.reports.workbook import workbook_of
from outcomes.scopes import EVERYONE, Scope
from outcomes.showing.figures import figures
from outcomes.views.shared import csv_response, known_as_of, not_a_scope, query_of, scope_form, today_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(Role.STAFF)
@require_safe
def reports(request: MemberRequest, organization: str) -> HttpResponse:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    context = {"form": form, "query": query_of(form), "latest": switches().first()}
    return render(request, "outcomes/reports.html", context)


@requires(Role.STAFF)
@require_safe
def graduates(request: MemberRequest, organization: str) -> HttpResponse:
    known = AsOf(today_of(request))
    form = _period_form(request, known)
    if not form.is_valid():
        return render(request, "outcomes/not_a_period.html", {"form": form}, status=422)
    sees_salaries = request.membership.is_admin
    report = report_as_of(known, form.half_year)
    context = {
        "form": form,
        "lines": lines_of(report, is_hiding=form.is_hiding, sees_salaries=sees_salaries),
        "query": _period_query(form),
        "version": DEFINITION_VERSION,
    }
    return render(request, "outcomes/graduates.html", context)


@requires(Role.STAFF)
@require_safe
def graduates_csv(request: MemberRequest, organization: str) -> HttpResponseBase:
    known = AsOf(today_of(request))
    form = _period_form(request, known)
    if not form.is_valid():
        return render(request, "outcomes/not_a_period.html", {"form": form}, status=422)
    report = report_as_of(known, form.half_year)
    rows = report_rows(report, is_hiding=form.is_hiding, sees_salaries=request.membership.is_admin)
    return csv_response(f"{organization}-graduates-{form.half_year.code}", rows)


@requires(Role.STAFF)
@require_safe
def workbook(request: MemberRequest, organization: str) -> HttpResponseBase:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    known = known_as_of(form)
    found = figures(known, form.scope, today=form.today, now=timezone.now())
    report = report_as_of(known, _latest(known, form.scope), form.scope)
    sees_salaries = request.membership.is_admin
    file = workbook_of(found, report, organization=request.organization.name, sees_salaries=sees_salaries)
    name = f"{organization}-outcomes-{form.day.isoformat()}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


@requires(Role.STAFF)
@require_safe
def board(request: MemberRequest, organization: str) -> HttpResponse:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    now = timezone.now()
    known = known_as_of(form)
    found = figures(known, form.scope, today=form.today, now=now)
    # Of everybody or of nobody: of two groups that overlap, two medians would tell of the difference.
    salary = salary_in_a_sentence(_told_to_others(known)) if form.scope == EVERYONE else ""
    name = f"{organization}-board-{form.day.isoformat()}.pdf"
    return HttpResponse(
        board_pdf(found, request.organization, salary=salary, at=now),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@requires(Role.ADMIN)
def public_page(request: MemberRequest, organization: str) -> HttpResponse:
    """What everybody would see, and the switch above it, which turns for a request that says which way alone."""
    is_on, is_off = "on" in request.POST, "off" in request.POST
    if request.method == "POST" and is_on != is_off:
        if switch_public_page(is_on=is_on, by=request.membership, at=timezone.now()):
            done = _("Everybody can read the page now.") if is_on else _("Nobody but the staff sees the page now.")
            messages.success(request, done)
        return redirect("outcomes:public_page", organization)
    context = _public_context(request.organization, today_of(request), is_fresh=True)
    context |= {"switches": switches()[:20], "is_on": is_public(), "is_unclear": request.method == "POST"}
    return render(request, "outcomes/public_preview.html", context, status=422 if context["is_unclear"] else 200)


class Throttle(SimpleRateThrottle):
    """So many looks a minute from one address, signed in or not: the rate `outcomes` of the settings."""

    scope = "outcomes"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


@require_safe
def everybody(request: HttpRequest, slug: str) -> HttpResponse:
    """The page for who is not signed in; not there unless an admin switched it on.

    What it counts is kept for an hour, the page itself nowhere: switched off, it is gone at once.
    """
    if not Throttle().allow_request(request, None):  # type: ignore[arg-type]
        return render(request, "429.html", status=429)
    organization = get_object_or_404(Organization, slug=slug)
    with scope(organization.pk):
        if not is_public():
            raise Http404
        context = _public_context(organization, organization.today(), is_fresh=False)
        return render(request, "outcomes/public_page.html", context)


# -- the parts ---------------------------------------------------------------------------------------------------------


def _period_form(request: MemberRequest, known: AsOf) -> PeriodForm:
    first = Cohort.objects.order_by("starts_on").values_list("starts_on", flat=True).first()
    return PeriodForm(request.GET, first=first, latest=_latest(known), today=known.on)


def _latest(known: AsOf, within: Scope = EVERYONE) -> HalfYear:
    """The latest half-year with graduates, all of whom are as far out as the report asks."""
    complete = HalfYear.holding(known.on).before.before
    return latest_with_graduates(known.part(within).roster.anonymous, last=complete, fewest=1)


def _told_to_others(known: AsOf) -> GraduateReport:
    return report_as_of(known, period_told(known, last=HalfYear.holding(known.on).before.before))


def _period_query(form: PeriodForm) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in form.cleaned_data.items() if value})
    return query


def _public_context(organization: Organization, today: date, *, is_fresh: bool) -> dict[str, Any]:
    found = published(today=today) if is_fresh else published_lately(organization=organization.pk, today=today)
    cards = found.cards()
    return {
        "publisher": organization,
        "published": found,
        "cards": cards,
        "lines": lines_of(found.report, is_hiding=True),
        "definitions": [(card.key, card.name, DEFINITIONS[TargetKey(card.key)]) for card, _is_told in cards],
        "methods": METHODS.values(),
        "version": DEFINITION_VERSION,
    }
