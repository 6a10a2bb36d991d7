"""What the judging of benchmarks writes to the learner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments.models import BenchmarkVerdict, Submission
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import enqueue

JUDGED = "benchmark_judged"


def tell_judged(made: BenchmarkVerdict, submission: Submission, *, at: datetime) -> None:
    """Tell the learner what was said."""
    person = submission.enrollment.learner.user
    enqueue(kind=JUDGED, recipient=person, key=f"{JUDGED}:{made.pk}", due_at=at, subject_id=made.pk)


def _reason_untrue(message: Message, now: datetime) -> str:
    made = BenchmarkVerdict.objects.filter(pk=str(message.subject_id)).select_related("report__submission").first()
    if made is None or made.report.submission.withdrawn_at is not None:
        return say("The result is no longer there.")
    newer = BenchmarkVerdict.objects.filter(report=made.report_id, decided_at__gt=made.decided_at)
    return say("Somebody has judged it again since.") if newer.exists() else ""


def _context(message: Message) -> Mapping[str, Any]:
    rows = BenchmarkVerdict.objects.select_related(
        "decided_by", "report__benchmark__project", "report__submission", "organization"
    )
    made = rows.get(pk=str(message.subject_id))
    report = made.report
    return {
        "name": message.recipient.first_name,
        "reviewer": made.decided_by.name,
        "project": report.benchmark.project.title,
        "benchmark": report.asked_words,
        "value": report.value_words,
        "is_verified": made.is_verified,
        "is_reached": report.is_reached,
        "reason": made.reason,
        "action_url": reverse("assessments:project", args=[made.organization.slug, report.benchmark.project_id]),
        "action_label": say("Open the project"),
    }


register(
    Kind(
        name=JUDGED,
        title=_("Your benchmark result was checked"),
        explanation=_("Somebody verified or rejected a result on a benchmark of your project."),
        in_digest=True,
        reason_untrue=_reason_untrue,
        context=_context,
    )
)
