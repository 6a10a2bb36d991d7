"""Moving to another version, as rules: what is carried, what stays, what undoing gives back."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from cohorts.breaks import add_break
from cohorts.due_dates import set_due
from cohorts.earlier import earlier_results, recent_move
from cohorts.errors import CohortError
from cohorts.history import enroll, record_status
from cohorts.models import Cohort, Enrollment, EnrollmentMove, MapPair, Milestone, ProgressEvent, VersionMove
from cohorts.move_plan import versions_for
from cohorts.move_summary import summary_of
from cohorts.moving import MoveConflict, last_move, move, plan_undo, undo
from cohorts.path import Path, path_of
from cohorts.progress import complete_project, complete_topic, credit_topic, reopen_topic
from cohorts.reminders import queue_milestone_reminders
from cohorts.roster import roster_of
from cohorts.standing import Milestones, standings_of
from cohorts.version_map import Pair, propose
from curriculum.models import Curriculum, CurriculumVersion, Level, Topic
from organizations.models import uuid7
from tests.cohorts.given import a_cohort, published_version
from tests.cohorts.moves import AT, back, copy_of, fresh, go, pairs_by, planned
from tests.cohorts.studying import TODAY, active, finish, projects_of, running_cohort, topics_of, uneven_cohort
from tests.conftest import NOW, Cast, member

DAY = timedelta(days=1)


def told(path: Path) -> list[tuple[str, str, date | None]]:
    """What stands on the path: title, state and day of everything that is done."""
    return [(part.title, part.state, part.done_on) for level in path.levels for part in level.parts if part.is_done]


def milestones(cohort: Cohort) -> list[dict[str, object]]:
    return list(cohort.milestones.order_by("pk").values())


def numbers(path: Path) -> tuple[float, ...]:
    one = path.standing
    return one.earned, one.credited, one.earned_planned, one.level, one.level_earned, one.gained, path.planned


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
    record_status(enrollment=amira, to="graduated", effective_on=TODAY, by=None, at=AT)
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


# -- undoing -----------------------------------------------------------------------------------------------------------


def test_undoing_gives_everything_back(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    finish(amira, topics_of(cohort)[:2])
    before, schedule = path_of(amira, on=TODAY), milestones(cohort)
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    assert milestones(cohort) != schedule

    back(cohort)

    fresh(amira)
    after = path_of(amira, on=TODAY)
    assert (cohort.version, amira.version) == (old, old)
    assert (told(after), numbers(after), milestones(cohort)) == (told(before), numbers(before), schedule)
    assert recent_move(amira, on=TODAY) is None


def test_what_happened_since_comes_along(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second, third = topics_of(cohort)[:3]
    finish(amira, [first, second])
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    fresh(amira)
    reopen_topic(enrollment=amira, topic=Topic.objects.get(pk=became[first.pk]), by=lantaarn.amira, on=TODAY)
    complete_topic(enrollment=amira, topic=Topic.objects.get(pk=became[third.pk]), by=lantaarn.amira, on=TODAY)

    back(cohort)

    fresh(amira)
    assert [title for title, _state, _day in told(path_of(amira, on=TODAY))] == [second.title, third.title]


def test_what_was_merged_and_left_alone_is_given_back(lantaarn: Cast) -> None:
    """One of two topics that became one: open there, and done here as it was."""
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second = topics_of(cohort)[:2]
    finish(amira, [first])
    new, became = copy_of(old)
    go(cohort, new, [Pair("topic", first.pk, became[first.pk]), Pair("topic", second.pk, became[first.pk])])

    back(cohort)

    fresh(amira)
    assert [title for title, _state, _day in told(path_of(amira, on=TODAY))] == [first.title]


def test_undoing_is_for_the_same_day(lantaarn: Cast) -> None:
    cohort = running_cohort()
    new, became = copy_of(cohort.version)
    go(cohort, new, pairs_by(became, cohort.version))

    with pytest.raises(CohortError) as refused:
        back(cohort, at=AT + DAY)

    assert refused.value.code == "too_late_to_undo"
    assert "The move was on 23 November 2026" in str(refused.value)


def test_undoing_twice_finds_nothing(lantaarn: Cast) -> None:
    cohort, key = running_cohort(), uuid7()
    old = cohort.version
    new, became = copy_of(old)
    go(cohort, new, pairs_by(became, old))
    agreed = plan_undo(subject=cohort, today=TODAY).digest
    first = undo(subject=cohort, agreed=agreed, key=key, by=lantaarn.ilse, at=AT)
    fresh(cohort)

    assert undo(subject=cohort, agreed=agreed, key=key, by=lantaarn.ilse, at=AT) == first
    with pytest.raises(CohortError) as refused:
        plan_undo(subject=cohort, today=TODAY)
    assert (refused.value.code, last_move(cohort)) == ("nothing_to_undo", None)


def test_who_moved_on_alone_does_not_go_back(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    new, became = copy_of(old)
    newest, later = copy_of(new)
    go(cohort, new, pairs_by(became, old))
    fresh(amira)
    go(amira, newest, pairs_by(later, new))

    back(cohort)

    fresh(amira), fresh(daan)
    assert (amira.version, daan.version, cohort.version) == (newest, old, old)


def test_moving_back_later_is_another_move(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    first, second, third = topics_of(cohort)[:3]
    finish(amira, [first, second])
    new, became = copy_of(old)
    pairs = pairs_by(became, old)
    go(cohort, new, pairs)
    fresh(amira)
    reopen_topic(enrollment=amira, topic=Topic.objects.get(pk=became[first.pk]), by=None, on=TODAY)
    complete_topic(enrollment=amira, topic=Topic.objects.get(pk=became[third.pk]), by=None, on=TODAY)

    go(cohort, old, [Pair(pair.kind, pair.new, pair.old) for pair in pairs], at=AT + DAY)
    there = path_of_now(amira)
    go(cohort, new, pairs, at=AT + 2 * DAY)
    again = path_of_now(amira)

    assert [title for title, _state, _day in told(there)] == [second.title, third.title]
    assert told(again) == told(there)


def path_of_now(enrollment: Enrollment) -> Path:
    fresh(enrollment)
    return path_of(enrollment, on=TODAY + 2 * DAY)


def test_tracks_go_along_and_come_back(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    draft, _became = copy_of(old, published=False)
    track = draft.levels.get(number=2).tracks.create(number=1, title="Vision")
    draft.projects.create(level=track.level, track=track, kind="track", title="Vision", position=900)
    CurriculumVersion.objects.filter(pk=draft.pk).update(status="published", published_at=AT)
    draft.refresh_from_db()
    newest, later = copy_of(draft)
    other = running_cohort(version=draft, name="Utrecht 2026")
    amira = active(other, lantaarn.amira)
    Enrollment.objects.filter(pk=amira.pk).update(track=track)
    fresh(amira)

    go(other, newest, pairs_by(later, draft))
    fresh(amira)
    there = amira.track_id
    back(other)
    fresh(amira)

    assert (there, amira.track) == (later[track.pk], track)


# -- the schedule ------------------------------------------------------------------------------------------------------


def test_past_stays_and_the_rest_is_of_the_new_version(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old)
    before = list(cohort.milestones.order_by("position").values_list("title", "due_on"))

    go(cohort, new, pairs_by(became, old))

    after = cohort.milestones.order_by("position").values_list("title", "due_on", "level__version__number")
    assert [row[:2] for row in after] == before
    assert [row[2] for row in after] == [1, 1, 2, 2]


def test_what_the_new_version_adds_comes_later(lantaarn: Cast) -> None:
    """Two hundred hours more in level 1: ten weeks more, counted from the start as before."""
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old, published=False)
    Level.objects.filter(version=new, number=1).update(hours=400)
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)
    new.refresh_from_db()

    go(cohort, new, pairs_by(became, old))

    gate = cohort.milestones.get(kind="gate", level__version=new, level__number=1)
    assert (gate.due_on, max(cohort.milestones.values_list("due_on", flat=True))) == (
        date(2027, 1, 24), date(2027, 4, 4),
    )  # fmt: skip


def test_cohort_that_has_not_begun_gets_the_new_schedule(lantaarn: Cast) -> None:
    cohort = a_cohort()
    old = cohort.version
    new, became = copy_of(old)
    before = list(cohort.milestones.order_by("position").values_list("title", "due_on"))

    go(cohort, new, pairs_by(became, old))

    assert list(cohort.milestones.order_by("position").values_list("title", "due_on")) == before
    assert set(cohort.milestones.values_list("level__version", flat=True)) == {new.pk}


def test_nothing_is_due_before_the_move(lantaarn: Cast) -> None:
    """A cohort past its last date: the new version's last gate is due on the day of the move."""
    cohort = running_cohort(starts_on=date(2026, 1, 5))
    old = cohort.version
    new, became = copy_of(old)

    go(cohort, new, pairs_by(became, old))

    assert list(cohort.milestones.filter(level__version=new).values_list("kind", "due_on")) == [("gate", TODAY)]


def test_date_set_by_hand_stays_and_asks_for_its_share(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    last = cohort.milestones.order_by("position").last()
    assert last is not None
    set_due(milestone=last, due_on=date(2027, 3, 1))
    new, became = copy_of(old, published=False)
    Topic.objects.filter(module__level__version=new).update(hours=80)
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)
    new.refresh_from_db()

    go(cohort, new, pairs_by(became, old))
    moved = Milestone.objects.get(pk=last.pk)
    back(cohort)

    assert (moved.due_on, moved.is_fixed, moved.level.version, moved.through_hours) == (
        date(2027, 3, 1), True, new, 640,
    )  # fmt: skip
    assert Milestone.objects.get(pk=last.pk).through_hours == last.through_hours


def test_what_the_old_version_asked_for_is_not_asked_for_any_more(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    finish(amira, topics_of(cohort)[:2])
    new, _became = copy_of(old)

    go(cohort, new, [])

    roster = roster_of(cohort, on=TODAY)
    first = roster.milestones[0]
    standings = {entry.enrollment.pk: entry.standing for entry in roster.entries}
    assert {pk: one.has_reached(first) for pk, one in standings.items()} == {amira.pk: True, daan.pk: False}
    assert {due.version_id for one in standings.values() if (due := one.next_milestone)} == {new.pk}
    assert [len(one.milestones) for one in standings.values()] == [3, 2]


def test_learner_apart_has_milestones_of_their_own(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    new, became = copy_of(old)

    go(amira, new, pairs_by(became, old))

    def due(enrollment: Enrollment) -> list[tuple[str, date]]:
        [one] = standings_of([Enrollment.objects.select_related("cohort").get(pk=enrollment.pk)], on=TODAY)
        return [(due.title, due.due_on) for due in one.milestones if due.due_on >= TODAY]

    assert due(amira) == due(daan) == [
        ("2.1 Basics: complete", date(2026, 12, 20)), ("Level 2 gate", date(2027, 1, 24)),
    ]  # fmt: skip
    assert {row.level.version for row in amira.milestones.all()} == {new}
    add_break(name="Winter", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 7), cohort=cohort, today=TODAY)
    assert due(amira) == due(daan) != []
    back(amira)
    assert not amira.milestones.exists()


def test_learner_apart_is_reminded(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    new, became = copy_of(old)
    go(amira, new, pairs_by(became, old))

    assert queue_milestone_reminders(NOW + 21 * DAY) == 1


def test_cohort_that_joins_a_learner_takes_over_their_milestones(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    new, became = copy_of(old)
    go(amira, new, pairs_by(became, old))
    own = set(amira.milestones.values_list("pk", flat=True))

    go(cohort, new, pairs_by(became, old))
    fresh(amira)
    joined = amira.milestones.count()
    back(cohort)

    assert (joined, set(amira.milestones.values_list("pk", flat=True))) == (0, own)
    assert Milestones(cohorts=[cohort.pk]).of(amira)


# -- the proposal ------------------------------------------------------------------------------------------------------


def test_proposal_pairs_what_is_the_same(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old)

    proposal = propose(old, new)

    assert set(proposal.pairs) == set(pairs_by(became, old))
    assert set(proposal.sureness.values()) == {"same"}


def test_topic_that_got_subtopics_counts_for_each(lantaarn: Cast) -> None:
    cohort = uneven_cohort()
    old = cohort.version
    new, became = copy_of(old, published=False)
    calculus = Topic.objects.get(module__level__version=old, title="Calculus")
    parent = Topic.objects.get(pk=became[calculus.pk])
    parts = [
        Topic.objects.create(module=parent.module, parent=parent, position=number, title=title).pk
        for number, title in ((8, "Derivatives"), (9, "Integrals"))
    ]
    back_there = Topic.objects.get(module__level__version=new, title="Algebra")
    Topic.objects.filter(parent=back_there).delete()
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)

    proposal = propose(old, CurriculumVersion.objects.get(pk=new.pk))

    algebra = set(
        Topic.objects.filter(module__level__version=old, parent__title="Algebra").values_list("pk", flat=True)
    )
    assert set(proposal.targets[calculus.pk]) == set(parts)
    assert set(proposal.sources[back_there.pk]) == algebra


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
