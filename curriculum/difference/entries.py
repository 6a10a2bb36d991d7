"""The parts of a difference: one entry for each node that came, went or changed, grouped by level and module."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from django.utils.functional import Promise

from curriculum.difference.rewording import Line, reworded_lines
from curriculum.sentences import Sentence

What = Literal["added", "removed", "changed"]
Hours = tuple[Decimal | None, Decimal | None]
"""Before and after; None where there are none."""

NO_HOURS: Hours = (None, None)


@dataclass(frozen=True, slots=True)
class Detail:
    """The lines of one text or list that differ, with what it is called."""

    label: str | Promise
    lines: tuple[Line, ...]


def detail(label: str | Promise, before: str | Sequence[str], after: str | Sequence[str]) -> Iterable[Detail]:
    """One, or none when the two say the same."""
    old, new = (each.split("\n") if isinstance(each, str) else each for each in (before, after))
    lines = reworded_lines(old, new)
    return [Detail(label, lines)] if lines else []


@dataclass(frozen=True, slots=True)
class Entry:
    """One node, or one thing beside the tree. `kind` says in words what it is.

    `code` is that of the new plan, of the old one when it is removed, and empty beside the tree. `remarks` tell what
    happened to it: renamed, moved, numbered anew. `hours` are set when they differ, and for what came or went.
    """

    what: What
    kind: str | Promise
    code: str
    title: str | Promise
    hours: Hours = NO_HOURS
    remarks: tuple[Sentence, ...] = ()
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleDifference:
    """`entry` is about the module itself, `entries` about its topics and projects."""

    code: str
    title: str
    hours: Hours
    entry: Entry | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class LevelDifference:
    """`number` is that of the new plan, of the old one when the level is removed."""

    number: int
    title: str
    hours: Hours
    entry: Entry | None
    modules: tuple[ModuleDifference, ...]


@dataclass(frozen=True)
class Difference:
    """Levels and modules in which nothing changed are left out. `beside` is what belongs to no module."""

    hours: Hours
    levels: tuple[LevelDifference, ...]
    beside: tuple[Entry, ...]

    @property
    def is_empty(self) -> bool:
        return not self.levels and not self.beside

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        modules = [module for level in self.levels for module in level.modules]
        own = [*(level.entry for level in self.levels), *(module.entry for module in modules)]
        inside = (entry for module in modules for entry in module.entries)
        return (*(entry for entry in own if entry), *inside, *self.beside)

    @property
    def counts(self) -> dict[What, int]:
        kinds: tuple[What, ...] = ("added", "removed", "changed")
        return {what: sum(entry.what == what for entry in self.entries) for what in kinds}
