"""What assessment writes to people."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments.models import Review, ReviewAssignment, ReviewQuerySet, Submission
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import enqueue

ASKED = "review_asked"
IS_NEWS = timedelta(days=7)


def queue_decision(review: Review, submission: Submission) -> None:
    """Tell the learner that there is a verdict. `review` has been submitted."""
    if review.submitted_at is None:
        raise ValueError("A review without a verdict is nobody's news.")
    enqueue(
        kind="review_decided",
        recipient=submission.enrollment.learner.user,
        key=f"review_decided:{review.pk}",
        due_at=review.submitted_at,
        subject_id=review.pk,
    )


def queue_asked(assignment: ReviewAssignment) -> None:
    """Tell somebody that a review is asked of them now, and why; after a week that is no news."""
    enqueue(
        kind=ASKED,
        recipient=assignment.reviewer.user,
        key=f"{ASKED}:{assignment.pk}",
        due_at=assignment.assigned_at,
        subject_id=assignment.pk,
        expires_at=assignment.assigned_at + IS_NEWS,
    )


def reason_not_asked(message: Message, now: datetime) -> str:
    """Why a message about an assignment does not hold: another was asked since, or it is over."""
    row = ReviewAssignment.objects.filter(pk=UUID(str(message.subject_id))).select_related("submission").first()
    if row is None or row.submission.assignee_id != row.reviewer_id or row.submission.assigned_at != row.assigned_at:
        return say("Somebody else was asked since.")
    if row.submission.decided_at is not None or row.submission.withdrawn_at is not None:
        return say("The attempt does not wait for a review anymore.")
    return ""


def asked_context(message: Message) -> Mapping[str, Any]:
    """What mails about an assignment show."""
    row = ReviewAssignment.objects.select_related(
        "reviewer", "assigned_by", "organization", "submission__project", "submission__enrollment__learner",
        "submission__enrollment__cohort",
    ).get(pk=UUID(str(message.subject_id)))  # fmt: skip
    submission = row.submission
    before = ReviewAssignment.objects.filter(submission=submission, assigned_at__lt=row.assigned_at)
    return {
        "name": row.reviewer.first_name,
        "learner": submission.enrollment.learner.name,
        "cohort": submission.enrollment.cohort.name,
        "project": submission.project.title,
        "attempt": submission.attempt,
        "submitted_at": submission.submitted_at,
        "reason": row.reason,
        "is_first": not before.exists(),
        "note": row.note,
        "asked_by": row.assigned_by.name if row.assigned_by else "",
        "action_url": reverse("assessments:review", args=[row.organization.slug, submission.pk]),
        "action_label": say("Open the work"),
    }


def _reviews(message: Message) -> ReviewQuerySet:
    return Review.objects.final().filter(pk__in=[message.subject_id])


def _reason_untrue(message: Message, now: datetime) -> str:
    return "" if _reviews(message).exists() else say("The review is no longer there.")


def _context(message: Message) -> Mapping[str, Any]:
    review = (
        _reviews(message)
        .select_related("reviewer", "submission__project", "submission__enrollment__learner", "organization")
        .get()
    )
    submission = review.submission
    return {
        "name": submission.enrollment.learner.first_name,
        "reviewer": review.reviewer.name,
        "project": submission.project.title,
        "attempt": submission.attempt,
        "verdict": review.get_verdict_display(),
        "decision": review.get_verdict_display().lower(),
        "passed": review.verdict == Review.Verdict.PASS,
        "summary": review.summary,
        "action_url": reverse("assessments:project", args=[review.organization.slug, submission.project_id]),
        "action_label": say("Read all feedback"),
    }


register(
    Kind(
        name="review_decided",
        title=_("Your work was reviewed"),
        explanation=_("A reviewer decided on what you submitted."),
        in_digest=True,
        reason_untrue=_reason_untrue,
        context=_context,
    )
)
register(
    Kind(
        name=ASKED,
        title=_("A review is asked of you"),
        explanation=_("Work was submitted or passed on that you are asked to review, as its first or second reader."),
        in_digest=True,
        reason_untrue=reason_not_asked,
        context=asked_context,
    )
)
