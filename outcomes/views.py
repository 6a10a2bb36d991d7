from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Cohort, Enrollment
from cohorts.sheets import stream_csv
from outcomes import exports
from outcomes.charts import Chart, placement_chart, reach_chart, stay_chart
from outcomes.employers import employers_as_of
from outcomes.errors import OutcomeError
from outcomes.explaining import explanation, placements_behind
from outcomes.figures import Figures, figures
from outcomes.forms import PlacementForm, ScopeForm
from outcomes.kept_facts import known_on
from outcomes.metrics import OF_ANSWERS, AsOf
from outcomes.models import CheckIn, Placement, TargetKey
from outcomes.number_charts import BULLET, TREND, bullet_chart, kept_trend
from outcomes.placing import graduation_of, record_placement
from outcomes.retention import over_time
from outcomes.salaries import salaries_of, salaries_seen_by
from outcomes.scorecards import COMPARED, cards, compared, compared_targets
from outcomes.targets import Targets
from outcomes.verifying import needs_second, with_verdicts
from outcomes.wording import summing_up

COHORTS_PER_PAGE = 20
LEARNERS_PER_PAGE = 50


@requires(Role.STAFF)
@require_safe
def success(request: MemberRequest, organization: str) -> HttpResponse:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    found = _figures(request, form)
    shown = cards(found)
    page = Paginator(found.cohorts, COHORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "figures": found,
        "cards": shown,
        "sentence": summing_up([card.verdict for card in shown if card.verdict]),
        "learners": _learners(found),
        "reach": _reach(found),
        "placement": _placement(found),
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


@requires(Role.STAFF)
def place(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    enrollment = get_object_or_404(Enrollment.objects.select_related("learner", "cohort"), pk=pk)
    today = today_of(request)
    told = _told(request, enrollment)
    form = PlacementForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        try:
            record_placement(enrollment=enrollment, on=today, by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("Recorded for %(name)s.") % {"name": enrollment.learner.name})
            return redirect("outcomes:record_placement", organization=organization, pk=pk)
    context = {
        "form": form,
        "enrollment": enrollment,
        "graduated_on": graduation_of(enrollment),
        "employers": employers_as_of(today).employers,
        "history": with_verdicts(Placement.objects.filter(enrollment=enrollment)).order_by(
            "-effective_on", "-recorded_at", "-pk"
        ),
        "needs_second": needs_second(),
        "salaries": salaries_seen_by(request.membership, [enrollment]),
    }
    return render(request, "outcomes/record_placement.html", context, status=422 if form.errors else 200)


def _told(request: MemberRequest, enrollment: Enrollment) -> dict[str, Any]:
    """What the graduate's check-in says, to begin the record with; the evidence is theirs until somebody saw better."""
    try:
        row = CheckIn.objects.filter(enrollment=enrollment, pk=UUID(request.GET.get("check_in", ""))).first()
    except ValueError:
        return {}
    if row is None:
        return {}
    return {
        "status": row.situation,
        "effective_on": max(row.since or timezone.localdate(row.answered_at), graduation_of(enrollment) or date.min),
        "employer": row.employer,
        "job_title": row.job_title,
        "evidence": Placement.Evidence.STATEMENT,
        "evidence_on": timezone.localdate(row.answered_at),
    }


# -- the parts ---------------------------------------------------------------------------------------------------------


def today_of(request: MemberRequest) -> date:
    """The day it is at the organization."""
    return request.organization.today()


def scope_form(request: MemberRequest) -> ScopeForm:
    return ScopeForm(request.GET, cohorts=Cohort.objects.for_list(), today=today_of(request))


def not_a_scope(request: MemberRequest, form: ScopeForm) -> HttpResponse:
    return render(request, "outcomes/not_a_scope.html", {"form": form}, status=422)


def _figures(request: MemberRequest, form: ScopeForm) -> Figures:
    return figures(known_as_of(form), form.scope, today=form.today, now=timezone.now())


def known_as_of(form: ScopeForm) -> AsOf:
    """What is known as of the form's day, with the cohorts that the form has read already."""
    return known_on(form.day, today=form.today, cohorts=form.cohorts.values())


def query_of(form: ScopeForm) -> QueryDict:
    """The scope and the day as they stand in the address, without what is not chosen."""
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in form.asked.items() if name in form.fields and value})
    return query


def target_key(key: str) -> TargetKey:
    if key not in TargetKey.values:
        raise Http404
    return TargetKey(key)


def _learners(found: Figures) -> int:
    counts = found.measures[TargetKey.COMPLETION_YEARS].counts
    return counts.denominator + counts.pending


def _reach(found: Figures) -> Chart | None:
    levels = {3: TargetKey.RETENTION_LEVEL_3, 5: TargetKey.RETENTION_LEVEL_5}
    goals = {level: found.targets.goal(key, found.scope) for level, key in levels.items()}
    return reach_chart(found.measures[TargetKey.RETENTION_LEVEL_5], goals)


def _placement(found: Figures) -> Chart | None:
    key = TargetKey.PLACEMENT
    return placement_chart(found.measures[key], found.targets.goal(key, found.scope))


def _cohort_names(known: AsOf) -> dict[object, str]:
    return {pk: cohort.name for pk, cohort in known.cohorts.items()}


def chart_of(request: MemberRequest, form: ScopeForm, key: str) -> Chart | None:
    """The chart of that name for a valid form; None while there is nothing to draw. Raises Http404 for another name."""
    match key:
        case "levels":
            return _reach(_figures(request, form))
        case "placement-curve":
            return _placement(_figures(request, form))
        case "stay":
            return stay_chart(over_time(known_as_of(form).part(form.scope).roster))
    if key.endswith(BULLET):
        target = target_key(key.removesuffix(BULLET))
        return bullet_chart(known_as_of(form).measure(target, form.scope), Targets(form.day).goal(target, form.scope))
    if key.endswith(TREND):
        return kept_trend(target_key(key.removesuffix(TREND)), form.scope, on=form.day)
    raise Http404


def _rows(request: MemberRequest, form: ScopeForm, key: str) -> Iterable[list[str]]:
    match key:
        case "targets":
            return exports.target_rows(_figures(request, form))
        case "cohorts":
            return exports.cohort_rows(_figures(request, form))
        case "trends":
            return exports.trend_rows(_figures(request, form))
        case "levels" | "placement-curve" | "stay":
            return exports.chart_rows(chart_of(request, form, key))
    if key.endswith((BULLET, TREND)):
        return exports.chart_rows(chart_of(request, form, key))
    known = known_as_of(form)
    target = target_key(key)
    if target in OF_ANSWERS:
        return exports.answer_rows(known.measure(target, form.scope))
    return exports.case_rows(known.measure(target, form.scope).cases, _cohort_names(known))


def csv_response(name: str, rows: Iterable[list[str]]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(stream_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
