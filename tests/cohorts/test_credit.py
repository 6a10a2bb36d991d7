"""Credit for prior learning: many parts in one go, what is refused, and taking it back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.credit import effects_of, grant_credit, grants_on, propose_credit, take_back
from cohorts.errors import CohortError
from cohorts.history import enroll
from cohorts.models import Enrollment, ProgressEvent
from cohorts.path import Path, path_of
from cohorts.progress import complete_topic, credit_topic, reopen_topic
from curriculum.models import Project, Topic
from tests.cohorts.given import START, published_version
from tests.cohorts.studying import TODAY, active, projects_of, running_cohort, topics_of, uneven_cohort
from tests.conftest import Cast
from tests.examples import examples

DAY = timedelta(days=1)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    return active(running_cohort(), lantaarn.amira)


def grant(
    enrollment: Enrollment,
    topics: Sequence[Topic] = (),
    projects: Sequence[Project] = (),
    *,
    on: date = TODAY,
    at: datetime = NOON,
    evidence: str = "Diploma",
) -> list[ProgressEvent]:
    return grant_credit(
        enrollment=enrollment, topics=topics, projects=projects, by=None, on=on, at=at, evidence=evidence
    )


def refused(enrollment: Enrollment, *args: object, **options: object) -> str:
    before = ProgressEvent.objects.count()
    with pytest.raises(CohortError) as caught:
        grant(enrollment, *args, **options)  # type: ignore[arg-type]
    assert ProgressEvent.objects.count() == before
    return caught.value.code


def events_of(enrollment: Enrollment) -> list[ProgressEvent]:
    return list(ProgressEvent.objects.for_learner_page(enrollment))


def told(path: Path) -> list[tuple[int, float, float, str]]:
    return [(level.number, level.earned, level.credited, level.state) for level in path.levels]


def test_topics_and_a_project_are_credited_together(amira: Enrollment) -> None:
    facts = grant(amira, topics_of(amira.cohort)[:2], projects_of(amira.cohort)[:1])
    path = path_of(amira, on=TODAY)
    assert (len(facts), path.credited, path.levels[0].modules[0].is_done) == (3, 100, True)
    assert path.standing.credited == 100


def test_what_is_done_keeps_the_fact_it_has(amira: Enrollment) -> None:
    first, second, *_ = topics_of(amira.cohort)
    complete_topic(enrollment=amira, topic=first, by=None, on=START)
    [fact] = grant(amira, [first, second, second])
    assert fact.topic == second
    assert refused(amira, [first, second]) == "nothing_to_credit"


def test_credit_before_the_first_day(lantaarn: Cast) -> None:
    enrollment = enroll(cohort=running_cohort(), learner=lantaarn.amira, by=None, effective_on=START)
    grant(enrollment, topics_of(enrollment.cohort)[:1], on=START - 40 * DAY)
    assert path_of(enrollment, on=START).credited == 40


def test_what_is_refused(lantaarn: Cast, amira: Enrollment) -> None:
    topics, projects = topics_of(amira.cohort), projects_of(amira.cohort)
    assert refused(amira, topics[:1], evidence=" \n") == "credit_needs_evidence"
    assert refused(amira) == "nothing_chosen"
    for on in (date(1900, 1, 1), date(9999, 12, 31)):
        assert refused(amira, topics[:1], on=on) == "date_out_of_range"
    other = running_cohort(name="Other", version=published_version())
    assert refused(amira, [*topics[:1], topics_of(other)[0]]) == "topic_not_in_path"
    assert refused(amira, topics[:1], projects_of(other)[:1]) == "project_not_in_path"
    short = active(running_cohort(name="Short", version=amira.version, last_level=1), lantaarn.daan)
    assert refused(short, topics[4:5]) == "topic_not_in_path"
    assert refused(short, (), projects[2:3]) == "project_not_in_path"
    uneven = active(uneven_cohort(), lantaarn.daan)
    algebra = topics_of(uneven.cohort)[0]
    assert refused(uneven, [algebra]) == "topic_has_subtopics"
    Enrollment.objects.filter(pk=amira.pk).update(status=Enrollment.Status.WITHDRAWN)
    assert refused(amira, topics[:1]) == "enrollment_not_active"


def test_work_of_a_track_needs_the_choice_first(lantaarn: Cast) -> None:
    enrollment = active(running_cohort(version=published_version(tracks=("Research",))), lantaarn.amira)
    work = Project.objects.select_related("level").get(kind=Project.Kind.TRACK)
    assert refused(enrollment, (), [work]) == "project_not_in_path"
    Enrollment.objects.filter(pk=enrollment.pk).update(track=work.track)
    grant(enrollment, (), [work])
    assert path_of(Enrollment.objects.get(pk=enrollment.pk), on=TODAY).credited == 50


def test_credit_comes_after_the_last_fact(amira: Enrollment) -> None:
    first, second, *_ = topics_of(amira.cohort)
    complete_topic(enrollment=amira, topic=first, by=None, on=TODAY - DAY)
    reopen_topic(enrollment=amira, topic=first, by=None, on=TODAY)
    assert refused(amira, [second, first], on=TODAY - DAY) == "progress_out_of_order"
    assert len(grant(amira, [second, first], on=TODAY)) == 2


def test_taking_back_opens_again_and_keeps_the_record(lantaarn: Cast, amira: Enrollment) -> None:
    first, second, *_ = topics_of(amira.cohort)
    grant(amira, [first, second], on=START)
    take_back(
        enrollment=amira, parts=[first.pk], by=lantaarn.ilse, on=TODAY, at=NOON, reason="The diploma is another's"
    )
    assert path_of(amira, on=TODAY).credited == 60
    assert path_of(amira, on=TODAY - DAY).credited == 100
    kinds = ProgressEvent.objects.order_by("effective_on", "pk").values_list("kind", "evidence")
    assert list(kinds)[-1] == ("reopened", "The diploma is another's")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": " "}, "reason_needed"),
        ({"parts": []}, "nothing_chosen"),
        ({"on": date(1900, 1, 1)}, "date_out_of_range"),
        ({"on": START}, "progress_out_of_order"),
    ],
)
def test_taking_back_is_refused(amira: Enrollment, change: dict[str, object], code: str) -> None:
    first, second, *_ = topics_of(amira.cohort)
    grant(amira, [first])
    asked: dict[str, object] = {"parts": [first.pk], "on": TODAY, "reason": "By mistake", **change}
    with pytest.raises(CohortError) as caught:
        take_back(enrollment=amira, by=None, at=NOON, **asked)  # type: ignore[arg-type]
    assert caught.value.code == code
    with pytest.raises(CohortError, match="not credited any more"):
        take_back(enrollment=amira, parts=[first.pk, second.pk], by=None, on=TODAY, at=NOON, reason="By mistake")
    assert path_of(amira, on=TODAY).credited == 40


def test_grants_are_told_as_they_were_made(lantaarn: Cast, amira: Enrollment) -> None:
    first, second, third, *_ = topics_of(amira.cohort)
    grant(amira, [first, second], on=START, evidence="Diploma of 2024")
    grant(amira, [third], at=NOON + timedelta(minutes=1), evidence="Test")
    take_back(enrollment=amira, parts=[second.pk], by=None, on=TODAY, at=NOON, reason="No")
    grant(amira, [second], at=NOON + timedelta(minutes=2), evidence="Another diploma")
    events = events_of(amira)
    grants = grants_on(path_of(amira, on=TODAY, events=events), events)
    assert [(each.evidence, each.on, [part.title for part in each.parts], each.hours) for each in grants] == [
        ("Another diploma", TODAY, ["Basics 2"], 60),
        ("Test", TODAY, ["Practice 1"], 60),
        ("Diploma of 2024", START, ["Basics 1"], 40),
    ]


def test_the_preview_says_what_the_credit_then_comes_to(lantaarn: Cast) -> None:
    amira = active(uneven_cohort(), lantaarn.amira)
    leaves = topics_of(amira.cohort)[1:]
    asked = {"enrollment": amira, "topics": leaves, "by": None, "on": TODAY, "at": NOON, "evidence": "Diploma"}
    facts = propose_credit(**asked)  # type: ignore[arg-type]
    [effect] = effects_of(path_of(amira, on=TODAY), [], facts)
    assert (effect.number, effect.added, effect.earned, effect.hours) == (1, 100, 100, 100)
    assert not ProgressEvent.objects.exists()
    grant_credit(**asked)  # type: ignore[arg-type]
    assert path_of(amira, on=TODAY).levels[0].earned == effect.earned


def test_a_hundred_parts_cost_as_many_queries_as_one(lantaarn: Cast) -> None:
    counts = []
    for name, hours in (("One", (10,)), ("Many", (2,) * 50)):
        version = published_version(modules=(("Basics", hours), ("Practice", hours)))
        enrollment = active(running_cohort(name=name, version=version), lantaarn.amira)
        topics, projects = topics_of(enrollment.cohort), projects_of(enrollment.cohort)
        with CaptureQueriesContext(connection) as captured:
            grant(enrollment, topics, projects)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@settings(
    max_examples=examples(12), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    before=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["complete", "credit", "reopen"])), max_size=5),
    more=st.lists(st.integers(0, 7), max_size=6),
)
def test_a_module_at_once_is_its_topics_one_by_one(
    amira: Enrollment, before: list[tuple[int, str]], more: list[int]
) -> None:
    """Whatever was done before, and never more than the level takes."""
    topics = topics_of(amira.cohort)
    chosen = [*topics[:2], *(topics[number] for number in more)]

    def lived(at_once: bool) -> list[tuple[int, float, float, str]]:
        with transaction.atomic():
            for number, step in before:
                common = {"enrollment": amira, "topic": topics[number], "by": None, "on": START}
                if step == "credit":
                    credit_topic(**common, evidence="Diploma")  # type: ignore[arg-type]
                else:
                    (complete_topic if step == "complete" else reopen_topic)(**common)  # type: ignore[arg-type]
            for part in [chosen] if at_once else [[topic] for topic in chosen]:
                with suppress(CohortError):  # all of it is done already
                    grant(amira, part)
            path = path_of(amira, on=TODAY)
            assert all(level.credited <= level.earned <= level.hours for level in path.levels)
            assert (path.credited, path.earned) == (path.standing.credited, sum(one.earned for one in path.levels))
            transaction.set_rollback(True)
        return told(path)

    assert lived(at_once=True) == lived(at_once=False)
