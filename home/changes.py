"""What changed across cohorts since a moment, and who did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, DateTimeField, F, Q, QuerySet, Sum, UUIDField, Value, Window
from django.db.models.functions import Cast

from assessments.models import Submission
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, FlagEvent, ProgressEvent, Snooze, StudyLog
from cohorts.risk import KINDS

SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that happened to a learner. `kind` is status, submission, raised, cleared or snoozed."""

    at: datetime
    kind: str
    text: str
    enrollment: UUID
    learner: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The latest ones, how many there were of each kind, and what was finished and logged by how many learners."""

    since: datetime
    latest: Sequence[Change]
    counts: dict[str, int]
    parts: int
    finishers: int
    hours: float
    loggers: int

    @property
    def is_empty(self) -> bool:
        return not (self.latest or self.parts or self.loggers)

    @property
    def unshown(self) -> int:
        return sum(self.counts.values()) - len(self.latest)


def changes_since(since: datetime, *, cohorts: "QuerySet[Cohort] | None") -> Changes:
    """Three queries: the latest of each kind with how many there were, and what was finished and logged."""
    within = Q() if cohorts is None else Q(enrollment__cohort__in=cohorts)
    recorded = within & Q(recorded_at__gte=since)
    flags = FlagEvent.objects.filter(recorded, key__in=KINDS)
    parts = [
        _rows(EnrollmentEvent.objects.filter(recorded), "status", text=F("to_status"), by=F("recorded_by__name")),
        _rows(
            Submission.objects.filter(within, submitted_at__gte=since), "submission", text=F("project__title"),
            at="submitted_at", by=F("submitted_by__name"),
        ),
        _rows(flags.filter(kind=FlagEvent.Kind.RAISED), "raised", text=F("key")),
        _rows(flags.filter(kind=FlagEvent.Kind.CLEARED), "cleared", text=F("key")),
        _rows(
            Snooze.objects.filter(recorded, until_on__isnull=False), "snoozed", text=F("key"), by=F("recorded_by__name")
        ),
    ]  # fmt: skip
    rows = list(parts[0].union(*parts[1:], all=True).order_by("-at_moment"))
    finished = ProgressEvent.objects.filter(recorded, move=None).exclude(kind=ProgressEvent.Kind.REOPENED)
    made = finished.aggregate(parts=Count("pk"), people=Count("enrollment", distinct=True))
    logged = StudyLog.objects.filter(recorded).aggregate(hours=Sum("hours"), people=Count("enrollment", distinct=True))
    return Changes(
        since=since,
        latest=[
            Change(at=at, kind=kind, text=_told(kind, text), enrollment=pk, learner=learner, by=by or "")
            for at, kind, text, pk, learner, by, _count in rows[:SHOWN]
        ],
        counts={kind: count for _at, kind, _text, _pk, _learner, _by, count in rows},
        parts=made["parts"],
        finishers=made["people"],
        hours=float(logged["hours"] or 0),
        loggers=logged["people"],
    )


def _rows(rows: "QuerySet[Any]", kind: str, *, text: Any, by: Any = None, at: str = "recorded_at") -> "QuerySet[Any]":
    """The same columns of each kind, its latest first, each with how many there are."""
    columns = {
        "at_moment": Cast(F(at), DateTimeField()),
        "at_kind": Cast(Value(kind), CharField()),
        "at_text": Cast(text, CharField()),
        "at_enrollment": Cast(F("enrollment"), UUIDField()),
        "at_learner": Cast(F("enrollment__learner__name"), CharField()),
        "at_by": Cast(Value(None) if by is None else by, CharField()),
        "in_all": Window(Count("*")),
    }
    told: QuerySet[Any] = rows.annotate(**columns).order_by("-at_moment")
    return told.values_list(*columns)[:SHOWN]


def _told(kind: str, text: str) -> str:
    if kind == "status":
        return str(Enrollment.Status(text).label)
    return str(KINDS[text].title) if kind in ("raised", "cleared", "snoozed") else text
