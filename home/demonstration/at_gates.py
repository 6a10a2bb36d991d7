"""What the demonstration's gates left behind: certificates, one of them revoked, and exceptions that wait for a second
person.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Membership
from assessments.certificates import issue_missing, revoke_certificate
from assessments.gates import evaluate_all
from assessments.models import Certificate
from assessments.overriding import approvers, ask_override
from cohorts.models import Enrollment

ASKED = 2
REASON = "Built and ran systems like these for six years before the program, and showed it to two mentors."
REVOKED = "Issued to the wrong person: two learners have the same name."


def leave_certificates(learners: Iterable[Enrollment], *, by: Membership, now: datetime) -> None:
    """Issue what was passed; revoke the oldest one; ask for exceptions where there is somebody to answer."""
    issue_missing(at=now)
    oldest = Certificate.objects.for_page().last()
    if oldest is not None:
        revoke_certificate(certificate=oldest, reason=REVOKED, by=by, at=now)
    colleague = approvers(besides=by).first()
    if colleague is None:
        return
    on = timezone.localdate(now)
    for days, enrollment in enumerate(list(learners)[:ASKED], start=1):
        report = next(each for each in evaluate_all(enrollment, on=on) if each.passed_on is None)
        asked_at = now - timedelta(days=days)
        ask_override(
            enrollment=enrollment, level=report.level, by=colleague, on=asked_at.date(), at=asked_at, reason=REASON
        )
