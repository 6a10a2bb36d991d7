from datetime import UTC, date, datetime

import pytest

from mentoring.availability import free_slots
from mentoring.availability_rules import AvailabilityRules, WeeklyWindow
from mentoring.clocks import DatedZone, clock_at, clock_segments, zone_on
from mentoring.zones import UnknownZoneError

HOUR = 3600
NEPAL = DatedZone("Asia/Kathmandu", date(2027, 2, 1), date(2027, 2, 14))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    return int(at(text).timestamp())


def test_segments_take_the_offset_of_the_dated_zone_on_its_own_days() -> None:
    start, end = seconds("2027-01-20"), seconds("2027-03-01")
    assert clock_segments("Europe/Amsterdam", [NEPAL], start=start, end=end) == [
        (start, seconds("2027-01-31T18:15"), HOUR),
        (seconds("2027-01-31T18:15"), seconds("2027-02-14T18:15"), 5 * HOUR + 45 * 60),
        (seconds("2027-02-14T18:15"), end, HOUR),
    ]


def test_first_of_two_dated_zones_counts_and_days_meet_across_the_date_line() -> None:
    apia = DatedZone("Pacific/Apia", date(2027, 2, 15), date(2027, 2, 20))
    assert clock_at("UTC", [NEPAL, apia], at("2027-02-14T12:00")).key == "Asia/Kathmandu"  # it is the 15th in Apia
    assert clock_at("UTC", [apia, NEPAL], at("2027-02-14T12:00")).key == "Pacific/Apia"
    assert clock_at("UTC", [NEPAL, apia], at("2027-02-14T18:15")).key == "Pacific/Apia"
    assert [zone_on("UTC", [NEPAL, apia], date(2027, 2, day)) for day in (14, 15, 21)] == [
        "Asia/Kathmandu", "Pacific/Apia", "UTC",
    ]  # fmt: skip


def test_dated_zone_is_a_zone_and_ends_after_it_begins() -> None:
    with pytest.raises(UnknownZoneError):
        DatedZone("Mars/Olympus", date(2027, 2, 1), date(2027, 2, 1))
    with pytest.raises(ValueError, match="2027-01-31"):
        DatedZone("UTC", date(2027, 2, 1), date(2027, 1, 31))


def test_mornings_are_where_the_mentor_is() -> None:
    """Nine o'clock on both sides of two flights, of which the way back makes an evening happen twice."""
    rules = AvailabilityRules(
        zone="Europe/Amsterdam",
        windows=(WeeklyWindow(0, 540, 600), WeeklyWindow(6, 540, 600), WeeklyWindow(6, 1260, 1320)),
        exceptions=(),
        duration=60,
        step=15,
        dated_zones=(NEPAL,),
    )
    free = free_slots(rules, start=at("2027-01-30"), end=at("2027-02-16"), now=at("2027-01-01"))
    assert free == [
        at("2027-01-31T08:00"),  # Sunday in Amsterdam, whose evening falls away
        at("2027-02-01T03:15"),
        at("2027-02-07T03:15"),
        at("2027-02-07T15:15"),
        at("2027-02-08T03:15"),
        at("2027-02-14T03:15"),
        at("2027-02-14T15:15"),  # the evening of the 14th in Kathmandu
        at("2027-02-14T20:00"),  # and the same evening in Amsterdam
        at("2027-02-15T08:00"),
    ]
