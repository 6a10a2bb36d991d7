"""A second reader, what is final when two agree or differ, and that nothing which counts sees a reading before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Role
from assessments.carrying import has_passed
from assessments.errors import AssessmentError
from assessments.gates import evaluate
from assessments.happenings import reviews
from assessments.mails import ASKED
from assessments.models import Review, Submission
from assessments.projects import projects_of
from assessments.reviewing import ask_second_reader, claim, decide
from assessments.second_reading import rules_in_force, set_rule
from assessments.submissions import withdraw
from cohorts.chronicle import Question
from cohorts.models import ProgressEvent
from curriculum.models import Project
from notifications.models import Message
from organizations.scope import scope
from tests.assessments.conftest import PROFICIENT, SUBMITTED, School, hand_in, judge
from tests.assessments.test_submissions import refused
from tests.conftest import Cast, member
from tests.outcomes.given import projects_on

DAY = timedelta(days=1)
LATER, LAST = SUBMITTED + DAY, SUBMITTED + 2 * DAY


def ask(school: School, submission: Submission) -> None:
    ask_second_reader(submission=submission, reason="Not my topic.", by=school.cast.joris, at=SUBMITTED)


def counts(school: School, project: Project, on: date) -> dict[str, bool]:
    """Whether the capstone is passed, as each part that counts says."""
    gate = {each.key: each.met for each in evaluate(school.amira, project.level, on=on).requirements}
    standing = {each.project.pk: each.status for each in projects_of(school.amira, at=LAST)}
    return {
        "gate": gate[f"project-{project.pk}"],
        "page": standing[project.pk] == "passed",
        "submit": has_passed(project, school.amira),
        "progress": ProgressEvent.objects.filter(project=project).exists(),
        "numbers": projects_on(on, school.amira).passed > 0,
    }


@pytest.mark.parametrize("verdict", ["pass", "changes_requested", "fail"])
def test_two_who_agree_are_final_from_the_second_on(school: School, verdict: str) -> None:
    submission = hand_in(school)
    ask(school, submission)
    first = judge(submission, school, verdict)
    submission.refresh_from_db()
    assert (first.is_final, submission.readings, submission.decided_at) == (False, 1, None)
    assert submission.standing(at=LATER) == "in_review"
    assert not Message.objects.filter(kind="review_decided").exists()
    assert not any(counts(school, school.capstone, LATER.date()).values())
    asked = Message.objects.filter(kind=ASKED).order_by("pk")
    assert [row.recipient for row in asked] == [school.cast.joris.user, school.cast.ilse.user]

    second = judge(submission, school, verdict, reviewer=school.cast.ilse, at=LATER)
    submission = Submission.objects.get(pk=submission.pk)
    assert (second.is_final, submission.readings, submission.decided_at) == (True, 2, LATER)
    assert (submission.first_reviewed_at, submission.verdict, submission.other_readings) == (SUBMITTED, second, [first])
    assert Message.objects.get(kind="review_decided").subject_id == second.pk
    passed = counts(school, school.capstone, LATER.date())
    assert set(passed.values()) == {verdict == "pass"}, passed
    assert not counts(school, school.capstone, SUBMITTED.date())["gate"]


def test_where_two_differ_staff_who_have_not_read_it_settle_with_a_third(school: School) -> None:
    submission = hand_in(school)
    ask(school, submission)
    judge(submission, school, "pass")
    noor = member("Noor Bakker", "noor@lantaarn.example", Role.MENTOR)
    judge(submission, school, "changes_requested", reviewer=noor, at=LATER)
    submission.refresh_from_db()
    assert (submission.readings, submission.decided_at, submission.assignee) == (2, None, school.cast.ilse)
    assert not any(counts(school, school.capstone, LATER.date()).values())
    assert [row.pk for row in Submission.objects.for_queue(school.cast.ilse)] == [submission.pk]
    sanne = member("Sanne Smit", "sanne@lantaarn.example", Role.MENTOR)
    assert list(Submission.objects.for_queue(sanne)) == []
    with refused("disputed"):
        claim(submission=submission, reviewer=sanne, at=LATER)
    with refused("in_review"):
        withdraw(submission=submission, by=school.cast.amira, at=LATER)

    third = judge(submission, school, "pass", reviewer=school.cast.ilse, at=LAST)
    assert all(counts(school, school.capstone, LAST.date()).values())
    assert [(row.reviewer.name, row.verdict, row.is_final) for row in Review.objects.order_by("submitted_at")] == [
        ("Joris Hoekema", "pass", False),
        ("Noor Bakker", "changes_requested", False),
        ("Ilse Brouwer", "pass", True),
    ]
    question = Question(enrollment=school.amira, ids=[school.amira.pk], viewer=school.cast.ilse, at=LAST, most=10)
    titles = [each.title for each in reviews(question)]
    assert titles == [
        "File organizer: Passed",
        "File organizer, a reading: Changes requested",
        "File organizer, a reading: Passed",
    ]
    with refused("already_decided"):
        claim(submission=submission, reviewer=sanne, at=LAST)
    assert third.is_final


def test_who_read_it_reads_it_once(school: School) -> None:
    submission = hand_in(school)
    ask(school, submission)
    review = judge(submission, school)
    assert list(Submission.objects.for_queue(school.cast.joris)) == []
    with refused("already_read"):
        claim(submission=submission, reviewer=school.cast.joris, at=LATER)
    with refused("already_read"):
        decide(review=review, scores=PROFICIENT, summary="", verdict="fail", at=LATER)


def test_second_reader_is_asked_for_with_a_reason_before_it_is_decided_and_once(school: School) -> None:
    submission = hand_in(school)
    with refused("reason_needed"):
        ask_second_reader(submission=submission, reason=" ", by=school.cast.joris, at=SUBMITTED)
    with refused("not_a_reviewer"):
        ask_second_reader(submission=submission, reason="x", by=school.cast.daan, at=SUBMITTED)
    ask(school, submission)
    with refused("asked_already"):
        ask(school, submission)
    done = hand_in(school, project=school.practice)
    judge(done, school)
    with refused("already_decided"):
        ask(school, done)


def test_rules_hold_for_final_capstones_the_closest_first(school: School) -> None:
    Project.objects.filter(pk=school.final.pk).update(kind=Project.Kind.FINAL_CAPSTONE)
    final, capstone = Project.objects.get(pk=school.final.pk), school.capstone
    cohort, project = {"cohort_id": school.cohort.pk}, {"project_id": final.pk}

    def asked(where: dict[str, object], is_asked: bool | None) -> tuple[bool, bool]:
        set_rule(**where, is_asked=is_asked, by=school.cast.ilse, at=SUBMITTED)
        rules = rules_in_force()
        return tuple(rules.asks(project=each, cohort_id=school.cohort.pk) for each in (final, capstone))

    assert not rules_in_force().asks(project=final, cohort_id=school.cohort.pk)
    assert asked({}, True) == (True, False)
    assert asked(cohort, False) == (False, False)
    assert asked(project, True) == (True, False)
    assert asked(project, None) == (False, False)
    assert asked(cohort, None) == (True, False)
    submission = hand_in(school, project=final)
    assert not judge(submission, school).is_final
    set_rule(is_asked=False, by=school.cast.ilse, at=LATER)
    # What one reader began under the rule still needs another.
    assert judge(submission, school, reviewer=school.cast.ilse, at=LAST).is_final


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_second", [False, True])
def test_two_who_hand_in_at_once_are_both_told_the_truth(cast: Cast, has_second: bool) -> None:
    from tests.assessments.conftest import _found

    with scope(cast.organization.pk):
        school = _found(cast)
        submission = hand_in(school)
        if has_second:
            ask(school, submission)
        drafts = [claim(submission=submission, reviewer=cast.joris, at=SUBMITTED)]
        drafts.append(claim(submission=submission, reviewer=cast.ilse, at=LATER))
    gate = Barrier(2)

    def hand_over(review: Review) -> str:
        try:
            gate.wait(timeout=30)
            with scope(cast.organization.pk):
                decide(review=review, scores=PROFICIENT, summary="", verdict="pass", at=LAST)
        except AssessmentError as error:
            return error.code
        finally:
            connection.close()
        return "handed in"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(hand_over, drafts))
    assert answers == (["handed in", "handed in"] if has_second else ["already_decided", "handed in"])
    with scope(cast.organization.pk):
        assert Review.objects.final().count() == 1
        assert Submission.objects.get().readings == 1 + has_second
