"""What a level's gate asks of benchmarks, where the curriculum sets them and the organization asks for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.asked_work import SHOWN
from assessments.benchmark_standing import counts_for
from assessments.benchmark_words import words_of
from assessments.benchmarks import benchmarks_of
from assessments.criteria import Place, Question, Requirement, register
from assessments.errors import AssessmentError
from assessments.models import BenchmarkPolicy, BenchmarkReport, CarriedAttempt
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Benchmark, Project

#: Of each learner and project, what was reported on its attempts.
Reported = Mapping[tuple[UUID, UUID], Sequence[BenchmarkReport]]


def asked_from() -> date | None:
    """The day from which on cohorts have to start for their gates to ask for benchmarks; None asks nowhere."""
    policy = BenchmarkPolicy.objects.order_by("-recorded_at", "-id").first()
    return policy.asked_from if policy else None


def ask_from(*, day: date | None, by: Membership, today: date) -> BenchmarkPolicy:
    """Let the gates of cohorts that start on that day or later ask for benchmarks, or none.

    Raises AssessmentError for a day that has passed: no gate of a cohort that runs asks for more than it did.
    """
    if day is not None and day <= today:
        raise AssessmentError(
            "policy_in_the_past",
            _("Choose a day to come: the gates of cohorts that have started ask for no more than they did."),
        )
    with transaction.atomic():
        return BenchmarkPolicy.objects.create(asked_from=day, recorded_by=by)


@register(position=40)
def benchmarks(question: Question) -> Iterable[tuple[UUID, UUID, Requirement]]:
    """A verified result that reaches each benchmark of the projects asked. Five queries, mostly one.

    A project that was credited has nothing to measure.
    """
    since = asked_from() if question.enrollments else None
    if since is None or question.enrollments[0].cohort.starts_on < since:
        return
    set_for: dict[UUID, list[Benchmark]] = defaultdict(list)
    for benchmark in benchmarks_of({project.pk for _one, _level, asked in question.asked() for project in asked}):
        set_for[benchmark.project_id].append(benchmark)
    if not set_for:
        return
    credited, reported = _credited(question), _reported(question)
    for enrollment, level, projects in question.asked():
        asked = [
            (project, benchmark)
            for project in projects
            if (enrollment.pk, project.pk) not in credited
            for benchmark in set_for.get(project.pk, ())
        ]
        if asked:
            yield enrollment.pk, level.pk, _requirement(enrollment, asked, reported)


def _credited(question: Question) -> set[tuple[UUID, UUID]]:
    latest = (
        ProgressEvent.objects.filter(
            enrollment__in=question.enrollments, project__isnull=False, effective_on__lte=question.on
        )
        .order_by("enrollment", "project", "-effective_on", "-recorded_at", "-id")
        .distinct("enrollment", "project")
    )
    return {
        (enrollment, project)
        for enrollment, project, kind in latest.values_list("enrollment", "project", "kind")
        if kind == ProgressEvent.Kind.CREDITED
    }


def _reported(question: Question) -> Reported:
    """What was reported before the question's instant, `with_verdict` as of it."""
    rows = list(
        BenchmarkReport.objects.standing()
        .filter(submission__enrollment__in=question.enrollments, recorded_at__lt=question.until)
        .with_verdict(decided_at__lt=question.until)
        .annotate(enrollment=F("submission__enrollment"), made_at=F("submission__project"))
        .select_related("benchmark")
    )
    shown: dict[UUID, set[UUID]] = defaultdict(set)
    carried = CarriedAttempt.objects.filter(submission__in={row.submission_id for row in rows}) if rows else ()
    for each in carried:
        shown[each.submission_id].add(each.project_id)
    found: dict[tuple[UUID, UUID], list[BenchmarkReport]] = defaultdict(list)
    for row in rows:
        for project in {row.made_at, *shown[row.submission_id]}:
            found[row.enrollment, project].append(row)
    return found


def _requirement(enrollment: Enrollment, asked: Sequence[tuple[Project, Benchmark]], reported: Reported) -> Requirement:
    missing = []
    for project, benchmark in asked:
        rows = [row for row in reported.get((enrollment.pk, project.pk), ()) if counts_for(row.benchmark, benchmark)]
        if not any(row.is_verified and row.is_reached for row in rows):
            missing.append((project, benchmark, any(row.is_verified is None for row in rows)))
    detail = say("Reached and verified: %(count)s of %(count)s") % {"count": len(asked)}
    if missing:
        told = [_told(project, benchmark, waits=waits) for project, benchmark, waits in missing[:SHOWN]]
        detail = say("No verified result yet: %(benchmarks)s") % {
            "benchmarks": "; ".join(told) + ("…" if len(missing) > SHOWN else "")
        }
    return Requirement(
        key="benchmarks",
        title=say("Benchmarks of every project reached"),
        met=not missing,
        detail=detail,
        learner_place=Place("assessments:projects"),
        staff_place=Place("cohorts:learner", (str(enrollment.pk),)),
    )


def _told(project: Project, benchmark: Benchmark, *, waits: bool) -> str:
    words = {"project": project.title, "benchmark": words_of(benchmark)}
    if waits:
        return say("%(project)s (%(benchmark)s, a result waits to be verified)") % words
    return say("%(project)s (%(benchmark)s)") % words
