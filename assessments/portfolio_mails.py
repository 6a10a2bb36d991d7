"""What the portfolio review writes to the learner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments.models import PortfolioReview, Submission
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import enqueue

JUDGED = "portfolio_judged"


def tell_judged(made: PortfolioReview, submission: Submission, *, at: datetime) -> None:
    """Mail the learner what was said."""
    person = submission.enrollment.learner.user
    enqueue(kind=JUDGED, recipient=person, key=f"{JUDGED}:{made.pk}", due_at=at, subject_id=made.pk)


def _reason_untrue(message: Message, now: datetime) -> str:
    made = PortfolioReview.objects.filter(pk=str(message.subject_id)).first()
    if made is None:
        return say("The portfolio review is no longer there.")
    newer = PortfolioReview.objects.filter(submission=made.submission_id, recorded_at__gt=made.recorded_at)
    return say("Somebody has judged it again since.") if newer.exists() else ""


def _context(message: Message) -> Mapping[str, Any]:
    rows = PortfolioReview.objects.select_related("reviewer", "submission__project", "organization")
    made = rows.get(pk=str(message.subject_id))
    return {
        "name": message.recipient.first_name,
        "reviewer": made.reviewer.name,
        "project": made.submission.project.title,
        "is_publishable": made.is_publishable,
        "note": made.note,
        "missing": made.missing,
        "action_url": reverse("assessments:project", args=[made.organization.slug, made.submission.project_id]),
        "action_label": say("Open the project"),
    }


register(
    Kind(
        name=JUDGED,
        title=_("Your capstone was judged for your portfolio"),
        explanation=_("Somebody said whether a capstone of yours is ready to be published."),
        in_digest=True,
        reason_untrue=_reason_untrue,
        context=_context,
    )
)
