from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from assessments.errors import AssessmentError, ReviewIncomplete
from assessments.models import Criterion, Review, Rubric, Score, Submission
from assessments.queue import Wanted, last_overdue_day, queue_of
from assessments.reviewing import (
    CLAIM,
    DAYS_TO_REVIEW,
    Mark,
    claim,
    decide,
    gaps_in,
    hand_over,
    release,
    review_due_on,
    save_draft,
)
from assessments.rubrics import default_rubric
from assessments.submissions import withdraw
from assessments.working_days import add_working_days
from cohorts.models import ProgressEvent
from notifications.models import Message
from organizations.models import Organization
from tests.assessments.conftest import PROFICIENT, SUBMITTED, School, hand_in, judge
from tests.assessments.test_submissions import refused

AT = SUBMITTED + timedelta(days=1)
SOON = AT + timedelta(minutes=10)


def test_queue_has_own_learners_first_then_the_longest_waiting(school: School) -> None:
    theirs = hand_in(school, enrollment=school.daan, at=SUBMITTED - timedelta(days=3))
    older = hand_in(school, at=SUBMITTED - timedelta(days=1), project=school.practice)
    newer = hand_in(school)
    queue = Submission.objects.for_queue(school.cast.joris)
    assert [(row.pk, row.is_mine) for row in queue] == [(older.pk, True), (newer.pk, True), (theirs.pk, False)]
    assert [row.pk for row in Submission.objects.for_queue(school.cast.ilse)] == [theirs.pk, older.pk, newer.pk]


def test_queue_leaves_out_what_needs_no_review(school: School) -> None:
    judge(hand_in(school), school, "changes_requested")
    gone = hand_in(school, project=school.practice)
    withdraw(submission=gone, by=school.cast.amira, at=AT)
    hand_in(school, enrollment=school.daan)
    school.daan.status = "withdrawn"
    school.daan.save()
    assert list(Submission.objects.for_queue(school.cast.joris)) == []


def test_queue_never_shows_ones_own_work(school: School) -> None:
    submission = hand_in(school)
    school.cast.amira.roles = ["learner", "mentor"]
    school.cast.amira.save()
    assert list(Submission.objects.for_queue(school.cast.amira)) == []
    with refused("own_work"):
        claim(submission=submission, reviewer=school.cast.amira, at=AT)


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 27, 9, tzinfo=UTC), date(2026, 12, 4)),
        (datetime(2026, 11, 28, 9, tzinfo=UTC), date(2026, 12, 4)),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2026, 11, 30)),  # Monday already, in Amsterdam
    ],
)
def test_review_is_due_after_five_working_days(school: School, submitted: datetime, due: date) -> None:
    assert review_due_on(hand_in(school, at=submitted)) == due


@pytest.mark.parametrize(
    ("today", "overdue"),
    [(date(2026, 11, 30), []), (date(2026, 12, 1), [date(2026, 11, 23)]), (date(2026, 12, 6), [date(2026, 11, 23)])],
)
def test_overdue_are_those_whose_due_date_is_over(school: School, today: date, overdue: list[date]) -> None:
    hand_in(school, at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))  # Monday already, in Amsterdam
    hand_in(school, project=school.practice, at=datetime(2026, 11, 30, 9, tzinfo=UTC))
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    found = queue_of(school.cast.ilse, Wanted(only_overdue=True), at=now)
    assert [timezone.localdate(row.submitted_at) for row in found] == overdue
    assert all(review_due_on(row) < today for row in found)


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_last_overdue_day_is_the_last(today: date) -> None:
    last = last_overdue_day(today)
    assert add_working_days(last, DAYS_TO_REVIEW) < today <= add_working_days(last + timedelta(days=1), DAYS_TO_REVIEW)


def test_queue_shows_the_part_that_is_wanted(school: School) -> None:
    theirs, mine, last = (
        hand_in(school, enrollment=school.daan),
        hand_in(school, project=school.practice),
        hand_in(school, enrollment=school.daan, project=school.final),
    )

    def shown(**wanted: Any) -> set[UUID]:
        return {row.pk for row in queue_of(school.cast.joris, Wanted(**wanted), at=AT)}

    assert shown() == {theirs.pk, mine.pk, last.pk}
    assert shown(only_mine=True) == {mine.pk}
    assert shown(level=2) == {last.pk}
    assert shown(cohort="blended-2026", level=1) == {theirs.pk, mine.pk}
    assert shown(cohort="elsewhere") == set()


def test_released_attempt_can_be_taken_at_once_and_its_draft_is_kept(school: School) -> None:
    submission = hand_in(school)
    review = claim(submission=submission, reviewer=school.cast.joris, at=AT)
    save_draft(review=review, marks={"quality": Mark(2, "Names")}, summary="Mine", at=AT)
    release(review=review, at=SOON)
    with refused("not_held"):
        release(review=review, at=SOON)
    claim(submission=submission, reviewer=school.cast.ilse, at=SOON)
    review.refresh_from_db()
    assert (review.summary, review.is_live(at=SOON)) == ("Mine", False)


def test_draft_is_handed_over_by_who_does_not_hold_the_attempt(school: School) -> None:
    submission = hand_in(school)
    review = claim(submission=submission, reviewer=school.cast.joris, at=AT)
    with refused("not_to_hand_over"):
        hand_over(review=review, at=SOON)
    claim(submission=submission, reviewer=school.cast.ilse, at=AT + CLAIM)
    assert hand_over(review=review, at=AT + CLAIM).handed_over_at == AT + CLAIM
    # Taking it again takes the draft back.
    again = claim(submission=submission, reviewer=school.cast.joris, at=AT + 3 * CLAIM)
    assert (again.pk, again.handed_over_at) == (review.pk, None)


def test_claim_holds_an_attempt_for_half_an_hour(school: School) -> None:
    submission = hand_in(school)
    review = claim(submission=submission, reviewer=school.cast.joris, at=AT)
    assert review.claim_expires_at == AT + timedelta(minutes=30)
    with pytest.raises(
        AssessmentError, match=r"Joris Hoekema is reviewing this attempt, until at least 21:44 \(Amsterdam\)"
    ):
        claim(submission=submission, reviewer=school.cast.ilse, at=SOON)
    taken = claim(submission=submission, reviewer=school.cast.ilse, at=AT + CLAIM)
    assert taken.reviewer == school.cast.ilse


def test_claiming_again_goes_on_with_the_same_draft(school: School) -> None:
    submission = hand_in(school)
    review = claim(submission=submission, reviewer=school.cast.joris, at=AT)
    save_draft(review=review, marks={"quality": Mark(3, "Clear")}, summary="A real step up", at=AT)
    again = claim(submission=submission, reviewer=school.cast.joris, at=AT + timedelta(hours=5))
    assert (again.pk, again.summary) == (review.pk, "A real step up")
    assert again.claim_expires_at == AT + timedelta(hours=5) + CLAIM


def test_draft_outlives_somebody_elses_claim(school: School) -> None:
    submission = hand_in(school)
    review = claim(submission=submission, reviewer=school.cast.joris, at=AT)
    save_draft(review=review, marks={"quality": Mark(2, "Names")}, summary="Mine", at=AT)
    claim(submission=submission, reviewer=school.cast.ilse, at=AT + CLAIM)
    with refused("claimed"):
        save_draft(review=review, marks={}, summary="Lost?", at=AT + CLAIM)
    review.refresh_from_db()
    assert review.summary == "Mine"
    assert list(review.scores.values_list("criterion__key", "value", "comment")) == [("quality", 2, "Names")]


def test_saving_renews_the_claim(school: School) -> None:
    review = claim(submission=hand_in(school), reviewer=school.cast.joris, at=AT)
    save_draft(review=review, marks={"testing": Mark(None, "Line 41")}, summary="", at=SOON)
    save_draft(review=review, marks={"testing": Mark(2, "Line 41")}, summary="", at=SOON)
    assert review.claim_expires_at == SOON + CLAIM
    assert list(review.scores.values_list("criterion__key", "value", "comment")) == [("testing", 2, "Line 41")]


def test_learners_do_not_review(school: School) -> None:
    with refused("not_a_reviewer"):
        claim(submission=hand_in(school), reviewer=school.cast.daan, at=AT)


def test_withdrawn_attempt_is_not_reviewed(school: School) -> None:
    submission = hand_in(school)
    review = claim(submission=submission, reviewer=school.cast.joris, at=AT)
    withdraw(submission=submission, by=school.cast.amira, at=AT + CLAIM)
    with pytest.raises(AssessmentError, match="Amira Haddad withdrew this attempt"):
        decide(review=review, scores=PROFICIENT, summary="", verdict="pass", at=AT + CLAIM)


def test_pass_completes_the_project_and_tells_the_learner(school: School) -> None:
    submission = hand_in(school)
    at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # the 25th, in Amsterdam
    review = judge(submission, school, at=at)
    assert (review.verdict, review.submitted_at, review.summary) == ("pass", at, "Keep forty prompts apart.")
    event = ProgressEvent.objects.get()
    assert (event.project, event.kind, event.effective_on, event.recorded_by) == (
        school.capstone,
        "completed",
        date(2026, 11, 25),
        school.cast.joris,
    )
    message = Message.objects.exclude(kind="review_asked").get()
    assert (message.kind, message.recipient, message.subject_id, message.due_at) == (
        "review_decided",
        school.cast.amira.user,
        review.pk,
        at,
    )


@pytest.mark.parametrize("verdict", ["changes_requested", "fail"])
def test_other_verdicts_complete_nothing_but_are_told(school: School, verdict: str) -> None:
    judge(hand_in(school), school, verdict)
    assert not ProgressEvent.objects.exists()
    assert Message.objects.exclude(kind="review_asked").get().kind == "review_decided"


GAPS = [
    ("pass", {}, "", {"score_quality", "score_testing", "score_documentation"}),
    ("pass", {**PROFICIENT, "testing": Mark(None, "Half")}, "", {"score_testing"}),
    ("pass", {**PROFICIENT, "testing": Mark(2)}, "", {"comment_testing"}),
    ("pass", {**PROFICIENT, "testing": Mark(2, "Line 41")}, "", {"score_testing"}),
    ("changes_requested", {**PROFICIENT, "testing": Mark(2, " ")}, "Almost", {"comment_testing"}),
    ("changes_requested", PROFICIENT, " ", {"summary"}),
    ("fail", {}, "", {"score_quality", "score_testing", "score_documentation", "summary"}),
    ("pass", PROFICIENT, "", set()),
    ("changes_requested", {**PROFICIENT, "testing": Mark(1, "None run")}, "Almost", set()),
]


@pytest.mark.parametrize(("verdict", "marks", "summary", "fields"), GAPS)
def test_review_says_everything_it_lacks_at_once(
    school: School, verdict: str, marks: dict[str, Mark], summary: str, fields: set[str]
) -> None:
    gaps = gaps_in(default_rubric(), marks, summary=summary, verdict=verdict)
    assert {gap.field for gap in gaps} == fields


def test_incomplete_review_decides_nothing(school: School) -> None:
    review = claim(submission=hand_in(school), reviewer=school.cast.joris, at=AT)
    with pytest.raises(ReviewIncomplete) as incomplete:
        decide(review=review, scores={**PROFICIENT, "testing": Mark(2, "x")}, summary="", verdict="pass", at=SOON)
    [gap] = incomplete.value.gaps
    assert str(gap.message) == "To pass, testing must be proficient or better. Request changes instead"
    assert not Review.objects.submitted().exists()
    assert not Score.objects.exists()


def test_unknown_verdict_is_refused(school: School) -> None:
    review = claim(submission=hand_in(school), reviewer=school.cast.joris, at=AT)
    with refused("verdict_needed"):
        decide(review=review, scores=PROFICIENT, summary="", verdict="splendid", at=SOON)


def test_second_of_two_reviewers_is_told_who_decided(school: School) -> None:
    submission = hand_in(school)
    slow = claim(submission=submission, reviewer=school.cast.joris, at=AT)
    judge(submission, school, "changes_requested", reviewer=school.cast.ilse, at=AT + CLAIM)
    with pytest.raises(AssessmentError, match="Ilse Brouwer has decided on this attempt already: changes requested"):
        decide(review=slow, scores=PROFICIENT, summary="", verdict="pass", at=AT + CLAIM)
    assert [review.reviewer.name for review in Review.objects.submitted()] == ["Ilse Brouwer"]


def test_claim_that_ran_out_still_decides_when_nobody_took_over(school: School) -> None:
    review = claim(submission=hand_in(school), reviewer=school.cast.joris, at=AT)
    decide(review=review, scores=PROFICIENT, summary="", verdict="pass", at=AT + timedelta(days=2))
    assert review.verdict == "pass"


def test_review_keeps_the_rubric_it_began_with(school: School) -> None:
    review = claim(submission=hand_in(school), reviewer=school.cast.joris, at=AT)
    old = review.rubric
    newer = Rubric.objects.create(family=old.family, title=old.title, version=2, standard=4)
    assert default_rubric() == newer
    assert claim(submission=review.submission, reviewer=school.cast.joris, at=SOON).rubric == review.rubric
    taken_over = claim(submission=review.submission, reviewer=school.cast.ilse, at=SOON + CLAIM)
    assert taken_over.rubric == review.rubric


def test_default_rubric_is_made_once_in_the_organizations_language(school: School) -> None:
    rubric = default_rubric()
    assert default_rubric() == rubric
    assert (Rubric.objects.count(), rubric.standard) == (1, 3)
    assert list(Criterion.objects.order_by("position").values_list("key", "title", "question")) == [
        ("quality", "Quality", "Is the code clear, typed and safe to change?"),
        ("testing", "Testing", "Would the tests catch a regression?"),
        ("documentation", "Documentation", "Could someone else run and judge this?"),
    ]
    assert Criterion.objects.get(key="documentation").descriptions == [
        "No README, or setup fails.",
        "Setup works; results are not explained.",
        "Setup, results, limits and a model card.",
        "Also explains the choices not taken.",
    ]


def test_rubric_speaks_the_organizations_language(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = []
    override = translation.override
    monkeypatch.setattr("assessments.rubrics.translation.override", lambda code: spoken.append(code) or override(code))
    Organization.objects.filter(pk=school.cast.organization.pk).update(language="nl")
    default_rubric()
    assert spoken == ["nl"]


def test_mentors_review_learners_of_other_mentors_too(school: School) -> None:
    submission = hand_in(school, enrollment=school.daan)
    assert judge(submission, school).verdict == "pass"
