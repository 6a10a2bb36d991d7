"""What changed in a text, word by word and line by line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST_COMPARED = 1_000_000
"""Pairs of words, or of lines, that are compared; what is longer is shown as replaced whole."""

RECOGNIZABLE = 0.4
"""Share of words from which a line is one that was reworded; below it the old line goes and a new one comes."""

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    text: str


Line = tuple[Run, ...]


def reworded(before: str, after: str) -> tuple[Line, ...]:
    """The lines that differ, each in runs; a line that stayed is left out, and so are changes of mere spaces."""
    return reworded_lines(before.split("\n"), after.split("\n"))


def reworded_lines(before: Sequence[str], after: Sequence[str]) -> tuple[Line, ...]:
    old = [" ".join(line.split()) for line in before if line.strip()]
    new = [" ".join(line.split()) for line in after if line.strip()]
    if len(old) * len(new) > MOST_COMPARED:
        return (*_whole("removed", old), *_whole("added", new)) if old != new else ()
    lines: list[Line] = []
    for kind, low, high, other_low, other_high in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "replace" and high - low == other_high - other_low:
            for one, other in zip(old[low:high], new[other_low:other_high], strict=True):
                lines += _line(one, other)
        elif kind != "equal":
            lines += (*_whole("removed", old[low:high]), *_whole("added", new[other_low:other_high]))
    return tuple(lines)


def _whole(kind: Literal["removed", "added"], lines: Sequence[str]) -> list[Line]:
    return [(Run(kind, line),) for line in lines]


def _line(before: str, after: str) -> list[Line]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    replaced = [*_whole("removed", [before]), *_whole("added", [after])]
    if len(old) * len(new) > MOST_COMPARED:
        return replaced
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [tuple(_runs(matcher, old, new))] if matcher.ratio() >= RECOGNIZABLE else replaced


def _runs(matcher: "SequenceMatcher[str]", old: list[str], new: list[str]) -> Iterator[Run]:
    """A space between two changed words changes with them, so that words are not shown in crumbs."""
    removed, added = "", ""
    for kind, low, high, other_low, other_high in matcher.get_opcodes():
        text = "".join(old[low:high])
        if kind == "equal" and text.strip():
            yield from _changed(removed, added)
            removed = added = ""
            yield Run("same", text)
        else:
            removed += text
            added += "".join(new[other_low:other_high])
    yield from _changed(removed, added)


def _changed(removed: str, added: str) -> Iterator[Run]:
    if removed:
        yield Run("removed", removed)
    if added:
        yield Run("added", added)
