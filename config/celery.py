"""The Celery application: `celery -A config worker` and `celery -A config beat`."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("gilde", task_cls="organizations.tasks:OrganizationTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def keep_the_program(**_told: Any) -> None:
    """What a process has loaded by now stays until it ends. Looking for garbage in it finds none and takes long."""
    gc.collect()
    gc.freeze()
