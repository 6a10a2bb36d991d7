"""Turning texts, lists and mappings with line numbers into the nodes of a plan; what does not fit is a problem."""

import dataclasses
import re
import types
from collections.abc import Callable, Collection
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from django.utils.translation import gettext_lazy as _

from curriculum.plan.blocks import MAX_TEXT
from curriculum.plan.marked import Marked
from curriculum.plan.nodes import ChecklistItem, PlanClaim, PlanNote, Unparsed
from curriculum.plan.problems import Problems
from curriculum.plan.tables import read_hours_at
from curriculum.sentences import Span

LINES = {"line", "requires_line"}
"""Fields that say where a node stood; they are never written."""

_DECIMAL = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_INTEGER = re.compile(r"\d{1,6}")
_HOURS = {"hours", "breakdown_hours"}
_VERBATIM = {PlanClaim, PlanNote, Unparsed}
_EMPTY: dict[Any, Any] = {str: "", int: 0, Decimal: Decimal(0)}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


class Shape:
    """Reads values by the types of the fields they are for. After a problem it goes on with an empty value."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def fields(
        self,
        kind: type,
        marked: Marked,
        place: str,
        *,
        apart: Collection[str] = (),
        without: Collection[str] = (),
        partial: bool = False,
    ) -> dict[str, Any]:
        """Arguments for a node of that kind: all that it needs, unless ``partial``.

        Fields ``apart`` may be stated and are read elsewhere; those it is read ``without`` may not.
        """
        fields = {field.name: field for field in dataclasses.fields(kind) if field.name not in LINES | {*without}}
        found: dict[str, Any] = {}
        stated = self.mapping(marked, place, {*fields, *apart})
        for name, field in fields.items():
            if name in apart:
                continue
            if name in stated:
                found[name] = self._field(kind, name, stated[name], f"{place}.{name}")
            elif field.default is dataclasses.MISSING and not partial:
                if isinstance(marked.value, dict):
                    self._missing(marked, place, name)
                found[name] = self._nothing(_hints(kind)[name])
        if not partial:
            found |= dict.fromkeys(LINES & _hints(kind).keys(), marked.line)
        return found

    def mapping(self, marked: Marked, place: str, known: Collection[str]) -> dict[str, Marked]:
        """The fields of a mapping. Other things than a mapping, and fields that are not known, are problems."""
        if not isinstance(marked.value, dict):
            self.problems.add(
                "yaml_shape",
                marked.line,
                _("“%(place)s” is no mapping."),
                _("Write its fields below it, as in “title: …”."),
                place=_shown(place),
            )
            return {}
        for name in marked.value:
            if name not in known:
                self.problems.add(
                    "yaml_unknown_field",
                    marked.key_lines.get(name, marked.line),
                    _("“%(place)s” has no field “%(found)s”."),
                    _("Use one of these, or leave it out: %(known)s."),
                    place=_shown(place),
                    found=name[:80],
                    known=", ".join(sorted(known)),
                )
        return {name: value for name, value in marked.value.items() if name in known}

    def items(self, marked: Marked | None, place: str) -> list[Marked]:
        if marked is None or marked.value is None:
            return []
        if isinstance(marked.value, list):
            return marked.value
        self.problems.add(
            "yaml_shape",
            marked.line,
            _("“%(place)s” is no list."),
            _("Write each item on a line of its own, behind a dash."),
            place=_shown(place),
        )
        return []

    def node(self, kind: type, marked: Marked, place: str) -> Any:
        if kind is Span and not isinstance(marked.value, dict):
            number = self._decimal(marked, place)
            return Span(number, number)
        if kind is ChecklistItem and not isinstance(marked.value, dict):
            return ChecklistItem(self._text(marked, place), line=marked.line)
        return kind(**self.fields(kind, marked, place))

    def _field(self, kind: type, name: str, marked: Marked, place: str) -> Any:
        hint = _hints(kind)[name]
        if name in _HOURS and isinstance(marked.value, str | None):
            hours = read_hours_at(marked.value or "", line=marked.line, problems=self.problems)
            return Decimal(0) if hours is None and hint is Decimal else hours
        if hint is str and kind in _VERBATIM and isinstance(marked.value, str):
            return marked.value
        value = self._value(hint, marked, place)
        return " ".join(value.split("\n")) if name == "title" and isinstance(value, str) else value

    def _value(self, hint: Any, marked: Marked, place: str) -> Any:
        origin = get_origin(hint)
        if origin in {types.UnionType, Union}:
            return None if marked.value is None else self._value(get_args(hint)[0], marked, place)
        if origin is tuple:
            each = get_args(hint)[0]
            return tuple(
                self._value(each, item, f"{place}[{number}]")
                for number, item in enumerate(self.items(marked, place), start=1)
            )
        if origin is Literal:
            return self.one_of(get_args(hint), marked, place)
        if dataclasses.is_dataclass(hint):
            return self.node(cast(type, hint), marked, place)
        readers: dict[Any, Callable[[Marked, str], Any]] = {
            str: self._text,
            int: self._integer,
            Decimal: self._decimal,
        }
        return readers[hint](marked, place)

    def _nothing(self, hint: Any) -> Any:
        if get_origin(hint) is Literal:
            return get_args(hint)[0]
        return _EMPTY.get(hint)

    def _text(self, marked: Marked, place: str) -> str:
        if marked.value is None:
            return ""
        if not isinstance(marked.value, str):
            self._not(marked, place, _("“%(place)s” is no text."), _("Write one text, in quotation marks if need be."))
            return ""
        text = marked.value.strip()
        if any(len(paragraph) > MAX_TEXT for paragraph in text.split("\n")):
            self.problems.add(
                "text_too_long",
                marked.line,
                _("A paragraph has more than %(limit)s characters."),
                _("Split it with empty lines."),
                limit=MAX_TEXT,
            )
        return text

    def _integer(self, marked: Marked, place: str) -> int:
        if isinstance(marked.value, str) and _INTEGER.fullmatch(marked.value.strip()):
            return int(marked.value)
        self._not(marked, place, _("“%(place)s” is no whole number."), _("Write it in digits, such as 3."))
        return 0

    def _decimal(self, marked: Marked, place: str) -> Decimal:
        if isinstance(marked.value, str) and _DECIMAL.fullmatch(marked.value.strip()):
            return Decimal(marked.value.strip())
        self._not(marked, place, _("“%(place)s” is no number."), _("Write it in digits, such as 97 or 4.5."))
        return Decimal(0)

    def one_of(self, known: tuple[str, ...], marked: Marked, place: str) -> str:
        if isinstance(marked.value, str) and marked.value in known:
            return marked.value
        self.problems.add(
            "yaml_value",
            marked.line,
            _("“%(place)s” is none of what it can be."),
            _("Write one of these: %(known)s."),
            place=_shown(place),
            known=", ".join(known),
        )
        return known[0]

    def _not(self, marked: Marked, place: str, sentence: Any, fix: Any) -> None:
        self.problems.add("yaml_value", marked.line, sentence, fix, place=_shown(place))

    def _missing(self, marked: Marked, place: str, name: str) -> None:
        self.problems.add(
            "yaml_missing_field",
            marked.line,
            _("“%(place)s” has no “%(name)s”."),
            _("Add “%(name)s: …” to it."),
            place=_shown(place),
            name=name,
        )


def _shown(place: str) -> str:
    return place.lstrip(".") or "plan"
