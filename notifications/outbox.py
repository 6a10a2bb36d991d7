"""Writing to the outbox, in the transaction that causes the message. Sending is delivery.py's business."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from notifications.kinds import KINDS
from notifications.models import Lane, Message
from organizations.bulk import create_many
from organizations.scope import required_organization_id

BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message to be: `key` names recipient, kind, subject, offset and sequence, so that none is queued twice.

    With `missed_at` it is too late for it already: the row says so, and nothing is sent.
    """

    kind: str
    recipient_id: UUID
    key: str
    due_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    subject_id: UUID | None = None
    expires_at: datetime | None = None
    missed_at: datetime | None = None


def enqueue(
    *,
    kind: str,
    recipient: Any,
    key: str,
    due_at: datetime,
    payload: Mapping[str, Any] | None = None,
    subject_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Queue one message to a user; False when its key was queued before."""
    draft = Draft(
        kind=kind,
        recipient_id=recipient.pk,
        key=key,
        due_at=due_at,
        payload=payload or {},
        subject_id=subject_id,
        expires_at=expires_at,
    )
    return bool(enqueue_many([draft]))


def enqueue_many(drafts: Iterable[Draft]) -> int:
    """Queue messages, a thousand at a time, and return how many are new. Delivery starts after the commit.

    Drafts may come from a generator: no more than a thousand are in memory at once.
    """
    iterator, queued = iter(drafts), 0
    while batch := list(islice(iterator, BATCH)):
        queued += _enqueue_batch(batch)
    return queued


def _enqueue_batch(drafts: list[Draft]) -> int:
    by_key = {draft.key: draft for draft in drafts}
    if unknown := {draft.kind for draft in by_key.values()} - KINDS.keys():
        raise ValueError(f"No app registered {', '.join(sorted(unknown))}.")
    known = set(Message.objects.filter(key__in=by_key).values_list("key", flat=True))
    fresh = [
        Message(
            kind=draft.kind,
            key=draft.key,
            recipient_id=draft.recipient_id,
            payload=dict(draft.payload),
            subject_id=draft.subject_id,
            due_at=draft.due_at,
            next_attempt_at=draft.due_at,
            expires_at=draft.expires_at,
            lane=KINDS[draft.kind].lane,
            **_fate(draft),
        )
        for key, draft in by_key.items()
        if key not in known
    ]
    if fresh:
        create_many(Message.objects, fresh, ignore_conflicts=True)
        for lane in sorted({message.lane for message in fresh if message.state == Message.State.PENDING}):
            transaction.on_commit(partial(start_delivery, required_organization_id(), Lane(lane)), robust=True)
    return len(fresh)


def _fate(draft: Draft) -> dict[str, Any]:
    if draft.missed_at is None:
        return {}
    reason = _("Nobody looked for reminders while it was of use.")
    return {
        "state": Message.State.SKIPPED, "cause": Message.Cause.LATE, "reason": reason, "settled_at": draft.missed_at
    }  # fmt: skip


def start_delivery(organization_id: UUID, lane: Lane) -> None:
    """Ask a worker for a turn of the organization at once."""
    # Only to be quick: should Redis be away, beat's next round delivers all the same.
    from notifications.tasks import send_organization_due

    send_organization_due.apply_async((str(organization_id), lane.value), queue=lane.queue)
