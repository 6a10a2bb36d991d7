"""What is written about gates and certificates: to learners what was decided, to staff what is asked of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models import Certificate, CertificateRevocation, LevelDecision, OverrideRequest
from cohorts.models import Enrollment
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import Draft, enqueue, enqueue_many

DECIDED, ASKED, ANSWERED, REVOKED = "level_decided", "override_asked", "override_answered", "certificate_revoked"
Answer = OverrideRequest.Answer


def tell_decided(decision: LevelDecision, enrollment: Enrollment, *, at: datetime) -> None:
    """Tell the learner that they passed a level, or that the pass was taken back and why."""
    enqueue(
        kind=DECIDED,
        recipient=enrollment.learner.user,
        key=f"{DECIDED}:{decision.pk}",
        due_at=at,
        subject_id=decision.pk,
    )


def tell_asked(request: OverrideRequest, people: Iterable[Membership]) -> None:
    """Ask each who may approve."""
    enqueue_many(
        Draft(
            kind=ASKED,
            recipient_id=person.user_id,
            key=f"{ASKED}:{request.pk}:{person.pk}",
            due_at=request.asked_at,
            subject_id=request.pk,
        )
        for person in people
    )


def tell_answered(request: OverrideRequest) -> None:
    """Tell who asked. `request` has been answered."""
    if request.answered_at is None:
        raise ValueError("A request without an answer is nobody's news.")
    enqueue(
        kind=ANSWERED,
        recipient=request.asked_by.user,
        key=f"{ANSWERED}:{request.pk}",
        due_at=request.answered_at,
        subject_id=request.pk,
    )


def tell_revoked(certificate: Certificate, *, at: datetime) -> None:
    """Tell the learner that a certificate does not hold any more while the level does, or has a new address."""
    enqueue(
        kind=REVOKED,
        recipient=certificate.enrollment.learner.user,
        key=f"{REVOKED}:{certificate.pk}",
        due_at=at,
        subject_id=certificate.pk,
    )


# -- to the learner ----------------------------------------------------------------------------------------------------


def _decision(message: Message) -> LevelDecision | None:
    found = LevelDecision.objects.filter(pk=UUID(str(message.subject_id)))
    return found.select_related("enrollment__learner", "enrollment__cohort", "level", "organization").first()


def _decision_gone(message: Message, now: datetime) -> str:
    """A later decision about the same level says it itself."""
    decision = _decision(message)
    if decision is None:
        return say("The decision is no longer there.")
    same = LevelDecision.objects.filter(enrollment=decision.enrollment_id, level=decision.level_id)
    latest = same.order_by("-effective_on", "-recorded_at", "-pk").first()
    return "" if latest == decision else say("Something else was decided since.")


def _decided(message: Message) -> Mapping[str, Any]:
    decision = _decision(message)
    if decision is None:
        raise LevelDecision.DoesNotExist
    passed = decision.outcome == LevelDecision.Outcome.PASSED
    return {
        "name": decision.enrollment.learner.first_name,
        "number": decision.level.number,
        "title": decision.level.title,
        "passed": passed,
        "graduated": passed and decision.level.number == decision.enrollment.cohort.last_level,
        "reason": "" if passed else decision.override_reason,
        "action_url": reverse("assessments:certificates", args=[decision.organization.slug]),
        "action_label": say("Your certificates"),
    }


def _revocation(message: Message) -> CertificateRevocation | None:
    found = CertificateRevocation.objects.filter(certificate=UUID(str(message.subject_id)))
    return found.select_related("certificate__enrollment__learner", "organization").first()


def _revoked(message: Message) -> Mapping[str, Any]:
    revocation = _revocation(message)
    if revocation is None:
        raise CertificateRevocation.DoesNotExist
    return {
        "name": revocation.certificate.enrollment.learner.first_name,
        "title": revocation.certificate.title,
        "is_replaced": revocation.cause == CertificateRevocation.Cause.REPLACED,
        "reason": revocation.reason,
        "action_url": reverse("assessments:certificates", args=[revocation.organization.slug]),
        "action_label": say("Your certificates"),
    }


# -- to staff ----------------------------------------------------------------------------------------------------------


def _request(message: Message) -> OverrideRequest:
    return OverrideRequest.objects.with_people().select_related("organization").get(pk=UUID(str(message.subject_id)))


def _answered_already(message: Message, now: datetime) -> str:
    pending = OverrideRequest.objects.pending().filter(pk=UUID(str(message.subject_id)))
    return "" if pending.exists() else say("It was answered or withdrawn.")


def _about(request: OverrideRequest) -> dict[str, Any]:
    return {
        "asked_by": request.asked_by.name,
        "learner": request.enrollment.learner.name,
        "cohort": request.enrollment.cohort.name,
        "number": request.level.number,
        "reason": request.reason,
    }


def _asked(message: Message) -> Mapping[str, Any]:
    request = _request(message)
    return {
        **_about(request),
        "action_url": reverse("assessments:override", args=[request.organization.slug, request.pk]),
        "action_label": say("Approve or decline"),
    }


def _answered(message: Message) -> Mapping[str, Any]:
    request = _request(message)
    return {
        **_about(request),
        "by": request.answered_by.name if request.answered_by else "",
        "is_approved": request.answer == Answer.APPROVED,
        "note": request.note,
        "action_url": reverse("assessments:gates", args=[request.organization.slug, request.enrollment_id]),
        "action_label": say("Level gates"),
    }


def _always(message: Message, now: datetime) -> str:
    return ""


register(
    Kind(
        name=DECIDED,
        title=_("A level was decided on"),
        explanation=_("You passed a level, or a pass was taken back."),
        reason_untrue=_decision_gone,
        context=_decided,
    )
)
register(
    Kind(
        name=REVOKED,
        title=_("A certificate was revoked"),
        explanation=_("A certificate of yours was revoked, or replaced by one with your corrected name."),
        reason_untrue=_always,
        context=_revoked,
    )
)
register(
    Kind(
        name=ASKED,
        title=_("An exception at a gate waits for approval"),
        explanation=_("A colleague wants to let a learner through although criteria are missing."),
        reason_untrue=_answered_already,
        context=_asked,
    )
)
register(
    Kind(
        name=ANSWERED,
        title=_("Your exception at a gate was answered"),
        explanation=_("A colleague approved or declined what you asked."),
        reason_untrue=_always,
        context=_answered,
    )
)
