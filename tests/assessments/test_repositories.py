"""Which repository a link leads to, and what its host tells of it, against a host of our own."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from assessments.host_api import HostApi, Missing, Unknown
from assessments.named_tests import DEFAULTS, is_test_by, patterns_in_force, set_patterns, uncounted
from assessments.repositories import Format, Host, Repository, key_of, repository_of
from assessments.repository_facts import Facts, read_facts, state_of
from tests.assessments.conftest import School
from tests.assessments.repository_host import SHA, RepositoryHost, gitea_pages, gitlab_pages, running_host
from tests.web_server import Answer, pouring_site, running_site

AT = datetime(2026, 11, 23, 20, 14, tzinfo=UTC)
PUSHED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "path", "ref"),
    [
        ("https://github.com/Amira/rag-eval", "Amira/rag-eval", ""),
        ("https://github.com/amira/rag-eval/tree/v1.0/src", "amira/rag-eval", "v1.0"),
        ("https://github.com/amira/rag-eval/commit/1f0c5a2", "amira/rag-eval", "1f0c5a2"),
        ("https://github.com/amira/rag-eval/issues/3", "amira/rag-eval", ""),
        ("https://gitlab.com/school/cohort-7/amira/rag-eval", "school/cohort-7/amira/rag-eval", ""),
        ("https://gitlab.com/school/amira/rag-eval/-/tree/v2/docs", "school/amira/rag-eval", "v2"),
        ("https://gitlab.com/amira/rag-eval/blob/dev/README.md", "amira/rag-eval", "dev"),
        ("https://codeberg.org/amira/rag-eval/src/tag/v1.0", "amira/rag-eval", "v1.0"),
        ("https://github.com/amira", None, ""),
        ("https://github.com/topics/rag", None, ""),
        ("https://github.com/amira/..", None, ""),
        ("https://github.com/amira/a%2Fb", None, ""),
        ("https://github.com.evil.example/amira/x", None, ""),
        ("https://git.example/amira/x", None, ""),
    ],
)
def test_repository_that_a_link_leads_to(url: str, path: str | None, ref: str) -> None:
    found = repository_of(url)
    assert (found and found.path, found.ref if found else "") == (path, ref)


def test_links_to_one_repository_share_a_key() -> None:
    links = ["https://github.com/Amira/Rag-Eval", "https://github.com/amira/rag-eval/tree/v1.0"]
    assert {key_of(link) for link in links} == {"github.com/amira/rag-eval"}
    assert key_of("https://git.example/Amira/X") == "git.example/amira/x"


IS_TEST = is_test_by(DEFAULTS)


def read(host: RepositoryHost, spoken: Format, path: str = "amira/rag-eval", ref: str = "", **options: Any) -> Facts:
    where = Host(name="git.example", format=spoken, base=host.base, token=host.token)
    return read_facts(
        Repository(host=where, path=path), ref=ref, api=HostApi(host=where, at=AT, **options), is_test=IS_TEST
    )


def test_github_tells(github: RepositoryHost) -> None:
    told = Facts(
        owner="amira", is_private=False, license="MIT", pushed_at=PUSHED, commit_exists=True, commit=SHA,
        has_readme=True, has_tests=True, tests_state="passed",
    )  # fmt: skip
    assert read(github, Format.GITHUB, ref="v1.0") == told
    assert read(github, Format.GITHUB, ref=SHA[:7]) == told
    nothing = {"commit": "", "has_readme": None, "has_tests": None, "tests_state": "", "commit_exists": False}
    assert vars(read(github, Format.GITHUB, ref="v9/../..")) == {**vars(told), **nothing}


def test_linter_alone_says_nothing_of_tests(github: RepositoryHost) -> None:
    here = f"/repos/amira/rag-eval/commits/{SHA}"
    github.pages[f"{here}/check-runs?per_page=100&filter=latest"]["check_runs"].pop(0)
    assert read(github, Format.GITHUB).tests_state == ""
    # What else was said of the commit is asked then.
    told = [{"context": "Vercel", "state": "success"}, {"context": "ci/circleci: unit-tests", "state": "failure"}]
    github.pages[f"{here}/status?per_page=100"]["statuses"] = told
    assert read(github, Format.GITHUB).tests_state == "failed"


@pytest.mark.parametrize(
    ("name", "is_test"),
    [
        ("tests", True), ("Tests (3.12, ubuntu-latest)", True), ("CI", True), ("ci/drone", True), ("unit_tests", True),
        ("UnitTests", True), ("python / pytest", True), ("Specs", True), ("", False), ("lint", False),
        ("deploy-latest", False), ("Vercel", False), ("specific", True), ("circus", False), ("GitHub Actions", False),
    ],
)  # fmt: skip
def test_checks_are_tests_by_their_name(name: str, is_test: bool) -> None:
    assert IS_TEST(name) is is_test


def test_organization_names_its_own_tests(school: School) -> None:
    assert patterns_in_force() == DEFAULTS
    set_patterns(patterns=["Nightly build", "check*"], by=school.cast.ada, at=AT)
    found = is_test_by(patterns_in_force())
    assert [found(name) for name in ("nightly build", "build", "checks", "tests")] == [True, False, True, False]
    assert uncounted(DEFAULTS) == []


def test_gitlab_tells(github: RepositoryHost) -> None:
    github.pages = gitlab_pages()
    assert read(github, Format.GITLAB, "school/cohort-7/amira/rag-eval") == Facts(
        owner="school/cohort-7/amira", is_private=False, license="mit", pushed_at=PUSHED + timedelta(milliseconds=123),
        commit_exists=None, commit=SHA, has_readme=True, has_tests=True, tests_state="failed",
    )  # fmt: skip


def test_gitea_tells_and_what_is_beyond_its_answer_is_not_known(github: RepositoryHost) -> None:
    github.pages = gitea_pages()
    assert read(github, Format.GITEA) == Facts(
        owner="amira", is_private=False, license="other", pushed_at=PUSHED, commit_exists=None, commit=SHA,
        has_readme=None, has_tests=None, tests_state="running",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        ([], ""),
        (["skipped", "cancelled"], ""),
        (["success", "neutral"], "passed"),
        (["success", "queued"], "running"),
        (["success", "in_progress", "timed_out"], "failed"),
    ],
)
def test_state_of_many_checks(ends: list[str], state: str) -> None:
    assert state_of(ends) == state


def test_what_did_not_change_costs_the_host_nothing(github: RepositoryHost) -> None:
    api = HostApi(host=Host(name="git.example", format=Format.GITHUB, base=github.base), at=AT)
    first = read_facts(Repository(host=api.host, path="amira/rag-eval"), ref="", api=api, is_test=IS_TEST)
    github.asked.clear()
    github.pages["/repos/amira/rag-eval"]["private"] = True
    again = read(github, Format.GITHUB, known=api.answers)
    assert {status for path, status in github.asked if path != "/api/repos/amira/rag-eval"} == {304}
    assert again == Facts(**{**vars(first), "is_private": True})


def test_private_repository_shows_with_the_token_alone(
    github: RepositoryHost, caplog: pytest.LogCaptureFixture
) -> None:
    github.private = {"/repos/amira/rag-eval"}
    with pytest.raises(Missing):
        read(github, Format.GITHUB)
    github.token = "s3cret-token"
    with caplog.at_level(logging.DEBUG):
        assert read(github, Format.GITHUB).owner == "amira"
    assert github.headers[-1]["authorization"] == "Bearer s3cret-token"
    assert github.headers[-1]["accept-encoding"] == "identity"
    assert "s3cret" not in caplog.text + repr(Host(name="a", format=Format.GITHUB, base="https://a", token="s3cret"))


def test_token_goes_nowhere_else(github: RepositoryHost) -> None:
    github.token = "s3cret-token"
    with running_site() as elsewhere:
        there = {"Location": f"http://127.0.0.1:{elsewhere.port}/api/repos/amira/rag-eval"}
        github.instead = lambda asked: Answer(301, there)
        with pytest.raises(Unknown, match="bad_redirect"):
            read(github, Format.GITHUB)
        assert elsewhere.asked == []


def test_renamed_repository_is_followed_at_its_host(github: RepositoryHost) -> None:
    old = Answer(301, {"Location": "/api/repos/amira/rag-eval"})
    github.instead = lambda asked: old if asked.path == "/api/repos/amira/old" else None
    github.pages["/repos/amira/old/commits/main"] = {"sha": SHA}
    assert read(github, Format.GITHUB, "amira/old").owner == "amira"


IN_AN_HOUR = AT + timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "headers", "code", "retry_at"),
    [
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(IN_AN_HOUR.timestamp()))}, "limited", 3600),
        (429, {"Retry-After": "120"}, "limited", 120),
        (429, {"Retry-After": format_datetime(IN_AN_HOUR, usegmt=True)}, "limited", 3600),
        (429, {"RateLimit-Reset": str(int(IN_AN_HOUR.timestamp()))}, "limited", 3600),
        (429, {}, "limited", 3600),
        (429, {"Retry-After": "soon"}, "limited", 3600),
        (429, {"Retry-After": "0"}, "limited", 60),
        (403, {"Retry-After": "9" * 40}, "limited", 86400),
        (403, {}, "forbidden", None),
        (401, {}, "token_refused", None),
        (500, {}, "http_500", None),
        (302, {}, "http_302", None),
        (304, {}, "http_304", None),
        (200, {}, "unreadable", None),
    ],
)
def test_what_a_host_does_not_say_is_not_known(
    github: RepositoryHost, status: int, headers: dict[str, str], code: str, retry_at: int | None
) -> None:
    github.instead = lambda asked: Answer(status, headers, b"" if status == 304 else b"<html>")
    with pytest.raises(Unknown) as unknown:
        read(github, Format.GITHUB)
    expected = AT + timedelta(seconds=retry_at) if retry_at else None
    assert (unknown.value.code, unknown.value.retry_at) == (code, expected)


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"owner": 7}', b'"x"', b"[" * 100_000, b"\xff"])
def test_answer_that_is_no_repository(github: RepositoryHost, body: bytes) -> None:
    github.instead = lambda asked: Answer(200, {}, body)
    with pytest.raises(Unknown, match="unreadable"):
        read(github, Format.GITHUB)


def test_one_part_that_breaks_spoils_no_other(github: RepositoryHost) -> None:
    github.instead = lambda asked: Answer(500) if "/git/trees/" in asked.path else None
    facts = read(github, Format.GITHUB)
    assert (facts.owner, facts.tests_state, facts.has_readme, facts.license) == ("amira", "passed", None, "MIT")


def test_limit_half_way_is_a_limit(github: RepositoryHost) -> None:
    github.instead = lambda asked: Answer(429) if "/git/trees/" in asked.path else None
    with pytest.raises(Unknown, match="limited"):
        read(github, Format.GITHUB)


def test_nobody_listens() -> None:
    with running_host() as host:
        pass
    with pytest.raises(Unknown, match="no_answer"):
        read(host, Format.GITHUB)


@pytest.mark.parametrize(
    ("drop", "every", "code"),
    [(b"[" * 10_000, 0.0, "unreadable"), (b"[", 0.02, "timeout")],
    ids=["endless", "dripping"],
)
def test_host_that_never_ends(monkeypatch: pytest.MonkeyPatch, drop: bytes, every: float, code: str) -> None:
    monkeypatch.setattr("assessments.host_api.MOST_BYTES", 50_000)
    monkeypatch.setattr("assessments.host_api.SECONDS", 0.2)
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with pouring_site(head, drop, every=every) as port, pytest.raises(Unknown, match=code):
        read(RepositoryHost(base=f"http://127.0.0.1:{port}"), Format.GITHUB)
