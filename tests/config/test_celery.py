"""Beat's schedule names tasks that exist; the nightly one comes at its hour."""

from datetime import UTC, datetime
from typing import Any

from config import celery_app


def test_every_entry_of_the_schedule_names_a_task() -> None:
    celery_app.loader.import_default_modules()
    assert {entry["task"] for entry in celery_app.conf.beat_schedule.values()} - celery_app.tasks.keys() == set()


def test_snapshots_are_taken_once_a_night() -> None:
    schedule: Any = celery_app.conf.beat_schedule["nightly snapshots"]["schedule"]
    schedule.nowfun = lambda: datetime(2026, 11, 24, 2, 15, 30, tzinfo=UTC)
    assert schedule.is_due(datetime(2026, 11, 23, 2, 15, tzinfo=UTC)).is_due
    assert not schedule.is_due(datetime(2026, 11, 24, 2, 15, tzinfo=UTC)).is_due
