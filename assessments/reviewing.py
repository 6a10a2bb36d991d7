"""Judging work: take an attempt, write a review that is saved as you go, decide. One review decides on an attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import announcing, mails
from assessments.errors import AssessmentError, Gap, ReviewIncomplete
from assessments.models import Review, Rubric, Score, Submission
from assessments.rubrics import default_rubric
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
    zone = ZoneInfo(submission.enrollment.cohort.time_zone)
    return add_working_days(timezone.localtime(submission.submitted_at, zone).date(), DAYS_TO_REVIEW)


def claim(*, submission: Submission, reviewer: Membership, at: datetime) -> Review:
    """Take an attempt for half an hour, or go on with one's own draft of a review for another half hour."""
    with transaction.atomic():
        locked = lock(submission)
        check_open(locked, reviewer=reviewer, at=at)
        mine = Review.objects.filter(submission=locked, reviewer=reviewer).first()
        if mine is None:
            return Review.objects.create(
                submission=locked,
                reviewer=reviewer,
                rubric=default_rubric(),
                claimed_at=at,
                claim_expires_at=at + CLAIM,
            )
        mine.claim_expires_at = at + CLAIM
        mine.save(update_fields=["claim_expires_at"])
    return mine


def save_draft(*, review: Review, marks: Marks, summary: str, at: datetime) -> Review:
    """Keep what is written so far and hold the attempt for another half hour."""
    with transaction.atomic():
        check_open(lock(review.submission), reviewer=review.reviewer, at=at)
        _write(review, marks, summary)
        review.claim_expires_at = at + CLAIM
        review.save(update_fields=["summary", "claim_expires_at"])
    return review


def decide(*, review: Review, scores: Marks, summary: str, verdict: str, at: datetime) -> Review:
    """Finish the review. A pass completes the project; the learner gets mail either way.

    Raises ReviewIncomplete with every gap at once; AssessmentError when somebody else decided or took over meanwhile.
    """
    if verdict not in Review.Verdict.values:
        raise AssessmentError("verdict_needed", _("Choose a verdict: pass, or request changes."))
    with transaction.atomic():
        submission = lock(review.submission)
        check_open(submission, reviewer=review.reviewer, at=at)
        if gaps := gaps_in(review.rubric, scores, summary=summary, verdict=verdict):
            raise ReviewIncomplete(gaps)
        _write(review, scores, summary)
        review.verdict, review.submitted_at = Review.Verdict(verdict), at
        review.save(update_fields=["summary", "verdict", "submitted_at"])
        if review.verdict == Review.Verdict.PASS:
            complete_project(
                enrollment=submission.enrollment,
                project=submission.project,
                by=review.reviewer,
                on=timezone.localtime(at, ZoneInfo(submission.enrollment.cohort.time_zone)).date(),
            )
        mails.queue_decision(review, submission)
        announcing.announce_verdict(review, submission)
        touch(submission.enrollment_id)
    return review


def gaps_in(rubric: Rubric, marks: Marks, *, summary: str = "", verdict: str = "") -> list[Gap]:
    """What the review lacks: scores, comments below proficient, and what the verdict asks for."""
    gaps = []
    for criterion in rubric.criteria.order_by("position"):
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


def check_open(submission: Submission, *, reviewer: Membership, at: datetime) -> None:
    """Raise AssessmentError, with names, unless this person may write a review of this attempt now."""
    if not (reviewer.is_mentor or reviewer.is_staff):
        raise AssessmentError("not_a_reviewer", _("Only mentors and program staff review work."))
    if submission.enrollment.learner_id == reviewer.pk:
        raise AssessmentError("own_work", _("This is your own work. Somebody else reviews it."))
    if submission.withdrawn_at is not None:
        learner = submission.enrollment.learner.name
        raise AssessmentError(
            "withdrawn", say("%(name)s withdrew this attempt, so there is nothing to review.") % {"name": learner}
        )
    reviews = list(Review.objects.filter(submission=submission).select_related("reviewer"))
    for review in reviews:
        if review.submitted_at is not None:
            words = {"name": review.reviewer.name, "verdict": review.get_verdict_display().lower()}
            raise AssessmentError(
                "already_decided", say("%(name)s has decided on this attempt already: %(verdict)s.") % words
            )
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
