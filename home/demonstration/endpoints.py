"""The webhooks and the chat of the demonstration: one works, one was switched off; and what they were sent."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Membership
from cohorts.announcing import STATUS_CHANGED
from cohorts.chat_summaries import AHEAD, STAND_UPS
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, Milestone
from notifications.endpoints import Attempt, Delivery, Endpoint
from notifications.event_types import Event, delivery_of
from notifications.signing import new_secret

SHOWN = 8
DOWN = "<html><body><h1>503 Service Unavailable</h1></body></html>"


def connect(*, by: Membership, now: datetime) -> None:
    """Changes of enrollments to two systems, of which one is gone; the news of the youngest cohort to its chat."""
    options: dict[str, Any] = {"created_by": by.user, "created_at": now - timedelta(days=60), "secret": new_secret()}
    hears = {"format": Endpoint.Format.WEBHOOK, "subscribed": [STATUS_CHANGED.name]}
    works = Endpoint.objects.create(name="Student records", address="https://records.example/gilde", **hears, **options)
    gone = Endpoint.objects.create(
        name="Old data warehouse", address="https://warehouse.example/hooks/in", state=Endpoint.State.FAILED,
        failing_since=now - timedelta(days=4), failures=11, **hears, **options,
    )  # fmt: skip
    events = EnrollmentEvent.objects.select_related("enrollment").order_by("-recorded_at", "-pk")[:SHOWN]
    rows = [_event(one, at=now - timedelta(hours=7 * place + 2)) for place, one in enumerate(events)]
    _sent(works, rows, fails=2)
    _sent(gone, rows, fails=len(rows))
    active = Enrollment.objects.filter(status=Enrollment.Status.ACTIVE).select_related("cohort")
    one = active.order_by("-cohort__starts_on", "cohort", "pk").first()
    if one is not None:
        _connect_chat(one.cohort, now=now, created_by=by.user)


def _event(one: EnrollmentEvent, *, at: datetime) -> Event:
    enrollment = one.enrollment
    data = {
        "enrollment": enrollment.pk, "cohort": enrollment.cohort_id, "learner": enrollment.learner_id,
        "external_id": enrollment.external_id, "from": one.from_status, "to": one.to_status,
        "effective_on": one.effective_on,
    }  # fmt: skip
    return Event(name=STATUS_CHANGED.name, key=str(one.pk), at=at, data=data)


def _sent(endpoint: Endpoint, events: Sequence[Event], *, fails: int) -> None:
    """As many of the newest as that failed at every attempt; one of the others at the first."""
    deliveries, attempts = [], []
    for place, event in enumerate(events):
        delivery = delivery_of(event, endpoint)
        failed = place < fails
        tries = list(_tries(delivery, number=3 if failed else 1 + (place == fails), failed=failed))
        delivery.state = Delivery.State.FAILED if failed else Delivery.State.DELIVERED
        delivery.attempts, delivery.settled_at, delivery.reason = len(tries), tries[-1].at, ""
        deliveries.append(delivery)
        attempts += tries
    Delivery.objects.bulk_create(deliveries)
    Attempt.objects.bulk_create(attempts)


def _tries(delivery: Delivery, *, number: int, failed: bool) -> Iterator[Attempt]:
    for place in range(1, number + 1):
        at = delivery.occurred_at + timedelta(minutes=6 * place - 5)
        answer: dict[str, Any] = {"status": 200, "response": "ok", "milliseconds": 84 + 7 * place}
        if failed or place < number:
            answer = {"status": 503, "response": DOWN, "milliseconds": 1203}
        yield Attempt(delivery=delivery, number=place, at=at, **answer)


def _connect_chat(cohort: Cohort, *, now: datetime, **options: Any) -> None:
    chat = Endpoint.objects.create(
        name="#" + cohort.slug, format=Endpoint.Format.MATTERMOST, address="https://chat.example/hooks/8f3k2m",
        group_id=cohort.pk, subscribed=[AHEAD, STAND_UPS], created_at=now - timedelta(days=30), **options,
    )  # fmt: skip
    ahead = Milestone.objects.filter(cohort=cohort, enrollment=None).order_by("due_on").first()
    about = [(STAND_UPS, cohort.pk, {"day": (now - timedelta(days=back)).date().isoformat()}) for back in (1, 2)]
    if ahead is not None:
        about.append((AHEAD, ahead.pk, {"due_on": ahead.due_on.isoformat()}))
    for place, (name, subject, payload) in enumerate(about, start=1):
        at = now - timedelta(days=place)
        delivery = Delivery.objects.create(
            endpoint=chat, name=name, key=f"{name}:{place}", payload=payload, subject_id=subject, occurred_at=at,
            next_attempt_at=at, state=Delivery.State.DELIVERED, attempts=1, settled_at=at,
        )  # fmt: skip
        Attempt.objects.create(delivery=delivery, number=1, at=at, status=200, milliseconds=61, response="ok")
