"""Whose turn it is: organizations send a few messages each, so that one's fifty thousand are not another's delay."""

import random
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from notifications.carrier import Carrier
from notifications.delivery import send_due
from notifications.models import Lane
from organizations.models import Organization

#: Messages in one turn of an organization.
TURN = 100
#: A round stops after so many seconds and another one goes on, so that a stopping worker stops soon.
ROUND_SECONDS = 5.0


def send_round(*, lane: Lane, clock: Callable[[], datetime], seconds: float = ROUND_SECONDS) -> bool:
    """Send what is due in a lane, a turn for each organization until none has more; True when time was up before.

    It begins with any organization: several rounds at once and rounds that were cut short favor none.
    Raises HostAway when there is no mail host.
    """
    waiting = deque(Organization.objects.order_by("pk").values_list("pk", flat=True))
    waiting.rotate(random.randrange(len(waiting)) if waiting else 0)  # noqa: S311
    deadline = time.monotonic() + seconds
    carrier = Carrier()
    try:
        while waiting:
            pk = waiting.popleft()
            report = send_due(
                organization_id=pk, now=clock(), lane=lane, limit=TURN, carrier=carrier, deadline=deadline
            )
            if report.total >= TURN:
                waiting.append(pk)
            if time.monotonic() >= deadline:  # the turn may have been cut short
                return True
    finally:
        carrier.close()
    return False
