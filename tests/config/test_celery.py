"""Beat's schedule names tasks that exist; the nightly one comes at its hour."""

from datetime import UTC, datetime
from typing import Any

import pytest

from config import celery_app


def test_every_entry_of_the_schedule_names_a_task() -> None:
    celery_app.loader.import_default_modules()
    assert {entry["task"] for entry in celery_app.conf.beat_schedule.values()} - celery_app.tasks.keys() == set()


def test_snapshots_are_taken_once_a_night() -> None:
    schedule: Any = celery_app.conf.beat_schedule["nightly snapshots"]["schedule"]
    schedule.nowfun = lambda: datetime(2026, 11, 24, 2, 15, 30, tzinfo=UTC)
    assert schedule.is_due(datetime(2026, 11, 23, 2, 15, tzinfo=UTC)).is_due
    assert not schedule.is_due(datetime(2026, 11, 24, 2, 15, tzinfo=UTC)).is_due


def test_no_task_is_given_to_a_second_worker_while_it_may_still_run() -> None:
    conf = celery_app.conf
    assert conf.task_soft_time_limit < conf.task_time_limit < conf.broker_transport_options["visibility_timeout"]
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost) == (True, True)


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("accounts.tasks.send_account_mail", "urgent"),
        ("notifications.tasks.queue_organization_reminders", "default"),
        ("outcomes.tasks.take_all_snapshots", "bulk"),
        ("assessments.tasks.check_links", "bulk"),
    ],
)
def test_tasks_go_to_their_queue(task: str, queue: str) -> None:
    assert celery_app.amqp.router.route({}, task)["queue"].name == queue
