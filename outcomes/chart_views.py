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
from outcomes import exports
from outcomes.charts import Chart
from outcomes.forms import ScopeForm
from outcomes.survey_charts import days_of
from outcomes.survey_records import Survey
from outcomes.survey_results import Results
from outcomes.survey_shown import charts_of, choose
from outcomes.views import chart_of, csv_response, not_a_scope, scope_form


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
