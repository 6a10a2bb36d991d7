"""Sentences that are kept and told again, to every reader in their own language.

What is kept is the English sentence with what stands in it, not its words in the language of who was there: a decision
made in Dutch reads in English for who reads English.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Self

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

#: As JSON: words as they are, a number, or one of the three mappings that `tell` reads.
Kept = str | int | Mapping[str, Any]


class Sentence(str):
    """Words in the language in force, which know how they are said in another."""

    kept: Kept

    def __new__(cls, kept: Kept) -> Self:
        made = super().__new__(cls, tell(kept))
        made.kept = kept
        return made


def sentence(text: str, **values: str | int | date) -> Sentence:
    """`text` names what stands in it as `%(name)s`; days are written out, sentences told in turn."""
    return Sentence({"text": text, "values": {name: keep(value) for name, value in values.items()}})


def sentence_of(one: str, many: str, count: int, **values: str | int | date) -> Sentence:
    """The same about so many things; `%(count)s` is their number."""
    kept = {name: keep(value) for name, value in values.items()}
    return Sentence({"text": one, "plural": many, "count": count, "values": {**kept, "count": count}})


def joined(sentences: Iterable[str]) -> Sentence:
    """Several after one another."""
    return Sentence({"parts": [keep(each) for each in sentences]})


def keep(value: str | int | date) -> Kept:
    """What is kept of it, as JSON."""
    if isinstance(value, Sentence):
        return value.kept
    return {"day": value.isoformat()} if isinstance(value, date) else value


def tell(kept: Kept) -> str:
    """What was kept, in the language in force."""
    if not isinstance(kept, Mapping):
        return str(kept)
    if "day" in kept:
        return written(date.fromisoformat(kept["day"]))
    if "parts" in kept:
        return "; ".join(tell(each) for each in kept["parts"])
    values = {name: tell(value) for name, value in kept["values"].items()}
    text, many = kept["text"], kept.get("plural")
    return (ngettext(text, many, kept["count"]) if many else gettext(text)) % values


def written(day: date) -> str:
    """A day as sentences tell it."""
    return date_format(day, "j F Y", use_l10n=False)
