"""The organization's numbers as JSON; docs/api.md shows the address and docs/metrics.md what each number means."""

from typing import Any, cast
from uuid import UUID

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from accounts.api import ApiRequest, answers
from accounts.gates import requires
from accounts.models import Role
from cohorts.models import Cohort
from organizations.api import Pages
from outcomes.forms.scopes import ScopeForm
from outcomes.keeping.kept_facts import known_on
from outcomes.keeping.snapshots import told_first
from outcomes.measuring.measures import Measure
from outcomes.measuring.targets import Goal, Targets, judge
from outcomes.models import DEFINITION_VERSION, TargetKey
from outcomes.showing.changes import changed_row, changed_since
from outcomes.surveys.records import Survey
from outcomes.surveys.results import Findings, Results, Told
from outcomes.surveys.shown import Row, survey_rows

#: What the address calls the fields of the form.
NAMES = {"on": "as_of"}
#: What a number counts that is no share between 0 and 1.
UNITS = {TargetKey.COMPLETION_YEARS: "years", TargetKey.SATISFACTION: "points", TargetKey.REPUTATION: "rank"}


@answers("GET")
@requires(Role.STAFF)
def metrics(request: ApiRequest, organization: str) -> Response:
    """Every number of the cohorts asked for, as of a day, from the events."""
    today = request.organization.today()
    form = ScopeForm(_asked(request.GET), cohorts=Cohort.objects.for_list(), today=today)
    if not form.is_valid():
        raise ValidationError(_refused(form))
    known, targets = known_on(form.day, today=today, cohorts=form.cohorts.values()), Targets(form.day)
    measures, changed = known.measures(form.scope), None
    if form.scope.is_kept and form.day < today:
        changed = changed_since(told_first(form.scope, form.day), measures, scope=form.scope, on=form.day)
    return Response(
        {
            "as_of": form.day.isoformat(),
            "definition": DEFINITION_VERSION,
            "cohort": form.cleaned_data["cohort"] or None,
            "metrics": [metric_row(measure, targets.goal(key, form.scope)) for key, measure in measures.items()],
            "changed": changed_row(changed) if changed else None,
        }
    )


@answers("GET")
@requires(Role.STAFF)
def surveys(request: ApiRequest, organization: str) -> Response:
    """Every survey that was opened, with how many of its latest wave answered; the newest first."""
    found = Survey.objects.exclude(status=Survey.Status.DRAFT).order_by("-opened_on", "pk")
    pages = Pages()
    page = list(pages.paginate_queryset(found, cast(Any, request)) or [])
    return pages.get_paginated_response([_survey_row(row) for row in survey_rows(page)])


@answers("GET")
@requires(Role.STAFF)
def survey(request: ApiRequest, organization: str, pk: UUID) -> Response:
    """What a survey found, each release with all that may be told of it."""
    found = get_object_or_404(Survey, pk=pk)
    results = Results(found)
    (row,) = survey_rows([found])
    releases = [_findings_row(results.findings(release)) for release in results.releases]
    return Response({**_survey_row(row), "releases": releases})


def _survey_row(row: Row) -> dict[str, Any]:
    survey, wave = row.survey, row.wave
    latest = None
    if wave is not None:
        latest = {
            "asks_from": wave.asks_from.isoformat(),
            "closes_on": wave.closes_on.isoformat(),
            "status": wave.status,
            "asked": wave.asked,
            "answered": wave.answered,
        }
    return {"id": str(survey.pk), "title": survey.title, "kind": survey.kind, "status": survey.status, "latest": latest}


def _findings_row(findings: Findings) -> dict[str, Any]:
    release = findings.release
    return {
        "group": release.group,
        "first_on": release.first_on.isoformat(),
        "last_on": release.last_on.isoformat(),
        "asked": findings.asked,
        "answered": findings.answered,
        "questions": [_told_row(told) for told in findings.told],
    }


def _told_row(told: Told) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": told.question.key, "text": told.text, "kind": told.question.kind, "answers": told.n,
        "is_hidden": told.is_hidden,
        "counts": [{"answer": label, "answers": number} for label, number, _share in told.rows],
        "comments": told.comments,
    }  # fmt: skip
    for name, found in (("mean", told.mean), ("top_two", told.top_two), ("net", told.net)):
        row[name] = (
            {"value": found.estimate, "low": found.low, "high": found.high, "method": found.method} if found else None
        )
    return row


def metric_row(measure: Measure, goal: Goal) -> dict[str, Any]:
    """One number with all that it rests on; a limit beyond every observation is null."""
    counts, found = measure.counts, judge(measure, goal)
    interval = {"low": measure.low, "high": measure.high, "confidence": 0.95, "method": measure.method}
    is_aimed = goal.is_on and goal.value is not None
    return {
        "key": TargetKey(measure.key).value,
        "name": str(TargetKey(measure.key).label),
        "unit": UNITS.get(TargetKey(measure.key), "share"),
        "value": measure.value,
        "interval": interval if measure.method else None,
        "numerator": counts.numerator,
        "denominator": counts.denominator,
        "excluded": counts.excluded,
        "pending": counts.pending,
        "unknown": counts.unknown,
        "bounds": None if measure.lowest is None else {"lowest": measure.lowest, "highest": measure.highest},
        "target": {"comparison": goal.comparison, "value": float(goal.value or 0)} if is_aimed else None,
        "verdict": found.value if found else None,
    }


def _asked(query: QueryDict) -> QueryDict:
    """The query by the names of the form's fields."""
    asked = query.copy()
    for field, name in NAMES.items():
        asked[field] = query.get(name, "")
    return asked


def _refused(form: ScopeForm) -> dict[str, list[ErrorDetail]]:
    return {
        NAMES.get(field, field): [
            ErrorDetail(message, error.code or "invalid") for error in errors for message in error.messages
        ]
        for field, errors in form.errors.as_data().items()
    }
