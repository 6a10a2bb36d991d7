"""`make demo`: everything Gilde needs, in one foreground process, with demonstration data.

Starts PostgreSQL, Redis and a mail server, migrates, loads the data when it is missing, then runs web, worker and beat
until Ctrl-C, which stops all of it. A start that finds leftovers of a killed one stops those first.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from config.embedded import ROOT, EmbeddedError, Instance, free_port, var_dir, writable
from config.processes import Service
from home.demonstration.sign_ins import PASSWORD, SIGN_INS

READY_SECONDS = 60


def say(text: str) -> None:
    print(text, flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Say what goes on, and how long it took when that was over a second."""
    print(f"{text} … ", end="", flush=True)
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    say(f"done ({took:.0f} s)" if took > 1 else "done")


def chosen_port() -> int:
    """PORT, checked. Raises EmbeddedError when it is no port or something else listens there."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise EmbeddedError(f"PORT={text} is no port. Choose a number from 1 to 65535, such as: make demo PORT=8001")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            raise EmbeddedError(
                f"Port {text} is not free ({error.strerror}). Choose another: make demo PORT={int(text) % 65535 + 1}"
            ) from error
    return int(text)


class Demo:
    """All processes of the demonstration, started in order and stopped in the opposite one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instance = Instance("demo", durable=True)
        self.mailbox = Service("mailbox", folder)
        self.web, self.worker, self.beat = (Service(name, folder) for name in ("web", "worker", "beat"))
        self.clients = [self.web, self.beat, self.worker, self.mailbox]
        self.services = [self.instance.postgresql, self.instance.redis, *self.clients]

    def environment(self, port: int, smtp_port: int) -> dict[str, str]:
        return {
            **os.environ,
            **self.instance.environment(),
            "DEMO": "1",
            "SITE_URL": f"http://localhost:{port}",
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "MAILBOX_DIR": str(self.folder / "mail"),
            "PYTHONUNBUFFERED": "1",
        }

    def start(self) -> int:
        """Bring everything up and return the web server's port."""
        for service in self.clients:
            service.stop()
        port = chosen_port()
        with step("Starting PostgreSQL 18 and Redis"):
            self.instance.start()
        smtp_port = free_port()
        env = self.environment(port, smtp_port)
        python = sys.executable
        say("Preparing the database and the demonstration")
        self._manage(env, "demonstrate", "--migrate")
        statistics = self.folder / "statistics"
        if not statistics.exists():
            self.instance.gather_statistics()
            statistics.touch()
        with step("Starting web, worker, beat and mail"):
            for name in ("worker", "beat"):  # their own pid files refuse to start over a killed run's
                (self.folder / f"{name}.celery").unlink(missing_ok=True)
            self.mailbox.start(
                [python, "-m", "config.mailbox", str(smtp_port), str(self.folder / "mail")], env=env, cwd=ROOT
            )
            self.web.start(
                [python, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads",
                 "4", "--worker-class", "gthread", "--preload", "--pid", str(self.folder / "web.gunicorn")],
                env=env, cwd=ROOT,
            )  # fmt: skip
            self._await_ready(port)  # first, so that pages answer while worker and beat are still waking up
            celery = [python, "-m", "celery", "--app", "config"]
            self.worker.start(
                [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--queues", "urgent,default,bulk,hooks",
                 "--pidfile", str(self.folder / "worker.celery")],
                env=env, cwd=ROOT,
            )  # fmt: skip
            self.beat.start(
                [*celery, "beat", "--loglevel", "INFO", "--pidfile", str(self.folder / "beat.celery"),
                 "--schedule", str(self.folder / "beat.schedule")],
                env=env, cwd=ROOT,
            )  # fmt: skip
        return port

    def _manage(self, env: dict[str, str], *arguments: str) -> None:
        """Run a management command; what it says on failure becomes the one line that the person reads."""
        command = [sys.executable, "manage.py", *arguments]
        result = subprocess.run(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise EmbeddedError(f"manage.py {arguments[0]} failed: {reason}")

    def _await_ready(self, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ready/", timeout=5):
                return
            if self.web.has_ended():
                raise EmbeddedError(f"The web server did not start: {self.web.last_words()} (log: {self.web.log})")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"The web server does not answer: {self.web.last_words()} (log: {self.web.log})")
            time.sleep(0.1)

    def failed(self) -> Service | None:
        """A process that ended although nobody asked it to."""
        return next((service for service in self.services if service.has_ended()), None)

    def is_running(self) -> bool:
        """Whether any of its processes runs, those that a killed run left behind included."""
        return any(service.running_pid() for service in self.services)

    def stop(self) -> None:
        for service in self.clients:
            service.ask_to_stop()
        for service in self.clients:
            service.stop()
        self.instance.stop()


def main() -> None:
    folder = writable(var_dir() / "demo")
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EmbeddedError(f"Another demo runs in {folder}. Stop it with Ctrl-C, or set VAR_DIR.") from error
        demo = Demo(folder)

        def interrupt(received: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        # SIGINT too: a shell without job control starts what is in its background with it ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupt)
        try:
            port = demo.start()
            say(f"\nGilde runs on http://localhost:{port}    (mail lands on http://localhost:{port}/mailbox/)\n")
            say(f"Sign in with the password “{PASSWORD}” as")
            for role, email in SIGN_INS:
                say(f"  {role:<9} {email}")
            say(f"\nLogs are in {folder}. Ctrl-C stops everything and keeps the data.")
            while not (failed := demo.failed()):
                time.sleep(1)
            raise EmbeddedError(f"{failed.name} ended: {failed.last_words()} (log: {failed.log})")
        except KeyboardInterrupt:
            say("")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            with step("Stopping") if demo.is_running() else contextlib.nullcontext():
                demo.stop()


if __name__ == "__main__":
    try:
        main()
    except EmbeddedError as problem:
        sys.exit(f"gilde: {problem}")
