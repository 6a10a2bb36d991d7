"""Child processes that are started together, stopped together and never left behind."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PATIENCE_SECONDS = 10


def is_alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def command_of(pid: int) -> str:
    """The command line that the process shows, or an empty text."""
    return subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout


class Service:
    """A program that runs beside us, with a log and a pid file in `folder`.

    The pid file lets the next start find what a killed run left behind. Since pids are reused, a process counts as ours
    only when its command line holds `mark`.
    """

    def __init__(self, name: str, folder: Path, mark: str = "", quit_signal: signal.Signals = signal.SIGTERM) -> None:
        self.name, self.quit_signal = name, quit_signal
        self.mark = mark or str(folder)
        self.log, self.pid_file = folder / f"{name}.log", folder / f"{name}.pid"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str], *, env: dict[str, str] | None = None, cwd: str | Path = "/") -> None:
        # A session of its own: Ctrl-C reaches us alone, who stop the clients before the servers.
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, env=env, cwd=cwd
            )
        self.pid_file.write_text(str(self.process.pid))

    def running_pid(self) -> int | None:
        """The process that serves under this name now, whoever started it."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self.pid_file.read_text())
            if is_alive(pid) and self.mark in command_of(pid):
                return pid
        return None

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def last_words(self) -> str:
        """The last line that the program wrote."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
        return "it said nothing"

    def ask_to_stop(self) -> None:
        if pid := self.running_pid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.quit_signal)

    def stop(self) -> None:
        """Ask, wait, and after ten seconds insist; the whole process group goes."""
        if pid := self.running_pid():
            self.ask_to_stop()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while is_alive(pid) and time.monotonic() < deadline:
                self._reap()
                time.sleep(0.05)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        self._reap()
        self.pid_file.unlink(missing_ok=True)

    def _reap(self) -> None:
        if self.process is not None:
            self.process.poll()
