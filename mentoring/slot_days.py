"""Free slots as a person reads them: by day on their own clock, with the mentor's clock beside it when it differs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import Enrollment
from design.templatetags.design import zone_name
from mentoring.booking import why_not
from mentoring.calendars import horizon, read_calendar
from mentoring.clocks import DatedZone, clock_at
from mentoring.models import OneOnOne
from mentoring.relief import stand_in_spans

DAYS_SHOWN = 7


@dataclass(frozen=True)
class Slot:
    """A start that can be chosen: `value` goes into the form, `theirs` is the mentor's clock or
    empty, with its place on days that the mentor is elsewhere."""

    value: str
    label: str
    theirs: str


@dataclass(frozen=True)
class SlotDay:
    """One day on the viewer's clock."""

    date: date
    slots: list[Slot]

    @property
    def label(self) -> str:
        """ "Wednesday 9 December"."""
        return date_format(self.date, "l j F", use_l10n=False)

    def has(self, value: str) -> bool:
        return any(slot.value == value for slot in self.slots)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The days that a learner can choose from, the first of those after them, and why there are none in a sentence."""

    days: Sequence[SlotDay] = ()
    later: date | None = None
    refusal: str = ""
    mentor_zone: str = ""

    @property
    def zones_differ(self) -> bool:
        """Whether the mentor's clock stands beside some of the times."""
        return any(slot.theirs for day in self.days for slot in day.slots)


def offer_for(
    enrollment: Enrollment,
    *,
    now: datetime,
    since: date | None = None,
    gone: datetime | None = None,
    without: OneOnOne | None = None,
    mentor: Membership | None = None,
) -> Offer:
    """The free times of the learner's mentor, a week of them at a time, from the day `since` on the viewer's clock.

    `gone` is a time that turned out to be taken, by something that this organization cannot see perhaps; `without` is
    the 1-on-1 that is to be moved; `mentor` is one who stands in, and offers the time in which they do.
    """
    mentor = mentor or enrollment.mentor
    error = why_not(mentor=mentor, enrollment=enrollment)
    if error or mentor is None:
        return Offer(refusal=str(error))
    start = now
    if since is not None:
        start = max(now, timezone.make_aware(datetime.combine(since, time())))
    calendar = read_calendar(mentor=mentor.pk, enrollment=enrollment, start=now, without=without)
    if calendar is None:
        return Offer(refusal=_("Your mentor offers no times yet. Ask them when they will."))
    free = calendar.free(start=start, end=horizon(calendar.mentor, now=now), now=now)
    if mentor.pk != enrollment.mentor_id:
        spans = stand_in_spans(mentor=mentor, enrollment=enrollment)
        free = [slot for slot in free if any(first <= slot < last for first, last in spans)]
    zone, dated = calendar.rules.zone, calendar.rules.dated_zones
    days = slot_days((slot for slot in free if slot != gone), mentor_zone=zone, dated_zones=dated)
    refusal = "" if days else _("There are no free times now. Look again later, or write to your mentor.")
    return Offer(
        days=days[:DAYS_SHOWN],
        later=days[DAYS_SHOWN].date if len(days) > DAYS_SHOWN else None,
        refusal=refusal,
        mentor_zone=zone,
    )


def slot_value(start: datetime) -> str:
    """The instant as forms hold it: "2026-12-09T09:30Z"."""
    return f"{start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def slot_days(starts: Iterable[datetime], *, mentor_zone: str, dated_zones: Sequence[DatedZone] = ()) -> list[SlotDay]:
    """The starts, which are in order, by day in the zone in force. The page names that zone and `mentor_zone`."""
    zone = timezone.get_current_timezone()
    days = groupby((start.astimezone(zone) for start in starts), key=datetime.date)
    return [SlotDay(day, _slots(list(moments), mentor_zone, dated_zones)) for day, moments in days]


def _slots(moments: list[datetime], mentor_zone: str, dated_zones: Sequence[DatedZone]) -> list[Slot]:
    readings = [f"{moment:%H:%M}" for moment in moments]
    slots = []
    for moment, reading in zip(moments, readings, strict=True):
        clock = clock_at(mentor_zone, dated_zones, moment)
        theirs = moment.astimezone(clock)
        differs = theirs.utcoffset() != moment.utcoffset()
        # In the hour that happens twice, the clock's name tells the two apart.
        label = f"{reading} {moment:%Z}" if readings.count(reading) > 1 else reading
        elsewhere = f" {zone_name(clock.key)}" if clock.key != mentor_zone else ""
        slots.append(Slot(slot_value(moment), label, f"{_theirs(theirs, moment)}{elsewhere}" if differs else ""))
    return slots


def _theirs(theirs: datetime, ours: datetime) -> str:
    day = "" if theirs.date() == ours.date() else date_format(theirs, "D ", use_l10n=False)
    return f"{day}{theirs:%H:%M}"
