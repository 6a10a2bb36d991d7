from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cohorts.errors import CohortError
from cohorts.pacing import Calendar, DaysOff, ends_on, weekly_hours, years_after

START = date(2026, 9, 7)
CHRISTMAS = DaysOff(date(2026, 12, 21), date(2027, 1, 3))

breaks = st.lists(
    st.builds(
        lambda offset, length: DaysOff(START + timedelta(days=offset), START + timedelta(days=offset + length)),
        st.integers(-400, 4000),
        st.integers(0, 120),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("hours", "hours_per_week", "expected"),
    [
        # 10,000 hours at 25 a week are 400 weeks: the last day is a Sunday.
        (10_000, 25, date(2034, 5, 7)),
        (10_000, 20, date(2036, 4, 6)),
        (1_992, 166, date(2026, 11, 29)),
        (25, 25, date(2026, 9, 13)),
        (1, 168, date(2026, 9, 7)),
    ],
)
def test_end_is_the_day_on_which_the_last_hour_is_done(hours: int, hours_per_week: int, expected: date) -> None:
    assert ends_on(hours=Decimal(hours), hours_per_week=Decimal(hours_per_week), starts_on=START) == expected


def test_break_postpones_the_end_by_its_length_and_overlap_counts_once() -> None:
    def end(*days_off: DaysOff) -> date:
        return ends_on(hours=Decimal(1000), hours_per_week=Decimal(25), starts_on=START, days_off=days_off)

    assert end() == date(2027, 6, 13)
    assert end(CHRISTMAS) == date(2027, 6, 27)
    assert end(CHRISTMAS, DaysOff(date(2026, 12, 25), date(2027, 1, 10))) == date(2027, 7, 4)
    assert end(DaysOff(date(2026, 8, 1), date(2026, 9, 6))) == end()
    assert end(DaysOff(date(2027, 6, 14), date(2027, 8, 1))) == end()
    assert end(DaysOff(date(2027, 6, 13), date(2027, 8, 1))) == date(2027, 8, 2)


def test_stated_target_of_two_and_a_half_years_needs_seventy_seven_hours_a_week() -> None:
    end = years_after(START, Decimal("2.5"))

    assert end == date(2029, 3, 7)
    assert weekly_hours(hours=Decimal(10_000), starts_on=START, ends_on=end) == Decimal("76.7")


@settings(deadline=None)
@given(hours=st.decimals(1, 20_000, places=2), days=st.integers(0, 6000), days_off=breaks)
def test_hours_a_week_that_are_asked_for_do_end_it_in_time(hours: Decimal, days: int, days_off: list[DaysOff]) -> None:
    by = START + timedelta(days=days)
    available = Calendar(START, days_off).count(by)
    assume(available and hours * 7 / available <= 168)

    needed = weekly_hours(hours=hours, starts_on=START, ends_on=by, days_off=days_off)

    assert ends_on(hours=hours, hours_per_week=needed, starts_on=START, days_off=days_off) <= by


@settings(deadline=None)
@given(days_off=breaks, number=st.integers(1, 5000))
def test_calendar_counts_every_day_that_is_not_off(days_off: list[DaysOff], number: int) -> None:
    calendar = Calendar(START, days_off)
    day = calendar.day(number)

    assert calendar.count(day) == number
    assert not any(pause.first <= day <= pause.last for pause in days_off)
    walked = [START + timedelta(days=offset) for offset in range((day - START).days + 1)]
    assert sum(not any(pause.first <= one <= pause.last for pause in days_off) for one in walked) == number


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"starts_on": date(1900, 1, 1)}, "date_out_of_range"),
        ({"starts_on": date(9999, 12, 31)}, "date_out_of_range"),
        ({"hours_per_week": Decimal(0)}, "weekly_hours_out_of_range"),
        ({"hours_per_week": Decimal("0.9")}, "weekly_hours_out_of_range"),
        ({"hours_per_week": Decimal(500)}, "weekly_hours_out_of_range"),
        ({"hours_per_week": Decimal("NaN")}, "weekly_hours_out_of_range"),
        ({"hours_per_week": Decimal(1)}, "too_long"),
        ({"hours": Decimal(0)}, "no_hours"),
        ({"hours": Decimal(100_001)}, "too_many_hours"),
        ({"days_off": [DaysOff(date(2000, 1, 1), date(9999, 12, 31))]}, "breaks_leave_no_time"),
        ({"days_off": [DaysOff(START, date(2074, 1, 1))]}, "breaks_leave_no_time"),
    ],
)
def test_values_that_no_program_has_are_refused(values: dict[str, object], code: str) -> None:
    fine: dict[str, object] = {"hours": Decimal(10_000), "hours_per_week": Decimal(25), "starts_on": START}

    with pytest.raises(CohortError) as refused:
        ends_on(**{**fine, **values})  # type: ignore[arg-type]

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("by", "days_off", "code"),
    [
        (date(2026, 9, 6), [], "end_before_start"),
        (date(9999, 12, 31), [], "date_out_of_range"),
        (date(2026, 11, 29), [], "week_too_short"),
        (date(2026, 11, 29), [DaysOff(START, date(2026, 12, 31))], "breaks_leave_no_time"),
    ],
)
def test_end_that_no_week_can_reach_is_refused(by: date, days_off: list[DaysOff], code: str) -> None:
    with pytest.raises(CohortError) as refused:
        weekly_hours(hours=Decimal(10_000), starts_on=START, ends_on=by, days_off=days_off)

    assert refused.value.code == code


def test_refusal_says_how_many_hours_it_would_take() -> None:
    with pytest.raises(CohortError, match=r"by 29 Nov 2026 would take 833.4 hours a week, and a week has 168"):
        weekly_hours(hours=Decimal(10_000), starts_on=START, ends_on=date(2026, 11, 29))


def test_years_end_on_the_last_of_the_month_when_the_day_is_missing() -> None:
    assert years_after(date(2026, 8, 31), Decimal("2.5")) == date(2029, 2, 28)
