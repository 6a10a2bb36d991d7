"""What waits for staff beside reviews: exceptions to approve, gates to decide on, and peer reviews that peers left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from accounts.models import Membership
from assessments.models import OpenGate, OverrideRequest, PeerReview
from cohorts.models import Cohort


@dataclass(frozen=True)
class AtGate:
    """A learner at the gate of a level. `override` is the request that waits for an answer, None where nobody asked."""

    override: UUID | None
    enrollment: UUID
    learner: str
    level: int
    since: datetime


@dataclass(frozen=True)
class PeersLeft:
    """A learner whom fewer peers reviewed than their round asked for, so that staff write one more."""

    review: UUID
    learner: str
    project: str
    since: datetime


@dataclass(frozen=True)
class ForStaff:
    """Exceptions stand before gates that are met; of each the longest waiting first."""

    gates: Sequence[AtGate]
    peers: Sequence[PeersLeft]


def waiting_for_staff(viewer: Membership, cohorts: "QuerySet[Cohort] | None" = None) -> ForStaff:
    """In those cohorts alone; of peer reviews none about the viewer's own work. One query."""
    asked = OverrideRequest.objects.filter(answer="").order_by()
    opened = OpenGate.objects.order_by()
    left = PeerReview.objects.unwritten_by_staff().order_by().exclude(receiver__learner=viewer)
    if cohorts is not None:
        asked, opened = asked.filter(enrollment__cohort__in=cohorts), opened.filter(enrollment__cohort__in=cohorts)
        left = left.filter(receiver__cohort__in=cohorts)
    nothing = Value("")
    parts: list[QuerySet[Any]] = [
        asked.annotate(place=Value(0), since=F("asked_at"), subject=F("pk"), learner=F("enrollment__learner__name"),
                       about=F("enrollment_id"), number=F("level__number"), project=nothing),
        opened.annotate(place=Value(1), since=F("noticed_at"), subject=Cast(Value(None), UUIDField()),
                        learner=F("enrollment__learner__name"), about=F("enrollment_id"), number=F("level__number"),
                        project=nothing),
        left.annotate(place=Value(2), since=F("assigned_at"), subject=F("pk"), learner=F("receiver__learner__name"),
                      about=F("receiver_id"), number=Value(0), project=F("round__project__title")),
    ]  # fmt: skip
    told = ("place", "since", "subject", "about", "learner", "number", "project")
    first, *others = [part.values_list(*told) for part in parts]
    rows = list(first.union(*others, all=True).order_by("place", "since", "about", "subject"))
    return ForStaff(
        gates=[
            AtGate(subject, about, learner, number, since)
            for place, since, subject, about, learner, number, _project in rows
            if place < 2
        ],
        peers=[
            PeersLeft(subject, learner, project, since)
            for place, since, subject, _about, learner, _number, project in rows
            if place == 2
        ],
    )
