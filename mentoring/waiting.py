"""What of their 1-on-1s waits for a learner: how one went, what they agreed to do, times to pick from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cohorts.models import Enrollment
from mentoring.actions import open_actions
from mentoring.models import OneOnOne
from mentoring.proposals import pending_proposal
from mentoring.records import ActionItem, Proposal

UNCONFIRMED_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Waiting:
    unconfirmed: Sequence[OneOnOne]
    actions: Sequence[ActionItem]
    proposal: Proposal | None


def waiting_for(enrollment: Enrollment, *, now: datetime) -> Waiting:
    """Three queries."""
    own = OneOnOne.objects.filter(enrollment=enrollment).with_people()
    return Waiting(
        unconfirmed=list(own.unconfirmed(at=now)[:UNCONFIRMED_SHOWN]),
        actions=open_actions(enrollment),
        proposal=pending_proposal(enrollment, now=now),
    )
