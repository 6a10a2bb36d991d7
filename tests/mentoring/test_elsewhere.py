"""What follows the clock of where the mentor is: Joris, of Amsterdam, is in Kathmandu for two weeks."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role
from cohorts.models import Break
from mentoring.calendars import read_calendar
from mentoring.matchmaking import candidates
from mentoring.models import AvailabilityWindow
from mentoring.offering import add_stay
from mentoring.open_time import who_has_open_time
from mentoring.series import clock_of, hand_over_series, running_series, start_series
from mentoring.series_words import rhythm_words
from mentoring.wording import time_for_both
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, a_mentor, recorded
from tests.mentoring.test_session_pages import queries

SignIn = Callable[[Membership | None], Client]
TODAY = NOW.date()
FIRST = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # a quarter to ten in Kathmandu


@pytest.fixture
def elsewhere(given: Mentoring) -> Mentoring:
    add_stay(
        mentor=given.mentor, time_zone="Asia/Kathmandu", first=TODAY - DAY, last=TODAY + 13 * DAY, today=TODAY - DAY
    )
    return given


def test_matching_compares_the_clocks_of_now(elsewhere: Mentoring) -> None:
    assert [one.offset for one in candidates(now=NOW)] == [5 * 60 + 45]
    assert [one.offset for one in candidates(now=NOW + 20 * DAY)] == [60]


def test_series_is_told_on_the_clock_of_where_the_mentor_is(elsewhere: Mentoring) -> None:
    series = start_series(
        mentor=elsewhere.mentor, enrollment=elsewhere.amira, rhythm="fortnightly", first=FIRST, choices={},
        by=elsewhere.cast.amira, now=NOW,
    )  # fmt: skip
    assert rhythm_words(series, now=NOW) == "Every 2 weeks on Wednesday, 09:45 (Kathmandu)"
    assert rhythm_words(series, now=NOW + 20 * DAY) == "Every 2 weeks on Wednesday, 09:45 (Amsterdam)"


def test_series_goes_on_at_the_same_instant_with_a_mentor_at_home(elsewhere: Mentoring) -> None:
    start_series(
        mentor=elsewhere.mentor, enrollment=elsewhere.amira, rhythm="fortnightly", first=FIRST, choices={},
        by=elsewhere.cast.amira, now=NOW,
    )  # fmt: skip
    sofia = a_mentor(member("Sofia", "sofia@lantaarn.example", Role.MENTOR))
    hand_over_series(enrollment=elsewhere.amira, to=sofia, now=NOW)
    found = running_series(elsewhere.amira)
    assert found is not None
    assert (found.mentor, found.first_day, found.minute) == (sofia, *clock_of(sofia, FIRST))


def test_proposed_times_stand_on_both_clocks_where_they_differ(elsewhere: Mentoring) -> None:
    mentor = elsewhere.mentor
    assert time_for_both(FIRST, mentor) == (
        "Wednesday 25 November 2026, 05:00 (Amsterdam); for Joris Hoekema 09:45 (Kathmandu)"
    )
    late = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
    assert time_for_both(late, mentor).endswith("for Joris Hoekema Thu 26 Nov, 01:45 (Kathmandu)")
    home = WEDNESDAY + 21 * DAY
    assert time_for_both(home, mentor) == "Wednesday 16 December 2026, 10:30 (Amsterdam)"


def test_break_of_the_organization_is_of_the_days_where_the_mentor_is(elsewhere: Mentoring) -> None:
    AvailabilityWindow.objects.all().delete()
    AvailabilityWindow.objects.create(mentor=elsewhere.mentor, weekday=2, start_minute=0, end_minute=120)
    joris, until = elsewhere.cast.joris.pk, NOW + 3 * DAY
    assert who_has_open_time([joris], now=NOW, until=until) == {joris}
    # Wednesday from midnight in Kathmandu is Tuesday evening in Amsterdam.
    Break.objects.create(name="Holiday", starts_on=date(2026, 11, 25), ends_on=date(2026, 11, 25))
    assert who_has_open_time([joris], now=NOW, until=until) == set()
    calendar = read_calendar(mentor=joris, enrollment=None, start=NOW, end=until)
    assert calendar is not None
    assert calendar.free(start=NOW, end=until, now=NOW) == []


def test_week_page_asks_as_often_for_three_as_for_one(given_page: Mentoring, sign_in: SignIn) -> None:
    client, counts = sign_in(given_page.cast.joris), []
    for number in range(3):
        with scope(given_page.cast.organization.pk), timezone.override("Europe/Amsterdam"):
            recorded(given_page, start=WEDNESDAY + number * timedelta(hours=1), status="booked")
            first = TODAY + (1 + 2 * number) * DAY
            add_stay(mentor=given_page.mentor, time_zone="Asia/Kathmandu", first=first, last=first, today=TODAY)
        if number != 1:
            counts.append(queries(client, "/o/lantaarn/week/"))
    assert counts == [10, 10]
