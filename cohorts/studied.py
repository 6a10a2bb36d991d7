"""Study hours against curriculum hours: how long what was planned to take so many hours took in fact.

A learner logs hours by week, not by topic. What they logged is laid on what they finished next: the hours of the weeks
since the part finished before it, shared out by planned hours among parts finished in one week. That is an estimate for
a single topic and sound for a module or level, where the shares add up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from cohorts.models import Enrollment, StudyLog
from cohorts.path import Path, PathLevel, PathModule, PathPart
from cohorts.progress import monday_of


class StudyWeek(NamedTuple):
    """The hours that count of the week that starts on that Monday, None where nothing was said; and why staff set them
    right, where they did."""

    monday: date
    hours: float | None
    reason: str


class Study(NamedTuple):
    """The last weeks; the hours of all weeks together, and of every week about which something was said."""

    weeks: list[StudyWeek]
    total: float
    said: dict[date, float]


def study_of(enrollment: Enrollment, *, on: date, weeks: int) -> Study:
    """The last so many weeks, the one that holds `on` being the last."""
    this_week = monday_of(on)
    rows = (
        StudyLog.objects.filter(enrollment=enrollment, week__lte=this_week)
        .order_by("recorded_at", "pk")
        .values_list("week", "hours", "reason")
    )
    latest = {week: StudyWeek(week, float(hours), reason) for week, hours, reason in rows}
    said = {week: float(hours) for week, hours, _reason in rows}
    mondays = [this_week - timedelta(weeks=back) for back in reversed(range(weeks))]
    shown = [latest.get(week, StudyWeek(week, None, "")) for week in mondays]
    return Study(shown, sum(said.values()), said)


@dataclass(frozen=True)
class Week:
    """The hours of one week; None where nothing was said."""

    monday: date
    hours: float | None
    is_this: bool


def week_of(enrollment: Enrollment, *, week: date, on: date) -> Week:
    """The week that holds the day `week`. One query."""
    monday = monday_of(week)
    said = said_of(enrollment.pk, monday=monday).first()
    return Week(monday, None if said is None else float(said.hours), monday == monday_of(on))


def said_of(enrollment: Any, *, monday: Any) -> "QuerySet[StudyLog]":
    """What was said of that week of the enrollment with that id; the first counts."""
    return StudyLog.objects.filter(enrollment=enrollment, week=monday).order_by("-recorded_at", "-pk")


def week_in(study: Study, *, on: date) -> Week:
    """This week, from what is known already."""
    this = monday_of(on)
    return Week(this, study.said.get(this), True)


@dataclass(frozen=True)
class Finished:
    """A part finished by work on a day, with its planned hours."""

    part: UUID
    on: date
    hours: float


@dataclass(frozen=True)
class Studied:
    """Study hours laid on each part, and those logged since the last part was finished: they belong to what comes."""

    by_part: Mapping[UUID, float]
    ahead: float

    def on(self, parts: Iterable[UUID]) -> float:
        return sum(self.by_part.get(part, 0.0) for part in parts)


def studied_of(finished: Iterable[Finished], weeks: Mapping[date, float]) -> Studied:
    """Lay the hours logged by week (its Monday) on the parts; all that was logged is in the answer once.

    Parts without planned hours share evenly with each other and only when nothing else was finished that week.
    """
    by_week: dict[date, list[Finished]] = defaultdict(list)
    for one in finished:
        by_week[monday_of(one.on)].append(one)
    by_part: dict[UUID, float] = defaultdict(float)
    held = 0.0
    for week in sorted({*by_week, *weeks}):
        held += weeks.get(week, 0.0)
        parts = by_week.get(week)
        if not parts:
            continue
        planned = sum(one.hours for one in parts)
        for one in parts:
            by_part[one.part] += held * (one.hours / planned if planned else 1 / len(parts))
        held = 0.0
    return Studied(dict(by_part), held)


@dataclass(frozen=True)
class ModuleStudy:
    """A module of the path with the study hours laid on it, and the planned hours finished there by work."""

    level: PathLevel
    module: PathModule
    studied: float
    earned: float


def modules_studied(path: Path, study: Study) -> list[ModuleStudy]:
    """The modules of the levels that the learner is in or has been in."""
    laid = studied_of(_finished(part for level in path.levels for part in level.parts), study.said)
    return [
        ModuleStudy(
            level=level,
            module=module,
            studied=laid.on(part.id for part in module.parts),
            earned=sum(part.hours for part in module.parts if _by_work(part)),
        )
        for level in path.levels
        if level.earned or level.is_here
        for module in level.modules
        if module.parts
    ]


def _by_work(part: PathPart) -> bool:
    return part.is_done and not part.is_credited


def _finished(parts: Iterable[PathPart]) -> Iterator[Finished]:
    for part in parts:
        if _by_work(part) and part.done_on is not None:
            yield Finished(part.id, part.done_on, part.hours)
