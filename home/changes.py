"""What changed across cohorts since a moment, and who did it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, DateTimeField, Expression, F, Q, QuerySet, Sum, UUIDField, Value
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from assessments.models import Submission
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, FlagEvent, ProgressEvent, Snooze, StudyLog
from cohorts.risk import KINDS
from design.templatetags.design import hours as hours_text
from organizations.asking import count_of, total_of
from organizations.prepared import Prepared

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


def sums_since(since: datetime, *, cohorts: "QuerySet[Cohort] | None") -> dict[str, BaseExpression | Combinable]:
    """What was finished and logged, and by how many learners: questions to `ask` together with others."""
    recorded = _recorded(since, cohorts)
    finished, logged = _finished(recorded), StudyLog.objects.filter(recorded)
    return {
        "parts": count_of(finished),
        "finishers": total_of(finished, Count("enrollment", distinct=True)),
        "hours": total_of(logged, Sum("hours")),
        "loggers": total_of(logged, Count("enrollment", distinct=True)),
    }


def changes_since(since: datetime, *, cohorts: "QuerySet[Cohort] | None", sums: Mapping[str, Any]) -> Changes:
    """One query: the latest of each kind with how many there were. `sums` answer `sums_since`."""
    rows = _LATEST.rows(since=since) if cohorts is None else list(_latest(since, cohorts))
    return Changes(
        since=since,
        latest=[change_of(row[:-1]) for row in rows[:SHOWN]],
        counts={kind: count for __, kind, *___, count in rows},
        parts=sums["parts"],
        finishers=sums["finishers"] or 0,
        hours=float(sums["hours"] or 0),
        loggers=sums["loggers"] or 0,
    )


def _latest(since: Any, cohorts: "QuerySet[Cohort] | None") -> "QuerySet[Any]":
    """Enough of each kind for a list of the latest, with how many there were of it."""
    by_kind = _rows_by_kind(since, cohorts, is_counted=True)
    parts = [rows[:SHOWN] for kind, rows in by_kind.items() if kind not in SUMMED]
    return parts[0].union(*parts[1:], all=True).order_by("-at_moment")


_LATEST: Prepared[Any] = Prepared(lambda since: _latest(since, None))


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


def _rows_by_kind(
    since: datetime, cohorts: "QuerySet[Cohort] | None", *, is_counted: bool = False
) -> "dict[str, QuerySet[Any]]":
    """Rows for `change_of`; one that `is_counted` ends with how many there are of its kind."""
    recorded, by = _recorded(since, cohorts), F("recorded_by__name")
    flags = FlagEvent.objects.filter(recorded, key__in=KINDS)
    submitted = Q(submitted_at__gte=since) & (Q() if cohorts is None else Q(enrollment__cohort__in=cohorts))
    told = partial(_rows, is_counted=is_counted)
    return {
        "status": told(EnrollmentEvent.objects.filter(recorded), "status", text=F("to_status"), by=by),
        "finished": told(
            _finished(recorded), "finished", text=Coalesce(F("topic__title"), F("project__title")), by=by
        ),
        "logged": told(StudyLog.objects.filter(recorded), "logged", text=F("hours"), by=by),
        "submission": told(
            Submission.objects.filter(submitted), "submission", text=F("project__title"), at="submitted_at",
            by=F("submitted_by__name"),
        ),
        "raised": told(flags.filter(kind=FlagEvent.Kind.RAISED), "raised", text=F("key")),
        "cleared": told(flags.filter(kind=FlagEvent.Kind.CLEARED), "cleared", text=F("key")),
        "snoozed": told(Snooze.objects.filter(recorded, until_on__isnull=False), "snoozed", text=F("key"), by=by),
    }  # fmt: skip


def _rows(
    rows: "QuerySet[Any]", kind: str, *, text: Any, by: Any = None, at: str = "recorded_at", is_counted: bool
) -> "QuerySet[Any]":
    """The same columns of each kind, its latest first."""
    columns: dict[str, Expression] = {
        "at_moment": Cast(F(at), DateTimeField()),
        "at_kind": Cast(Value(kind), CharField()),
        "at_text": Cast(text, CharField()),
        "at_enrollment": Cast(F("enrollment"), UUIDField()),
        "at_learner": Cast(F("enrollment__learner__name"), CharField()),
        "at_by": Cast(Value(None) if by is None else by, CharField()),
    }
    if is_counted:  # apart: over the rows that are shown, all of them would be joined before they are counted
        columns["in_all"] = count_of(rows)
    told: QuerySet[Any] = rows.annotate(**columns).order_by("-at_moment")
    return told.values_list(*columns)


def _told(kind: str, text: str) -> str:
    if kind == "status":
        return str(Enrollment.Status(text).label)
    if kind == "logged":
        return str(hours_text(float(text)))
    return str(KINDS[text].title) if kind in ("raised", "cleared", "snoozed") else text
