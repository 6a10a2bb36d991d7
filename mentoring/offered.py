"""What a mentor offers, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mentoring.models import AvailabilityException, TimeOff
from mentoring.zones import load_zone


@dataclass(frozen=True)
class Row:
    """Something dated that can be removed."""

    pk: UUID
    when: str
    what: str


def exception_rows(exceptions: Iterable[AvailabilityException]) -> list[Row]:
    return [Row(row.pk, _day(row.date), _windows(row.windows)) for row in exceptions]


def time_off_rows(times: Iterable[TimeOff], *, zone: str) -> list[Row]:
    """Days on the mentor's clock; the end is the last instant that is still off."""
    clock, rows = load_zone(zone), []
    for row in times:
        first = row.during.lower.astimezone(clock).date()
        last = (row.during.upper - timedelta(microseconds=1)).astimezone(clock).date()
        rows.append(Row(row.pk, _day(first) if first == last else f"{_day(first)} – {_day(last)}", row.note))
    return rows


def _windows(pairs: Iterable[Iterable[int]]) -> str:
    said = [_("%(start)s to %(end)s") % {"start": _clock(start), "end": _clock(end)} for start, end in pairs]
    return ", ".join(said) or _("Day off")


def _day(day: date) -> str:
    return date_format(day, "D j F Y", use_l10n=False)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
