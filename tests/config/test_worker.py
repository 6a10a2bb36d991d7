"""What crosses the broker, with a real Celery worker in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts.models import Membership
from cohorts.history import enroll, record_status
from cohorts.models import Cohort, Milestone
from config import celery_app
from notifications.models import Message
from notifications.tasks import queue_all_reminders, send_all_due
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import Cast
from tests.mail import MailServer

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def worker(transactional_db: None, mail_server: MailServer, settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on this test's database, Redis and mail server; its broker is empty before and after."""
    cache.clear()
    database = connection.settings_dict
    address = f"{database['USER']}:{quote(database['PASSWORD'])}@{database['HOST']}:{database['PORT']}"
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{address}/{database['NAME']}",
        "REDIS_URL": django_settings.REDIS_URL,
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
    }
    celery = [sys.executable, "-m", "celery", "--app", "config"]
    command = [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    process = subprocess.Popen(command, env=env, cwd=ROOT)
    yield process
    process.terminate()
    process.wait(20)
    cache.clear()


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


def await_idle() -> None:
    """Return when the worker has nothing left to do, neither waiting nor at hand."""
    deadline = time.monotonic() + 60
    with celery_app.connection_for_read() as broker:
        while time.monotonic() < deadline:
            waiting = broker.default_channel.client.llen("celery")
            inspect = celery_app.control.inspect(timeout=1)
            answers = [inspect.active(), inspect.reserved()]  # None when the worker is too busy to answer
            if not waiting and all(answer and not any(answer.values()) for answer in answers):
                return
    raise AssertionError("The worker still has work after a minute.")


def test_reminders_go_from_beat_to_the_mail_server_exactly_once(
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
