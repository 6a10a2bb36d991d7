"""Servers and processes of a test's own, to be killed, emptied and restarted; and a mail server in a bad mood."""

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import connection

from config.embedded import Instance
from config.processes import Service
from tests.worker import CELERY, ROOT, environment

SERVER_ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


class Servers:
    """A PostgreSQL that keeps what it committed, and a Redis, at addresses that stay."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def crash_postgresql(self) -> None:
        """Stop it at once, as a power cut would, and start it again: it recovers from its log."""
        connection.close()
        _restart(self.instance.postgresql, signal.SIGQUIT)

    def empty_redis(self) -> None:
        """Kill it, remove all it kept, and start it again."""

        def empty() -> None:
            folder = self.instance.folder / "redis"
            shutil.rmtree(folder)
            folder.mkdir()

        _restart(self.instance.redis, signal.SIGKILL, meanwhile=empty)


def _restart(service: Service, how: signal.Signals, meanwhile: Any = lambda: None) -> None:
    process = service.process
    assert process is not None
    process.send_signal(how)
    process.wait(30)
    meanwhile()
    command: Any = process.args
    service.start(list(command), env=SERVER_ENVIRONMENT)


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Both servers with an empty copy of the test database, and Django of this process connected to them."""
    instance = Instance("faults", durable=True)
    instance.stop()
    shutil.rmtree(instance.folder)  # what an earlier run left
    instance = Instance("faults", durable=True)
    before = {key: connection.settings_dict[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    redis_url = settings.REDIS_URL
    try:
        instance.start()
        _copy_schema(instance)
        connection.close()
        state = instance.state
        connection.settings_dict.update(
            HOST="127.0.0.1", PORT=state["pg_port"], USER="gilde", PASSWORD=state["app"], NAME="gilde"
        )
        settings.REDIS_URL = instance.environment()["REDIS_URL"]
        yield Servers(instance)
    finally:
        connection.close()
        connection.settings_dict.update(before)
        settings.REDIS_URL = redis_url
        instance.stop()


def _copy_schema(instance: Instance) -> None:
    owner, name = settings.OWNER_DATABASE, connection.settings_dict["NAME"]
    source = f"postgresql://{owner['USER']}:{owner['PASSWORD']}@{quote(owner['HOST'], safe='')}:{owner['PORT']}/{name}"
    dump = subprocess.run(
        [*instance._binary("pg_dump"), "--schema-only", source], capture_output=True, check=True, cwd="/"
    )
    load = [*instance._binary("psql"), "--quiet", "--set", "ON_ERROR_STOP=1", instance.url("gilde_owner")]
    subprocess.run(load, input=dump.stdout, stdout=subprocess.DEVNULL, check=True, cwd="/")


class Celery:
    """A worker or a beat that is started again each time it is killed."""

    def __init__(self, *arguments: str, log: Path, **variables: str) -> None:
        self.arguments, self.log, self.variables = arguments, log, variables
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = environment("http://localhost:8000") | self.variables
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*CELERY, *self.arguments], env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def keep_up(self) -> bool:
        """Start it again when it ended by itself, as whoever runs it does; whether it had ended.

        Kombu ends a worker when Redis goes away while it gives messages back (`_connparams` without a connection).
        """
        assert self.process is not None
        if self.process.poll() is None:
            return False
        self.kill()
        self.start()
        return True

    def kill(self) -> None:
        """SIGKILL the program with all its children."""
        assert self.process is not None
        with suppress(ProcessLookupError):  # it ended, and its children too
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_child(self, choose: random.Random) -> None:
        """SIGKILL one process of its pool, as a system short of memory would."""
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        children = [int(pid) for pid in path.read_text().split()]
        if children:
            os.kill(choose.choice(children), signal.SIGKILL)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class MoodyHost:
    """A mail host that now and then says "later", hangs up, or takes a message and hangs up before it says so.

    `accepted` counts Message-IDs, `reached` who they were for; `nobody` are addresses that it refuses for good.
    """

    def __init__(self, seed: int, nobody: set[str]) -> None:
        self.dice, self.nobody = random.Random(seed), nobody
        self.accepted: Counter[str] = Counter()
        self.reached: dict[str, str] = {}
        self.unheard = 0
        self.told = threading.Condition()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.nobody:
            return "550 5.1.1 No such person"
        if self.dice.random() < 0.03:
            return "450 4.2.1 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mood = self.dice.random()
        if mood < 0.03:
            return "451 4.3.0 Come back later"
        if mood < 0.06:
            server.transport.abort()  # type: ignore[union-attr]
            return "421 Gone"
        with self.told:
            content = bytes(envelope.content or b"")
            message_id = str(message_from_bytes(content)["Message-ID"]).strip("<>").partition("@")[0]
            self.accepted[message_id] += 1
            self.reached[message_id] = envelope.rcpt_tos[0]
            self.told.notify_all()
            if mood < 0.08:
                self.unheard += 1
                server.transport.abort()  # type: ignore[union-attr]
                return "421 Gone"
        return "250 OK"

    def await_accepted(self, number: int, *, meanwhile: Callable[[], None], seconds: float = 60) -> None:
        """Wait until so many messages arrived; `meanwhile` is called every second."""
        deadline = time.monotonic() + seconds
        reached = False
        while not reached and time.monotonic() < deadline:
            with self.told:
                reached = self.told.wait_for(lambda: len(self.accepted) >= number, 1)
            meanwhile()
        assert reached, f"{len(self.accepted)} of {number} messages arrived in {seconds} seconds."
