"""A real Celery worker and a real beat for tests of what crosses the broker."""

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
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
SENT = re.compile(r"Sending due task (.+) \(")
CELERY = [sys.executable, "-m", "celery", "--app", "config"]


def servers() -> dict[str, str]:
    """What points another process at this test's database and Redis."""
    database = connection.settings_dict
    address = f"{database['USER']}:{quote(database['PASSWORD'])}@{quote(database['HOST'], safe='')}:{database['PORT']}"
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{address}/{database['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
    }


def environment(site_url: str) -> dict[str, str]:
    """The same, with its mail server."""
    mail = get_connection()
    return {**servers(), "EMAIL_URL": f"smtp://{mail.host}:{mail.port}", "SITE_URL": site_url}


@contextmanager
def running_worker(site_url: str = "http://localhost:8000") -> Iterator[None]:
    """A worker on this test's database, Redis and mail server; its broker is empty before and after."""
    cache.clear()
    command = [*CELERY, "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    process = subprocess.Popen(command, env=environment(site_url), cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
        cache.clear()


class Beat:
    """Reads from beat's log how often each entry of its schedule came round."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.rounds: Counter[str] = Counter()
        self.lines: list[str] = []
        self.told = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self.told:
                self.lines.append(line)
                if sent := SENT.search(line):
                    self.rounds[sent.group(1)] += 1
                self.told.notify_all()

    def await_rounds(self, number: int, *entries: str, seconds: float = 40) -> None:
        """Return when each of the entries came round that often once more."""
        with self.told:
            goals = {entry: self.rounds[entry] + number for entry in entries}
            reached = self.told.wait_for(lambda: all(self.rounds[name] >= goals[name] for name in goals), seconds)
        assert reached, f"Beat has sent {dict(self.rounds)} after {seconds} seconds:\n{''.join(self.lines)}"


@contextmanager
def running_beat(schedule: Path, **every: int) -> Iterator[Beat]:
    """Beat with its real schedule, kept in that file; `every` sets the seconds of its settings, by name."""
    command = [*CELERY, "beat", "--loglevel", "INFO", "--schedule", str(schedule)]
    env = environment("http://localhost:8000") | {name: str(seconds) for name, seconds in every.items()}
    process = subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    beat = Beat(process)
    try:
        yield beat
    finally:
        process.terminate()
        process.wait(20)
        beat.reader.join()


def await_idle(seconds: float = 60) -> None:
    """Return when the worker has nothing left to do, neither waiting nor at hand."""
    deadline = time.monotonic() + seconds
    with celery_app.connection_for_read() as broker:
        while time.monotonic() < deadline:
            waiting = sum(broker.default_channel.client.llen(queue) for queue in ("urgent", "default", "bulk"))
            inspect = celery_app.control.inspect(timeout=1, limit=1)  # there is one worker: its answer is all
            # In the order in which a task moves on. None when the worker is too busy to answer.
            answers = [inspect.reserved(), inspect.active()]
            if not waiting and all(answer and not any(answer.values()) for answer in answers):
                return
            time.sleep(0.1)
    raise AssertionError(f"The worker still has work after {seconds} seconds.")
