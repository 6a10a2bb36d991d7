"""What benchmarks tell of a learner's history: results reported, and what was said of them."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import BenchmarkReport, BenchmarkVerdict
from cohorts.chronicle import Happening, Question, Source, day_of, register


def benchmarks(question: Question) -> Iterator[Happening]:
    yield from _reports(question)
    yield from _verdicts(question)


def _reports(question: Question) -> Iterator[Happening]:
    rows = BenchmarkReport.objects.filter(submission__enrollment__in=question.ids)
    rows = rows.select_related("benchmark__project", "recorded_by").order_by("-recorded_at")
    for report in rows[: question.most]:
        yield Happening(
            on=day_of(report.recorded_at),
            at=report.recorded_at,
            title=_("%(project)s: a result on %(metric)s, %(value)s") % _words(report),
            icon="gauge",
            text=report.note,
            by=report.recorded_by.name,
            url=reverse("assessments:judge_benchmark", args=[question.slug, report.pk]),
        )


def _verdicts(question: Question) -> Iterator[Happening]:
    rows = BenchmarkVerdict.objects.filter(report__submission__enrollment__in=question.ids)
    rows = rows.select_related("report__benchmark__project", "decided_by").order_by("-decided_at")
    for verdict in rows[: question.most]:
        words = _("%(project)s: the result on %(metric)s, %(value)s, was rejected")
        if verdict.is_verified:
            words = _("%(project)s: the result on %(metric)s, %(value)s, was verified")
        yield Happening(
            on=day_of(verdict.decided_at),
            at=verdict.decided_at,
            title=words % _words(verdict.report),
            icon="circle-check" if verdict.is_verified else "rotate-ccw",
            text=verdict.reason,
            by=verdict.decided_by.name,
            url=reverse("assessments:judge_benchmark", args=[question.slug, verdict.report_id]),
        )


def _words(report: BenchmarkReport) -> dict[str, str]:
    return {
        "project": report.benchmark.project.title,
        "metric": report.benchmark.metric,
        "value": report.value_words,
    }


register(Source(key="benchmarks", title=gettext_lazy("Benchmarks"), tell=benchmarks))
