from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from cohorts.models import Enrollment
from mentoring.models import AvailabilityException, AvailabilityWindow, Mentor, OneOnOne
from mentoring.offering import add_time_off
from organizations.scope import scope
from tests.conftest import NOW
from tests.mentoring.given import (
    DAY,
    WEDNESDAY,
    Mentoring,
    a_cohort,
    a_mentor,
    an_enrollment,
    booked,
    recorded,
)

SignIn = Callable[[Membership | None], Client]
SESSIONS, BOOK = "/o/lantaarn/sessions/", "/o/lantaarn/sessions/book/"
SLOT = "2026-11-25T09:30Z"


def text_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return unescape(response.content.decode())


def of_lantaarn(given: Mentoring) -> AbstractContextManager[None]:
    return scope(given.cast.organization.pk)


def queries(client: Client, path: str) -> int:
    """How often the second visit asks the database, with the scope; that tests nest transactions is left out."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    asked = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    return sum("current_setting(" not in sql and "'', true)" not in sql for sql in asked)


# -- the learner's page ------------------------------------------------------------------------------------------------


def test_page_offers_days_with_times_on_the_viewers_clock(given_page: Mentoring, sign_in: SignIn) -> None:
    page = text_of(sign_in(given_page.cast.amira), SESSIONS)
    assert "Your time, Amsterdam." in page
    assert "Below it the clock of" not in page
    assert page.count("<details") == 7
    assert "Wednesday 25 November" in page
    assert f'value="{SLOT}" data-when="Wed 25 Nov, 10:30"><b>10:30</b>' in page
    assert 'href="?from=2026-12-03"' in page


def test_mentors_clock_stands_below_when_it_differs(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        Mentor.objects.update(time_zone="Asia/Kathmandu")
    page = text_of(sign_in(given_page.cast.amira), SESSIONS)
    assert "Below it the clock of Joris Hoekema, Kathmandu." in page
    assert 'data-when="Wed 25 Nov, 04:15"><b>04:15</b><span>09:00</span>' in page


def test_hour_that_happens_twice_is_told_apart(
    given_page: Mentoring, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 10, 23, 9, tzinfo=UTC))
    with of_lantaarn(given_page):
        AvailabilityWindow.objects.create(mentor=given_page.mentor, weekday=6, start_minute=120, end_minute=180)
        Mentor.objects.update(duration=30, step=30)
    page = text_of(sign_in(given_page.cast.amira), SESSIONS)
    assert 'data-when="Sun 25 Oct, 02:00 CEST" id="id_start"><b>02:00 CEST</b>' in page
    assert 'data-when="Sun 25 Oct, 02:00 CET"><b>02:00 CET</b>' in page


def test_hour_that_never_happens_is_not_offered(
    given_page: Mentoring, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 3, 27, 9, tzinfo=UTC))
    with of_lantaarn(given_page):
        AvailabilityWindow.objects.create(mentor=given_page.mentor, weekday=6, start_minute=120, end_minute=180)
    assert "Sunday 29 March" not in text_of(sign_in(given_page.cast.amira), SESSIONS)


def test_later_days_follow_from_the_day_asked(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.amira)
    page = text_of(client, f"{SESSIONS}?from=2026-12-08")
    assert "Tuesday 8 December" in page
    assert "Monday 7 December" not in page
    assert client.get(f"{BOOK}?from=2026-12-08")["Location"] == f"{SESSIONS}?from=2026-12-08"
    for nonsense in ("x", "9999-12-31", "0001-01-01", "2026-13-01"):
        assert client.get(SESSIONS, {"from": nonsense}).status_code == 200


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("on_leave", "No 1-on-1s can be booked during leave. That is possible again on return."),
        (
            "withdrawn",
            "1-on-1s are for active learners; the status is “Withdrawn” now. Ask program staff to change it.",
        ),
    ],
)
def test_page_says_why_nothing_can_be_booked(given_page: Mentoring, sign_in: SignIn, status: str, said: str) -> None:
    with of_lantaarn(given_page):
        Enrollment.objects.filter(pk=given_page.amira.pk).update(status=status)
    page = text_of(sign_in(given_page.cast.amira), SESSIONS)
    assert said in page
    assert "Book this time" not in page


def test_page_without_mentor_without_times_and_without_enrollment(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.amira)
    with of_lantaarn(given_page):
        AvailabilityWindow.objects.all().delete()
    assert "There are no free times now. Look again later, or write to your mentor." in text_of(client, SESSIONS)
    with of_lantaarn(given_page):
        Mentor.objects.all().delete()
    assert "Your mentor offers no times yet. Ask them when they will." in text_of(client, SESSIONS)
    response = client.post(BOOK, {"start": SLOT})
    assert response.status_code == 422
    with of_lantaarn(given_page):
        Enrollment.objects.update(mentor=None)
    assert "There is no mentor yet. Ask program staff to assign one." in text_of(client, SESSIONS)
    with of_lantaarn(given_page):
        Enrollment.objects.filter(pk=given_page.amira.pk).update(learner=given_page.cast.ilse)
    assert "They begin when you take part in a cohort." in text_of(client, SESSIONS)
    assert client.post(BOOK, {"start": SLOT}).status_code == 404


def test_book_by_form_and_see_it(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.amira)
    response = client.post(BOOK, {"start": SLOT, "agenda": "Held-out sets"}, follow=True)
    page = unescape(response.content.decode())
    assert response.redirect_chain == [(SESSIONS, 302)]
    assert "Your 1-on-1 is booked: Wed 25 Nov, 10:30." in page
    assert "Wednesday 25 November 2026, 10:30 (Amsterdam)" in page
    assert "Held-out sets" in page
    assert f'value="{SLOT}"' not in page


def test_slot_taken_meanwhile_keeps_the_note_and_drops_the_slot(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.amira)
    with of_lantaarn(given_page):
        booked(given_page, enrollment=given_page.daan, by=given_page.cast.daan)
    response = client.post(BOOK, {"start": SLOT, "agenda": "My <note>"})
    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert "That time was taken a moment ago. Your note is kept; pick another time." in page
    assert "My <note></textarea>" in page
    assert "<title>Error: " in page
    assert f'value="{SLOT}"' not in page


def test_slot_that_another_organization_took_is_not_offered_again(given_page: Mentoring, sign_in: SignIn) -> None:
    cast = given_page.cast
    with scope(cast.elsewhere.pk):
        there = Membership.objects.create(user=cast.joris.user, name="Joris", roles=["mentor"], joined_at=NOW)
        mentor, cohort = a_mentor(there), a_cohort()
        enrollment = an_enrollment(cohort, cast.otto, there)
        booked(Mentoring(cast, cohort, mentor, enrollment, enrollment), by=cast.otto)
    client = sign_in(cast.amira)
    assert f'value="{SLOT}"' in text_of(client, SESSIONS)
    response = client.post(BOOK, {"start": SLOT})
    assert response.status_code == 422
    assert "That time was taken a moment ago." in unescape(response.content.decode())
    assert f'value="{SLOT}"' not in response.content.decode()


@pytest.mark.parametrize("start", ["", "x", "2026-11-25T09:30", "2026-11-25", "99999-01-01T00:00Z"])
def test_start_that_is_no_instant_is_answered_with_the_form(given_page: Mentoring, sign_in: SignIn, start: str) -> None:
    response = sign_in(given_page.cast.amira).post(BOOK, {"start": start, "agenda": "Kept"})
    assert response.status_code == 422
    assert "Pick one of the times." in response.content.decode()
    assert "Kept</textarea>" in response.content.decode()


def test_past_sessions_show_how_they_went_and_ask(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        recorded(given_page, start=NOW - 3 * DAY, status="held")
        recorded(given_page, start=NOW - 2 * DAY, status="mentor_no_show")
        asked = recorded(given_page, start=NOW - DAY, status="booked")
        recorded(given_page, start=NOW + DAY, status="cancelled", cancel_reason="Ill")
    client = sign_in(given_page.cast.amira)
    page = text_of(client, SESSIONS)
    for words in ("Held", "Mentor did not come", "Unconfirmed", "Cancelled", "Ill", "It was held"):
        assert words in page
    response = client.post(f"/o/lantaarn/sessions/{asked.pk}/settle/", {"outcome": "held"})
    assert (response.status_code, response["Location"]) == (302, SESSIONS)
    assert "Unconfirmed" not in text_of(client, SESSIONS)


@pytest.mark.parametrize(("kind", "asked"), [("past", 15), ("coming", 15)])
def test_page_asks_the_database_as_often_for_three_as_for_one(
    given_page: Mentoring, sign_in: SignIn, kind: str, asked: int
) -> None:
    client = sign_in(given_page.cast.amira)
    counts = []
    for number in (1, 2, 3):
        with of_lantaarn(given_page):
            day = number * DAY
            if kind == "past":
                recorded(given_page, start=NOW - day, status="held")
            else:
                booked(given_page, start=WEDNESDAY + 7 * day)
        if number != 2:
            counts.append(queries(client, SESSIONS))
    assert counts == [asked, asked]


# -- move and cancel ---------------------------------------------------------------------------------------------------


@pytest.fixture
def one(given_page: Mentoring) -> OneOnOne:
    with of_lantaarn(given_page):
        return booked(given_page)


@pytest.mark.parametrize(("side", "home"), [("amira", SESSIONS), ("joris", "/o/lantaarn/week/"), ("ilse", None)])
def test_both_sides_and_staff_move_and_cancel(
    given_page: Mentoring, sign_in: SignIn, one: OneOnOne, side: str, home: str | None
) -> None:
    client = sign_in(getattr(given_page.cast, side))
    home = home or f"/o/lantaarn/learners/{given_page.amira.pk}/"
    move = f"/o/lantaarn/sessions/{one.pk}/move/"
    page = text_of(client, move)
    assert "Wednesday 25 November 2026, 10:30 (Amsterdam)" in page
    response = client.post(move, {"start": "2026-11-26T09:30Z", "sequence": 0})
    assert (response.status_code, response["Location"]) == (302, home)
    cancel = f"/o/lantaarn/sessions/{one.pk}/cancel/"
    assert "Thursday 26 November 2026, 10:30 (Amsterdam)" in text_of(client, cancel)
    missing = client.post(cancel, {"reason": " "})
    assert missing.status_code == 422
    assert "Write a reason, so that the other knows why." in missing.content.decode()
    response = client.post(cancel, {"reason": "Ill"})
    assert (response.status_code, response["Location"]) == (302, home)
    with of_lantaarn(given_page):
        row = OneOnOne.objects.get()
        assert (row.status, row.cancel_reason, row.starts_at) == ("cancelled", "Ill", WEDNESDAY + DAY)


def test_second_tab_is_told_that_the_session_was_moved(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    client, move = sign_in(given_page.cast.amira), f"/o/lantaarn/sessions/{one.pk}/move/"
    client.post(move, {"start": "2026-11-26T09:30Z", "sequence": 0})
    response = client.post(move, {"start": "2026-11-27T09:30Z", "sequence": 0}, follow=True)
    assert "This 1-on-1 was moved meanwhile. Look at its new time and choose again." in response.content.decode()
    with of_lantaarn(given_page):
        assert OneOnOne.objects.get().starts_at == WEDNESDAY + DAY


def test_move_to_a_taken_time_offers_the_others(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    with of_lantaarn(given_page):
        booked(given_page, enrollment=given_page.daan, by=given_page.cast.daan, start=WEDNESDAY + DAY)
    client = sign_in(given_page.cast.amira)
    response = client.post(f"/o/lantaarn/sessions/{one.pk}/move/", {"start": "2026-11-26T09:30Z", "sequence": 0})
    assert response.status_code == 422
    assert "That time was taken a moment ago." in response.content.decode()
    assert 'value="2026-11-26T10:15Z"' in response.content.decode()


def test_sessions_of_others_and_of_other_organizations_do_not_exist(
    given_page: Mentoring, sign_in: SignIn, one: OneOnOne
) -> None:
    cast = given_page.cast
    with scope(cast.elsewhere.pk):
        cohort = a_cohort()
        mentor = a_mentor(cast.otto)
        leo = Membership.objects.create(user=cast.ada.user, name="Ada", roles=["learner"], joined_at=NOW)
        enrollment = an_enrollment(cohort, leo, cast.otto)
        theirs = recorded(
            Mentoring(cast, cohort, mentor, enrollment, enrollment), start=WEDNESDAY + 3 * DAY, status="booked"
        )
    for person, pk in ((cast.daan, one.pk), (cast.amira, theirs.pk), (cast.ilse, theirs.pk), (cast.amira, uuid4())):
        client = sign_in(person)
        assert client.get(f"/o/lantaarn/sessions/{pk}/move/").status_code == 404
        assert client.post(f"/o/lantaarn/sessions/{pk}/cancel/", {"reason": "x"}).status_code == 404
        assert client.post(f"/o/lantaarn/sessions/{pk}/settle/", {"outcome": "held"}).status_code == 404
    with of_lantaarn(given_page):
        assert OneOnOne.objects.get().status == "booked"


def test_settling_too_early_is_refused_in_words(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    response = sign_in(given_page.cast.joris).post(f"/o/lantaarn/sessions/{one.pk}/settle/", {"outcome": "held"})
    assert response.status_code == 422
    assert "This 1-on-1 has not begun. Confirm it afterwards." in response.content.decode()


@pytest.mark.parametrize(
    ("who", "sessions", "week"),
    [("amira", 200, 403), ("joris", 403, 200), ("ilse", 403, 403), ("ada", 403, 403), ("otto", 404, 404)],
)
def test_pages_are_for_their_role(given_page: Mentoring, sign_in: SignIn, who: str, sessions: int, week: int) -> None:
    client = sign_in(getattr(given_page.cast, who))
    assert client.get(SESSIONS).status_code == sessions
    assert client.get("/o/lantaarn/week/").status_code == week
    assert client.get("/o/lantaarn/availability/").status_code == week


# -- the mentor's week -------------------------------------------------------------------------------------------------


def test_week_shows_what_is_booked_cancelled_open_and_off(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        booked(given_page, agenda="How do I hold out data?")
        recorded(given_page, start=WEDNESDAY + DAY, status="cancelled", enrollment=given_page.daan)
        add_time_off(
            mentor=given_page.mentor,
            first=date(2026, 11, 27),
            last=date(2026, 11, 27),
            note="Dentist",
            today=NOW.date(),
        )
    page = text_of(sign_in(given_page.cast.joris), "/o/lantaarn/week/")
    assert "<h1>23 – 27 November</h1>" in page
    assert "Week 48. Times are in Amsterdam (CET)." in page
    assert 'class="t2 q2 l0 m3"><a class="ev "' in page
    assert "Next: Amira Haddad" in page
    assert "“How do I hold out data?”" in page
    assert 'class="ev cancelled"' in page
    assert "Dentist" in page
    assert "All day" in page
    assert "Open for booking" in page
    assert page.count('class="now-line') == 1


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("2026-W49", "30 November – 4 December"),
        ("2026-W53", "28 December 2026 – 1 January 2027"),
        ("2026-11-29", "23 – 27 November"),
        ("", "23 – 27 November"),
        ("2026-W54", "23 – 27 November"),
        ("0001-W01", "23 – 27 November"),
        ("9999-W52", "23 – 27 November"),
        ("x", "23 – 27 November"),
    ],
)
def test_week_is_chosen_by_the_address(given_page: Mentoring, sign_in: SignIn, asked: str, title: str) -> None:
    page = text_of(sign_in(given_page.cast.joris), f"/o/lantaarn/week/?week={asked}")
    assert f"<h1>{title}</h1>" in page


def test_weekend_and_early_hours_appear_when_something_is_there(given_page: Mentoring, sign_in: SignIn) -> None:
    sunday = datetime(2026, 11, 29, 5, 5, tzinfo=UTC)
    with of_lantaarn(given_page):
        recorded(given_page, start=sunday, status="booked")
    page = text_of(sign_in(given_page.cast.joris), "/o/lantaarn/week/")
    assert "<h1>23 – 29 November</h1>" in page
    assert "Sun 29" in page
    assert "Sat 28" not in page
    assert "cal hours12" in page
    assert 'class="t0 q0 l0 m3"' in page


def test_week_asks_how_past_ones_went_and_who_was_not_met(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        recorded(given_page, start=NOW - 2 * DAY, status="booked")
        recorded(given_page, start=NOW - 40 * DAY, status="held")
        recorded(given_page, start=NOW - 3 * DAY, status="held", enrollment=given_page.daan)
    client = sign_in(given_page.cast.joris)
    page = text_of(client, "/o/lantaarn/week/")
    assert "How did these go?" in page
    assert "No 1-on-1 yet in November" in page
    assert "1 of 2 met" in page
    assert "Last met 14 October" in page


def test_week_without_an_offer_says_so(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        Mentor.objects.all().delete()
    assert "You offer no hours yet, so nobody can book." in text_of(sign_in(given_page.cast.joris), "/o/lantaarn/week/")


def test_week_asks_the_database_as_often_for_three_as_for_one(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.joris)
    counts = []
    for number in (1, 2, 3):
        with of_lantaarn(given_page):
            booked(given_page, start=WEDNESDAY + timedelta(minutes=45 * number))
            recorded(given_page, start=NOW - number * DAY, status="booked", enrollment=given_page.daan)
        if number != 2:
            counts.append(queries(client, "/o/lantaarn/week/"))
    assert counts == [10, 10]


def test_exceptions_of_the_past_do_not_matter(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        AvailabilityException.objects.create(mentor=given_page.mentor, date=date(2025, 1, 1), windows=[])
    assert "Open for booking" in text_of(sign_in(given_page.cast.joris), "/o/lantaarn/week/")
