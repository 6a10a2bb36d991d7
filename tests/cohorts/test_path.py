"""A learner's path as they read it: hours, where they are, what is next, and when it ends at this pace."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.history import record_status
from cohorts.models import Break, Enrollment
from cohorts.outline import outline_of
from cohorts.path import Path, path_of
from cohorts.progress import complete_project, complete_topic, credit_topic, log_study, reopen_topic
from cohorts.studied import study_of
from tests.cohorts.given import START, requiring_version
from tests.cohorts.studying import (
    TODAY,
    active,
    finish,
    finish_level,
    log,
    projects_of,
    running_cohort,
    topics_of,
    uneven_cohort,
)
from tests.conftest import Cast

DAY = timedelta(days=1)


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    return active(running_cohort(), lantaarn.amira)


def test_a_fresh_path_begins_at_its_first_topic(amira: Enrollment) -> None:
    path = path_of(amira, on=TODAY)
    assert (path.earned, path.planned, path.credited, path.share) == (0, 400, 0, 0)
    assert [(level.number, level.state, level.hours) for level in path.levels] == [(1, "here", 200), (2, "ahead", 200)]
    assert path.next is not None
    assert path.next.title == "Basics 1"
    assert (path.pace, path.gain, path.ends_on) == (0, 0, None)


def test_work_and_credit_earn_hours_apart(lantaarn: Cast, amira: Enrollment) -> None:
    first, second, *_ = topics_of(amira.cohort)
    credit_topic(enrollment=amira, topic=first, by=lantaarn.ilse, on=START, evidence="Diploma")
    complete_topic(enrollment=amira, topic=second, by=lantaarn.amira, on=TODAY)
    path = path_of(amira, on=TODAY)
    assert (path.earned, path.credited) == (100, 40)
    assert [(part.title, part.state, part.done_on) for part in path.levels[0].modules[0].parts] == [
        ("Basics 1", "credited", START),
        ("Basics 2", "completed", TODAY),
        ("Basics capstone", "open", None),
    ]
    assert path.gain == 15  # 60 hours by work in four weeks; credit is no pace


def test_a_level_is_done_with_its_topics_and_projects(amira: Enrollment) -> None:
    finish(amira, topics_of(amira.cohort)[:4])
    path = path_of(amira, on=TODAY)
    assert [(level.state, level.share) for level in path.levels] == [("here", 1.0), ("ahead", 0.0)]
    assert path.next is not None
    assert path.next.title == "Basics capstone"
    for project in projects_of(amira.cohort)[:2]:
        complete_project(enrollment=amira, project=project, by=None, on=TODAY)
    path = path_of(amira, on=TODAY)
    assert [level.state for level in path.levels] == ["done", "here"]
    assert path.module is not None
    assert (path.module.code, path.module.done, path.module.total) == ("2.1", 0, 3)


def test_everything_done_is_exactly_the_planned_hours(amira: Enrollment) -> None:
    finish_level(amira, 1)
    finish_level(amira, 2)
    path = path_of(amira, on=TODAY)
    assert (path.earned, path.is_done, path.next, path.ends_on) == (400, True, None, None)


def test_a_path_as_of_an_earlier_day_knows_nothing_later(amira: Enrollment) -> None:
    topic = topics_of(amira.cohort)[0]
    complete_topic(enrollment=amira, topic=topic, by=None, on=TODAY - 9 * DAY)
    reopen_topic(enrollment=amira, topic=topic, by=None, on=TODAY - 3 * DAY)
    complete_topic(enrollment=amira, topic=topic, by=None, on=TODAY)
    days = [TODAY - 10 * DAY, TODAY - 9 * DAY, TODAY - 3 * DAY, TODAY]
    assert [path_of(amira, on=day).earned for day in days] == [0, 40, 0, 40]


def test_subtopics_make_up_their_topic_and_unnamed_hours_come_last(lantaarn: Cast) -> None:
    amira = active(uneven_cohort(), lantaarn.amira)
    algebra, vectors, matrices, calculus = topics_of(amira.cohort)
    finish(amira, [vectors, matrices])
    path = path_of(amira, on=TODAY)
    [row, alone] = path.levels[0].modules[0].rows
    assert (row.id, row.is_group, row.is_done, row.hours, alone.is_done) == (algebra.pk, True, True, 80, False)
    assert (path.earned, path.next.title if path.next else "") == (80, "Calculus")
    finish(amira, [calculus])
    path = path_of(amira, on=TODAY)
    assert (path.earned, path.levels[0].state, path.level.number if path.level else 0) == (100, "done", 2)
    complete_project(enrollment=amira, project=projects_of(amira.cohort)[0], by=None, on=TODAY)
    path = path_of(amira, on=TODAY)
    assert (path.earned, path.planned, path.is_done) == (150, 150, True)


def test_pace_and_projection_follow_the_last_four_weeks(amira: Enrollment) -> None:
    log(amira, 30, weeks=6)
    log_study(enrollment=amira, week=TODAY - 7 * DAY, hours=Decimal(10), by=None)  # the latest statement counts
    finish(amira, topics_of(amira.cohort)[:2], on=TODAY - 10 * DAY)
    path = path_of(amira, on=TODAY)
    assert (path.pace, path.standing.logged, path.standing.expected) == (25, 100, 80)
    assert path.gain == 25
    assert path.ends_on == TODAY + timedelta(days=84)  # 300 hours to go at 25 a week
    assert path.level_ends_on == TODAY + timedelta(days=28)


def test_work_from_before_a_leave_is_no_pace_of_the_days_after_it(lantaarn: Cast, amira: Enrollment) -> None:
    finish(amira, topics_of(amira.cohort)[:2], on=TODAY - 20 * DAY)
    back = TODAY - 14 * DAY
    record_status(enrollment=amira, to="on_leave", by=lantaarn.ilse, effective_on=back - DAY, returns_on=back)
    record_status(enrollment=amira, to="active", by=lantaarn.ilse, effective_on=back)
    path = path_of(amira, on=TODAY)
    assert (path.earned, path.gain, path.ends_on) == (100, 0, None)
    finish(amira, topics_of(amira.cohort)[2:3], on=TODAY)
    after = path_of(amira, on=TODAY)
    assert after.gain == (after.earned - 100) / 2 > 0  # in the two weeks since


def test_projection_waits_through_breaks(amira: Enrollment) -> None:
    finish(amira, topics_of(amira.cohort)[:2], on=TODAY - 10 * DAY)
    Break.objects.create(name="Winter", starts_on=date(2026, 12, 21), ends_on=date(2027, 1, 3), cohort=amira.cohort)
    assert path_of(amira, on=TODAY).ends_on == TODAY + timedelta(days=84 + 14)


def test_weeks_are_told_by_their_latest_statement(amira: Enrollment) -> None:
    for hours in (8, 12):
        log_study(enrollment=amira, week=TODAY - 7 * DAY, hours=Decimal(hours), by=None)
    log_study(enrollment=amira, week=START, hours=Decimal(5), by=None)
    assert study_of(amira, on=TODAY, weeks=3) == (
        [(TODAY - 14 * DAY, None, ""), (TODAY - 7 * DAY, 12.0, ""), (TODAY, None, "")],
        17.0,
        {START: 5.0, TODAY - 7 * DAY: 12.0},
    )


def test_milestones_near_show_reached_late_and_coming(amira: Enrollment) -> None:
    finish(amira, topics_of(amira.cohort)[:2], on=TODAY)
    path = path_of(amira, on=TODAY)
    near = path.milestones_near()
    assert [state for _, state in near] == sorted((state for _, state in near), key=["done", "now", ""].index)
    assert all(due.through_hours <= 100 for due, state in near if state == "done")
    assert all(due.due_on < TODAY for due, state in near if state == "now")


@pytest.mark.usefixtures("without_apps_above")
def test_a_path_costs_the_same_however_much_is_done(amira: Enrollment) -> None:
    outline_of(amira.cohort.version)
    counts = []
    for number in (1, 2):
        finish_level(amira, number)
        enrollment = Enrollment.objects.for_page().get(pk=amira.pk)
        with CaptureQueriesContext(connection) as captured:
            path_of(enrollment, on=TODAY)
        counts.append(len(captured))
    assert counts == [4, 4]


def required(path: Path) -> dict[str, list[tuple[str, int | None, bool]]]:
    modules = [module for level in path.levels for module in level.modules]
    return {m.code: [(each.code, each.level, each.is_done) for each in m.requires] for m in modules if m.requires}


def test_modules_say_what_they_require_and_whether_that_is_done(lantaarn: Cast) -> None:
    amira = active(running_cohort(version=requiring_version()), lantaarn.amira)
    finish(amira, topics_of(amira.cohort)[:2])
    assert required(path_of(amira, on=TODAY)) == {
        "1.2": [("1.1", 1, False)],
        "2.1": [("1.2", 1, False), ("1.1", 1, False)],
    }
    complete_project(enrollment=amira, project=projects_of(amira.cohort)[0], by=None, on=TODAY)
    path = path_of(amira, on=TODAY)
    assert required(path) == {"1.2": [("1.1", 1, True)], "2.1": [("1.2", 1, False), ("1.1", 1, True)]}
    first, last = path.levels
    assert [module.code for module in path.requiring(first.modules[0], within=first)] == ["1.2"]
    assert [module.code for module in path.requiring(first.modules[0], within=last)] == ["2.1"]
    assert path.requiring(None, within=first) == []


def test_what_lies_before_the_cohort_is_required_with_nothing_known_of_it(lantaarn: Cast) -> None:
    amira = active(running_cohort(version=requiring_version(), first_level=2), lantaarn.amira)
    assert required(path_of(amira, on=TODAY)) == {"2.1": [("1.2", None, False), ("1.1", None, False)]}


def test_requirements_cost_no_queries_of_their_own(lantaarn: Cast) -> None:
    plain = active(running_cohort(), lantaarn.daan)
    amira = active(running_cohort(version=requiring_version(), name="Requiring"), lantaarn.amira)
    counts = []
    for enrollment in (plain, amira):
        for _time in ("the outline is built", "and remembered"):
            found = Enrollment.objects.for_page().get(pk=enrollment.pk)
            with CaptureQueriesContext(connection) as captured:
                path_of(found, on=TODAY)
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


def test_in_a_scaled_cohort_hours_count_as_the_share_of_them(lantaarn: Cast) -> None:
    scaled = active(running_cohort(hours_share=Decimal("0.6")), lantaarn.amira)
    whole = active(running_cohort(version=scaled.version, name="Whole"), lantaarn.daan)
    for enrollment in (scaled, whole):
        finish(enrollment, topics_of(enrollment.cohort)[:2])
    path, plain = path_of(scaled, on=TODAY), path_of(whole, on=TODAY)

    assert (path.earned, path.planned, path.planned_in_full) == (60, 240, 400)
    assert [level.hours for level in path.levels] == [120, 120]
    assert (path.share, path.gain) == (plain.share, plain.gain * 0.6)
    assert path.ends_on == plain.ends_on  # as much is left at the same pace
    assert path.standing.earned_planned == plain.standing.earned_planned
    assert [part.hours for part in path.levels[0].parts] == [part.hours for part in plain.levels[0].parts]
