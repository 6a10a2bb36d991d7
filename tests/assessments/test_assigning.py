"""Whom a review is asked of, why, and who is next when nothing comes of it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, Role
from assessments.assigning import PASSED_ON, choose, overdue_assignments, pass_on
from assessments.mails import ASKED, asked_context, reason_not_asked
from assessments.models import LevelReviewer, ReviewAssignment, Submission
from assessments.reminders import KIND, queue_review_reminders
from assessments.reviewers import add_reviewer, remove_reviewer, reviewers_by_level
from assessments.reviewing import CLAIM, claim, save_draft
from assessments.submissions import withdraw
from assessments.tasks import pass_reviews_on
from curriculum.models import Curriculum
from mentoring.models import Mentor, TimeOff
from notifications.models import Message
from notifications.rules import set_offsets
from organizations.scope import scope
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.assessments.test_submissions import refused
from tests.conftest import member

DAY = timedelta(days=1)
#: Handed in on a Monday evening: two working days are over on Thursday.
THURSDAY = SUBMITTED + 3 * DAY


@pytest.fixture
def noor(school: School) -> Membership:
    """A mentor who reviews level 1."""
    noor = member("Noor Bakker", "noor@lantaarn.example", Role.MENTOR)
    mark(school, noor)
    return noor


def mark(school: School, reviewer: Membership, level: int = 1) -> LevelReviewer:
    curriculum = Curriculum.objects.get()
    return add_reviewer(curriculum=curriculum, level=level, reviewer=reviewer, by=school.cast.ilse, at=SUBMITTED)


def move_on(at: datetime) -> int:
    return pass_on(at=at, pks=overdue_assignments(at=at))


def told(submission: Submission) -> list[tuple[str, str, datetime]]:
    """Who was asked, why and when, in order."""
    rows = ReviewAssignment.objects.filter(submission=submission).order_by("assigned_at", "pk")
    return [(row.reviewer.name.split()[0], row.reason, row.assigned_at) for row in rows.select_related("reviewer")]


def assignee(submission: Submission) -> str:
    submission.refresh_from_db()
    return submission.assignee.name.split()[0] if submission.assignee else ""


def test_mentor_is_asked_first_then_a_reviewer_of_the_level_then_staff(school: School, noor: Membership) -> None:
    submission = hand_in(school)
    assert move_on(SUBMITTED + 2 * DAY) == 0
    assert move_on(THURSDAY) == 1
    assert move_on(THURSDAY) == 0
    friday_night = THURSDAY + DAY
    assert move_on(friday_night) == 0
    tuesday = THURSDAY + 5 * DAY
    assert move_on(tuesday) == 1
    assert move_on(tuesday + 30 * DAY) == 0
    assert told(submission) == [
        ("Joris", "mentor", SUBMITTED),
        ("Noor", "level", THURSDAY),
        ("Ilse", "staff", tuesday),
    ]
    assert assignee(submission) == "Ilse"
    asked = Message.objects.filter(kind=ASKED).order_by("due_at")
    assert [(message.recipient, message.due_at) for message in asked] == [
        (school.cast.joris.user, SUBMITTED),
        (noor.user, THURSDAY),
        (school.cast.ilse.user, tuesday),
    ]
    gone = "Somebody else was asked since."
    assert [reason_not_asked(message, tuesday) for message in asked] == [gone, gone, ""]
    told_why = [(each["reason"], each["is_first"]) for each in map(asked_context, asked)]
    assert told_why == [("mentor", True), ("level", False), ("staff", False)]


def test_who_has_no_mentor_goes_to_the_level_and_else_to_staff(school: School, noor: Membership) -> None:
    assert assignee(hand_in(school, enrollment=school.daan)) == "Noor"
    remove_reviewer(row=LevelReviewer.objects.get())
    assert assignee(hand_in(school, enrollment=school.daan, project=school.practice)) == "Ilse"
    school.cohort.lead = school.cast.ada
    school.cohort.save()
    school.daan.cohort.refresh_from_db()
    assert assignee(hand_in(school, enrollment=school.daan, project=school.final)) == "Ada"


def test_of_the_reviewers_of_a_level_the_one_with_the_fewest_open_is_asked(school: School, noor: Membership) -> None:
    mark(school, school.cast.joris)
    mark(school, member("Zed Later", "zed@lantaarn.example", Role.MENTOR), level=2)
    hand_in(school)  # Amira's mentor has one open now
    first = hand_in(school, enrollment=school.daan)
    second = hand_in(school, enrollment=school.daan, project=school.practice)
    assert (assignee(first), assignee(second)) == ("Noor", "Joris")
    withdraw(submission=first, by=school.cast.daan, at=SUBMITTED)
    assert assignee(hand_in(school, enrollment=school.daan)) == "Noor"
    assert assignee(hand_in(school, enrollment=school.daan, project=school.final)) == "Zed"


def test_who_is_away_is_passed_over_while_somebody_else_is_there(school: School, noor: Membership) -> None:
    def off(member: Membership, start: datetime, end: datetime) -> None:
        mentor = Mentor.objects.get_or_create(membership=member, defaults={"time_zone": "Europe/Amsterdam"})[0]
        TimeOff.objects.create(mentor=mentor, during=(start, end))

    off(school.cast.joris, SUBMITTED - DAY, SUBMITTED + timedelta(hours=4))  # back before tomorrow
    assert assignee(hand_in(school)) == "Joris"
    off(school.cast.joris, SUBMITTED - DAY, SUBMITTED + 14 * DAY)
    assert assignee(hand_in(school, project=school.practice)) == "Noor"
    off(noor, SUBMITTED, SUBMITTED + 14 * DAY)
    assert assignee(hand_in(school, project=school.final)) == "Ilse"
    Membership.objects.filter(pk__in=[school.cast.ilse.pk, school.cast.ada.pk]).update(joined_at=None)
    away = school.daan  # has no mentor: a reviewer of the level who is away is asked before nobody is
    assert assignee(hand_in(school, enrollment=away)) == "Noor"
    later = hand_in(school, enrollment=away, project=school.practice, at=SUBMITTED + 20 * DAY)
    assert assignee(later) == "Noor"


def test_days_until_the_next_are_the_organizations_own(school: School) -> None:
    submission = hand_in(school)
    set_offsets(amounts={PASSED_ON.name: 5}, by=school.cast.ilse.user, now=SUBMITTED)
    assert move_on(THURSDAY) == 0
    assert move_on(SUBMITTED + 8 * DAY) == 1
    assert assignee(submission) == "Ilse"


def test_nothing_goes_on_while_somebody_writes_or_once_it_is_over(school: School, noor: Membership) -> None:
    writing, decided, gone = (
        hand_in(school),
        hand_in(school, project=school.practice),
        hand_in(school, project=school.final),
    )
    judge(decided, school)
    withdraw(submission=gone, by=school.cast.amira, at=SUBMITTED)
    claim(submission=writing, reviewer=school.cast.joris, at=THURSDAY - timedelta(minutes=10))
    assert overdue_assignments(at=THURSDAY) == []
    assert overdue_assignments(at=THURSDAY + CLAIM) == [writing.pk]
    school.amira.status = "withdrawn"
    school.amira.save()
    assert overdue_assignments(at=THURSDAY + CLAIM) == []


def test_work_of_who_left_or_of_before_the_rule_is_asked_of_somebody(school: School, noor: Membership) -> None:
    left, before = hand_in(school), hand_in(school, project=school.practice)
    Submission.objects.filter(pk=before.pk).update(assignee=None, assigned_at=None)
    before.assignments.all()
    school.cast.joris.joined_at = None
    school.cast.joris.save()
    assert move_on(SUBMITTED + timedelta(hours=1)) == 2
    assert (assignee(left), assignee(before)) == ("Noor", "Noor")


def test_staff_ask_somebody_else_and_a_review_under_way_is_put_down_with_its_text(
    school: School, noor: Membership
) -> None:
    submission = hand_in(school)
    review = claim(submission=submission, reviewer=school.cast.joris, at=SUBMITTED)
    save_draft(review=review, marks={}, summary="Half", at=SUBMITTED)
    at = SUBMITTED + timedelta(minutes=5)
    choose(submission=submission, reviewer=noor, note=" You know this topic. ", by=school.cast.ilse, at=at)
    assert told(submission)[-1] == ("Noor", "chosen", at)
    row = ReviewAssignment.objects.get(reason="chosen")
    assert (row.note, row.assigned_by) == ("You know this topic.", school.cast.ilse)
    assert Message.objects.filter(kind=ASKED).latest("due_at").recipient == noor.user
    review.refresh_from_db()
    assert (review.is_live(at=at), review.summary) == (False, "Half")
    claim(submission=submission, reviewer=noor, at=at)


def test_staff_cannot_ask_who_may_not_judge_it(school: School) -> None:
    submission = hand_in(school)
    for person in (school.cast.amira, school.cast.daan):
        with refused("cannot_review"):
            choose(submission=submission, reviewer=person, note="", by=school.cast.ilse, at=SUBMITTED)
    judge(submission, school)
    with refused("not_open"):
        choose(submission=submission, reviewer=school.cast.ada, note="", by=school.cast.ilse, at=SUBMITTED)


def test_whoever_is_asked_is_reminded_once_on_the_next_working_morning(school: School) -> None:
    submission = hand_in(school)
    tuesday = (SUBMITTED + DAY).replace(hour=7, minute=0)  # 8:00 in Amsterdam
    assert queue_review_reminders(tuesday - timedelta(minutes=1)) == 0
    assert queue_review_reminders(tuesday) == 1
    assert queue_review_reminders(tuesday + timedelta(hours=1)) == 0
    message = Message.objects.get(kind=KIND)
    midnight = datetime(2026, 11, 26, tzinfo=timezone.get_current_timezone())
    assert (message.recipient, message.due_at, message.expires_at) == (school.cast.joris.user, tuesday, midnight)
    assert reason_not_asked(message, tuesday) == ""
    judge(submission, school)
    assert reason_not_asked(message, tuesday) == "The attempt does not wait for a review anymore."
    assert queue_review_reminders(tuesday + DAY) == 0


def test_only_who_reviews_can_be_marked_for_a_level_and_only_once(school: School, noor: Membership) -> None:
    with refused("reviewer_already"):
        mark(school, noor)
    with refused("cannot_review"):
        mark(school, school.cast.daan)
    assert [(each.number, [row.reviewer.name for row in each.rows]) for each in reviewers_by_level()] == [
        (1, ["Noor Bakker"]),
        (2, []),
    ]


def test_job_passes_on_what_waited_too_long(cohort_of_two: School) -> None:
    organization = cohort_of_two.cast.organization.pk
    with scope(organization):
        submission = hand_in(cohort_of_two, at=timezone.now() - 10 * DAY)
    pass_reviews_on(str(organization))
    with scope(organization):
        assert assignee(submission) == "Ilse"
