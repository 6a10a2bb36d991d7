"""A real Celery worker for tests of what crosses the broker."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache
from django.core.mail import get_connection
from django.db import connection

from config import celery_app

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def running_worker(site_url: str = "http://localhost:8000") -> Iterator[None]:
    """A worker on this test's database, Redis and mail server; its broker is empty before and after."""
    cache.clear()
    database, mail = connection.settings_dict, get_connection()
    address = f"{database['USER']}:{quote(database['PASSWORD'])}@{database['HOST']}:{database['PORT']}"
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{address}/{database['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "EMAIL_URL": f"smtp://{mail.host}:{mail.port}",
        "SITE_URL": site_url,
    }
    celery = [sys.executable, "-m", "celery", "--app", "config"]
    command = [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    process = subprocess.Popen(command, env=env, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
        cache.clear()


def await_idle(seconds: float = 60) -> None:
    """Return when the worker has nothing left to do, neither waiting nor at hand."""
    deadline = time.monotonic() + seconds
    with celery_app.connection_for_read() as broker:
        while time.monotonic() < deadline:
            waiting = broker.default_channel.client.llen("celery")
            inspect = celery_app.control.inspect(timeout=1)
            answers = [inspect.active(), inspect.reserved()]  # None when the worker is too busy to answer
            if not waiting and all(answer and not any(answer.values()) for answer in answers):
                return
    raise AssertionError(f"The worker still has work after {seconds} seconds.")
