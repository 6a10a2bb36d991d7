"""What the pages show of links: in words, with what is not known said to be so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assessments.host_accounts import accounts_of, state_accounts
from assessments.journey import attempt_rows
from assessments.models import AutomatedTest, CiKey, HostAccount, LinkCheck, RepositoryLook, Submission
from organizations.scope import scope
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge, queries_of
from tests.assessments.repository_host import SHA

SignIn = Callable[..., Client]
GITHUB = {"repository": "https://github.com/amira/rag-eval"}
HERE = "/o/lantaarn"
DAY = timedelta(days=1)
FOUND = {
    "outcome": "found", "owner": "amira", "is_private": False, "license": "MIT", "pushed_at": SUBMITTED - DAY,
    "commit_exists": True, "commit": SHA, "has_readme": True, "has_tests": True,
}  # fmt: skip


def checked(submission: Submission, outcome: str, *, days: int = 0, **fields: Any) -> None:
    link = submission.links.get()
    LinkCheck.objects.create(link=link, outcome=outcome, checked_at=SUBMITTED + days * DAY, **fields)


def looked(submission: Submission, *, days: int = 0, **fields: Any) -> None:
    RepositoryLook.objects.create(link=submission.links.get(), looked_at=SUBMITTED + days * DAY, **fields)


def facts(submission: Submission) -> list[tuple[str, str]]:
    """Tone and words of every fact about the attempt's only link."""
    [row] = attempt_rows([Submission.objects.with_feedback().get(pk=submission.pk)], at=SUBMITTED + 40 * DAY)
    return [(fact.tone, fact.text) for fact in row["links"][0]["facts"]]


def test_nothing_is_known_yet(school: School) -> None:
    assert facts(hand_in(school, links=GITHUB)) == [
        ("", "Not looked at yet."),
        ("", "github.com was not asked about it yet."),
        ("", "Nobody has told how the automated tests went."),
    ]


def test_all_is_known(school: School) -> None:
    submission = hand_in(school, links=GITHUB, commit=SHA[:7])
    state_accounts(membership=school.cast.amira, names={"github.com": "https://github.com/Amira/"}, at=SUBMITTED)
    checked(submission, "unreachable", detail="timeout")
    checked(submission, "reachable", days=1)
    checked(submission, "unknown", days=20, detail="http_429")
    checked(submission, "reachable", days=31, final_url="https://github.com/amira/rag-evaluation")
    looked(submission, **FOUND)
    AutomatedTest.objects.create(
        repository="github.com/amira/rag-eval", commit=SHA, state="passed", source="webhook", name="tests",
        reported_at=SUBMITTED,
    )  # fmt: skip
    assert facts(submission) == [
        ("ok", "Opens: since 24 November 2026, last looked at on 24 December 2026."),
        ("info", "Leads on to https://github.com/amira/rag-evaluation."),
        ("ok", "In the stated account, amira."),
        ("ok", f"The commit {SHA[:7]} is there."),
        ("ok", "It has a README."),
        ("ok", "It has tests."),
        ("ok", "License: MIT."),
        ("info", "Last changed on 22 November 2026."),
        ("ok", "The automated tests passed: told by the webhook “tests”, 23 November 2026."),
    ]


def test_what_a_host_does_not_say_leaves_what_it_said_before(school: School) -> None:
    submission = hand_in(school, links=GITHUB, commit="v1.0")
    checked(submission, "unknown", detail="http_429")
    told = {**FOUND, "owner": "school", "commit_exists": False, "commit": "", "has_readme": None, "license": None}
    looked(submission, **told, days=1)
    looked(submission, days=35, outcome="unknown", detail="limited", retry_at=SUBMITTED + 41 * DAY)
    assert facts(submission) == [
        ("", "On 23 November 2026 we could not tell whether it opens: it had too many visitors."),
        ("", "github.com was asked too often and told us to wait; we ask again."),
        ("", "In the account school; no account was stated."),
        ("warn", "There is no commit or tag v1.0."),
        ("", "Whether it has a README is not known."),
        ("ok", "It has tests."),
        ("", "Its license is not known."),
        ("info", "Last changed on 22 November 2026."),
        ("", "Nobody has told how the automated tests went."),
    ]


def test_what_is_not_there_or_private(school: School) -> None:
    submission = hand_in(school, links=GITHUB)
    checked(submission, "unreachable", detail="http_404")
    looked(submission, outcome="missing")
    since = "Since 23 November 2026, last looked at on 23 November 2026."
    assert facts(submission)[:2] == [
        ("warn", f"Does not open: there is no such page, or it is private. {since}"),
        ("warn", "On 23 November 2026 github.com had no such repository, or it is private."),
    ]


def test_other_peoples_account_private_and_no_commit_named(school: School) -> None:
    submission = hand_in(school, links=GITHUB)
    state_accounts(membership=school.cast.amira, names={"github.com": "amira-j"}, at=SUBMITTED)
    checked(submission, "reachable")
    looked(submission, **{**FOUND, "is_private": True, "commit_exists": None, "license": ""})
    assert facts(submission)[1:4] == [
        ("info", "In the account amira; stated was amira-j."),
        ("info", "The repository is private: not every reviewer can open it."),
        ("info", f"No commit was named; {SHA[:7]} was the last when we first looked."),
    ]
    assert ("info", "It has no license.") in facts(submission)


def test_host_that_nobody_knows(school: School) -> None:
    submission = hand_in(school)
    checked(submission, "reachable")
    assert facts(submission)[1] == ("", "We cannot ask this host about the repository, so look at it yourself.")


def test_pages_show_it_with_as_many_queries_for_many_attempts_as_for_one(
    cohort_of_two: School, sign_in: SignIn
) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        submission = hand_in(school, links=GITHUB, commit=SHA)
        looked(submission, **FOUND)
        judge(submission, school, "changes_requested")
    amira, joris = school.cast.amira, school.cast.joris
    pages = [(amira, f"{HERE}/projects/{school.capstone.pk}/"), (joris, f"{HERE}/reviews/{submission.pk}/")]
    few = [queries_of(sign_in(person), url) for person, url in pages]
    for person, url in pages:
        page = sign_in(person).get(url).content.decode()
        assert "In the account amira; no account was stated." in page
    with scope(school.cast.organization.pk):
        for number in (1, 2):
            again = hand_in(school, links=GITHUB, commit=SHA, at=SUBMITTED + number * DAY)
            looked(again, **FOUND)
            judge(again, school, "changes_requested", at=SUBMITTED + number * DAY)
    assert [queries_of(sign_in(person), url) for person, url in pages] == few


def test_learner_and_reviewer_ask_for_another_look(
    cohort_of_two: School, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        submission = hand_in(school, links=GITHUB)
    amira = sign_in(school.cast.amira)
    url = f"{HERE}/attempts/{submission.pk}/look-again/"
    assert url in amira.get(f"{HERE}/projects/{school.capstone.pk}/").content.decode()
    response = amira.post(url, follow=True)
    assert response.redirect_chain == [(f"{HERE}/projects/{school.capstone.pk}/", 302)]
    assert "We look at the links again." in response.content.decode()
    refusal = sign_in(school.cast.joris).post(url)
    assert (refusal.status_code, "less than ten minutes ago" in refusal.content.decode()) == (422, True)
    assert sign_in(school.cast.daan).post(url).status_code == 404


def test_learner_states_accounts(cohort_of_two: School, sign_in: SignIn) -> None:
    amira, url = sign_in(cohort_of_two.cast.amira), f"{HERE}/projects/accounts/"
    first = {"account_0": "@amira", "account_1": "https://gitlab.com/school/amira/", "account_2": ""}
    assert amira.post(url, first).status_code == 302
    refusal = amira.post(url, {**first, "account_0": "not a name"})
    assert refusal.status_code == 422
    assert "Enter the name of your account at github.com only" in refusal.content.decode()
    assert 'value="not a name"' in refusal.content.decode()
    amira.post(url, {**first, "account_0": ""})
    with scope(cohort_of_two.cast.organization.pk):
        assert accounts_of(cohort_of_two.cast.amira) == {"gitlab.com": "school/amira"}
        stated = HostAccount.objects.order_by("stated_at", "host").values_list("host", "name")
        assert list(stated) == [("github.com", "amira"), ("gitlab.com", "school/amira"), ("github.com", "")]


def test_reviewer_records_how_tests_went(cohort_of_two: School, sign_in: SignIn) -> None:
    with scope(cohort_of_two.cast.organization.pk):
        submission = hand_in(cohort_of_two, links=GITHUB, commit=SHA)
    joris, url = sign_in(cohort_of_two.cast.joris), f"{HERE}/reviews/{submission.pk}/tests/"
    refusal = joris.post(url, {"state": "passed", "evidence": "ci.example/7"})
    assert (refusal.status_code, 'value="ci.example/7"' in refusal.content.decode()) == (422, True)
    assert joris.post(url, {"state": "passed", "evidence": "https://ci.example/7"}).status_code == 302
    words = "The automated tests passed: recorded by Joris Hoekema"
    assert words in joris.get(url).content.decode()
    assert words in joris.get(f"{HERE}/reviews/{submission.pk}/").content.decode()


def test_admin_makes_an_address_sees_its_secret_once_and_stops_it(cohort_of_two: School, sign_in: SignIn) -> None:
    ada, url = sign_in(cohort_of_two.cast.ada), f"{HERE}/settings/ci/"
    made = ada.post(url, {"do": "make"})
    secret = made.context["secret"]
    assert (len(secret), secret in made.content.decode()) == (64, True)
    assert "no-store" in made.headers["Cache-Control"]
    shown = ada.get(url)
    assert (shown.context["address"], shown.context["secret"]) == ("", "")
    assert secret not in shown.content.decode()
    ada.post(url, {"do": "stop"})
    with scope(cohort_of_two.cast.organization.pk):
        assert not CiKey.objects.filter(ends_at=None).exists()


def test_admin_chooses_from_when_gates_ask(cohort_of_two: School, sign_in: SignIn) -> None:
    ada, url = sign_in(cohort_of_two.cast.ada), f"{HERE}/settings/ci/"
    refusal = ada.post(url, {"do": "ask", "day": "2026-02-02"})
    assert refusal.status_code == 422
    assert "Choose a day to come" in refusal.content.decode()
    day = (timezone.localdate() + timedelta(days=30)).isoformat()
    assert ada.post(url, {"do": "ask", "day": day}).status_code == 302
    assert f'value="{day}"' in ada.get(url).content.decode()
