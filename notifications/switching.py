"""Endpoints that Gilde switches off because nobody accepts what it sends, and who is told."""

from collections.abc import Callable
from datetime import datetime

from notifications.endpoints import Endpoint

TellSwitchedOff = Callable[[Endpoint, datetime], object]
_told: list[TellSwitchedOff] = []


def register_switched_off(tell: TellSwitchedOff) -> None:
    """Declare who is told, in the transaction that switches an endpoint off."""
    _told.append(tell)


def switch_off(endpoint: Endpoint, *, now: datetime) -> None:
    """What waits stays, and leaves when somebody switches it on again."""
    endpoint.state = Endpoint.State.FAILED
    endpoint.save(update_fields=["state"])
    for tell in _told:
        tell(endpoint, now)
