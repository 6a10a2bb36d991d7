"""What of their 1-on-1s waits for a learner: how one went, what they agreed to do, times to pick from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cohorts.models import Enrollment
from mentoring.actions import open_actions
from mentoring.models import OneOnOne
from mentoring.proposals import pending_proposal
from mentoring.records import ActionItem, Proposal
from organizations.prepared import Prepared

UNCONFIRMED_SHOWN = 3
_BOOKED = Prepared(
    lambda enrollment: (
        OneOnOne.objects.filter(enrollment=enrollment).booked().select_related("mentor__membership").order_by("during")
    )
)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    next: OneOnOne | None
    unconfirmed: Sequence[OneOnOne]
    actions: Sequence[ActionItem]
    proposal: Proposal | None


def waiting_for(
    enrollment: Enrollment, *, now: datetime, has_actions: bool = True, has_proposal: bool = True
) -> Waiting:
    """Three queries, or fewer where the caller knows that there is nothing. `next` is the 1-on-1 that is on or comes
    next."""
    for one in (booked := _BOOKED.rows(enrollment=enrollment.pk)):
        one.enrollment = enrollment
    over = [one for one in booked if one.ends_at <= now]
    return Waiting(
        next=booked[len(over)] if len(over) < len(booked) else None,
        unconfirmed=over[::-1][:UNCONFIRMED_SHOWN],
        actions=open_actions(enrollment) if has_actions else [],
        proposal=pending_proposal(enrollment, now=now) if has_proposal else None,
    )
