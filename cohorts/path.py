"""A learner's path: levels, modules and topics with what is done, where they are, and when this pace would end it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from cohorts.asks import Ask, LevelText
from cohorts.errors import CohortError
from cohorts.models import Enrollment, ProgressEvent
from cohorts.outline import OutlineLevel, OutlineModule, Part, Row, outline_for
from cohorts.pacing import Calendar
from cohorts.required import RequiredModule, required_modules
from cohorts.standing import PACE_WEEKS, Due, Standing, earned_in, standings_of
from cohorts.work import Work

Kind = ProgressEvent.Kind
DAYS_A_WEEK = 7
REACHED_SHOWN, COMING_SHOWN = 2, 4
#: What is further away than this is no projection any more.
LONGEST_PROJECTION_DAYS = 40 * 365


@dataclass(frozen=True, slots=True)
class PathPart:
    """A topic or project to finish. `state` is open, completed or credited, since `done_on`.

    `work` is how what was handed in for a project stands, where the caller of `path_of` knows.
    """

    id: UUID
    is_project: bool
    title: str
    hours: float
    resources: str
    deliverables: str
    kind: str
    state: str
    done_on: date | None
    ask: Ask
    work: Work | None

    @property
    def is_done(self) -> bool:
        return self.state != "open"

    @property
    def is_credited(self) -> bool:
        return self.state == Kind.CREDITED


@dataclass(frozen=True, slots=True)
class PathRow:
    """A line of a module: one part, or a topic with the parts under it, done when they are."""

    id: UUID
    title: str
    is_group: bool
    parts: tuple[PathPart, ...]
    resources: str
    deliverables: str
    ask: Ask

    @property
    def is_done(self) -> bool:
        return all(part.is_done for part in self.parts)

    @property
    def hours(self) -> float:
        return sum(part.hours for part in self.parts)


@dataclass(frozen=True, slots=True)
class PathModule:
    id: UUID
    code: str
    title: str
    rows: tuple[PathRow, ...]
    hours: float
    note: str
    asks_track: bool
    requires: tuple[RequiredModule, ...]

    @property
    def parts(self) -> tuple[PathPart, ...]:
        return tuple(part for row in self.rows for part in row.parts)

    @property
    def done(self) -> int:
        return sum(part.is_done for part in self.parts)

    @property
    def total(self) -> int:
        return len(self.parts)

    @property
    def is_done(self) -> bool:
        return bool(self.parts) and self.done == self.total and not self.asks_track

    @property
    def next(self) -> PathPart | None:
        return next((part for part in self.parts if not part.is_done), None)


@dataclass(frozen=True, slots=True)
class PathLevel:
    """`state` is done, here or ahead; `share` is earned of hours, both in the level's hours."""

    id: UUID
    number: int
    title: str
    hours: float
    earned: float
    credited: float
    state: str
    modules: tuple[PathModule, ...]
    projects: tuple[PathRow, ...]
    text: LevelText
    asks_track: bool

    @property
    def share(self) -> float:
        return self.earned / self.hours if self.hours else 0.0

    @property
    def parts(self) -> list[PathPart]:
        parts = [part for module in self.modules for part in module.parts]
        return parts + [part for row in self.projects for part in row.parts]

    @property
    def done(self) -> int:
        return sum(part.is_done for part in self.parts)

    @property
    def total(self) -> int:
        return len(self.parts)

    @property
    def is_here(self) -> bool:
        return self.state == "here"

    @property
    def is_done(self) -> bool:
        return self.state == "done"

    @property
    def is_ahead(self) -> bool:
        return self.state == "ahead"

    @property
    def ticks(self) -> list[float]:
        """Borders of the modules as shares of the level's planned hours."""
        sizes = [sum(part.hours for part in module.parts) for module in self.modules]
        whole, passed, borders = sum(sizes), 0.0, []
        for size in sizes[:-1]:
            passed += size
            borders.append(passed / whole if whole else 0.0)
        return borders


@dataclass(frozen=True)
class Path:
    """The whole path of one enrollment, as of `on`. Hours are the program's, so that all of it adds up to `planned`."""

    enrollment: Enrollment
    on: date
    standing: Standing
    levels: tuple[PathLevel, ...]
    highest: int

    @property
    def earned(self) -> float:
        return self.standing.earned

    @property
    def credited(self) -> float:
        return self.standing.credited

    @property
    def earned_by_work(self) -> float:
        """Without what was credited for prior learning."""
        return self.earned - self.credited

    @property
    def planned(self) -> float:
        return self.standing.planned

    @property
    def planned_in_full(self) -> float:
        """The hours of the same levels in a cohort that takes all that is planned."""
        return self.planned / float(self.enrollment.cohort.hours_share)

    @property
    def share(self) -> float:
        return self.earned / self.planned if self.planned else 0.0

    @property
    def level(self) -> PathLevel | None:
        """Where the learner is; the last level once all are done, None in a cohort without levels."""
        return next((level for level in self.levels if level.is_here), self.levels[-1] if self.levels else None)

    @property
    def is_done(self) -> bool:
        return bool(self.levels) and all(level.is_done for level in self.levels)

    @cached_property
    def next(self) -> PathPart | None:
        """The first part of the path that is open."""
        return self.here[1]

    @property
    def next_row(self) -> PathRow | None:
        """The line in which the next part stands."""
        return self.line_of(self.next.id)[2] if self.next else None

    @property
    def module(self) -> PathModule | None:
        """The module of the next part."""
        return self.here[0]

    @cached_property
    def here(self) -> tuple[PathModule | None, PathPart | None]:
        level = self.level
        for module in level.modules if level else ():
            if module.next is not None:
                return module, module.next
        for row in level.projects if level else ():
            if not row.is_done:
                return None, row.parts[0]
        return None, None

    @property
    def asks_track(self) -> bool:
        """Whether one of the levels has tracks of which the learner has chosen none."""
        return any(level.asks_track for level in self.levels)

    @property
    def pace(self) -> float | None:
        """Study hours logged a week; None before the first complete week."""
        return self.standing.pace

    @property
    def gain(self) -> float:
        """Curriculum hours earned by work a week, over the last 28 days or as long as the learner has been active."""
        weeks: float = PACE_WEEKS
        if self.standing.since is not None:
            weeks = min(max((self.on - self.standing.since).days / DAYS_A_WEEK, 1), PACE_WEEKS)
        return self.standing.gained / weeks

    @property
    def ends_on(self) -> date | None:
        """When the rest is done at the pace of the last four weeks, days off included; None without such a pace."""
        return self._reached(self.planned - self.earned)

    @property
    def level_ends_on(self) -> date | None:
        """The same for the level the learner is in."""
        return self._reached(self.level.hours - self.level.earned) if self.level else None

    def _reached(self, hours: float) -> date | None:
        if self.gain <= 0 or hours <= 0 or not self.standing.is_active:
            return None
        days = round(hours / self.gain * DAYS_A_WEEK)
        if days > LONGEST_PROJECTION_DAYS:
            return None
        try:
            return Calendar(self.on + timedelta(days=1), self.standing.days_off).day(days)
        except CohortError:  # the days off leave no end within reason
            return None

    def milestones_near(self) -> list[tuple[Due, str]]:
        """The last two that are reached, those whose date has passed without (now), and the next four, by date."""
        reached = [due for due in self.standing.milestones if self.standing.has_reached(due)]
        missing = [due for due in self.standing.milestones if not self.standing.has_reached(due)]
        late = [(due, "now") for due in missing if due.due_on < self.on]
        coming = [(due, "") for due in missing if due.due_on >= self.on]
        near = [(due, "done") for due in reached[-REACHED_SHOWN:]] + late + coming[:COMING_SHOWN]
        return sorted(near, key=lambda shown: shown[0].due_on)

    def requiring(self, module: PathModule | None, *, within: PathLevel) -> list[PathModule]:
        """The modules of a level that require this one."""
        return [each for each in within.modules if module and any(one.id == module.id for one in each.requires)]

    def line_of(self, part_id: UUID) -> tuple[PathLevel, PathModule | None, PathRow]:
        """The level, module and line in which a part stands. Raises KeyError for one that is not on this path."""
        for level in self.levels:
            for module in level.modules:
                for row in module.rows:
                    if any(part.id == part_id for part in row.parts):
                        return level, module, row
            for row in level.projects:
                if row.id == part_id:
                    return level, None, row
        raise KeyError(part_id)


def path_of(
    enrollment: Enrollment,
    *,
    on: date,
    events: Iterable[ProgressEvent] | None = None,
    work: Mapping[UUID, Work] | None = None,
    is_of_work: bool = False,
) -> Path:
    """In four queries, or three with the enrollment's events at hand; it comes with its cohort. `is_of_work` as for
    `standings_of`."""
    [standing] = standings_of([enrollment], on=on, is_of_work=is_of_work)
    outline = outline_for(enrollment)
    if events is None:
        events = ProgressEvent.objects.filter(enrollment=enrollment)
    levels = outline.of(enrollment.cohort)
    states = _states(events, on)
    known = Known(states, work or {}, required_modules(outline, walked=levels, done=states))
    return Path(
        enrollment=enrollment,
        on=on,
        standing=standing,
        levels=tuple(_level(level, known, here=standing.level) for level in levels),
        highest=outline.highest,
    )


States = dict[UUID | None, tuple[str, date, float]]


class Known(NamedTuple):
    """What is known of the parts: the state of those that are not open, and the work handed in for projects. And what
    stands at a module that requires each of the modules."""

    states: States
    work: Mapping[UUID, Work]
    required: Mapping[UUID, RequiredModule]


def _states(events: Iterable[ProgressEvent], on: date) -> States:
    """What stands about each part: its kind, the day and the hours."""
    states: States = {}
    in_effect = [event for event in events if event.effective_on <= on]
    for event in sorted(in_effect, key=lambda event: (event.effective_on, event.recorded_at, event.pk)):
        part = event.part_id
        if event.kind == Kind.REOPENED:
            states.pop(part, None)
        else:
            states[part] = (event.kind, event.effective_on, float(event.hours))
    return states


def _level(level: OutlineLevel, known: Known, *, here: int) -> PathLevel:
    finished = {str(module.id): _unit(module.parts, known.states) for module in level.modules}
    finished[str(level.id)] = _unit(level.projects, known.states)
    made = earned_in(level, finished)
    state = "done" if made.is_done else "here" if level.number == here else "ahead"
    return PathLevel(
        id=level.id,
        number=level.number,
        title=level.title,
        hours=level.hours,
        earned=made.earned,
        credited=made.credited,
        state=state,
        modules=tuple(_module(module, known) for module in level.modules),
        projects=tuple(_row(Row(part.id, part.title, (part,), False), known) for part in level.projects),
        text=level.text,
        asks_track=level.asks_track,
    )


def _unit(parts: Iterable[Part], states: States) -> tuple[float, int, float]:
    found = [states[part.id] for part in parts if part.id in states]
    return (
        sum(hours for _, _, hours in found),
        len(found),
        sum(hours for kind, _, hours in found if kind == Kind.CREDITED),
    )


def _module(module: OutlineModule, known: Known) -> PathModule:
    rows = tuple(_row(row, known) for row in module.rows)
    requires = tuple(known.required[each] for each in module.requires)
    return PathModule(
        module.id, module.code, module.title, rows, module.hours, module.note, module.asks_track, requires
    )


def _row(row: Row, known: Known) -> PathRow:
    return PathRow(
        id=row.id,
        title=row.title,
        is_group=row.is_group,
        parts=tuple(_part(part, known) for part in row.parts),
        resources=row.resources,
        deliverables=row.deliverables,
        ask=row.ask,
    )


def _part(part: Part, known: Known) -> PathPart:
    kind, done_on, _ = known.states.get(part.id, ("open", None, 0.0))
    return PathPart(
        part.id, part.is_project, part.title, part.hours, part.resources, part.deliverables, part.kind, kind, done_on,
        part.ask, known.work.get(part.id),
    )  # fmt: skip
