"""Facts about progress: when they are made, when they are not, and that only the latest counts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cohorts.errors import CohortError
from cohorts.history import record_status
from cohorts.models import Enrollment, ProgressEvent, StudyLog
from cohorts.progress import complete_project, complete_topic, credit_topic, log_study, reopen_topic
from curriculum.models import Topic
from tests.cohorts.given import START, published_version
from tests.cohorts.studying import TODAY, active, projects_of, running_cohort, topics_of, uneven_cohort
from tests.conftest import Cast

DAY = timedelta(days=1)


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    return active(running_cohort(), lantaarn.amira)


@pytest.fixture
def topic(amira: Enrollment) -> Topic:
    return topics_of(amira.cohort)[0]


def facts() -> list[tuple[str, Decimal, date]]:
    return list(ProgressEvent.objects.order_by("recorded_at").values_list("kind", "hours", "effective_on"))


def refused(code: str) -> "pytest.RaisesExc[CohortError]":
    return pytest.raises(CohortError, check=lambda error: error.code == code)


def test_completing_a_topic_earns_its_planned_hours(amira: Enrollment, topic: Topic) -> None:
    complete_topic(enrollment=amira, topic=topic, by=amira.learner, on=TODAY)
    assert facts() == [("completed", Decimal(40), TODAY)]


def test_completing_twice_makes_one_fact(amira: Enrollment, topic: Topic) -> None:
    first = complete_topic(enrollment=amira, topic=topic, by=amira.learner, on=TODAY)
    again = complete_topic(enrollment=amira, topic=topic, by=amira.learner, on=TODAY + DAY)
    credited = credit_topic(enrollment=amira, topic=topic, by=None, on=TODAY + DAY, evidence="Diploma")
    assert (again, credited, facts()) == (first, first, [("completed", Decimal(40), TODAY)])


def test_a_topic_can_be_reopened_and_completed_again(amira: Enrollment, topic: Topic) -> None:
    complete_topic(enrollment=amira, topic=topic, by=amira.learner, on=TODAY)
    reopen_topic(enrollment=amira, topic=topic, by=amira.learner, on=TODAY)
    complete_topic(enrollment=amira, topic=topic, by=amira.learner, on=TODAY)
    assert [kind for kind, _, _ in facts()] == ["completed", "reopened", "completed"]


def test_reopening_an_open_topic_records_nothing(amira: Enrollment, topic: Topic) -> None:
    assert reopen_topic(enrollment=amira, topic=topic, by=amira.learner, on=TODAY) is None
    assert facts() == []


def test_a_topic_without_hours_earns_none(amira: Enrollment) -> None:
    capstone = projects_of(amira.cohort)[0]
    complete_project(enrollment=amira, project=capstone, by=None, on=TODAY)
    assert facts() == [("completed", Decimal(0), TODAY)]


def test_credit_needs_evidence_and_keeps_it(lantaarn: Cast, amira: Enrollment, topic: Topic) -> None:
    with refused("credit_needs_evidence"):
        credit_topic(enrollment=amira, topic=topic, by=lantaarn.ilse, on=TODAY, evidence="  ")
    event = credit_topic(enrollment=amira, topic=topic, by=lantaarn.ilse, on=TODAY, evidence=" Diploma of 2024 ")
    assert (event.kind, event.evidence, event.recorded_by) == ("credited", "Diploma of 2024", lantaarn.ilse)


def test_learners_cannot_undo_credit_but_staff_can(lantaarn: Cast, amira: Enrollment, topic: Topic) -> None:
    credit_topic(enrollment=amira, topic=topic, by=lantaarn.ilse, on=TODAY, evidence="Diploma")
    with refused("credit_is_not_yours"):
        reopen_topic(enrollment=amira, topic=topic, by=lantaarn.amira, on=TODAY)
    reopen_topic(enrollment=amira, topic=topic, by=lantaarn.ilse, on=TODAY, evidence="Wrong person")
    assert [kind for kind, _, _ in facts()] == ["credited", "reopened"]


def test_a_change_cannot_take_effect_before_the_one_it_changes(amira: Enrollment, topic: Topic) -> None:
    complete_topic(enrollment=amira, topic=topic, by=None, on=TODAY)
    with refused("progress_out_of_order"):
        reopen_topic(enrollment=amira, topic=topic, by=None, on=TODAY - DAY)


@pytest.mark.parametrize("status", ["on_leave", "withdrawn"])
def test_only_active_learners_make_progress(amira: Enrollment, topic: Topic, status: str) -> None:
    details = {"returns_on": TODAY + 30 * DAY} if status == "on_leave" else {"reason": "work"}
    record_status(enrollment=amira, to=status, effective_on=START + DAY, by=None, **details)
    for change in (
        lambda: complete_topic(enrollment=amira, topic=topic, by=None, on=TODAY),
        lambda: reopen_topic(enrollment=amira, topic=topic, by=None, on=TODAY),
        lambda: credit_topic(enrollment=amira, topic=topic, by=None, on=TODAY, evidence="Diploma"),
        lambda: log_study(enrollment=amira, week=TODAY, hours=Decimal(8), by=None),
    ):
        with refused("enrollment_not_active"):
            change()


def test_a_project_reviewed_after_the_learner_left_still_counts(amira: Enrollment) -> None:
    record_status(enrollment=amira, to="withdrawn", effective_on=START + DAY, by=None, reason="work")
    complete_project(enrollment=amira, project=projects_of(amira.cohort)[0], by=None, on=TODAY)
    assert [kind for kind, _, _ in facts()] == ["completed"]


def test_credit_may_come_before_the_first_day(lantaarn: Cast, amira: Enrollment, topic: Topic) -> None:
    Enrollment.objects.filter(pk=amira.pk).update(status="enrolled")
    credit_topic(enrollment=amira, topic=topic, by=lantaarn.ilse, on=START - DAY, evidence="Diploma")
    with refused("enrollment_not_active"):
        complete_topic(enrollment=amira, topic=topic, by=lantaarn.ilse, on=TODAY)
    with refused("enrollment_not_started"):
        complete_project(enrollment=amira, project=projects_of(amira.cohort)[0], by=None, on=TODAY)


def test_topics_of_other_versions_and_levels_are_refused(lantaarn: Cast, amira: Enrollment) -> None:
    other = Topic.objects.filter(module__level__version=published_version()).first()
    with refused("topic_not_in_path"):
        complete_topic(enrollment=amira, topic=other, by=None, on=TODAY)
    short = active(running_cohort(name="One level", version=amira.cohort.version, last_level=1), lantaarn.daan)
    with refused("topic_not_in_path"):
        complete_topic(enrollment=short, topic=topics_of(amira.cohort)[-1], by=None, on=TODAY)
    with refused("project_not_in_path"):
        complete_project(enrollment=short, project=projects_of(amira.cohort)[-1], by=None, on=TODAY)


def test_only_topics_without_subtopics_are_finished(lantaarn: Cast) -> None:
    cohort = uneven_cohort()
    enrollment = active(cohort, lantaarn.amira)
    parent = topics_of(cohort)[0]
    with refused("topic_has_subtopics"):
        complete_topic(enrollment=enrollment, topic=parent, by=None, on=TODAY)


def test_study_is_kept_by_the_monday_of_its_week(amira: Enrollment) -> None:
    log_study(enrollment=amira, week=TODAY + 3 * DAY, hours=Decimal("7.5"), by=amira.learner, on=TODAY + 4 * DAY)
    log_study(enrollment=amira, week=TODAY, hours=Decimal(9), by=amira.learner, on=TODAY + 5 * DAY)
    assert list(StudyLog.objects.order_by("recorded_at").values_list("week", "hours")) == [
        (TODAY, Decimal("7.5")),
        (TODAY, Decimal(9)),
    ]


@pytest.mark.parametrize(
    ("week", "hours", "code"),
    [
        (TODAY, "168.25", "study_hours_out_of_range"),
        (TODAY, "-1", "study_hours_out_of_range"),
        (TODAY, "NaN", "study_hours_out_of_range"),
        (TODAY + 7 * DAY, "8", "study_week_ahead"),
        (TODAY - 27 * 7 * DAY, "8", "study_week_too_old"),
    ],
)
def test_study_outside_what_can_be_is_refused(amira: Enrollment, week: date, hours: str, code: str) -> None:
    with refused(code):
        log_study(enrollment=amira, week=week, hours=Decimal(hours), by=amira.learner, on=TODAY)
