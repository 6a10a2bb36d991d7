"""What webhooks get of each type of event: the very members that the documentation promises, and what they say."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from assessments.announcing import announce_level, announce_submission, announce_verdict
from assessments.models import LevelDecision, Review
from cohorts.history import record_status
from mentoring.announcing import BOOKED, CANCELLED, MOVED, SETTLED, announce_one_on_one
from mentoring.models import OneOnOne
from notifications.connecting import send_test
from notifications.endpoints import Delivery, Endpoint
from notifications.event_types import EVENT_TYPES, written
from organizations.scope import scope
from tests.conftest import Cast
from tests.world import make_world


def test_every_type_has_the_members_of_its_example_and_the_values_of_what_happened(cast: Cast) -> None:
    world = make_world(cast)
    now, amira = timezone.now(), world.enrollment
    with scope(cast.organization.pk):
        Endpoint.objects.filter(pk=world.webhook.pk).update(subscribed=list(EVENT_TYPES))
        webhook = Endpoint.objects.get(pk=world.webhook.pk)
        back = now.date() + timedelta(days=9)
        record_status(enrollment=amira, to="on_leave", effective_on=now.date(), returns_on=back, by=None)
        announce_submission(world.submission)
        review = Review.objects.create(
            submission=world.submission, reviewer=cast.joris, rubric=world.rubric, verdict="pass", summary="Good.",
            claimed_at=now, claim_expires_at=now, submitted_at=now,
        )  # fmt: skip
        announce_verdict(review, world.submission)
        passed = LevelDecision.objects.select_related("level", "enrollment").get(enrollment=amira)
        revoked = LevelDecision.objects.create(
            enrollment=amira,
            level=passed.level,
            outcome="revoked",
            effective_on=now.date(),
            recorded_by=cast.ilse,
            override_reason="Not all of it was theirs.",
        )
        for decision in (passed, revoked):
            announce_level(decision, at=now)
        one = OneOnOne.objects.with_people().get(pk=world.one_on_one.pk)
        for event_type in (BOOKED, MOVED, CANCELLED, SETTLED):
            announce_one_on_one(event_type, one, now=now)
        send_test(endpoint=webhook, by=cast.ada, now=now)
        payloads = {row.name: row.payload for row in Delivery.objects.filter(endpoint=webhook, state="pending")}

    assert payloads.keys() == EVENT_TYPES.keys()
    assert {name: {*payload["data"]} for name, payload in payloads.items()} == {
        name: {*event_type.example} for name, event_type in EVENT_TYPES.items()
    }
    head = {"version": 1, "organization": str(cast.organization.pk)}
    for name, payload in payloads.items():
        assert {**head, "type": name, "timestamp": payload["timestamp"], "data": payload["data"]} == payload
    told: dict[str, Any] = {name: payload["data"] for name, payload in payloads.items()}
    about = {"enrollment": str(amira.pk), "cohort": str(world.cohort.pk), "learner": str(cast.amira.pk)}
    attempt = {"submission": str(world.submission.pk), "project": str(world.project.pk), "attempt": 1, **about}
    level = {"level": str(passed.level.pk), "number": 1, "effective_on": now.date().isoformat(), **about}
    meeting = {
        "one_on_one": str(one.pk), "mentor": str(cast.joris.pk), "starts_at": written(one.starts_at),
        "ends_at": written(one.ends_at), **about,
    }  # fmt: skip
    assert told == {
        "enrollment.status_changed": {
            **about, "external_id": "", "from": "active", "to": "on_leave", "effective_on": now.date().isoformat(),
        },
        "submission.made": attempt,
        "review.decided": {"review": str(review.pk), "verdict": "pass", **attempt},
        "level.passed": {"decision": str(passed.pk), **level},
        "level.revoked": {"decision": str(revoked.pk), **level},
        **dict.fromkeys(("one_on_one.booked", "one_on_one.moved", "one_on_one.cancelled"), meeting),
        "one_on_one.settled": {**meeting, "outcome": "booked"},
        "webhook.test": {"sent_by": "Ada Visser"},
    }  # fmt: skip
