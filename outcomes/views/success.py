from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from outcomes.collecting.salaries import salaries_of
from outcomes.forms.scopes import ScopeForm
from outcomes.measuring.metrics import OF_ANSWERS, AsOf
from outcomes.models import TargetKey
from outcomes.showing import exports
from outcomes.showing.explaining import explanation, placements_behind
from outcomes.showing.figures import Figures
from outcomes.showing.number_charts import BULLET, TREND
from outcomes.showing.scorecards import COMPARED, cards, compared, compared_targets
from outcomes.showing.wording import summing_up
from outcomes.views.charts import chart_of, placement_of, reach_of
from outcomes.views.shared import csv_response, figures_of, known_as_of, not_a_scope, query_of, scope_form, target_key

COHORTS_PER_PAGE = 20
LEARNERS_PER_PAGE = 50


@requires(Role.STAFF)
@require_safe
def success(request: MemberRequest, organization: str) -> HttpResponse:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    found = figures_of(request, form)
    shown = cards(found)
    page = Paginator(found.cohorts, COHORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "figures": found,
        "cards": shown,
        "sentence": summing_up([card.verdict for card in shown if card.verdict]),
        "learners": _learners(found),
        "reach": reach_of(found),
        "placement": placement_of(found),
        "page": page,
        "compared": compared(found, list(page.object_list)),
        "headings": COMPARED.values(),
        "goals": compared_targets(found),
        "query": query_of(form),
    }
    return render(request, "outcomes/success.html", context)


@requires(Role.STAFF)
@require_safe
def explain(request: MemberRequest, organization: str, key: str) -> HttpResponse:
    form = scope_form(request)
    target = target_key(key)
    if not form.is_valid():
        return not_a_scope(request, form)
    known = known_as_of(form)
    context: dict[str, Any] = {"form": form, "query": query_of(form), "target": target, "on": form.day}
    context |= explanation(target, known, form.scope, standing=request.GET.get("standing", ""), now=timezone.now())
    page = Paginator(context["cases"], LEARNERS_PER_PAGE).get_page(request.GET.get("page"))
    names = _cohort_names(known)
    behind = placements_behind(page.object_list) if target == TargetKey.PLACEMENT else {}
    context["page"] = page
    context["rows"] = [
        {
            "case": case,
            "cohort": names[case.entry.cohort_id],
            "url": reverse("cohorts:learner", args=[organization, case.entry.current_id]),
            "placement": behind.get((case.entry.enrollment_id, case.since)),
        }
        for case in page.object_list
    ]
    if target == TargetKey.PLACEMENT and request.membership.is_admin:
        context |= {"may_see_salaries": True, "salaries": salaries_of(known, form.scope)}
    return render(request, "outcomes/explain.html", context)


@requires(Role.STAFF)
@require_safe
def export(request: MemberRequest, organization: str, key: str) -> HttpResponseBase:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    return csv_response(f"{organization}-{key}-{form.day.isoformat()}", _rows(request, form, key))


def _learners(found: Figures) -> int:
    counts = found.measures[TargetKey.COMPLETION_YEARS].counts
    return counts.denominator + counts.pending


def _cohort_names(known: AsOf) -> dict[object, str]:
    return {pk: cohort.name for pk, cohort in known.cohorts.items()}


def _rows(request: MemberRequest, form: ScopeForm, key: str) -> Iterable[list[str]]:
    match key:
        case "targets":
            return exports.target_rows(figures_of(request, form))
        case "cohorts":
            return exports.cohort_rows(figures_of(request, form))
        case "trends":
            return exports.trend_rows(figures_of(request, form))
        case "levels" | "placement-curve" | "stay":
            return exports.chart_rows(chart_of(request, form, key))
    if key.endswith((BULLET, TREND)):
        return exports.chart_rows(chart_of(request, form, key))
    known = known_as_of(form)
    target = target_key(key)
    if target in OF_ANSWERS:
        return exports.answer_rows(known.measure(target, form.scope))
    return exports.case_rows(known.measure(target, form.scope).cases, _cohort_names(known))
