"""What is due in the coming days across cohorts, in one query of plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import CharField, DateField, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from cohorts.models import Break, Cohort, Enrollment, EnrollmentEvent, Milestone
from cohorts.models.milestone_title import read_title
from organizations.prepared import Prepared

DAYS_AHEAD = 7
#: Of each day so many things stand on Today; all of them have a page.
SHOWN = 5
PER_PAGE = 100
ICONS = {
    "gate": "flag", "start": "circle-play", "census": "clipboard-check", "return": "log-in", "break": "sun",
}  # fmt: skip
#: The first of each day, and how many there are on it.
FIRST_OF_EACH_DAY = """
SELECT at_day, at_kind, at_title, at_cohort, at_slug, at_enrollment, in_all FROM (
  SELECT *, row_number() OVER day AS place, count(*) OVER (PARTITION BY at_day) AS in_all FROM ({due}) AS due
  WINDOW day AS (PARTITION BY at_day ORDER BY at_cohort, at_title)
) AS ranked
WHERE place <= %s ORDER BY at_day, place
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing on a day. `kind` is milestone, gate, start, census, return or break; a break may be everyone's.

    With an `enrollment`, `title` is that learner's name.
    """

    on: date
    kind: str
    title: str
    cohort: str
    slug: str
    enrollment: UUID | None

    @property
    def icon(self) -> str:
        return ICONS.get(self.kind, "circle-dashed")

    @property
    def words(self) -> str:
        """What happens, in the reader's language; of a learner what they do."""
        match self.kind:
            case "start":
                return _("Starts")
            case "census":
                return _("Census date")
            case "return":
                return _("is to return from leave")
            case "break":
                return _("%(title)s begins") % {"title": self.title}
        return read_title(self.title)


@dataclass(frozen=True, kw_only=True)
class DayDue:
    """The first things on a day, and how many more there are."""

    on: date
    first: Sequence[Due]
    more: int = 0


@dataclass(frozen=True, kw_only=True)
class DuePage:
    """A page of all that is due, day by day. `days` are those of the window, `day` the one that was asked for."""

    days: Sequence[date]
    day: date | None
    page: Page[Any]
    due: Sequence[DayDue]


def days_due(*, first: date, cohorts: "QuerySet[Cohort] | None", days: int = DAYS_AHEAD) -> list[DayDue]:
    """The first milestones, gates, starts, census dates, returns from leave and breaks of each day from that one on.
    One query."""
    last = first + timedelta(days=days - 1)
    if cohorts is None:
        told, given = _EVERYWHERE.statement(first=first, last=last)
    else:
        told, given = _all_due(first, (first, last), cohorts).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(FIRST_OF_EACH_DAY.format(due=told), [*given, SHOWN])
        found = groupby(cursor.fetchall(), key=lambda row: (row[0], row[-1]))
        return [_day(on, [row[:-1] for row in rows], in_all) for (on, in_all), rows in found]


def due_page(
    *, first: date, cohorts: "QuerySet[Cohort] | None", day: str | None = None, page: str | None = None
) -> DuePage:
    """All of it, or all of one `day` of these, page by page; what is none of these days is not asked for. Two
    queries."""
    days = [first + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    asked = next((one for one in days if one.isoformat() == day), None)
    window = (asked, asked) if asked else (days[0], days[-1])
    rows = _all_due(first, window, cohorts).order_by("at_day", "at_cohort", "at_title")
    found = Paginator(rows, PER_PAGE).get_page(page)
    due = [_day(on, list(same)) for on, same in groupby(found.object_list, key=lambda row: row[0])]
    return DuePage(days=days, day=asked, page=found, due=due)


def _day(on: date, rows: Sequence[Sequence[Any]], in_all: int | None = None) -> DayDue:
    return DayDue(on=on, first=[Due(*row) for row in rows], more=(in_all or len(rows)) - len(rows))


def _all_due(on: date, window: tuple[date, date], cohorts: "QuerySet[Cohort] | None") -> "QuerySet[Any]":
    """Everything in the window as of today, `on`, as the fields of Due; in no order."""
    parts = [
        _milestones(window, cohorts), _dates("starts_on", "start", window, cohorts),
        _dates("census_on", "census", window, cohorts), _returns(on, window, cohorts), _breaks(window, cohorts),
    ]  # fmt: skip
    return parts[0].union(*parts[1:], all=True)


_EVERYWHERE = Prepared(lambda first, last: _all_due(first, (first, last), None))


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
