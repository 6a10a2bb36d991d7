"""What cohorts take: planned against actual, the estimate, costs and staffing by hand."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Cohort
from curriculum.models import Curriculum
from outcomes.errors import OutcomeError
from outcomes.forms.resources import CostForm, EstimateForm, GiveUpForm, StaffingForm
from outcomes.forms.scopes import ScopeForm
from outcomes.resourcing.charts import cost_chart
from outcomes.resourcing.costs import (
    costs_of,
    currency_of,
    record_cost,
    record_staffing,
    staffing_of,
    take_back_cost,
)
from outcomes.resourcing.estimate_checks import checks_of, contradictions
from outcomes.resourcing.estimates import Estimates, change_estimate, estimate_history, give_up_estimate
from outcomes.resourcing.records import Cost
from outcomes.resourcing.resources import Resources, cost_rows, overview_rows, resources_of
from outcomes.showing import exports
from outcomes.showing.feasibility import paces_of
from outcomes.views.charts import as_of, png_response
from outcomes.views.shared import csv_response, known_as_of, not_a_scope, query_of, scope_form, today_of

COHORTS_PER_PAGE = 20
COSTS_PER_PAGE = 25


@requires(Role.STAFF)
@require_safe
def resources(request: MemberRequest, organization: str) -> HttpResponse:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    cohorts = _started(form)
    page = Paginator(cohorts, COHORTS_PER_PAGE).get_page(request.GET.get("page"))
    chosen = {cohort.version.curriculum_id for cohort in cohorts}
    plan = Estimates(form.day).plan(chosen.pop() if len(chosen) == 1 else None)
    checks = checks_of(plan, paces_of(cohorts))
    context = {
        "form": form,
        "query": query_of(form),
        "page": page,
        "rows": resources_of(known_as_of(form), list(page.object_list)),
        "plan": plan,
        "checks": checks,
        "contradictions": contradictions(checks),
    }
    return render(request, "outcomes/resources.html", context)


@requires(Role.STAFF)
@require_safe
def resources_csv(request: MemberRequest, organization: str) -> HttpResponseBase:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    rows = overview_rows(resources_of(known_as_of(form), _started(form)), form.day)
    return csv_response(f"{organization}-resources-{form.day.isoformat()}", rows)


@requires(Role.STAFF)
@require_safe
def cohort_resources(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found, form = _cohort(cohort), scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    row, costs = _row(form, found), list(costs_of(found, on=form.day))
    checks = checks_of(row.plan, paces_of([found]))
    context = {
        "cohort": found,
        "form": form,
        "query": query_of(form),
        "row": row,
        "plan": row.plan,
        "checks": checks,
        "contradictions": contradictions(checks),
        "chart": cost_chart(row, costs, on=form.day),
        "page": Paginator(costs, COSTS_PER_PAGE).get_page(request.GET.get("page")),
        "staffing": staffing_of(found, on=form.day),
    }
    return render(request, "outcomes/cohort_resources.html", context)


@requires(Role.STAFF)
@require_safe
def costs_csv(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found, form = _cohort(cohort), scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    name = f"{organization}-{cohort}-costs-{form.day.isoformat()}"
    return csv_response(name, cost_rows(list(costs_of(found, on=form.day))))


@requires(Role.STAFF)
@require_safe
def cost_curve_csv(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found, form = _cohort(cohort), scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    chart = cost_chart(_row(form, found), costs_of(found, on=form.day), on=form.day)
    return csv_response(f"{organization}-{cohort}-cost-{form.day.isoformat()}", exports.chart_rows(chart))


@requires(Role.STAFF)
@require_safe
def cost_curve_png(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found, form = _cohort(cohort), scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    chart = cost_chart(_row(form, found), costs_of(found, on=form.day), on=form.day)
    name = f"{organization}-{cohort}-cost-{form.day.isoformat()}"
    return png_response(request, chart, name=name, source=f"{found.name} · {as_of(form)}")


@requires(Role.STAFF)
def add_cost(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found, today = _cohort(cohort), today_of(request)
    currency = currency_of(found, on=today)
    form = CostForm(request.POST if request.method == "POST" else None, currency=currency, today=today)
    if form.is_valid():
        try:
            record_cost(cohort=found, on=today, by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS[error.code], str(error))
        else:
            messages.success(request, _("Recorded."))
            return redirect("outcomes:cohort_resources", organization, cohort)
    context = {"form": form, "cohort": found, "currency": currency}
    return render(request, "outcomes/record_cost.html", context, status=422 if form.errors else 200)


@requires(Role.STAFF)
@require_POST
def take_back(request: MemberRequest, organization: str, cohort: str, pk: UUID) -> HttpResponse:
    cost = get_object_or_404(Cost, pk=pk, cohort__slug=cohort)
    try:
        take_back_cost(cost=cost, by=request.membership)
    except OutcomeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back. Both records stay."))
    return redirect("outcomes:cohort_resources", organization, cohort)


@requires(Role.STAFF)
def add_staffing(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found, today = _cohort(cohort), today_of(request)
    form = StaffingForm(request.POST if request.method == "POST" else None, today=today)
    if form.is_valid():
        try:
            record_staffing(cohort=found, on=today, by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS[error.code], str(error))
        else:
            messages.success(request, _("Recorded."))
            return redirect("outcomes:cohort_resources", organization, cohort)
    context = {"form": form, "cohort": found}
    return render(request, "outcomes/record_staffing.html", context, status=422 if form.errors else 200)


@requires(Role.ADMIN)
def estimate(request: MemberRequest, organization: str) -> HttpResponse:
    today, curricula = today_of(request), list(Curriculum.objects.order_by("title", "pk"))
    curriculum = next((one for one in curricula if str(one.pk) == request.GET.get("for")), None)
    known, owner = Estimates(today), curriculum.pk if curriculum else None
    plan, sent = known.plan(owner), request.POST if request.method == "POST" else None
    is_giving_up = "give_up" in request.POST
    form = EstimateForm(None if is_giving_up else sent, plan=plan, today=today)
    give_up = GiveUpForm(sent if is_giving_up else None, today=today)
    if form.is_valid() or give_up.is_valid():
        try:
            if is_giving_up:
                give_up_estimate(curriculum=curriculum, by=request.membership, **give_up.cleaned_data)
            else:
                change_estimate(curriculum=curriculum, by=request.membership, **form.estimate)
        except OutcomeError as error:
            refused = give_up if is_giving_up else form
            refused.add_error(refused.FIELDS[error.code], str(error))
        else:
            messages.success(request, _("Recorded. Past days keep the estimate they had."))
            query = f"?for={curriculum.pk}" if curriculum else ""
            return redirect(reverse("outcomes:estimate", args=[organization]) + query)
    checks = checks_of(plan)
    context: dict[str, Any] = {
        "form": form,
        "give_up": give_up,
        "is_own": known.is_own(owner),
        "plan": plan,
        "checks": checks,
        "contradictions": contradictions(checks),
        "curricula": curricula,
        "curriculum": curriculum,
        "history": estimate_history(curriculum),
    }
    is_refused = form.errors or give_up.errors
    return render(request, "outcomes/estimate.html", context, status=422 if is_refused else 200)


def _cohort(slug: str) -> Cohort:
    return get_object_or_404(Cohort.objects.select_related("version", "lead"), slug=slug)


def _started(form: ScopeForm) -> list[Cohort]:
    """The cohorts of the scope that had started by the day, newest first."""
    return [one for one in form.cohorts.values() if form.scope.holds(one) and one.starts_on <= form.day]


def _row(form: ScopeForm, cohort: Cohort) -> Resources:
    [row] = resources_of(known_as_of(form), [cohort])
    return row
