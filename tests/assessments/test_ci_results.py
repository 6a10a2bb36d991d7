"""The webhook of a CI: signed, once, and nothing of an organization before the signature has matched."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments import ci_keys
from assessments.automated_tests import states_of
from assessments.ci_keys import Shown, Token, make_key, read_token
from assessments.ci_results import Unreadable, read_result
from assessments.host_accounts import state_accounts
from assessments.models import AutomatedTest, Submission
from organizations.scope import scope
from tests.assessments.conftest import School, hand_in
from tests.assessments.repository_host import SHA

GITHUB = {"repository": "https://github.com/amira/rag-eval"}
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RUN = {
    "action": "completed",
    "workflow_run": {
        "name": "tests", "head_sha": SHA, "status": "completed", "conclusion": "success",
        "html_url": "https://github.com/amira/rag-eval/actions/runs/7", "updated_at": "2026-11-24T08:00:00Z",
    },
    "repository": {"full_name": "Amira/rag-eval", "html_url": "https://github.com/Amira/rag-eval"},
}  # fmt: skip


@pytest.fixture
def shown(cohort_of_two: School) -> Shown:
    """Amira handed in her repository, and Ada made an address for results."""
    with scope(cohort_of_two.cast.organization.pk):
        hand_in(cohort_of_two, links=GITHUB, commit=SHA[:7])
        return make_key(by=cohort_of_two.cast.ada, at=timezone.now())


@pytest.fixture
def token(shown: Shown) -> Token:
    return shown.token


def send(token: Any, body: Any = RUN, *, secret: str | None = None, event: str = "workflow_run", **headers: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if secret is None:
        secret = token.secret("") if isinstance(token, Token) else ""
    given = {
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), content, "sha256").hexdigest(),
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "d-1",
    }
    wanted = {name: value for name, value in {**given, **headers}.items() if value is not None}
    response: HttpResponse = Client().post(
        f"/ci/{token}/", content, content_type=wanted.pop("content_type", "application/json"), headers=wanted
    )
    return response


def told(response: Any) -> tuple[int, Any]:
    body = json.loads(response.content) if response.content else None
    return response.status_code, body.get("code", body.get("recorded")) if body else None


def test_result_is_recorded_once(token: Token) -> None:
    assert told(send(token)) == (200, True)
    assert told(send(token)) == (200, False)
    with scope(token.organization_id):
        assert list(
            AutomatedTest.objects.values_list(
                "repository", "commit", "state", "source", "name", "evidence_url", "delivery", "reported_at"
            )
        ) == [
            (
                "github.com/amira/rag-eval", SHA, "passed", "webhook", "tests",
                "https://github.com/amira/rag-eval/actions/runs/7", "d-1", datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
            )
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"secret": "guessed"}, 401, None),
        ({"X-Hub-Signature-256": None}, 401, None),
        ({"X-Hub-Signature-256": "sha256="}, 401, None),
        ({"X-Hub-Signature-256": "sha1=é"}, 401, None),
        ({"body": b"x" * 1_000_001}, 413, "too_large"),
        ({"body": b"{"}, 400, "unreadable"),
        ({"body": b"\xff"}, 400, "unreadable"),
        ({"body": b"[" * 100_000}, 400, "unreadable"),
        ({"body": []}, 400, "unreadable_event"),
        ({"body": {**RUN, "workflow_run": None}}, 400, "unreadable_event"),
        ({"body": {**RUN, "workflow_run": {**RUN["workflow_run"], "head_sha": "main"}}}, 400, "unreadable_event"),
        ({"body": {**RUN, "repository": {"html_url": "http://localhost/a/b"}}}, 400, "unreadable_event"),
        ({"body": {**RUN, "repository": {"html_url": "https://github.com/a/b"}}}, 404, "unknown_repository"),
        ({"X-GitHub-Delivery": None}, 400, "no_delivery"),
        ({"X-GitHub-Delivery": "x" * 101}, 400, "no_delivery"),
        ({"content_type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        ({"event": "ping", "body": {"zen": "Keep it logically awesome."}}, 200, False),
        ({"event": ""}, 200, False),
    ],
)
def test_what_is_not_recorded_is_answered_clearly(
    token: Token, changes: dict[str, Any], status: int, code: Any
) -> None:
    assert told(send(token, **changes)) == (status, code)
    with scope(token.organization_id):
        assert not AutomatedTest.objects.exists()


def test_nothing_but_the_address_is_looked_up_before_the_signature_matched(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*args: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("assessments.views.ci._taken", taken)
    assert send(token, secret="guessed").status_code == 401
    other = Token(token.organization_id, "another-nonce")
    assert send(other, secret=token.secret("")).status_code == 401
    assert send(other).status_code == 401  # rightly signed, for an address that nobody made
    assert Client().post("/ci/nonsense/", b"{}", content_type="application/json").status_code == 401
    with pytest.raises(AssertionError):
        send(token)


def test_token_of_one_organization_opens_no_other(token: Token, cohort_of_two: School) -> None:
    elsewhere = Token(cohort_of_two.cast.otto.organization_id, token.nonce)
    # Rightly signed, as only this installation could, and still not an address that the other organization made.
    assert send(elsewhere).status_code == 401


def test_replaced_secret_works_for_a_day_at_the_same_address_and_a_stopped_one_no_more(
    shown: Shown, cohort_of_two: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, token = timezone.now(), shown.token
    with scope(token.organization_id):
        new = make_key(by=cohort_of_two.cast.ada, at=now)
        newest = make_key(by=cohort_of_two.cast.ada, at=now + timedelta(hours=1))
        assert ci_keys.ending_at(at=now) == now + timedelta(days=1, hours=1)
    assert new.token == newest.token == token
    assert len({shown.secret, new.secret, newest.secret}) == 3
    deliveries = iter("abcdefghij")

    def statuses(at: datetime) -> list[int]:
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        return [
            send(token, secret=one.secret, **{"X-GitHub-Delivery": next(deliveries)}).status_code
            for one in (shown, new, newest)
        ]

    assert statuses(now + timedelta(hours=2)) == [200, 200, 200]
    assert statuses(now + timedelta(days=1, seconds=1)) == [401, 200, 200]
    with scope(token.organization_id):
        ci_keys.stop_keys(at=now + timedelta(days=1))
        fresh = make_key(by=cohort_of_two.cast.ada, at=now + timedelta(days=2))
    assert statuses(now + timedelta(days=2)) == [401, 401, 401]
    assert fresh.token != token


def test_linter_that_passed_is_not_taken_for_tests(shown: Shown, cohort_of_two: School, sign_in: Any) -> None:
    lint = {**RUN, "workflow_run": {**RUN["workflow_run"], "name": "lint"}}  # type: ignore[dict-item]
    assert told(send(shown.token, lint)) == (200, True)
    client, page = sign_in(cohort_of_two.cast.ada), "/o/lantaarn/settings/ci/"
    with scope(shown.token.organization_id):
        attempt = Submission.objects.with_feedback().get()
        assert states_of([attempt])[attempt.pk] == ("", [])
    assert "Reported here, and not counted: <code>lint</code>" in client.get(page).content.decode()
    for patterns, words in [
        ("", "Fill in “Names of tests, one on each line”"),
        ("tests\n*", "A name of nothing but * would take every check for a test."),
        ("x" * 61, "Keep to 30 names of at most 60 letters."),
    ]:
        response = client.post(page, {"do": "names", "patterns": patterns})
        assert (response.status_code, words in response.content.decode()) == (422, True)
    assert client.post(page, {"do": "names", "patterns": " lint \n\ntests"}).status_code == 302
    with scope(shown.token.organization_id):
        assert states_of([attempt])[attempt.pk][0] == "passed"


@pytest.mark.parametrize("text", ["", ".", "x.y", "0" * 32, "-" * 36 + ".n", "{" + "0" * 32 + "}.n"])
def test_what_is_no_token(text: str) -> None:
    assert read_token(text) is None or str(read_token(text)) == text


def test_results_count_before_the_work_is_handed_in(token: Token, cohort_of_two: School) -> None:
    """Tests end a minute after a push; the work is handed in later, from an account that its learner stated."""
    early = {**RUN, "repository": {"html_url": "https://github.com/daan/first"}}
    assert told(send(token, early)) == (404, "unknown_repository")
    with scope(token.organization_id):
        state_accounts(membership=cohort_of_two.cast.daan, names={"github.com": "@Daan"}, at=timezone.now())
    assert told(send(token, early)) == (200, True)


@pytest.mark.parametrize(
    ("event", "body", "found"),
    [
        ("workflow_run", {"workflow_run": {**RUN["workflow_run"], "conclusion": None, "status": "queued"}}, "running"),
        ("workflow_run", {"workflow_run": {**RUN["workflow_run"], "conclusion": "skipped"}}, None),
        (
            "check_suite",
            {"check_suite": {"head_sha": SHA, "status": "completed", "conclusion": "failure", "app": {"name": "CI"}}},
            "failed",
        ),
        ("status", {"sha": SHA.upper(), "state": "error", "context": "ci/drone", "target_url": None}, "failed"),
        ("push", {}, None),
    ],
)
def test_events_that_tell_how_tests_went(event: str, body: dict[str, Any], found: str | None) -> None:
    result = read_result(event, {**body, "repository": RUN["repository"]}, at=NOW)
    assert (result and (result.state, result.commit)) == (found and (found, SHA))


def test_moment_to_come_becomes_now() -> None:
    run = {**RUN["workflow_run"], "updated_at": "2027-01-01T00:00:00Z"}  # type: ignore[dict-item]
    result = read_result("workflow_run", {**RUN, "workflow_run": run}, at=NOW)
    assert result is not None
    assert result.reported_at == NOW


def test_words_where_numbers_should_be() -> None:
    with pytest.raises(Unreadable):
        read_result("status", {"sha": 7, "state": "success", "context": "x", "repository": RUN["repository"]}, at=NOW)
