"""The map by which what was done in one version counts in another: proposed, edited by people, checked.

It pairs what results are recorded about: levels, topics without sub-topics, and projects. Several may count for one,
which is done when all of them are, and one may count for several, each of which is done when it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from cohorts.errors import CohortError
from curriculum.codes import ids_by_code
from curriculum.matching import Sureness, match
from curriculum.models import CurriculumVersion, Level, Project, Topic
from curriculum.tree import plan_of

Kind = Literal["level", "topic", "project"]
KINDS: tuple[Kind, ...] = ("level", "topic", "project")


class Pair(NamedTuple):
    kind: Kind
    old: UUID
    new: UUID


@dataclass(frozen=True, slots=True)
class Node:
    """What a result is recorded about. `label` is what people see and type: unique in its kind and version."""

    kind: Kind
    id: UUID
    code: str
    title: str
    hours: float
    level: int
    module: str
    label: str
    track: UUID | None = None


@dataclass(frozen=True)
class Nodes:
    """All of a version, in its order; `leaves` are the topics without sub-topics under each topic that has them."""

    version: CurriculumVersion
    all: tuple[Node, ...]
    leaves: Mapping[UUID, tuple[UUID, ...]]

    @cached_property
    def by_id(self) -> dict[UUID, Node]:
        return {node.id: node for node in self.all}

    def of(self, kind: Kind) -> list[Node]:
        return [node for node in self.all if node.kind == kind]

    def find(self, kind: Kind, text: str) -> Node | None:
        """By its label, or by its code alone where only one has that code."""
        wanted = _folded(text)
        found = self._by_text.get((kind, wanted), [])
        return found[0] if len(found) == 1 else None

    @cached_property
    def _by_text(self) -> dict[tuple[Kind, str], list[Node]]:
        texts: dict[tuple[Kind, str], list[Node]] = defaultdict(list)
        for node in self.all:
            for text in {_folded(node.label), _folded(node.code)} - {""}:
                texts[node.kind, text].append(node)
        return texts


@dataclass(frozen=True)
class VersionMap:
    """The pairs, and how sure the proposal was of those that it made."""

    old: Nodes
    new: Nodes
    pairs: tuple[Pair, ...]
    sureness: Mapping[Pair, Sureness]

    @cached_property
    def targets(self) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = defaultdict(list)
        for pair in self.pairs:
            found[pair.old].append(pair.new)
        return dict(found)

    @cached_property
    def sources(self) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = defaultdict(list)
        for pair in self.pairs:
            found[pair.new].append(pair.old)
        return dict(found)

    def with_pairs(self, pairs: Iterable[Pair]) -> "VersionMap":
        """Other pairs between the same versions. Raises CohortError `pair_not_of_versions`."""
        return VersionMap(self.old, self.new, checked(pairs, self.old, self.new), self.sureness)


def nodes_of(version: CurriculumVersion) -> Nodes:
    """In nine queries, however large the version is; from memory for a published one, which never changes again."""
    return _read(version.pk) if version.is_draft else _kept(version.pk)


@lru_cache(maxsize=32)
def _kept(version_id: UUID) -> Nodes:
    return _read(version_id)


def _read(version_id: UUID) -> Nodes:
    version = CurriculumVersion.objects.defer("source", "claims").get(pk=version_id)
    codes = ids_by_code(version)
    code_of = {pk: code for known in (codes.levels, codes.topics, codes.projects) for code, pk in known.items()}
    levels = list(Level.objects.filter(version=version).order_by("number"))
    topics = list(
        Topic.objects.filter(module__level__version=version)
        .select_related("module__level")
        .order_by("module__level__number", "module__position", "position")
    )
    projects = Project.objects.filter(version=version).select_related("level", "module")
    labels = _Labels()
    found = [
        labels.node("level", level.pk, str(level.number), level.title, float(level.hours), level.number)
        for level in levels
    ]
    children: dict[UUID, list[UUID]] = defaultdict(list)
    for topic in topics:
        if topic.parent_id is not None:
            children[topic.parent_id].append(topic.pk)
    found += [
        labels.node("topic", topic.pk, code_of.get(topic.pk, ""), topic.title, float(topic.hours or 0),
                    topic.module.level.number, str(topic.module))
        for topic in topics
        if topic.pk not in children
    ]  # fmt: skip
    found += [
        labels.node("project", each.pk, code_of.get(each.pk, ""), each.title, float(each.hours or 0),
                    each.level.number, str(each.module or ""), each.track_id)
        for each in projects.order_by("level__number", "position")
    ]  # fmt: skip
    return Nodes(version, tuple(found), {pk: tuple(_leaves(pk, children)) for pk in children})


def propose(old: CurriculumVersion, new: CurriculumVersion) -> VersionMap:
    """What the two plans say by themselves, with how sure each pair is.

    A topic that got sub-topics counts for each of them; sub-topics that became one topic count for it together.
    Both are published, so that what was found once is kept.
    """
    return _proposed(old.pk, new.pk)


@lru_cache(maxsize=16)
def _proposed(old_id: UUID, new_id: UUID) -> VersionMap:
    old, new = (CurriculumVersion.objects.get(pk=pk) for pk in (old_id, new_id))
    before, after = nodes_of(old), nodes_of(new)
    known, other = ids_by_code(old), ids_by_code(new)
    sureness: dict[Pair, Sureness] = {}
    olds: dict[str, dict[str, UUID]] = {"level": known.levels, "topic": known.topics, "project": known.projects}
    news: dict[str, dict[str, UUID]] = {"level": other.levels, "topic": other.topics, "project": other.projects}
    spread: list[tuple[Pair, Sureness]] = []
    for found in match(plan_of(old), plan_of(new)).pairs:
        if found.kind == "module":
            continue
        one, became = olds[found.kind].get(found.old), news[found.kind].get(found.new)
        if one is None or became is None:
            continue  # it has no code of its own: a person pairs it
        pair = Pair(found.kind, one, became)
        if pair.old in before.by_id and pair.new in after.by_id:
            sureness[pair] = found.sureness
        else:
            spread.append((pair, found.sureness))
    taken = {pair.old for pair in sureness} | {pair.new for pair in sureness}
    for pair, sure in spread:
        if pair.old in before.by_id:  # got sub-topics
            made = [Pair("topic", pair.old, leaf) for leaf in after.leaves[pair.new] if leaf not in taken]
        elif pair.new in after.by_id:  # lost them
            made = [Pair("topic", leaf, pair.new) for leaf in before.leaves[pair.old] if leaf not in taken]
        else:
            made = []
        sureness.update(dict.fromkeys(made, sure))
    return VersionMap(before, after, checked(sureness, before, after), sureness)


def checked(pairs: Iterable[Pair], old: Nodes, new: Nodes) -> tuple[Pair, ...]:
    """Each pair once, in the order of the versions. Raises CohortError `pair_not_of_versions`."""
    places = {node.id: place for nodes in (old, new) for place, node in enumerate(nodes.all)}
    once = set(pairs)
    for pair in once:
        before, after = old.by_id.get(pair.old), new.by_id.get(pair.new)
        if before is None or after is None or not before.kind == after.kind == pair.kind:
            raise CohortError(
                "pair_not_of_versions",
                _("This map names something that these two versions do not have. Begin again with the proposal."),
            )
    return tuple(sorted(once, key=lambda pair: (places[pair.old], places[pair.new])))


def reversed_pairs(pairs: Iterable[Pair]) -> list[Pair]:
    return [Pair(pair.kind, pair.new, pair.old) for pair in pairs]


def whole_pairs(pairs: Sequence[Pair]) -> set[Pair]:
    """Those that stand alone on both sides: the one became the other."""
    olds: dict[UUID, int] = defaultdict(int)
    news: dict[UUID, int] = defaultdict(int)
    for pair in pairs:
        olds[pair.old] += 1
        news[pair.new] += 1
    return {pair for pair in pairs if olds[pair.old] == 1 == news[pair.new]}


class _Labels:
    """Gives each node a label that no other of its kind has."""

    def __init__(self) -> None:
        self.given: dict[tuple[Kind, str], int] = defaultdict(int)

    def node(
        self, kind: Kind, pk: UUID, code: str, title: str, hours: float, level: int, module: str = "",
        track: UUID | None = None,
    ) -> Node:  # fmt: skip
        label = " ".join(f"{code} {title}".split())
        self.given[kind, _folded(label)] += 1
        if (number := self.given[kind, _folded(label)]) > 1:
            label = f"{label} ({number})"
        return Node(kind, pk, code, title, hours, level, module, label, track)


def _leaves(topic: UUID, children: Mapping[UUID, Sequence[UUID]]) -> Iterable[UUID]:
    for child in children[topic]:
        if child in children:
            yield from _leaves(child, children)
        else:
            yield child


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
