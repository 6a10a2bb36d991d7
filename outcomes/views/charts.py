"""Charts as pictures, and the tables of those that have no other file."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from design.dates import written_day
from design.pictures import png_of
from organizations.branding import fill_color
from outcomes.forms.scopes import ScopeForm
from outcomes.measuring.retention import over_time
from outcomes.measuring.targets import Targets
from outcomes.models import TargetKey
from outcomes.showing import exports
from outcomes.showing.charts import Chart, placement_chart, reach_chart, stay_chart
from outcomes.showing.figures import Figures
from outcomes.showing.number_charts import BULLET, TREND, bullet_chart, kept_trend
from outcomes.surveys.charts import days_of
from outcomes.surveys.records import Survey
from outcomes.surveys.results import Results
from outcomes.surveys.shown import charts_of, choose
from outcomes.views.shared import csv_response, figures_of, known_as_of, not_a_scope, scope_form, target_key


@requires(Role.STAFF)
@require_safe
def picture(request: MemberRequest, organization: str, key: str) -> HttpResponse:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    name = f"{organization}-{key}-{form.day.isoformat()}"
    return png_response(request, chart_of(request, form, key), name=name, source=_scope_in_words(form))


@requires(Role.STAFF)
@require_safe
def survey_picture(request: MemberRequest, organization: str, pk: UUID, uid: str) -> HttpResponse:
    chart, days = _survey_chart(request, pk, uid)
    return png_response(request, chart, name=f"{organization}-survey-{uid}", source=days)


@requires(Role.STAFF)
@require_safe
def survey_table(request: MemberRequest, organization: str, pk: UUID, uid: str) -> HttpResponseBase:
    chart, _days = _survey_chart(request, pk, uid)
    return csv_response(f"{organization}-survey-{uid}", exports.chart_rows(chart))


def png_response(request: MemberRequest, chart: Chart | None, *, name: str, source: str) -> HttpResponse:
    """The picture as a file. Raises Http404 while there is nothing to draw."""
    if chart is None:
        raise Http404
    organization = request.organization
    content = png_of(
        chart.svg,
        title=chart.title,
        summary=chart.summary,
        source=f"{organization.name} · {source}",
        brand=fill_color(organization.brand_hue),
        height=chart.height,
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}.png"'}
    return HttpResponse(content, content_type="image/png", headers=headers)


def as_of(form: ScopeForm) -> str:
    """The day of a valid form, in words."""
    return _("As of %(day)s") % {"day": written_day(form.day, "j F Y")}


def _scope_in_words(form: ScopeForm) -> str:
    """Which learners, as of when: a picture travels without the page that says so."""
    chosen = [(name, form.cleaned_data[name]) for name in ("cohort", "curriculum", "format", "started")]
    words = [str(dict(form.fields[name].choices)[value]) for name, value in chosen if value]  # type: ignore[attr-defined]
    return " · ".join([*words, as_of(form)])


def _survey_chart(request: MemberRequest, pk: UUID, uid: str) -> tuple[Chart, str]:
    found = Results(get_object_or_404(Survey, pk=pk))
    release, crowd = choose(found, request.GET.get("release", ""), request.GET.get("crowd", ""))
    chart = charts_of(found, release, crowd).get(uid) if release else None
    if release is None or chart is None:
        raise Http404
    return chart, days_of(release)


def reach_of(found: Figures) -> Chart | None:
    levels = {3: TargetKey.RETENTION_LEVEL_3, 5: TargetKey.RETENTION_LEVEL_5}
    goals = {level: found.targets.goal(key, found.scope) for level, key in levels.items()}
    return reach_chart(found.measures[TargetKey.RETENTION_LEVEL_5], goals)


def placement_of(found: Figures) -> Chart | None:
    key = TargetKey.PLACEMENT
    return placement_chart(found.measures[key], found.targets.goal(key, found.scope))


def chart_of(request: MemberRequest, form: ScopeForm, key: str) -> Chart | None:
    """The chart of that name for a valid form; None while there is nothing to draw. Raises Http404 for another name."""
    match key:
        case "levels":
            return reach_of(figures_of(request, form))
        case "placement-curve":
            return placement_of(figures_of(request, form))
        case "stay":
            return stay_chart(over_time(known_as_of(form).part(form.scope).roster))
    if key.endswith(BULLET):
        target = target_key(key.removesuffix(BULLET))
        return bullet_chart(known_as_of(form).measure(target, form.scope), Targets(form.day).goal(target, form.scope))
    if key.endswith(TREND):
        return kept_trend(target_key(key.removesuffix(TREND)), form.scope, on=form.day)
    raise Http404
