"""What search finds: every app registers its own kind, when it is ready, and says who may find what.

A source answers with rows that its viewer may open, best first, and turns those on the page into hits. Words are
compared without accents and capitals, each as the beginning of a word: “zoe van” finds Zoë van den Berg.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import Promise

from accounts.models import Membership

MOST_CHARACTERS = 100
MOST_WORDS = 8
#: The letters that no accent explains, as the function `search_words` of the database takes them.
_ALIKE = str.maketrans("øłđıß", "oldis")
_BETWEEN = re.compile(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xbf\u2000-\u206f]+")
_CODE = re.compile(r"\d+(\.\w+)+")


def fold(text: str) -> str:
    """The text's words in small letters without accents, with a space between them."""
    plain = re.sub("[\u0300-\u036f]+", "", unicodedata.normalize("NFKD", text)).lower().translate(_ALIKE)
    return _BETWEEN.sub(" ", plain).strip()


class _WordsBegin(models.Func):
    """Whether the words of a text begin as `vector` asks; `is_stored` takes a name's from their column."""

    output_field = models.BooleanField()

    def __init__(self, text: models.F, *, vector: str, is_stored: bool = False) -> None:
        super().__init__(text)
        self.vector, self.is_stored = vector, is_stored

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        words = f"search_words({column}::text)"
        if self.is_stored:
            words = f'{column.rpartition(".")[0]}."search_words"'
        return f"{words} @@ %s::tsquery", (*params, self.vector)


@dataclass(frozen=True)
class Query:
    """What somebody typed: `text` as they did, shortened and without invisible signs."""

    text: str

    @classmethod
    def of(cls, typed: str) -> "Query":
        visible = "".join(sign if sign.isprintable() else " " for sign in typed[: 10 * MOST_CHARACTERS])
        return cls(" ".join(visible.split())[:MOST_CHARACTERS].strip())

    @cached_property
    def words(self) -> list[str]:
        return fold(self.text).split()[:MOST_WORDS]

    @property
    def is_code(self) -> bool:
        """Whether it reads as the number of a module or project, such as 2.1."""
        return bool(_CODE.fullmatch(self.text))

    def __bool__(self) -> bool:
        return bool(self.words)

    def within(self, column: str) -> "_WordsBegin":
        """A condition: every word typed begins one of the words in the column of text."""
        return _WordsBegin(models.F(column), vector=self._vector)

    @property
    def _vector(self) -> str:
        # Only letters and digits are left in a word, so that nothing in it is an operator; quoted all the same.
        return " & ".join(f"'{word}':*" for word in self.words) or "''"

    def matches(self, text: str) -> bool:
        """As `within`, for a text in Python."""
        there = fold(text).split()
        return bool(self.words) and all(any(each.startswith(word) for each in there) for word in self.words)

    def in_email(self, field: str) -> models.Q:
        """A condition: an address begins so, or has it anywhere when it is more than letters of a domain."""
        text = self.text.lower()
        anywhere = "@" in text or "." in text
        return models.Q(**{f"{field}__{'contains' if anywhere else 'startswith'}": text})

    def closeness(self, name: str) -> "models.Case":
        """To order by: first who is called exactly so, then whose name begins so, then the others."""
        return models.Case(
            models.When(**{f"{name}__iexact": self.text}, then=0),
            models.When(**{f"{name}__istartswith": self.text}, then=1),
            default=2,
            output_field=models.IntegerField(),
        )


def called(query: Query, name: str = "name") -> models.Q:
    """A condition on members, or on what refers to them: the words of that name begin as was typed."""
    return models.Q(_WordsBegin(models.F(name), vector=query._vector, is_stored=True))


def first_of(rows: Any, most: int) -> tuple[list[Any], int]:
    """The first so many rows that a source found, and how many there are in all. One query at most."""
    if not isinstance(rows, models.QuerySet):
        found = list(rows or ())
        return found[:most], len(found)
    shown: list[Any] = list(rows.annotate(in_all=models.Window(models.Count("*")))[:most])
    return shown, shown[0].in_all if shown else 0


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing that was found: what it is called, where it is, and its page."""

    title: str
    url: str
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A kind of things. `rows` may be counted and sliced; `hits` makes no query for each row.

    `rows` is None for whoever never finds this kind.
    """

    key: str
    title: str | Promise
    icon: str
    rows: Callable[[Membership, Query], Any]
    hits: Callable[[Membership, Sequence[Any]], Iterable[Hit]]
    order: int = 50


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a kind, once, when its app is ready."""
    _sources[source.key] = source


def sources() -> list[Source]:
    return sorted(_sources.values(), key=lambda source: source.order)
