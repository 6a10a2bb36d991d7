"""The rows of a version as a tree in memory: to show them, or to change them under the lock of the version."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from curriculum.editing.numbering import Numbering
from curriculum.errors import version_frozen
from curriculum.models import (
    Benchmark,
    CurriculumVersion,
    Level,
    Module,
    Project,
    Requirement,
    Topic,
    Track,
    VerificationMethod,
)
from organizations.models import TenantModel

#: Every table under a version, parents first, with the way from its rows to the version.
TREE: Mapping[type[TenantModel], str] = {
    Level: "version",
    Module: "level__version",
    Requirement: "module__level__version",
    Topic: "module__level__version",
    Track: "level__version",
    Project: "version",
    Benchmark: "project__version",
    VerificationMethod: "version",
}

Node = CurriculumVersion | Level | Module | Topic | Track | Project | VerificationMethod
"""What a person edits as one thing. A track and its work are one node; a benchmark belongs to its project, and what a
module requires to the module."""

Row = TypeVar("Row", bound=TenantModel)


class Draft:
    """The tree as lists: the order of the lists is the order of the nodes, and `settle` writes it into the rows."""

    def __init__(self, version: CurriculumVersion) -> None:
        self.version = version
        self.levels = self._rows(Level, "number")
        self.modules = _under(self._rows(Module, "position"), "level_id")
        self._requirements = _under(self._rows(Requirement, "position"), "module_id")
        topics = self._rows(Topic, "position")
        self.topics = _under((topic for topic in topics if topic.parent_id is None), "module_id")
        self.subtopics = _under((topic for topic in topics if topic.parent_id is not None), "parent_id")
        self.tracks = _under(self._rows(Track, "number"), "module_id")
        projects = self._rows(Project, "position")
        self.projects = _under((each for each in projects if each.track_id is None), "module_id")
        self.work = {project.track_id: project for project in projects if project.track_id is not None}
        self.benchmarks = _under(self._rows(Benchmark, "position"), "project_id")
        self.methods = self._rows(VerificationMethod, "position")
        self._numbering = Numbering(self)
        self._numbers_before, self._codes_before = self._level_numbers(), self._track_codes()

    @classmethod
    def lock(cls, version: CurriculumVersion) -> "Draft":
        """The tree as it is once everybody who is changing it has finished; they wait for us from here on.

        Raises CurriculumError when the version is no draft.
        """
        stored = CurriculumVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        if not stored.is_draft:
            raise version_frozen()
        return cls(stored)

    def _rows(self, model: type[Row], *order: str) -> list[Row]:
        rows = model._default_manager.filter(**{TREE[model]: self.version}).order_by(*order)
        return cast("list[Row]", list(rows))

    # -- looking -------------------------------------------------------------------------------------------------------

    @property
    def final_capstones(self) -> list[Project]:
        """The projects outside any module: at most one."""
        return self.projects[None]

    def module_list(self) -> Iterator[Module]:
        for level in self.levels:
            yield from self.modules[level.pk]

    def requires(self) -> dict[UUID, list[UUID]]:
        """What each module requires. A module that is taken out of the lists is required no more."""
        modules = dict.fromkeys(module.pk for module in self.module_list())
        return {pk: [row.required_id for row in self._requirements[pk] if row.required_id in modules] for pk in modules}

    def require(self, module: Module, required: Sequence[UUID]) -> None:
        """Rows keep their place for good, so that none ever takes the place of one that is still there."""
        stated = {(row.required_id, row.position): row for row in self._requirements[module.pk]}
        self._requirements[module.pk] = [
            stated.get((pk, position)) or Requirement(module=module, required_id=pk, position=position)
            for position, pk in enumerate(required, start=1)
        ]

    def rows(self) -> Iterator[TenantModel]:
        """Every row of the tree, parents first. What requires a module that is gone goes with it."""
        yield from self.levels
        for module in self.module_list():
            yield module
            for topic in self.topics[module.pk]:
                yield topic
                yield from self.subtopics[topic.pk]
            yield from self.tracks[module.pk]
        for pk, required in self.requires().items():
            yield from (row for row in self._requirements[pk] if row.required_id in required)
        for project in self.project_list():
            yield project
            yield from self.benchmarks[project.pk]
        yield from self.methods

    def project_list(self) -> Iterator[Project]:
        """All projects: those of the modules, of the tracks, and the final capstone."""
        modules = list(self.module_list())
        for module in modules:
            yield from self.projects[module.pk]
        for module in modules:
            yield from (self.work[track.pk] for track in self.tracks[module.pk])
        yield from self.final_capstones

    def find(self, pk: UUID) -> Node | None:
        """The node of that id; a track's work stands for the track, and the version for itself."""
        if pk == self.version.pk:
            return self.version
        found = next((row for row in self.rows() if row.pk == pk), None)
        if isinstance(found, Project) and found.track_id is not None:
            return next(each for each in self.tracks[found.module_id] if each.pk == found.track_id)
        return None if isinstance(found, Benchmark | Requirement) else cast("Node | None", found)

    def parts(self, node: Node) -> list[Node]:
        """The nodes right under it, as they are listed."""
        match node:
            case CurriculumVersion():
                return [*self.levels, *self.final_capstones, *self.methods]
            case Level():
                return [*self.modules[node.pk]]
            case Module():
                return [*self.topics[node.pk], *self.projects[node.pk], *self.tracks[node.pk]]
            case Topic():
                return [*self.subtopics[node.pk]]
            case _:
                return []

    def within(self, node: Node) -> list[Node]:
        """The node and all that is under it."""
        return [node, *(each for part in self.parts(node) for each in self.within(part))]

    def siblings(self, node: Node) -> list[Any]:
        """The list that the node stands in, to be changed in place."""
        match node:
            case Level():
                return self.levels
            case Module():
                return self.modules[node.level_id]
            case Topic():
                return self.topics[node.module_id] if node.parent_id is None else self.subtopics[node.parent_id]
            case Track():
                return self.tracks[node.module_id]
            case Project():
                return self.projects[node.module_id]
            case VerificationMethod():
                return self.methods
            case CurriculumVersion():
                return [node]

    def codes(self) -> dict[UUID, str]:
        """What the plan and its audit call each node: 1, 1.1, 1.1.3, 1.1-C; nothing for what has no number."""
        codes = {level.pk: str(level.number) for level in self.levels}
        for module in self.module_list():
            codes[module.pk] = module.code
            for number, topic in enumerate(self.topics[module.pk], start=1):
                codes[topic.pk] = f"{module.code}.{number}"
                for position, subtopic in enumerate(self.subtopics[topic.pk], start=1):
                    codes[subtopic.pk] = f"{module.code}.{number}.{position}"
            codes |= {project.pk: project.code for project in self.projects[module.pk]}
            codes |= {track.pk: self.work[track.pk].code for track in self.tracks[module.pk]}
        return codes | {project.pk: project.code for project in self.final_capstones}

    def name(self, node: Node, codes: Mapping[UUID, str] | None = None) -> str:
        """What a person calls it: its number and title."""
        if isinstance(node, Project) and node.module_id is None:
            return node.title
        code = (self.codes() if codes is None else codes).get(node.pk, "")
        return f"{code}. {node.title}" if isinstance(node, Level) else f"{code} {node.title}".strip()

    # -- bringing places and numbers up to date ------------------------------------------------------------------------

    def settle(self) -> None:
        """Give every row the place that the lists give it, and the number that goes with the place."""
        for level, number in zip(self.levels, self._numbering.level_numbers(self.levels), strict=True):
            level.number = number
        for level in self.levels:
            self._settle_modules(level)
        for module in self.module_list():
            self._settle_topics(module)
            self._settle_projects(module)
        for capstone in self.final_capstones:
            capstone.code, capstone.level_id = "final", self.levels[-1].pk
        for position, project in enumerate(self.project_list(), start=1):
            project.position = position
            _place(self.benchmarks[project.pk])
        _place(self.methods)
        self._settle_claims()

    def is_numbered_by_place(self, level: Level) -> bool:
        return level.pk not in self._numbering.odd_modules

    def number_by_place(self, level: Level) -> None:
        self._numbering.odd_modules.discard(level.pk)

    def number_all_by_place(self, levels: "list[Level]") -> None:
        """From 1 on, with the levels in that order."""
        self.levels[:] = levels
        self._numbering.first_level, self._numbering.levels_by_place = 1, True
        self._numbering.odd_modules.clear()

    def _settle_modules(self, level: Level) -> None:
        taken = {module.code for module in self.module_list()}
        for position, module in enumerate(self.modules[level.pk], start=1):
            module.code = self._numbering.module_code(module, level, position, taken)
            module.level_id, module.position = level.pk, position
            taken.add(module.code)

    def _settle_topics(self, module: Module) -> None:
        position = 0
        for topic in self.topics[module.pk]:
            position += 1
            topic.module_id, topic.parent_id, topic.position = module.pk, None, position
            for subtopic in self.subtopics[topic.pk]:
                position += 1
                subtopic.module_id, subtopic.parent_id, subtopic.position = module.pk, topic.pk, position

    def _settle_projects(self, module: Module) -> None:
        projects, tracks = self.projects[module.pk], self.tracks[module.pk]
        for project, code in zip(projects, self._numbering.project_codes(projects, module), strict=True):
            project.module_id, project.level_id, project.code = module.pk, module.level_id, code
        for track, number in zip(tracks, self._numbering.track_numbers(tracks, module), strict=True):
            work = self.work[track.pk]
            track.module_id = work.module_id = module.pk
            track.level_id = work.level_id = module.level_id
            track.number, work.code = number, f"{module.code}-T{number}"

    def _settle_claims(self) -> None:
        """The version lists its levels by number and its tracks by code, and claims durations of levels."""
        numbers, codes = self._level_numbers(), self._track_codes()
        if numbers != self._numbers_before:
            places = {str(before): numbers.get(pk) for pk, before in self._numbers_before.items()}
            self.version.claims = {
                **self.version.claims,
                "levels": list(numbers.values()),
                "claims": list(_claims_in(self.version.claims.get("claims", ()), places)),
            }
        if codes != self._codes_before:
            self.version.claims = {**self.version.claims, "tracks": codes}
        self._numbers_before, self._codes_before = numbers, codes

    def _level_numbers(self) -> dict[UUID, int]:
        return {level.pk: level.number for level in self.levels}

    def _track_codes(self) -> list[str]:
        return [self.work[track.pk].code for module in self.module_list() for track in self.tracks[module.pk]]


def _under(rows: Iterable[Row], parent: str) -> defaultdict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, parent)].append(row)
    return found


def _place(rows: Iterable[Any]) -> None:
    for position, row in enumerate(rows, start=1):
        row.position = position


def _claims_in(claims: Iterable[dict[str, Any]], places: Mapping[str, int | None]) -> Iterator[dict[str, Any]]:
    """The claims with the numbers that levels have now; what is claimed about a level that is gone goes with it."""
    for claim in claims:
        place = claim["place"]
        if claim["kind"] != "level_duration" or place not in places:
            yield claim
        elif places[place] is not None:
            yield {**claim, "place": str(places[place])}
