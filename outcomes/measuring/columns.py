"""Rows of a query as columns of numbers: thousands of learners are counted from them without an object for each value.

A day is its proleptic ordinal, as `date.toordinal` counts; an id is sixteen bytes.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from organizations.scope import required_organization_id

Numbers: TypeAlias = NDArray[np.int64]
Days: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
#: Sixteen bytes each.
Ids: TypeAlias = NDArray[np.void]
Columns: TypeAlias = Mapping[str, Any]

#: PostgreSQL's first day.
EPOCH = date(2000, 1, 1).toordinal()


class Field(Enum):
    """What a column holds: its type in PostgreSQL, what sends it as bytes, and how these are read."""

    ID = ("uuid", "uuid_send", "V16")
    DAY = ("date", "date_send", ">i4")
    NUMBER = ("int", "int4send", ">i4")
    FLAG = ("bool", "boolsend", "?")
    #: Of any width: a list beside the columns.
    TEXT = ("text", "", "")

    def __init__(self, cast: str, send: str, read: str) -> None:
        self.cast, self.send, self.read = cast, send, read


#: Stands for "no day": long before any.
NO_DAY = "'-infinity'"


def records(*parts: str, on: date, cohorts: Collection[UUID] | None = None, **given: Any) -> list[tuple[Any, ...]]:
    """The rows of a query, given in parts, on `%(organization)s`, the one in scope, as of `%(on)s`.

    `%(cohorts)s` are those whose learners alone are asked for, or null.
    """
    only = None if cohorts is None else list(cohorts)
    with connection.cursor() as cursor:
        cursor.execute("".join(parts), {"organization": required_organization_id(), "on": on, "cohorts": only, **given})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def columns(
    fields: Mapping[str, tuple[Field, str]],
    *parts: str,
    on: date,
    cohorts: Collection[UUID] | None = None,
    **given: Any,
) -> Columns:
    """The columns of a query of that kind, by name; texts are lists. `parts` stand before and after what is selected.

    Each field is a kind and an SQL expression. Raises ValueError where one is null.
    """
    head, tail = parts
    packed = {name: each for name, each in fields.items() if each[0] is not Field.TEXT}
    texts = {name: sql for name, (kind, sql) in fields.items() if kind is Field.TEXT}
    row = " || ".join(f"{kind.send}(({sql})::{kind.cast})" for kind, sql in packed.values())
    lists = "".join(f", array_agg(({sql})::text)" for sql in texts.values())
    select = f"SELECT string_agg({row}, ''), count(*){lists} "
    [(data, number, *found)] = records(head, select, tail, on=on, cohorts=cohorts, **given)
    rows = np.frombuffer(data or b"", dtype=[(name, kind.read) for name, (kind, _sql) in packed.items()])
    if len(rows) != number:
        raise ValueError("A value of a column is null.")
    return {
        **{name: _column(rows[name], kind) for name, (kind, _sql) in packed.items()},
        **{name: values or [] for name, values in zip(texts, found, strict=True)},
    }


def day_of(ordinal: int) -> date | None:
    """The day; None for who has none."""
    return date.fromordinal(ordinal) if ordinal > 0 else None


def uuids(values: Ids) -> list[UUID]:
    return [UUID(bytes=value) for value in values.tolist()]


def _column(values: NDArray[Any], kind: Field) -> NDArray[Any]:
    if kind is Field.DAY:
        return values.astype(np.int64) + EPOCH
    return values.astype(np.int64) if kind is Field.NUMBER else values.copy()
