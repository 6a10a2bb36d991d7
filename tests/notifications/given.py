"""A kind of message for tests, whose truth and words a test decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from notifications import kinds
from notifications.delivery import SendReport, send_due
from notifications.kinds import Kind
from notifications.models import Lane, Message
from notifications.outbox import enqueue
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, Cast

untrue: dict[str, str] = {}


def _reason(message: Message, now: datetime) -> str:
    return untrue.get(message.key, "")


def _context(message: Message) -> Mapping[str, Any]:
    return {"action_url": "/invitations/x/", "action_label": "Open", "name": message.payload["name"]}


def give_kind(monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """Register `test_note` for the length of the test."""
    untrue.clear()
    monkeypatch.setitem(kinds.KINDS, "test_note", note_kind(**options))


def note_kind(**options: Any) -> Kind:
    return Kind(name="test_note", title="Note", reason_untrue=_reason, context=_context, **options)


def queue(cast: Cast, key: str, *, organization: Organization | None = None, **options: Any) -> bool:
    with scope((organization or cast.organization).pk):
        given = {"recipient": cast.amira.user, "due_at": NOW, "payload": {"name": "Amira"}, **options}
        return enqueue(kind="test_note", key=key, **given)


def send(cast: Cast, now: datetime = NOW, **options: Any) -> SendReport:
    return send_due(organization_id=cast.organization.pk, now=now, **options)


def fates(cast: Cast) -> dict[str, tuple[str, str]]:
    """State and cause of every message, by key."""
    with scope(cast.organization.pk):
        return {message.key: (message.state, message.cause) for message in Message.objects.all()}


URGENT, DEFAULT, BULK = Lane
