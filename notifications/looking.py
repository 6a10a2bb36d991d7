"""The look at messages just before they leave: what still holds and is wanted is written, the rest ends or waits."""

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from notifications.carrier import HostAway
from notifications.kinds import KINDS
from notifications.models import Message, MessageQuerySet, RefusedAddress
from notifications.notices import Headline, headlines_of, notice_of
from notifications.preferring import wish_about
from notifications.records import Notice, Preferences
from notifications.settling import settle, too_late
from notifications.writing import Letter, compose
from organizations.models import Organization

logger = logging.getLogger(__name__)

#: What says nothing about a message but that we must stop for now.
INTERRUPTIONS = (HostAway, OperationalError, InterfaceError, SoftTimeLimitExceeded)
Cause, State = Message.Cause, Message.State


@dataclass
class Look:
    """What a look at some messages found: those that may leave, and how the others ended."""

    organization: Organization
    now: datetime
    #: The keys of those that were looked at.
    seen: set[UUID] = field(default_factory=set)
    ready: list[Letter] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    settled: dict[tuple[Message.State, str, Message.Cause], list[Message]] = field(
        default_factory=lambda: defaultdict(list)
    )
    waiting: dict[tuple[datetime, UUID | None], list[Message]] = field(default_factory=lambda: defaultdict(list))

    def consider(self, message: Message, preferences: Preferences) -> None:
        """Whether one locked message leaves now, waits, or has ended."""
        self.seen.add(message.pk)
        if message.expires_at and message.expires_at <= self.now:
            return self._settle(message, State.SKIPPED, Cause.LATE, too_late())
        if reason := KINDS[message.kind].reason_untrue(message, self.now):
            return self._settle(message, State.SKIPPED, Cause.UNTRUE, reason)
        wish = wish_about(message, preferences, self.organization, self.now)
        headlines: dict[str, Headline] = {}
        if wish.is_listed:
            headlines = headlines_of(message, self.organization)
            self.notices.append(notice_of(message, headlines, at=self.now))
        if wish.reason:
            return self._settle(message, State.SKIPPED, Cause.UNWANTED, wish.reason)
        if wish.wait_until:
            return self.waiting[wish.wait_until, message.digest_id].append(message)
        recipient: Any = message.recipient
        if not recipient.email:
            return self._settle(message, State.DEAD, Cause.NO_ADDRESS, _("The person has no email address."))
        if getattr(message, "is_refused", False):
            known = _("The mail host refused this address earlier. Nothing is sent there until somebody says it works.")
            return self._settle(message, State.DEAD, Cause.BAD_ADDRESS, known)
        self.ready.append(compose(message, self.organization, self.now, headlines=headlines))
        return None

    def _settle(self, message: Message, state: Message.State, cause: Message.Cause, reason: str) -> None:
        self.settled[state, reason, cause].append(message)

    def write_down(self) -> None:
        """What ended or waits, and what enters people's lists; as many statements as there are ways to end."""
        Notice.objects.bulk_create(self.notices, ignore_conflicts=True)
        for (state, reason, cause), settled in self.settled.items():
            settle(settled, state, self.now, reason, cause)
        for (until, digest), waiting in self.waiting.items():
            ids = [message.pk for message in waiting]
            # As the recipient wishes: not an attempt.
            Message.objects.filter(pk__in=ids).update(next_attempt_at=until, claimed_until=None, digest=digest)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many were skipped, failed and postponed."""
        counts = {"skipped": 0, "failed": 0, "postponed": sum(len(messages) for messages in self.waiting.values())}
        for (state, _reason, _cause), messages in self.settled.items():
            counts["skipped" if state == State.SKIPPED else "failed"] += len(messages)
        return counts


def look_at(rows: MessageQuerySet, organization: Organization, now: datetime, *, waits: bool = False) -> Look:
    """Lock messages, check them together and put those that may leave into words; in the transaction of the caller.

    What somebody else has locked is left out, unless it `waits` for that to end.
    """
    refused = RefusedAddress.objects.filter(person=OuterRef("recipient"), address=OuterRef("recipient__email"))
    known = rows.annotate(is_refused=Exists(refused)).select_related("recipient")
    locked = known.select_for_update(skip_locked=not waits, of=("self",)).order_by("lane", "next_attempt_at", "id")
    messages = list(locked)
    facts = _read_facts(messages, now)
    people = Preferences.objects.filter(person__in={message.recipient_id for message in messages})
    preferences = {one.person_id: one for one in people}
    look = Look(organization, now)
    for message in messages:
        message.organization, message.facts = organization, facts.get(message.pk)
        said = preferences.get(message.recipient_id) or Preferences(person_id=message.recipient_id)
        look.consider(message, said)
    look.write_down()
    return look


def _read_facts(messages: list[Message], now: datetime) -> dict[UUID, Any]:
    """What kinds that can do so read for many messages at once. A kind that trips over one reads each by itself."""
    found: dict[UUID, Any] = {}
    by_kind: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_kind[message.kind].append(message)
    for name, group in by_kind.items():
        kind = KINDS.get(name)
        if kind is None or kind.facts is None:
            continue
        try:
            with transaction.atomic():
                found.update(kind.facts(group, now))
        except INTERRUPTIONS:
            raise
        except Exception:
            logger.exception("The facts of %s could not be read together.", name)
    return found
