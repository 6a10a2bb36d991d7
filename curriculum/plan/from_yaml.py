"""Reading a curriculum plan written in YAML: the fields of the plan's nodes, as `to_yaml` writes them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from django.utils.translation import gettext_lazy as _

from curriculum.plan.levels import MAX_NUMBER
from curriculum.plan.marked import Marked, read_marked
from curriculum.plan.nodes import (
    Plan,
    PlanLevel,
    PlanModule,
    PlanProject,
    PlanTopic,
    PlanTrack,
    ProjectKind,
)
from curriculum.plan.problems import Problems
from curriculum.plan.projects import benchmarks_of, read_benchmarks
from curriculum.plan.references import check_references
from curriculum.plan.shape import Shape
from curriculum.plan.text import MAX_LINES, clean_text

MAX_NODES = MAX_LINES
"""Topics and projects together: as many as a plan in Markdown has lines at most."""

_IN_A_MODULE = ("module_capstone", "practice_project")
_CODE = re.compile(r"[1-9]\d{0,2}\.\d{1,3}")

Node = TypeVar("Node")


def read_yaml(text: str) -> Plan:
    """The plan in a YAML text. Raises ``PlanError`` with everything that is wrong with it, each at its line."""
    text = clean_text(text, max_lines=None)
    problems = Problems()
    plan = YamlReader(problems).plan(read_marked(text, problems))
    problems.raise_if_any()
    return plan


@dataclass(frozen=True, slots=True)
class _TrackHead:
    """Where a track stands; the rest of its fields are those of its project."""

    number: int
    module: str


class YamlReader:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._shape = Shape(problems)
        self._codes: set[str] = set()
        self._nodes = 0

    def plan(self, marked: Marked) -> Plan:
        apart = {"levels", "tracks", "final_capstone"}
        found = self._shape.fields(Plan, marked, "", apart=apart)
        stated = marked.value if isinstance(marked.value, dict) else {}
        self._check_title(found["title"], marked)
        levels = self.levels(stated.get("levels"))
        if not levels:
            self._problems.add(
                "no_levels",
                marked.key_lines.get("levels", 0),
                _("No level was found."),
                _("List the levels below “levels:”, each with its number, title, hours and modules."),
            )
        places = {module.code: place for place, module in enumerate(m for level in levels for m in level.modules)}
        tracks = sorted(self.tracks(stated.get("tracks")), key=lambda track: places.get(track.module_code, 0))
        plan = Plan(
            **found,
            levels=levels,
            tracks=tuple(tracks),
            final_capstone=self.final_capstone(stated.get("final_capstone")),
        )
        check_references(plan, self._problems)
        return plan

    def levels(self, marked: Marked | None) -> tuple[PlanLevel, ...]:
        return self._each(marked, "levels", self._level)

    def tracks(self, marked: Marked | None) -> tuple[PlanTrack, ...]:
        return self._each(marked, "tracks", self._track)

    def final_capstone(self, marked: Marked | None) -> PlanProject | None:
        if marked is None or marked.value is None:
            return None
        return self._work("final_capstone", "final", marked, "final_capstone", apart={"kind", "code"})

    def _each(self, marked: Marked | None, place: str, read: Callable[[Marked, str], Node]) -> tuple[Node, ...]:
        return tuple(
            read(item, f"{place}[{number}]") for number, item in enumerate(self._shape.items(marked, place), start=1)
        )

    def _level(self, marked: Marked, place: str) -> PlanLevel:
        level = PlanLevel(**self._shape.fields(PlanLevel, marked, place, apart={"modules"}))
        self._check(str(level.number), level.number, level.title, marked)
        modules = self._each(_part(marked, "modules"), f"{place}.modules", self._module)
        for module in modules:
            if level.number and module.code.partition(".")[0] != str(level.number):
                self._problems.add(
                    "module_in_wrong_level",
                    module.line,
                    _("Module %(found)s stands under level %(level)s."),
                    _("Move it to its own level, or number it %(level)s.x."),
                    found=module.code[:80],
                    level=level.number,
                )
        return replace(level, modules=modules)

    def _module(self, marked: Marked, place: str) -> PlanModule:
        module = PlanModule(**self._shape.fields(PlanModule, marked, place, apart={"topics", "projects"}))
        if not _CODE.fullmatch(module.code):
            self._problems.add(
                "module_number",
                marked.line,
                _("“%(found)s” is no number of a module."),
                _("Write the level and the module, as in “code: 1.2”."),
                found=module.code[:80],
            )
        self._check(module.code, 0, module.title, marked)
        topics = self._topics(_part(marked, "topics"), f"{place}.topics", module.code, deep=True)
        projects: list[PlanProject] = []
        for number, item in enumerate(self._shape.items(_part(marked, "projects"), f"{place}.projects"), start=1):
            projects.append(self._project(item, f"{place}.projects[{number}]", module.code, projects))
        line = marked.key_lines.get("requires", marked.line)
        requires = tuple(dict.fromkeys(module.requires))
        return replace(module, topics=topics, projects=tuple(projects), requires=requires, requires_line=line)

    def _topics(self, marked: Marked | None, place: str, code: str, *, deep: bool) -> tuple[PlanTopic, ...]:
        found = []
        for number, item in enumerate(self._shape.items(marked, place), start=1):
            here = f"{place}[{number}]"
            below = {"subtopics"}
            apart, without = ({"code", *below}, set()) if deep else ({"code"}, below)
            values = self._shape.fields(PlanTopic, item, here, apart=apart, without=without)
            values.setdefault("benchmarks", read_benchmarks(values.get("deliverables", "")))
            topic = PlanTopic(code=f"{code}.{number}", **values)
            self._same_code(_part(item, "code"), topic.code)
            self._count(item)
            self._check_title(topic.title, item)
            if deep:
                inside = self._topics(_part(item, "subtopics"), f"{here}.subtopics", topic.code, deep=False)
                topic = replace(topic, subtopics=inside)
            found.append(topic)
        return tuple(found)

    def _project(self, marked: Marked, place: str, module: str, before: list[PlanProject]) -> PlanProject:
        """A code that is not stated is the next one of its kind."""
        kind = self._shape.one_of(_IN_A_MODULE, _part(marked, "kind") or Marked(marked.line, None), f"{place}.kind")
        stated = _part(marked, "code")
        earlier = sum(project.kind == kind for project in before)
        code = f"{module}-P{earlier + 1}"
        if kind == "module_capstone":
            code = f"{module}-C{earlier + 1 if earlier else ''}"
        if stated is not None and re.fullmatch(rf"{re.escape(code.rstrip('0123456789'))}\d{{0,3}}", str(stated.value)):
            code = str(stated.value)
        self._same_code(stated, code)
        self._check(code, 0, None, marked)
        return self._work(cast(ProjectKind, kind), code, marked, place, apart={"kind", "code"})

    def _track(self, marked: Marked, place: str) -> PlanTrack:
        head = _TrackHead(**self._shape.fields(_TrackHead, _only(marked, {"number", "module"}), place))
        code = f"{head.module}-T{head.number}"
        self._check(code, head.number, None, marked)
        work = self._work("track", code, marked, place, apart={"kind", "code", "number", "module"})
        return PlanTrack(code, head.number, head.module, work.title, work.hours, work, marked.line)

    def _work(self, kind: ProjectKind, code: str, marked: Marked, place: str, *, apart: set[str]) -> PlanProject:
        values = self._shape.fields(PlanProject, marked, place, apart=apart)
        self._count(marked)
        self._check_title(values["title"], marked)
        values.setdefault("benchmarks", benchmarks_of(values.get("checklist", ())))
        return PlanProject(kind, code, **values)

    def _check(self, code: str, number: int, title: str | None, marked: Marked) -> None:
        if not 0 <= number <= MAX_NUMBER:
            self._problems.add(
                "number_out_of_range",
                marked.line,
                _("The number %(found)s is too large."),
                _("Number levels and modules from 1 to %(limit)s."),
                found=code[:80],
                limit=MAX_NUMBER,
            )
        if code in self._codes:
            self._problems.add(
                "duplicate_number",
                marked.line,
                _("The number %(found)s is used twice."),
                _("Give each level, module and project a number of its own."),
                found=code[:80],
            )
        self._codes.add(code)
        if title is not None:
            self._check_title(title, marked)

    def _check_title(self, title: str, marked: Marked) -> None:
        if _part(marked, "title") is not None:  # or it is known to be missing
            self._problems.check_title(title, marked.line)

    def _same_code(self, stated: Marked | None, code: str) -> None:
        if stated is not None and stated.value != code:
            self._problems.add(
                "yaml_code",
                stated.line,
                _("The number %(found)s stands where %(expected)s is due."),
                _("Write %(expected)s, or leave the code out: it follows from the place."),
                found=str(stated.value)[:80],
                expected=code[:80],
            )

    def _count(self, marked: Marked) -> None:
        self._nodes += 1
        if self._nodes == MAX_NODES + 1:
            self._problems.add(
                "too_large",
                marked.line,
                _("The plan has more than %(limit)s topics and projects."),
                _("Split it into several plans."),
                limit=MAX_NODES,
            )


def _part(marked: Marked, name: str) -> Marked | None:
    return marked.value.get(name) if isinstance(marked.value, dict) else None


def _only(marked: Marked, names: set[str]) -> Marked:
    if not isinstance(marked.value, dict):
        return marked
    return Marked(marked.line, {name: value for name, value in marked.value.items() if name in names})
