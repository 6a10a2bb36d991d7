"""What a plan holds and its text does not say: edited benchmarks, numbers that differ from their sentences, and such.

In Markdown it stands in YAML under a heading of its own, and goes before what is read from the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from curriculum.plan.from_yaml import YamlReader
from curriculum.plan.marked import Marked, read_marked
from curriculum.plan.nodes import Plan, PlanLevel, PlanModule, PlanProject, PlanTopic
from curriculum.plan.problems import Problems
from curriculum.plan.shape import LINES, Shape
from curriculum.plan.to_yaml import data_of

PARTS = (
    "title", "summary", "language", "verification_methods", "targets", "formats", "claims", "notes", "unparsed",
)  # fmt: skip
_TREE = ("levels", "tracks", "final_capstone")
_STRUCTURE = {
    "number", "code", "kind", "modules", "topics", "subtopics", "projects", "requires", "table_headings",
}  # fmt: skip

Node = PlanLevel | PlanModule | PlanTopic | PlanProject


@dataclass(slots=True)
class Corrections:
    """``parts`` replace those of the plan, ``nodes`` fields of the level, module, topic or project with that code."""

    parts: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    def applied_to(self, plan: Plan, problems: Problems) -> Plan:
        """The corrected plan. A code that no node of the tree has is a problem."""
        left = dict(self.nodes)
        plan = replace(plan, **self.parts)
        if left:
            plan = replace(plan, levels=tuple(_corrected(level, left) for level in plan.levels))
        for code, (line, _values) in left.items():
            problems.add(
                "unknown_code",
                line,
                _("“%(found)s” is no number of this plan."),
                _("Name a level, module, topic or project of the text above, or delete these lines."),
                found=code[:80],
            )
        return plan


def read_corrections(text: str, *, first_line: int, problems: Problems) -> Corrections:
    """Raises ``PlanError`` when it is no YAML; fields that do not fit are problems."""
    marked = read_marked(text, problems, first_line=first_line)
    shape, reader = Shape(problems), YamlReader(problems)
    found = Corrections(shape.fields(Plan, marked, "", apart={*_TREE, "nodes"}, partial=True))
    stated = marked.value if isinstance(marked.value, dict) else {}
    if "levels" in stated:
        found.parts["levels"] = reader.levels(stated["levels"])
    if "tracks" in stated:
        found.parts["tracks"] = reader.tracks(stated["tracks"])
    if "final_capstone" in stated:
        found.parts["final_capstone"] = reader.final_capstone(stated["final_capstone"])
    nodes = stated.get("nodes", Marked(first_line, {}))
    for code, values in nodes.value.items() if isinstance(nodes.value, dict) else ():
        line = nodes.key_lines.get(code, values.line)
        found.nodes[code] = (line, shape.fields(_kind_of(code), values, code, without=_STRUCTURE, partial=True))
    for title in (found.parts, *(values for _line, values in found.nodes.values())):
        if "title" in title:
            problems.check_title(title["title"], first_line)
    return found


def _kind_of(code: str) -> type[Node]:
    if "-" in code:
        return PlanProject
    if re.fullmatch(r"\d+", code):
        return PlanLevel
    return PlanModule if code.count(".") < 2 else PlanTopic


def corrections_of(plan: Plan, read: Plan) -> dict[str, Any]:
    """What must be stated beside a text that was read as ``read`` for it to be ``plan``; empty when nothing."""
    found: dict[str, Any] = {}
    if _codes(plan) == _codes(read):
        nodes = {
            code: different
            for (code, wanted), (_code, given) in zip(_nodes(plan), _nodes(read), strict=True)
            if (different := _different(wanted, given))
        }
        found |= {"nodes": nodes} if nodes else {}
    else:
        found["levels"] = data_of(plan.levels)
    for name in (*PARTS, "tracks", "final_capstone"):
        if getattr(plan, name) != getattr(read, name):
            found[name] = data_of(getattr(plan, name))
    return found


def _different(wanted: Node, given: Node) -> dict[str, Any]:
    return {
        each.name: data_of(value)
        for each in fields(wanted)
        if each.name not in _STRUCTURE | LINES and (value := getattr(wanted, each.name)) != getattr(given, each.name)
    }


def _codes(plan: Plan) -> list[str]:
    return [code for code, _node in _nodes(plan)]


def _nodes(plan: Plan) -> Iterator[tuple[str, Node]]:
    for level in plan.levels:
        yield str(level.number), level
        for module in level.modules:
            yield module.code, module
            for topic in module.topics:
                yield topic.code, topic
                yield from ((subtopic.code, subtopic) for subtopic in topic.subtopics)
            yield from ((project.code, project) for project in module.projects)


def _corrected(level: PlanLevel, left: dict[str, tuple[int, dict[str, Any]]]) -> PlanLevel:
    def correct(code: str) -> dict[str, Any]:
        return left.pop(code, (0, {}))[1]

    def topic(node: PlanTopic) -> PlanTopic:
        values = correct(node.code)
        return replace(node, **values, subtopics=tuple(topic(each) for each in node.subtopics))

    def module(node: PlanModule) -> PlanModule:
        return replace(
            node,
            **correct(node.code),
            topics=tuple(topic(each) for each in node.topics),
            projects=tuple(replace(each, **correct(each.code)) for each in node.projects),
        )

    return replace(level, **correct(str(level.number)), modules=tuple(module(each) for each in level.modules))
