"""Sentences with numbers in them, translated and formatted only when they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Span:
    """An inclusive range such as 20 to 30; a single number has ``low == high``."""

    low: Decimal
    high: Decimal

    @classmethod
    def of(cls, low: Decimal | int, high: Decimal | int | None = None) -> "Span":
        return cls(Decimal(low), Decimal(low if high is None else high))


Value = str | int | Decimal | Span | Promise


@dataclass(frozen=True, slots=True)
class Sentence:
    """A ``gettext_lazy`` template and its values.

    ``str()`` translates it and writes the numbers in the language that is active at that moment,
    so a sentence can be made in a worker and read in two languages.
    """

    template: str | Promise
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return str(self.template) % {name: _shown(value) for name, value in self.values.items()}


def _shown(value: Value) -> str:
    if isinstance(value, Span):
        return _shown(value.low) if value.low == value.high else f"{_shown(value.low)}–{_shown(value.high)}"
    if isinstance(value, Decimal | int):
        return number_format(int(value) if value == int(value) else value, force_grouping=True)
    return str(value)
