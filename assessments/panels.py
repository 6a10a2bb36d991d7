"""What assessment shows on a learner's page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.certificates import certificates_of
from assessments.gates import latest_decisions
from assessments.models import LevelDecision, Submission
from cohorts import panels
from cohorts.models import Enrollment

SHOWN = 5


def _work(enrollment: Enrollment, viewer: Membership, now: datetime) -> Mapping[str, Any] | None:
    """The latest attempts and the levels passed; how to decide on levels is for staff."""
    attempts = Submission.objects.filter(enrollment=enrollment).with_reviews().select_related("project")
    rows = [
        {
            "pk": attempt.pk,
            "project": attempt.project.title,
            "attempt": attempt.attempt,
            "standing": attempt.standing(at=now),
            "submitted_at": attempt.submitted_at,
        }
        for attempt in attempts.order_by("-submitted_at")[:SHOWN]
    ]
    decisions = latest_decisions(enrollment, on=timezone.localdate(now)).values()
    passed = sorted(row.level.number for row in decisions if row.outcome == LevelDecision.Outcome.PASSED)
    return {"rows": rows, "passed_levels": passed, "may_decide": viewer.is_staff}


panels.register(panels.Panel(key="work", title=_("Work and levels"), template="assessments/_panel.html", context=_work))


def _certificates(enrollment: Enrollment, viewer: Membership, now: datetime) -> Mapping[str, Any] | None:
    """Those that hold. On a path there is a way to what each level asks, even without any."""
    is_own = viewer.pk == enrollment.learner_id
    rows = [one for one in certificates_of(enrollment) if one.is_valid]
    return {"rows": rows, "is_own": is_own, "may_open": is_own or viewer.is_staff} if rows or is_own else None


panels.register(
    panels.Panel(
        key="certificates",
        title=_("Certificates"),
        template="assessments/_certificates_panel.html",
        context=_certificates,
        on_path=True,
    )
)
