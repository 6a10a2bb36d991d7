"""What an audit of a plan states: the place, what was expected there, what was found, and what to do."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise

from curriculum.sentences import Sentence, Span, Value

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a plan that does not add up.

    ``place`` is a node's own number or code ("1", "1.1", "2.1.3", "3.4-P3"), a format ("bootcamp"), a target's key,
    the part of the plan that makes a claim ("title", "summary", "overview", "resources"), or empty for the whole.
    ``expected`` and ``found`` are plain text without grouping ("700", "35/65"); the sentences group their numbers.
    """

    code: str
    severity: Severity
    place: str
    expected: str
    found: str
    message: Sentence
    suggestion: Sentence
    line: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        """The same finding has the same key in a later audit, until its numbers change: acceptance hangs on it."""
        return f"{self.code}|{self.place}|{self.expected}|{self.found}"


def state(
    code: str,
    severity: Severity,
    place: str,
    expected: Decimal | Span | int | str,
    found: Decimal | Span | int | str,
    message: str | Promise,
    suggestion: str | Promise,
    line: int,
    /,
    **values: Value,
) -> Finding:
    """A finding whose sentences may name ``expected``, ``found`` and the other values."""
    named: dict[str, Value] = {"expected": expected, "found": found, **values}
    return Finding(
        code,
        severity,
        place,
        plain(expected),
        plain(found),
        Sentence(message, named),
        Sentence(suggestion, named),
        line,
    )


def plain(value: Decimal | Span | int | str) -> str:
    """``700``, ``4.5``, ``20–30``: no grouping, no trailing zeros, the same in every language."""
    if isinstance(value, str):
        return value
    if isinstance(value, Span):
        return plain(value.low) if value.low == value.high else f"{plain(value.low)}–{plain(value.high)}"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
