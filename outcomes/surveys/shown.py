"""Surveys and waves as the pages of staff list them, with how many answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from cohorts.models import Cohort
from outcomes.showing.charts import Chart
from outcomes.surveys.charts import distribution_chart, trend_chart
from outcomes.surveys.questions import text_of
from outcomes.surveys.records import Crowd, Release, Survey, SurveyQuestion, Wave
from outcomes.surveys.results import Findings, Results, Told

Kind, Group = SurveyQuestion.Kind, Release.Group


@dataclass(frozen=True, slots=True)
class Row:
    """A survey with its latest wave that has begun."""

    survey: Survey
    wave: Any


def waves_of(surveys: Iterable[Survey]) -> QuerySet[Any]:
    """Waves with `asked`, `answered` and, of these, `sealed`: answered and not opened yet. Newest first."""
    counted = (
        Wave.objects.filter(survey__in=surveys)
        .select_related("ended_by")
        .annotate(
            asked=Count("participations"),
            answered=Count("participations", filter=Q(participations__has_answered=True)),
            sealed=Count("participations", filter=Q(participations__has_answered=True, participations__release=None)),
        )
    )
    return counted.order_by("-asks_from")


def survey_rows(surveys: Sequence[Survey]) -> list[Row]:
    """One query."""
    latest: dict[Any, Any] = {}
    for wave in waves_of(surveys).filter(opened_at__isnull=False):
        latest.setdefault(wave.survey_id, wave)
    return [Row(survey, latest.get(survey.pk)) for survey in surveys]


def choose(results: Results, release: str, crowd: str) -> tuple[Release | None, Crowd | None]:
    """The release and crowd of these ids; the latest of learners, else of leavers, for what is not there."""
    found = next((one for one in results.releases if str(one.pk) == release), None)
    if found is None:
        newest = results.of_group(Group.HERE) or results.of_group(Group.LEFT)
        found = newest[0] if newest else None
    if found is None:
        return None, None
    return found, next((one for one in found.crowds.all() if str(one.pk) == crowd), None)


def shown(results: Results, release: Release, crowd: Crowd | None) -> dict[str, Any]:
    """What the page of results shows of a release, and of leavers beside learners."""
    findings = results.findings(release, crowd)
    context: dict[str, Any] = {
        "findings": findings,
        "parts": part_rows(findings, "q"),
        "crowds": crowd_rows(release),
        "trend": _trend(results, release),
    }
    left = [one for one in results.of_group(Group.LEFT) if one.released_on <= release.released_on]
    if release.group == Group.HERE and left:
        context["left"] = results.findings(left[0])
        context["left_parts"] = part_rows(context["left"], "l")
    return context


def charts_of(results: Results, release: Release, crowd: Crowd | None) -> dict[str, Chart]:
    """The charts of the page of results, by the name that each has there."""
    context = shown(results, release, crowd)
    parts = [*context["parts"], *context.get("left_parts", ())]
    charts = {part["uid"]: part["chart"] for part in parts if part["chart"]}
    return charts | ({"trend": context["trend"]} if context["trend"] else {})


def part_rows(findings: Findings, prefix: str) -> list[dict[str, Any]]:
    """Each question with its drawing, where it has one."""
    return [
        {
            "told": told,
            "uid": f"{prefix}{told.question.position}",
            "chart": distribution_chart(told, uid=f"{prefix}{told.question.position}") if told.rows else None,
            "is_drawn": told.question.kind in (Kind.SCORE, Kind.RECOMMEND),
        }
        for told in findings.told
    ]


def crowd_rows(release: Release) -> list[dict[str, Any]]:
    """The crowds of a release with the names of their cohorts; one query."""
    crowds = list(release.crowds.all())
    held = {pk for crowd in crowds for pk in crowd.cohorts}
    names = dict(Cohort.objects.filter(pk__in=held).values_list("pk", "name"))
    rows = [
        {
            "crowd": crowd,
            "name": ", ".join(sorted(names.get(pk, "–") for pk in crowd.cohorts)),
            "rate": crowd.answered / crowd.asked,
        }
        for crowd in crowds
    ]
    return sorted(rows, key=lambda row: row["name"])


def _trend(results: Results, release: Release) -> Any:
    scores = [told for told in results.findings(release).told if told.question.kind == Kind.SCORE]
    if not scores:
        return None
    question = scores[0].question
    return trend_chart(results.trend(question.key, release.group), uid="trend", title=text_of(question))


def result_rows(findings: Findings) -> Iterable[list[str]]:
    """The findings for a spreadsheet: a row for each answer that could be given, and for each comment."""
    yield ["question", "text", "kind", "answers", "mean", "low", "high", "answer", "count", "share"]
    for told in findings.told:
        middle = told.mean or told.net
        limits = [f"{number:.4f}" for number in (middle.estimate, middle.low, middle.high)] if middle else [""] * 3
        first = [told.question.key, told.text, told.question.kind, str(told.n), *limits]
        yield from ([*first, *cells] for cells in _cells(told))


def _cells(told: Told) -> Iterable[list[str]]:
    if told.is_hidden:
        return [["", "", ""]]
    if told.comments:
        return [[comment, "", ""] for comment in told.comments]
    return [[label, str(number), f"{share:.4f}"] for label, number, share in told.rows]
