"""Sending what is due in the outbox: each message once, nothing that has become untrue.

A turn claims some messages: nobody else takes them while the claim lasts. Dozens are checked and written together, in
one transaction; then each is handed to the mail host and marked at once, in a transaction of its own. Only a process
killed between the host's acceptance and the commit can send a message again; its Message-ID is the same then, by which
mail programs and hosts drop the second copy (docs/notifications.md).
"""

import logging
import random
import smtplib
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from notifications.carrier import Carrier, HostAway, is_about_the_address
from notifications.kinds import KINDS
from notifications.models import Lane, Message, RefusedAddress
from notifications.notices import notice_of
from notifications.preferring import wish_about
from notifications.records import Notice, Preferences
from notifications.writing import compose
from organizations.models import Organization
from organizations.scope import scope, without_scope

logger = logging.getLogger(__name__)

#: Waits before the next attempt; after the last one the message is dead and staff see it.
BACKOFF = [timedelta(minutes=minutes) for minutes in settings.RETRY_MINUTES]
#: What says nothing about a message but that we must stop for now.
INTERRUPTIONS = (HostAway, OperationalError, InterfaceError, SoftTimeLimitExceeded)
#: What was looked at this long ago is looked at again before it leaves: what changed before that is seen.
FRESH_SECONDS = 1.0
#: So many are looked at together, at most, and so many that are too late are skipped in a turn.
TOGETHER, LATE_TOGETHER = 100, 5000
#: A turn begins with so many and takes more while they leave well before they must be looked at again.
FIRST_TOGETHER = 10
Cause, State = Message.Cause, Message.State

# In one round trip and one transaction. The claim says that it is still ours.
MARK_SENT = """
SELECT set_config('app.organization_id', %(organization)s, true);
UPDATE notifications_message
SET state = 'sent', settled_at = %(now)s, reason = '', cause = '', attempts = attempts + 1, claimed_until = NULL
WHERE organization_id = %(organization)s AND id = %(id)s AND state = 'pending' AND claimed_until = %(claim)s
"""


@dataclass(frozen=True)
class SendReport:
    """How many messages ended how in one turn."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    postponed: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.skipped + self.failed + self.postponed


@without_scope
def send_due(
    *,
    organization_id: UUID,
    now: datetime,
    lane: Lane | None = None,
    limit: int = 500,
    carrier: Carrier | None = None,
    deadline: float | None = None,
) -> SendReport:
    """Send at most `limit` of the organization's due messages over one connection; several workers may do so at once.

    The urgent go first, then the oldest; `lane` narrows it to one. What is too late is skipped beside, thousands at
    once. At `deadline`, on the monotonic clock, the rest is left to others. Raises HostAway when there is no mail
    host; nothing is lost then and no attempt is counted.
    """
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:  # removed meanwhile, and its messages with it
        return SendReport()
    ours = carrier or Carrier()
    turn = _Turn(organization, ours, now, deadline)
    try:
        turn.skip_late(lane)
        turn.claim(lane, limit)
        turn.work()
    except HostAway as error:
        turn.release(reason=str(error))
        raise
    finally:
        if carrier is None:
            ours.close()
    turn.release()
    return SendReport(**turn.outcomes)


@dataclass(frozen=True)
class _Ready:
    message: Message
    mail: EmailMultiAlternatives


@dataclass
class _Look:
    """What a look at some messages found: those that may leave, and how the others ended."""

    ready: list[_Ready] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    settled: dict[tuple[Message.State, str, Message.Cause], list[Message]] = field(
        default_factory=lambda: defaultdict(list)
    )
    waiting: dict[tuple[datetime, UUID | None], list[Message]] = field(default_factory=lambda: defaultdict(list))

    def settle(self, message: Message, state: Message.State, cause: Message.Cause, reason: str) -> None:
        self.settled[state, reason, cause].append(message)


class _Turn:
    """One turn of an organization: what it claimed, until when that holds, and how messages ended."""

    def __init__(self, organization: Organization, carrier: Carrier, now: datetime, deadline: float | None) -> None:
        self.organization, self.carrier, self.now, self.deadline = organization, carrier, now, deadline
        self.outcomes: Counter[str] = Counter()
        self.left: list[UUID] = []
        self.alone: set[UUID] = set()
        self.began = time.monotonic()
        self._hold(now + timedelta(seconds=settings.DELIVERY_LEASE))

    # -- claims --------------------------------------------------------------------------------------------------------

    def _hold(self, until: datetime) -> None:
        self.claimed_until = until
        #: Then half of the claim is left: more than one message takes.
        self.renew_at = time.monotonic() + settings.DELIVERY_LEASE / 2

    def _due(self, lane: Lane | None) -> Any:
        """What is due and nobody's."""
        # A claim that ends much later than one made now is of before the clock was set back.
        too_long = self.claimed_until + timedelta(seconds=settings.DELIVERY_LEASE)
        is_free = Q(claimed_until=None) | Q(claimed_until__lte=self.now) | Q(claimed_until__gt=too_long)
        due = Message.objects.due(at=self.now).filter(is_free).select_for_update(skip_locked=True)
        return due if lane is None else due.filter(lane=lane)

    def claim(self, lane: Lane | None, limit: int) -> None:
        """Take messages that nobody has, in one short transaction; whoever else looks meanwhile gets the next ones."""
        with scope(self.organization.pk):
            found = dict(self._due(lane).values_list("pk", "kind")[:limit])
            # Digests go first: what waits for one that is too late joins the next.
            self.alone = {pk for pk, kind in found.items() if kind in KINDS and KINDS[kind].settled}
            self.left = sorted(found, key=lambda pk: pk not in self.alone)
            if self.left:
                Message.objects.filter(pk__in=self.left).update(claimed_until=self.claimed_until)

    def _renew(self) -> None:
        """Hold what is still ours for longer; what others took over is no longer our concern."""
        until = self.claimed_until + timedelta(seconds=time.monotonic() - self.began)
        self.began = time.monotonic()
        with scope(self.organization.pk):
            ours = self._ours(self.left).select_for_update()
            still = set(ours.values_list("pk", flat=True))
            Message.objects.filter(pk__in=still).update(claimed_until=until)
        self.left = [pk for pk in self.left if pk in still]
        self._hold(until)

    def _holds(self, pk: UUID) -> bool:
        """Whether it is ours for longer than handing it over takes; asks the database before that gets doubtful."""
        if time.monotonic() >= self.renew_at:
            self._renew()
        return pk in self.left

    def _ours(self, ids: Iterable[UUID]) -> Any:
        return Message.objects.filter(pk__in=ids, state=State.PENDING, claimed_until=self.claimed_until)

    def release(self, **changes: str) -> None:
        """Leave the rest to others."""
        if self.left:
            with scope(self.organization.pk):
                self._ours(self.left).update(
                    claimed_until=None, **{name: _words(text) for name, text in changes.items()}
                )

    def skip_late(self, lane: Lane | None) -> None:
        """Skip what is of no use any more, thousands at once: after an outage there may be a million."""
        plain = [name for name, kind in KINDS.items() if not kind.secret and kind.settled is None]
        with scope(self.organization.pk):
            late = self._due(lane).filter(expires_at__lte=self.now, kind__in=plain).order_by("expires_at")
            ids = list(late.values_list("pk", flat=True)[:LATE_TOGETHER])
            if ids:
                _mark_settled(ids, State.SKIPPED, self.now, _too_late(), Cause.LATE)
        self._count("skipped", len(ids))

    # -- work ----------------------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Look at what is left, some together, and send what may leave."""
        together = FIRST_TOGETHER
        while self.left and not self._is_over():
            if self.left[0] in self.alone:
                self._send_alone(self.left[0])
                del self.left[0]
                continue
            looked_at = time.monotonic()
            looks = self._look(self.left[:together])
            ready = [each for look in looks for each in look.ready]
            self.left = [*(each.message.pk for each in ready), *self.left[together:]]
            for place, each in enumerate(ready):
                if self._is_over() or (place and time.monotonic() >= looked_at + FRESH_SECONDS):
                    together = max(1, place // 2)
                    break
                self._send(each)
                if each.message.pk in self.left:
                    self.left.remove(each.message.pk)
            else:
                if time.monotonic() < looked_at + FRESH_SECONDS / 3:
                    together = min(2 * together, TOGETHER)

    def _is_over(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _count(self, outcome: str, number: int = 1) -> None:
        if number:
            self.outcomes[outcome] += number

    def _look(self, ids: list[UUID]) -> list[_Look]:
        """Check and write messages in one transaction. Where one trips over something, each is looked at by itself."""
        try:
            with scope(self.organization.pk):
                look = self._look_at(ids)
        except INTERRUPTIONS:
            raise
        except Exception as error:  # whatever a kind's words or facts trip over is that message's trouble alone
            if len(ids) > 1:
                return [look for pk in ids for look in self._look([pk])]
            self._bury(ids[0], error)
            return []
        self._count_look(look)
        return [look]

    def _count_look(self, look: _Look) -> None:
        for (state, _reason, _cause), messages in look.settled.items():
            self._count("skipped" if state == State.SKIPPED else "failed", len(messages))
        self._count("postponed", sum(len(messages) for messages in look.waiting.values()))

    def _look_at(self, ids: list[UUID]) -> _Look:
        refused = RefusedAddress.objects.filter(person=OuterRef("recipient"), address=OuterRef("recipient__email"))
        rows = self._ours(ids).annotate(is_refused=Exists(refused)).select_related("recipient")
        messages = list(
            rows.select_for_update(skip_locked=True, of=("self",)).order_by("lane", "next_attempt_at", "id")
        )
        facts = _read_facts(messages, self.now)
        people = Preferences.objects.filter(person__in={message.recipient_id for message in messages})
        preferences = {one.person_id: one for one in people}
        look = _Look()
        for message in messages:
            message.facts = facts.get(message.pk)
            said = preferences.get(message.recipient_id) or Preferences(person_id=message.recipient_id)
            self._consider(message, said, look)
        Notice.objects.bulk_create(look.notices, ignore_conflicts=True)
        for (state, reason, cause), settled in look.settled.items():
            _settle(settled, state, self.now, reason, cause)
        for (until, digest), waiting in look.waiting.items():
            ids = [message.pk for message in waiting]
            # As the recipient wishes: not an attempt.
            Message.objects.filter(pk__in=ids).update(next_attempt_at=until, claimed_until=None, digest=digest)
        return look

    def _consider(self, message: Message, preferences: Preferences, look: _Look) -> None:
        """Whether one locked message leaves now, waits, or has ended."""
        if message.expires_at and message.expires_at <= self.now:
            return look.settle(message, State.SKIPPED, Cause.LATE, _too_late())
        if reason := KINDS[message.kind].reason_untrue(message, self.now):
            return look.settle(message, State.SKIPPED, Cause.UNTRUE, reason)
        wish = wish_about(message, preferences, self.organization, self.now)
        if wish.is_listed:
            look.notices.append(notice_of(message, self.organization, at=self.now))
        if wish.reason:
            return look.settle(message, State.SKIPPED, Cause.UNWANTED, wish.reason)
        if wish.wait_until:
            return look.waiting[wish.wait_until, message.digest_id].append(message)
        recipient: Any = message.recipient
        if not recipient.email:
            return look.settle(message, State.DEAD, Cause.NO_ADDRESS, _("The person has no email address."))
        if getattr(message, "is_refused", False):
            known = _("The mail host refused this address earlier. Nothing is sent there until somebody says it works.")
            return look.settle(message, State.DEAD, Cause.BAD_ADDRESS, known)
        mail = compose(message, self.organization, self.carrier.backend, self.now)
        look.ready.append(_Ready(message, mail))
        return None

    # -- sending -------------------------------------------------------------------------------------------------------

    def _send(self, ready: _Ready) -> None:
        """Hand one over and mark it, unless the claim on it was lost meanwhile."""
        message = ready.message
        self.carrier.open()  # before the claim is looked at: however long that takes
        if not self._holds(message.pk):
            return
        try:
            error = self._hand_over(ready.mail)
            if error is None and not KINDS[message.kind].secret:
                self._count("sent", self._mark_sent(message))
            else:
                with scope(self.organization.pk):
                    if self._ours([message.pk]).select_for_update().exists():
                        self._count(self._answered(message, error))
        except INTERRUPTIONS:
            raise
        except Exception as problem:
            self._bury(message.pk, problem)
        else:
            if error is None:
                self.carrier.pause()

    def _send_alone(self, pk: UUID) -> None:
        """Check, send and mark in one transaction: what else it settles stays locked until then."""
        try:
            with scope(self.organization.pk):
                look = self._look_at([pk])
                for each in look.ready:
                    outcome = self._answered(each.message, self._hand_over(each.mail))
        except INTERRUPTIONS:
            raise
        except Exception as problem:
            self._bury(pk, problem)
            return
        self._count_look(look)
        if look.ready:
            self._count(outcome)
            self.carrier.pause()

    def _hand_over(self, mail: EmailMultiAlternatives) -> Exception | None:
        """What the mail host had against it. Raises HostAway."""
        self.carrier.open()
        try:
            mail.send()
        except (OSError, smtplib.SMTPException) as error:
            return error
        return None

    def _mark_sent(self, message: Message) -> bool:
        """False when it was somebody else's by then, or deleted: its Message-ID tells that it is the same mail."""
        values: dict[str, Any] = {"organization": str(self.organization.pk), "id": message.pk, "now": self.now}
        with connection.cursor() as cursor:
            cursor.execute(MARK_SENT, {**values, "claim": self.claimed_until})
            cursor.nextset()
            is_marked = bool(cursor.rowcount)
        if not is_marked:
            logger.warning("Message %s was sent after its claim had run out.", message.pk)
        return is_marked

    def _answered(self, message: Message, error: Exception | None) -> str:
        """What the mail host said decides: sent, later, never, or never to this address."""
        if error is None:
            _settle([message], State.SENT, self.now)
            return "sent"
        answers = self.carrier.answers_of(error)
        if not answers or any(code < 500 for code, _text in answers):
            return _postpone(message, self.now, error)
        said = f"{_('The mail host refused it.')} {'; '.join(f'{code} {text}' for code, text in answers)}"
        if not is_about_the_address(error):
            _settle([message], State.DEAD, self.now, said, Cause.REFUSED)
            return "failed"
        recipient: Any = message.recipient
        RefusedAddress.objects.update_or_create(
            person=recipient,
            defaults={"address": recipient.email, "reason": _words(said), "refused_at": self.now},
        )
        _settle([message], State.DEAD, self.now, said, Cause.BAD_ADDRESS)
        return "failed"

    def _bury(self, pk: UUID, error: Exception) -> None:
        """A message that could not be written is dead, in a transaction of its own."""
        logger.error("Message %s could not be written.", pk, exc_info=error)
        with scope(self.organization.pk):
            message = self._ours([pk]).select_for_update().first()
            if message is not None:
                _settle([message], State.DEAD, self.now, f"{type(error).__name__}: {error}", Cause.BROKEN)
                self._count("failed")


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


def _settle(messages: list[Message], state: Message.State, now: datetime, reason: str = "", cause: str = "") -> None:
    """End locked messages alike. What is secret in them is forgotten."""
    for is_secret in (False, True):
        group = [one for one in messages if (one.kind in KINDS and KINDS[one.kind].secret) == is_secret]
        emptied: dict[str, Any] = {"payload": {}, "was_emptied": True} if is_secret else {}
        if group:
            _mark_settled([one.pk for one in group], state, now, reason, cause, **emptied)
    for message in messages:
        message.state, message.settled_at, message.reason, message.cause = state, now, _words(reason), cause
        kind = KINDS.get(message.kind)
        if kind is not None and kind.settled:
            kind.settled(message, now)


def _mark_settled(
    ids: list[UUID], state: Message.State, now: datetime, reason: str, cause: str, **changes: Any
) -> None:
    Message.objects.filter(pk__in=ids).update(
        state=state, settled_at=now, reason=_words(reason), cause=cause, attempts=F("attempts") + 1,
        claimed_until=None, **changes,
    )  # fmt: skip


def _postpone(message: Message, now: datetime, error: Exception) -> str:
    if message.attempts >= len(BACKOFF):
        said = f"{_('The mail host did not take it.')} {error}"
        _settle([message], State.DEAD, now, said, Cause.GIVEN_UP)
        return "failed"
    # Jitter, so that what failed together does not return together.
    message.next_attempt_at = now + BACKOFF[message.attempts] * random.uniform(1, 1.25)  # noqa: S311
    message.attempts += 1
    message.reason, message.claimed_until = _words(str(error)), None
    message.save(update_fields=["next_attempt_at", "attempts", "reason", "claimed_until"])
    return "postponed"


def _too_late() -> str:
    return _("Its moment had passed before it could be sent.")


def _words(text: str) -> str:
    """What PostgreSQL keeps of a text from elsewhere."""
    return text.replace("\x00", "")[:300]
