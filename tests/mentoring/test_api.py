"""Free times and booking for programs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership
from cohorts.models import Enrollment
from mentoring.models import AvailabilityWindow, OneOnOne
from organizations.scope import scope
from tests.api import body_of, post_json, queries_of
from tests.conftest import Cast
from tests.mentoring.given import WEDNESDAY, Mentoring, recorded

SignIn = Callable[[Membership | None], Client]
SLOTS, BOOK = "/o/lantaarn/api/me/slots/", "/o/lantaarn/api/me/one-on-ones/"
WEDNESDAYS = "?since=2026-11-25&until=2026-11-25"
#: Joris offers 9 to 17 in Amsterdam, an hour before UTC, in steps of 45 minutes.
STARTS = [
    f"2026-11-25T{time}:00Z"
    for time in ("08:00", "08:45", "09:30", "10:15", "11:00", "11:45", "12:30", "13:15", "14:00", "14:45")
]


def inside(cast: Cast) -> Any:
    return scope(cast.organization.pk)


def test_free_times_are_given_in_utc(given_page: Mentoring, sign_in: SignIn) -> None:
    assert body_of(sign_in(given_page.cast.amira).get(SLOTS + WEDNESDAYS)) == {
        "mentor": {"name": "Joris Hoekema", "time_zone": "Europe/Amsterdam", "minutes": 45},
        "slots": STARTS,
        "refusal": None,
    }


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", "2026-11-24T09:30:00Z", "2026-12-04T14:45:00Z"),
        ("?since=2026-12-01", "2026-12-01T08:00:00Z", "2026-12-14T14:45:00Z"),
        ("?until=2026-11-24", "2026-11-24T09:30:00Z", "2026-11-24T14:45:00Z"),
        ("?since=0001-01-01&until=9999-12-31", "2026-11-24T09:30:00Z", "2027-01-22T14:45:00Z"),
        ("?since=2026-12-01&until=2026-11-25", None, None),
        ("?since=9999-12-31", None, None),
    ],
)
def test_days_asked_for_bound_the_times(
    given_page: Mentoring, sign_in: SignIn, query: str, first: str | None, last: str | None
) -> None:
    slots = body_of(sign_in(given_page.cast.amira).get(SLOTS + query))["slots"]
    assert (slots[0] if slots else None, slots[-1] if slots else None) == (first, last)


def test_days_that_are_none_are_errors(given_page: Mentoring, sign_in: SignIn) -> None:
    problem = body_of(sign_in(given_page.cast.amira).get(f"{SLOTS}?since=tomorrow"), 422)
    assert list(problem["errors"]) == ["since"]


def test_who_cannot_book_is_told_why(given_page: Mentoring, sign_in: SignIn) -> None:
    with inside(given_page.cast):
        Enrollment.objects.filter(pk=given_page.amira.pk).update(status="on_leave")
        Enrollment.objects.filter(pk=given_page.daan.pk).update(mentor=None)
    answers = [body_of(sign_in(person).get(SLOTS)) for person in (given_page.cast.amira, given_page.cast.daan)]
    assert [(answer["mentor"], answer["slots"], answer["refusal"]["code"]) for answer in answers] == [
        (None, [], "on_leave"),
        (None, [], "no_mentor"),
    ]


def test_one_on_one_is_booked(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.amira)
    made = body_of(post_json(client, BOOK, {"start": "2026-11-25T10:30+01:00", "agenda": " Retrieval "}), 201)
    with inside(given_page.cast):
        kept = OneOnOne.objects.get()
    assert (kept.starts_at, kept.booked_by_id) == (WEDNESDAY, given_page.cast.amira.pk)
    assert made == {
        "id": str(kept.pk),
        "status": "booked",
        "start": "2026-11-25T09:30:00Z",
        "end": "2026-11-25T10:15:00Z",
        "mentor": "Joris Hoekema",
        "video_link": "",
        "agenda": "Retrieval",
    }
    assert STARTS[2] not in body_of(client.get(SLOTS + WEDNESDAYS))["slots"]


def test_time_that_somebody_else_took_is_a_conflict(given_page: Mentoring, sign_in: SignIn) -> None:
    with inside(given_page.cast):
        recorded(given_page, start=WEDNESDAY, status="booked", enrollment=given_page.daan)
    problem = body_of(post_json(sign_in(given_page.cast.amira), BOOK, {"start": "2026-11-25T09:30Z"}), 409)
    assert problem == {
        "type": "tag:gilde,2026:problem:taken",
        "title": "Somebody else was first",
        "status": 409,
        "detail": "That time was taken a moment ago. Your note is kept; pick another time.",
        "code": "taken",
    }


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("2026-11-25T03:00Z", "outside"),
        ("2026-11-23T11:00Z", "too_soon"),
        ("2000-01-01T09:00Z", "too_soon"),
        ("9999-12-31T09:00Z", "too_far"),
        ("2026-11-25T09:30", "invalid"),
        (None, "invalid"),
    ],
)
def test_time_that_is_not_open_is_refused(given_page: Mentoring, sign_in: SignIn, start: str | None, code: str) -> None:
    problem = body_of(post_json(sign_in(given_page.cast.amira), BOOK, {"start": start}), 422)
    assert problem["code"] == code
    with inside(given_page.cast):
        assert not OneOnOne.objects.exists()


def test_queries_do_not_grow_with_what_the_mentor_has(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.amira)
    with inside(given_page.cast):
        recorded(given_page, start=WEDNESDAY, status="booked")
    one = queries_of(client, SLOTS)
    with inside(given_page.cast):
        for days in (1, 2):
            recorded(given_page, start=WEDNESDAY + timedelta(days=days), status="booked", enrollment=given_page.daan)
            AvailabilityWindow.objects.create(
                mentor=given_page.mentor, weekday=days + 3, start_minute=1100, end_minute=1200
            )
    assert queries_of(client, SLOTS) == one <= 12
