"""What a level's gate asks of benchmarks, where the curriculum sets them and the cohort asks for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F

from assessments.asked_work import SHOWN
from assessments.benchmark_standing import counts_for
from assessments.benchmarks import benchmarks_of
from assessments.criteria import Place, Question, Requirement
from assessments.models import BenchmarkReport, CarriedAttempt
from assessments.sentences import Sentence, joined, sentence
from cohorts.asks import COUNTED
from cohorts.models import Enrollment
from curriculum.models import Benchmark, Project

#: Of each learner and project, the reports on its attempts, `with_verdict`.
Reported = Mapping[tuple[UUID, UUID], Sequence[Any]]


def asked_benchmarks(question: Question, credited: set[tuple[UUID, UUID]]) -> Iterable[tuple[UUID, UUID, Requirement]]:
    """A verified result that reaches each benchmark of the projects asked. Three queries, or one where none is set.

    A project that was credited has nothing to measure.
    """
    set_for: dict[UUID, list[Benchmark]] = defaultdict(list)
    for benchmark in benchmarks_of({project.pk for _one, _level, asked in question.asked() for project in asked}):
        set_for[benchmark.project_id].append(benchmark)
    if not set_for:
        return
    reported = _reported(question)
    for enrollment, level, projects in question.asked():
        asked = [
            (project, benchmark)
            for project in projects
            if (enrollment.pk, project.pk) not in credited
            for benchmark in set_for.get(project.pk, ())
        ]
        if asked:
            yield enrollment.pk, level.pk, _requirement(enrollment, asked, reported)


def _reported(question: Question) -> Reported:
    """What was reported before the question's instant, `with_verdict` as of it."""
    rows: list[Any] = list(
        BenchmarkReport.objects.standing()
        .filter(submission__enrollment__in=question.enrollments, recorded_at__lt=question.until)
        .with_verdict(decided_at__lt=question.until)
        .annotate(enrollment=F("submission__enrollment"), made_at=F("submission__project"))
        .select_related("benchmark")
    )
    shown: dict[UUID, set[UUID]] = defaultdict(set)
    for each in CarriedAttempt.objects.filter(submission__in={row.submission_id for row in rows}):
        shown[each.submission_id].add(each.project_id)
    found: dict[tuple[UUID, UUID], list[Any]] = defaultdict(list)
    for row in rows:
        for project in {row.made_at, *shown[row.submission_id]}:
            found[row.enrollment, project].append(row)
    return found


def _requirement(enrollment: Enrollment, asked: Sequence[tuple[Project, Benchmark]], reported: Reported) -> Requirement:
    missing = []
    for project, benchmark in asked:
        rows = [row for row in reported.get((enrollment.pk, project.pk), ()) if counts_for(row.benchmark, benchmark)]
        if not any(row.is_verified and row.is_reached for row in rows):
            told = _told(project, benchmark)
            if any(row.is_verified is None for row in rows):
                told = sentence("%(benchmark)s (a result waits to be verified)", benchmark=told)
            missing.append(told)
    detail = sentence("Reached and verified: %(count)s of %(count)s", count=len(asked))
    if missing:
        rest = ["…"] if len(missing) > SHOWN else []
        detail = sentence("No verified result yet: %(benchmarks)s", benchmarks=joined([*missing[:SHOWN], *rest]))
    return Requirement(
        key="benchmarks",
        title=sentence("Benchmarks of every project reached"),
        met=not missing,
        detail=detail,
        learner_place=Place("assessments:projects"),
        staff_place=Place("cohorts:learner", (str(enrollment.pk),)),
    )


def _told(project: Project, benchmark: Benchmark) -> Sentence:
    """The plan's own words stay as they are."""
    is_counted, threshold = benchmark.unit == COUNTED, f"{benchmark.threshold.normalize():f}"
    words = {
        "project": project.title,
        "metric": benchmark.metric,
        "figure": threshold if is_counted else f"{threshold} {benchmark.unit}".strip(),
    }
    if benchmark.comparison == Benchmark.Comparison.AT_LEAST:
        if is_counted:
            return sentence("%(project)s: at least %(figure)s %(metric)s", **words)
        return sentence("%(project)s, %(metric)s: at least %(figure)s", **words)
    if is_counted:
        return sentence("%(project)s: at most %(figure)s %(metric)s", **words)
    return sentence("%(project)s, %(metric)s: at most %(figure)s", **words)
