"""Holidays from a calendar file (.ics, RFC 5545), as breaks: what it would add or change is shown before it is done.

A holiday is known by what the file calls it (its UID, and the year where it comes back), so that a newer file changes
what an older one brought. Nothing is ever removed because a file does not have it.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.db import transaction
from django.utils.translation import gettext as _
from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty

from cohorts.breaks import LONGEST_BREAK, add_breaks, effects_of
from cohorts.changes import Effect
from cohorts.errors import CohortError
from cohorts.models import Break, Cohort
from cohorts.pacing import DAY, EARLIEST, LATEST, DaysOff

MOST_BYTES = 1_000_000
#: More components than this is no calendar of holidays; neither are more days off.
MOST_EVENTS, MOST_HOLIDAYS = 2000, 400
#: A yearly holiday is taken for so many years from the start on.
YEARS_AHEAD = 6
#: A rule that has not come to the years asked for by then never will: every year since 1900, several days each.
MOST_STEPS = 1000
NAME_LENGTH, UID_LENGTH = 120, 200


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """Days off as a file has them, both ends included."""

    uid: str
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """An entry of a file that makes no break, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CalendarFile:
    holidays: tuple[Holiday, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A holiday beside the break that there is: `state` is new, changed or same."""

    holiday: Holiday
    state: str
    present: Break | None

    @property
    def is_news(self) -> bool:
        return self.state != "same"


def read_calendar(data: bytes, *, first: date, zone: ZoneInfo) -> CalendarFile:
    """The holidays in the file that end on `first` or later; timed ones as the days that they touch in `zone`.

    Raises CohortError `file_too_large`, `not_a_calendar`, `too_many_events` or `nothing_in_file`.
    """
    if len(data) > MOST_BYTES:
        raise CohortError(
            "file_too_large", _("This file is larger than 1 MB. Choose a calendar that holds holidays alone.")
        )
    last = min(date(first.year + YEARS_AHEAD, 12, 31), LATEST)
    holidays: dict[str, Holiday] = {}
    left_out: list[LeftOut] = []
    events = _events(data)
    for event in events:
        name = _name(event)
        try:
            for holiday in _holidays(event, name, max(first, EARLIEST), last, zone):
                holidays[holiday.uid] = holiday
                if len(holidays) > MOST_HOLIDAYS:
                    raise CohortError("too_many_events", _too_many())
        except _Unfit as unfit:
            left_out.append(LeftOut(name=name, reason=str(unfit)))
        except BrokenCalendarProperty:
            left_out.append(LeftOut(name=name, reason=_("Its days cannot be read.")))
    if not holidays and not left_out:
        raise CohortError(
            "nothing_in_file",
            _("This file has no holiday from %(day)s on. Choose a newer one.") % {"day": first.isoformat()},
        )
    ordered = sorted(holidays.values(), key=lambda one: (one.starts_on, one.ends_on, one.name))
    return CalendarFile(holidays=tuple(ordered), left_out=tuple(left_out[:MOST_HOLIDAYS]))


def compare_holidays(holidays: Iterable[Holiday], *, cohort: Cohort | None) -> list[Finding]:
    """Each beside the break that the same file, or somebody by hand, made before: of the cohort, or everyone's."""
    present = list(Break.objects.filter(cohort=cohort))
    by_uid = {pause.source_uid: pause for pause in present if pause.source_uid}
    by_days = {(pause.starts_on, pause.ends_on): pause for pause in present}
    findings = []
    for holiday in holidays:
        known = by_uid.get(holiday.uid)
        if known is None:
            known = by_days.get((holiday.starts_on, holiday.ends_on))
            findings.append(Finding(holiday=holiday, state="same" if known else "new", present=known))
        else:
            same = (known.name, known.starts_on, known.ends_on) == (holiday.name, holiday.starts_on, holiday.ends_on)
            findings.append(Finding(holiday=holiday, state="same" if same else "changed", present=known))
    return findings


def preview_holidays(*, findings: Sequence[Finding], cohort: Cohort | None, today: date) -> list[Effect]:
    """What taking these over would do to the schedules. Raises CohortError as `add_breaks` does."""
    news = [finding for finding in findings if finding.is_news]
    added = [DaysOff(one.holiday.starts_on, one.holiday.ends_on) for one in news]
    removed = [DaysOff(one.present.starts_on, one.present.ends_on) for one in news if one.present]
    return effects_of(cohort=cohort, today=today, added=added, removed=removed) if news else []


def import_holidays(*, findings: Sequence[Finding], cohort: Cohort | None, today: date) -> int:
    """Make and change breaks as was found, in one go; returns how many. Raises CohortError as `add_breaks` does."""
    with transaction.atomic():
        chosen = {finding.holiday.uid for finding in findings}
        now = compare_holidays(
            [finding.holiday for finding in findings if finding.holiday.uid in chosen], cohort=cohort
        )
        made, changed = [], []
        for finding in now:
            holiday, pause = finding.holiday, finding.present
            if finding.state == "changed" and pause:
                pause.name, pause.starts_on, pause.ends_on = holiday.name, holiday.starts_on, holiday.ends_on
                changed.append(pause)
            elif finding.state == "new":
                days = {"starts_on": holiday.starts_on, "ends_on": holiday.ends_on}
                made.append(Break(cohort=cohort, name=holiday.name, source_uid=holiday.uid, **days))
        if made or changed:
            add_breaks(made=made, changed=changed, cohort=cohort, today=today)
    return len(made) + len(changed)


# -- one entry ---------------------------------------------------------------------------------------------------------


class _Unfit(Exception):
    """Why an entry makes no break."""


def _events(data: bytes) -> list[Any]:
    try:
        calendars = Calendar.from_ical(data.decode("utf-8-sig").replace("\x00", ""), multiple=True)
    except Exception:
        # The library raises many things for what is no calendar; the answer to all of them is the same.
        calendars = []
    found = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not any(getattr(calendar, "name", "") == "VCALENDAR" for calendar in calendars):
        raise CohortError("not_a_calendar", _("This is no calendar file. Choose one that ends in .ics."))
    if len(found) > MOST_EVENTS:
        raise CohortError("too_many_events", _too_many())
    return found


def _too_many() -> str:
    return _("This calendar holds more than %(most)s days off. Choose one that holds holidays alone.") % {
        "most": MOST_HOLIDAYS
    }


def _holidays(event: Any, name: str, first: date, last: date, zone: ZoneInfo) -> Iterator[Holiday]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        raise _Unfit(_("It is cancelled."))
    starts_on, ends_on = _days(event, zone)
    length = ends_on - starts_on
    if length.days >= LONGEST_BREAK:
        raise _Unfit(_("It is longer than a year."))
    uid = str(event.get("UID", "")) or f"{name}/{starts_on.isoformat()}"
    if "RRULE" not in event:
        if ends_on >= first and starts_on >= EARLIEST and ends_on <= LATEST:
            yield Holiday(uid=_uid(uid), name=name, starts_on=starts_on, ends_on=ends_on)
        return
    for day in _yearly(event, starts_on, first - length, last):
        yield Holiday(uid=_uid(f"{uid}/{day.isoformat()}"), name=name, starts_on=day, ends_on=day + length)


def _days(event: Any, zone: ZoneInfo) -> tuple[date, date]:
    """First and last day, on the clock of `zone`; the end of a calendar is the first moment after it."""
    try:
        begin = event.decoded("DTSTART")
        end = event.decoded("DTEND") if "DTEND" in event else None
        length = event.decoded("DURATION") if end is None and "DURATION" in event else None
        if not isinstance(begin, datetime):
            until = end or (begin + length if length else begin + DAY)
            until = until.date() if isinstance(until, datetime) else until
            return begin, max(until - DAY, begin)
        until = end if isinstance(end, datetime) else begin + (length or timedelta())
        first, last = _local(begin, zone), _local(until, zone)
        reached = last - timedelta(microseconds=1) if last > first else first
        return first.date(), reached.date()
    except (KeyError, ValueError, TypeError, OverflowError, AttributeError):
        raise _Unfit(_("Its days cannot be read.")) from None


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    # Of a zone that nobody knows the clock is what is written, and so is it of none at all.
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _yearly(event: Any, starts_on: date, first: date, last: date) -> Iterator[date]:
    """The first days of a yearly holiday between the two dates, without those that the file takes out."""
    rules = event["RRULE"]
    rule = rules if not isinstance(rules, list) else None
    if rule is None or "RDATE" in event or [str(value).upper() for value in rule.get("FREQ", [])] != ["YEARLY"]:
        raise _Unfit(_("It repeats in another way than once a year. Enter it by hand."))
    if starts_on.year < 1900:
        raise _Unfit(_("Its days cannot be read."))
    try:
        # Without an end of its own the rule ends where the years asked for do: nothing is counted beyond.
        bounded = {key: value for key, value in rule.items() if key.upper() not in ("UNTIL", "COUNT")}
        text = type(rule)(bounded).to_ical().decode()
        stops = _stop(rule, last)
        start = datetime.combine(starts_on, time(), UTC)
        days = islice(rrulestr(text, dtstart=start).replace(until=stops), MOST_STEPS)
        if rule.get("COUNT"):
            days = islice(days, max(int(rule["COUNT"][0]), 0))
        found = [day.date() for day in takewhile(lambda day: day <= stops, days)]
    except (ValueError, TypeError, OverflowError, AttributeError, KeyError):
        raise _Unfit(_("Its days cannot be read.")) from None
    taken_out = _taken_out(event)
    yield from (day for day in found if first <= day <= last and day not in taken_out)


def _stop(rule: Any, last: date) -> datetime:
    until = next(iter(rule.get("UNTIL", [])), None)
    day = until.date() if isinstance(until, datetime) else until if isinstance(until, date) else last
    return datetime.combine(min(day, last), time(), UTC)


def _taken_out(event: Any) -> set[date]:
    lists = event.get("EXDATE", [])
    values = [value.dt for each in (lists if isinstance(lists, list) else [lists]) for value in each.dts]
    return {value.date() if isinstance(value, datetime) else value for value in values}


def _name(event: Any) -> str:
    text = "".join(one for one in str(event.get("SUMMARY", "")) if unicodedata.category(one) not in ("Cc", "Cs"))
    return " ".join(text.split())[:NAME_LENGTH].strip() or _("Holiday")


def _uid(text: str) -> str:
    """As it is, or a digest of it where it is too long or not to be stored."""
    if len(text) <= UID_LENGTH and text.isprintable():
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
