"""What takes people's time: each app that meets people registers where that stands, and asks what the others have.

Whoever gives somebody a time locks the people first (`lock_people`), then asks what they have then: two that want the
same hour wait for each other, and the second finds it taken. What other organizations hold is not seen here; the
constraints of the tables see it, each of its own table.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import BigIntegerField, Func, QuerySet
from icalendar import Event

from accounts.models import User

#: Rows that take time of any of these people within the span: each with `engaged`, the person, and `first` and `last`,
#: its ends in whole seconds since 1970. Ids and span may be those of a prepared query (organizations/prepared.py).
Find = Callable[[Any, Any], "QuerySet[Any]"]


class EpochSeconds(Func):
    """An instant in whole seconds since 1970, rounded `function="floor"` or `"ceil"`."""

    template = "%(function)s(extract(epoch FROM %(expressions)s))::bigint"
    output_field = BigIntegerField()


@dataclass(frozen=True, kw_only=True)
class Engagement:
    """One kind of what takes people's time. `events` are those of a person that end after an instant, for calendars."""

    key: str
    find: Find
    events: Callable[[User, datetime], list[Event]] | None = None


_kinds: dict[str, Engagement] = {}


def register(kind: Engagement) -> None:
    """Declare a kind, once, when the app is ready. Raises ValueError when another has its key."""
    if _kinds.setdefault(kind.key, kind) is not kind:
        raise ValueError(f"There is a kind of engagement named {kind.key} already.")


def engaged(people: Collection[UUID] | Any, span: DateTimeTZRange | Any, *, besides: str) -> Iterator["QuerySet[Any]"]:
    """What every kind but one finds, a query for each."""
    return (kind.find(people, span) for key, kind in _kinds.items() if key != besides)


def events_of(person: User, *, since: datetime, besides: str) -> list[Event]:
    """What every kind but one shows in the person's calendar, in the organization in scope."""
    kinds = (kind for key, kind in _kinds.items() if key != besides)
    return [event for kind in kinds if kind.events is not None for event in kind.events(person, since)]


def lock_people(*people: User) -> None:
    """Wait for whoever gives, moves or changes these people's time now, in an order that cannot deadlock."""
    rows = User.objects.filter(pk__in=[person.pk for person in people]).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
