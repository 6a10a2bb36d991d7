"""Queries that are written as querysets, and put into SQL once in a process.

Django builds a query anew each time it is asked, which costs a page that asks many of them more than PostgreSQL and
the template together. A prepared one is built when it is first asked; after that only its values are filled in:

    _STANDING = Prepared(lambda learner: Certificate.objects.standing().filter(enrollment__learner=learner))

    _STANDING.rows(learner=learner.pk)

Rows are read each time. The organization in scope is filled in like any other value, and without one there is no row.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.query import Query

from organizations.scope import any_organization, required_organization_id

Row = TypeVar("Row")
ORGANIZATION = "organization"


class Prepared(Generic[Row]):
    """A query with a parameter for each value that differs from one asking to the next.

    `build` gets placeholders, which may stand wherever an expression may, and must not look at them: what decides
    which query it is, is no value. A list of ids is for `among`. None is no value either: nothing equals it. Nothing
    else may differ between two askings, so that no query cuts days out of instants in the time zone in force.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Row]"]) -> None:
        self._build = build

    def rows(self, **values: Any) -> list[Row]:
        """All rows with these values, read now. One query, and those of its prefetches."""
        found = self._template.all()
        found.query.values_given = values
        return list(found)

    def first(self, **values: Any) -> Row | None:
        """The first row. For a query that has one at most, or says so itself with `[:1]`."""
        return next(iter(self.rows(**values)), None)

    def statement(self, **values: Any) -> tuple[str, tuple[Any, ...]]:
        """The SQL with its parameters, to stand within other SQL."""
        query = self._template.all().query
        query.values_given = values
        return query.sql_with_params()  # type: ignore[no-any-return]

    @cached_property
    def _template(self) -> Any:
        placeholders = {name: Value(_Given(name)) for name in signature(self._build).parameters}
        with any_organization(_Given(ORGANIZATION)):
            queryset: Any = self._build(**placeholders)
            compiler = queryset.query.get_compiler(queryset.db)
            sql, params = compiler.as_sql()
        query = queryset.query
        query.__class__ = _PreparedQuery  # as `Query.chain` turns one kind into another
        query.compiled, query.sql, query.params = compiler, sql, params
        return queryset


def among(field: str, ids: Any) -> Func:
    """A condition: the field has one of several ids, which may come with the other values of a prepared query."""
    listed = ids if isinstance(ids, Value) else Value(list(ids))
    return Func(F(field), listed, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class _Given:
    """Stands in the parameters of the SQL until the value is known."""

    name: str


class _PreparedQuery(Query):
    """A query whose SQL is known already."""

    compiled: SQLCompiler
    sql: str
    params: Collection[Any]
    values_given: dict[str, Any]

    def get_compiler(
        self, using: str | None = None, connection: BaseDatabaseWrapper | None = None, elide_empty: bool = True
    ) -> SQLCompiler:
        params = tuple(self._filled(param) for param in self.params)
        return _Filled(self.compiled, connection or connections[using or "default"], self.sql, params)

    def _filled(self, param: Any) -> Any:
        if not isinstance(param, _Given):
            return param
        return required_organization_id() if param.name == ORGANIZATION else self.values_given[param.name]


class _Filled(SQLCompiler):
    """The compiler that made the SQL, on the connection of who asks, with the values filled in."""

    def __init__(self, compiled: SQLCompiler, connection: BaseDatabaseWrapper, sql: str, params: tuple[Any, ...]):
        vars(self).update(vars(compiled), connection=connection)
        self._sql = sql, params

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> tuple[str, tuple[Any, ...]]:
        return self._sql
