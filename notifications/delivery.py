"""Sending what is due in the outbox: each message once, nothing that has become untrue.

A turn claims some messages (claims.py). Dozens are checked and written together, in one transaction (looking.py); then
each is handed to the mail host (carrier.py) and marked at once, in a transaction of its own (marking.py). The mark is
on its way while the host hears whom the next message is for; no message ends before the mark of the one before it is
committed. So only a process killed between the host's acceptance and the commit can send a message again, and just that
one; its Message-ID is the same then, by which mail programs and hosts drop the second copy (docs/notifications.md).
"""

import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from notifications.carrier import BrokenOff, Carrier, HostAway
from notifications.claims import Claims
from notifications.kinds import KINDS
from notifications.looking import INTERRUPTIONS, Look, look_at
from notifications.marking import Marks
from notifications.models import Lane
from notifications.settling import answered, bury
from notifications.writing import Letter
from organizations.models import Organization
from organizations.scope import scope, without_scope

logger = logging.getLogger(__name__)

#: What was looked at this long ago is looked at again before it leaves: what changed before that is seen.
FRESH_SECONDS = 1.0
#: So many are looked at together: a look costs as much as a few messages, so the least is not one.
LEAST_TOGETHER, TOGETHER = 10, 100


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
    claims = Claims(organization_id, now)
    turn = _Turn(organization, ours, claims, deadline)
    try:
        turn.outcomes["skipped"] = claims.skip_late(lane)
        claims.take(lane, limit)
        turn.work()
    except HostAway as error:
        claims.give_back(str(error))
        raise
    finally:
        if carrier is None:
            ours.close()
    claims.give_back()
    return SendReport(**turn.outcomes)


class _Turn:
    """One turn of an organization: what it claimed is looked at and sent, and how it ended is counted."""

    def __init__(self, organization: Organization, carrier: Carrier, claims: Claims, deadline: float | None) -> None:
        self.organization, self.carrier, self.claims, self.deadline = organization, carrier, claims, deadline
        self.now, self.marks = claims.now, Marks()
        #: What was locked when it was to be looked at. Who claims messages at the same time may hold ours for a moment.
        self.missed: set[UUID] = set()
        self.outcomes: Counter[str] = Counter()

    def work(self) -> None:
        """Look at what is left, some together, and send what may leave."""
        while self.claims.ids and not self._is_over():
            first = self.claims.ids[0]
            if first in self.claims.alone:
                self._send_alone(first)
                self.claims.drop(first)
            else:
                self._send_together(self.claims.ids[: self.carrier.together])

    def _is_over(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _send_together(self, ids: list[UUID]) -> None:
        """As many as leave while what was seen of them is fresh; that says how many to look at together next time."""
        fresh_until = time.monotonic() + FRESH_SECONDS
        looks = self._look(ids)
        ready = [each for look in looks for each in look.ready]
        missed = set(ids).difference(self.missed, *(look.seen for look in looks))
        self.missed |= missed  # they come once more, last
        self.claims.ids = [*(each.message.pk for each in ready), *self.claims.ids[len(ids) :], *sorted(missed)]
        try:
            for place, each in enumerate(ready):
                if self._is_over():
                    return
                if place and time.monotonic() >= fresh_until:
                    self.carrier.together = max(place, LEAST_TOGETHER)
                    return
                self._send(each, ready[place + 1] if place + 1 < len(ready) else None)
                self.claims.drop(each.message.pk)
        finally:
            self._hear_of_mark()
        if time.monotonic() < fresh_until - FRESH_SECONDS * 2 / 3:
            self.carrier.together = min(2 * self.carrier.together, TOGETHER)

    def _look(self, ids: list[UUID]) -> list[Look]:
        """Check and write messages in one transaction. Where one trips over something, each is looked at by itself."""
        try:
            with scope(self.organization.pk):
                rows = self.claims.rows(ids)
                look = look_at(rows, self.organization, self.now, waits=not self.missed.isdisjoint(ids))
        except INTERRUPTIONS:
            raise
        except Exception as error:  # whatever a kind's words or facts trip over is that message's trouble alone
            if len(ids) > 1:
                return [look for pk in ids for look in self._look([pk])]
            self._bury(ids[0], error)
            return []
        self.outcomes.update(look.outcomes)
        return [look]

    def _send(self, letter: Letter, following: Letter | None) -> None:
        """Hand one over and mark it, unless the claim on it was lost meanwhile."""
        message = letter.message
        try:
            error = self.carrier.hand_over(
                letter.mail, may_end=partial(self._may_end, message.pk), meanwhile=partial(_write_ahead, following)
            )
            if isinstance(error, BrokenOff):
                return
            if error is None and not KINDS[message.kind].secret:
                self.marks.begin(message, claim=self.claims.until, now=self.now)
            else:
                self._hear_of_mark()
                with scope(self.organization.pk):
                    if self.claims.rows([message.pk]).select_for_update().exists():
                        self.outcomes[answered(message, error, self.now)] += 1
        except INTERRUPTIONS:
            raise
        except Exception as problem:
            self._bury(message.pk, problem)
        else:
            if error is None:
                self.carrier.pause()

    def _may_end(self, pk: UUID) -> bool:
        """Whether the host may get the last of a message: the one before it is marked, and this one still ours."""
        self._hear_of_mark()
        return self.claims.holds(pk)

    def _hear_of_mark(self) -> None:
        """Wait until the message that left last is marked. Before that, nothing else can be asked of the database."""
        last = self.marks.pending
        try:
            self.outcomes["sent"] += self.marks.wait()
        except INTERRUPTIONS:
            raise
        except Exception as problem:  # it left and cannot be marked: not to be sent for ever
            if last is not None:
                self._bury(last, problem)

    def _send_alone(self, pk: UUID) -> None:
        """Check, send and mark in one transaction: what else it settles stays locked until then."""
        ended: list[str] = []
        try:
            with scope(self.organization.pk):
                look = look_at(self.claims.rows([pk]), self.organization, self.now, waits=True)
                for each in look.ready:
                    ended.append(answered(each.message, self.carrier.hand_over(each.mail), self.now))
        except INTERRUPTIONS:
            raise
        except Exception as problem:
            self._bury(pk, problem)
            return
        self.outcomes.update(look.outcomes)
        self.outcomes.update(ended)
        if ended:
            self.carrier.pause()

    def _bury(self, pk: UUID, error: Exception) -> None:
        """A message that could not be written is dead, in a transaction of its own."""
        self._hear_of_mark()
        logger.error("Message %s could not be written.", pk, exc_info=error)
        with scope(self.organization.pk):
            message = self.claims.rows([pk]).select_for_update().first()
            if message is not None:
                bury(message, error, self.now)
                self.outcomes["failed"] += 1


def _write_ahead(letter: Letter | None) -> None:
    """The next mail as bytes, while the host thinks about this one. What that trips over shows when it is its turn."""
    try:
        if letter is not None:
            _ = letter.mail.content
    except INTERRUPTIONS:
        raise
    except Exception:  # noqa: S110
        pass
