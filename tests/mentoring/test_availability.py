import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mentoring.availability import ClosedReason, Held, bookings_span, free_slots, free_starts, why_closed
from mentoring.availability_rules import (
    AvailabilityError,
    AvailabilityRules,
    ClockWindow,
    DatedException,
    WeeklyWindow,
)
from mentoring.zones import UnknownZoneError

CASES = json.loads((Path(__file__).parents[1] / "data" / "availability.json").read_text())["cases"]

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
LONG_BEFORE = datetime(2026, 9, 1, tzinfo=UTC)

APIA_SKIPS_FRIDAY: dict[str, Any] = {
    "day": datetime(2011, 12, 28, tzinfo=UTC),
    "days": 5,
    "now": datetime(2011, 12, 1, tzinfo=UTC),
}


def rules_for(*windows: WeeklyWindow, **more: Any) -> AvailabilityRules:
    return AvailabilityRules(
        **{"zone": "UTC", "windows": windows, "exceptions": (), "duration": 30, "step": 30, **more},
    )


def starts(rules: AvailabilityRules, *, day: datetime = MONDAY, days: float = 1, **more: Any) -> list[str]:
    slots = free_slots(rules, **{"start": day, "end": day + timedelta(days=days), "now": LONG_BEFORE, **more})
    return [f"{slot:%d %H:%M}" for slot in slots]


def reasons(rules: AvailabilityRules, at: datetime, **more: Any) -> tuple[ClosedReason, ...]:
    return why_closed(rules, **{"at": at, "now": LONG_BEFORE, **more})


def clock_minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def case_rules(case: dict[str, Any]) -> AvailabilityRules:
    return AvailabilityRules(
        zone=case["mentor_zone"],
        windows=tuple(
            WeeklyWindow(each["weekday"], clock_minute(each["start"]), clock_minute(each["end"]))
            for each in case["weekly_windows"]
        ),
        exceptions=tuple(
            DatedException(
                date.fromisoformat(each["date"]),
                tuple(ClockWindow(clock_minute(w["start"]), clock_minute(w["end"])) for w in each["windows"]),
            )
            for each in case["overrides"]
        ),
        duration=case["duration_min"],
        step=case["step_min"],
        buffer_before=case["buffer_before_min"],
        buffer_after=case["buffer_after_min"],
        min_notice=case["min_notice_min"],
        max_days_ahead=case["max_days_ahead"],
        max_per_day=case["max_per_day"],
        max_per_week=case["max_per_week"],
    )


def case_holds(each: list[dict[str, Any]]) -> list[Held]:
    return [
        Held(
            datetime.fromisoformat(held["start"]),
            datetime.fromisoformat(held["end"]),
            held.get("buffer_before_min"),
            held.get("buffer_after_min"),
        )
        for held in each
        if held.get("status") != "cancelled"
    ]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    slots = free_slots(
        case_rules(case),
        start=datetime.fromisoformat(case["query"]["from"]),
        end=datetime.fromisoformat(case["query"]["to"]),
        now=datetime.fromisoformat(case["now"]),
        mentor_bookings=case_holds(case["mentor_bookings"]),
        learner_bookings=case_holds(case["learner_bookings"]),
        time_off=case_holds(case["mentor_time_off"]),
    )
    assert [f"{slot:%Y-%m-%dT%H:%M:%SZ}" for slot in slots] == case["expected_utc_starts"]
    assert all(slot.tzinfo is UTC for slot in slots)


def test_a_window_inside_a_fold_is_open_in_both_passes() -> None:
    rules = rules_for(WeeklyWindow(6, 120, 150), zone="Europe/Amsterdam")
    assert starts(rules, day=datetime(2026, 10, 25, tzinfo=UTC)) == ["25 00:00", "25 01:00"]


def test_a_meeting_may_span_the_transition_into_a_gap() -> None:
    rules = rules_for(WeeklyWindow(6, 90, 210), zone="Europe/Amsterdam", duration=60)
    assert starts(rules, day=datetime(2027, 3, 28, tzinfo=UTC)) == ["28 00:30"]


def test_a_window_on_a_date_that_the_zone_skips_does_not_exist() -> None:
    skipped_friday = rules_for(WeeklyWindow(4, 540, 720), zone="Pacific/Apia")
    assert starts(skipped_friday, **APIA_SKIPS_FRIDAY) == []


def test_a_window_that_spills_out_of_a_skipped_date_begins_at_its_first_existing_instant() -> None:
    friday_night = rules_for(WeeklyWindow(4, 1390, 60), zone="Pacific/Apia")
    assert starts(friday_night, **APIA_SKIPS_FRIDAY) == ["30 10:00", "30 10:30"]


def test_a_window_that_ends_before_it_starts_crosses_midnight() -> None:
    rules = rules_for(WeeklyWindow(0, 1380, 60))
    assert starts(rules, days=2) == ["07 23:00", "07 23:30", "08 00:00", "08 00:30"]


def test_a_window_that_ends_when_it_starts_lasts_until_the_next_date() -> None:
    rules = rules_for(WeeklyWindow(0, 1080, 1080), duration=360, step=360)
    assert starts(rules, days=3) == ["07 18:00", "08 00:00", "08 06:00", "08 12:00"]


@pytest.mark.parametrize("midnight", [0, 1440])
def test_an_end_at_midnight_is_written_as_the_end_of_the_day_or_the_start_of_the_next(midnight: int) -> None:
    rules = rules_for(WeeklyWindow(0, 1380, midnight))
    assert starts(rules, days=2) == ["07 23:00", "07 23:30"]


def test_a_meeting_longer_than_any_window_has_no_slot() -> None:
    assert starts(rules_for(WeeklyWindow(0, 540, 720), duration=181, step=5)) == []


def test_a_meeting_longer_than_any_window_fits_where_windows_of_two_dates_touch() -> None:
    rules = rules_for(WeeklyWindow(0, 1320, 1440), WeeklyWindow(1, 0, 90), duration=180)
    assert starts(rules, days=3) == ["07 22:00", "07 22:30"]


def test_windows_of_two_dates_that_overlap_keep_their_own_grids_and_offer_a_shared_start_once() -> None:
    rules = rules_for(WeeklyWindow(0, 1420, 60), WeeklyWindow(1, 0, 60), step=20)
    assert starts(rules, days=2) == ["07 23:40", "08 00:00", "08 00:20"]
    rules = rules_for(WeeklyWindow(0, 1430, 60), WeeklyWindow(1, 0, 60), step=20)
    assert starts(rules, days=2) == ["07 23:50", "08 00:00", "08 00:10", "08 00:20", "08 00:30"]


def test_an_exception_replaces_the_weekly_windows_of_its_date_and_may_cross_midnight() -> None:
    rules = rules_for(
        WeeklyWindow(0, 540, 600),
        WeeklyWindow(1, 540, 600),
        exceptions=(DatedException(date(2026, 9, 7), (ClockWindow(1410, 30),)),),
    )
    assert starts(rules, days=2) == ["07 23:30", "08 00:00", "08 09:00", "08 09:30"]


def test_an_exception_cuts_what_spills_in_from_the_exception_of_the_day_before() -> None:
    rules = rules_for(
        exceptions=(
            DatedException(date(2026, 9, 7), (ClockWindow(1410, 120),)),
            DatedException(date(2026, 9, 8), (ClockWindow(60, 90),)),
        ),
    )
    assert starts(rules, days=2) == ["07 23:30", "08 01:00"]


def test_a_booking_keeps_the_buffers_it_was_made_with() -> None:
    rules = rules_for(WeeklyWindow(0, 540, 720), buffer_before=60, buffer_after=0)
    booking = Held(MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=10, minutes=30), 0, 30)
    assert starts(rules, mentor_bookings=[booking]) == ["07 09:00", "07 09:30"]
    assert starts(rules, mentor_bookings=[Held(booking.start, booking.end)]) == ["07 11:30"]


def test_time_off_and_the_learners_bookings_block_the_bare_meeting() -> None:
    rules = rules_for(WeeklyWindow(0, 540, 720), buffer_before=30, buffer_after=30)
    held = [Held(MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=11), 30, 30)]
    free = ["07 09:00", "07 09:30", "07 11:00", "07 11:30"]
    assert starts(rules, learner_bookings=held) == free
    assert starts(rules, time_off=held) == free


def test_the_horizon_includes_the_last_local_date_and_nothing_after_it() -> None:
    rules = rules_for(
        *(WeeklyWindow(weekday, 1380, 60) for weekday in range(7)), zone="America/New_York", step=60, max_days_ahead=1
    )
    # 23:30 on Monday the 7th in New York: Tuesday is the last date, though it is Tuesday in UTC already.
    now = datetime(2026, 9, 8, 3, 30, tzinfo=UTC)
    assert starts(rules, now=now, days=5) == ["08 04:00", "09 03:00"]


def test_the_weekly_cap_counts_the_iso_week_of_the_mentors_zone() -> None:
    rules = rules_for(
        WeeklyWindow(6, 1320, 1380), WeeklyWindow(0, 540, 600), zone="America/New_York", duration=60, max_per_week=1
    )
    # Sunday the 6th 22:00 in New York is Monday in UTC: it fills the week before.
    sunday = datetime(2026, 9, 7, 2, tzinfo=UTC)
    weeks: dict[str, Any] = {"day": sunday, "days": 9}
    assert starts(rules, **weeks) == ["07 02:00", "07 13:00", "14 02:00", "14 13:00"]
    assert starts(rules, **weeks, mentor_bookings=[Held(sunday, sunday + timedelta(hours=1))]) == [
        "07 13:00",
        "14 02:00",
        "14 13:00",
    ]


@pytest.mark.parametrize("cap", ["max_per_day", "max_per_week"])
def test_a_cap_of_zero_closes_every_day(cap: str) -> None:
    assert starts(rules_for(WeeklyWindow(0, 540, 720), **{cap: 0})) == []


def test_a_fraction_of_a_second_counts() -> None:
    rules = rules_for(WeeklyWindow(0, 540, 630))
    tick = timedelta(microseconds=1)
    nine = MONDAY + timedelta(hours=9)
    assert starts(rules, now=nine + tick) == ["07 09:30", "07 10:00"]
    assert starts(rules, start=nine + tick, end=nine + timedelta(hours=1) + tick) == ["07 09:30", "07 10:00"]
    assert starts(rules, time_off=[Held(MONDAY, nine + tick)]) == ["07 09:30", "07 10:00"]
    assert starts(rules, time_off=[Held(nine + timedelta(minutes=30) - tick, nine + timedelta(hours=1))]) == [
        "07 10:00"
    ]
    assert reasons(rules, nine + tick) == (ClosedReason.OUTSIDE,)
    assert starts(rules_for(WeeklyWindow(0, 540, 630), max_days_ahead=0), now=MONDAY - tick) == []


def test_a_query_that_ends_before_it_starts_has_no_slots() -> None:
    assert starts(rules_for(WeeklyWindow(0, 540, 720)), days=-1) == []


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(TypeError):
        starts(rules_for(WeeklyWindow(0, 540, 720)), now=datetime(2026, 9, 1))


def test_free_starts_are_the_free_slots_in_epoch_seconds() -> None:
    rules = rules_for(WeeklyWindow(0, 540, 660), buffer_after=15)
    monday = int(MONDAY.timestamp())
    assert free_starts(
        rules,
        start=MONDAY,
        end=MONDAY + timedelta(days=1),
        now=MONDAY,
        mentor_bookings=[(monday + 9 * 3600, monday + 9 * 3600 + 900, None, None)],
        learner_bookings=[(monday + 10 * 3600, monday + 10 * 3600 + 60)],
        time_off=[(monday, monday + 60)],
    ) == [monday + 9 * 3600 + 1800, monday + 10 * 3600 + 1800]


def test_an_open_instant_has_no_reason_to_be_closed() -> None:
    assert reasons(rules_for(WeeklyWindow(0, 540, 720)), MONDAY + timedelta(hours=9)) == ()


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(2026, 9, 7, 9, 0, tzinfo=UTC), ClosedReason.TOO_SOON),
        (datetime(2026, 9, 7, 11, 45, tzinfo=UTC), ClosedReason.OUTSIDE),
        (datetime(2026, 9, 7, 11, 50, tzinfo=UTC), ClosedReason.OUTSIDE),
        (datetime(2026, 9, 14, 9, 0, tzinfo=UTC), ClosedReason.TIME_OFF),
        (datetime(2026, 9, 14, 10, 15, tzinfo=UTC), ClosedReason.TAKEN),
        (datetime(2026, 9, 15, 10, 15, tzinfo=UTC), ClosedReason.TAKEN),
        (datetime(2026, 9, 16, 9, 0, tzinfo=UTC), ClosedReason.CAP_REACHED),
        (datetime(2026, 9, 21, 9, 0, tzinfo=UTC), ClosedReason.TOO_FAR),
    ],
)
def test_a_closed_instant_says_why(at: datetime, reason: ClosedReason) -> None:
    def half_hour(day: int, hour: int) -> Held:
        start = datetime(2026, 9, day, hour, tzinfo=UTC)
        return Held(start, start + timedelta(minutes=30))

    rules = rules_for(
        *(WeeklyWindow(weekday, 540, 720) for weekday in range(7)),
        step=15,
        min_notice=120,
        max_days_ahead=13,
        max_per_day=2,
    )
    assert reasons(
        rules,
        at,
        now=datetime(2026, 9, 7, 7, 30, tzinfo=UTC),
        mentor_bookings=[half_hour(14, 10), half_hour(16, 10), half_hour(16, 11)],
        learner_bookings=[half_hour(15, 10)],
        time_off=[half_hour(14, 9)],
    ) == (reason,)


def test_every_reason_is_given_in_order() -> None:
    rules = rules_for(min_notice=7200, max_days_ahead=0, max_per_week=1)
    held = [Held(MONDAY, MONDAY + timedelta(minutes=30))]
    assert reasons(
        rules, MONDAY, now=MONDAY - timedelta(days=1), mentor_bookings=held, learner_bookings=held, time_off=held
    ) == tuple(ClosedReason)


def test_bookings_outside_the_span_change_nothing_and_the_iso_week_is_inside_it() -> None:
    rules = rules_for(WeeklyWindow(6, 540, 600), duration=60, max_per_week=1, buffer_before=600, buffer_after=600)
    sunday = MONDAY + timedelta(days=6)
    query: dict[str, Any] = {"start": sunday, "end": sunday + timedelta(days=1)}
    first, last = bookings_span(rules, **query)
    outside = [Held(first - timedelta(hours=1), first), Held(last, last + timedelta(hours=1))]
    monday = Held(MONDAY, MONDAY + timedelta(hours=1))

    assert starts(rules, **query, mentor_bookings=outside) == ["13 09:00"]
    assert starts(rules, **query, mentor_bookings=[monday]) == []
    assert first <= monday.start


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WeeklyWindow(7, 0, 60), "A weekday is 0 (Monday) to 6 (Sunday), not 7."),
        (lambda: WeeklyWindow(0, 1440, 60), "A window starts at minute 0 to 1439 of the day, not 1440."),
        (lambda: ClockWindow(-1, 60), "A window starts at minute 0 to 1439 of the day, not -1."),
        (lambda: ClockWindow(0, 1441), "A window ends at minute 0 to 1440 of the day, not 1441."),
        (lambda: rules_for(duration=0), "A meeting and the step between starts last at least one minute."),
        (lambda: rules_for(step=0), "A meeting and the step between starts last at least one minute."),
        (lambda: rules_for(buffer_before=-1), "Buffers, notice, horizon and caps are zero or more."),
        (lambda: rules_for(max_per_week=-1), "Buffers, notice, horizon and caps are zero or more."),
        (lambda: rules_for(exceptions=(DatedException(MONDAY.date()),) * 2), "A date has at most one exception."),
        (
            lambda: Held(MONDAY, MONDAY),
            "What starts at 2026-09-07 00:00:00+00:00 ends after it, not at 2026-09-07 00:00:00+00:00.",
        ),
    ],
)
def test_a_rule_that_cannot_be_applied_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(AvailabilityError) as refused:
        make()
    assert str(refused.value) == message


def test_rules_in_an_unknown_zone_are_refused() -> None:
    with pytest.raises(UnknownZoneError):
        rules_for(zone="Europe/Hilversum")
