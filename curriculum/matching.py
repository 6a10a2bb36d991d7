"""Which node of one plan is which node of another: what a difference says and a move to another version carries.

Nodes are named by their codes, which `codes.ids_by_code` turns into rows. Levels go by their number as text.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import product
from typing import Literal

from curriculum.plan.nodes import Plan, PlanProject, PlanTopic

Kind = Literal["level", "module", "topic", "project"]
Sureness = Literal["same", "moved", "renamed", "number"]
"""From sure to guessed: its title in the same place, whatever its number; its title in another place; a similar title
(or the same parts) in the same place; nothing but its number in the same place."""

SIMILAR = 0.6
"""Share of letters (difflib) from which two titles under one number are one title, reworded."""

SIMILAR_RENUMBERED = 0.75
"""The same under two numbers, where the number does not speak for it."""

SHARED_PARTS = 0.5
"""Share of parts with the same title from which two modules or levels are one, whatever they are called."""

MOST_COMPARISONS = 10_000
"""Titles compared letter by letter; beyond it only titles under one number are. A plan of 10,000 hours takes 2,000."""

COMPARED_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Pair:
    """The code of a node in the old plan and in the new one."""

    kind: Kind
    old: str
    new: str
    sureness: Sureness


@dataclass(frozen=True)
class Matching:
    """Levels first, then modules, topics, sub-topics and projects; `removed` and `added` are the codes without a pair.

    Every code stands once on each side. A sub-topic is a topic; so a topic may be paired with a sub-topic.
    """

    pairs: tuple[Pair, ...]
    removed: dict[Kind, tuple[str, ...]]
    added: dict[Kind, tuple[str, ...]]

    @cached_property
    def _by_old(self) -> dict[tuple[Kind, str], Pair]:
        return {(pair.kind, pair.old): pair for pair in self.pairs}

    @cached_property
    def _by_new(self) -> dict[tuple[Kind, str], Pair]:
        return {(pair.kind, pair.new): pair for pair in self.pairs}

    def of_old(self, kind: Kind, code: str) -> Pair | None:
        return self._by_old.get((kind, code))

    def of_new(self, kind: Kind, code: str) -> Pair | None:
        return self._by_new.get((kind, code))

    def codes(self, kind: Kind) -> dict[str, str]:
        """Old code to new code."""
        return {pair.old: pair.new for pair in self.pairs if pair.kind == kind}


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """What pairing looks at. `number` is its own, within its parent; `parts` are the titles right under it."""

    kind: Kind
    group: str
    code: str
    number: str
    title: str
    parent: "_Node | None" = None
    parts: frozenset[str] = frozenset()


BY_NUMBER = {"level", "module", "module_capstone", "final_capstone"}
"""What there is one of in its place. Two topics of one number and different titles are two topics."""


def match(old: Plan, new: Plan) -> Matching:
    """Pair the nodes of two plans; the same two plans always give the same pairs.

    From the top down, and each time: the same number and title under the paired parent, the same title there, the same
    title elsewhere, a similar title or the same parts under the paired parent, and last, for levels, modules and
    capstones, the same number there. A project is paired with one of its own kind only.
    """
    return _Matcher(old, new).match()


class _Matcher:
    def __init__(self, old: Plan, new: Plan) -> None:
        self.old, self.new = _nodes(old), _nodes(new)
        self.pairs: dict[_Node, tuple[_Node, Sureness]] = {}
        self.taken: set[_Node] = set()
        self.comparisons = 0

    def match(self) -> Matching:
        for group in dict.fromkeys(node.group for node in self.old):
            olds, news = self._left({group})
            self._pair_equals(olds, news, lambda node: (node.number, node.title), "same", in_place=True)
            self._pair_equals(olds, news, lambda node: node.title, "same", in_place=True)
            self._pair_equals(olds, news, lambda node: node.title, "moved", in_place=False)
            self._pair_similar(olds, news)
            if group in BY_NUMBER:
                self._pair_equals(olds, news, lambda node: node.number, "number", in_place=True)
        self._pair_equals(*self._left({"topic", "subtopic"}), lambda node: node.title, "moved", in_place=False)
        found = ((node, *self.pairs[node]) for node in self.old if node in self.pairs)
        return Matching(
            tuple(Pair(node.kind, node.code, other.code, sureness) for node, other, sureness in found),
            _codes(node for node in self.old if node not in self.pairs),
            _codes(node for node in self.new if node not in self.taken),
        )

    def _left(self, groups: set[str]) -> tuple[list[_Node], list[_Node]]:
        olds = [node for node in self.old if node.group in groups and node not in self.pairs]
        return olds, [node for node in self.new if node.group in groups and node not in self.taken]

    def _pair(self, old: _Node, new: _Node, sureness: Sureness) -> None:
        self.pairs[old] = (new, sureness)
        self.taken.add(new)

    def _place(self, old: _Node) -> "_Node | Literal['nowhere'] | None":
        """The node of the new plan that the old one's parent became; None at the top."""
        if old.parent is None:
            return None
        return self.pairs[old.parent][0] if old.parent in self.pairs else "nowhere"

    def _pair_equals(
        self,
        olds: list[_Node],
        news: list[_Node],
        key: Callable[[_Node], Hashable],
        sureness: Sureness,
        *,
        in_place: bool,
    ) -> None:
        """Where several have the same key, the first with the first."""
        waiting: dict[Hashable, list[_Node]] = defaultdict(list)
        for new in reversed(news):
            if new not in self.taken:
                waiting[(new.parent if in_place else None, key(new))].append(new)
        for old in olds:
            found = waiting.get((self._place(old) if in_place else None, key(old)))
            if found and old not in self.pairs:
                self._pair(old, found.pop(), sureness)

    def _pair_similar(self, olds: list[_Node], news: list[_Node]) -> None:
        """The most alike first; of equals the first of the old plan, then of the new one."""
        here: dict[Hashable, list[tuple[int, _Node]]] = defaultdict(list)
        for order, new in enumerate(news):
            if new not in self.taken:
                here[new.parent].append((order, new))
        there: dict[Hashable, list[tuple[int, _Node]]] = defaultdict(list)
        for order, old in enumerate(olds):
            if old not in self.pairs:
                there[self._place(old)].append((order, old))
        alike = [
            (-likeness, old_order, new_order, old, new)
            for place, left in there.items()
            for (old_order, old), (new_order, new) in self._candidates(left, here.get(place, []))
            if (likeness := _likeness(old, new)) is not None
        ]
        for *_order, old, new in sorted(alike, key=lambda each: each[:3]):
            if old not in self.pairs and new not in self.taken:
                self._pair(old, new, "renamed")

    def _candidates(
        self, olds: list[tuple[int, _Node]], news: list[tuple[int, _Node]]
    ) -> Iterable[tuple[tuple[int, _Node], tuple[int, _Node]]]:
        """Everything with everything while that is affordable, else what has the same number."""
        self.comparisons += len(olds) * len(news)
        if self.comparisons <= MOST_COMPARISONS:
            return product(olds, news)
        numbered = {new.number: (order, new) for order, new in reversed(news)}
        return [(each, numbered[each[1].number]) for each in olds if each[1].number in numbered]


def _likeness(old: _Node, new: _Node) -> float | None:
    """None when the two are not alike enough to be one; shared parts say more than any title."""
    if old.parts and new.parts:
        shared = len(old.parts & new.parts) / max(len(old.parts), len(new.parts))
        if shared >= SHARED_PARTS:
            return 1 + shared
    least = SIMILAR if old.number == new.number else SIMILAR_RENUMBERED
    letters = SequenceMatcher(None, old.title[:COMPARED_LENGTH], new.title[:COMPARED_LENGTH], autojunk=False)
    if letters.real_quick_ratio() < least or letters.quick_ratio() < least:
        return None
    return ratio if (ratio := letters.ratio()) >= least else None


def _nodes(plan: Plan) -> list[_Node]:
    """From the top down: all levels, then all modules, and so on. A code used twice stands for its first node."""
    levels, modules, topics, subtopics, projects = [], [], [], [], []
    by_code: dict[str, _Node] = {}
    for level in plan.levels:
        parts = _titles(module.title for module in level.modules)
        level_node = _Node("level", "level", str(level.number), str(level.number), _folded(level.title), None, parts)
        levels.append(level_node)
        for module in level.modules:
            parts = _titles([*(each.title for each in module.topics), *(each.title for each in module.projects)])
            number = module.code.rpartition(".")[2]
            module_node = _Node("module", "module", module.code, number, _folded(module.title), level_node, parts)
            modules.append(module_node)
            by_code.setdefault(module.code, module_node)
            for topic in module.topics:
                topic_node = _topic_node("topic", topic, module_node)
                topics.append(topic_node)
                subtopics += [_topic_node("subtopic", each, topic_node) for each in topic.subtopics]
            projects += [_project_node(each, module_node) for each in module.projects]
    projects += [_project_node(track.project, by_code.get(track.module_code)) for track in plan.tracks]
    if plan.final_capstone is not None:
        projects.append(_project_node(plan.final_capstone, None))
    once: dict[tuple[Kind, str], _Node] = {}
    for node in (*levels, *modules, *topics, *subtopics, *projects):
        once.setdefault((node.kind, node.code), node)
    return list(once.values())


def _topic_node(group: str, topic: PlanTopic, parent: _Node) -> _Node:
    parts = _titles(each.title for each in topic.subtopics)
    return _Node("topic", group, topic.code, topic.code.rpartition(".")[2], _folded(topic.title), parent, parts)


def _project_node(project: PlanProject, parent: _Node | None) -> _Node:
    number = project.code.removeprefix(parent.code) if parent else project.code
    return _Node("project", project.kind, project.code, number, _folded(project.title), parent)


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())


def _titles(titles: Iterable[str]) -> frozenset[str]:
    return frozenset(_folded(title) for title in titles)


def _codes(nodes: Iterable[_Node]) -> dict[Kind, tuple[str, ...]]:
    codes: dict[Kind, list[str]] = {"level": [], "module": [], "topic": [], "project": []}
    for node in nodes:
        codes[node.kind].append(node.code)
    return {kind: tuple(each) for kind, each in codes.items()}
