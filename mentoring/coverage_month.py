"""Who met their mentor in a month, for program staff: held and booked apart, per learner, cohort and mentor."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Max, Min, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.history import statuses_as_of
from cohorts.mentors import mentors_as_of
from cohorts.models import Enrollment
from mentoring.models import OneOnOne
from mentoring.open_time import who_has_open_time

MONTHS_OFFERED = 12
#: How far ahead a mentor must have a free time to have open time.
LOOK_AHEAD = timedelta(weeks=4)
Status = OneOnOne.Status


@dataclass(frozen=True, kw_only=True)
class Month:
    """A calendar month on the clock of `zone`, as instants too."""

    first: date
    zone: ZoneInfo

    @property
    def following(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.following, time(), self.zone).astimezone(UTC)

    @property
    def key(self) -> str:
        """ "2026-11"."""
        return f"{self.first:%Y-%m}"

    @property
    def label(self) -> str:
        return date_format(self.first, "F Y", use_l10n=False)

    def has(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def month_asked(text: str, *, zone: ZoneInfo, now: datetime) -> Month:
    """The month that an address names ("2026-11"), of the last twelve; this month when it names none of them."""
    months = months_offered(zone=zone, now=now)
    return next((month for month in months if month.key == text), months[0])


def months_offered(*, zone: ZoneInfo, now: datetime) -> list[Month]:
    """This month and those before it, the latest first."""
    first, months = timezone.localtime(now, zone).date().replace(day=1), []
    for _number in range(MONTHS_OFFERED):
        months.append(Month(first=first, zone=zone))
        first = (first - timedelta(days=1)).replace(day=1)
    return months


@dataclass(frozen=True, kw_only=True)
class Covered:
    """A learner in a month: when a 1-on-1 was held in it, and when the next is booked or waits for confirmation.

    `state` is held, booked, none, or excused (on leave). `last` is the last that was held up to the end of the month.
    `mentor` is who mentors them today, or did on the last day of a month before.
    """

    enrollment: Enrollment
    mentor: Membership | None
    state: str
    held: datetime | None
    booked: datetime | None
    unconfirmed: datetime | None
    missed: datetime | None
    last: datetime | None


@dataclass
class Tally:
    """Learners of a cohort or a mentor by state; those on leave are not among `learners`."""

    key: UUID | None
    name: str
    held: int = 0
    booked: int = 0
    none: int = 0
    excused: int = 0

    @property
    def learners(self) -> int:
        return self.held + self.booked + self.none

    @property
    def share(self) -> float:
        return self.held / self.learners if self.learners else 1.0


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A month of the learners who were asked for; those longest without a 1-on-1 first."""

    month: Month
    rows: Sequence[Covered]
    total: Tally = field(default_factory=lambda: Tally(None, ""))

    def tallies(self, of: Callable[[Covered], tuple[UUID | None, str]]) -> list[Tally]:
        """Per cohort, mentor, …: whatever `of` says of a learner. By name."""
        found: dict[UUID | None, Tally] = {}
        for row in self.rows:
            key, name = of(row)
            _count(found.setdefault(key, Tally(key, name)), row)
        return sorted(found.values(), key=lambda tally: (tally.key is None, tally.name))


def overview_of(month: Month, *, now: datetime, cohort: UUID | None = None, mentor: UUID | None = None) -> Overview:
    """Everyone who takes part today, or did on the last day of a month before. At most three queries.

    So is who mentored them: `mentor` asks for the learners whom that member has, or had on that day.
    """
    people = Enrollment.objects.all()
    if cohort is not None:
        people = people.filter(cohort=cohort)
    is_now = month.has(now)
    if is_now and mentor is not None:
        people = people.filter(mentor=mentor)
    if is_now:
        people = people.enrolled_now()
    found: Any = people.select_related("learner__user", "mentor", "cohort").annotate(**_dates(month, now))
    rows = list(found.order_by(F("last_held").asc(nulls_first=True), "learner__name", "pk"))
    if is_now:
        statuses = {row.pk: row.status for row in rows}
        mentors = {row.pk: row.mentor for row in rows}
    else:
        last_day = month.following - timedelta(days=1)
        statuses, mentors = statuses_as_of(rows, on=last_day), mentors_as_of(rows, on=last_day)
        if mentor is not None:
            rows = [row for row in rows if row.pk in mentors and mentors[row.pk].pk == mentor]
    takes_part = (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)
    covered = [
        _covered(row, statuses[row.pk], mentors.get(row.pk)) for row in rows if statuses.get(row.pk) in takes_part
    ]
    overview = Overview(month=month, rows=covered)
    for row in covered:
        _count(overview.total, row)
    return overview


def reasons_for(rows: Iterable[Covered], *, month: Month, now: datetime) -> dict[UUID, str]:
    """Why each of them had no 1-on-1, in a sentence; by enrollment. Three queries for any number of rows."""
    without = [row for row in rows if row.state == "none"]
    mentors = {row.mentor.pk for row in without if row.mentor is not None}
    is_now = month.has(now)
    open_time = who_has_open_time(mentors, now=now, until=now + LOOK_AHEAD) if is_now and mentors else mentors
    return {row.enrollment.pk: _reason(row, open_time) for row in without}


def _reason(row: Covered, open_time: set[UUID]) -> str:
    mentor = row.mentor
    if row.unconfirmed is not None:
        return _("Not confirmed: %(day)s") % {"day": _day(row.unconfirmed)}
    if row.missed is not None:
        return _("No-show on %(day)s") % {"day": _day(row.missed)}
    if mentor is None:
        return _("No mentor")
    if mentor.pk not in open_time:
        return _("%(name)s has no open time in the next four weeks") % {"name": mentor.name}
    return _("Nothing booked")


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F", use_l10n=False)


def _dates(month: Month, now: datetime) -> dict[str, Any]:
    start = "one_on_ones__during__startswith"
    inside = Q(**{f"{start}__gte": month.start, f"{start}__lt": month.end})
    held = Q(one_on_ones__status=Status.HELD)
    booked = Q(one_on_ones__status=Status.BOOKED)
    missed = Q(one_on_ones__status__in=[Status.LEARNER_NO_SHOW, Status.MENTOR_NO_SHOW])
    over = Q(one_on_ones__during__endswith__lte=now)
    return {
        "held_in": Max(start, filter=held & inside),
        "last_held": Max(start, filter=held & Q(**{f"{start}__lt": month.end})),
        "booked_in": Min(start, filter=booked & inside & ~over),
        "unconfirmed_in": Max(start, filter=booked & inside & over),
        "missed_in": Max(start, filter=missed & inside),
    }


def _covered(row: Any, status: str, mentor: Membership | None) -> Covered:
    if row.held_in is not None:
        state = "held"
    elif status == Enrollment.Status.ON_LEAVE:
        state = "excused"
    else:
        state = "booked" if row.booked_in is not None else "none"
    return Covered(
        enrollment=row,
        mentor=mentor,
        state=state,
        held=row.held_in,
        booked=row.booked_in,
        unconfirmed=row.unconfirmed_in,
        missed=row.missed_in,
        last=row.last_held,
    )


def _count(tally: Tally, row: Covered) -> None:
    setattr(tally, row.state, getattr(tally, row.state) + 1)
