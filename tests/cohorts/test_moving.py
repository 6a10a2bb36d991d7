"""Moving to another version, as rules: what is carried, what stays, what undoing gives back."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from cohorts.earlier import earlier_results
from cohorts.errors import CohortError
from cohorts.history import enroll, record_status
from cohorts.models import (
    Cohort,
    Enrollment,
    EnrollmentMove,
    MapPair,
    ProgressEvent,
    VersionMove,
)
from cohorts.move_plan import versions_for
from cohorts.move_summary import summary_of
from cohorts.moving import MoveConflict, move
from cohorts.path import path_of
from cohorts.progress import complete_project, complete_topic, credit_topic, reopen_topic
from cohorts.standing import standings_of
from cohorts.version_map import Pair
from curriculum.models import Curriculum, CurriculumVersion, Level, Topic
from organizations.models import uuid7
from tests.cohorts.given import published_version
from tests.cohorts.moves import AT, DAY, copy_of, fresh, go, numbers, pairs_by, planned, told
from tests.cohorts.studying import TODAY, active, finish, projects_of, running_cohort, topics_of
from tests.cohorts.whole_roster import roster_of
from tests.conftest import Cast, member

# -- what is carried ---------------------------------------------------------------------------------------------------


def test_everything_counts_in_a_version_with_the_same_tree(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    topics = topics_of(cohort)
    finish(amira, topics[:1], on=TODAY - 60 * DAY)
    finish(amira, topics[1:2], on=TODAY - 3 * DAY)
    credit_topic(enrollment=amira, topic=topics[2], by=lantaarn.ilse, on=TODAY - 2 * DAY, evidence="A degree")
    complete_project(enrollment=amira, project=projects_of(cohort)[0], by=None, on=TODAY - DAY)
    before = path_of(amira, on=TODAY)
    new, became = copy_of(old)

    go(cohort, new, pairs_by(became, old), by=lantaarn.ilse)

    fresh(amira)
    after = path_of(amira, on=TODAY)
    assert (cohort.version, amira.version) == (new, new)
    assert told(after) == told(before)
    assert numbers(after) == numbers(before)
    assert after.standing.last_active == before.standing.last_active
    assert {part.id for level in after.levels for part in level.parts} <= set(became.values())


def test_carried_fact_says_where_it_comes_from(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    topic = topics_of(cohort)[0]
    fact = credit_topic(enrollment=amira, topic=topic, by=lantaarn.ilse, on=TODAY, evidence="A degree")
    new, became = copy_of(old)

    made = go(cohort, new, pairs_by(became, old), by=lantaarn.ilse)

    carried = ProgressEvent.objects.get(topic=became[topic.pk])
    assert (carried.carries, carried.move, carried.kind, carried.effective_on, carried.recorded_by) == (
        fact, made, "credited", TODAY, lantaarn.ilse,
    )  # fmt: skip
    assert carried.evidence == f"A degree\nCarried over from version 1: “{topic.title}”"


def test_hours_are_those_of_the_new_topic(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first = topics_of(cohort)[0]
    finish(amira, [first])
    new, became = copy_of(old, published=False)
    Topic.objects.filter(pk=became[first.pk]).update(hours=100)
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)
    new.refresh_from_db()
    plan = planned(cohort, new, pairs_by(became, old))

    go(cohort, new, pairs_by(became, old))

    fresh(amira)
    [leg] = plan.legs
    path = path_of(amira, on=TODAY)
    assert (path.standing.earned_planned, round(leg.hours_before)) == (100.0, 40)
    assert leg.hours_after == pytest.approx(path.earned)


def test_what_has_no_counterpart_stays_on_record(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    topics = topics_of(cohort)
    finish(amira, topics[:2])
    new, became = copy_of(old)
    pairs = pairs_by(became, old, without=[topics[0].pk])
    plan = planned(cohort, new, pairs)

    go(cohort, new, pairs)

    fresh(amira)
    [leg] = plan.legs
    [earlier] = earlier_results(amira)
    assert (leg.done, leg.carried, leg.left) == (2, 1, (topics[0].pk,))
    assert path_of(amira, on=TODAY).standing.earned_planned == float(topics[1].hours or 0)
    assert [
        (result.node.title, result.kind, result.counts_for) for _level, results in earlier.levels for result in results
    ] == [(topics[0].title, "completed", ()), (topics[1].title, "completed", (topics[1].title,))]


def test_several_count_for_one_once_all_are_done(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    first, second = topics_of(cohort)[:2]
    finish(amira, [first, second], on=TODAY - DAY)
    finish(daan, [first])
    new, became = copy_of(old)
    pairs = [Pair("topic", first.pk, became[first.pk]), Pair("topic", second.pk, became[first.pk])]
    summary = summary_of(planned(cohort, new, pairs))

    go(cohort, new, pairs)

    fresh(amira), fresh(daan)
    assert told(path_of(amira, on=TODAY)) == [(first.title, "completed", TODAY - DAY)]
    assert told(path_of(daan, on=TODAY)) == []
    assert [(left.node.title, left.learners, left.waits) for left in summary.left] == [
        (first.title, 1, (f"1.1.2 {second.title}",))
    ]


def test_one_counts_for_several(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second = topics_of(cohort)[:2]
    finish(amira, [first])
    new, became = copy_of(old)

    go(cohort, new, [Pair("topic", first.pk, became[first.pk]), Pair("topic", first.pk, became[second.pk])])

    fresh(amira)
    assert [title for title, _state, _day in told(path_of(amira, on=TODAY))] == [first.title, second.title]


def test_reopened_topics_are_not_carried(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first = topics_of(cohort)[0]
    finish(amira, [first])
    reopen_topic(enrollment=amira, topic=first, by=lantaarn.amira, on=TODAY)
    new, became = copy_of(old)

    go(cohort, new, pairs_by(became, old))

    fresh(amira)
    assert told(path_of(amira, on=TODAY)) == []


def test_work_goes_on_in_the_new_version(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second = topics_of(cohort)[:2]
    finish(amira, [first])
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    fresh(amira)

    with pytest.raises(CohortError) as refused:
        complete_topic(enrollment=amira, topic=second, by=lantaarn.amira, on=TODAY)
    complete_topic(enrollment=amira, topic=Topic.objects.get(pk=became[second.pk]), by=lantaarn.amira, on=TODAY)
    reopen_topic(enrollment=amira, topic=Topic.objects.get(pk=became[first.pk]), by=lantaarn.amira, on=TODAY)

    assert refused.value.code == "topic_not_in_path"
    assert [title for title, _state, _day in told(path_of(amira, on=TODAY))] == [second.title]


def test_project_passed_after_the_move_counts_now(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    project = projects_of(cohort)[0]
    new, became = copy_of(old)
    newest, later = copy_of(new)
    go(cohort, new, pairs_by(became, old))
    go(cohort, newest, pairs_by(later, new))
    fresh(amira)

    complete_project(enrollment=amira, project=project, by=lantaarn.joris, on=TODAY)
    complete_project(enrollment=amira, project=project, by=lantaarn.joris, on=TODAY)

    assert told(path_of(amira, on=TODAY)) == [(project.title, "completed", TODAY)]
    assert ProgressEvent.objects.filter(enrollment=amira).count() == 3


def test_nothing_counts_twice(lantaarn: Cast) -> None:
    """The hours of the last four weeks, the level's and the roster's are those of one version."""
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    finish(amira, topics_of(cohort)[:3], on=TODAY - 2 * DAY)
    [before] = standings_of([amira], on=TODAY)
    new, became = copy_of(old)

    go(cohort, new, pairs_by(became, old))

    [entry] = roster_of(cohort, on=TODAY).entries
    after = entry.standing
    assert (after.gained, after.earned, after.earned_planned) == (before.gained, before.earned, before.earned_planned)
    assert before.gained == 160.0


# -- who goes along ----------------------------------------------------------------------------------------------------


def test_who_has_left_or_follows_another_version_stays(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    other = active(cohort, member("Noor Visser", "noor@lantaarn.example", Role.LEARNER), since=TODAY - DAY)
    new, became = copy_of(old)
    newest, _later = copy_of(old)
    record_status(enrollment=daan, to="withdrawn", reason="work", effective_on=TODAY, by=None, at=AT)
    go(other, newest, [])
    summary = summary_of(planned(cohort, new, pairs_by(became, old)))

    go(cohort, new, pairs_by(became, old))

    for enrollment in (amira, daan, other):
        fresh(enrollment)
    assert [amira.version, daan.version, other.version] == [new, old, newest]
    assert [leg.enrollment for leg in summary.legs] == [amira]
    assert (summary.ended, summary.apart) == ((daan,), (other,))


def test_who_enters_later_follows_the_new_version(lantaarn: Cast) -> None:
    cohort = running_cohort()
    new, _became = copy_of(cohort.version)
    go(cohort, new, [])

    assert enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=TODAY).version == new


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_cohort_that_is_over_stays(lantaarn: Cast, status: str) -> None:
    cohort = running_cohort()
    new, _became = copy_of(cohort.version)
    Cohort.objects.filter(pk=cohort.pk).update(status=status)
    cohort.refresh_from_db()

    with pytest.raises(CohortError) as refused:
        planned(cohort, new, [])

    assert refused.value.code == "cohort_ended"


# -- where it can go ---------------------------------------------------------------------------------------------------


def test_only_other_published_versions_of_the_curriculum_are_offered(lantaarn: Cast) -> None:
    cohort = running_cohort()
    new, _became = copy_of(cohort.version)
    copy_of(cohort.version, published=False)
    published_version()

    assert versions_for(cohort) == [new]


def test_other_targets_are_refused(lantaarn: Cast) -> None:
    cohort = running_cohort()
    draft, _became = copy_of(cohort.version, published=False)
    other = published_version()
    short, _became = copy_of(cohort.version, published=False)
    Level.objects.filter(version=short, number=2).update(number=3)
    CurriculumVersion.objects.filter(pk=short.pk).update(status="published", published_at=AT)
    short.refresh_from_db()
    amira = active(cohort, lantaarn.amira)
    record_status(enrollment=amira, to="graduated", effective_on=TODAY, by=None, at=AT, decision=uuid7())
    new, _became = copy_of(cohort.version)

    def code(subject: Cohort | Enrollment, to: CurriculumVersion) -> str:
        with pytest.raises(CohortError) as refused:
            planned(subject, to, [])
        return refused.value.code

    assert [code(cohort, to) for to in (draft, other, short, cohort.version)] == [
        "version_not_published", "other_curriculum", "levels_missing", "same_version",
    ]  # fmt: skip
    assert code(amira, new) == "enrollment_ended"


def test_map_names_nodes_of_the_two_versions_only(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old)
    _third, later = copy_of(old)
    topic, project = topics_of(cohort)[0].pk, projects_of(cohort)[0].pk
    wrong = [
        Pair("topic", topic, later[topic]),
        Pair("topic", topic, uuid4()),
        Pair("topic", became[topic], became[topic]),
        Pair("project", topic, became[topic]),
        Pair("topic", topic, became[project]),
    ]

    codes = []
    for pair in wrong:
        with pytest.raises(CohortError) as refused:
            planned(cohort, new, [pair])
        codes.append(refused.value.code)

    assert codes == ["pair_not_of_versions"] * 5
    assert len(planned(cohort, new, [Pair("topic", topic, became[topic])] * 2).pairs) == 1


# -- agreeing ----------------------------------------------------------------------------------------------------------


def test_what_was_recorded_meanwhile_is_told(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    new, became = copy_of(old)
    pairs = pairs_by(became, old)
    plan = planned(cohort, new, pairs)
    finish(amira, topics_of(cohort)[:1])

    with pytest.raises(MoveConflict) as refused:
        move(subject=cohort, to=new, pairs=pairs, leaving=old.pk, agreed=plan.digest, key=None, by=None, at=AT)

    assert refused.value.code == "changed_meanwhile"
    assert not VersionMove.objects.exists()


def test_second_one_is_told_who_was_first(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old)
    other, later = copy_of(old)
    plan = planned(cohort, other, pairs_by(later, old))
    go(cohort, new, pairs_by(became, old), by=lantaarn.ilse)

    with pytest.raises(MoveConflict, match="Ilse Brouwer moved to version 2"):
        move(
            subject=cohort, to=other, pairs=plan.pairs, leaving=old.pk, agreed=plan.digest, key=uuid7(),
            by=lantaarn.ada, at=AT,
        )  # fmt: skip


def test_sending_it_twice_moves_once(lantaarn: Cast) -> None:
    cohort, key = running_cohort(), uuid7()
    active(cohort, lantaarn.amira)
    old = cohort.version
    new, became = copy_of(old)
    pairs = pairs_by(became, old)
    agreed = planned(cohort, new, pairs).digest

    moves = [
        move(subject=cohort, to=new, pairs=pairs, leaving=old.pk, agreed=agreed, key=key, by=lantaarn.ilse, at=AT)
        for _time in range(2)
    ]

    assert moves[0] == moves[1]
    assert (VersionMove.objects.count(), EnrollmentMove.objects.count()) == (1, 1)


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_hundred_learners_take_the_queries_of_one(lantaarn: Cast) -> None:
    counts = []
    for people, name in ((1, "One"), (30, "Many")):
        cohort = running_cohort(name=name)
        old = cohort.version
        topics = topics_of(cohort)
        for number in range(people):
            learner = member(f"Learner {number}", f"{name}{number}@lantaarn.example", Role.LEARNER)
            finish(active(cohort, learner), topics[:4])
        new, became = copy_of(old)
        pairs = pairs_by(became, old)
        plan = planned(cohort, new, pairs)
        with CaptureQueriesContext(connection) as captured:
            move(subject=cohort, to=new, pairs=pairs, leaving=old.pk, agreed=plan.digest, key=None, by=None, at=AT)
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 90
    assert ProgressEvent.objects.filter(move__isnull=False).count() == 31 * 4
    assert (MapPair.objects.count(), Curriculum.objects.count()) == (2 * len(pairs), 2)
