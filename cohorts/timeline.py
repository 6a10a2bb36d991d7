"""One enrollment's events as a line in time: which of them decides on a day, and what overtakes what."""

from collections.abc import Iterable, Sequence
from datetime import date

from cohorts.models import EnrollmentEvent


def deciding(events: Sequence[EnrollmentEvent], on: date) -> EnrollmentEvent | None:
    """Of one enrollment's events, the one that decides on that day."""
    in_effect = (event for event in events if event.effective_on <= on)
    return max(in_effect, key=order, default=None)


def order(event: EnrollmentEvent) -> tuple[date, int]:
    """Later in effect, or recorded later for the same day."""
    return event.effective_on, event.sequence


def net(events: Iterable[EnrollmentEvent]) -> list[EnrollmentEvent]:
    """In order, the last event of each day, which is all that the day shows."""
    return list({event.effective_on: event for event in sorted(events, key=order)}.values())


def overtaking(event: EnrollmentEvent, plans: Sequence[EnrollmentEvent]) -> list[EnrollmentEvent]:
    """What keeps the plans from taking effect: on the day of each, the new status once more."""
    return [
        EnrollmentEvent(
            enrollment=event.enrollment,
            sequence=event.sequence + number,
            from_status=plan.to_status,
            to_status=event.to_status,
            effective_on=plan.effective_on,
            returns_on=event.returns_on if event.returns_on and event.returns_on > plan.effective_on else None,
            reason=event.reason,
            note=event.note,
            recorded_by=event.recorded_by,
        )
        for number, plan in enumerate(plans, start=1)
    ]
