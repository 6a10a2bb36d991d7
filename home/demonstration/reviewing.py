"""How the demonstration's open work is reviewed: whom it is asked of, one that two people read, one half written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from accounts.models import Membership
from assessments.assigning import assign, overdue_assignments, pass_on
from assessments.models import Rubric, Submission
from assessments.reviewers import add_reviewer
from assessments.reviewing import Mark, ask_second_reader, claim, decide, save_draft
from assessments.rubric_editing import change_rubric, texts_of
from assessments.second_reading import set_rule
from cohorts.models import Enrollment
from curriculum.models import Curriculum, Level
from home.demonstration.records import at_noon

READING = (
    "The pipeline runs as the README says, and the tests cover what matters:\n\n"
    "- the split is made **before** anything is fitted\n"
    "- `evaluate.py` fails on an empty set, as it should\n\n"
    "I am not at home in *this* kind of model, so I asked for a second pair of eyes."
)
HALF = "Good structure. Still to read: `tests/`, and how the seed is set."
QUESTION = "Would the tests catch a regression, also on data that nobody has seen?"


def ask_for_reviews(
    rubric: Rubric, mentors: Sequence[Membership], *, by: Membership, now: datetime, until: date
) -> None:
    """Reviewers of the levels, everyone's open work asked of somebody, and what is under way."""
    founded = at_noon(until - timedelta(days=200))
    _mark_levels(mentors, by, founded)
    set_rule(is_asked=True, by=by, at=founded)
    waiting = Submission.objects.awaiting_review().filter(enrollment__status=Enrollment.Status.ACTIVE)
    for submission in waiting.select_related(
        "enrollment__cohort__lead", "enrollment__mentor", "project__version", "project__level"
    ):
        assign(submission=submission, at=submission.submitted_at)
    for mentor, work in ((mentors[0], _half_written), (mentors[-1], _read_once)):
        own = waiting.filter(enrollment__mentor=mentor, assignee=mentor).order_by("-submitted_at", "pk").first()
        if own is not None:
            work(own, mentor, at_noon(until))
    pass_on(at=now, pks=overdue_assignments(at=now))
    texts = [replace(text, question=QUESTION) if text.key == "testing" else text for text in texts_of(rubric)]
    change_rubric(rubric=rubric, title=rubric.title, standard=rubric.standard, criteria=texts, by=by, at=at_noon(until))


def _mark_levels(mentors: Sequence[Membership], by: Membership, at: datetime) -> None:
    """Two mentors for each level, in turn."""
    curriculum = Curriculum.objects.order_by("pk")[0]
    for number in Level.objects.order_by("number").values_list("number", flat=True).distinct():
        for place in {number % len(mentors), (number + 1) % len(mentors)}:
            add_reviewer(curriculum=curriculum, level=number, reviewer=mentors[place], by=by, at=at)


def _half_written(submission: Submission, reviewer: Membership, at: datetime) -> None:
    review = claim(submission=submission, reviewer=reviewer, at=at)
    save_draft(review=review, marks={"quality": Mark(3, "Small functions, **good names**.")}, summary=HALF, at=at)


def _read_once(submission: Submission, reviewer: Membership, at: datetime) -> None:
    reason = "I am not at home in this kind of model."
    ask_second_reader(submission=submission, reason=reason, by=reviewer, at=at)
    review = claim(submission=submission, reviewer=reviewer, at=at)
    marks = {key: Mark(3) for key in review.rubric.criteria.values_list("key", flat=True)}
    decide(review=review, scores=marks, summary=READING, verdict="pass", at=at)
