"""What assessment writes to people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments.models import Review, ReviewQuerySet, Submission
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import enqueue


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


def _reviews(message: Message) -> ReviewQuerySet:
    return Review.objects.submitted().filter(pk__in=[message.subject_id])


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
        "name": submission.enrollment.learner.name.split()[0],
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
