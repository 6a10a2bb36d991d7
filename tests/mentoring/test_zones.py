import os
import subprocess
import sys
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from accounts.zones import zone_names
from mentoring.zones import UnknownZoneError, load_zone, offset_segments

HOUR = 3600


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.fixture
def misled_system(tmp_path: Path) -> Iterator[None]:
    """On this system Asia/Tokyo holds the data of Asia/Kathmandu."""
    (tmp_path / "Asia").mkdir()
    kathmandu = resources.files("tzdata").joinpath("zoneinfo", "Asia", "Kathmandu").read_bytes()
    (tmp_path / "Asia" / "Tokyo").write_bytes(kathmandu)
    zoneinfo.reset_tzpath(to=[tmp_path])
    load_zone.cache_clear()
    yield
    zoneinfo.reset_tzpath()


@pytest.mark.usefixtures("misled_system")
def test_zone_data_never_comes_from_the_system() -> None:
    moment = datetime(2026, 9, 7, tzinfo=UTC)
    assert zoneinfo.ZoneInfo.no_cache("Asia/Tokyo").utcoffset(moment) == timedelta(hours=5, minutes=45)
    assert load_zone("Asia/Tokyo").utcoffset(moment) == timedelta(hours=9)


@pytest.mark.parametrize("asked", ["zoneinfo.ZoneInfo", "mentoring.zones.load_zone"])
def test_no_setting_of_the_machine_changes_a_zone(tmp_path: Path, asked: str) -> None:
    """A whole new process, with the variable set by which Python finds the system's zones."""
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Tokyo").write_bytes(
        resources.files("tzdata").joinpath("zoneinfo", "Asia", "Kathmandu").read_bytes()
    )
    module, name = asked.rsplit(".", 1)
    script = (
        "import datetime, django; django.setup(); "
        f"from {module} import {name}; print({name}('Asia/Tokyo').utcoffset(datetime.datetime(2026, 9, 7)))"
    )
    env = {**os.environ, "PYTHONTZPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    said = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "9:00:00"


def test_a_zone_knows_its_name_and_is_read_once() -> None:
    assert load_zone("Europe/Amsterdam").key == "Europe/Amsterdam"
    assert load_zone("Europe/Amsterdam") is load_zone("Europe/Amsterdam")


@pytest.mark.parametrize("name", ["Europe/Hilversum", "europe/amsterdam", "Europe", "", "../zones", "/etc/localtime"])
def test_an_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownZoneError) as refused:
        load_zone(name)
    assert refused.value.name == name
    assert name in str(refused.value)


def test_every_listed_zone_can_be_read() -> None:
    assert {load_zone(name).key for name in zone_names()} == zone_names()


def test_segments_meet_at_the_transitions() -> None:
    start, end = seconds("2026-01-01"), seconds("2027-12-31")
    segments = offset_segments("Europe/Amsterdam", start=start, end=end)
    assert [(since, offset) for since, _, offset in segments[1:]] == [
        (seconds("2026-03-29T01:00"), 2 * HOUR),
        (seconds("2026-10-25T01:00"), HOUR),
        (seconds("2027-03-28T01:00"), 2 * HOUR),
        (seconds("2027-10-31T01:00"), HOUR),
    ]
    assert [until for _, until, _ in segments[:-1]] == [since for since, _, _ in segments[1:]]
    assert segments[0][0] <= start
    assert segments[-1][1] >= end


@pytest.mark.parametrize("name", ["Africa/Casablanca", "America/Noronha", "Asia/Gaza", "Pacific/Apia"])
def test_segments_miss_no_change_however_soon_the_next_follows(name: str) -> None:
    hours = range(seconds("2000-01-01"), seconds("2013-01-01"), HOUR)
    zone = load_zone(name)
    segments = offset_segments(name, start=hours[0], end=hours[-1] + 1)
    begins = [since for since, _, _ in segments]
    assert [timedelta(seconds=segments[bisect_right(begins, hour) - 1][2]) for hour in hours] == [
        datetime.fromtimestamp(hour, zone).utcoffset() for hour in hours
    ]
