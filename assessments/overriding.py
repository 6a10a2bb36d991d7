"""Exceptions at a gate: somebody of staff asks to let a learner through although criteria are missing, somebody else
of staff, or an admin, approves or declines. The pass is decided on what stands when it is approved.

Where nobody else could approve, none can be made: invite a second person first.
"""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from assessments.errors import AssessmentError
from assessments.gate_mails import tell_answered, tell_asked
from assessments.gates import lock, pass_level, report_to_decide
from assessments.models import OverrideRequest
from cohorts.models import Enrollment
from curriculum.models import Level

Answer = OverrideRequest.Answer


def approvers(*, besides: Membership) -> QuerySet[Membership]:
    """Staff and admins who may answer what that person asks."""
    people = Membership.objects.joined().filter(roles__overlap=[Role.STAFF, Role.ADMIN])
    return people.exclude(pk=besides.pk).select_related("user").order_by("name", "pk")


def ask_override(
    *, enrollment: Enrollment, level: Level, by: Membership, on: date, at: datetime, reason: str
) -> OverrideRequest:
    """Ask colleagues to let the learner through; they are told.

    Raises AssessmentError `reason_needed`, `already_passed`, `nothing_missing`, `nobody_else`, `asked_already`, or as
    `report_to_decide` does.
    """
    with transaction.atomic():
        locked = lock(enrollment)
        report = report_to_decide(locked, level, on=on, at=at)
        if not reason.strip():
            raise AssessmentError("reason_needed", _("Write why the learner goes through while criteria are missing."))
        if report.passed_on is not None:
            raise AssessmentError("already_passed", _("This level is already passed."))
        if report.is_met:
            raise AssessmentError("nothing_missing", _("Every criterion is met: pass the level without an exception."))
        asked = list(approvers(besides=by))
        if not asked:
            raise AssessmentError(
                "nobody_else",
                _("Nobody else could approve this. Invite a second person as staff or admin under People."),
            )
        try:
            with transaction.atomic():
                request = OverrideRequest.objects.create(
                    enrollment=locked, level=level, effective_on=on, reason=reason.strip(), asked_by=by, asked_at=at
                )
        except IntegrityError:
            raise AssessmentError(
                "asked_already", _("This was asked already and waits for an answer. It stands on Today.")
            ) from None
        tell_asked(request, asked)
    return request


def approve_override(*, request: OverrideRequest, by: Membership, at: datetime) -> OverrideRequest:
    """Let the learner through on what stands now.

    Raises AssessmentError `own_request`, `answered_already`, or as `pass_level` does.
    """
    with transaction.atomic():
        enrollment, asked = _open(request, by)
        decision = pass_level(
            enrollment=enrollment,
            level=asked.level,
            by=asked.asked_by,
            on=asked.effective_on,
            at=at,
            override_reason=asked.reason,
            approved_by=by,
        )
        return _answer(asked, Answer.APPROVED, by=by, at=at, decision=decision)


def decline_override(*, request: OverrideRequest, by: Membership, at: datetime, note: str) -> OverrideRequest:
    """Say no, and why. Raises AssessmentError `own_request`, `answered_already` or `reason_needed`."""
    with transaction.atomic():
        _enrollment, asked = _open(request, by)
        if not note.strip():
            raise AssessmentError("reason_needed", _("Write why you decline, for your colleague."))
        return _answer(asked, Answer.DECLINED, by=by, at=at, note=note.strip())


def withdraw_override(*, request: OverrideRequest, by: Membership, at: datetime) -> OverrideRequest:
    """Ask it no more. Raises AssessmentError `not_own_request` or `answered_already`."""
    with transaction.atomic():
        lock(request.enrollment)
        asked = _unanswered(request)
        if asked.asked_by_id != by.pk:
            raise AssessmentError("not_own_request", _("Only who asked can withdraw this. You can decline it."))
        return _answer(asked, Answer.WITHDRAWN, by=by, at=at)


def _open(request: OverrideRequest, by: Membership) -> tuple[Enrollment, OverrideRequest]:
    enrollment = lock(request.enrollment)
    asked = _unanswered(request)
    if asked.asked_by_id == by.pk:
        raise AssessmentError("own_request", _("You asked this yourself. Somebody else answers it."))
    return enrollment, asked


def _unanswered(request: OverrideRequest) -> OverrideRequest:
    found = OverrideRequest.objects.with_people().get(pk=request.pk)
    if found.answer:
        raise AssessmentError("answered_already", _("Somebody answered this already."))
    return found


def _answer(
    asked: OverrideRequest, answer: str, *, by: Membership, at: datetime, note: str = "", decision: object = None
) -> OverrideRequest:
    asked.answer, asked.note, asked.answered_by, asked.answered_at = answer, note, by, at
    asked.decision = decision
    asked.save(update_fields=["answer", "note", "answered_by", "answered_at", "decision"])
    if answer != Answer.WITHDRAWN:
        tell_answered(asked)
    return asked
