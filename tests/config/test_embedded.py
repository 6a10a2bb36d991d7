"""The embedded servers start, survive being killed, and say in one line what is wrong."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.demo import chosen_port
from config.embedded import EmbeddedError, Instance, var_dir

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    made = Instance("demo", durable=True)
    yield made
    made.stop()


def ask(instance: Instance, role: str, question: str) -> object:
    with psycopg.connect(instance.url(role)) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def test_both_roles_are_there_and_only_the_owner_bypasses(instance: Instance) -> None:
    instance.start()
    bypasses = "SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert [ask(instance, role, bypasses) for role in ("gilde_owner", "gilde")] == [True, False]
    assert str(ask(instance, "gilde", "SHOW server_version")).startswith("18")


def test_a_killed_run_leaves_nothing_that_the_next_start_trips_over(instance: Instance) -> None:
    instance.start()
    with psycopg.connect(instance.url("gilde_owner")) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.commit()
    first = instance.postgresql.running_pid()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert instance.postgresql.process is not None
    instance.postgresql.process.wait()

    again = Instance("demo", durable=True)
    again.start()
    try:
        assert ask(again, "gilde_owner", "SELECT to_regclass('kept')::text") == "kept"
        assert again.postgresql.running_pid() != first
        assert again.redis.running_pid() is not None
    finally:
        again.stop()
    assert (again.postgresql.running_pid(), again.redis.running_pid()) == (None, None)


def test_a_first_start_that_was_killed_half_way_begins_anew(instance: Instance) -> None:
    (instance.folder / "postgresql").mkdir()
    (instance.folder / "postgresql" / "half").write_text("written before the power went")
    instance.start()
    assert ask(instance, "gilde", "SELECT 1") == 1


def test_another_process_with_the_same_number_is_left_alone(instance: Instance) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        instance.redis.pid_file.write_text(str(bystander.pid))
        instance.stop()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_folder_that_cannot_be_written_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", "/dev/null/gilde")
    with pytest.raises(EmbeddedError) as problem:
        var_dir()
    assert str(problem.value) == ("Cannot write to /dev/null/gilde (Not a directory). Set VAR_DIR to a folder you own.")


def test_a_start_that_cannot_be_says_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        environment = {"PATH": os.environ["PATH"], "PORT": port, "VAR_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "config.demo"]
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"gilde: Port {port} is not free")
    assert result.stderr.count("\n") == 1


def test_a_port_that_is_taken_or_none_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(EmbeddedError, match=rf"^Port {port} is not free .* make demo PORT={port + 1}$"):
            chosen_port()
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(EmbeddedError, match=r"^PORT=http is no port\. "):
        chosen_port()


def test_a_bad_environment_names_every_wrong_variable() -> None:
    environment = {"PATH": os.environ["PATH"], "REDIS_URL": "nonsense", "HTTPS": "perhaps", "SECRET_KEY": "short"}
    command = [sys.executable, "manage.py", "check"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    named = {line.partition(":")[0] for line in result.stderr.splitlines()}
    assert {"DATABASE_URL", "REDIS_URL", "HTTPS", "SECRET_KEY"} <= named
