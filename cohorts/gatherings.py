"""What a cohort comes together for: planned once or every week, on days that are counted out when they are asked for.

A weekly gathering has no row for each of its days: they follow from its weekdays, the cohort's breaks and, where it
has no last day, the cohort's schedule. So a new break or another end never leaves a day behind. A day gets its row
when something happens on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import LEAST_MINUTES, MOST_MINUTES, Break, Cohort, Gathering, GatheringDay, Milestone
from cohorts.pacing import DaysOff, check_date
from cohorts.touching import touch_cohorts
from curriculum.models import Format
from organizations.prepared import Prepared, among

DAY = timedelta(days=1)
WORKING_DAYS = (0, 1, 2, 3, 4)
#: A bootcamp stands up every working day; it begins with this one, which staff may end or move.
DAILY_STARTS, DAILY_MINUTES = time(9, 30), 15


@dataclass(frozen=True)
class Occurrence:
    """A gathering on one day; `held` is the row of that day once something happened on it."""

    gathering: Gathering
    day: date
    held: GatheringDay | None = None

    @cached_property
    def starts_at(self) -> datetime:
        """In UTC. Where the clock is put forward over the time, as much later as the clock jumps."""
        zone = self.gathering.cohort.zone
        return datetime.combine(self.day, self.gathering.starts, zone).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.gathering.minutes)

    @property
    def is_cancelled(self) -> bool:
        return self.held is not None and self.held.cancelled_at is not None


def plan_gathering(
    *,
    cohort: Cohort,
    kind: str,
    first_day: date,
    starts: time,
    minutes: int,
    weekdays: Sequence[int] = (),
    last_day: date | None = None,
    title: str = "",
    place: str = "",
    video_link: str = "",
    led_by: Membership | None = None,
    by: Membership | None,
) -> Gathering:
    """A gathering on its first day alone, or (with `weekdays`, Monday is 0) every week from then on.

    Raises CohortError: `date_out_of_range`, `before_start`, `not_in_order`, `no_such_weekday`, `minutes_out_of_range`,
    `no_such_time` for one day on which the clock skips the time, `takes_no_place` when no day is left, or
    `not_a_leader`.
    """
    check_date(first_day)
    if last_day is not None:
        check_date(last_day)
    gathering = Gathering(
        cohort=cohort,
        kind=kind,
        title=title.strip(),
        weekdays=sorted(set(weekdays)),
        first_day=first_day,
        last_day=last_day if weekdays else first_day,
        starts=starts,
        minutes=minutes,
        place=place.strip(),
        video_link=video_link,
        led_by=led_by,
        created_by=by,
    )
    _check(gathering)
    gathering.save()
    return gathering


def plan_daily_stand_ups(cohort: Cohort, *, by: Membership | None) -> None:
    """What the format asks for: a bootcamp stands up every working day of its schedule."""
    if cohort.format == Format.BOOTCAMP:
        Gathering.objects.create(
            cohort=cohort,
            kind=Gathering.Kind.STAND_UP,
            weekdays=list(WORKING_DAYS),
            first_day=cohort.starts_on,
            starts=DAILY_STARTS,
            minutes=DAILY_MINUTES,
            created_by=by,
        )


def stop_gathering(*, gathering: Gathering, last_day: date) -> Gathering:
    """End a weekly gathering with that day. Raises CohortError `date_out_of_range`, `not_in_order` or `not_weekly`."""
    check_date(last_day)
    if not gathering.weekdays:
        raise CohortError("not_weekly", _("This gathering is on one day. Cancel that day."))
    if last_day < gathering.first_day - DAY:
        raise CohortError("not_in_order", _("The last day lies before the first. Choose a later one."))
    # One day before the first is the end of a gathering that never took place.
    gathering.last_day = last_day
    gathering.save(update_fields=["last_day"])
    return gathering


def cancel_day(*, occurrence: Occurrence, reason: str, by: Membership, at: datetime) -> GatheringDay:
    """Call one day off; it counts for nobody. Raises CohortError `has_marks` when somebody's attendance is recorded."""
    held = hold(occurrence)
    if held.marks.exists():
        raise CohortError("has_marks", _("Attendance is recorded for this day, so it took place."))
    held.cancelled_at, held.cancelled_by, held.reason = at, by, reason.strip()
    held.code, held.code_closes_at = "", None
    held.save()
    touch_cohorts(occurrence.gathering.cohort_id)
    return held


def restore_day(*, occurrence: Occurrence) -> None:
    """Let a day that was called off take place after all."""
    if occurrence.held is not None:
        occurrence.held.cancelled_at = occurrence.held.cancelled_by = None
        occurrence.held.reason = ""
        occurrence.held.save(update_fields=["cancelled_at", "cancelled_by", "reason"])
        touch_cohorts(occurrence.gathering.cohort_id)


def hold(occurrence: Occurrence) -> GatheringDay:
    """The row of that day, locked, made when it is the first thing that happens on it."""
    GatheringDay.objects.get_or_create(gathering=occurrence.gathering, day=occurrence.day)
    return GatheringDay.objects.select_for_update(no_key=True).get(gathering=occurrence.gathering, day=occurrence.day)


# -- which days --------------------------------------------------------------------------------------------------------


class Days:
    """On which days gatherings take place; three queries at most for any number of gatherings and cohorts.

    The gatherings come with their cohort. `days_off` are those of their one cohort, where the caller has them.
    """

    def __init__(self, gatherings: Iterable[Gathering], *, days_off: Sequence[DaysOff] | None = None) -> None:
        self.gatherings = list(gatherings)
        cohorts = {one.cohort_id for one in self.gatherings}
        endless = {one.cohort_id for one in self.gatherings if one.last_day is None}
        self._ends: dict[UUID, date] = dict(_ENDS.rows(cohorts=list(endless))) if endless else {}
        self._off: dict[UUID | None, list[tuple[date, date]]] = defaultdict(list)
        if days_off is not None:
            self._off[None] = [(span.first, span.last) for span in days_off]
            return
        for cohort, first, last in Break.objects.filter(Q(cohort=None) | Q(cohort__in=cohorts)).values_list(
            "cohort", "starts_on", "ends_on"
        ):
            self._off[cohort].append((first, last))

    def between(self, first: date, last: date) -> list[Occurrence]:
        """In order of time, those that were called off included."""
        held = {
            (row.gathering_id, row.day): row
            for row in _HELD.rows(gatherings=[one.pk for one in self.gatherings], first=first, last=last)
        }
        found = [
            Occurrence(gathering, day, held.get((gathering.pk, day)))
            for gathering in self.gatherings
            for day in self._days(gathering, first, last)
        ]
        return sorted(found, key=lambda one: (one.starts_at, str(one.gathering.pk)))

    def has(self, gathering: Gathering, day: date) -> bool:
        return day in self._days(gathering, day, day)

    def is_off(self, cohort_id: UUID, day: date) -> bool:
        return any(first <= day <= last for first, last in (*self._off[None], *self._off[cohort_id]))

    def _days(self, gathering: Gathering, first: date, last: date) -> list[date]:
        ends = gathering.last_day or self._ends.get(gathering.cohort_id, gathering.cohort.starts_on)
        first, last = max(first, gathering.first_day), min(last, ends)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        if not gathering.weekdays:
            return days
        return [
            day for day in days if day.weekday() in gathering.weekdays and not self.is_off(gathering.cohort_id, day)
        ]


#: The last day of a cohort's schedule.
_ENDS: Prepared[Any] = Prepared(
    lambda cohorts: (
        Milestone.objects.filter(among("cohort", cohorts), enrollment=None)
        .values("cohort")
        .order_by("cohort")
        .annotate(last=Max("due_on"))
        .values_list("cohort", "last")
    )
)
_HELD = Prepared(
    lambda gatherings, first, last: GatheringDay.objects.filter(
        among("gathering", gatherings), day__gte=first, day__lte=last
    )
)


def gatherings_of(cohort: Cohort) -> list[Gathering]:
    """All of the cohort's, with who leads them, in the order of their times."""
    found = list(Gathering.objects.filter(cohort=cohort).select_related("led_by").order_by("starts", "first_day", "pk"))
    for gathering in found:
        gathering.cohort = cohort
    return found


def hosted_by(viewer: Membership) -> QuerySet[Gathering]:
    """Those whose attendance the viewer takes: all for staff; what they or the cohort's lead lead for mentors."""
    found = Gathering.objects.select_related("cohort", "led_by")
    if viewer.is_staff:
        return found
    return found.filter(Q(led_by=viewer) | Q(cohort__lead=viewer))


def occurrence_on(gathering: Gathering, day: date) -> Occurrence | None:
    """The gathering on that day, None when it is not planned for it. A day that was held stays, whatever changed."""
    held = GatheringDay.objects.filter(gathering=gathering, day=day).first()
    if held is None and not Days([gathering]).has(gathering, day):
        return None
    return Occurrence(gathering, day, held)


def _check(gathering: Gathering) -> None:
    if gathering.first_day < gathering.cohort.starts_on:
        raise CohortError(
            "before_start",
            _("The cohort starts on %(date)s. Choose that day or a later one.")
            % {"date": gathering.cohort.starts_on.isoformat()},
        )
    if gathering.last_day is not None and gathering.last_day < gathering.first_day:
        raise CohortError("not_in_order", _("The last day lies before the first. Choose a later one."))
    if not set(gathering.weekdays) <= set(range(7)):
        raise CohortError("no_such_weekday", _("Choose days from Monday to Sunday."))
    if not LEAST_MINUTES <= gathering.minutes <= MOST_MINUTES:
        raise CohortError(
            "minutes_out_of_range",
            _("Enter between %(least)s and %(most)s minutes.") % {"least": LEAST_MINUTES, "most": MOST_MINUTES},
        )
    if not gathering.weekdays and not _exists(gathering):
        raise CohortError(
            "no_such_time", _("On that day the clock is put forward over this time. Choose another time.")
        )
    if gathering.led_by is not None and not (gathering.led_by.is_mentor or gathering.led_by.is_staff):
        raise CohortError("not_a_leader", _("Only staff and mentors lead a gathering. Choose somebody else."))
    ends = gathering.last_day or gathering.first_day + timedelta(days=13)
    days = ((ends - gathering.first_day).days + 1) if gathering.weekdays else 0
    reached = {(gathering.first_day + timedelta(days=number)).weekday() for number in range(min(days, 7))}
    if gathering.weekdays and not reached & set(gathering.weekdays):
        raise CohortError("takes_no_place", _("None of the weekdays lies between the two dates. Change one of them."))


def _exists(gathering: Gathering) -> bool:
    zone = gathering.cohort.zone
    local = datetime.combine(gathering.first_day, gathering.starts, zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
