"""One mail instead of many: messages that wait for a person's digest, and the digest that carries them.

A digest is a message of its own in the outbox, so that it is retried and given up like any other. What it carries waits
beside it, is asked whether it still holds when the digest leaves, and is settled with it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.kinds import KINDS, Kind, register
from notifications.models import Message, MessageQuerySet
from notifications.notices import headline_of
from notifications.outbox import enqueue
from notifications.records import DIGEST, Preferences
from organizations.models import Organization
from organizations.scope import required_organization_id

#: What waits is looked at again this long after its digest was due: a digest that never left frees what it carried.
LOOK_AGAIN = timedelta(hours=1)
#: A digest is of no use later than this, and never longer than this many lines; the rest waits for the next.
LASTS = timedelta(days=1)
MOST_LINES = 100

State, Cause = Message.State, Message.Cause


def join_digest(message: Message, *, at: datetime, now: datetime) -> datetime | None:
    """Let a locked message wait for its recipient's digest at that instant, and return when to look at it again.

    None when it would be of no use by then, or when the digest of that instant has left.
    """
    if message.expires_at and message.expires_at <= at:
        return None
    if message.digest_id is not None and Message.objects.filter(pk=message.digest_id, state=State.PENDING).exists():
        return now + LOOK_AGAIN
    at = at.astimezone(UTC)
    key = f"{DIGEST}:{message.recipient_id}:{at.isoformat()}"
    enqueue(kind=DIGEST, recipient=message.recipient, key=key, due_at=at, expires_at=at + LASTS)
    digest = Message.objects.get(key=key)
    if digest.state != State.PENDING:
        return None
    message.digest = digest
    return at + LOOK_AGAIN


def _reason_untrue(message: Message, now: datetime) -> str:
    """Settle what waited in vain; empty when something is left to say, which the payload then names."""
    preferences = Preferences.objects.filter(person=message.recipient_id).first()
    rows = Message.objects.filter(digest=message.pk, state=State.PENDING).order_by("due_at", "id")
    # What another worker looks at just now is in the next digest: waiting for it could wait in a circle.
    locked = rows.select_for_update(skip_locked=True, of=("self",)).select_related("recipient")[:MOST_LINES]
    left = []
    for row in locked:
        cause, reason = _why_not(row, preferences, now)
        if reason:
            _settled(Message.objects.filter(pk=row.pk), State.SKIPPED, now, reason, cause)
        else:
            left.append(str(row.pk))
    message.payload = {"messages": left}
    return "" if left else _("Nothing that waited for it still holds.")


def _why_not(row: Message, preferences: Preferences | None, now: datetime) -> tuple[str, str]:
    """Cause and reason that a message is not in its digest after all; an empty reason when it is."""
    kind = KINDS[row.kind]
    if row.expires_at and row.expires_at <= now:
        return Cause.LATE, _("Its moment had passed before it could be sent.")
    if preferences and preferences.email(row.kind) == Preferences.Email.OFF:
        return Cause.UNWANTED, _("The person switched these mails off.")
    if preferences and preferences.mutes(row, kind):
        return Cause.UNWANTED, _("The person muted this cohort.")
    return Cause.UNTRUE, kind.reason_untrue(row, now)


def _carried(message: Message) -> MessageQuerySet:
    return Message.objects.filter(pk__in=[UUID(pk) for pk in message.payload.get("messages", [])])


def _context(message: Message) -> Mapping[str, Any]:
    organization = Organization.objects.get(pk=required_organization_id())
    lines = []
    for row in _carried(message).select_related("recipient").order_by("due_at", "id"):
        said = headline_of(row, organization)
        lines.append({"title": said.subject, "url": urljoin(settings.SITE_URL, said.path) if said.path else ""})
    return {
        "lines": lines,
        "action_url": f"/o/{organization.slug}/notifications/",
        "action_label": _("Open your notifications"),
    }


def _with_it(message: Message, now: datetime) -> None:
    """What a digest carried ends as it ended."""
    if message.state in (State.SENT, State.DEAD):
        _settled(
            _carried(message).filter(state=State.PENDING), State(message.state), now, message.reason, message.cause
        )


def _settled(rows: MessageQuerySet, state: Message.State, now: datetime, reason: str, cause: str) -> None:
    rows.update(state=state, settled_at=now, reason=reason[:300], cause=cause, claimed_until=None)


register(
    Kind(
        name=DIGEST,
        title=gettext_lazy("Digest"),
        explanation=gettext_lazy("What you chose to get in one mail a day or a week."),
        reason_untrue=_reason_untrue,
        context=_context,
        settled=_with_it,
        in_app=False,
    )
)
