"""Messages that could not be sent, counted by cause, and sent after all when staff say so."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from notifications.errors import MessageError
from notifications.models import Lane, Message
from notifications.outbox import start_delivery
from organizations.scope import required_organization_id


@dataclass(frozen=True)
class DeadCause:
    """Why messages failed, how many did, and how many of them can be sent after all."""

    value: str
    label: str
    count: int
    resendable: int


def causes_of_death() -> list[DeadCause]:
    """The causes that dead letters have, the most frequent first. One query."""
    rows = (
        Message.objects.filter(state=Message.State.DEAD)
        .values("cause")
        .annotate(count=Count("pk"), resendable=Count("pk", filter=Q(was_emptied=False)))
        .order_by("-count", "cause")
    )
    labels = dict(Message.Cause.choices) | {"": _("Unknown")}
    return [DeadCause(row["cause"], str(labels[row["cause"]]), row["count"], row["resendable"]) for row in rows]


def resend(*, pk: UUID, now: datetime) -> Message:
    """Put one dead letter back in the outbox, with all its attempts.

    It is checked like any other: what is no longer true or too late is skipped. It keeps its Message-ID. Raises
    MessageError `not_failed` or `forgotten`.
    """
    message = Message.objects.select_for_update(of=("self",)).select_related("recipient").filter(pk=pk).first()
    if message is None or message.state != Message.State.DEAD:
        raise MessageError("not_failed", _("This message did not fail, or somebody resent it already."))
    if message.was_emptied:
        raise MessageError("forgotten", _("What was secret in it is forgotten. Send the person a new invitation."))
    _revive([pk], {message.lane}, now)
    return message


def resend_all(*, cause: str, now: datetime) -> int:
    """Put back all dead letters of a cause and return how many. Raises MessageError `unknown_cause`."""
    if cause not in {"", *Message.Cause.values}:
        raise MessageError("unknown_cause", _("There is no such cause. Choose one from the list."))
    dead = Message.objects.resendable().filter(cause=cause)
    found = dict(dead.select_for_update(skip_locked=True).values_list("pk", "lane"))
    return _revive(list(found), set(found.values()), now)


def _revive(ids: list[UUID], lanes: set[int], now: datetime) -> int:
    count = Message.objects.filter(pk__in=ids).update(
        state=Message.State.PENDING, settled_at=None, reason="", cause="", attempts=0, next_attempt_at=now,
        claimed_until=None,
    )  # fmt: skip
    for lane in sorted(lanes):
        transaction.on_commit(partial(start_delivery, required_organization_id(), Lane(lane)), robust=True)
    return count
