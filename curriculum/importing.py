"""From a text to a plan, and from a plan to the rows of a draft version. `tree.plan_of` is the way back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.audit import audit
from curriculum.audit.findings import Finding
from curriculum.models import (
    Benchmark,
    Curriculum,
    CurriculumVersion,
    Level,
    Module,
    Project,
    Requirement,
    Topic,
    Track,
    VerificationMethod,
)
from curriculum.plan.nodes import Plan, PlanBenchmark, PlanLevel, PlanModule, PlanProject, PlanTopic
from curriculum.plan.plain import to_plain
from curriculum.plan.problems import Problems
from curriculum.plan.projects import MAX_METRIC, MAX_THRESHOLD
from curriculum.plan.source import read_source
from curriculum.tree import plan_of

MAX_METHOD_TITLE = 120


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text would be imported as, with what does not add up in it."""

    plan: Plan
    findings: list[Finding]

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)


def preview(text: str, *, name: str = "") -> Preview:
    """Read and audit a plan in Markdown or YAML without writing anything; `name` is that of its file.

    Raises PlanError with all that must be mended.
    """
    plan = read_source(text, name=name)
    check_fits(plan)
    return Preview(plan, audit(plan))


def find_curriculum(title: str) -> Curriculum | None:
    """The curriculum of that title, or else the newest with a version of that title."""
    versions = Curriculum.objects.filter(versions__title=title).order_by("-versions__created_at")
    return Curriculum.objects.filter(title=title).order_by("created_at").first() or versions.first()


def newest_if_same(*, plan: Plan, curriculum: Curriculum) -> CurriculumVersion | None:
    """The newest version of the curriculum, when it says exactly what the plan says: importing it adds nothing."""
    newest = CurriculumVersion.objects.filter(curriculum=curriculum).order_by("-number").first()
    return newest if newest is not None and plan_of(newest) == plan else None


@transaction.atomic
def import_plan(
    *,
    plan: Plan,
    title: str = "",
    curriculum: Curriculum | None = None,
    by: Membership | None,
    at: datetime,
    source: str = "",
) -> CurriculumVersion:
    """Write the plan as a draft: the next version of `curriculum`, or the first of a new one called `title`.

    A new curriculum without a title is called as the plan is. `source` is the text that the plan was read from.
    Raises PlanError when the plan holds what the database cannot: see `check_fits`.
    """
    check_fits(plan)
    if curriculum is None:
        curriculum = _new_curriculum(title.strip() or plan.title, at)
    else:
        # Two imports at once take numbers one after the other.
        Curriculum.objects.select_for_update(no_key=True).get(pk=curriculum.pk)
    latest = CurriculumVersion.objects.filter(curriculum=curriculum).aggregate(latest=Max("number"))["latest"]
    version = CurriculumVersion.objects.create(
        curriculum=curriculum,
        number=(latest or 0) + 1,
        title=plan.title,
        summary=plan.summary,
        source=source,
        claims=_claims_of(plan),
        created_by=by,
        created_at=at,
    )
    _Writer(version).write(plan)
    return version


def check_fits(plan: Plan) -> None:
    """Raise PlanError, with line numbers, for benchmarks that cannot be kept and for names that are too long."""
    problems = Problems()
    nodes: list[PlanProject | PlanTopic] = [*plan.projects, *(topic for m in plan.modules for topic in _flat(m))]
    for node in nodes:
        for benchmark in node.benchmarks:
            if benchmark.threshold != round(benchmark.threshold, 4) or len(benchmark.unit) > 40:
                problems.add(
                    "benchmark_too_fine",
                    node.line,
                    _("The result “%(metric)s” has more than four decimals, or a unit of more than 40 characters."),
                    _("Round the number, and write the unit as one word."),
                    metric=benchmark.metric[:80],
                )
            if len(benchmark.metric) > MAX_METRIC or abs(benchmark.threshold) > MAX_THRESHOLD:
                problems.add(
                    "benchmark_too_large",
                    node.line,
                    _("The result “%(metric)s” has more than %(limit)s characters, or a number that is too large."),
                    _("Name it in a few words, and give a number up to %(most)s."),
                    metric=benchmark.metric[:80],
                    limit=MAX_METRIC,
                    most=MAX_THRESHOLD,
                )
    for method in plan.verification_methods:
        if len(method.title) > MAX_METHOD_TITLE:
            problems.add(
                "title_too_long",
                method.line,
                _("“%(found)s…” has %(length)s characters."),
                _("Shorten it to %(limit)s characters."),
                found=method.title[:60],
                length=len(method.title),
                limit=MAX_METHOD_TITLE,
            )
    problems.raise_if_any()


def _flat(module: PlanModule) -> Iterator[PlanTopic]:
    for topic in module.topics:
        yield topic
        yield from topic.subtopics


def _new_curriculum(title: str, at: datetime) -> Curriculum:
    stem = slugify(title)[:50].strip("-") or "curriculum"
    taken = set(Curriculum.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidates = (f"{stem}-{number}" if number > 1 else stem for number in range(1, len(taken) + 2))
    slug = next(each for each in candidates if each not in taken)
    return Curriculum.objects.create(slug=slug, title=title[:200], created_at=at)


def _claims_of(plan: Plan) -> dict[str, Any]:
    """What the plan says beside its tree, and the order in which it lists levels and tracks."""
    beside = ("language", "targets", "formats", "claims", "notes", "unparsed")
    return {
        **{name: to_plain(getattr(plan, name)) for name in beside},
        "levels": [level.number for level in plan.levels],
        "tracks": [track.code for track in plan.tracks],
    }


class _Writer:
    """The rows under one version, collected and then inserted table by table."""

    def __init__(self, version: CurriculumVersion) -> None:
        self.version = version
        self.levels: list[Level] = []
        self.modules: dict[str, Module] = {}
        self.topics: list[Topic] = []
        self.tracks: list[Track] = []
        self.projects: list[Project] = []
        self.benchmarks: list[Benchmark] = []

    def write(self, plan: Plan) -> None:
        for level in sorted(plan.levels, key=lambda each: each.number):
            self._add_level(level)
        for track in plan.tracks:
            module = self.modules[track.module_code]
            row = Track(level=module.level, module=module, number=track.number, title=track.title, hours=track.hours)
            self.tracks.append(row)
            self._add_project(track.project, module.level, module, row)
        if plan.final_capstone is not None:
            self._add_project(plan.final_capstone, self.levels[-1], None)
        Level.objects.bulk_create(self.levels)
        Module.objects.bulk_create(self.modules.values())
        Requirement.objects.bulk_create(
            Requirement(module=self.modules[module.code], required=self.modules[code], position=position)
            for module in plan.modules
            for position, code in enumerate(module.requires, start=1)
        )
        Topic.objects.bulk_create(self.topics)
        Track.objects.bulk_create(self.tracks)
        Project.objects.bulk_create(self.projects)
        Benchmark.objects.bulk_create(self.benchmarks)
        VerificationMethod.objects.bulk_create(
            VerificationMethod(version=self.version, position=position, title=method.title, text=method.text)
            for position, method in enumerate(plan.verification_methods, start=1)
        )
        # How foreign keys are checked was planned when the tables were small; for thousands of rows that is slow.
        with connection.cursor() as cursor:
            cursor.execute("DISCARD PLANS")

    def _add_level(self, plan: PlanLevel) -> None:
        level = Level(
            version=self.version,
            number=plan.number,
            title=plan.title,
            hours=plan.hours,
            description=plan.description,
            focus=plan.focus,
            technologies=plan.technologies,
            goal=plan.goal,
            milestone=plan.milestone,
            key_assessment=plan.key_assessment,
            graduation_criteria=plan.graduation_criteria,
            stated_breakdown=[{"title": share.title, "hours": to_plain(share.hours)} for share in plan.breakdown],
            breakdown_hours=plan.breakdown_hours,
        )
        self.levels.append(level)
        for position, module in enumerate(plan.modules, start=1):
            self._add_module(module, level, position)

    def _add_module(self, plan: PlanModule, level: Level, position: int) -> None:
        module = Module(
            level=level,
            position=position,
            code=plan.code,
            title=plan.title,
            hours=plan.hours,
            table_headings=list(plan.table_headings),
            note=plan.description,
        )
        self.modules[plan.code] = module
        before = len(self.topics)
        for topic in plan.topics:
            row = self._add_topic(topic, module, None, len(self.topics) - before + 1)
            for subtopic in topic.subtopics:
                self._add_topic(subtopic, module, row, len(self.topics) - before + 1)
        for project in plan.projects:
            self._add_project(project, level, module)

    def _add_topic(self, plan: PlanTopic, module: Module, parent: Topic | None, position: int) -> Topic:
        topic = Topic(
            module=module,
            parent=parent,
            position=position,
            title=plan.title,
            hours=plan.hours,
            resources=plan.resources,
            deliverables=plan.deliverables,
            cells=to_plain(plan.cells),
            benchmarks=to_plain(plan.benchmarks),
        )
        self.topics.append(topic)
        return topic

    def _add_project(self, plan: PlanProject, level: Level, module: Module | None, track: Track | None = None) -> None:
        project = Project(
            version=self.version,
            level=level,
            module=module,
            track=track,
            position=len(self.projects) + 1,
            kind=plan.kind,
            code=plan.code,
            title=plan.title,
            hours=plan.hours,
            description=plan.description,
            checklist=_checklist(plan),
        )
        self.projects.append(project)
        self.benchmarks += [
            _benchmark(each, project, position) for position, each in enumerate(plan.benchmarks, start=1)
        ]


def _checklist(plan: PlanProject) -> list[dict[str, Any]]:
    return [{"text": item.text, "depth": item.depth} for item in plan.checklist]


def _benchmark(plan: PlanBenchmark, project: Project, position: int) -> Benchmark:
    return Benchmark(
        project=project,
        position=position,
        metric=plan.metric,
        comparison=plan.comparison,
        threshold=plan.threshold,
        unit=plan.unit,
    )
