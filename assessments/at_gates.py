"""What waits for staff at gates: exceptions to approve, and gates that can be decided on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet, Value

from assessments.models import OpenGate, OverrideRequest
from cohorts.models import Cohort


@dataclass(frozen=True)
class AtGate:
    """A learner at the gate of a level. `override` is the request that waits for an answer, None where nobody asked."""

    override: UUID | None
    enrollment: UUID
    learner: str
    level: int
    since: datetime


def waiting_at_gates(cohorts: "QuerySet[Cohort] | None" = None) -> list[AtGate]:
    """Exceptions before gates that are met, of each the longest waiting first; in those cohorts alone. One query."""
    told = ("place", "since", "override", "enrollment", "enrollment__learner__name", "level__number")
    asked = OverrideRequest.objects.filter(answer="").annotate(place=Value(0), since=F("asked_at"), override=F("pk"))
    opened = OpenGate.objects.annotate(place=Value(1), since=F("noticed_at"), override=F("enrollment_id"))
    if cohorts is not None:
        asked, opened = asked.filter(enrollment__cohort__in=cohorts), opened.filter(enrollment__cohort__in=cohorts)
    rows = asked.values_list(*told).union(opened.values_list(*told), all=True)
    return [
        AtGate(override if place == 0 else None, enrollment, learner, level, since)
        for place, since, override, enrollment, learner, level in rows.order_by("place", "since", "override")
    ]
