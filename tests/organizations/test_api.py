"""What all of the API shares: every kind of problem and its words, the token, pages, how times are read and written."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle

from accounts.api import ApiRequest, answers
from accounts.gates import requires
from accounts.models import Membership, Role, User
from config import urls as real
from organizations.api import Body, Day, Flag, Hours, Instant, Text, page_of, read
from organizations.errors import DomainError
from organizations.scope import scope
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]


class Everything(Body):
    day = Day()
    at = Instant()
    hours = Hours()
    done = Flag()
    note = Text(max_length=5)


class Inner(Body):
    inner = Everything()


class Name(Body):
    name = Text()


def write(request: ApiRequest) -> None:
    Membership.objects.filter(pk=request.membership.pk).update(name="Written before the refusal")


@answers("POST")
@requires()
def echo(request: ApiRequest, organization: str) -> Response:
    brought = read(request, Everything)
    return Response(Everything(brought).data)


@answers("POST")
@requires()
def nested(request: ApiRequest, organization: str) -> Response:
    return Response(read(request, Inner))


@answers("POST")
@requires()
def refuse(request: ApiRequest, organization: str) -> Response:
    write(request)
    raise DomainError("too_late", "That day is over. Choose a later one.")


@answers("POST")
@requires()
def duplicate(request: ApiRequest, organization: str) -> Response:
    write(request)
    Membership.objects.create(user=request.user, name="Again", roles=[Role.LEARNER], joined_at=NOW)
    return Response({})


@answers("POST")
@requires()
def contradict(request: ApiRequest, organization: str) -> Response:
    Membership.objects.create(user=User.objects.create_user("a@b.example", "x"), name="Nobody", roles=[])
    return Response({})


@answers("GET")
@requires()
def fail(request: ApiRequest, organization: str) -> Response:
    write(request)
    raise RuntimeError


@answers("GET")
@requires()
def members(request: ApiRequest, organization: str) -> Response:
    return page_of(Membership.objects.order_by("name"), request, Name)


handler500 = real.handler500
urlpatterns = [
    path(f"o/<slug:organization>/api/test/{name}/", globals()[name])
    for name in ("echo", "nested", "refuse", "duplicate", "contradict", "fail", "members")
] + [path("", include("config.urls"))]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
API = "/o/lantaarn/api/"


def post(client: Client, name: str, body: Any, **options: Any) -> HttpResponse:
    return client.post(f"{API}test/{name}/", json.dumps(body), content_type="application/json", **options)


def told(response: HttpResponse) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == response.status_code
    return body


def name_of(person: Membership) -> str:
    with scope(person.organization_id):
        return Membership.objects.get(pk=person.pk).name


def test_signed_out_program_is_told_so_wherever_it_asks(client: Client, cast: Cast) -> None:
    answers = [client.get(f"/o/{slug}/api/cohorts/") for slug in ("lantaarn", "nobody-home")]
    assert [told(answer) for answer in answers] == [
        {
            "type": "tag:gilde,2026:problem:not_signed_in",
            "title": "Nobody is signed in",
            "status": 401,
            "detail": "Sign in, and send the session’s cookie with the request.",
            "code": "not_signed_in",
        }
    ] * 2
    assert answers[0].headers["WWW-Authenticate"] == "Session"


def test_outsider_cannot_tell_another_organization_from_none(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.otto)
    answers = [told(client.get(f"/o/{slug}/api/cohorts/")) for slug in ("lantaarn", "nobody-home")]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "not_found"


@pytest.mark.parametrize("address", ["", "nothing/", "cohorts", "cohorts/nobody/", "test/members/?page=9"])
def test_what_is_not_there_is_a_problem_too(sign_in: SignIn, cast: Cast, address: str) -> None:
    assert told(sign_in(cast.ilse).get(API + address)) == {
        "type": "tag:gilde,2026:problem:not_found",
        "title": "There is nothing at this address",
        "status": 404,
        "detail": "The link may be old or mistyped, or it belongs to an organization you are not a member of.",
        "code": "not_found",
    }


def test_wrong_role_is_forbidden(sign_in: SignIn, cast: Cast) -> None:
    assert told(sign_in(cast.amira).get(f"{API}cohorts/")) == {
        "type": "tag:gilde,2026:problem:forbidden",
        "title": "This is not open to you",
        "status": 403,
        "detail": "Your role does not include this. Ask an administrator of your organization when you need it.",
        "code": "forbidden",
    }


def test_change_without_the_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ilse.user)
    refused = told(post(client, "refuse", {}))
    assert (refused["status"], refused["code"]) == (403, "csrf_failed")
    assert refused["detail"] == "Send the value of the csrftoken cookie in the X-CSRFToken header."
    client.get("/o/lantaarn/people/")
    token = client.cookies["csrftoken"].value
    assert told(post(client, "refuse", {}, headers={"X-CSRFToken": token}))["code"] == "too_late"


def test_rule_that_forbids_answers_with_its_code_and_leaves_nothing_written(sign_in: SignIn, cast: Cast) -> None:
    assert told(post(sign_in(cast.ilse), "refuse", {})) == {
        "type": "tag:gilde,2026:problem:too_late",
        "title": "That cannot be done",
        "status": 422,
        "detail": "That day is over. Choose a later one.",
        "code": "too_late",
    }
    assert name_of(cast.ilse) == "Ilse Brouwer"


def test_what_only_the_database_knows_is_a_conflict(sign_in: SignIn, cast: Cast) -> None:
    assert told(post(sign_in(cast.ilse), "duplicate", {})) == {
        "type": "tag:gilde,2026:problem:conflict",
        "title": "Somebody else was first",
        "status": 409,
        "detail": "The same thing was changed at the same moment. Read it again, then try once more.",
        "code": "conflict",
    }
    assert name_of(cast.ilse) == "Ilse Brouwer"


def test_other_faults_of_ours_are_not_called_a_conflict(sign_in: SignIn, cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        post(sign_in(cast.ilse), "contradict", {})


def test_what_broke_is_a_problem_and_leaves_nothing_written(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ilse)
    client.raise_request_exception = False
    assert told(client.get(f"{API}test/fail/")) == {
        "type": "tag:gilde,2026:problem:server_error",
        "title": "Something broke on our side",
        "status": 500,
        "detail": "We could not finish what you asked, and it has been recorded. Try again in a few minutes.",
        "code": "server_error",
    }
    assert name_of(cast.ilse) == "Ilse Brouwer"


def test_page_that_broke_stays_a_page(sign_in: SignIn, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.models.MembershipQuerySet.for_people", None)
    client = sign_in(cast.ilse)
    client.raise_request_exception = False
    response = client.get("/o/lantaarn/people/")
    assert (response.status_code, response.headers["Content-Type"]) == (500, "text/html; charset=utf-8")


def test_method_that_is_not_for_the_address_says_which_are(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ilse)
    for response in (client.delete(f"{API}cohorts/"), client.options(f"{API}cohorts/")):
        assert told(response)["code"] == "method_not_allowed"
        assert response.headers["Allow"] == "GET, HEAD"
    assert client.head(f"{API}cohorts/").status_code == 200
    assert told(client.options(f"{API}nothing/"))["code"] == "not_found"


@pytest.mark.parametrize(
    ("status", "code", "body", "content_type"),
    [
        (400, "unreadable", b'{"day": ', "application/json"),
        (400, "unreadable", b"\xff", "application/json"),
        (400, "unreadable", b'{"hours": NaN}', "application/json"),
        (400, "unreadable", b"[" * 100_000, "application/json"),
        (422, "invalid", b'{"hours": 1e400, "note": "\\ud800"}', "application/json"),
        (413, "too_large", b" " * 100_001, "application/json"),
        (415, "unsupported_media_type", b"day=2026-11-23", "application/x-www-form-urlencoded"),
    ],
)
def test_body_that_cannot_be_read(
    sign_in: SignIn, cast: Cast, status: int, code: str, body: bytes, content_type: str
) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100_000):
        response = sign_in(cast.ilse).post(f"{API}test/echo/", body, content_type=content_type)
    found = told(response)
    assert (found["status"], found["code"], "errors" in found) == (status, code, status == 422)


def test_program_that_wants_something_else_than_json(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.ilse).get(f"{API}cohorts/", headers={"Accept": "text/html"})
    assert (response.status_code, told(response)["code"]) == (406, "not_acceptable")


def test_too_many_requests_say_when_to_go_on(sign_in: SignIn, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    client = sign_in(cast.ilse)
    answers = [client.get(f"{API}cohorts/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert told(answers[2])["code"] == "throttled"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    cache.clear()


def test_times_are_written_in_utc_days_as_days_and_hours_as_numbers(sign_in: SignIn, cast: Cast) -> None:
    brought = {"day": "2026-11-23", "at": "2026-12-09T10:30+01:00", "hours": 12.5, "done": True, "note": "Fine"}
    response = post(sign_in(cast.ilse), "echo", brought)
    assert json.loads(response.content) == {**brought, "at": "2026-12-09T09:30:00Z"}


MISSING = {"code": "required", "message": "Fill this in: it is missing."}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {name: [MISSING] for name in ("day", "at", "hours", "done", "note")}),
        (
            {"day": "23-11-2026", "at": "2026-12-09T10:30", "hours": "many", "done": "perhaps", "note": "Too long"},
            {
                "day": [
                    {"code": "invalid", "message": "Enter a day as year, month and day, such as 2026-11-23."},
                ],
                "at": [
                    {
                        "code": "invalid",
                        "message": "Enter an instant with its offset from UTC, such as 2026-12-09T09:30Z.",
                    }
                ],
                "hours": [
                    {"code": "invalid", "message": "Enter a number with at most two decimals, such as 12.5."},
                ],
                "done": [{"code": "invalid", "message": "Enter true or false."}],
                "note": [{"code": "max_length", "message": "Enter at most 5 characters."}],
            },
        ),
        ([1], {"request": [{"code": "invalid", "message": "Send one JSON object."}]}),
        (None, {"request": [{"code": "invalid", "message": "Send one JSON object."}]}),
    ],
)
def test_errors_stand_by_their_field(sign_in: SignIn, cast: Cast, body: Any, errors: dict[str, Any]) -> None:
    assert told(post(sign_in(cast.ilse), "echo", body)) == {
        "type": "tag:gilde,2026:problem:invalid",
        "title": "That cannot be done",
        "status": 422,
        "detail": "Mend what “errors” names, then send it again.",
        "code": "invalid",
        "errors": errors,
    }


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T10:00Z", "2026-11-23", 7, [], "\x00"]
)
def test_instants_that_do_not_exist_are_refused(sign_in: SignIn, cast: Cast, at: Any) -> None:
    brought = {"day": "2026-11-23", "at": at, "hours": 1, "done": True, "note": "Fine"}
    assert list(told(post(sign_in(cast.ilse), "echo", brought))["errors"]) == ["at"]


def test_errors_inside_an_object_have_the_whole_name(sign_in: SignIn, cast: Cast) -> None:
    assert list(told(post(sign_in(cast.ilse), "nested", {"inner": {}}))["errors"]) == [
        "inner.day", "inner.at", "inner.hours", "inner.done", "inner.note",
    ]  # fmt: skip
    assert list(told(post(sign_in(cast.ilse), "nested", {"inner": 3}))["errors"]) == ["inner"]


def test_problems_are_told_in_the_readers_language(sign_in: SignIn, cast: Cast) -> None:
    User.objects.filter(pk=cast.ilse.user_id).update(language="nl")
    problem = told(post(sign_in(cast.ilse), "echo", {"day": "x", "at": "x", "hours": "x", "done": "x"}))
    assert {key: problem[key] for key in ("title", "detail", "code")} == {
        "title": "Dat kan niet",
        "detail": "Verbeter wat “errors” noemt en stuur het opnieuw.",
        "code": "invalid",
    }
    assert [error[0]["message"] for error in problem["errors"].values()] == [
        "Vul een dag in als jaar, maand en dag, zoals 2026-11-23.",
        "Vul een tijdstip in met het verschil met UTC, zoals 2026-12-09T09:30Z.",
        "Vul een getal in met hoogstens twee decimalen, zoals 12.5.",
        "Vul true of false in.",
        "Vul dit in: het ontbreekt.",
    ]


def test_lists_come_in_pages(sign_in: SignIn, cast: Cast) -> None:
    client, here = sign_in(cast.ilse), f"http://testserver{API}test/members/"
    pages = [json.loads(client.get(f"{here}?page_size=2&page={number}").content) for number in (1, 2, 3)]
    names = ["Ada Visser", "Amira Haddad", "Daan Kuiper", "Ilse Brouwer", "Joris Hoekema"]
    rows = [{"name": name} for name in names]
    assert pages == [
        {"count": 5, "next": f"{here}?page=2&page_size=2", "previous": None, "results": rows[:2]},
        {"count": 5, "next": f"{here}?page=3&page_size=2", "previous": f"{here}?page_size=2", "results": rows[2:4]},
        {"count": 5, "next": None, "previous": f"{here}?page=2&page_size=2", "results": rows[4:]},
    ]
