"""A curriculum version as learners walk it: levels, modules and parts in order, light enough to keep in memory.

A *part* is what is finished in one go: a topic without sub-topics, or a project. Two hours stand side by side, as in
`stages`: *planned hours* are what parts state and finishing them earns; a level *takes* the hours that the level
states, or the cohort's share of them, and what is earned in it counts in proportion, so that all levels finished is
exactly the program's hours.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from cohorts.asks import NO_TEXT, NOTHING, Ask, LevelText, level_text, project_ask, topic_ask
from cohorts.models import Cohort, Enrollment
from curriculum.models import Benchmark, CurriculumVersion, Level, Module, Project, Requirement, Topic, Track

OUTLINES_KEPT = 256


@dataclass(frozen=True, slots=True)
class Part:
    """A topic without sub-topics, or a project. `hours` are its planned hours, 0 where the plan names none."""

    id: UUID
    is_project: bool
    title: str
    hours: float
    resources: str = ""
    deliverables: str = ""
    kind: str = ""
    ask: Ask = NOTHING


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a module: a part that stands alone, or a topic (`id`, `title`) with the parts under it."""

    id: UUID
    title: str
    parts: tuple[Part, ...]
    is_group: bool
    resources: str = ""
    deliverables: str = ""
    ask: Ask = NOTHING


@dataclass(frozen=True, slots=True)
class OutlineModule:
    """`unnamed` are the hours of the module that its parts do not name; they are earned with the last of its parts.

    One that `asks_track` has tracks of which none is chosen: the chosen one's work is another part, still to come.
    It `requires` other modules to be done before it.
    """

    id: UUID
    code: str
    title: str
    rows: tuple[Row, ...]
    parts: tuple[Part, ...]
    unnamed: float
    hours: float = 0.0
    note: str = ""
    asks_track: bool = False
    requires: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """What progress is summed over: a module, or the projects of a level. `key` is its id as text."""

    key: str
    parts: int
    unnamed: float


@dataclass(frozen=True, slots=True)
class OutlineLevel:
    """A level takes `hours`; finishing all that is in it earns `planned` hours, mostly but not always as many.

    `projects` belong to the level as a whole. `unnamed` are the hours of modules in which nothing is named; they are
    earned when everything else in the level is done.
    """

    id: UUID
    number: int
    title: str
    hours: float
    modules: tuple[OutlineModule, ...]
    projects: tuple[Part, ...]
    unnamed: float
    planned: float
    units: tuple[Unit, ...]
    text: LevelText = NO_TEXT
    asks_track: bool = False

    @property
    def has_parts(self) -> bool:
        return bool(self.units)


@dataclass(frozen=True, slots=True)
class Outline:
    """All levels of a version; `highest` is the number of the last."""

    levels: tuple[OutlineLevel, ...]
    highest: int

    def within(self, first: int, last: int) -> tuple[OutlineLevel, ...]:
        """The levels that a cohort from `first` to `last` walks."""
        return tuple(level for level in self.levels if first <= level.number <= last)

    def of(self, cohort: Cohort) -> tuple[OutlineLevel, ...]:
        """The levels that the cohort walks, each taking the cohort's share of its hours."""
        levels = self.within(cohort.first_level, cohort.last_level)
        if not cohort.is_scaled:
            return levels
        share = float(cohort.hours_share)
        return tuple(replace(level, hours=level.hours * share) for level in levels)


def outline_of(version: CurriculumVersion, *, track_id: UUID | None = None) -> Outline:
    """What everyone walks, and the work of that track.

    From memory for a version that is published, because that never changes again; else in seven queries.
    """
    return _build(version.pk, track_id) if version.is_draft else _kept(version.pk, track_id)


def outline_for(enrollment: Enrollment) -> Outline:
    """What this learner walks: the version they follow, with the work of the track they chose. From memory."""
    return _kept(enrollment.version_id, enrollment.track_id)


def outline_by_id(version_id: UUID) -> Outline:
    """What everyone who followed that published version walked, without the work of any track. From memory."""
    return _kept(version_id, None)


@lru_cache(maxsize=OUTLINES_KEPT)
def _kept(version_id: UUID, track_id: UUID | None) -> Outline:
    return _build(version_id, track_id)


def _build(version_id: UUID, track_id: UUID | None) -> Outline:
    topics: dict[UUID, list[Topic]] = defaultdict(list)
    projects: dict[UUID, list[Part]] = defaultdict(list)
    modules: dict[UUID, list[Module]] = defaultdict(list)
    benchmarks: dict[UUID, list[Benchmark]] = defaultdict(list)
    for benchmark in Benchmark.objects.filter(project__version=version_id).order_by("position"):
        benchmarks[benchmark.project_id].append(benchmark)
    requires: dict[UUID, list[UUID]] = defaultdict(list)
    for requirement in Requirement.objects.filter(module__level__version=version_id).order_by("position"):
        requires[requirement.module_id].append(requirement.required_id)
    undecided: set[UUID] = set()
    if track_id is None:
        tracks = Track.objects.filter(level__version=version_id).values_list("module", "level")
        undecided = {module_id or level_id for module_id, level_id in tracks}
    for topic in Topic.objects.filter(module__level__version=version_id).order_by("position"):
        topics[topic.module_id].append(topic)
    for project in Project.objects.walked(track_id).filter(version=version_id).order_by("position"):
        projects[project.module_id or project.level_id].append(_project(project, benchmarks[project.pk]))
    for module in Module.objects.filter(level__version=version_id).order_by("position"):
        modules[module.level_id].append(module)
    levels = tuple(
        _level(
            level,
            tuple(
                _module(
                    module,
                    topics[module.pk],
                    projects[module.pk],
                    asks_track=module.pk in undecided,
                    requires=tuple(requires[module.pk]),
                )
                for module in modules[level.pk]
            ),
            tuple(projects[level.pk]),
            level.pk in undecided,
        )
        for level in Level.objects.filter(version=version_id).order_by("number")
    )
    return Outline(levels=levels, highest=max((level.number for level in levels), default=1))


def _level(
    level: Level, modules: tuple[OutlineModule, ...], projects: tuple[Part, ...], asks_track: bool
) -> OutlineLevel:
    unnamed = sum(module.unnamed for module in modules if not module.parts and not module.asks_track)
    named = sum(part.hours for module in modules for part in module.parts) + sum(part.hours for part in projects)
    planned = named + sum(module.unnamed for module in modules)
    units = [
        Unit(str(module.id), len(module.parts) + module.asks_track, module.unnamed)
        for module in modules
        if module.parts or module.asks_track
    ]
    if projects or asks_track:
        units.append(Unit(str(level.pk), len(projects) + asks_track, 0.0))
    return OutlineLevel(
        id=level.pk,
        number=level.number,
        title=level.title,
        hours=float(level.hours) or planned,
        modules=modules,
        projects=projects,
        unnamed=unnamed,
        planned=planned,
        units=tuple(units),
        text=level_text(level),
        asks_track=asks_track or any(module.asks_track for module in modules),
    )


def _module(
    module: Module, topics: list[Topic], projects: list[Part], *, asks_track: bool, requires: tuple[UUID, ...]
) -> OutlineModule:
    under: dict[UUID, list[Topic]] = defaultdict(list)
    for topic in topics:
        if topic.parent_id is not None:
            under[topic.parent_id].append(topic)
    rows = [_row(topic, under) for topic in topics if topic.parent_id is None]
    rows += [Row(project.id, project.title, (project,), False) for project in projects]
    parts = tuple(part for row in rows for part in row.parts)
    unnamed = max(float(module.hours) - sum(part.hours for part in parts), 0.0)
    return OutlineModule(
        module.pk, module.code, module.title, tuple(rows), parts, unnamed, float(module.hours), module.note, asks_track,
        requires,
    )  # fmt: skip


def _row(topic: Topic, under: dict[UUID, list[Topic]]) -> Row:
    parts = tuple(_leaves(topic, under))
    if topic.pk in under:
        return Row(topic.pk, topic.title, parts, True, topic.resources, topic.deliverables, topic_ask(topic))
    return Row(topic.pk, topic.title, parts, False)


def _leaves(topic: Topic, under: dict[UUID, list[Topic]]) -> list[Part]:
    if topic.pk in under:
        return [part for child in under[topic.pk] for part in _leaves(child, under)]
    return [
        Part(
            topic.pk, False, topic.title, float(topic.hours or 0), topic.resources, topic.deliverables,
            ask=topic_ask(topic),
        )
    ]  # fmt: skip


def _project(project: Project, benchmarks: list[Benchmark]) -> Part:
    ask = project_ask(project, benchmarks)
    return Part(project.pk, True, project.title, float(project.hours or 0), kind=project.kind, ask=ask)
