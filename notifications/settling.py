"""How messages end: sent, skipped, failed, or put off, and what is written down about it."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from notifications.carrier import answers_of, is_about_the_address
from notifications.kinds import KINDS
from notifications.models import Message, RefusedAddress

#: Waits before the next attempt; after the last one the message is dead and staff see it.
BACKOFF = [timedelta(minutes=minutes) for minutes in settings.RETRY_MINUTES]
Cause, State = Message.Cause, Message.State


def settle(messages: Sequence[Message], state: Message.State, now: datetime, reason: str = "", cause: str = "") -> None:
    """End locked messages alike. What is secret in them is forgotten."""
    for is_secret in (False, True):
        group = [one for one in messages if (one.kind in KINDS and KINDS[one.kind].secret) == is_secret]
        emptied: dict[str, Any] = {"payload": {}, "was_emptied": True} if is_secret else {}
        if group:
            _mark([one.pk for one in group], state, now, reason, cause, **emptied)
    for message in messages:
        message.state, message.settled_at, message.reason, message.cause = state, now, words(reason), cause
        kind = KINDS.get(message.kind)
        if kind is not None and kind.settled:
            kind.settled(message, now)


def skip_together(ids: list[UUID], now: datetime) -> int:
    """Skip locked messages that are too late, of kinds without secrets or consequences, and return how many."""
    if ids:
        _mark(ids, State.SKIPPED, now, too_late(), Cause.LATE)
    return len(ids)


def answered(message: Message, error: Exception | None, now: datetime) -> str:
    """What the mail host said decides: sent, later, never, or never to this address; how it ended, in a word."""
    if error is None:
        settle([message], State.SENT, now)
        return "sent"
    answers = answers_of(error)
    if not answers or any(code < 500 for code, _text in answers):
        return _postpone(message, now, error)
    said = f"{_('The mail host refused it.')} {'; '.join(f'{code} {text}' for code, text in answers)}"
    if not is_about_the_address(error):
        settle([message], State.DEAD, now, said, Cause.REFUSED)
        return "failed"
    recipient: Any = message.recipient
    RefusedAddress.objects.update_or_create(
        person=recipient,
        defaults={"address": recipient.email, "reason": words(said), "refused_at": now},
    )
    settle([message], State.DEAD, now, said, Cause.BAD_ADDRESS)
    return "failed"


def bury(message: Message, error: Exception, now: datetime) -> None:
    """End a locked message that could not be written."""
    settle([message], State.DEAD, now, f"{type(error).__name__}: {error}", Cause.BROKEN)


def _postpone(message: Message, now: datetime, error: Exception) -> str:
    if message.attempts >= len(BACKOFF):
        said = f"{_('The mail host did not take it.')} {error}"
        settle([message], State.DEAD, now, said, Cause.GIVEN_UP)
        return "failed"
    # Jitter, so that what failed together does not return together.
    message.next_attempt_at = now + BACKOFF[message.attempts] * random.uniform(1, 1.25)  # noqa: S311
    message.attempts += 1
    message.reason, message.claimed_until = words(str(error)), None
    message.save(update_fields=["next_attempt_at", "attempts", "reason", "claimed_until"])
    return "postponed"


def _mark(ids: list[UUID], state: Message.State, now: datetime, reason: str, cause: str, **changes: Any) -> None:
    Message.objects.filter(pk__in=ids).update(
        state=state, settled_at=now, reason=words(reason), cause=cause, attempts=F("attempts") + 1,
        claimed_until=None, **changes,
    )  # fmt: skip


def too_late() -> str:
    return _("Its moment had passed before it could be sent.")


def words(text: str) -> str:
    """What PostgreSQL keeps of a text from elsewhere."""
    return text.replace("\x00", "")[:300]
