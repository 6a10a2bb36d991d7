"""What a mentor offers, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from design.templatetags.design import zone_name
from mentoring.clocks import clock_at
from mentoring.models import AvailabilityException, Mentor, Stay, TimeOff


@dataclass(frozen=True)
class Row:
    """Something dated that can be removed."""

    pk: UUID
    when: str
    what: str


def exception_rows(exceptions: Iterable[AvailabilityException]) -> list[Row]:
    return [Row(row.pk, _day(row.date), _windows(row.windows)) for row in exceptions]


def stay_rows(stays: Iterable[Stay]) -> list[Row]:
    return [Row(row.pk, _days(row.first, row.last), zone_name(row.time_zone)) for row in stays]


def time_off_rows(times: Iterable[TimeOff], *, mentor: Mentor) -> list[Row]:
    """Days on the mentor's clock; the end is the last instant that is still off."""
    zone, dated, rows = mentor.time_zone, mentor.dated_zones, []
    for row in times:
        last_off = row.during.upper - timedelta(microseconds=1)
        first, last = (at.astimezone(clock_at(zone, dated, at)).date() for at in (row.during.lower, last_off))
        rows.append(Row(row.pk, _days(first, last), row.note))
    return rows


def _windows(pairs: Iterable[Iterable[int]]) -> str:
    said = [_("%(start)s to %(end)s") % {"start": _clock(start), "end": _clock(end)} for start, end in pairs]
    return ", ".join(said) or _("Day off")


def _days(first: date, last: date) -> str:
    return _day(first) if first == last else f"{_day(first)} – {_day(last)}"


def _day(day: date) -> str:
    return date_format(day, "D j F Y", use_l10n=False)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
