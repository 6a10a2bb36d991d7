"""What waits for staff beside reviews: exceptions to approve, gates to decide on, peer reviews that peers left, and
presentations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from accounts.models import Membership
from assessments.models import OpenGate, OverrideRequest, PeerReview, Presentation
from assessments.presentation_policy import to_schedule
from cohorts.models import Cohort
from organizations.prepared import Prepared


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
class ToPresent:
    """A presentation that is not decided on, or an accepted attempt of which one has to be planned: the `subject`."""

    subject: UUID
    is_planned: bool
    learner: str
    project: str
    since: datetime


@dataclass(frozen=True)
class ForStaff:
    """Exceptions stand before gates that are met, and presentations that wait for their panel before those to be
    planned; of each the longest waiting first.
    """

    gates: Sequence[AtGate]
    peers: Sequence[PeersLeft]
    presentations: Sequence[ToPresent]


def waiting_for_staff(viewer: Membership, cohorts: "QuerySet[Cohort] | None" = None, *, at: datetime) -> ForStaff:
    """In those cohorts alone; nothing about the viewer's own work but gates. One query."""
    rows = _EVERYWHERE.rows(viewer=viewer.pk, at=at) if cohorts is None else list(_waiting(viewer.pk, cohorts, at))
    return ForStaff(
        gates=[
            AtGate(subject, about, learner, number, since)
            for rank, since, subject, about, learner, number, _project in rows
            if rank < 2
        ],
        peers=[
            PeersLeft(subject, learner, project, since)
            for rank, since, subject, _about, learner, _number, project in rows
            if rank == 2
        ],
        presentations=[
            ToPresent(subject, rank == 3, learner, project, since)
            for rank, since, subject, _about, learner, _number, project in rows
            if rank > 2
        ],
    )


def _waiting(viewer: Any, cohorts: "QuerySet[Cohort] | None", at: Any) -> "QuerySet[Any]":
    asked = OverrideRequest.objects.filter(answer="").order_by()
    opened = OpenGate.objects.order_by()
    left = PeerReview.objects.unwritten_by_staff().order_by().exclude(receiver__learner=viewer)
    begun = Presentation.objects.begun(at=at).order_by().exclude(submission__enrollment__learner=viewer)
    planless = to_schedule().exclude(enrollment__learner=viewer).select_related(None).order_by()
    if cohorts is not None:
        begun = begun.filter(submission__enrollment__cohort__in=cohorts)
        planless = planless.filter(enrollment__cohort__in=cohorts)
        asked, opened = asked.filter(enrollment__cohort__in=cohorts), opened.filter(enrollment__cohort__in=cohorts)
        left = left.filter(receiver__cohort__in=cohorts)
    nothing = Value("")
    parts: list[QuerySet[Any]] = [
        asked.annotate(rank=Value(0), since=F("asked_at"), subject=F("pk"), person=F("enrollment__learner__name"),
                       about=F("enrollment_id"), number=F("level__number"), title=nothing),
        opened.annotate(rank=Value(1), since=F("noticed_at"), subject=Cast(Value(None), UUIDField()),
                        person=F("enrollment__learner__name"), about=F("enrollment_id"), number=F("level__number"),
                        title=nothing),
        left.annotate(rank=Value(2), since=F("assigned_at"), subject=F("pk"), person=F("receiver__learner__name"),
                      about=F("receiver_id"), number=Value(0), title=F("round__project__title")),
        begun.annotate(rank=Value(3), since=F("during__startswith"), subject=F("pk"), about=F("submission_id"),
                       person=F("submission__enrollment__learner__name"), number=Value(0),
                       title=F("submission__project__title")),
        planless.annotate(rank=Value(4), since=F("decided_at"), subject=F("pk"), about=F("pk"),
                          person=F("enrollment__learner__name"), number=Value(0), title=F("project__title")),
    ]  # fmt: skip
    told = ("rank", "since", "subject", "about", "person", "number", "title")
    first, *others = [part.values_list(*told) for part in parts]
    return first.union(*others, all=True).order_by("rank", "since", "about", "subject")


_EVERYWHERE: Prepared[Any] = Prepared(lambda viewer, at: _waiting(viewer, None, at))
