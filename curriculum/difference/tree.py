"""What changed in the levels, modules, topics and projects of a plan."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.difference.details import Node, details_of
from curriculum.difference.entries import (
    NO_HOURS,
    Detail,
    Entry,
    Hours,
    LevelDifference,
    ModuleDifference,
)
from curriculum.difference.rewording import Run
from curriculum.matching import Kind, match
from curriculum.plan.nodes import Plan, PlanProject, PlanTopic
from curriculum.sentences import Sentence

Key = tuple[Kind, str]

PROJECTS: dict[str, Promise] = {
    "module_capstone": _("Module capstone"),
    "practice_project": _("Practice project"),
    "track": _("Specialization"),
    "final_capstone": _("Final capstone"),
}


@dataclass(frozen=True, slots=True)
class _Side:
    """The nodes of one plan, in its order, with what each stands under and the module that it is told in."""

    nodes: dict[Key, Node]
    parents: dict[Key, Key | None]
    modules: dict[Key, Key | None]

    def add(self, kind: Kind, code: str, node: Node, parent: Key | None, module: Key | None) -> Key:
        key = (kind, code)
        if key not in self.nodes:
            self.nodes[key], self.parents[key], self.modules[key] = node, parent, module
        return key

    def number(self, key: Key) -> str:
        """Its own, apart from what it stands under. Topics have none: theirs is their place."""
        kind, code = key
        parent = self.parents[key]
        if kind == "topic":
            return ""
        return code.removeprefix(parent[1]) if kind == "project" and parent else code

    def name(self, key: Key | None) -> str:
        return f"{key[1]} {self.nodes[key].title}" if key in self.nodes else ""

    def siblings(self) -> Iterable[list[Key]]:
        under: dict[tuple[str, Key | None], list[Key]] = defaultdict(list)
        for key, parent in self.parents.items():
            under[key[0], parent].append(key)
        return under.values()


def _side(plan: Plan) -> _Side:
    side = _Side({}, {}, {})
    for level in plan.levels:
        level_key = side.add("level", str(level.number), level, None, None)
        for module in level.modules:
            key = side.add("module", module.code, module, level_key, None)
            for topic in module.topics:
                topic_key = side.add("topic", topic.code, topic, key, key)
                for subtopic in topic.subtopics:
                    side.add("topic", subtopic.code, subtopic, topic_key, key)
            for project in module.projects:
                side.add("project", project.code, project, key, key)
    for track in plan.tracks:
        module_key: Key = ("module", track.module_code)
        side.add("project", track.code, track.project, module_key, module_key)
    if plan.final_capstone is not None:
        side.add("project", plan.final_capstone.code, plan.final_capstone, None, None)
    return side


class Tree:
    """Two trees side by side, node by node."""

    def __init__(self, old: Plan, new: Plan) -> None:
        self.old, self.new = _side(old), _side(new)
        pairs = match(old, new).pairs
        self.old_of: dict[Key, Key] = {(pair.kind, pair.new): (pair.kind, pair.old) for pair in pairs}
        self.new_of: dict[Key, Key] = {(pair.kind, pair.old): (pair.kind, pair.new) for pair in pairs}
        self.places = dict(self._places_changed())
        self.inside: dict[Key | None, list[Entry]] = defaultdict(list)
        self.gone: dict[Key | None, list[Entry]] = defaultdict(list)
        for key, module in self.new.modules.items():
            if key[0] in {"topic", "project"} and (entry := self._entry(key)) is not None:
                self.inside[module].append(entry)
        for key, module in self.old.modules.items():
            if key[0] in {"topic", "project"} and (entry := self._removed(key)) is not None:
                new_module = self.new_of.get(module) if module else None
                (self.inside if new_module or not module else self.gone)[new_module or module].append(entry)

    def without_module(self) -> tuple[Entry, ...]:
        return tuple(self.inside[None])

    def levels(self) -> Iterator[LevelDifference]:
        """Those of the new plan in its order, and then those that are gone."""
        modules: dict[Key | None, list[ModuleDifference]] = defaultdict(list)
        gone: dict[Key | None, list[ModuleDifference]] = defaultdict(list)
        for key, level in self.new.parents.items():
            if key[0] == "module":
                modules[level].append(self._module(key))
        for key, level in self.old.parents.items():
            if key[0] == "module" and level and key not in self.new_of:
                (modules if level in self.new_of else gone)[self.new_of.get(level, level)].append(
                    self._gone_module(key)
                )
        for key, node in self.new.nodes.items():
            changed = tuple(module for module in modules[key] if module.entry or module.entries)
            if key[0] == "level" and ((entry := self._entry(key)) or changed):
                yield LevelDifference(int(key[1]), node.title, self._hours(key), entry, changed)
        for key, node in self.old.nodes.items():
            if key[0] == "level" and key not in self.new_of:
                yield LevelDifference(int(key[1]), node.title, (node.hours, None), self._removed(key), tuple(gone[key]))

    def _module(self, key: Key) -> ModuleDifference:
        return ModuleDifference(
            key[1], self.new.nodes[key].title, self._hours(key), self._entry(key), tuple(self.inside[key])
        )

    def _gone_module(self, key: Key) -> ModuleDifference:
        node = self.old.nodes[key]
        return ModuleDifference(key[1], node.title, (node.hours, None), self._removed(key), tuple(self.gone[key]))

    def _hours(self, key: Key) -> Hours:
        old = self.old_of.get(key)
        return (self.old.nodes[old].hours if old else None, self.new.nodes[key].hours)

    def _entry(self, key: Key) -> Entry | None:
        """Of a node of the new plan: added, changed, or nothing to tell."""
        old, node = self.old_of.get(key), self.new.nodes[key]
        if old is None:
            if _told_with_its_topic(key, self.new, self.old_of):
                return None
            parts = _parts("added", node, self.old_of)
            return Entry("added", _kind(key, node), key[1], node.title, (None, node.hours), (), parts)
        before = self.old.nodes[old]
        hours = (before.hours, node.hours) if before.hours != node.hours else NO_HOURS
        remarks, details = tuple(self._remarks(old, key)), details_of(before, node)
        if hours == NO_HOURS and not remarks and not details:
            return None
        return Entry("changed", _kind(key, node), key[1], node.title, hours, remarks, details)

    def _removed(self, key: Key) -> Entry | None:
        """Of a node of the old plan that the new one has not."""
        if key in self.new_of or _told_with_its_topic(key, self.old, self.new_of):
            return None
        node = self.old.nodes[key]
        parts = _parts("removed", node, self.new_of)
        return Entry("removed", _kind(key, node), key[1], node.title, (node.hours, None), (), parts)

    def _remarks(self, old: Key, new: Key) -> Iterator[Sentence]:
        before, after = self.old.nodes[old], self.new.nodes[new]
        if before.title != after.title:
            yield Sentence(_("It was called “%(title)s”."), {"title": before.title})
        parent = self.old.parents[old]
        if (self.new_of.get(parent) if parent else None) != self.new.parents[new]:
            yield Sentence(_("It stood under %(place)s."), {"place": self.old.name(parent)})
        elif self.old.number(old) != self.new.number(new):
            yield Sentence(_("Its number was %(number)s."), {"number": old[1]})
        elif new in self.places:
            was, now = self.places[new]
            yield Sentence(_("It went from place %(was)s to place %(now)s."), {"was": was, "now": now})

    def _places_changed(self) -> Iterator[tuple[Key, tuple[int, int]]]:
        """Of the fewest nodes that must have moved among those that stayed under the same parent; counted from 1."""
        places = {key: place for keys in self.old.siblings() for place, key in enumerate(keys, start=1)}
        for keys in self.new.siblings():
            stayed = [(place, key) for place, key in enumerate(keys, start=1) if self._stayed(key)]
            befores = [places[self.old_of[key]] for _place, key in stayed]
            in_order = _longest_rising(befores)
            for index, ((place, key), before) in enumerate(zip(stayed, befores, strict=True)):
                if index not in in_order:
                    yield key, (before, place)

    def _stayed(self, key: Key) -> bool:
        old, parent = self.old_of.get(key), self.new.parents[key]
        return old is not None and self.old.parents[old] == (self.old_of.get(parent) if parent else None)


def _kind(key: Key, node: Node) -> Promise:
    if isinstance(node, PlanProject):
        return PROJECTS[node.kind]
    return {"level": _("Level"), "module": _("Module"), "topic": _("Topic")}[key[0]]


def _told_with_its_topic(key: Key, side: _Side, paired: Mapping[Key, Key]) -> bool:
    """A sub-topic that came or went with the topic that it stands under."""
    parent = side.parents[key]
    return key[0] == "topic" and parent is not None and parent[0] == "topic" and parent not in paired


def _parts(what: Literal["added", "removed"], node: Node, paired: Mapping[Key, Key]) -> tuple[Detail, ...]:
    subtopics = node.subtopics if isinstance(node, PlanTopic) else ()
    lines = tuple((Run(what, each.title),) for each in subtopics if ("topic", each.code) not in paired)
    return (Detail(_("Sub-topics"), lines),) if lines else ()


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The indexes of a longest rising subsequence."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for index, number in enumerate(numbers):
        at = bisect_left(tails, number)
        before.append(ends[at - 1] if at else None)
        tails[at:] = [number, *tails[at + 1 :]]
        ends[at:] = [index, *ends[at + 1 :]]
    rising: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        rising.add(last)
        last = before[last]
    return rising
