"""More evidence never makes a criterion unmet."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.errors import AssessmentError
from assessments.gates import evaluate_all
from assessments.models import Presentation, PresentationPolicy, Submission
from assessments.rubrics import default_rubric
from cohorts.errors import CohortError
from cohorts.models import ProgressEvent
from cohorts.progress import complete_topic, credit_topic
from curriculum.models import Project, VerificationMethod
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.examples import examples

TODAY = date(2026, 11, 24)

PRESENTED = ("planned", "cancelled", "no_show", "held", "presented", "repeat")
PIECES = st.lists(
    st.tuples(
        st.sampled_from(["done", "credit", "pass", "changes_requested", "fail", "attempt", "credited", *PRESENTED]),
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
    elif kind == "credited":
        ProgressEvent.objects.create(
            enrollment=amira, project=project, kind="credited", hours=30, evidence="Diploma", effective_on=on,
            recorded_by=school.cast.ilse,
        )  # fmt: skip
    elif kind in PRESENTED:
        present(school, project, kind, at=SUBMITTED - timedelta(days=days))
    else:
        attempt = hand_in(school, project=project, at=at)
        if kind != "attempt":
            judge(attempt, school, verdict=kind, at=at)


def present(school: School, project: Project, kind: str, *, at: datetime) -> None:
    """A presentation of the last attempt, as far as that goes."""
    attempt = Submission.objects.filter(enrollment=school.amira, project=project).order_by("attempt").last()
    if attempt is None:
        return
    cast, outcome = school.cast, {"presented": "pass", "repeat": "repeat"}.get(kind, "")
    status = "held" if outcome else kind
    Presentation.objects.create(
        submission=attempt, rubric=default_rubric(), during=(at, at + timedelta(minutes=45)), place="Room 1",
        status=status, outcome=outcome, scheduled_by=cast.ilse, scheduled_at=at, settled_by=cast.joris, settled_at=at,
    )  # fmt: skip


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
    version = school.cohort.version
    VerificationMethod.objects.create(version=version, position=1, title="Presentation", text="Before a panel")
    PresentationPolicy.objects.create(asked_from=school.cohort.starts_on, only_final=False)
    with timezone.override("Europe/Amsterdam"):
        before = met(school)
        for piece in pieces:
            try:
                with transaction.atomic():
                    add(school, *piece)
            except (AssessmentError, CohortError, IntegrityError):
                continue
            now = met(school)
            assert before <= now
            before = now
    transaction.savepoint_rollback(undo)
