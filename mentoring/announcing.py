"""What webhooks hear of 1-on-1s. What is said in them stays there."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from mentoring.models import OneOnOne
from notifications.event_types import Event, EventType, announce, register_event_type

EXAMPLE: dict[str, Any] = {
    "one_on_one": "01a20c02-4400-7e61-a90b-5d37c1b0a999",
    "enrollment": "01a209d3-5b1c-7c3e-8f00-2a51c1b0a111",
    "cohort": "01a209d3-1f00-7d11-9a4e-77d0c1b0a222",
    "learner": "01a209d2-0c44-7aa0-b3c2-90f4c1b0a333",
    "mentor": "01a209d2-0c44-7b21-8d55-1e08c1b0a000",
    "starts_at": "2026-12-09T09:30:00Z",
    "ends_at": "2026-12-09T10:15:00Z",
}
BOOKED = register_event_type(
    EventType(name="one_on_one.booked", title=gettext_lazy("A 1-on-1 was booked"), example=EXAMPLE)
)
MOVED = register_event_type(
    EventType(name="one_on_one.moved", title=gettext_lazy("A 1-on-1 got another time or mentor"), example=EXAMPLE)
)
CANCELLED = register_event_type(
    EventType(name="one_on_one.cancelled", title=gettext_lazy("A 1-on-1 was cancelled"), example=EXAMPLE)
)
SETTLED = register_event_type(
    EventType(
        name="one_on_one.settled",
        title=gettext_lazy("It was recorded whether a 1-on-1 was held"),
        example={**EXAMPLE, "outcome": "held"},
    )
)


def announce_one_on_one(event_type: EventType, one: OneOnOne, *, now: datetime) -> None:
    """Tell of what just happened to it; `one` has its mentor and enrollment."""
    data = {
        "one_on_one": one.pk,
        "enrollment": one.enrollment_id,
        "cohort": one.enrollment.cohort_id,
        "learner": one.enrollment.learner_id,
        "mentor": one.mentor.membership_id,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
    }
    if event_type is SETTLED:
        data["outcome"] = one.status
    # Each sequence is booked or moved once; a correction of the outcome is news again.
    key = f"{one.pk}:{one.sequence}" + (f":{one.status}:{now.isoformat()}" if event_type is SETTLED else "")
    announce([Event(name=event_type.name, key=key, at=now, data=data)])
