"""What crosses the broker, with a real Celery worker in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from accounts.inviting import invite
from accounts.models import Membership, Role
from cohorts.history import enroll, record_status
from cohorts.models import Cohort, Milestone
from notifications.models import Message
from notifications.tasks import queue_all_reminders, send_all_due
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import Cast
from tests.mail import MailServer
from tests.worker import ROOT, await_idle, running_beat, running_worker


@pytest.fixture
def worker(transactional_db: None, mail_server: MailServer) -> Iterator[None]:
    with running_worker():
        yield


@pytest.fixture
def reminded(worker: object, cast: Cast) -> list[Membership]:
    """Amira and Daan, active in a cohort whose first milestone is due the day after tomorrow."""
    today = timezone.localdate()
    with scope(cast.organization.pk):
        cohort = a_cohort(status=Cohort.Status.ENROLLING, starts_on=today - timedelta(days=20))
        for learner in (cast.amira, cast.daan):
            enrollment = enroll(cohort=cohort, learner=learner, by=cast.ilse, effective_on=cohort.starts_on)
            record_status(enrollment=enrollment, to="active", effective_on=cohort.starts_on, by=cast.ilse)
        Cohort.objects.filter(pk=cohort.pk).update(status=Cohort.Status.RUNNING)
        first = Milestone.objects.filter(cohort=cohort).order_by("position")[:1]
        Milestone.objects.filter(pk__in=first.values("pk")).update(due_on=today + timedelta(days=2))
        Milestone.objects.exclude(due_on=today + timedelta(days=2)).update(due_on=today + timedelta(days=90))
    return [cast.amira, cast.daan]


def test_reminders_reach_the_mail_server_once_however_often_they_are_queued(
    reminded: list[Membership], cast: Cast, mail_server: MailServer
) -> None:
    for _ in range(3):
        queue_all_reminders.delay()
        send_all_due.delay()
    mails = mail_server.await_messages(2)
    assert sorted(str(mail["To"]) for mail in mails) == ["amira@lantaarn.example", "daan@lantaarn.example"]

    for _ in range(3):
        queue_all_reminders.delay()
        send_all_due.delay()
    await_idle()
    with scope(cast.organization.pk):
        assert list(Message.objects.values_list("kind", "state", "attempts")) == [("milestone_ahead", "sent", 1)] * 2
    assert len(mail_server.messages) == 2


def test_a_message_leaves_as_soon_as_its_cause_is_committed(worker: None, cast: Cast, mail_server: MailServer) -> None:
    with scope(cast.organization.pk):
        invite(email="new@example.org", name="Newcomer", roles=[Role.LEARNER], by=cast.ilse, at=timezone.now())
    assert [mail["To"] for mail in mail_server.await_messages(1)] == ["new@example.org"]


def test_health_check_of_beat_asks_for_a_schedule_that_is_kept(
    transactional_db: None, mail_server: MailServer, tmp_path: Path
) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    _cmd, _python, *arguments = compose["services"]["beat"]["healthcheck"]["test"]
    schedule = tmp_path / "beat.schedule"
    command = [sys.executable, *(text.replace("/tmp/beat.schedule", str(schedule)) for text in arguments)]  # noqa: S108

    def status() -> int:
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert status() == 1
    with running_beat(schedule, DELIVERY_EVERY=1) as beat:
        beat.await_rounds(1, "send what is due")
        assert status() == 0
    for path in tmp_path.glob("beat.schedule*"):
        os.utime(path, (0, 0))
    assert status() == 1
