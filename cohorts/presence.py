"""Attendance as numbers: for a learner, for a gathering, and week by week.

The rate is present and late of present, late and absent. Excused counts for neither; a gathering without any mark was
not taken; and of whom nothing is said at a gathering that was taken, nothing is known. All three are told beside the
rate. Nobody is counted on a day on which they did not take part: on leave, not begun, or gone.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from cohorts.attendance import latest_marks
from cohorts.gatherings import Days, Occurrence, gatherings_of
from cohorts.models import AttendanceMark, Cohort, Enrollment, EnrollmentEvent
from cohorts.progress import monday_of

Mark = AttendanceMark.Status
WEEKS_SHOWN = 12


@dataclass(kw_only=True)
class Tally:
    """How often; `unknown` is nothing said at a gathering that was taken, `not_taken` gatherings without any mark."""

    present: int = 0
    late: int = 0
    absent: int = 0
    excused: int = 0
    unknown: int = 0
    not_taken: int = 0

    @property
    def came(self) -> int:
        return self.present + self.late

    @property
    def counted(self) -> int:
        """The denominator, n."""
        return self.came + self.absent

    @property
    def rate(self) -> float | None:
        """None when there is nothing to divide by."""
        return self.came / self.counted if self.counted else None

    def add(self, status: str | None) -> None:
        """One learner at one gathering: their mark, empty for none, None when it was not taken."""
        name = "not_taken" if status is None else status or "unknown"
        setattr(self, name, getattr(self, name) + 1)


class ActiveDays:
    """On which days learners take part, by their history; one query."""

    def __init__(self, enrollments: Iterable[UUID]) -> None:
        steps: dict[UUID, dict[date, str]] = defaultdict(dict)
        events = EnrollmentEvent.objects.filter(enrollment__in=list(enrollments))
        for pk, day, status in events.order_by("effective_on", "sequence").values_list(
            "enrollment", "effective_on", "to_status"
        ):
            steps[pk][day] = status
        self._steps = {pk: (list(days), list(days.values())) for pk, days in steps.items()}

    def has(self, enrollment_id: UUID, day: date) -> bool:
        days, statuses = self._steps.get(enrollment_id, ([], []))
        place = bisect_right(days, day)
        return place > 0 and statuses[place - 1] == Enrollment.Status.ACTIVE


@dataclass(frozen=True)
class Taken:
    """A gathering on a day that has come, with the mark of everyone who takes part: empty for none."""

    occurrence: Occurrence
    marks: dict[UUID, str]
    is_taken: bool

    @property
    def tally(self) -> Tally:
        tally = Tally()
        for status in self.marks.values():
            tally.add(status if self.is_taken else None)
        return tally


@dataclass(frozen=True)
class Week:
    monday: date
    tally: Tally
    taken: int
    not_taken: int


def taken_between(cohort: Cohort, enrollments: Sequence[UUID], *, first: date, last: date) -> list[Taken]:
    """Every gathering on those days, in order of time, but those that were called off; six queries.

    `enrollments` are those that are asked about. Whether a gathering was taken is told by the marks of everybody.
    """
    occurrences = [one for one in Days(gatherings_of(cohort)).between(first, last) if not one.is_cancelled]
    marks = latest_marks([one.held for one in occurrences if one.held])
    taken = {held for held, _enrollment in marks}
    active = ActiveDays(enrollments)
    found = []
    for one in occurrences:
        key = one.held.pk if one.held else None
        said = {
            pk: marks[key, pk].status if key and (key, pk) in marks else ""
            for pk in enrollments
            if active.has(pk, one.day)
        }
        found.append(Taken(one, said, key in taken))
    return found


def tallies_of(taken: Iterable[Taken]) -> dict[UUID, Tally]:
    """Per learner, over those gatherings; who took part in none is left out."""
    tallies: dict[UUID, Tally] = defaultdict(Tally)
    for one in taken:
        for pk, status in one.marks.items():
            tallies[pk].add(status if one.is_taken else None)
    return tallies


def weeks_of(taken: Iterable[Taken]) -> list[Week]:
    """Newest week first. A gathering for which nobody was expected says nothing and is left out."""
    by_week: dict[date, list[Taken]] = defaultdict(list)
    for one in taken:
        if one.marks:
            by_week[monday_of(one.occurrence.day)].append(one)
    return [
        Week(
            monday,
            total_of(each),
            sum(one.is_taken for one in each),
            sum(not one.is_taken for one in each),
        )
        for monday, each in sorted(by_week.items(), reverse=True)
    ]


def total_of(taken: Iterable[Taken]) -> Tally:
    """Every learner at every one of the gatherings."""
    total = Tally()
    for one in taken:
        for status in one.marks.values():
            total.add(status if one.is_taken else None)
    return total


def recent(cohort: Cohort, enrollments: Sequence[UUID], *, now: datetime) -> list[Taken]:
    """The last twelve weeks, this one so far included: what has begun by now."""
    today = cohort.today(now)
    first = monday_of(today) - timedelta(weeks=WEEKS_SHOWN - 1)
    return [
        one for one in taken_between(cohort, enrollments, first=first, last=today) if one.occurrence.starts_at <= now
    ]


def export_rows(cohort: Cohort, *, now: datetime) -> Iterator[list[str]]:
    """A row for each learner at each gathering since the cohort's start, newest gathering last, for a spreadsheet."""
    people = {one.pk: one for one in Enrollment.objects.filter(cohort=cohort).select_related("learner__user")}
    words = dict(Mark.choices)
    yield [_("Date"), _("Starts at"), _("Kind"), _("Title"), _("Name"), _("Email"), _("External id"), _("Attendance")]
    for one in taken_between(cohort, list(people), first=cohort.starts_on, last=cohort.today(now)):
        gathering, day = one.occurrence.gathering, one.occurrence.day
        about = [day.isoformat(), f"{gathering.starts:%H:%M}", gathering.get_kind_display(), gathering.title]
        for pk, status in one.marks.items():
            learner = people[pk].learner
            said = str(words[Mark(status)]) if status else _("Not marked") if one.is_taken else _("Not taken")
            yield [*about, learner.name, learner.user.email, people[pk].external_id, said]
