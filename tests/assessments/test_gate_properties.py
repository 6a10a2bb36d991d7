"""More evidence never makes a criterion unmet."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.errors import AssessmentError
from assessments.gates import evaluate_all
from cohorts.errors import CohortError
from cohorts.progress import complete_topic, credit_topic
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.examples import examples

TODAY = date(2026, 11, 24)

PIECES = st.lists(
    st.tuples(
        st.sampled_from(["done", "credit", "pass", "changes_requested", "fail", "attempt"]),
        st.integers(0, 1),
        st.integers(0, 9),
    ),
    max_size=7,
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
    with timezone.override("Europe/Amsterdam"):
        before = met(school)
        for piece in pieces:
            try:
                with transaction.atomic():
                    add(school, *piece)
            except (AssessmentError, CohortError):
                continue
            now = met(school)
            assert before <= now
            before = now
    transaction.savepoint_rollback(undo)
