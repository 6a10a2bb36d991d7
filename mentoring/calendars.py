"""What bears on a mentor's slots, read for a span of time: three queries, whatever the mentor offers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Q, SmallIntegerField, UUIDField, Value
from django.db.models.functions import Cast

from cohorts.engagements import EpochSeconds, engaged
from cohorts.models import Break, Enrollment
from cohorts.pacing import DaysOff
from mentoring.availability import BookingSpan, ClosedReason, Held, bookings_span, free_starts, why_closed
from mentoring.availability_rules import AvailabilityRules, ClockWindow, DatedException, WeeklyWindow
from mentoring.clocks import DatedZone, zone_on
from mentoring.engagements import ONE_ON_ONES
from mentoring.models import Mentor, OneOnOne
from mentoring.spans import Span
from mentoring.zones import load_zone
from organizations.prepared import Prepared, among

DAY = timedelta(days=1)
#: No row has this id.
NOBODY = UUID(int=0)

# A 1-on-1: its id and the mentor's, start and end in epoch seconds, and its own buffers in minutes.
_Meeting = tuple[UUID, UUID, int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """A mentor's rules and all that takes their time and the learner's. Spans are half-open, in epoch seconds.

    `others` are 1-on-1s of the learner with somebody else, those in which the mentor is the learner, and what else
    takes time of one of the two, such as a presentation. `notes` are what the mentor wrote at each time off.
    """

    mentor: Mentor
    rules: AvailabilityRules
    bookings: list[BookingSpan]
    others: list[Span]
    time_off: list[Span]
    notes: list[str]
    breaks: list[Span]

    def free(self, *, start: datetime, end: datetime, now: datetime) -> list[datetime]:
        """The starts in `[start, end)` that can be booked, in UTC and in order."""
        starts = free_starts(
            self.rules,
            start=start,
            end=end,
            now=now,
            mentor_bookings=self.bookings,
            learner_bookings=self.others,
            time_off=[*self.time_off, *self.breaks],
        )
        return [datetime.fromtimestamp(instant, UTC) for instant in starts]

    def why_closed(self, *, at: datetime, now: datetime) -> tuple[ClosedReason, ...]:
        """Why no meeting can start at `at`, breaks apart; empty when it can."""
        return why_closed(
            self.rules,
            at=at,
            now=now,
            mentor_bookings=[_held(*booking) for booking in self.bookings],
            learner_bookings=[_held(*span) for span in self.others],
            time_off=[_held(*span) for span in self.time_off],
        )

    def is_in_break(self, *, at: datetime) -> bool:
        """Whether a meeting that starts at `at` would touch a break of the organization or the cohort."""
        first = at.timestamp()
        last = first + self.rules.duration * 60
        return any(first < until and last > since for since, until in self.breaks)


def read_calendar(
    *,
    mentor: UUID,
    enrollment: Enrollment | None,
    start: datetime,
    end: datetime | None = None,
    without: OneOnOne | None = None,
    days_off: Iterable[DaysOff] | None = None,
) -> Calendar | None:
    """What bears on slots in `[start, end)`, up to the mentor's horizon after `start` when there is no end.

    `mentor` is the id of the membership; None when that member never offered time. With an enrollment the learner's
    time and the cohort's breaks count too. `without` is the 1-on-1 that is to be moved; `days_off` are
    the breaks that count, where the caller has them. At most three queries.
    """
    since = start - 9 * DAY
    found = _OFFERED.first(mentor=mentor, since=since, day=since.astimezone(UTC).date() - 2 * DAY)
    if found is None:
        return None
    rules = rules_of(found)
    until = end or horizon(found, now=start)
    bookings, others = _meetings(found, enrollment, without, bookings_span(rules, start=start, end=until))
    offer: Any = found
    return Calendar(
        mentor=found,
        rules=rules,
        bookings=bookings,
        others=others,
        time_off=[(row["start"], row["end"]) for row in offer.off],
        notes=[row["note"] for row in offer.off],
        breaks=_breaks(enrollment, start - DAY, until + 2 * DAY, rules=rules, days_off=days_off),
    )


def read_calendars(
    pairs: Collection[tuple[UUID, Enrollment]], *, start: datetime, end: datetime, without: Collection[UUID] = ()
) -> dict[tuple[UUID, UUID], Calendar]:
    """The calendars of many pairs by the ids of membership and enrollment, as `read_calendar` gives each.

    Members who never offered time have none. `without` are ids of 1-on-1s that are to go elsewhere. Three queries for
    any number of pairs.
    """
    rows = Mentor.objects.with_offer(since=start - 9 * DAY).filter(membership__in={member for member, _ in pairs})
    mentors = {mentor.membership_id: mentor for mentor in rows}
    enrollments = {enrollment.pk: enrollment for _, enrollment in pairs}
    people = {mentor.membership.user_id for mentor in mentors.values()}
    people |= {enrollment.learner.user_id for enrollment in enrollments.values()}
    reach = timedelta(days=9)
    held = _held_by(people, (start - reach, end + reach), without)
    breaks = list(
        Break.objects.filter(
            Q(cohort=None) | Q(cohort__in={enrollment.cohort_id for enrollment in enrollments.values()}),
            ends_on__gte=(start - DAY).date(),
            starts_on__lte=(end + 2 * DAY).date(),
        ).values_list("cohort_id", "starts_on", "ends_on")
    )
    found = {}
    for member, enrollment in pairs:
        if mentor := mentors.get(member):
            own = [days for cohort_id, *days in breaks if cohort_id in (None, enrollment.cohort_id)]
            found[member, enrollment.pk] = _calendar_of(mentor, enrollment, held, own)
    return found


def _calendar_of(
    mentor: Mentor, enrollment: Enrollment, held: Mapping[UUID, list[_Meeting]], breaks: Iterable[list[date]]
) -> Calendar:
    offer: Any = mentor
    of_pair = {row[0]: row for user in (mentor.membership.user_id, enrollment.learner.user_id) for row in held[user]}
    zone = enrollment.cohort.time_zone
    return Calendar(
        mentor=mentor,
        rules=rules_of(mentor),
        bookings=[row[2:] for row in of_pair.values() if row[1] == mentor.pk],
        others=[row[2:4] for row in of_pair.values() if row[1] != mentor.pk],
        time_off=[(row["start"], row["end"]) for row in offer.off],
        notes=[row["note"] for row in offer.off],
        breaks=list(_epochs(days_span(first, last, zone=zone) for first, last in breaks)),
    )


def _held_by(
    people: Collection[UUID], span: tuple[datetime, datetime], without: Collection[UUID]
) -> dict[UUID, list[_Meeting]]:
    """What takes the time of each of these people, as mentor, as learner or otherwise. One query."""
    during = DateTimeTZRange(*span)
    rows: Any = (
        OneOnOne.objects.standing()
        .filter(Q(mentor_person__in=people) | Q(learner_person__in=people), during__overlap=during)
        .exclude(pk__in=without)
        .values_list(
            "mentor_person",
            "learner_person",
            "pk",
            "mentor_id",
            EpochSeconds("during__startswith", function="floor"),
            EpochSeconds("during__endswith", function="ceil"),
            "buffer_before",
            "buffer_after",
        )
    )
    columns = ("engaged", "again", "pk", "nobody", "first", "last", "before", "after")
    rows = rows.union(*elsewhere(people, during, columns), all=True)
    found: dict[UUID, list[_Meeting]] = defaultdict(list)
    for mentor_person, learner_person, *meeting in rows:
        row: Any = tuple(meeting)
        found[mentor_person].append(row)
        found[learner_person].append(row)
    return found


def horizon(mentor: Mentor, *, now: datetime) -> datetime:
    """An instant after the last slot that can be booked now."""
    return now + timedelta(days=mentor.max_days_ahead + 2)


def rules_of(mentor: Mentor) -> AvailabilityRules:
    """The rules of a mentor from `with_offer`."""
    offer: Any = mentor
    return AvailabilityRules(
        zone=mentor.time_zone,
        windows=tuple(WeeklyWindow(row["weekday"], row["start"], row["end"]) for row in offer.weekly),
        exceptions=tuple(
            DatedException(date.fromisoformat(row["date"]), tuple(ClockWindow(*pair) for pair in row["windows"]))
            for row in offer.dated
        ),
        duration=mentor.duration,
        step=mentor.step,
        buffer_before=mentor.buffer_before,
        buffer_after=mentor.buffer_after,
        min_notice=mentor.min_notice,
        max_days_ahead=mentor.max_days_ahead,
        max_per_day=mentor.max_per_day,
        max_per_week=mentor.max_per_week,
        dated_zones=tuple(
            DatedZone(row["zone"], date.fromisoformat(row["first"]), date.fromisoformat(row["after"]) - DAY)
            for row in offer.zoned
        ),
    )


def days_span(first: date, last: date, *, zone: str, last_zone: str = "") -> tuple[datetime, datetime]:
    """The instants of the days from `first` to `last`, both included, on the clock of the zone.

    The last day ends on the clock of `last_zone`, when it is another. A midnight in a gap is the end of the gap, a
    midnight that happens twice the first of the two.
    """
    begins = datetime.combine(first, time(), load_zone(zone)).astimezone(UTC)
    return begins, datetime.combine(last + DAY, time(), load_zone(last_zone or zone)).astimezone(UTC)


def span_on_clock(rules: AvailabilityRules, first: date, last: date) -> Span:
    """The days from `first` to `last`, both included, on the clock of where the mentor is at either end."""
    zone, last_zone = (zone_on(rules.zone, rules.dated_zones, day) for day in (first, last))
    begins, ends = days_span(first, last, zone=zone, last_zone=last_zone)
    return int(begins.timestamp()), int(ends.timestamp())


def _meetings(
    mentor: Mentor, enrollment: Enrollment | None, without: OneOnOne | None, span: tuple[datetime, datetime]
) -> tuple[list[BookingSpan], list[Span]]:
    people = [mentor.membership.user_id]
    if enrollment is not None:
        people.append(enrollment.learner.user_id)
    rows = _TAKEN.rows(people=people, during=DateTimeTZRange(*span), without=without.pk if without else NOBODY)
    bookings: list[BookingSpan] = []
    others: list[Span] = []
    for mentor_id, first, last, before, after in rows:
        if mentor_id == mentor.pk:
            bookings.append((first, last, before, after))
        else:
            others.append((first, last))
    return bookings, others


def _taken(people: Any, during: Any, without: Any) -> Any:
    """What takes the time of any of these people: mentor, start and end in epoch seconds, and buffers in minutes."""
    meets = Q(among("mentor_person", people)) | Q(among("learner_person", people))
    rows: Any = OneOnOne.objects.standing().filter(meets, during__overlap=during).exclude(pk=without)
    rows = rows.values_list(
        "mentor_id",
        EpochSeconds("during__startswith", function="floor"),
        EpochSeconds("during__endswith", function="ceil"),
        "buffer_before",
        "buffer_after",
    )
    return rows.union(*elsewhere(people, during, ("nobody", "first", "last", "before", "after")), all=True)


_OFFERED = Prepared(lambda mentor, since, day: Mentor.objects.offering(since=since, day=day).filter(membership=mentor))
_TAKEN: Prepared[tuple[UUID | None, int, int, int, int]] = Prepared(_taken)
_BREAKS = Prepared(
    lambda cohort, first, last: Break.objects.filter(
        Q(cohort=None) | Q(cohort=cohort), ends_on__gte=first, starts_on__lte=last
    ).values_list("starts_on", "ends_on")
)


def elsewhere(people: Any, during: Any, columns: Sequence[str]) -> Iterable[Any]:
    """What other apps hold of these people's time, in the columns of 1-on-1s: with nobody and without buffers."""
    nobody, none = Cast(Value(None), UUIDField()), Value(0, output_field=SmallIntegerField())
    for rows in engaged(people, during, besides=ONE_ON_ONES):
        # No column twice: a union would have it once.
        told = rows.annotate(again=F("engaged"), nobody=nobody, before=none, after=none)
        yield told.values_list(*columns)


def _breaks(
    enrollment: Enrollment | None,
    start: datetime,
    end: datetime,
    *,
    rules: AvailabilityRules,
    days_off: Iterable[DaysOff] | None,
) -> list[Span]:
    """On the clock of the cohort; where nobody is to meet yet, on that of the mentor."""
    if days_off is None:
        cohort = enrollment.cohort_id if enrollment else NOBODY
        rows = _BREAKS.rows(cohort=cohort, first=start.date(), last=end.date())
        days_off = [DaysOff(first, last) for first, last in rows]
    days = [each for each in days_off if each.last >= start.date() and each.first <= end.date()]
    if enrollment is None:
        return [span_on_clock(rules, each.first, each.last) for each in days]
    zone = enrollment.cohort.time_zone
    return list(_epochs(days_span(each.first, each.last, zone=zone) for each in days))


def _epochs(spans: Iterable[tuple[datetime, datetime]]) -> Iterable[Span]:
    return ((int(first.timestamp()), int(last.timestamp())) for first, last in spans)


def _held(first: int, last: int, before: int | None = None, after: int | None = None) -> Held:
    return Held(datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC), before, after)
