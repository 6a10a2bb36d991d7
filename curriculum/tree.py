"""A stored version as the plan that it was imported from, and the hours of a plan added up at every node."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar, cast
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.models import (
    Benchmark,
    CurriculumVersion,
    Level,
    Module,
    Project,
    Topic,
    Track,
    VerificationMethod,
)
from curriculum.plan.nodes import (
    ChecklistItem,
    Comparison,
    Plan,
    PlanBenchmark,
    PlanCell,
    PlanClaim,
    PlanFormat,
    PlanLevel,
    PlanMethod,
    PlanModule,
    PlanNote,
    PlanProject,
    PlanShare,
    PlanTarget,
    PlanTopic,
    PlanTrack,
    ProjectKind,
    Unparsed,
)
from curriculum.plan.plain import from_plain

Node = TypeVar("Node")


def plan_of(version: CurriculumVersion) -> Plan:
    """The plan as the version's rows hold it, in seven queries; equal to the plan that was imported."""
    return _Reader(version).read()


class _Reader:
    def __init__(self, version: CurriculumVersion) -> None:
        self.version = version
        self.modules: dict[UUID, list[Module]] = defaultdict(list)
        self.topics: dict[UUID, list[Topic]] = defaultdict(list)
        self.subtopics: dict[UUID, list[Topic]] = defaultdict(list)
        self.projects: dict[UUID | None, list[Project]] = defaultdict(list)
        self.track_projects: dict[UUID, Project] = {}
        self.benchmarks: dict[UUID, list[Benchmark]] = defaultdict(list)
        required = ArrayAgg(
            "requirements__required__code",
            filter=Q(requirements__isnull=False),
            order_by="requirements__position",
            default=Value([]),
        )
        for module in Module.objects.filter(level__version=version).annotate(required=required).order_by("position"):
            self.modules[module.level_id].append(module)
        for topic in Topic.objects.filter(module__level__version=version).order_by("position"):
            if topic.parent_id is None:
                self.topics[topic.module_id].append(topic)
            else:
                self.subtopics[topic.parent_id].append(topic)
        for project in Project.objects.filter(version=version).order_by("position"):
            if project.track_id is None:
                self.projects[project.module_id].append(project)
            else:
                self.track_projects[project.track_id] = project
        for benchmark in Benchmark.objects.filter(project__version=version).order_by("position"):
            self.benchmarks[benchmark.project_id].append(benchmark)

    def read(self) -> Plan:
        claims = self.version.claims
        levels = list(Level.objects.filter(version=self.version).order_by("number"))
        tracks = Track.objects.filter(level__version=self.version).order_by("level__number", "number")
        codes: dict[UUID | None, str] = {
            module.pk: module.code for modules in self.modules.values() for module in modules
        }
        methods = VerificationMethod.objects.filter(version=self.version).order_by("position")
        final = self.projects[None]
        return Plan(
            title=self.version.title,
            summary=self.version.summary,
            language=claims.get("language", "en"),
            levels=_in_order([self._level(level) for level in levels], claims.get("levels", ()), "number"),
            tracks=_in_order(
                [self._track(track, codes.get(track.module_id, "")) for track in tracks],
                claims.get("tracks", ()),
                "code",
            ),
            final_capstone=self._project(final[0]) if final else None,
            verification_methods=tuple(PlanMethod(method.title, method.text) for method in methods),
            targets=_nodes(PlanTarget, claims.get("targets", ())),
            formats=_nodes(PlanFormat, claims.get("formats", ())),
            claims=_nodes(PlanClaim, claims.get("claims", ())),
            notes=_nodes(PlanNote, claims.get("notes", ())),
            unparsed=_nodes(Unparsed, claims.get("unparsed", ())),
        )

    def _level(self, level: Level) -> PlanLevel:
        return PlanLevel(
            number=level.number,
            title=level.title,
            hours=level.hours,
            description=level.description,
            focus=level.focus,
            technologies=level.technologies,
            goal=level.goal,
            milestone=level.milestone,
            key_assessment=level.key_assessment,
            graduation_criteria=level.graduation_criteria,
            breakdown_hours=level.breakdown_hours,
            breakdown=tuple(
                PlanShare(share["title"], Decimal(str(share["hours"]))) for share in level.stated_breakdown
            ),
            modules=tuple(self._module(module) for module in self.modules[level.pk]),
        )

    def _module(self, module: Module) -> PlanModule:
        return PlanModule(
            code=module.code,
            title=module.title,
            hours=module.hours,
            requires=tuple(module.required),  # type: ignore[attr-defined]
            description=module.note,
            table_headings=tuple(module.table_headings),
            topics=tuple(
                self._topic(topic, f"{module.code}.{number}")
                for number, topic in enumerate(self.topics[module.pk], start=1)
            ),
            projects=tuple(self._project(project) for project in self.projects[module.pk]),
        )

    def _topic(self, topic: Topic, code: str) -> PlanTopic:
        return PlanTopic(
            code=code,
            title=topic.title,
            hours=topic.hours,
            resources=topic.resources,
            deliverables=topic.deliverables,
            cells=_nodes(PlanCell, topic.cells),
            benchmarks=_nodes(PlanBenchmark, topic.benchmarks),
            subtopics=tuple(
                self._topic(subtopic, f"{code}.{number}")
                for number, subtopic in enumerate(self.subtopics[topic.pk], start=1)
            ),
        )

    def _project(self, project: Project) -> PlanProject:
        return PlanProject(
            kind=cast(ProjectKind, project.kind),
            code=project.code,
            title=project.title,
            hours=project.hours,
            description=project.description,
            checklist=_nodes(ChecklistItem, project.checklist),
            benchmarks=tuple(
                PlanBenchmark(each.metric, cast(Comparison, each.comparison), each.threshold, each.unit)
                for each in self.benchmarks[project.pk]
            ),
        )

    def _track(self, track: Track, module_code: str) -> PlanTrack:
        project = self._project(self.track_projects[track.pk])
        return PlanTrack(project.code, track.number, module_code, track.title, track.hours, project)


def _nodes(kind: type[Node], rows: Iterable[Any]) -> tuple[Node, ...]:
    return tuple(from_plain(kind, row) for row in rows)


def _in_order(nodes: Sequence[Node], order: Sequence[Any], key: str) -> tuple[Node, ...]:
    """As the plan listed them; what it did not list comes last, as it stands."""
    places = {each: place for place, each in enumerate(order)}
    return tuple(sorted(nodes, key=lambda node: places.get(getattr(node, key), len(places))))


@dataclass(frozen=True, slots=True)
class TopicBranch:
    """A topic; `listed` are the hours of its sub-topics, None when none are stated."""

    topic: PlanTopic
    listed: Decimal | None
    differs: bool


@dataclass(frozen=True, slots=True)
class ModuleBranch:
    """A module; `listed` are the hours of its topics and projects, and of the one track that a learner chooses."""

    module: PlanModule
    listed: Decimal | None
    differs: bool
    topics: tuple[TopicBranch, ...]
    tracks: tuple[PlanTrack, ...]


@dataclass(frozen=True, slots=True)
class LevelBranch:
    """A level; `listed` are the hours of its modules. The last level holds the final capstone."""

    level: PlanLevel
    listed: Decimal | None
    differs: bool
    modules: tuple[ModuleBranch, ...]
    final_capstone: PlanProject | None


def branches_of(plan: Plan) -> tuple[LevelBranch, ...]:
    """The tree of a plan, with at every node the hours that its parts add up to next to those that it states."""
    tracks: dict[str, list[PlanTrack]] = defaultdict(list)
    for track in plan.tracks:
        tracks[track.module_code].append(track)
    last = max((level.number for level in plan.levels), default=0)
    return tuple(
        LevelBranch(
            level=level,
            listed=(listed := _sum(module.hours for module in level.modules)),
            differs=_differ(level.hours, listed),
            modules=tuple(_module_branch(module, tuple(tracks[module.code])) for module in level.modules),
            final_capstone=plan.final_capstone if level.number == last else None,
        )
        for level in plan.levels
    )


def _module_branch(module: PlanModule, tracks: tuple[PlanTrack, ...]) -> ModuleBranch:
    topics = tuple(_topic_branch(topic) for topic in module.topics)
    parts = [branch.listed if branch.topic.hours is None else branch.topic.hours for branch in topics]
    parts += [project.hours for project in module.projects]
    chosen = [track.hours for track in tracks if track.hours is not None]
    listed = _sum([*parts, max(chosen)] if chosen else parts)
    return ModuleBranch(module, listed, _differ(module.hours, listed), topics, tracks)


def _topic_branch(topic: PlanTopic) -> TopicBranch:
    listed = _sum(subtopic.hours for subtopic in topic.subtopics)
    return TopicBranch(topic, listed, _differ(topic.hours, listed))


def _sum(parts: Iterable[Decimal | None]) -> Decimal | None:
    stated = [hours for hours in parts if hours is not None]
    return sum(stated, Decimal()) if stated else None


def _differ(stated: Decimal | None, listed: Decimal | None) -> bool:
    return stated is not None and listed is not None and stated != listed


def node_names(plan: Plan) -> dict[str, str]:
    """What to call a node of the tree, by its number or code: "1.1" gives "1.1 Python Programming"."""
    names = {str(level.number): f"{level.number}. {level.title}" for level in plan.levels}
    for module in plan.modules:
        names[module.code] = f"{module.code} {module.title}"
        names |= {topic.code: f"{topic.code} {topic.title}" for topic in module.topics}
    return names | {project.code: f"{project.code} {project.title}" for project in plan.projects}


def claim_names(plan: Plan) -> dict[str, str | Promise]:
    """What to call the place of a claim or target that the audit names."""
    places: dict[str, str | Promise] = {
        "": _("The whole plan"),
        "title": _("Title"),
        "summary": _("Summary"),
        "overview": _("Overview"),
        "resources": _("Resources"),
        "note": _("Notes"),
    }
    formats = {form.format: form.title for form in plan.formats}
    return places | formats | {target.key: target.text for target in plan.targets}
