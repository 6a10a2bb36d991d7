"""The map as a form: for each level, topic and project of the version left, what it counts for in the other one.

Several are parted by semicolons. What of the other version nothing counts for yet has a field too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.errors import CohortError
from cohorts.version_map import KINDS, Kind, Node, Nodes, Pair, VersionMap

LONGEST_TEXT = 4000
PARTED_BY = "; "
#: How sure the proposal is, in words and a tone. Those in `LOOK_AT` are for a person to decide.
SURENESS: dict[str, tuple[str | Promise, str]] = {
    "same": (gettext_lazy("The same"), "ok"),
    "moved": (gettext_lazy("Moved"), "ok"),
    "renamed": (gettext_lazy("Reworded?"), "warn"),
    "number": (gettext_lazy("Only the number is the same"), "warn"),
    "chosen": (gettext_lazy("Chosen by you"), "info"),
    "none": (gettext_lazy("Counts for nothing"), "bad"),
}
LOOK_AT = ("renamed", "number", "none")
WHICH: dict[Kind, Promise] = {
    "level": gettext_lazy("Choose a level of version %(number)s from the list, or leave this empty."),
    "topic": gettext_lazy("Choose a topic of version %(number)s from the list, or leave this empty."),
    "project": gettext_lazy("Choose a project of version %(number)s from the list, or leave this empty."),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A node with what stands in its field. `sure` is a key of `SURENESS`."""

    name: str
    node: Node
    value: str
    sure: str
    error: str

    @property
    def asks(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.error) or self.sure in LOOK_AT

    @property
    def words(self) -> str | Promise:
        return SURENESS[self.sure][0]

    @property
    def tone(self) -> str:
        return SURENESS[self.sure][1]

    @property
    def list_id(self) -> str:
        side = "old" if self.name.startswith("from") else "new"
        return f"{side}-{self.node.kind}"


@dataclass(frozen=True)
class Group:
    """The rows of a module, or of a level outside its modules."""

    title: str
    asking: tuple[Row, ...]
    sure: tuple[Row, ...]


@dataclass(frozen=True)
class LevelGroups:
    node: Node
    groups: tuple[Group, ...]
    new: tuple[Row, ...]


class MapForm:
    """Unbound it shows the pairs of the map; with data, what was typed, which is then read into `pairs`."""

    def __init__(self, proposal: VersionMap, *, pairs: Sequence[Pair] | None = None, data: Any = None) -> None:
        self.old, self.new, self.sureness = proposal.old, proposal.new, proposal.sureness
        self.errors: dict[str, str] = {}
        if data is None:
            self.typed = dict(_written(proposal if pairs is None else proposal.with_pairs(pairs)))
            self.pairs = list(proposal.pairs if pairs is None else pairs)
        else:
            self.typed = {name: str(data.get(name, "")) for name in _names(self.old, self.new) if name in data}
            self.pairs = list(self._read())

    @property
    def is_valid(self) -> bool:
        return not self.errors

    @property
    def summary(self) -> list[tuple[str, str]]:
        """Each error as (id of its field, sentence with the node it is about)."""
        return [(f"id_{row.name}", f"{row.node.label}: {row.error}") for row in self._rows() if row.error]

    @property
    def levels(self) -> list[Row]:
        return [row for row in self._rows() if row.node.kind == "level"]

    @property
    def levels_ask(self) -> bool:
        return any(row.asks for row in self.levels)

    def by_level(self) -> list[LevelGroups]:
        """All but the levels themselves, as the version left has them; what only the other one has comes last."""
        rows = [row for row in self._rows() if row.node.kind != "level"]
        found = []
        for level in sorted({row.node.level for row in rows}):
            here = [row for row in rows if row.node.level == level]
            mine = [row for row in here if row.name.startswith("to")]
            titles = dict.fromkeys(row.node.module for row in mine)
            node = next(one for one in (*self.old.of("level"), *self.new.of("level")) if one.level == level)
            new = tuple(row for row in here if row.name.startswith("from"))
            found.append(LevelGroups(node, tuple(_group(title, mine) for title in titles), new))
        return found

    @property
    def asking(self) -> int:
        """How many rows a person should look at."""
        return sum(row.asks for row in self._rows() if row.name.startswith("to"))

    def lists(self) -> Iterator[tuple[str, list[str]]]:
        """What can be chosen, by the id of the list."""
        for kind in KINDS:
            yield f"new-{kind}", [node.label for node in self.new.of(kind)]
            yield f"old-{kind}", [node.label for node in self.old.of(kind)]

    def _rows(self) -> Iterator[Row]:
        for name, node in _fields(self.old, self.new):
            if name in self.typed:
                yield Row(
                    name=name,
                    node=node,
                    value=self.typed[name],
                    sure=self._sure(name, node),
                    error=self.errors.get(name, ""),
                )

    def _sure(self, name: str, node: Node) -> str:
        found = self._found(name, node)
        if not found:
            return "none"
        sure = {self.sureness.get(_pair(name, node, other), "chosen") for other in found}
        return max(sure, key=list(SURENESS).index)

    def _other(self, name: str) -> Nodes:
        """The version in which what stands in the field is looked up."""
        return self.new if name.startswith("to") else self.old

    def _read(self) -> Iterator[Pair]:
        for name, node in _fields(self.old, self.new):
            found = self._found(name, node) if self.typed.get(name, "").strip() else []
            if found is None:
                self.errors[name] = str(WHICH[node.kind]) % {"number": self._other(name).version.number}
            for other in found or ():
                yield _pair(name, node, other)

    def _found(self, name: str, node: Node) -> list[Node] | None:
        """The nodes that the field names; None when one of them does not exist."""
        nodes, text = self._other(name), self.typed[name][:LONGEST_TEXT]
        if whole := nodes.find(node.kind, text):
            return [whole]
        parts = [part for part in text.split(PARTED_BY.strip()) if part.strip()]
        found = [one for part in parts if (one := nodes.find(node.kind, part))]
        return found if found and len(found) == len(parts) else None


def _fields(old: Nodes, new: Nodes) -> Iterator[tuple[str, Node]]:
    """A field for each node: `to_topic_3` of the version left, `from_topic_3` of the other."""
    for side, nodes in (("to", old), ("from", new)):
        for kind in KINDS:
            for number, node in enumerate(nodes.of(kind), start=1):
                yield f"{side}_{kind}_{number}", node


def _names(old: Nodes, new: Nodes) -> Iterable[str]:
    return (name for name, _node in _fields(old, new))


def _written(shown: VersionMap) -> Iterator[tuple[str, str]]:
    """Every node of the version left with those it counts for, and of the other one what nothing counts for."""
    for name, node in _fields(shown.old, shown.new):
        if name.startswith("to"):
            yield name, PARTED_BY.join(shown.new.by_id[target].label for target in shown.targets.get(node.id, ()))
        elif node.id not in shown.sources:
            yield name, ""


def _pair(name: str, node: Node, other: Node) -> Pair:
    return Pair(node.kind, node.id, other.id) if name.startswith("to") else Pair(node.kind, other.id, node.id)


def _group(title: str, rows: Sequence[Row]) -> Group:
    here = [row for row in rows if row.node.module == title]
    return Group(
        title or _("Outside the modules"),
        tuple(row for row in here if row.asks),
        tuple(row for row in here if not row.asks),
    )


def as_text(pairs: Iterable[Pair]) -> str:
    """The pairs for a hidden field."""
    return ",".join(f"{pair.kind}:{pair.old}:{pair.new}" for pair in pairs)


KIND_NAMES: Mapping[str, Kind] = {kind: kind for kind in KINDS}


def read_text(text: str) -> list[Pair]:
    """Raises CohortError `map_not_understood`."""
    try:
        parts = [part.split(":") for part in text.split(",") if part]
        return [Pair(KIND_NAMES[kind], UUID(old), UUID(new)) for kind, old, new in parts]
    except (KeyError, ValueError):
        raise CohortError(
            "map_not_understood", _("The map did not arrive as it was shown. Begin again with the proposal.")
        ) from None
