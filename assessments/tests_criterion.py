"""What a level's gate asks of automated tests, where the curriculum and the organization ask for them."""

import re
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch
from django.utils import timezone

from assessments.asked_work import SHOWN
from assessments.automated_tests import asked_from, ever_passed, reports_on
from assessments.carrying import Proof, proofs_until
from assessments.criteria import Place, Question, Requirement, register
from assessments.models import AutomatedTest, RepositoryLook, Submission
from assessments.sentences import sentence
from cohorts.models import Enrollment
from curriculum.models import Project, VerificationMethod

#: How curricula call it, in both languages.
AUTOMATED = re.compile(r"automat\w*\s+test|geautomatiseerde?\s+test", re.IGNORECASE)
Shown = dict[UUID, dict[UUID, tuple[Proof, ...]]]


@register(position=30)
def automated_tests(question: Question) -> Iterable[tuple[UUID, UUID, Requirement]]:
    """The automated tests passed of every project that is accepted, and every one asked is. Six queries, mostly none.

    A project that was credited shows no code to test.
    """
    if not question.enrollments or not _is_asked(question):
        return
    shown = proofs_until(question.enrollments, question.credits(), until=question.until)
    passed = _passed(question, shown)
    for enrollment, level, projects in question.asked():
        if projects:
            proofs = shown[enrollment.pk]
            missing = [project for project in projects if not _is_shown(proofs.get(project.pk, ()), passed)]
            yield enrollment.pk, level.pk, _requirement(enrollment, projects, missing, proofs, passed)


def _is_asked(question: Question) -> bool:
    """Where the version's ways of verification name automated tests, of cohorts from the day that was chosen on."""
    first, since = question.enrollments[0], asked_from()
    if since is None or first.cohort.starts_on < since:
        return False
    methods = VerificationMethod.objects.filter(version=first.version_id).values_list("title", "text")
    return any(AUTOMATED.search(f"{title} {text}") for title, text in methods)


def _passed(question: Question, shown: Shown) -> dict[UUID, AutomatedTest]:
    """By accepted attempt the report with which its tests had passed before the question's instant."""
    accepted = {
        proof.review.submission_id
        for projects in shown.values()
        for proofs in projects.values()
        for proof in proofs
        if proof.review is not None
    }
    looks = RepositoryLook.objects.defer("answers").filter(looked_at__lt=question.until)
    attempts = Submission.objects.filter(pk__in=accepted).prefetch_related(
        "links", Prefetch("links__looks", looks.order_by("-looked_at", "-id"))
    )
    reports = reports_on(list(attempts), until=question.until)
    found = {pk: ever_passed(rows) for pk, rows in reports.items()}
    return {pk: report for pk, report in found.items() if report is not None}


def _is_shown(proofs: Iterable[Proof], passed: dict[UUID, AutomatedTest]) -> bool:
    proofs = list(proofs)
    return bool(proofs) and all(proof.review is None or proof.review.submission_id in passed for proof in proofs)


def _requirement(
    enrollment: Enrollment,
    projects: Iterable[Project],
    missing: list[Project],
    proofs: dict[UUID, tuple[Proof, ...]],
    passed: dict[UUID, AutomatedTest],
) -> Requirement:
    if missing:
        titles = ", ".join(project.title for project in missing[:SHOWN]) + ("…" if len(missing) > SHOWN else "")
        detail = sentence("No accepted attempt whose tests passed yet: %(titles)s", titles=titles)
    else:
        days = [
            passed[proof.review.submission_id].reported_at
            for project in projects
            for proof in proofs[project.pk]
            if proof.review is not None
        ]
        detail = sentence("Credited without code to test")
        if days:
            detail = sentence("Passed, the last on %(day)s", day=timezone.localdate(max(days)))
    return Requirement(
        key="automated-tests",
        title=sentence("Automated tests passed for every project"),
        met=not missing,
        detail=detail,
        learner_place=Place("assessments:projects"),
        staff_place=Place("cohorts:learner", (str(enrollment.pk),)),
    )
