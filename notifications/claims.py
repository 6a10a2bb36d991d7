"""Which messages are a worker's: what it claimed nobody else sends until the claim ends or is given back."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from notifications.kinds import KINDS
from notifications.models import Lane, Message, MessageQuerySet
from notifications.settling import skip_together, words
from organizations.scope import scope

#: So many that are too late are skipped in a turn.
LATE_TOGETHER = 5000


class Claims:
    """What a worker took of one organization's messages, in the order in which it sends them.

    Each call is a short transaction of its own: nothing stays locked while the mail host takes its time.
    """

    def __init__(self, organization_id: UUID, now: datetime) -> None:
        self.organization_id, self.now = organization_id, now
        self.ids: list[UUID] = []
        #: Those that settle others too, and are checked, sent and marked under a lock.
        self.alone: set[UUID] = set()
        self._began = time.monotonic()
        self._hold(now + timedelta(seconds=settings.DELIVERY_LEASE))

    def _hold(self, until: datetime) -> None:
        self.until = until
        #: Then half of the claim is left: more than one message takes.
        self._renew_at = time.monotonic() + settings.DELIVERY_LEASE / 2

    def _free(self, lane: Lane | None) -> MessageQuerySet:
        lease = timedelta(seconds=settings.DELIVERY_LEASE)
        free = Message.objects.due(at=self.now).unclaimed(at=self.now, lease=lease)
        return (free if lane is None else free.filter(lane=lane)).select_for_update(skip_locked=True)

    def take(self, lane: Lane | None, limit: int) -> None:
        """Claim messages that nobody has; whoever else looks meanwhile gets the next ones."""
        with scope(self.organization_id):
            found = dict(self._free(lane).values_list("pk", "kind")[:limit])
            # Digests go first: what waits for one that is too late joins the next.
            self.alone = {pk for pk, kind in found.items() if kind in KINDS and KINDS[kind].settled}
            self.ids = sorted(found, key=lambda pk: pk not in self.alone)
            if self.ids:
                Message.objects.filter(pk__in=self.ids).update(claimed_until=self.until)

    def skip_late(self, lane: Lane | None) -> int:
        """Skip what is of no use any more, thousands at once, and return how many: an outage may leave a million."""
        plain = [name for name, kind in KINDS.items() if not kind.secret and kind.settled is None]
        with scope(self.organization_id):
            late = self._free(lane).filter(expires_at__lte=self.now, kind__in=plain).order_by("expires_at")
            return skip_together(list(late.values_list("pk", flat=True)[:LATE_TOGETHER]), self.now)

    def holds(self, pk: UUID) -> bool:
        """Whether it is ours for longer than handing it over takes; asks the database before that gets doubtful."""
        if time.monotonic() >= self._renew_at:
            self._renew()
        return pk in self.ids

    def _renew(self) -> None:
        """Hold what is still ours for longer; what others took over is no longer our concern."""
        until = self.until + timedelta(seconds=time.monotonic() - self._began)
        self._began = time.monotonic()
        with scope(self.organization_id):
            still = set(self.rows(self.ids).select_for_update().values_list("pk", flat=True))
            Message.objects.filter(pk__in=still).update(claimed_until=until)
        self.ids = [pk for pk in self.ids if pk in still]
        self._hold(until)

    def rows(self, ids: Iterable[UUID]) -> MessageQuerySet:
        """Those that are still ours."""
        return Message.objects.filter(pk__in=ids, state=Message.State.PENDING, claimed_until=self.until)

    def drop(self, pk: UUID) -> None:
        """It has ended."""
        if pk in self.ids:
            self.ids.remove(pk)

    def give_back(self, reason: str | None = None) -> None:
        """Leave the rest to others, with the reason if there is one to see."""
        if self.ids:
            said = {} if reason is None else {"reason": words(reason)}
            with scope(self.organization_id):
                self.rows(self.ids).update(claimed_until=None, **said)
