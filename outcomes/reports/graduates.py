"""What became of the graduates of half a year, counted as the Council on Integrity in Results Reporting does.

Situations 90 and 180 days after graduating, by category, and how many of those who began graduated in the planned time
and in half as much again. docs/reports.md has the rules. Nothing here asks the database.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from outcomes.collecting.salaries import Pay, Salaries, salaries_among
from outcomes.measuring.cases import OFF_ROSTER, Reason
from outcomes.measuring.placement import EARLY_WINDOW, IN_FIELD, WINDOW, Occupation, Occupations
from outcomes.measuring.roster import Entry, Fate
from outcomes.models import PlacementStatus

WINDOWS = (EARLY_WINDOW, WINDOW)
#: Percent of the planned time in which graduating is counted.
PACES = (100, 150)
Status = PlacementStatus


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """January to June (1) or July to December (2)."""

    year: int
    half: int

    @classmethod
    def holding(cls, day: date) -> "HalfYear":
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def starts_on(self) -> date:
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def ends_on(self) -> date:
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    @property
    def before(self) -> "HalfYear":
        return HalfYear(self.year, 1) if self.half == 2 else HalfYear(self.year - 1, 2)

    @property
    def code(self) -> str:
        """As it stands in an address, such as 2026-1."""
        return f"{self.year}-{self.half}"

    def holds(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


def half_years(first: date, last: date) -> list[HalfYear]:
    """Those from one day to another, newest first."""
    found, period = [], HalfYear.holding(last)
    while period.ends_on >= first:
        found.append(period)
        period = period.before
    return found


def latest_with_graduates(
    entries: Iterable[Entry], *, last: HalfYear, fewest: int, otherwise: HalfYear | None = None
) -> HalfYear:
    """The latest half-year up to `last` with so many graduates who seek a job; `otherwise`, or `last`, without any."""
    tally = Counter(
        HalfYear.holding(entry.since)
        for entry in entries
        if entry.is_counted and entry.fate is Fate.GRADUATED and not entry.declared_not_seeking
    )
    found = [period for period, number in tally.items() if period <= last and number >= fewest]
    return max(found, default=otherwise or last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situations:
    """Where graduates are so many days after graduating, by category; `pending` have not been out so long."""

    days: int
    by_status: Mapping[str, int]
    pending: int

    @property
    def graduates(self) -> int:
        return sum(self.by_status.values())

    def number(self, statuses: Iterable[str]) -> int:
        return sum(self.by_status[status] for status in statuses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """How many of those who began graduated within a share of the planned time, all of which is over on `settles_on`.

    Before that day it says nothing: who leaves settles early, and the rate would know leavers alone.
    """

    percent: int
    graduated: int
    began: int
    settles_on: date | None
    is_settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GraduateReport:
    """The report on the graduates of a half-year as of a day.

    `graduates` are all of them; `declared` of these said at intake that they do not seek a job, and stand in no
    situation. `completions` are about other people: who began and was to graduate in this half-year. `left_out` are
    learners of the same cohorts who never counted, by reason. `salaries` are those of the graduates placed in field
    after 180 days; `is_of_everybody` says that no cohort was left out.
    """

    period: HalfYear
    on: date
    graduates: int
    declared: int
    situations: tuple[Situations, ...]
    completions: tuple[Completion, ...]
    left_out: Mapping[Reason, int]
    salaries: Salaries | None = None
    is_of_everybody: bool = True

    @property
    def is_over(self) -> bool:
        return self.on > self.period.ends_on

    @property
    def is_settled(self) -> bool:
        """Whether every graduate of the half-year is as far out as the last window, and no other can join them."""
        return self.is_over and not any(at.pending for at in self.situations)

    def at(self, days: int) -> Situations:
        return next(at for at in self.situations if at.days == days)


def graduate_report(
    period: HalfYear,
    entries: Sequence[Entry],
    occupations: Occupations,
    planned_ends: Mapping[UUID, date],
    *,
    on: date,
    reported: Mapping[UUID, Sequence[Pay]] | None = None,
    is_of_everybody: bool = True,
) -> GraduateReport:
    """Count; `planned_ends` is the day by which each cohort plans to finish, `reported` what graduates earn."""
    graduates = [
        entry for entry in entries if entry.is_counted and entry.fate is Fate.GRADUATED and period.holds(entry.since)
    ]
    seeking = [entry for entry in graduates if not entry.declared_not_seeking]
    due = [
        entry for entry in entries if entry.cohort_id in planned_ends and period.holds(planned_ends[entry.cohort_id])
    ]
    left_out = Counter(OFF_ROSTER[entry.place] for entry in due if entry.place in OFF_ROSTER)
    return GraduateReport(
        period=period,
        on=on,
        graduates=len(graduates),
        declared=len(graduates) - len(seeking),
        situations=tuple(_situations(seeking, occupations, days, on) for days in WINDOWS),
        completions=tuple(_completion(percent, due, planned_ends, on) for percent in PACES),
        left_out={reason: left_out[reason] for reason in Reason if left_out[reason]},
        salaries=salaries_among(_placed(seeking, occupations, on), occupations, reported or {}),
        is_of_everybody=is_of_everybody,
    )


def reported_status(occupations: Sequence[Occupation], day: date) -> str:
    """The category on a day: seeking where nothing was recorded.

    Work in field that nobody called relevant is reported as out of field, so that the categories add up to the rate.
    """
    then = next((one for one in reversed(occupations) if one.since <= day), None)
    if then is None:
        return Status.SEEKING.value
    if then.status in IN_FIELD and not then.is_relevant:
        return (Status.SCHOOL_OUT_OF_FIELD if then.status == Status.SCHOOL_IN_FIELD else Status.OUT_OF_FIELD).value
    return then.status


def _situations(graduates: Sequence[Entry], occupations: Occupations, days: int, on: date) -> Situations:
    out = _so_far_out(graduates, days, on)
    tally = Counter(_status_after(entry, occupations, days) for entry in out)
    return Situations(
        days=days,
        by_status={status.value: tally[status.value] for status in Status},
        pending=len(graduates) - len(out),
    )


def _placed(graduates: Sequence[Entry], occupations: Occupations, on: date) -> list[Entry]:
    out = _so_far_out(graduates, WINDOW, on)
    return [entry for entry in out if _status_after(entry, occupations, WINDOW) in IN_FIELD]


def _so_far_out(graduates: Sequence[Entry], days: int, on: date) -> list[Entry]:
    return [entry for entry in graduates if on >= entry.since + timedelta(days=days)]


def _status_after(entry: Entry, occupations: Occupations, days: int) -> str:
    return reported_status(occupations.get(entry.enrollment_id, ()), entry.since + timedelta(days=days))


def _completion(percent: int, due: Sequence[Entry], planned_ends: Mapping[UUID, date], on: date) -> Completion:
    began = [entry for entry in due if entry.is_counted]
    last_days = {entry.enrollment_id: _last_day(entry, planned_ends[entry.cohort_id], percent) for entry in began}
    settles_on = max(last_days.values(), default=None)
    return Completion(
        percent=percent,
        graduated=sum(
            entry.fate is Fate.GRADUATED and entry.since <= last_days[entry.enrollment_id] for entry in began
        ),
        began=len(began),
        settles_on=settles_on,
        is_settled=settles_on is not None and on > settles_on,
    )


def _last_day(entry: Entry, planned_end: date, percent: int) -> date:
    return entry.starts_on + timedelta(days=(planned_end - entry.starts_on).days * percent // 100)
