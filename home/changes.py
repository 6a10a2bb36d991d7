"""What changed across cohorts since a moment, and who did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, DateTimeField, F, Q, QuerySet, Sum, UUIDField, Value, Window
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from assessments.models import Submission
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, FlagEvent, ProgressEvent, Snooze, StudyLog
from cohorts.risk import KINDS
from design.templatetags.design import hours as hours_text

SHOWN = 12
#: What each kind of change is called where one chooses among them.
KINDS_TOLD = {
    "status": _("Statuses"),
    "finished": _("Finished"),
    "logged": _("Study hours"),
    "submission": _("Attempts"),
    "raised": _("Reasons that came up"),
    "cleared": _("Reasons that cleared"),
    "snoozed": _("Snoozed"),
}
#: Of these Today tells how many there were, and not each.
SUMMED = ("finished", "logged")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that happened to a learner, by its kind; see `KINDS_TOLD`."""

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


def changes_since(since: datetime, *, cohorts: "QuerySet[Cohort] | None") -> Changes:
    """Three queries: the latest of each kind with how many there were, and what was finished and logged."""
    recorded = _recorded(since, cohorts)
    parts = [
        rows.annotate(in_all=Window(Count("*")))[:SHOWN]
        for kind, rows in _rows_by_kind(since, cohorts).items()
        if kind not in SUMMED
    ]
    rows = list(parts[0].union(*parts[1:], all=True).order_by("-at_moment"))
    made = _finished(recorded).aggregate(parts=Count("pk"), people=Count("enrollment", distinct=True))
    logged = StudyLog.objects.filter(recorded).aggregate(hours=Sum("hours"), people=Count("enrollment", distinct=True))
    return Changes(
        since=since,
        latest=[change_of(row[:-1]) for row in rows[:SHOWN]],
        counts={kind: count for __, kind, *___, count in rows},
        parts=made["parts"],
        finishers=made["people"],
        hours=float(logged["hours"] or 0),
        loggers=logged["people"],
    )


def all_since(since: datetime, *, cohorts: "QuerySet[Cohort] | None", kind: str = "") -> "QuerySet[Any]":
    """Every change, or every one of a kind, the latest first, as rows for `change_of`; they may be counted."""
    by_kind = _rows_by_kind(since, cohorts)
    if kind in by_kind:
        return by_kind[kind]
    parts = [rows.order_by() for rows in by_kind.values()]
    return parts[0].union(*parts[1:], all=True).order_by("-at_moment")


def change_of(row: Sequence[Any]) -> Change:
    """The row in the words of the reader."""
    at, kind, text, pk, learner, by = row
    return Change(at=at, kind=kind, text=_told(kind, text), enrollment=pk, learner=learner, by=by or "")


def _recorded(since: datetime, cohorts: "QuerySet[Cohort] | None") -> Q:
    within = Q() if cohorts is None else Q(enrollment__cohort__in=cohorts)
    return within & Q(recorded_at__gte=since)


def _finished(recorded: Q) -> "QuerySet[ProgressEvent]":
    return ProgressEvent.objects.filter(recorded, move=None).exclude(kind=ProgressEvent.Kind.REOPENED)


def _rows_by_kind(since: datetime, cohorts: "QuerySet[Cohort] | None") -> "dict[str, QuerySet[Any]]":
    recorded, by = _recorded(since, cohorts), F("recorded_by__name")
    flags = FlagEvent.objects.filter(recorded, key__in=KINDS)
    submitted = Q(submitted_at__gte=since) & (Q() if cohorts is None else Q(enrollment__cohort__in=cohorts))
    return {
        "status": _rows(EnrollmentEvent.objects.filter(recorded), "status", text=F("to_status"), by=by),
        "finished": _rows(
            _finished(recorded), "finished", text=Coalesce(F("topic__title"), F("project__title")), by=by
        ),
        "logged": _rows(StudyLog.objects.filter(recorded), "logged", text=F("hours"), by=by),
        "submission": _rows(
            Submission.objects.filter(submitted), "submission", text=F("project__title"), at="submitted_at",
            by=F("submitted_by__name"),
        ),
        "raised": _rows(flags.filter(kind=FlagEvent.Kind.RAISED), "raised", text=F("key")),
        "cleared": _rows(flags.filter(kind=FlagEvent.Kind.CLEARED), "cleared", text=F("key")),
        "snoozed": _rows(Snooze.objects.filter(recorded, until_on__isnull=False), "snoozed", text=F("key"), by=by),
    }  # fmt: skip


def _rows(rows: "QuerySet[Any]", kind: str, *, text: Any, by: Any = None, at: str = "recorded_at") -> "QuerySet[Any]":
    """The same columns of each kind, its latest first."""
    columns = {
        "at_moment": Cast(F(at), DateTimeField()),
        "at_kind": Cast(Value(kind), CharField()),
        "at_text": Cast(text, CharField()),
        "at_enrollment": Cast(F("enrollment"), UUIDField()),
        "at_learner": Cast(F("enrollment__learner__name"), CharField()),
        "at_by": Cast(Value(None) if by is None else by, CharField()),
    }
    told: QuerySet[Any] = rows.annotate(**columns).order_by("-at_moment")
    return told.values_list(*columns)


def _told(kind: str, text: str) -> str:
    if kind == "status":
        return str(Enrollment.Status(text).label)
    if kind == "logged":
        return str(hours_text(float(text)))
    return str(KINDS[text].title) if kind in ("raised", "cleared", "snoozed") else text
