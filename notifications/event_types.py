"""What a webhook may hear of, one entry for each type of event. Each app declares its own; this module knows none.

A payload is `{"type", "version", "timestamp", "organization", "data"}`. Members of `data` may be added; whatever else
changes raises the version, and docs/webhooks.md says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.endpoints import Delivery, Endpoint
from organizations.scope import required_organization_id

VERSION = 1
TEST = "webhook.test"
BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class EventType:
    """`example` has the very members that `data` always has, for the documentation and the tests."""

    name: str
    title: str | Promise
    example: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened at `at`. `key` tells it from others of its type; `data` holds ids, days and states."""

    name: str
    key: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


EVENT_TYPES: dict[str, EventType] = {}


def register_event_type(event_type: EventType) -> EventType:
    """Declare a type, once, when the app is ready. Raises ValueError when another has its name."""
    if EVENT_TYPES.setdefault(event_type.name, event_type) is not event_type:
        raise ValueError(f"There is a type of event named {event_type.name} already.")
    return event_type


def announce(events: Iterable[Event]) -> int:
    """Write the events down for every webhook that wants to hear of them; return how many deliveries there are.

    In the transaction in which they happen: they leave after its commit. One query when no webhook listens. What
    happens while a webhook is switched off after failures is kept as failed, to be replayed.
    """
    found = list(events)
    names = sorted({event.name for event in found})
    if unknown := set(names) - EVENT_TYPES.keys():
        raise ValueError(f"No app registered {', '.join(sorted(unknown))}.")
    listening = list(Endpoint.objects.webhooks().hears(names)) if names else []
    rows = [
        delivery_of(event, endpoint) for endpoint in listening for event in found if event.name in endpoint.subscribed
    ]
    write(rows)
    return len(rows)


def delivery_of(event: Event, endpoint: Endpoint) -> Delivery:
    organization_id = required_organization_id()
    delivery = Delivery(
        endpoint=endpoint,
        name=event.name,
        key=f"{event.name}:{event.key}",
        payload={
            "type": event.name,
            "version": VERSION,
            "timestamp": written(event.at),
            "organization": str(organization_id),
            "data": {name: _plain(value) for name, value in event.data.items()},
        },
        occurred_at=event.at,
        next_attempt_at=event.at,
    )
    if endpoint.state == Endpoint.State.FAILED:
        delivery.state, delivery.settled_at = Delivery.State.FAILED, event.at
        delivery.reason = say("The webhook was switched off after failures.")
    return delivery


def write(rows: list[Delivery]) -> None:
    """Write deliveries down, each once, and let them leave after the commit."""
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    if any(row.state == Delivery.State.PENDING for row in rows):
        transaction.on_commit(partial(start_posting, required_organization_id()), robust=True)


def start_posting(organization_id: UUID) -> None:
    """Ask a worker for a turn of the organization at once."""
    # Only to be quick: should Redis be away, beat's next round posts all the same.
    from notifications.tasks import post_organization_due

    post_organization_due.apply_async((str(organization_id),))


def written(at: datetime) -> str:
    """An instant as payloads have it: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    return value if value is None or isinstance(value, bool | int) else str(value)


register_event_type(EventType(name=TEST, title=_("A test that an admin sends"), example={"sent_by": "Ada Visser"}))
