"""What learners hear who asked for credit."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from cohorts.models import CreditAnswer
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import enqueue

KIND = "credit_answered"
LASTS = timedelta(days=30)


def tell_answer(answer: CreditAnswer, *, now: datetime) -> None:
    """Mail the learner whether the project counts as done."""
    enqueue(
        kind=KIND,
        recipient=answer.request.enrollment.learner.user,
        key=f"{KIND}:{answer.pk}",
        due_at=now,
        subject_id=answer.pk,
        expires_at=now + LASTS,
    )


def _answer(message: Message) -> CreditAnswer | None:
    found = CreditAnswer.objects.select_related(
        "request__project", "request__enrollment__learner", "recorded_by", "organization"
    )
    return found.filter(pk=UUID(str(message.subject_id))).first()


def _gone(message: Message, now: datetime) -> str:
    return "" if _answer(message) else say("The request is no longer there.")


def _context(message: Message) -> Mapping[str, Any]:
    answer = _answer(message)
    if answer is None:
        return {}
    return {
        "name": answer.request.enrollment.learner.first_name,
        "by": answer.recorded_by.name,
        "granted": answer.kind == CreditAnswer.Kind.GRANTED,
        "project": answer.request.project.title,
        "reason": answer.reason,
        "action_url": reverse("cohorts:ask_for_credit", args=[answer.organization.slug, answer.request.project_id]),
        "action_label": say("See the answer"),
    }


register(
    Kind(
        name=KIND,
        title=_("Your request for credit was answered"),
        explanation=_("You asked that earlier work counts for a project; staff said yes or no."),
        reason_untrue=_gone,
        context=_context,
    )
)
