"""More evidence never makes a criterion unmet."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.benchmarks import judge_benchmark, report_benchmark, to_verify
from assessments.errors import AssessmentError
from assessments.gates import evaluate_all
from assessments.models import GateAsk, Submission
from cohorts.errors import CohortError
from cohorts.progress import complete_topic, credit_topic
from curriculum.models import Benchmark
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.examples import examples

TODAY = date(2026, 11, 24)

KINDS = ("done", "credit", "pass", "changes_requested", "fail", "attempt", "measure", "verify", "reject")
PIECES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 1),
        st.integers(0, 9),
    ),
    max_size=8,
)


def add(school: School, kind: str, which: int, days: int) -> None:
    """One piece of evidence, where it is allowed; what is refused adds nothing."""
    on, at = TODAY - timedelta(days=days), SUBMITTED - timedelta(days=days)
    amira, topic = school.amira, school.topics[which]
    project = (school.capstone, school.final)[which]
    if kind == "done":
        complete_topic(enrollment=amira, topic=topic, by=school.cast.amira, on=on)
    elif kind == "credit":
        credit_topic(enrollment=amira, topic=topic, by=school.cast.ilse, on=on, evidence="Diploma")
    elif kind == "measure":
        attempt = Submission.objects.filter(enrollment=amira, project=project).order_by("-attempt")[:1].get()
        report_benchmark(
            submission=attempt, benchmark=project.benchmarks.get(), value=Decimal(92 + days), dataset="Test set",
            evidence_url="https://example.org/run", measured_on=attempt.submitted_at.date(), by=school.cast.amira,
            at=at,
        )  # fmt: skip
    elif kind in ("verify", "reject"):
        waiting = to_verify(school.cast.joris)[:1].get()
        judge_benchmark(report=waiting, is_verified=kind == "verify", reason="Seen.", by=school.cast.joris, at=at)
    else:
        attempt = hand_in(school, project=project, at=at)
        if kind != "attempt":
            judge(attempt, school, verdict=kind, at=at)


def met(school: School) -> set[tuple[int, str]]:
    return {
        (report.level.number, requirement.key)
        for report in evaluate_all(school.amira, on=TODAY)
        for requirement in report.requirements
        if requirement.met
    }


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=PIECES)
def test_adding_evidence_never_makes_a_criterion_unmet(school: School, pieces: list[tuple[str, int, int]]) -> None:
    undo: Any = transaction.savepoint()
    for project in (school.capstone, school.final):
        Benchmark.objects.create(
            project=project, position=1, metric="accuracy", comparison=">=", threshold=97, unit="%"
        )
    GateAsk.objects.create(
        cohort=school.cohort, evidence="benchmarks", asked_from=date(2026, 10, 1), recorded_at=SUBMITTED - timedelta(60)
    )
    with timezone.override("Europe/Amsterdam"):
        before = met(school)
        for piece in pieces:
            try:
                with transaction.atomic():
                    add(school, *piece)
            except (AssessmentError, CohortError, ObjectDoesNotExist):
                continue
            now = met(school)
            assert before <= now
            before = now
    transaction.savepoint_rollback(undo)
