from collections.abc import Iterable
from datetime import date

from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.middleware import MemberRequest
from cohorts.models import Cohort
from cohorts.sheets import stream_csv
from outcomes.forms.scopes import ScopeForm
from outcomes.keeping.kept_facts import known_on
from outcomes.measuring.metrics import AsOf
from outcomes.models import TargetKey
from outcomes.showing.figures import Figures, figures

# -- the parts ---------------------------------------------------------------------------------------------------------


def today_of(request: MemberRequest) -> date:
    """The day it is at the organization."""
    return request.organization.today()


def scope_form(request: MemberRequest) -> ScopeForm:
    return ScopeForm(request.GET, cohorts=Cohort.objects.for_list(), today=today_of(request))


def not_a_scope(request: MemberRequest, form: ScopeForm) -> HttpResponse:
    return render(request, "outcomes/not_a_scope.html", {"form": form}, status=422)


def figures_of(request: MemberRequest, form: ScopeForm) -> Figures:
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


def csv_response(name: str, rows: Iterable[list[str]]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(stream_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
