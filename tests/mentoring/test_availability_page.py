import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from accounts.models import Membership
from mentoring.availability_rules import AvailabilityRules, ClockWindow, WeeklyWindow
from mentoring.calendars import days_span
from mentoring.errors import MentoringError
from mentoring.models import AvailabilityException, AvailabilityWindow, Mentor, Stay, TimeOff
from mentoring.offered import time_off_rows
from mentoring.offering import (
    add_stay,
    add_time_off,
    change_limits,
    longest_window,
    mentor_of,
    replace_windows,
    set_exception,
)
from mentoring.slot_days import offer_for
from mentoring.wording import mentor_clock
from mentoring.zones import load_zone
from organizations.scope import scope
from tests.conftest import NOW
from tests.mentoring.given import Mentoring, booked

SignIn = Callable[[Membership | None], Client]
PAGE = "/o/lantaarn/availability/"
PREVIEW = f"{PAGE}preview/"
TODAY = NOW.date()
LIMITS: dict[str, Any] = {
    "limits-duration": "45", "limits-step": "45", "limits-max_days_ahead": "60", "limits-buffer_before": "0",
    "limits-buffer_after": "5", "limits-max_per_day": "", "limits-max_per_week": "4",
    "limits-time_zone": "Asia/Kathmandu", "limits-min_notice_hours": "12",
    "limits-video_link": "https://meet.example/joris",
}  # fmt: skip


def of_lantaarn(given: Mentoring) -> AbstractContextManager[None]:
    return scope(given.cast.organization.pk)


def weekly(*rows: tuple[str, str, str] | tuple[str, str, str, str]) -> dict[str, str]:
    """A posted week of (weekday, from, until) and perhaps a mark to remove it."""
    posted = {"part": "windows", "windows-TOTAL_FORMS": str(len(rows)), "windows-INITIAL_FORMS": str(len(rows))}
    for number, (weekday, start, end, *remove) in enumerate(rows):
        posted |= {f"windows-{number}-{name}": value for name, value in
                   (("weekday", weekday), ("start", start), ("end", end))}  # fmt: skip
        if remove:
            posted[f"windows-{number}-DELETE"] = "on"
    return posted


def windows(given: Mentoring) -> list[tuple[int, int, int]]:
    with of_lantaarn(given):
        rows = AvailabilityWindow.objects.order_by("weekday", "start_minute")
        return list(rows.values_list("weekday", "start_minute", "end_minute"))


def posted(client: Client, values: dict[str, Any], status: int) -> str:
    response = client.post(PAGE, values)
    assert response.status_code == status
    return unescape(response.content.decode())


def seen_times(page: str) -> list[str]:
    """The times of all days in the preview."""
    return re.findall(r'<span class="nowrap">(.+?),?</span>', page)


def test_first_opening_makes_an_offer_without_hours(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        Mentor.objects.all().delete()
    client = sign_in(given_page.cast.joris)
    page = client.get(PAGE).content.decode()
    assert "No free times in the next three weeks." in page
    client.get(PAGE)
    with of_lantaarn(given_page):
        made = Mentor.objects.get()
        assert (made.membership, made.time_zone, made.duration, made.min_notice) == (
            given_page.cast.joris, "Europe/Amsterdam", 45, 1440,
        )  # fmt: skip
    assert windows(given_page) == []


def test_page_shows_the_week_with_an_empty_row_for_each_day_and_what_learners_see(
    given_page: Mentoring, sign_in: SignIn
) -> None:
    page = unescape(sign_in(given_page.cast.joris).get(PAGE).content.decode())
    pattern_of_further_rows = 7
    assert page.count('type="time"') == 2 * (5 + 7 + pattern_of_further_rows) + 4
    assert page.count(">Remove</span>") == 5
    assert "Wednesday 25 November" in page
    assert seen_times(page)[:3] == ["10:30", "11:15", "12:00"]


def test_rows_are_added_changed_and_removed(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.joris)
    rows = weekly(
        ("0", "10:00", "12:00"), ("1", "09:00", "17:00", "remove"), ("2", "22:00", "02:00"), ("3", "00:00", "00:00"),
        ("4", "", ""), ("6", "13:00", "00:00"),
    )  # fmt: skip
    posted(client, rows, 302)
    assert windows(given_page) == [(0, 600, 720), (2, 1320, 120), (3, 0, 0), (6, 780, 0)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("0", "10:00", ""), "Fill in when it ends."),
        (("0", "", "12:00"), "Fill in when it starts."),
        (("0", "10:00", "10:00"), "It ends when it starts."),
        (("0", "25:00", "26:00"), "Enter a valid time."),
    ],
)
def test_half_a_window_is_answered_with_what_is_missing(
    given_page: Mentoring, sign_in: SignIn, row: tuple[str, str, str], said: str
) -> None:
    before = windows(given_page)
    page = posted(sign_in(given_page.cast.joris), weekly(row, ("1", "11:00", "12:00")), 422)
    assert said in page
    assert 'value="11:00"' in page
    assert page.count(">Remove</span>") == 2
    assert windows(given_page) == before


def test_two_windows_with_one_start_are_refused(given_page: Mentoring, sign_in: SignIn) -> None:
    page = posted(sign_in(given_page.cast.joris), weekly(("0", "10:00", "11:00"), ("0", "10:00", "12:00")), 422)
    assert "Monday has two windows that start at 10:00. Remove one of them." in page


@pytest.mark.parametrize("broken", [{"part": "windows"}, weekly(("7", "10:00", "11:00")), weekly(("x", "", ""))])
def test_broken_posts_change_nothing(given_page: Mentoring, sign_in: SignIn, broken: dict[str, str]) -> None:
    before = windows(given_page)
    posted(sign_in(given_page.cast.joris), broken, 422)
    assert windows(given_page) == before


def test_unknown_part_does_nothing(given_page: Mentoring, sign_in: SignIn) -> None:
    posted(sign_in(given_page.cast.joris), {"part": "x"}, 302)


def test_rules_are_saved(given_page: Mentoring, sign_in: SignIn) -> None:
    posted(sign_in(given_page.cast.joris), {"part": "limits", **LIMITS}, 302)
    with of_lantaarn(given_page):
        row = Mentor.objects.get()
        assert (row.time_zone, row.buffer_after, row.max_per_day, row.max_per_week, row.min_notice, row.video_link) == (
            "Asia/Kathmandu", 5, None, 4, 720, "https://meet.example/joris",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("duration", "5"), ("step", "0"), ("max_days_ahead", "0"), ("max_days_ahead", "9999"), ("buffer_before", "-1"),
        ("max_per_day", "0"), ("time_zone", "Mars/Olympus"), ("video_link", "http://meet.example"),
        ("video_link", "javascript:alert(1)"), ("min_notice_hours", ""),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_answered_with_the_form(
    given_page: Mentoring, sign_in: SignIn, name: str, value: str
) -> None:
    page = posted(sign_in(given_page.cast.joris), {"part": "limits", **LIMITS, f"limits-{name}": value}, 422)
    assert "<title>Error: " in page
    with of_lantaarn(given_page):
        assert Mentor.objects.get().time_zone == "Europe/Amsterdam"


def test_meeting_longer_than_every_window_is_pointed_out(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        AvailabilityWindow.objects.update(end_minute=9 * 60 + 30)
    page = unescape(sign_in(given_page.cast.joris).get(PAGE).content.decode())
    assert "A 1-on-1 takes 45 minutes and your longest window is 30, so nobody can book." in page


def test_date_with_other_hours_is_set_replaced_and_removed(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.joris)
    day = {"part": "exception", "exception-date": "2026-11-25"}
    posted(client, {**day, "exception-start": "20:00", "exception-end": "22:00"}, 302)
    posted(
        client,
        {**day, "exception-start": "23:00", "exception-end": "01:00", "exception-second_start": "08:00",
         "exception-second_end": "09:00"},
        302,
    )  # fmt: skip
    with of_lantaarn(given_page):
        row = AvailabilityException.objects.get()
        assert (row.date, row.windows) == (date(2026, 11, 25), [[1380, 60], [480, 540]])
    assert "23:00 to 01:00, 08:00 to 09:00" in client.get(PAGE).content.decode()
    posted(client, {"part": "remove_exception", "pk": str(row.pk)}, 302)
    posted(client, {"part": "remove_exception", "pk": "x"}, 302)
    with of_lantaarn(given_page):
        assert not AvailabilityException.objects.exists()
    assert "That date is over." in posted(client, {**day, "exception-date": "2026-11-22"}, 422)
    assert "Fill in when it ends." in posted(client, {**day, "exception-start": "20:00"}, 422)


def test_time_off_is_set_told_about_and_removed(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        booked(given_page)
    client = sign_in(given_page.cast.joris)
    off = {"part": "time_off", "time_off-first": "2026-11-24", "time_off-last": "2026-11-26", "time_off-note": "Away"}
    page = unescape(client.post(PAGE, off, follow=True).content.decode())
    assert "Say what happens to each 1-on-1 that is booked in it" in page
    assert "Tue 24 November 2026 – Thu 26 November 2026" in page
    with of_lantaarn(given_page):
        row = TimeOff.objects.get()
    posted(client, {"part": "remove_time_off", "pk": str(row.pk)}, 302)
    with of_lantaarn(given_page):
        assert not TimeOff.objects.exists()
    assert "Swap them." in posted(client, {**off, "time_off-last": "2026-11-23"}, 422)
    assert "Those days are over." in posted(
        client, {**off, "time_off-first": "2026-11-20", "time_off-last": "2026-11-22"}, 422
    )
    assert "That is at most a year" in posted(client, {**off, "time_off-last": "9999-12-30"}, 422)


def test_what_belongs_to_another_mentor_stays(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        ilse = mentor_of(membership=given_page.cast.ilse, time_zone="Europe/Amsterdam")
        theirs = add_time_off(mentor=ilse, first=TODAY, last=TODAY, note="", today=TODAY)
        day = set_exception(mentor=ilse, on=TODAY, windows=[], today=TODAY)
    client = sign_in(given_page.cast.joris)
    posted(client, {"part": "remove_time_off", "pk": str(theirs.pk)}, 302)
    posted(client, {"part": "remove_exception", "pk": str(day.pk)}, 302)
    with of_lantaarn(given_page):
        assert (TimeOff.objects.count(), AvailabilityException.objects.count()) == (1, 1)


STAY = {"part": "stay", "stay-time_zone": "Asia/Kathmandu", "stay-first": "2026-12-07", "stay-last": "2026-12-11"}


def test_days_elsewhere_are_set_shown_and_removed(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.joris)
    posted(client, STAY, 302)
    page = unescape(client.get(PAGE).content.decode())
    assert "Mon 7 December 2026 – Fri 11 December 2026" in page
    with of_lantaarn(given_page):
        row = Stay.objects.get()
        assert (row.time_zone, row.first, row.last) == ("Asia/Kathmandu", date(2026, 12, 7), date(2026, 12, 11))
    posted(client, {"part": "remove_stay", "pk": str(row.pk)}, 302)
    posted(client, {"part": "remove_stay", "pk": str(row.pk)}, 302)
    with of_lantaarn(given_page):
        assert not Stay.objects.exists()


@pytest.mark.parametrize(
    ("values", "said", "field"),
    [
        ({"stay-time_zone": "Mars/Olympus"}, "“Mars/Olympus” is not a time zone.", "time_zone"),
        ({"stay-last": "2026-12-06"}, "The last day lies before the first. Swap them.", "last"),
        ({"stay-first": "2026-11-01", "stay-last": "2026-11-22"}, "Those days are over.", "last"),
        ({"stay-last": "9999-12-30"}, "That is at most a year", "last"),
        ({"stay-first": "", "stay-last": "x"}, "Choose “First day”.", "first"),
        (
            {"stay-first": "2026-12-20", "stay-last": "2026-12-24"},
            "Your hours are on the clock of Tokyo from 24 December 2026 to 31 December 2026.",
            "last",
        ),
    ],
)
def test_days_elsewhere_that_cannot_be_are_told_beside_the_field(
    given_page: Mentoring, sign_in: SignIn, values: dict[str, str], said: str, field: str
) -> None:
    with of_lantaarn(given_page):
        new_year = (date(2026, 12, 24), date(2026, 12, 31))
        add_stay(mentor=given_page.mentor, time_zone="Asia/Tokyo", first=new_year[0], last=new_year[1], today=TODAY)
    page = posted(sign_in(given_page.cast.joris), {**STAY, **values}, 422)
    assert said in page[page.index(f'id="id_stay-{field}_error"') :]
    if values.get("stay-first"):
        assert f'value="{values["stay-first"]}"' in page
    with of_lantaarn(given_page):
        assert Stay.objects.count() == 1


def test_preview_shows_what_stands_in_the_forms_on_the_chosen_clock(given_page: Mentoring, sign_in: SignIn) -> None:
    client, before = sign_in(given_page.cast.joris), windows(given_page)
    sent = {
        **weekly(("2", "09:00", "10:00")), **LIMITS, "zone": "Asia/Kathmandu", "limits-time_zone": "Europe/Amsterdam",
        "limits-duration": "30", "limits-step": "30",
    }  # fmt: skip
    page = unescape(client.post(PREVIEW, sent).content.decode())
    assert seen_times(page) == ["13:45 (09:00)", "14:15 (09:30)"] * 3
    assert "on the clock of Kathmandu. In brackets your own, Amsterdam." in page
    assert windows(given_page) == before
    with of_lantaarn(given_page):
        assert Mentor.objects.get().duration == 45
    assert "your longest window is 60" in client.post(PREVIEW, {**sent, "limits-duration": "90"}).content.decode()


def test_preview_counts_what_is_not_right_as_saved(given_page: Mentoring, sign_in: SignIn) -> None:
    sent = {**weekly(("2", "09:00", "")), **LIMITS, "limits-duration": "x", "zone": "Mars/Olympus"}
    page = sign_in(given_page.cast.joris).post(PREVIEW, sent).content.decode()
    assert seen_times(page)[:3] == ["10:30", "11:15", "12:00"]


def test_preview_needs_no_script(given_page: Mentoring, sign_in: SignIn) -> None:
    page = unescape(sign_in(given_page.cast.joris).get(PAGE, {"zone": "Asia/Kathmandu"}).content.decode())
    assert seen_times(page)[:2] == ["15:15 (10:30)", "16:00 (11:15)"]
    assert '<option value="Asia/Kathmandu" selected>' in page


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (150, "A week has room for 70 windows. Join those that touch, and save again."),
        (10_000, "A form holds 1000 fields at most, and this one had more."),
    ],
)
def test_more_windows_than_a_week_holds_are_refused(
    given_page: Mentoring, sign_in: SignIn, number: int, said: str
) -> None:
    before = windows(given_page)
    rows = [(str(row % 7), f"{row % 24:02d}:{row // 24 % 60:02d}", "23:59") for row in range(number)]
    assert said in posted(sign_in(given_page.cast.joris), weekly(*rows), 422)
    assert windows(given_page) == before


# -- behind the page ---------------------------------------------------------------------------------------------------


def test_time_off_covers_whole_days_on_the_mentors_clock(given: Mentoring) -> None:
    row = add_time_off(mentor=given.mentor, first=date(2027, 3, 28), last=date(2027, 3, 28), note="", today=TODAY)
    assert (row.during.lower, row.during.upper) == (
        datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC),
    )  # fmt: skip


def test_time_off_begins_and_ends_where_the_mentor_is_then(given: Mentoring) -> None:
    first, last = date(2027, 2, 1), date(2027, 2, 14)
    add_stay(mentor=given.mentor, time_zone="Asia/Kathmandu", first=first, last=last, today=TODAY)
    row = add_time_off(mentor=given.mentor, first=last, last=date(2027, 2, 15), note="", today=TODAY)
    assert (row.during.lower, row.during.upper) == (
        datetime(2027, 2, 13, 18, 15, tzinfo=UTC), datetime(2027, 2, 15, 23, tzinfo=UTC),
    )  # fmt: skip
    [said] = time_off_rows([row], mentor=given.mentor)
    assert said.when == "Sun 14 February 2027 – Mon 15 February 2027"


def test_database_holds_one_zone_a_day(given: Mentoring) -> None:
    add_stay(mentor=given.mentor, time_zone="Asia/Tokyo", first=date(2027, 2, 1), last=date(2027, 2, 3), today=TODAY)
    days = DateRange(date(2027, 2, 3), date(2027, 2, 5))
    with pytest.raises(IntegrityError, match="one_zone_a_day"), transaction.atomic():
        Stay.objects.create(mentor=given.mentor, time_zone="Asia/Kathmandu", days=days)
    ilse = mentor_of(membership=given.cast.ilse, time_zone="Europe/Amsterdam")
    add_stay(mentor=ilse, time_zone="Asia/Kathmandu", first=date(2027, 2, 3), last=date(2027, 2, 5), today=TODAY)


def test_learner_sees_the_mentors_clock_of_the_day_and_where_that_is(given: Mentoring) -> None:
    first, last = date(2026, 11, 26), date(2026, 11, 26)
    add_stay(mentor=given.mentor, time_zone="Asia/Kathmandu", first=first, last=last, today=TODAY)
    days = {day.date: day.slots for day in offer_for(given.amira, now=NOW).days}
    assert {(slot.label, slot.theirs) for slot in days[date(2026, 11, 25)]} >= {("09:00", ""), ("15:45", "")}
    assert [(slot.label, slot.theirs) for slot in days[first]][:2] == [
        ("04:15", "09:00 Kathmandu"), ("05:00", "09:45 Kathmandu"),
    ]  # fmt: skip
    one = booked(given, start=datetime(2026, 11, 26, 3, 15, tzinfo=UTC))
    assert (one.starts_at, mentor_clock(one)) == (
        datetime(2026, 11, 26, 3, 15, tzinfo=UTC),
        load_zone("Asia/Kathmandu"),
    )


def test_a_day_whose_midnight_never_happens_begins_after_the_gap() -> None:
    begins, ends = days_span(date(2026, 4, 24), date(2026, 4, 24), zone="Africa/Cairo")
    assert (begins, ends) == (datetime(2026, 4, 23, 22, tzinfo=UTC), datetime(2026, 4, 24, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("windows", "longest"),
    [
        ([], 0),
        ([(0, 540, 600), (1, 540, 720)], 180),
        ([(0, 1320, 0), (1, 0, 120)], 240),
        ([(6, 1320, 120), (0, 120, 180)], 300),
        ([(day, 0, 1440) for day in range(7)], 7 * 1440),
        ([(2, 1320, 120), (2, 1380, 60)], 240),
    ],
)
def test_longest_window_joins_what_touches(windows: list[tuple[int, int, int]], longest: int) -> None:
    rules = AvailabilityRules(
        zone="UTC", windows=tuple(WeeklyWindow(*row) for row in windows), exceptions=(), duration=45, step=45
    )
    assert longest_window(rules) == longest


def test_domain_refuses_what_no_form_would_send(given: Mentoring) -> None:
    limits: Any = {name: getattr(given.mentor, name) for name in ("duration", "step")} | {"time_zone": "Mars/Olympus"}
    with pytest.raises(MentoringError) as zone:
        change_limits(mentor=given.mentor, limits=limits)
    many = [WeeklyWindow(0, minute, minute + 1) for minute in range(71)]
    with pytest.raises(MentoringError) as windows:
        replace_windows(mentor=given.mentor, windows=many)
    assert (zone.value.code, windows.value.code) == ("unknown_zone", "too_many_windows")


# -- what does not fit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "said"), [("en", "Remove rows"), ("nl", "Haal rijen weg")])
def test_ten_thousand_windows_get_a_page_that_says_what_fits(
    given_page: Mentoring, sign_in: SignIn, language: str, said: str
) -> None:
    joris = given_page.cast.joris
    joris.user.language = language
    joris.user.save()
    before = windows(given_page)
    posted = {f"windows-{number}-start": "09:00" for number in range(10_000)}
    refused = sign_in(joris).post(PAGE, posted | {"part": "windows"})
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert windows(given_page) == before


def test_preview_of_ten_thousand_windows_is_a_toast(given_page: Mentoring, sign_in: SignIn) -> None:
    posted = {f"windows-{number}-start": "09:00" for number in range(10_000)}
    refused = sign_in(given_page.cast.joris).post(PREVIEW, posted, headers={"HX-Request": "true"})
    assert (refused.status_code, refused["HX-Retarget"]) == (422, "#toasts")


def test_one_on_one_longer_than_any_window_is_told_when_saved_and_on_the_week(
    given_page: Mentoring, sign_in: SignIn
) -> None:
    with of_lantaarn(given_page):
        replace_windows(mentor=given_page.mentor, windows=[WeeklyWindow(0, 540, 570)])
    client = sign_in(given_page.cast.joris)
    week = client.get("/o/lantaarn/week/").content.decode()
    assert "A 1-on-1 takes 45 minutes and your longest window is 30" in week
    with of_lantaarn(given_page):
        set_exception(mentor=given_page.mentor, on=NOW.date(), windows=[ClockWindow(540, 600)], today=NOW.date())
    assert "your longest window is" not in client.get("/o/lantaarn/week/").content.decode()
