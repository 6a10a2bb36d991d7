from datetime import date, timedelta

from assessments.risk import changes_unanswered, last_submissions
from assessments.submissions import withdraw
from cohorts.models import Enrollment
from cohorts.risk import Reason
from cohorts.standing import standings_of
from cohorts.thresholds import Limits
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge

DECIDED = SUBMITTED.date()


def reasons(school: School, on: date) -> list[tuple[object, Reason]]:
    people = Enrollment.objects.select_related("cohort__version").order_by("pk")
    return list(changes_unanswered(standings_of(people, on=on), on, Limits()))


def test_feedback_unanswered_for_fourteen_days_is_a_reason(school: School) -> None:
    attempt = hand_in(school)
    judge(attempt, school, "changes_requested")
    assert reasons(school, DECIDED + timedelta(days=13)) == []
    assert reasons(school, DECIDED + timedelta(days=14)) == [
        (
            school.amira.pk,
            Reason(
                key="changes_unanswered",
                text="Changes to “File organizer” unanswered for 14 days",
                since=DECIDED,
                icon="rotate-ccw",
                hot=True,
                about=str(attempt.pk),
                details={"title": "File organizer"},
            ),
        )
    ]


def test_new_attempt_answers_unless_it_was_withdrawn(school: School) -> None:
    judge(hand_in(school), school, "changes_requested")
    answer = hand_in(school, at=SUBMITTED + timedelta(days=20))
    late = DECIDED + timedelta(days=30)
    assert reasons(school, late) == []
    assert len(reasons(school, DECIDED + timedelta(days=19))) == 1
    withdraw(submission=answer, by=school.cast.amira, at=SUBMITTED + timedelta(days=21))
    assert len(reasons(school, late)) == 1


def test_oldest_feedback_is_the_one_reason(school: School) -> None:
    judge(hand_in(school, project=school.practice), school, "changes_requested", at=SUBMITTED + timedelta(days=2))
    judge(hand_in(school), school, "changes_requested")
    assert [reason.since for _, reason in reasons(school, DECIDED + timedelta(days=40))] == [DECIDED]


def test_passed_work_and_learners_on_leave_are_left_alone(school: School) -> None:
    judge(hand_in(school, enrollment=school.daan), school)
    assert reasons(school, DECIDED + timedelta(days=40)) == []


def test_submissions_count_as_activity(school: School) -> None:
    hand_in(school)
    hand_in(school, project=school.practice, at=SUBMITTED + timedelta(days=3))
    ids = [school.amira.pk, school.daan.pk]
    assert last_submissions(ids, DECIDED - timedelta(days=1)) == {}
    assert last_submissions(ids, DECIDED + timedelta(days=1)) == {school.amira.pk: DECIDED}
    assert last_submissions(ids, DECIDED + timedelta(days=9)) == {school.amira.pk: DECIDED + timedelta(days=3)}
