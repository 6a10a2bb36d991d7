"""No Docker engine runs where the tests do, so the file is held against the published schema and against the code."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def test_file_is_valid_by_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, str(ROOT / "docker-compose.yml")], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.strip()) == (0, "ok -- validation done"), result.stdout


def test_schema_would_refuse_a_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text("services: {web: {image: x, healthcheck: {retrys: 3}}}")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(wrong)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_only_migrate_knows_the_owner(compose: dict[str, Any]) -> None:
    knows = {
        name for name, service in compose["services"].items() if "OWNER_DATABASE_URL" in service.get("environment", {})
    }
    assert knows == {"migrate"}


def test_every_long_running_service_has_a_health_check(compose: dict[str, Any]) -> None:
    without = {name for name, service in compose["services"].items() if "healthcheck" not in service}
    assert without == {"migrate"}


def test_application_starts_after_the_migration(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "worker-urgent", "beat"):
        assert compose["services"][name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_files_that_are_mounted_exist(compose: dict[str, Any]) -> None:
    mounts = [volume for service in compose["services"].values() for volume in service.get("volumes", [])]
    missing = [mount for mount in mounts if mount.startswith("./") and not (ROOT / mount.split(":")[0]).exists()]
    assert missing == []


def test_workers_take_from_every_queue(compose: dict[str, Any]) -> None:
    commands = [
        service["command"] for service in compose["services"].values() if "worker" in service.get("command", [])
    ]
    taken = {queue for command in commands for queue in command[command.index("--queues") + 1].split(",")}
    assert taken == {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_a_worker_may_end_what_it_does_before_it_is_killed(compose: dict[str, Any]) -> None:
    for name in ("worker", "worker-urgent"):
        service = compose["services"][name]
        assert service["stop_signal"] == "SIGQUIT"
        assert int(service["stop_grace_period"].removesuffix("s")) > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT
