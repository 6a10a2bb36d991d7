"""A mentor's week as a list of days, each event with its place in a grid of quarter hours.

The grid is only a presentation: events stand at the wall clock of the zone in force, rounded to the nearest quarter so
that what follows one another does not overlap. Its classes are those of the week in `static/css/app.css`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.progress import monday_of
from mentoring.calendars import Calendar
from mentoring.models import OneOnOne
from mentoring.spans import Span, merge
from organizations.prepared import Prepared

FIRST_HOUR, LAST_HOUR = 8, 18
QUARTER, DAY_MINUTES = 15, 1440
FIRST_YEAR, LAST_YEAR = 2000, 2199
DAY = timedelta(days=1)

Status = OneOnOne.Status


class Meeting(NamedTuple):
    """A 1-on-1 as far as the mentor's own page tells of it."""

    pk: UUID
    starts_at: datetime
    ends_at: datetime
    status: str
    agenda: str
    learner: str
    cohort: str

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Meetings:
    """A mentor's 1-on-1s of a week, the next one, and the latest that are over while nobody said how they went."""

    of_week: list[Meeting]
    next: Meeting | None
    unconfirmed: list[Meeting]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something from `start` to `end`. `kind` is empty for a 1-on-1, else a class: open, busy, cancelled or now."""

    kind: str
    start: datetime
    end: datetime
    title: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An event on one day: when it starts in words, and its classes in the grid."""

    event: Event
    starts: str
    css: str


@dataclass(frozen=True, kw_only=True)
class WeekDay:
    date: date
    label: str
    is_today: bool
    events: list[Placed]


@dataclass(frozen=True, kw_only=True)
class Week:
    """Monday to Friday, and of the weekend the days on which there is something; `hours` are those of the grid."""

    monday: date
    days: list[WeekDay]
    hours: list[str]

    @property
    def title(self) -> str:
        """ "23 – 27 November", with the months and the year as far as they are needed."""
        first, last = self.days[0].date, self.days[-1].date
        this_year = last.year == timezone.localdate().year
        ending = date_format(last, "j F" if this_year else "j F Y", use_l10n=False)
        form = "j F Y" if first.year != last.year else "j F" if first.month != last.month else "j"
        return f"{date_format(first, form, use_l10n=False)} – {ending}"

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def key(self) -> str:
        return _key(self.monday)

    @property
    def before(self) -> str:
        return _key(self.monday - 7 * DAY)

    @property
    def after(self) -> str:
        return _key(self.monday + 7 * DAY)


def monday_asked(text: str, *, today: date) -> date:
    """The Monday of the ISO week ("2026-W48") or date that an address names; of this week when it names none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        day = today
    return monday_of(day)


def span_of(monday: date) -> tuple[datetime, datetime]:
    """The instants of the week in the zone in force."""
    return _midnight(monday), _midnight(monday + 7 * DAY)


def meetings_of(mentor: Membership, *, start: datetime, end: datetime, now: datetime, most: int) -> Meetings:
    """Those of the week from `start` to `end`, and at most so many that wait to be confirmed. One query."""
    rows = _told(most).rows(mentor=mentor.pk, span=DateTimeTZRange(start, end), now=now)
    found = [Meeting(*row) for row in rows]
    booked = [one for one in found if one.status == Status.BOOKED]
    return Meetings(
        of_week=[one for one in found if one.starts_at < end and one.ends_at > start],
        next=next((one for one in booked if one.ends_at > now), None),
        unconfirmed=[one for one in reversed(booked) if one.ends_at <= now][:most],
    )


@cache
def _told(most: int) -> Prepared[Any]:
    """Those of the span, the next one, and so many that wait to be confirmed."""

    def build(mentor: Any, span: Any, now: Any) -> Any:
        own = OneOnOne.objects.of_mentor(mentor)
        asked = (
            Q(during__overlap=span)
            | Q(pk__in=own.upcoming(at=now).values("pk")[:1])
            | Q(pk__in=own.unconfirmed(at=now).values("pk")[:most])
        )
        columns = ("pk", "during__startswith", "during__endswith", "status", "agenda")
        names = ("enrollment__learner__name", "enrollment__cohort__name")
        return own.filter(asked).order_by("during").values_list(*columns, *names)

    return Prepared(build)


def week_of(
    *,
    monday: date,
    calendar: Calendar | None,
    meetings: Sequence[Meeting],
    now: datetime,
    url_of: Callable[[Meeting], str],
) -> Week:
    """The week with 1-on-1s, time off, breaks, and what is open for booking now. No query."""
    start, end = span_of(monday)
    events = list(_meetings(meetings, url_of))
    if calendar is not None:
        events += _away(calendar)
        events += _open(calendar, start, end, now, cut=[event for event in events if event.kind == "cancelled"])
    events.sort(key=lambda event: (event.start, event.end))
    first, last = _hours(events, monday)
    events.append(Event(kind="now", start=now, end=now, title=""))
    today = timezone.localdate(now)
    days = []
    for number in range(7):
        day = monday + number * DAY
        placed = list(_placed(events, day, first, last))
        if number < 5 or any(each.event.kind != "now" for each in placed):
            label = date_format(day, "D j", use_l10n=False)
            days.append(WeekDay(date=day, label=label, is_today=day == today, events=placed))
    return Week(monday=monday, days=days, hours=[f"{hour:02d}:00" for hour in range(first, last)])


def _meetings(meetings: Sequence[Meeting], url_of: Callable[[Meeting], str]) -> Iterator[Event]:
    standing = [(one.starts_at, one.ends_at) for one in meetings if one.status != Status.CANCELLED]
    for one in meetings:
        cancelled = one.status == Status.CANCELLED
        # Its time was given to somebody else.
        if cancelled and any(first < one.ends_at and last > one.starts_at for first, last in standing):
            continue
        yield Event(
            kind="cancelled" if cancelled else "",
            start=one.starts_at,
            end=one.ends_at,
            title=one.learner,
            detail=_("1-on-1") if one.status == Status.BOOKED else str(Status(one.status).label),
            url=url_of(one),
        )


def _away(calendar: Calendar) -> Iterator[Event]:
    for (first, last), note in zip(calendar.time_off, calendar.notes, strict=True):
        yield Event(kind="busy", start=_moment(first), end=_moment(last), title=note or _("Time off"))
    for first, last in calendar.breaks:
        yield Event(kind="busy", start=_moment(first), end=_moment(last), title=_("No program"))


def _open(
    calendar: Calendar, start: datetime, end: datetime, now: datetime, *, cut: Sequence[Event]
) -> Iterator[Event]:
    """Stretches that are open for booking, around the cancelled 1-on-1s that stand there; no crumbs beside those."""
    seconds = calendar.rules.duration * 60
    free = [int(moment.timestamp()) for moment in calendar.free(start=start, end=end, now=now)]
    stretches = merge((first, first + seconds) for first in free)
    for event in cut:
        stretches = list(_without(stretches, int(event.start.timestamp()), int(event.end.timestamp())))
    for first, last in stretches:
        if last - first < seconds:
            continue
        yield Event(kind="open", start=_moment(first), end=_moment(last), title=_("Open for booking"))


def _without(spans: Sequence[Span], since: int, until: int) -> Iterator[Span]:
    for first, last in spans:
        if first < min(last, since):
            yield first, min(last, since)
        if max(first, until) < last:
            yield max(first, until), last


def _hours(events: Sequence[Event], monday: date) -> tuple[int, int]:
    """The hours of the clock that the grid shows: the working day, and whatever else has 1-on-1s or open time."""
    first, last = FIRST_HOUR, LAST_HOUR
    for event in events:
        if event.kind == "busy":
            continue
        for number in range(7):
            if piece := _piece(event, monday + number * DAY):
                first = min(first, piece[0] // 60)
                last = max(last, -(-piece[1] // 60))
    return first, last


def _placed(events: Sequence[Event], day: date, first_hour: int, last_hour: int) -> Iterator[Placed]:
    top, bottom = first_hour * 4, last_hour * 4
    for event in events:
        piece = _piece(event, day)
        if piece is None:
            continue
        begins, ends = (_quarter(minute) for minute in piece)
        if event.kind == "now":
            if top <= begins < bottom:
                yield Placed(event=event, starts=_clock(piece[0]), css=f"now-line {_row(begins - top)}")
            continue
        row = min(max(begins, top), bottom - 1)
        length = max(min(ends, bottom) - row, 1)
        whole_day = piece == (0, DAY_MINUTES)
        yield Placed(
            event=event,
            starts=_("All day") if whole_day else _clock(piece[0]),
            css=f"{_row(row - top)} l{length // 4} m{length % 4}{' short' if length <= 2 else ''}",
        )


def _piece(event: Event, day: date) -> tuple[int, int] | None:
    """The minutes of the day, on the clock, that the event takes; None when it is on other days."""
    first, last = _midnight(day), _midnight(day + DAY)
    if event.start >= last or event.end < first or (event.end == first and event.start < first):
        return None
    begins = 0 if event.start <= first else _minute(event.start)
    ends = DAY_MINUTES if event.end >= last else _minute(event.end)
    if ends < begins:  # the clock was put back meanwhile
        ends = begins + (event.end - event.start) // timedelta(minutes=1)
    return begins, min(ends, DAY_MINUTES)


def _row(quarters: int) -> str:
    return f"t{quarters // 4} q{quarters % 4}"


def _quarter(minute: int) -> int:
    return (minute + QUARTER // 2) // QUARTER


def _minute(moment: datetime) -> int:
    local = timezone.localtime(moment)
    return local.hour * 60 + local.minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _key(monday: date) -> str:
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"
