"""The organization that the running code works for: a ContextVar in Python, a setting of the transaction in PostgreSQL.

docs/tenancy.md tells the whole story.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

OWNER_ROLE, APP_ROLE = "gilde_owner", "gilde"

_organization_id: ContextVar[UUID | None] = ContextVar("organization_id", default=None)
_author_id: ContextVar[UUID | None] = ContextVar("author_id", default=None)


class NoOrganization(RuntimeError):
    """Rows of an organization were used outside `with scope(...)`."""


class NoAuthor(RuntimeError):
    """What only its author may see was used outside `with author_scope(...)`."""


def current_organization_id() -> UUID | None:
    """The organization in scope, or None; the default of every new tenant row."""
    return _organization_id.get()


def required_organization_id() -> UUID:
    """The organization in scope. Raises NoOrganization outside a scope."""
    if (pk := _organization_id.get()) is None:
        raise NoOrganization("Wrap this code in `with scope(organization_id):`.")
    return pk


@contextmanager
def scope(organization_id: UUID) -> Iterator[None]:
    """Run the block as one transaction in which only this organization's rows exist.

    Scopes nest; the outer one is back when the inner one ends, also after an error.
    Raises ImproperlyConfigured when the connection could see past row-level security.
    """
    outer, nested = _organization_id.get(), connection.in_atomic_block
    token = _organization_id.set(organization_id)
    # SET LOCAL ends with the transaction, so a pooled connection never carries it to somebody else.
    set_local = "SELECT set_config('app.organization_id', %s, true)"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.connection.info.parameter_status("is_superuser") == "on":
                raise ImproperlyConfigured(
                    "A superuser bypasses row-level security; connect as the application's role."
                )
            cursor.execute(set_local, [str(organization_id)])
            yield
            if nested:  # the end of a savepoint does not undo SET LOCAL; its rollback does
                cursor.execute(set_local, [str(outer or "")])
    finally:
        _organization_id.reset(token)


@contextmanager
def any_organization(placeholder: Any) -> Iterator[None]:
    """Write queries, in the block, that are asked in whichever organization later: this stands for its id meanwhile.

    It reads nothing: the placeholder is no value that a database takes.
    """
    token = _organization_id.set(placeholder)
    try:
        yield
    finally:
        _organization_id.reset(token)


@contextmanager
def person_scope(user_id: UUID) -> Iterator[None]:
    """Run the block as one transaction in which one person's memberships are visible across organizations.

    For the organization switcher and sign-in alone: only tables with a policy on `app.user_id` open up.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.user_id', %s, true)", [str(user_id)])
        yield
        cursor.execute("SELECT set_config('app.user_id', '', true)")


def wait_for_others(work: str) -> None:
    """Do that work of the organization in scope alone: until this transaction ends, others wait here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{work} {required_organization_id()}"]
        )


def required_author_id() -> UUID:
    """The membership whose own writings are visible. Raises NoAuthor outside an author's scope."""
    if (pk := _author_id.get()) is None:
        raise NoAuthor("Wrap this code in `with author_scope(membership_id):`.")
    return pk


@contextmanager
def author_scope(membership_id: UUID) -> Iterator[None]:
    """Run the block with one member's own writings visible, inside the organization's scope; they do not nest.

    Tables with a policy on `app.author_id` show nothing to anybody else, whatever their role.
    """
    if _author_id.get() is not None:
        raise RuntimeError("One author's writings are open already.")
    token = _author_id.set(membership_id)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.author_id', %s, true)", [str(membership_id)])
            yield
            cursor.execute("SELECT set_config('app.author_id', '', true)")
    finally:
        _author_id.reset(token)


P = ParamSpec("P")
T = TypeVar("T")


def stream(organization_id: UUID, content: Iterable[bytes]) -> Iterator[bytes]:
    """The content, produced inside the scope: a streamed body is made after the middleware has returned."""
    with scope(organization_id):
        yield from content


def without_scope(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a function that must run outside any organization; it raises RuntimeError inside one."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        if _organization_id.get() is not None:
            raise RuntimeError(f"{function.__name__} works for the whole platform; call it outside a scope.")
        return function(*args, **kwargs)

    return guarded
