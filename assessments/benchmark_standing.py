"""How learners stand with the benchmarks of a project, as the pages and the API tell it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from assessments.benchmark_words import value_words, words_of
from assessments.benchmarks import benchmarks_of
from assessments.carrying import attempts_for
from assessments.models import BenchmarkReport, BenchmarkReportQuerySet, BenchmarkVerdict
from cohorts.models import Enrollment
from curriculum.models import Benchmark, Project


@dataclass(frozen=True, kw_only=True)
class Result:
    """A report and what was said of it. `state` is waiting, replaced, reached, short or rejected.

    Short is a verified value that does not reach the benchmark; replaced, one that was reported anew before anybody
    judged it. `change` is the difference to the last result of an earlier attempt, in words.
    """

    report: BenchmarkReport
    verdict: BenchmarkVerdict | None
    state: str
    change: str = ""

    @property
    def value(self) -> str:
        return self.report.value_words


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a learner stands with one benchmark; `results` has the latest first."""

    benchmark: Benchmark
    results: Sequence[Result]

    @property
    def state(self) -> str:
        """Reached or waiting where any result is, else as the latest is; empty without any."""
        states = [result.state for result in self.results if result.state != "replaced"]
        return next((state for state in ("reached", "waiting") if state in states), states[0] if states else "")

    @property
    def words(self) -> str:
        return words_of(self.benchmark)


def counts_for(reported: Benchmark, asked: Benchmark) -> bool:
    """Whether a report on the one is a report on the other: they are one, or say the same of projects of two versions.

    The threshold may differ: what was reached in a version that was left stays reached.
    """
    if reported.project_id == asked.project_id:
        return reported.pk == asked.pk
    return _measure(reported) == _measure(asked)


def _measure(benchmark: Benchmark) -> tuple[str, str, str]:
    return benchmark.metric.casefold(), benchmark.comparison, benchmark.unit


def benchmark_view(project: Project, enrollment: Enrollment) -> list[Standing]:
    """Each benchmark of the project with what was reported on the learner's attempts. Three queries, mostly one."""
    asked = benchmarks_of([project.pk])
    if not asked:
        return []
    reports = list(_in_order().standing().filter(submission__in=attempts_for(project.pk, enrollment)))
    return [
        Standing(benchmark=each, results=results_of(row for row in reports if counts_for(row.benchmark, each)))
        for each in asked
    ]


def reported_rows(report: BenchmarkReport) -> list[Result]:
    """A report among all on the same benchmark by the same learner, the latest first. Two queries."""
    rows = _in_order().filter(benchmark=report.benchmark_id, submission__enrollment=report.submission.enrollment_id)
    return results_of(rows)


def _in_order() -> BenchmarkReportQuerySet:
    verdicts = BenchmarkVerdict.objects.select_related("decided_by").order_by("-decided_at", "-pk")
    rows = BenchmarkReport.objects.select_related("benchmark", "submission", "recorded_by")
    return rows.prefetch_related(Prefetch("verdicts", verdicts)).order_by("-recorded_at", "-pk")


def results_of(reports: Iterable[BenchmarkReport]) -> list[Result]:
    """Of reports on one benchmark, with their verdicts, the latest first."""
    reports, made = list(reports), []
    for place, report in enumerate(reports):
        verdict = next(iter(report.verdicts.all()), None)
        newer = any(other.submission_id == report.submission_id for other in reports[:place])
        earlier = (one for one in reports[place + 1 :] if one.submission.submitted_at < report.submission.submitted_at)
        made.append(
            Result(
                report=report,
                verdict=verdict,
                state=_state(report, verdict, is_replaced=newer),
                change=_change(report, next(earlier, None)),
            )
        )
    return made


def _state(report: BenchmarkReport, verdict: BenchmarkVerdict | None, *, is_replaced: bool) -> str:
    if verdict is None:
        return "replaced" if is_replaced else "waiting"
    if not verdict.is_verified:
        return "rejected"
    return "reached" if report.is_reached else "short"


def _change(report: BenchmarkReport, before: BenchmarkReport | None) -> str:
    if before is None:
        return ""
    words = {
        "attempt": before.submission.attempt,
        "value": value_words(report.benchmark, abs(report.value - before.value)),
    }
    if report.value == before.value:
        return _("as in attempt %(attempt)s") % words
    if report.value > before.value:
        return _("%(value)s more than in attempt %(attempt)s") % words
    return _("%(value)s less than in attempt %(attempt)s") % words
