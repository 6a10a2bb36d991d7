"""What is due in the coming days across cohorts, in one query of plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import CharField, DateField, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast

from cohorts.models import Break, Cohort, Enrollment, EnrollmentEvent, Milestone
from cohorts.models.milestone_title import read_title

DAYS_AHEAD = 7
#: On each day so many things stand open; the others are a click away.
SHOWN = 5
MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Due:
    """One thing on a day. `kind` is milestone, gate, start, census, return or break; a break may be everyone's."""

    kind: str
    title: str
    cohort: str
    slug: str
    enrollment: UUID | None


@dataclass(frozen=True, kw_only=True)
class DayDue:
    on: date
    first: Sequence[Due]
    rest: Sequence[Due]


def days_due(*, first: date, cohorts: "QuerySet[Cohort] | None", days: int = DAYS_AHEAD) -> list[DayDue]:
    """Milestones, gates, starts, census dates, returns from leave and breaks from that day on, day by day."""
    window = (first, first + timedelta(days=days - 1))
    parts = [
        _milestones(window, cohorts), _dates("starts_on", "start", window, cohorts),
        _dates("census_on", "census", window, cohorts), _returns(first, window, cohorts), _breaks(window, cohorts),
    ]  # fmt: skip
    rows = parts[0].union(*parts[1:], all=True).order_by("at_day", "at_cohort", "at_title")[:MOST]
    found = [
        (day, Due(kind=kind, title=read_title(title), cohort=cohort, slug=slug, enrollment=enrollment))
        for day, kind, title, cohort, slug, enrollment in rows
    ]
    told = []
    for day, group in groupby(found, key=lambda one: one[0]):
        things = [due for _day, due in group]
        told.append(DayDue(on=day, first=things[:SHOWN], rest=things[SHOWN:]))
    return told


def _milestones(window: tuple[date, date], cohorts: "QuerySet[Cohort] | None") -> "QuerySet[Any]":
    """Those of running cohorts; a learner's own dates stand on the learner's page."""
    rows = Milestone.objects.filter(due_on__range=window, enrollment=None, cohort__status=Cohort.Status.RUNNING)
    if cohorts is not None:
        rows = rows.filter(cohort__in=cohorts)
    return _row(
        rows, day=F("due_on"), kind=F("kind"), title=F("title"), cohort=F("cohort__name"), slug=F("cohort__slug")
    )


def _dates(field: str, kind: str, window: tuple[date, date], cohorts: "QuerySet[Cohort] | None") -> "QuerySet[Any]":
    over = (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED)
    rows = Cohort.objects.filter(**{f"{field}__range": window}).exclude(status__in=over)
    if cohorts is not None:
        rows = rows.filter(pk__in=cohorts)
    return _row(rows, day=F(field), kind=Value(kind), title=Value(""), cohort=F("name"), slug=F("slug"))


def _returns(on: date, window: tuple[date, date], cohorts: "QuerySet[Cohort] | None") -> "QuerySet[Any]":
    """Learners on leave who are to come back, by what is in effect today."""
    latest = EnrollmentEvent.objects.filter(enrollment=OuterRef("pk"), effective_on__lte=on)
    back = latest.order_by("-effective_on", "-sequence").values("returns_on")[:1]
    rows = Enrollment.objects.filter(status=Enrollment.Status.ON_LEAVE).annotate(back_on=Subquery(back))
    rows = rows.filter(back_on__range=window)
    if cohorts is not None:
        rows = rows.filter(cohort__in=cohorts)
    return _row(
        rows, day=F("back_on"), kind=Value("return"), title=F("learner__name"), cohort=F("cohort__name"),
        slug=F("cohort__slug"), enrollment=F("pk"),
    )  # fmt: skip


def _breaks(window: tuple[date, date], cohorts: "QuerySet[Cohort] | None") -> "QuerySet[Any]":
    rows = Break.objects.filter(starts_on__range=window)
    if cohorts is not None:
        rows = rows.filter(Q(cohort=None) | Q(cohort__in=cohorts))
    return _row(
        rows, day=F("starts_on"), kind=Value("break"), title=F("name"), cohort=F("cohort__name"), slug=F("cohort__slug")
    )


def _row(rows: "QuerySet[Any]", *, enrollment: Any = None, day: Any, **texts: Any) -> "QuerySet[Any]":
    """The same columns of each kind, so that one query can hold them all."""
    columns = {"at_day": Cast(day, DateField())}
    columns |= {f"at_{name}": Cast(value, CharField()) for name, value in texts.items()}
    columns["at_enrollment"] = Cast(Value(None) if enrollment is None else enrollment, UUIDField())
    told: QuerySet[Any] = rows.order_by().annotate(**columns)
    return told.values_list("at_day", "at_kind", "at_title", "at_cohort", "at_slug", "at_enrollment")
