"""The Celery application: `celery -A config worker` and `celery -A config beat`."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("gilde", task_cls="organizations.tasks:OrganizationTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "queue reminders": {"task": "notifications.tasks.queue_all_reminders", "schedule": crontab(minute="*/5")},
    "send what is due": {"task": "notifications.tasks.send_all_due", "schedule": 30.0},
    "planned statuses take effect": {"task": "cohorts.tasks.refresh_all_statuses", "schedule": crontab(minute="10")},
    "nightly snapshots": {"task": "outcomes.tasks.take_all_snapshots", "schedule": crontab(hour="2", minute="15")},
}
