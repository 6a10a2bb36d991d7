"""YAML as texts, lists and mappings, each with its line. What they mean, the fields of a plan decide.

Nothing is guessed from how a text looks: ``1.10`` stays a module's number and ``no`` a word. Aliases, tags and
second documents are refused, so that a small file cannot grow into a large plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from curriculum.plan.nodes import PlanError
from curriculum.plan.problems import Problems

MAX_NESTING = 24
"""Lists and mappings in each other; a plan has nine."""

MAX_VALUES = 400_000
"""Texts, lists and mappings together; twenty times a plan of 10,000 hours has a quarter of that."""

_NOTHING = {"", "~", "null", "Null", "NULL"}
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The parser in C reads a plan ten times as fast; it is in every wheel of PyYAML."""


@dataclass(slots=True)
class Marked:
    """``value`` is a text, ``None`` for nothing, a list or a mapping."""

    line: int
    value: "str | list[Marked] | dict[str, Marked] | None"
    key_lines: dict[str, int] = field(default_factory=dict)


def read_marked(text: str, problems: Problems, *, first_line: int = 1) -> Marked:
    """Raises ``PlanError`` at the first place that cannot be read. ``first_line`` is the number of the first line."""
    try:
        return _Builder(problems, first_line).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise problems.stop(
            "yaml",
            mark.line + first_line if mark else 0,
            _("This is not YAML: %(found)s."),
            _("Check the indentation, and put texts with a colon or # in quotation marks."),
            found=str(error.problem or error.context or "?")[:200],
        ) from error
    except yaml.YAMLError as error:
        raise problems.stop(
            "yaml",
            0,
            _("This is not YAML: %(found)s."),
            _("Check the indentation, and put texts with a colon or # in quotation marks."),
            found=str(error)[:200],
        ) from error


class _Builder:
    def __init__(self, problems: Problems, first_line: int) -> None:
        self._problems = problems
        self._first_line = first_line
        self._open: list[tuple[Marked, list[Any]]] = []
        self._values = 0
        self._root: Marked | None = None

    def build(self, events: Iterator[yaml.Event]) -> Marked:
        for event in events:
            self._take(event, self._first_line + (event.start_mark.line if event.start_mark else 0))
        return self._root or Marked(self._first_line, None)

    def _take(self, event: yaml.Event, line: int) -> None:
        match event:
            case yaml.AliasEvent():
                raise self._stop(
                    "yaml_alias", line, _("“*%(found)s” refers to another place."), found=str(event.anchor)[:80]
                )
            case yaml.DocumentStartEvent() if self._root is not None:
                raise self._problems.stop(
                    "two_plans", line, _("A second plan begins here."), _("Put each plan in a file of its own.")
                )
            case yaml.ScalarEvent():
                self._check(event.tag, line)
                nothing = event.style in {None, ""} and event.value in _NOTHING
                self._add(Marked(line, None if nothing else event.value))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._check(event.tag, line)
                marked = Marked(line, [] if isinstance(event, yaml.SequenceStartEvent) else {})
                self._open.append((marked, []))
                if len(self._open) > MAX_NESTING:
                    raise self._problems.stop(
                        "too_deep",
                        line,
                        _("The text is nested too deep at this line."),
                        _("Use the fields of a plan only."),
                    )
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                marked, children = self._open.pop()
                marked.value = self._mapping(marked, children) if isinstance(marked.value, dict) else children
                self._add(marked)

    def _check(self, tag: str | None, line: int) -> None:
        if tag and tag != "!":
            raise self._stop("yaml_tag", line, _("“%(found)s” is a tag."), found=tag[:80])
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._problems.stop(
                "too_large",
                line,
                _("The text has more than %(limit)s values."),
                _("Split it into several plans."),
                limit=MAX_VALUES,
            )

    def _add(self, marked: Marked) -> None:
        if self._open:
            self._open[-1][1].append(marked)
        else:
            self._root = marked

    def _mapping(self, marked: Marked, children: list[Marked]) -> dict[str, Marked]:
        found: dict[str, Marked] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key.value, str):
                raise self._problems.stop(
                    "yaml", key.line, _("The name of a field is missing."), _("Write it as “title: …”.")
                )
            if key.value in found:
                raise self._problems.stop(
                    "yaml_twice",
                    key.line,
                    _("“%(found)s” is stated twice."),
                    _("Keep one of the two."),
                    found=key.value[:80],
                )
            found[key.value] = value
            marked.key_lines[key.value] = key.line
        return found

    def _stop(self, code: str, line: int, sentence: Any, **values: str) -> PlanError:
        return self._problems.stop(
            code, line, sentence, _("Write out what is meant: a plan has no anchors, aliases and tags."), **values
        )
