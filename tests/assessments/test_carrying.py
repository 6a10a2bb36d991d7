"""Work, verdicts and gates of a learner who goes over to another version."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import Membership
from assessments import gates, risk
from assessments.errors import AssessmentError
from assessments.models import CarriedAttempt, LevelDecision, Review, Submission
from assessments.projects import attempts_at, enrollment_of, projects_of
from assessments.reviewing import claim
from assessments.submissions import submit, withdraw
from cohorts.models import ProgressEvent
from cohorts.move_summary import summary_of
from cohorts.path import path_of
from cohorts.progress import complete_topic
from cohorts.standing import standings_of
from cohorts.thresholds import Limits
from cohorts.version_map import Pair
from curriculum.models import CurriculumVersion, Project
from organizations.scope import scope
from tests.assessments.conftest import REPOSITORY, SUBMITTED, School, hand_in, judge
from tests.cohorts.moves import back, copy_of, fresh, go, pairs_by, planned

TODAY = SUBMITTED.date()
LATER = SUBMITTED + timedelta(days=1)


@pytest.fixture
def other(school: School) -> tuple[CurriculumVersion, dict[UUID, UUID]]:
    CurriculumVersion.objects.filter(pk=school.cohort.version_id).update(status="published", published_at=SUBMITTED)
    school.cohort.refresh_from_db()
    return copy_of(school.cohort.version)


def project(became: dict[UUID, UUID], old: Project) -> Project:
    return Project.objects.select_related("level").get(pk=became[old.pk])


def statuses(school: School) -> dict[str, str]:
    return {one.project.title: one.status for one in projects_of(school.amira, at=LATER) if one.status}


def over(school: School, new: CurriculumVersion, became: dict[UUID, UUID], **options: Any) -> None:
    go(school.cohort, new, pairs_by(became, school.cohort.version), at=SUBMITTED, **options)
    fresh(school.amira)


Other = tuple[CurriculumVersion, dict[UUID, UUID]]


def test_verdict_counts_for_what_the_project_became(school: School, other: Other) -> None:
    judge(hand_in(school), school)

    over(school, *other)

    here = project(other[1], school.capstone)
    assert statuses(school) == {"File organizer": "passed"}
    assert [attempt.attempt for attempt in attempts_at(here, school.amira)] == [1]
    with pytest.raises(AssessmentError) as refused:
        submit(enrollment=school.amira, project=here, links=REPOSITORY, by=school.cast.amira, at=LATER)
    assert refused.value.code == "already_passed"
    assert Submission.objects.get().project == school.capstone


def test_attempt_under_review_passes_for_the_new_project(school: School, other: Other) -> None:
    attempt = hand_in(school)
    over(school, *other)
    before = statuses(school)

    judge(attempt, school, at=LATER)

    report = gates.evaluate_all(school.amira, on=LATER.date())[0]
    [capstone] = [one for one in report.requirements if one.title == "File organizer"]
    assert (before, statuses(school)) == ({"File organizer": "submitted"}, {"File organizer": "passed"})
    assert capstone.met
    assert capstone.detail == ("Attempt 1 at “File organizer” passed on 24 November 2026, reviewed by Joris Hoekema")
    assert path_of(school.amira, on=LATER.date()).standing.earned_planned == 30.0


def test_attempts_are_numbered_on_and_one_waits_at_a_time(school: School, other: Other) -> None:
    attempt = hand_in(school)
    over(school, *other)
    here = project(other[1], school.capstone)

    with pytest.raises(AssessmentError) as refused:
        submit(enrollment=school.amira, project=here, links=REPOSITORY, by=school.cast.amira, at=LATER)
    withdraw(submission=attempt, by=school.cast.amira, at=LATER)
    second = submit(enrollment=school.amira, project=here, links=REPOSITORY, by=school.cast.amira, at=LATER)

    assert (refused.value.code, second.attempt, second.project) == ("attempt_waiting", 2, here)
    assert [one.attempt for one in attempts_at(here, school.amira)] == [2, 1]


def test_old_project_takes_no_more_work(school: School, other: Other) -> None:
    over(school, *other)

    with pytest.raises(AssessmentError) as refused:
        hand_in(school)

    assert refused.value.code == "other_curriculum"
    assert enrollment_of(school.cast.amira, school.capstone) == school.amira


def test_work_handed_in_since_goes_back(school: School, other: Other) -> None:
    over(school, *other)
    here = project(other[1], school.capstone)
    attempt = submit(enrollment=school.amira, project=here, links=REPOSITORY, by=school.cast.amira, at=SUBMITTED)

    back(school.cohort, at=SUBMITTED)
    fresh(school.amira)
    judge(attempt, school, at=LATER)

    assert statuses(school) == {"File organizer": "passed"}
    assert attempts_at(school.capstone, school.amira) == [attempt]
    assert path_of(school.amira, on=LATER.date()).standing.earned_planned == 30.0


def test_merged_projects_pass_together(school: School, other: Other) -> None:
    new, became = other
    judge(hand_in(school), school)
    waiting = hand_in(school, project=school.practice)
    merged = project(became, school.capstone)
    summary = summary_of(
        planned(school.cohort, new, pairs := [
            Pair("project", school.capstone.pk, merged.pk), Pair("project", school.practice.pk, merged.pk)
        ], at=SUBMITTED)
    )  # fmt: skip
    go(school.cohort, new, pairs, at=SUBMITTED)
    fresh(school.amira)
    half = statuses(school)

    judge(waiting, school, at=LATER)

    capstone = gates.evaluate_all(school.amira, on=LATER.date())[0].requirements[1]
    assert (half, statuses(school)) == ({"File organizer": "submitted"}, {"File organizer": "passed"})
    assert (capstone.met, capstone.detail.count("passed on")) == (True, 2)
    assert [(left.node.title, left.waits) for left in summary.left] == [("File organizer", ("Data story",))]
    assert set(CarriedAttempt.objects.values_list("is_whole", flat=True)) == {False}


def test_dropped_work_stays_on_record(school: School, other: Other) -> None:
    judge(hand_in(school), school, verdict="changes_requested")
    new, became = other
    pairs = pairs_by(became, school.cohort.version, without=[school.capstone.pk])
    summary = summary_of(planned(school.cohort, new, pairs, at=SUBMITTED))

    go(school.cohort, new, pairs, at=SUBMITTED)

    fresh(school.amira)
    later = TODAY + timedelta(days=40)
    assert [left.node.title for left in summary.work_left] == ["File organizer"]
    assert (statuses(school), Submission.objects.count()) == ({}, 1)
    assert list(risk.changes_unanswered(standings_of([school.amira], on=later), later, Limits())) == []


def test_changes_are_answered_in_the_new_version(school: School, other: Other) -> None:
    judge(hand_in(school), school, verdict="changes_requested")
    over(school, *other)
    later = TODAY + timedelta(days=40)

    def unanswered() -> int:
        return len(list(risk.changes_unanswered(standings_of([school.amira], on=later), later, Limits())))

    before = unanswered()
    submit(
        enrollment=school.amira, project=project(other[1], school.capstone), links=REPOSITORY, by=school.cast.amira,
        at=LATER,
    )  # fmt: skip

    assert (before, unanswered()) == (1, 0)


# -- gates -------------------------------------------------------------------------------------------------------------


def pass_first(school: School) -> LevelDecision:
    for topic in school.topics:
        complete_topic(enrollment=school.amira, topic=topic, by=school.cast.amira, on=TODAY)
    judge(hand_in(school), school)
    return gates.pass_level(
        enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=TODAY, at=SUBMITTED
    )


def test_level_that_was_passed_stays_passed(school: School, other: Other) -> None:
    decision = pass_first(school)
    summary = summary_of(planned(school.cohort, other[0], pairs_by(other[1], school.cohort.version), at=SUBMITTED))
    before = gates.evaluate_all(school.amira, on=TODAY)

    over(school, *other)

    after = gates.evaluate_all(school.amira, on=TODAY)
    assert [report.passed_on for report in after] == [report.passed_on for report in before] == [TODAY, None]
    assert [report.is_met for report in after] == [report.is_met for report in before]
    assert after[0].decision is not None
    assert (after[0].decision.carries, after[0].decision.evidence) == (decision, decision.evidence)
    assert (summary.levels, summary.levels_carried) == (1, 1)


def test_pass_taken_back_since_is_taken_back_there_too(school: School, other: Other) -> None:
    pass_first(school)
    over(school, *other)
    level = school.amira.version.levels.get(number=1)
    gates.revoke(
        enrollment=school.amira, level=level, by=school.cast.ilse, on=TODAY, at=SUBMITTED, reason="Copied work"
    )

    back(school.cohort, at=SUBMITTED)

    fresh(school.amira)
    report = gates.evaluate_all(school.amira, on=TODAY)[0]
    assert report.passed_on is None
    assert report.decision is not None
    assert report.decision.override_reason == "Copied work"


def test_undoing_leaves_decisions_as_they_were(school: School, other: Other) -> None:
    decision = pass_first(school)
    over(school, *other)

    back(school.cohort, at=SUBMITTED)

    fresh(school.amira)
    assert gates.evaluate_all(school.amira, on=TODAY)[0].decision == decision


def test_level_that_was_not_mapped_is_to_be_passed(school: School, other: Other) -> None:
    pass_first(school)
    new, became = other

    go(school.cohort, new, pairs_by(became, school.cohort.version, without=[school.levels[0].pk]), at=SUBMITTED)

    fresh(school.amira)
    assert [report.passed_on for report in gates.evaluate_all(school.amira, on=TODAY)] == [None, None]
    assert LevelDecision.objects.count() == 1


def test_verdict_without_a_fact_is_carried_too(school: School, other: Other) -> None:
    """Work judged elsewhere and brought in: the verdict is there, and no progress."""
    review = claim(submission=hand_in(school), reviewer=school.cast.joris, at=SUBMITTED)
    Review.objects.filter(pk=review.pk).update(verdict="pass", submitted_at=SUBMITTED, is_final=True)

    over(school, *other)

    carried = ProgressEvent.objects.get(project=other[1][school.capstone.pk])
    assert (carried.kind, carried.effective_on, carried.carries) == ("completed", TODAY, None)


# -- pages -------------------------------------------------------------------------------------------------------------

SignIn = Callable[[Membership | None], Client]


@pytest.fixture
def moved(cohort_of_two: School) -> tuple[School, dict[UUID, UUID]]:
    """Amira's attempt at the capstone waits for review, and the cohort has moved."""
    with scope(cohort_of_two.cast.organization.pk):
        CurriculumVersion.objects.filter(pk=cohort_of_two.cohort.version_id).update(
            status="published", published_at=SUBMITTED
        )
        cohort_of_two.cohort.refresh_from_db()
        hand_in(cohort_of_two)
        new, became = copy_of(cohort_of_two.cohort.version)
        over(cohort_of_two, new, became)
    return cohort_of_two, became


def test_pages_after_a_move(moved: tuple[School, dict[UUID, UUID]], sign_in: SignIn) -> None:
    school, became = moved
    client = sign_in(school.cast.amira)

    old = client.get(f"/o/lantaarn/projects/{school.capstone.pk}/").content.decode()
    new = client.get(f"/o/lantaarn/projects/{became[school.capstone.pk]}/").content.decode()
    listed = client.get("/o/lantaarn/projects/").content.decode()

    assert "This is a project of version 1, which you followed before." in old
    assert f"/projects/{became[school.capstone.pk]}/" in old
    assert "From version 1: File organizer" in new
    assert "Withdraw attempt 1" in new
    assert str(became[school.capstone.pk]) in listed
    assert str(school.capstone.pk) not in listed


def test_attempt_is_withdrawn_from_the_new_page(moved: tuple[School, dict[UUID, UUID]], sign_in: SignIn) -> None:
    school, became = moved

    sign_in(school.cast.amira).post(f"/o/lantaarn/projects/{became[school.capstone.pk]}/withdraw/")

    with scope(school.cast.organization.pk):
        assert Submission.objects.get().withdrawn_at is not None


def test_review_after_a_move(moved: tuple[School, dict[UUID, UUID]], sign_in: SignIn) -> None:
    school, _became = moved
    with scope(school.cast.organization.pk):
        attempt = Submission.objects.get()

    page = sign_in(school.cast.joris).get(f"/o/lantaarn/reviews/{attempt.pk}/")

    assert page.status_code == 200
