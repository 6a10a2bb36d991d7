"""What a mentor offers, changed by the mentor: weekly windows, other hours on a date, time off, and the limits."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.zones import zone_names
from cohorts.engagements import lock_people
from design.templatetags.design import zone_name
from mentoring.availability_rules import AvailabilityRules, ClockWindow, WeeklyWindow
from mentoring.calendars import days_span
from mentoring.clocks import zone_on
from mentoring.errors import MentoringError
from mentoring.models import AvailabilityException, AvailabilityWindow, Mentor, OneOnOne, Stay, TimeOff
from mentoring.spans import merge

DAY, WEEK = 1440, 7 * 1440
MOST_WINDOWS = 70
LONGEST_TIME_OFF = 366


class Limits(TypedDict):
    """The rules of the calendar besides its windows; lengths and notice in minutes, None is no cap."""

    time_zone: str
    duration: int
    step: int
    buffer_before: int
    buffer_after: int
    min_notice: int
    max_days_ahead: int
    max_per_day: int | None
    max_per_week: int | None
    video_link: str


def mentor_of(*, membership: Membership, time_zone: str) -> Mentor:
    """What the member offers as a mentor, made on the first call: 45 minutes, a day's notice, and no windows yet.

    Nobody can book before the mentor says when.
    """
    mentor, _made = Mentor.objects.get_or_create(membership=membership, defaults={"time_zone": time_zone})
    mentor.membership = membership
    return mentor


def change_limits(*, mentor: Mentor, limits: Limits) -> Mentor:
    """Replace the limits. Booked 1-on-1s keep their time. Raises MentoringError `unknown_zone`."""
    _check_zone(limits["time_zone"])
    with transaction.atomic():
        lock_people(mentor.membership.user)
        locked = Mentor.objects.get(pk=mentor.pk)
        for name, value in limits.items():
            setattr(locked, name, value)
        locked.save()
    return locked


def replace_windows(*, mentor: Mentor, windows: Iterable[WeeklyWindow]) -> None:
    """Offer these hours every week and no others. Booked 1-on-1s keep their time.

    Raises MentoringError `too_many_windows`.
    """
    rows = {(window.weekday, window.start_minute): window for window in sorted(windows, key=_length)}
    if len(rows) > MOST_WINDOWS:
        raise MentoringError("too_many_windows", _("A week has room for 70 windows. Join those that touch."))
    with transaction.atomic():
        lock_people(mentor.membership.user)
        AvailabilityWindow.objects.filter(mentor=mentor).delete()
        AvailabilityWindow.objects.bulk_create(
            AvailabilityWindow(
                mentor=mentor, weekday=row.weekday, start_minute=row.start_minute, end_minute=row.end_minute
            )
            for row in rows.values()
        )


def set_exception(*, mentor: Mentor, on: date, windows: Iterable[ClockWindow], today: date) -> AvailabilityException:
    """Offer these hours on one date in place of the weekly ones; none is a day off. Replaces what was set for it.

    Raises MentoringError `date_over`.
    """
    if on < today:
        raise MentoringError("date_over", _("That date is over. Choose today or a later date."))
    pairs = [[window.start_minute, window.end_minute] for window in windows]
    with transaction.atomic():
        lock_people(mentor.membership.user)
        row, _made = AvailabilityException.objects.update_or_create(mentor=mentor, date=on, defaults={"windows": pairs})
    return row


def remove_exception(*, mentor: Mentor, pk: UUID) -> None:
    """Offer the weekly hours again on that date. Removing it twice is no mistake."""
    AvailabilityException.objects.filter(mentor=mentor, pk=pk).delete()


def add_time_off(*, mentor: Mentor, first: date, last: date, note: str, today: date) -> TimeOff:
    """Be away from the first day to the last, both included, on the mentor's clock. 1-on-1s booked before stay booked.

    Raises MentoringError `not_in_order`, `date_over` or `too_long`.
    """
    _check_days(first, last, today)
    with transaction.atomic():
        lock_people(mentor.membership.user)
        zone, last_zone = (zone_on(mentor.time_zone, mentor.dated_zones, day) for day in (first, last))
        during = DateTimeTZRange(*days_span(first, last, zone=zone, last_zone=last_zone))
        return TimeOff.objects.create(mentor=mentor, during=during, note=note.strip())


def remove_time_off(*, mentor: Mentor, pk: UUID) -> None:
    """Be there again. Removing it twice is no mistake."""
    TimeOff.objects.filter(mentor=mentor, pk=pk).delete()


def add_stay(*, mentor: Mentor, time_zone: str, first: date, last: date, today: date) -> Stay:
    """Have the hours on the clock of another zone from the first day to the last, both included, as counted there.

    Booked 1-on-1s and time off keep their time. Raises MentoringError `unknown_zone`, `not_in_order`, `date_over`,
    `too_long`, or `elsewhere` when a day already has another zone.
    """
    _check_zone(time_zone)
    _check_days(first, last, today)
    days = DateRange(first, last + timedelta(days=1))
    with transaction.atomic():
        lock_people(mentor.membership.user)
        if other := Stay.objects.filter(mentor=mentor, days__overlap=days).order_by("days").first():
            raise MentoringError(
                "elsewhere",
                _(
                    "Your hours are on the clock of %(zone)s from %(first)s to %(last)s. "
                    "Remove that, or choose other days."
                )
                % {"zone": zone_name(other.time_zone), "first": _day(other.first), "last": _day(other.last)},
            )
        return Stay.objects.create(mentor=mentor, time_zone=time_zone, days=days)


def remove_stay(*, mentor: Mentor, pk: UUID) -> None:
    """Have the hours on the mentor's own clock again on those days. Removing it twice is no mistake."""
    Stay.objects.filter(mentor=mentor, pk=pk).delete()


def booked_within(time_off: TimeOff) -> int:
    """How many booked 1-on-1s the mentor has in that time."""
    return OneOnOne.objects.booked().filter(mentor=time_off.mentor, during__overlap=time_off.during).count()


def longest_window(rules: AvailabilityRules) -> int:
    """The longest stretch of weekly windows in minutes, joined where one touches the next, also over midnight."""
    spans = []
    for window in rules.windows:
        start = window.weekday * DAY + window.start_minute
        end = start + _length(window)
        # Twice, so that what goes on from Sunday to Monday is seen in one piece.
        spans += [(start, end), (start + WEEK, end + WEEK)]
    return min(max((last - first for first, last in merge(spans)), default=0), WEEK)


def too_short(rules: AvailabilityRules) -> int | None:
    """The longest window in minutes, when no 1-on-1 fits into any; None when one does or there are none."""
    dated = [(last - first) // 60 for spans in rules.windows_by_date.values() for first, last in spans]
    longest = max([longest_window(rules), *dated])
    return longest if 0 < longest < rules.duration else None


def upcoming_exceptions(mentor: Mentor, *, today: date) -> list[AvailabilityException]:
    return list(AvailabilityException.objects.filter(mentor=mentor, date__gte=today).order_by("date"))


def upcoming_stays(mentor: Mentor, *, today: date) -> list[Stay]:
    return list(Stay.objects.filter(mentor=mentor, days__endswith__gt=today).order_by("days"))


def upcoming_time_off(mentor: Mentor, *, now: datetime) -> list[TimeOff]:
    return list(TimeOff.objects.filter(mentor=mentor, during__endswith__gt=now).order_by("during"))


def _check_zone(name: str) -> None:
    if name not in zone_names():
        raise MentoringError("unknown_zone", _("That is not a time zone. Choose one such as Europe/Amsterdam."))


def _check_days(first: date, last: date, today: date) -> None:
    if last < first:
        raise MentoringError("not_in_order", _("The last day lies before the first. Swap them."))
    if last < today:
        raise MentoringError("date_over", _("Those days are over. Choose today or later dates."))
    if (last - first).days >= LONGEST_TIME_OFF or (last - today).days > 10 * LONGEST_TIME_OFF:
        raise MentoringError("too_long", _("That is at most a year, within ten years. Check the two dates."))


def _day(day: date) -> str:
    return date_format(day, "j F Y", use_l10n=False)


def _length(window: ClockWindow | WeeklyWindow) -> int:
    length = window.end_minute - window.start_minute
    return length if length > 0 else length + DAY
