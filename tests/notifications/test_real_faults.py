"""Real workers, a real beat and real servers, killed at random points: every reminder leaves once, none is untrue.

`THOROUGH=20` sends five thousand reminders through twenty times as many faults, others in each run.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from accounts.models import Membership, Role
from cohorts.history import Entry, enroll_many, record_status
from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.reminders import queue_milestone_reminders
from config.embedded import free_port
from notifications.models import Message, RefusedAddress
from organizations.models import Organization
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import Cast, make_cast, members
from tests.examples import examples
from tests.faults import Celery, MoodyHost, Servers, own_servers

LEARNERS = examples(250)
FAULTS = examples(1)
SEED = random.randrange(1_000_000) if "THOROUGH" in os.environ else 8
QUICK = {
    "DELIVERY_EVERY": "1",
    "REMINDERS_EVERY": "2",
    "DELIVERY_LEASE": "8",
    "RETRY_MINUTES": ",".join(["0.005"] * 20),
}


@pytest.fixture
def servers(transactional_db: None) -> Iterator[Servers]:
    with own_servers() as servers:
        yield servers


def _learners(organization: Organization, number: int, staff: Membership) -> list[Enrollment]:
    """Active learners of a cohort whose next milestone is due in three days; reminders of it are due."""
    today = timezone.localdate()
    people = members(
        *((f"Learner {place}", f"{place}@{organization.slug}.example", [Role.LEARNER]) for place in range(number))
    )
    cohort = a_cohort(status=Cohort.Status.RUNNING, starts_on=today - timedelta(days=20))
    entries = [Entry(learner=person, effective_on=cohort.starts_on, status="active") for person in people]
    enrollments = enroll_many(cohort=cohort, entries=entries, by=staff)
    first = Milestone.objects.filter(cohort=cohort).order_by("position")[:1]
    Milestone.objects.filter(pk__in=first.values("pk")).update(due_on=today + timedelta(days=3))
    Milestone.objects.exclude(due_on=today + timedelta(days=3)).update(due_on=today + timedelta(days=90))
    return enrollments


def _pending(cast: Cast) -> int:
    total = 0
    for organization in (cast.organization, cast.elsewhere):
        with scope(organization.pk):
            total += Message.objects.filter(state="pending").count()
    return total


def test_every_reminder_leaves_once_whatever_is_killed(servers: Servers, tmp_path: Path, settings: object) -> None:
    dice = random.Random(SEED)
    cast = make_cast()
    with scope(cast.organization.pk):
        here = _learners(cast.organization, LEARNERS // 2, cast.ilse)
        assert queue_milestone_reminders(timezone.now()) == len(here)
        left = dice.sample(here, len(here) // 5)
        for enrollment in left:
            record_status(
                enrollment=enrollment, to="withdrawn", effective_on=timezone.localdate(), by=cast.ilse, reason="work"
            )
        untrue = {enrollment.learner.user.email for enrollment in left}
        everybody = {enrollment.learner.user.email for enrollment in here}
    with scope(cast.elsewhere.pk):
        everybody |= {one.learner.user.email for one in _learners(cast.elsewhere, LEARNERS // 2, cast.otto)}
    nobody = set(dice.sample(sorted(everybody - untrue), 3))
    expected = everybody - untrue - nobody

    host = MoodyHost(SEED, nobody)
    controller = Controller(host, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port  # type: ignore[attr-defined]
    worker = Celery("worker", "--concurrency", "2", "--loglevel", "INFO", log=tmp_path / "worker.log", **QUICK)
    beat = Celery("beat", "--schedule", str(tmp_path / "beat.schedule"), log=tmp_path / "beat.log", **QUICK)
    faults = ["worker", "child", "beat", "postgresql", "redis"] * FAULTS
    dice.shuffle(faults)
    points = sorted(dice.sample(range(5, len(expected) - 5), len(faults)))
    in_flight = 0  # messages that a fault may have caught between the host's acceptance and the commit

    def keep_up() -> None:
        nonlocal in_flight
        in_flight += 2 * worker.keep_up()
        beat.keep_up()

    try:
        worker.start()
        beat.start()
        for fault, point in zip(faults, points, strict=True):
            host.await_accepted(point, meanwhile=keep_up)
            if fault == "worker":
                worker.kill()
                worker.start()
                in_flight += 2
            elif fault == "child":
                worker.kill_child(dice)
                in_flight += 1
            elif fault == "beat":
                beat.kill()
                beat.start()
            elif fault == "postgresql":
                servers.crash_postgresql()
                in_flight += 2
            else:
                servers.empty_redis()
        host.await_accepted(len(expected), meanwhile=keep_up)
        _await_settled(cast, meanwhile=keep_up)
    finally:
        beat.stop()
        worker.stop()
        controller.stop()

    sent, untold, refused = {}, {}, {}
    for organization in (cast.organization, cast.elsewhere):
        with scope(organization.pk):
            rows = Message.objects.values_list("pk", "recipient__email", "state", "cause")
            sent |= {str(pk): email for pk, email, state, _cause in rows if state == "sent"}
            untold |= {email: cause for _pk, email, state, cause in rows if state == "skipped"}
            refused |= {email: cause for _pk, email, state, cause in rows if state == "dead"}
            assert {mark.address for mark in RefusedAddress.objects.all()} <= nobody
    assert sent == host.reached, f"seed {SEED}: each reminder that is marked as sent arrived, and no other"
    assert sorted(sent.values()) == sorted(expected), "everybody got one, by Message-ID"
    assert untold == dict.fromkeys(untrue, "untrue")
    assert refused == dict.fromkeys(nobody, "bad_address")
    again = host.accepted.total() - len(host.accepted)
    assert again <= in_flight + host.unheard, "only what was in flight arrives again, under the same Message-ID"


def _await_settled(cast: Cast, *, meanwhile: Callable[[], None], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while _pending(cast):
        assert time.monotonic() < deadline, f"{_pending(cast)} messages are still waiting."
        meanwhile()
        time.sleep(0.2)
