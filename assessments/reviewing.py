"""Judging work: take an attempt, write a review that is saved as you go, decide. One review is final for an attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import announcing, assigning, mails, second_reading
from assessments.errors import AssessmentError, Gap, ReviewIncomplete
from assessments.models import Criterion, Review, Rubric, Score, SecondReading, Submission
from assessments.rubrics import rubric_for
from assessments.submissions import lock
from assessments.working_days import add_working_days
from cohorts.progress import complete_project
from cohorts.touching import touch
from design.templatetags.design import zone_name

CLAIM = timedelta(minutes=30)
DAYS_TO_REVIEW = 5


@dataclass(frozen=True)
class Mark:
    """What a reviewer gives on one criterion: a score from 1 to 4, or none yet, and a comment."""

    value: int | None = None
    comment: str = ""


Marks = Mapping[str, Mark]


def review_due_on(submission: Submission) -> date:
    """Five working days after the submission, on the calendar of the cohort's time zone."""
    return add_working_days(submission.enrollment.cohort.today(submission.submitted_at), DAYS_TO_REVIEW)


def claim(*, submission: Submission, reviewer: Membership, at: datetime) -> Review:
    """Take an attempt for half an hour, or go on with one's own draft of a review for another half hour.

    Whoever reads it uses the version of the rubric with which the attempt was first taken.
    """
    with transaction.atomic():
        locked = lock(submission)
        check_open(locked, reviewer=reviewer, at=at)
        mine = Review.objects.filter(submission=locked, reviewer=reviewer).first()
        if mine is None:
            first = Review.objects.filter(submission=locked).select_related("rubric").order_by("claimed_at").first()
            return Review.objects.create(
                submission=locked,
                reviewer=reviewer,
                rubric=first.rubric if first is not None else rubric_for(locked),
                claimed_at=at,
                claim_expires_at=at + CLAIM,
            )
        mine.claim_expires_at, mine.handed_over_at = at + CLAIM, None
        mine.save(update_fields=["claim_expires_at", "handed_over_at"])
    return mine


def release(*, review: Review, at: datetime) -> Review:
    """Let others take the attempt again; what is written is kept."""
    with transaction.atomic():
        lock(review.submission)
        review.refresh_from_db()
        if not review.is_live(at=at):
            raise AssessmentError(
                "not_held", _("You do not hold this attempt anymore, so there is nothing to release.")
            )
        review.claim_expires_at = at
        review.save(update_fields=["claim_expires_at"])
    return review


def hand_over(*, review: Review, at: datetime) -> Review:
    """Show a draft to who reviews instead: whoever holds the attempt now, or decides on it later."""
    with transaction.atomic():
        lock(review.submission)
        review.refresh_from_db()
        if review.submitted_at is not None or review.is_live(at=at):
            raise AssessmentError(
                "not_to_hand_over", _("There is a draft to hand over once somebody else may take the attempt.")
            )
        review.handed_over_at = at
        review.save(update_fields=["handed_over_at"])
    return review


def save_draft(*, review: Review, marks: Marks, summary: str, at: datetime) -> Review:
    """Keep what is written so far and hold the attempt for another half hour."""
    with transaction.atomic():
        check_open(lock(review.submission), reviewer=review.reviewer, at=at)
        _write(review, marks, summary)
        review.claim_expires_at = at + CLAIM
        review.save(update_fields=["summary", "claim_expires_at"])
    return review


def decide(*, review: Review, scores: Marks, summary: str, verdict: str, at: datetime) -> Review:
    """Finish the review. When it is final, a pass completes the project, and the learner gets mail either way.

    When it is not, because a second reader is asked or disagrees, the next reader is told instead.
    Raises ReviewIncomplete with every gap at once; AssessmentError when somebody else decided or took over meanwhile.
    """
    if verdict not in Review.Verdict.values:
        raise AssessmentError("verdict_needed", _("Choose a verdict: pass, request changes, or fail."))
    with transaction.atomic():
        submission = lock(review.submission)
        before = check_open(submission, reviewer=review.reviewer, at=at)
        if gaps := gaps_in(review.rubric, scores, summary=summary, verdict=verdict):
            raise ReviewIncomplete(gaps)
        _write(review, scores, summary)
        review.verdict, review.submitted_at = Review.Verdict(verdict), at
        review.is_final = second_reading.is_final(submission, before, verdict)
        review.save(update_fields=["summary", "verdict", "submitted_at", "is_final"])
        if review.is_final:
            _conclude(review, submission, at)
        else:
            assigning.ask_next_reader(submission=submission, at=at)
        touch(submission.enrollment_id)
    return review


def _conclude(review: Review, submission: Submission, at: datetime) -> None:
    if review.verdict == Review.Verdict.PASS:
        complete_project(
            enrollment=submission.enrollment,
            project=submission.project,
            by=review.reviewer,
            on=submission.enrollment.cohort.today(at),
        )
    mails.queue_decision(review, submission)
    announcing.announce_verdict(review, submission)


def ask_second_reader(*, submission: Submission, reason: str, by: Membership, at: datetime) -> SecondReading:
    """Let who may review an attempt ask that another reads it as well, before it is decided."""
    with transaction.atomic():
        locked = lock(submission)
        check_open(locked, reviewer=by, at=at)
        return second_reading.ask_for_one(submission=locked, reason=reason, by=by, at=at)


def gaps_in(
    rubric: Rubric,
    marks: Marks,
    *,
    summary: str = "",
    verdict: str = "",
    criteria: Sequence[Criterion] | None = None,
) -> list[Gap]:
    """What the review lacks: scores, comments below proficient, and what the verdict asks for.

    `criteria` are the rubric's, in order, where the caller has them.
    """
    gaps = []
    for criterion in rubric.criteria.order_by("position") if criteria is None else criteria:
        key, mark = criterion.key, marks.get(criterion.key, Mark())
        words = {"criterion": criterion.title.lower(), "standard": str(Score.Value(rubric.standard).label).lower()}
        if mark.value is None:
            message = say("Choose a score for %(criterion)s") % words
            gaps.append(Gap(f"score_{key}", message, say("%(criterion)s has no score") % words))
        elif mark.value < Score.Value.PROFICIENT and not mark.comment.strip():
            message = say("Say what %(criterion)s needs: it is below proficient") % words
            gaps.append(Gap(f"comment_{key}", message, say("%(criterion)s needs a comment") % words))
        elif mark.value < rubric.standard and verdict == Review.Verdict.PASS:
            message = say("To pass, %(criterion)s must be %(standard)s or better. Request changes instead") % words
            gaps.append(Gap(f"score_{key}", message, say("%(criterion)s is below %(standard)s") % words))
    if verdict and verdict != Review.Verdict.PASS and not summary.strip():
        message = say("Write a summary: what works, then the one thing to change")
        gaps.append(Gap("summary", message, say("there is no summary")))
    return gaps


def check_open(
    submission: Submission, *, reviewer: Membership, at: datetime, reviews: Sequence[Review] | None = None
) -> list[Review]:
    """Raise AssessmentError, with names, unless this person may write a review of this attempt now.

    Returns the readings that were handed in before and did not decide, in order. `reviews` are all of the attempt, with
    who wrote them, where the caller has them.
    """
    if not (reviewer.is_mentor or reviewer.is_staff):
        raise AssessmentError("not_a_reviewer", _("Only mentors and program staff review work."))
    if submission.enrollment.learner_id == reviewer.pk:
        raise AssessmentError("own_work", _("This is your own work. Somebody else reviews it."))
    if submission.withdrawn_at is not None:
        learner = submission.enrollment.learner.name
        raise AssessmentError(
            "withdrawn", say("%(name)s withdrew this attempt, so there is nothing to review.") % {"name": learner}
        )
    if reviews is None:
        reviews = list(Review.objects.filter(submission=submission).select_related("reviewer"))
    for review in reviews:
        if review.is_final:
            words = {"name": review.reviewer.name, "verdict": review.get_verdict_display().lower()}
            raise AssessmentError(
                "already_decided", say("%(name)s has decided on this attempt already: %(verdict)s.") % words
            )
    readings = sorted((r for r in reviews if r.submitted_at is not None), key=lambda r: (r.submitted_at, r.pk))
    if any(review.reviewer_id == reviewer.pk for review in readings):
        raise AssessmentError(
            "already_read", _("You have read this attempt. Somebody else reads it too, then it is final.")
        )
    if len(readings) >= second_reading.SETTLING and not reviewer.is_staff:
        raise AssessmentError("disputed", _("Two readers disagree on this attempt. Program staff settle it."))
    for review in reviews:
        if review.reviewer_id != reviewer.pk and review.is_live(at=at):
            until = date_format(timezone.localtime(review.claim_expires_at), "H:i")
            words = {
                "name": review.reviewer.name,
                "time": until,
                "zone": zone_name(str(timezone.get_current_timezone())),
            }
            raise AssessmentError(
                "claimed", say("%(name)s is reviewing this attempt, until at least %(time)s (%(zone)s).") % words
            )
    return readings


def _write(review: Review, marks: Marks, summary: str) -> None:
    review.summary = summary.strip()
    criteria = {criterion.key: criterion for criterion in review.rubric.criteria.all()}
    Score.objects.bulk_create(
        [
            Score(review=review, criterion=criteria[key], value=mark.value, comment=mark.comment.strip())
            for key, mark in marks.items()
            if key in criteria
        ],
        update_conflicts=True,
        unique_fields=["organization", "review", "criterion"],
        update_fields=["value", "comment"],
    )
