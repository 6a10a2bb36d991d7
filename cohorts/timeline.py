"""One enrollment's events as a line in time: which of them decides on a day, and what overtakes what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from cohorts.models import EnrollmentEvent


@dataclass(frozen=True, kw_only=True)
class Span:
    """A status from one day up to another, the last one not included; without `until` it lasts. `event` brought it."""

    event: EnrollmentEvent
    since: date
    until: date | None

    @property
    def status(self) -> str:
        return self.event.to_status

    @property
    def same_as(self) -> tuple[object, ...]:
        """What makes two spans the same to a reader."""
        return self.status, self.since, self.until, self.event.returns_on, self.event.reason, self.event.note


@dataclass(frozen=True, kw_only=True)
class Line:
    """An event as a person reads it. A replaced one was followed by another for the same day, and counts no more."""

    event: EnrollmentEvent
    recorded_on: date
    is_replaced: bool
    is_ahead: bool

    @property
    def is_late(self) -> bool:
        """Whether it was recorded on another day than the one on which it took effect."""
        return self.recorded_on != self.event.effective_on


def lines(events: Iterable[EnrollmentEvent], *, today: date) -> list[Line]:
    """The whole history, the latest in effect first, with everything that was ever recorded."""
    ordered = sorted(events, key=order, reverse=True)
    counting = {event.effective_on: event.sequence for event in reversed(ordered)}
    return [
        Line(
            event=event,
            recorded_on=timezone.localdate(event.recorded_at),
            is_replaced=counting[event.effective_on] != event.sequence,
            is_ahead=event.effective_on > today,
        )
        for event in ordered
    ]


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


def spans(events: Iterable[EnrollmentEvent]) -> list[Span]:
    """The statuses one after the other. One that is stated again on a later day is one span, unless a leave moved."""
    told: list[EnrollmentEvent] = []
    for event in net(events):
        if told and (told[-1].to_status, told[-1].returns_on) == (event.to_status, event.returns_on):
            continue
        told.append(event)
    ends = [event.effective_on for event in told[1:]]
    return [
        Span(event=event, since=event.effective_on, until=until)
        for event, until in zip(told, [*ends, None], strict=True)
    ]


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
            leaving_reason=event.leaving_reason,
            decision=event.decision,
            note=event.note,
            recorded_by=event.recorded_by,
        )
        for number, plan in enumerate(plans, start=1)
    ]
