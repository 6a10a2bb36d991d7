"""Certificates of levels and of the whole program: issued with the decision at a gate, revoked for a reason.

A certificate keeps the name and titles of the day it was issued; a corrected name is another certificate. Whoever has
its address can look whether it holds.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.gate_mails import tell_revoked
from assessments.models import Certificate, CertificateRevocation, LevelDecision
from assessments.status_lists import free_indexes
from cohorts.models import Enrollment, MapPair
from curriculum.models import Level
from organizations.prepared import Prepared

Cause = CertificateRevocation.Cause
Outcome = LevelDecision.Outcome
BATCH = 500
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def issue_for(
    decision: LevelDecision, *, enrollment: Enrollment, graduates: bool, by: Membership | None, at: datetime
) -> list[Certificate]:
    """The certificate of the level that was passed, and of the program for who graduates by it. In a transaction."""
    made = [_of_level(decision, enrollment, by, at)]
    if graduates:
        made.append(_of_program(decision, enrollment, by, at))
    return _write(made)


def issue_missing(*, at: datetime) -> int:
    """Issue what decisions made before there were certificates left out; return how many. A second run issues none."""
    standing = LevelDecision.objects.filter(enrollment__in=Enrollment.objects.all(), move=None)
    standing = standing.order_by("enrollment", "level", "-effective_on", "-recorded_at", "-id")
    decisions = standing.distinct("enrollment", "level").select_related("level", "recorded_by")
    passed = [row for row in decisions if row.outcome == Outcome.PASSED]
    people = Enrollment.objects.select_related("learner", "cohort", "version").in_bulk(
        {row.enrollment_id for row in passed}
    )
    known: set[tuple[UUID, UUID | None]] = set(Certificate.objects.values_list("enrollment", "level"))
    made = []
    for row in passed:
        enrollment = people[row.enrollment_id]
        if (row.enrollment_id, row.level_id) not in known:
            made.append(_of_level(row, enrollment, row.recorded_by, at))
        is_last = row.level.number == enrollment.cohort.last_level
        if is_last and enrollment.status == Enrollment.Status.GRADUATED and (row.enrollment_id, None) not in known:
            made.append(_of_program(row, enrollment, row.recorded_by, at))
    return len(_write(made))


def certificates_of(enrollment: Enrollment) -> list[Certificate]:
    """All that were issued, the newest first. Two queries."""
    return list(Certificate.objects.filter(enrollment=enrollment).for_page())


def own_certificates(learner: Membership) -> list[Certificate]:
    """A learner's that hold, of every cohort, the newest first. One query."""
    return _OWN.rows(learner=learner.pk)


_OWN = Prepared(
    lambda learner: (
        Certificate.objects.of_learner(learner).holding().order_by("-awarded_on", "-issued_at", "-last_level", "-pk")
    )
)


def level_pairs(enrollment: Enrollment) -> list[tuple[UUID, UUID]]:
    """Which level of a version that the learner left counts for which of another, the latest move first. One query."""
    pairs = MapPair.objects.filter(move__legs__enrollment=enrollment, from_level__isnull=False)
    return list(pairs.order_by("-move__legs__sequence").values_list("from_level", "to_level"))


def hanging_on(
    level: Level, certificates: Sequence[Certificate], *, counts_for: Sequence[tuple[UUID, UUID]]
) -> list[Certificate]:
    """Which of a learner's certificates no longer hold once the pass of that level is taken back.

    That of the level, or of what `counts_for` it from an earlier version; and that of the program.
    """
    behind = {level.pk}
    for old, new in counts_for:
        if new in behind:
            behind.add(old)
    return [one for one in certificates if one.revoked is None and (one.is_of_program or one.level_id in behind)]


def revoke_certificates(
    certificates: Sequence[Certificate], *, cause: str, reason: str, by: Membership | None, at: datetime
) -> None:
    """Take back several that stand. The caller holds the enrollment's lock."""
    CertificateRevocation.objects.bulk_create(
        CertificateRevocation(certificate=one, cause=cause, reason=reason, revoked_by=by, revoked_at=at)
        for one in certificates
    )


def revoke_certificate(*, certificate: Certificate, reason: str, by: Membership, at: datetime) -> None:
    """Take one back and leave the level as it is. Raises AssessmentError `reason_needed` or `already_revoked`."""
    if not reason.strip():
        raise AssessmentError("reason_needed", _("Write why the certificate is revoked. The learner can read it."))
    with transaction.atomic():
        locked = _locked(certificate)
        revoke_certificates([locked], cause=Cause.STAFF, reason=reason.strip(), by=by, at=at)
        tell_revoked(locked, at=at)


def reissue(*, certificate: Certificate, by: Membership, at: datetime) -> Certificate:
    """Replace one by another with the learner's name of now, at a new address.

    Raises AssessmentError `same_name` or `already_revoked`.
    """
    with transaction.atomic():
        locked = _locked(certificate)
        name = locked.enrollment.learner.name
        if name == locked.name:
            raise AssessmentError(
                "same_name", _("The certificate has this name already. Correct the name under People first.")
            )
        revoke_certificates([locked], cause=Cause.REPLACED, reason=say("The name was corrected."), by=by, at=at)
        tell_revoked(locked, at=at)
        kept = ("enrollment", "level", "decision", "title", "program", "first_level", "last_level", "awarded_on")
        fresh = Certificate(
            **{field: getattr(locked, field) for field in kept}, name=name, replaces=locked, issued_by=by, issued_at=at
        )
        return _write([fresh])[0]


def certificate_at(token: str) -> Certificate | None:
    """The certificate with that address, in the organization in scope; what no address can be is none."""
    if not TOKEN.fullmatch(token):
        return None
    return Certificate.objects.for_page().filter(token=token).first()


def _of_level(decision: LevelDecision, enrollment: Enrollment, by: Membership | None, at: datetime) -> Certificate:
    return Certificate(
        enrollment=enrollment,
        level=decision.level,
        decision=decision,
        name=enrollment.learner.name,
        title=decision.level.title,
        program=enrollment.version.title,
        first_level=decision.level.number,
        last_level=decision.level.number,
        awarded_on=decision.effective_on,
        issued_by=by,
        issued_at=at,
    )


def _of_program(decision: LevelDecision, enrollment: Enrollment, by: Membership | None, at: datetime) -> Certificate:
    return Certificate(
        enrollment=enrollment,
        decision=decision,
        name=enrollment.learner.name,
        title=enrollment.version.title,
        program=enrollment.version.title,
        first_level=enrollment.cohort.first_level,
        last_level=enrollment.cohort.last_level,
        awarded_on=decision.effective_on,
        issued_by=by,
        issued_at=at,
    )


def _write(made: list[Certificate]) -> list[Certificate]:
    """Give each its address and its place in the status lists."""
    for one, index in zip(made, free_indexes(len(made)), strict=True):
        one.token, one.status_index = secrets.token_urlsafe(24), index
    return Certificate.objects.bulk_create(made, batch_size=BATCH)


def _locked(certificate: Certificate) -> Certificate:
    """As it stands once nobody else writes about the same learner. Raises AssessmentError `already_revoked`."""
    Enrollment.objects.select_for_update(no_key=True).get(pk=certificate.enrollment_id)
    found = Certificate.objects.for_page().get(pk=certificate.pk)
    if found.revoked is not None:
        raise AssessmentError("already_revoked", _("This certificate is revoked already."))
    return found
