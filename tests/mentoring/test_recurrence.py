"""The dates of a series and what becomes of them, without a database."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentoring.availability_rules import AvailabilityRules, WeeklyWindow
from mentoring.calendars import Calendar
from mentoring.clocks import DatedZone
from mentoring.models import Mentor
from mentoring.recurrence import REACH, Fate, Rhythm, days_of, occurrences, place_in_month, start_on
from tests.examples import examples

NOW = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)
WEDNESDAY = date(2026, 9, 30)
HALF_PAST_TEN = 10 * 60 + 30
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def a_calendar(
    *, zone: str = "Europe/Amsterdam", windows: tuple[WeeklyWindow, ...] | None = None, days: int = 60, **spans: object
) -> Calendar:
    windows = windows or tuple(WeeklyWindow(weekday, 9 * 60, 17 * 60) for weekday in range(5))
    rules = AvailabilityRules(zone, windows, (), duration=45, step=45, max_days_ahead=days)
    empty: dict[str, object] = {"bookings": [], "others": [], "time_off": [], "notes": [], "breaks": []}
    mentor = Mentor(time_zone=zone, max_days_ahead=days)
    return Calendar(mentor=mentor, rules=rules, **{**empty, **spans})  # type: ignore[arg-type]


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("rhythm", "first", "through", "expected"),
    [
        ("fortnightly", date(2026, 9, 30), date(2026, 11, 1), [(9, 30), (10, 14), (10, 28)]),
        ("four_weekly", date(2026, 9, 30), date(2026, 12, 1), [(9, 30), (10, 28), (11, 25)]),
        ("monthly", date(2026, 10, 7), date(2026, 12, 31), [(10, 7), (11, 4), (12, 2)]),  # the first Wednesday
        ("monthly", date(2026, 9, 30), date(2026, 12, 31), [(9, 30), (10, 28), (11, 25), (12, 30)]),  # the last
        ("monthly", date(2026, 9, 28), date(2026, 11, 30), [(9, 28), (10, 26), (11, 23)]),  # the fourth Monday
    ],
)
def test_dates_of_each_rhythm(rhythm: str, first: date, through: date, expected: list[tuple[int, int]]) -> None:
    assert [(day.month, day.day) for day in days_of(rhythm, first, through=through)] == expected


@given(rhythm=st.sampled_from(Rhythm.values), first=DAYS)
def test_dates_keep_weekday_and_place_and_leave_room_for_another_time(rhythm: str, first: date) -> None:
    days = list(days_of(rhythm, first, through=first + timedelta(days=800)))
    assert days[0] == first
    assert {day.weekday() for day in days} == {first.weekday()}
    assert all(later - day > 2 * REACH[Rhythm(rhythm)] for day, later in pairwise(days))
    if rhythm == Rhythm.MONTHLY:
        months = [day.year * 12 + day.month for day in days]
        assert months == list(range(months[0], months[0] + len(days)))
        if place_in_month(first) < 5:
            assert {place_in_month(day) for day in days} == {place_in_month(first)}
        else:
            assert all((day + timedelta(days=7)).month != day.month for day in days)


def test_wall_clock_is_kept_when_the_clock_is_put_back() -> None:
    found = occurrences(a_calendar(), rhythm="fortnightly", first_day=WEDNESDAY, minute=HALF_PAST_TEN, now=NOW)
    assert [(one.start, one.fate) for one in found] == [
        (datetime(2026, 9, 30, 8, 30, tzinfo=UTC), "open"),
        (datetime(2026, 10, 14, 8, 30, tzinfo=UTC), "open"),
        (datetime(2026, 10, 28, 9, 30, tzinfo=UTC), "open"),
        (datetime(2026, 11, 11, 9, 30, tzinfo=UTC), "open"),
        (datetime(2026, 11, 25, 9, 30, tzinfo=UTC), "open"),
    ]


def test_days_in_another_zone_have_the_clock_of_that_zone() -> None:
    away = (DatedZone("America/New_York", date(2026, 10, 12), date(2026, 10, 16)),)
    starts = [
        start_on(day, HALF_PAST_TEN, zone="Europe/Amsterdam", dated_zones=away)
        for day in (date(2026, 9, 30), date(2026, 10, 14), date(2026, 10, 28))
    ]
    assert starts == [
        datetime(2026, 9, 30, 8, 30, tzinfo=UTC),
        datetime(2026, 10, 14, 14, 30, tzinfo=UTC),
        datetime(2026, 10, 28, 9, 30, tzinfo=UTC),
    ]


def test_gap_has_no_such_time_and_fold_is_the_first_pass() -> None:
    assert start_on(date(2027, 3, 28), 150, zone="Europe/Amsterdam") is None
    assert start_on(date(2026, 10, 25), 150, zone="Europe/Amsterdam") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    sundays = a_calendar(windows=(WeeklyWindow(6, 0, 6 * 60),), days=30)
    [_before, gap, _after] = occurrences(
        sundays, rhythm="fortnightly", first_day=date(2027, 3, 14), minute=150, now=datetime(2027, 3, 13, tzinfo=UTC)
    )
    assert (gap.day, gap.start, gap.fate) == (date(2027, 3, 28), None, Fate.NO_SUCH_TIME)
    assert gap.nearest is not None
    assert gap.nearest.date() == date(2027, 3, 28)


def test_each_obstacle_is_named_and_the_nearest_free_time_is_beside_it() -> None:
    calendar = a_calendar(
        breaks=[(seconds(2026, 10, 13, 22), seconds(2026, 10, 14, 22))],
        time_off=[(seconds(2026, 10, 28), seconds(2026, 10, 29))],
        others=[(seconds(2026, 11, 11, 9, 45), seconds(2026, 11, 11, 10, 15))],
    )
    found = occurrences(calendar, rhythm="fortnightly", first_day=WEDNESDAY, minute=HALF_PAST_TEN, now=NOW)
    assert [(one.day.day, one.fate.value, one.nearest and f"{one.nearest:%d %H:%M}") for one in found] == [
        (30, "open", None),
        (14, "break", "13 13:45"),
        (28, "time_off", "27 14:45"),
        (11, "taken", "11 08:45"),
        (25, "open", None),
    ]


def test_outside_the_windows_too_soon_and_beyond_the_horizon() -> None:
    outside = occurrences(a_calendar(days=10), rhythm="fortnightly", first_day=WEDNESDAY, minute=1200, now=NOW)
    assert [(one.fate, one.nearest is not None) for one in outside] == [(Fate.OUTSIDE, True)]
    past = occurrences(a_calendar(days=10), rhythm="fortnightly", first_day=date(2026, 9, 28), minute=540, now=NOW)
    assert [one.fate for one in past] == [Fate.TOO_SOON]


def test_only_dates_after_what_was_planned() -> None:
    found = occurrences(
        a_calendar(), rhythm="fortnightly", first_day=WEDNESDAY, minute=HALF_PAST_TEN, now=NOW, after=date(2026, 10, 28)
    )
    assert [one.day for one in found] == [date(2026, 11, 11), date(2026, 11, 25)]


@settings(max_examples=examples(60), deadline=None)
@given(
    zone=st.sampled_from(["Europe/Amsterdam", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"]),
    first=st.dates(date(2026, 9, 29), date(2026, 10, 20)),
    minute=st.sampled_from([540, 585, 630, 1005]),
    busy=st.lists(st.tuples(st.integers(0, 60 * 24), st.integers(1, 72)), max_size=6),
)
def test_what_is_open_or_near_can_be_booked(zone: str, first: date, minute: int, busy: list[tuple[int, int]]) -> None:
    since = int(NOW.timestamp())
    held = [(since + start * 3600, since + (start + hours) * 3600) for start, hours in busy]
    calendar = a_calendar(zone=zone, others=held)
    for one in occurrences(calendar, rhythm="fortnightly", first_day=first, minute=minute, now=NOW):
        told = one.start if one.is_open else one.nearest
        if told is not None:
            assert calendar.why_closed(at=told, now=NOW) == ()
        if one.start is not None:
            assert one.is_open == (calendar.why_closed(at=one.start, now=NOW) == ())
