"""Learners ask credit for a project that they could do before; staff grant it or decline it with a reason.

A learner has one request at a time that waits for a project. Whatever is done with one holds the enrollment first.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.credit import CREDITABLE, grant_credit, propose_credit
from cohorts.credit_mails import tell_answer
from cohorts.errors import CohortError
from cohorts.models import CreditAnswer, CreditRequest, Enrollment, ProgressEvent
from cohorts.progress import locked
from curriculum.models import Project

Kind = CreditAnswer.Kind


@dataclass(frozen=True, kw_only=True)
class CreditView:
    """Of a learner's project: the credit that stands, the latest request, and whether they can ask, perhaps again."""

    credited: ProgressEvent | None
    asked: CreditRequest | None
    can_ask: bool


def credit_view(enrollment: Enrollment, project: Project) -> CreditView:
    """Three queries."""
    rows = CreditRequest.objects.filter(enrollment=enrollment, project=project)
    asked = rows.prefetch_related("answers__recorded_by").order_by("-asked_at", "-pk").first()
    facts = ProgressEvent.objects.filter(enrollment=enrollment, project=project).select_related("recorded_by")
    latest = facts.order_by("-effective_on", "-recorded_at", "-pk").first()
    is_open = latest is None or latest.kind == ProgressEvent.Kind.REOPENED
    is_theirs = project.version_id == enrollment.version_id and project.track_id in (None, enrollment.track_id)
    is_waiting = asked is not None and asked.answer is None
    return CreditView(
        credited=latest if latest is not None and latest.kind == ProgressEvent.Kind.CREDITED else None,
        asked=asked,
        can_ask=is_open and is_theirs and not is_waiting and enrollment.status in CREDITABLE,
    )


def ask_for_credit(*, enrollment: Enrollment, project: Project, evidence: str, at: datetime) -> CreditRequest:
    """Ask the staff that the project counts as done; it comes with its level.

    Raises CohortError `asked_already` while a request waits, and as `propose_credit` does for what cannot be credited.
    """
    with transaction.atomic():
        found = locked(enrollment)
        rows = CreditRequest.objects.filter(enrollment=found, project=project, answers=None)
        if rows.exists():
            raise CohortError("asked_already", _("Your request is with the staff already. You hear from them."))
        propose_credit(
            enrollment=found, projects=[project], by=None, on=found.cohort.today(at), at=at, evidence=evidence
        )
        return CreditRequest.objects.create(enrollment=found, project=project, evidence=evidence.strip(), asked_at=at)


def grant_request(*, request: CreditRequest, by: Membership, on: date, at: datetime) -> CreditAnswer:
    """Credit the project from that day on, on the evidence given, and tell the learner.

    Raises CohortError `request_answered`, `own_request`, and as `grant_credit` does, for one when the project was
    finished meanwhile; the request waits then.
    """
    with transaction.atomic():
        found = _held(request, by)
        grant_credit(
            enrollment=found.enrollment, projects=[found.project], by=by, on=on, at=at, evidence=found.evidence
        )
        return _told(found, Kind.GRANTED, by=by, at=at)


def decline_request(*, request: CreditRequest, by: Membership, at: datetime, reason: str) -> CreditAnswer:
    """Raises CohortError `reason_needed`, `request_answered` or `own_request`."""
    if not reason.strip():
        raise CohortError("reason_needed", _("Enter why: the learner reads it, and may ask again."))
    with transaction.atomic():
        return _told(_held(request, by), Kind.DECLINED, by=by, at=at, reason=reason.strip())


def withdraw_request(*, request: CreditRequest, by: Membership, at: datetime) -> CreditAnswer:
    """The learner takes it back. Raises CohortError `request_answered`."""
    with transaction.atomic():
        found = _unanswered(request)
        return CreditAnswer.objects.create(request=found, kind=Kind.WITHDRAWN, recorded_by=by, recorded_at=at)


def _held(request: CreditRequest, by: Membership) -> CreditRequest:
    found = _unanswered(request)
    if found.enrollment.learner_id == by.pk:
        raise CohortError("own_request", _("This request is your own. Somebody else has to answer it."))
    return found


def _unanswered(request: CreditRequest) -> CreditRequest:
    """The request, while nobody else can answer it."""
    locked(request.enrollment)
    found = CreditRequest.objects.with_people().get(pk=request.pk)
    if found.answer is not None:
        raise CohortError("request_answered", _("This request has been answered, or was taken back."))
    return found


def _told(request: CreditRequest, kind: Kind, *, by: Membership, at: datetime, reason: str = "") -> CreditAnswer:
    answer = CreditAnswer.objects.create(request=request, kind=kind, reason=reason, recorded_by=by, recorded_at=at)
    tell_answer(answer, now=at)
    return answer
