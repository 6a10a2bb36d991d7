"""What the gates of a cohort ask beside topics and projects: peer reviews, portfolio and benchmarks, from a day on that
is told beforehand.
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.models import GateAsk
from cohorts.models import Cohort
from cohorts.pacing import check_date

Evidence = GateAsk.Evidence


def ask_at_gates(*, cohort: Cohort, evidence: str, day: date | None, by: Membership, at: datetime) -> GateAsk:
    """Let what is decided on that day or later at the cohort's gates need this evidence; without a day, no more.

    Raises AssessmentError `ask_in_the_past`, as learners have to see it coming, or `cohort_over`.
    """
    if day is not None:
        check_date(day)
        if day <= cohort.today(at):
            raise AssessmentError(
                "ask_in_the_past",
                _("Choose a day to come: learners have to see beforehand what their gates will ask."),
            )
        if cohort.status in (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED):
            raise AssessmentError("cohort_over", _("This cohort is over, so its gates ask for nothing more."))
    with transaction.atomic():
        return GateAsk.objects.create(cohort=cohort, evidence=evidence, asked_from=day, recorded_by=by, recorded_at=at)


def asked_on(cohort_id: UUID, day: date, *, until: datetime) -> set[str]:
    """The kinds that the cohort's gates ask on that day, from what was recorded before `until`. One query."""
    asks = _latest([cohort_id], until)
    return {ask.evidence for ask in asks if ask.asked_from is not None and ask.asked_from <= day}


def asks_in_force(cohorts: Iterable[UUID] | None = None) -> list[GateAsk]:
    """What is asked now or will be, of those cohorts or all, by cohort. One query."""
    asks = [ask for ask in _latest(cohorts) if ask.asked_from is not None]
    return sorted(asks, key=lambda ask: (ask.cohort.name, ask.asked_from or date.max, ask.evidence))


def _latest(cohorts: Iterable[UUID] | None, until: datetime | None = None) -> Iterable[GateAsk]:
    rows = GateAsk.objects.select_related("cohort").order_by("cohort", "evidence", "-recorded_at", "-id")
    if cohorts is not None:
        rows = rows.filter(cohort__in=list(cohorts))
    if until is not None:
        rows = rows.filter(recorded_at__lt=until)
    return rows.distinct("cohort", "evidence")
