"""Links are looked at in the background, each look a fact, and again while the work matters."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from assessments import tasks
from assessments.link_checks import AGAIN_AFTER, check_submission, check_what_is_due, due_links, look_again
from assessments.link_facts import explain
from assessments.link_guard import Answer, Guard, Outcome
from assessments.models import AutomatedTest, LinkCheck, RepositoryLook
from assessments.submissions import withdraw
from cohorts.models import EnrollmentEvent
from organizations.models import uuid7
from organizations.scope import scope
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.assessments.repository_host import RepositoryHost
from tests.assessments.test_submissions import refused

LINKS = {"repository": "https://git.example/amira/x", "deployment": "https://demo.example/"}
GITHUB = {"repository": "https://github.com/amira/rag-eval"}
LATER = SUBMITTED + AGAIN_AFTER + timedelta(hours=1)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Answer]:
    """What each link answers; those that are not named open."""
    told: dict[str, Answer] = {}
    monkeypatch.setattr(Guard, "look", lambda self, url: told.get(url, Answer(Outcome.REACHABLE)))
    return told


def look(school: School, submission: Any, *, at: datetime = SUBMITTED) -> int:
    return check_submission(organization_id=school.cast.organization.pk, submission_id=submission.pk, at=at)


def look_at_due(school: School, *, at: datetime) -> int:
    return check_what_is_due(organization_id=school.cast.organization.pk, clock=lambda: at)


def test_every_look_is_recorded_beside_the_ones_before(cohort_of_two: School, answers: dict[str, Answer]) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        submission = hand_in(school, links=LINKS)
    answers["https://demo.example/"] = Answer(Outcome.REFUSED, "private_address")
    look(school, submission)
    answers["https://demo.example/"] = Answer(Outcome.REACHABLE, final_url="https://demo.example/app")
    look(school, submission, at=SUBMITTED + timedelta(hours=1))
    with scope(school.cast.organization.pk):
        rows = LinkCheck.objects.order_by("checked_at", "link__kind")
        assert list(rows.values_list("link__kind", "outcome", "detail", "final_url")) == [
            ("deployment", "refused", "private_address", ""),
            ("repository", "reachable", "", ""),
            ("deployment", "reachable", "", "https://demo.example/app"),
            ("repository", "reachable", "", ""),
        ]
        # Nobody knows how to ask git.example.
        assert not RepositoryLook.objects.exists()


def test_task_looks_at_the_links_of_its_submission(cohort_of_two: School, answers: dict[str, Answer]) -> None:
    organization = cohort_of_two.cast.organization
    with scope(organization.pk):
        submission = hand_in(cohort_of_two)
    answers["https://git.example/amira/rag-eval"] = Answer(Outcome.UNREACHABLE, "http_404")
    tasks.check_links(str(organization.pk), str(submission.pk))
    with scope(organization.pk):
        assert LinkCheck.objects.get().detail == "http_404"


def test_host_tells_of_the_repository_and_its_tests(
    cohort_of_two: School, answers: dict[str, Answer], github: RepositoryHost
) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        submission = hand_in(school, links=GITHUB, commit="v1.0")
    look(school, submission)
    # What did not change costs the host nothing, and is as true as before.
    asked = len(github.asked)
    look(school, submission, at=SUBMITTED + timedelta(days=1))
    assert [answer for _path, answer in github.asked[asked:]] == [304] * asked
    with scope(school.cast.organization.pk):
        first, second = RepositoryLook.objects.order_by("looked_at").values()
        for row in (first, second):
            assert {name: row[name] for name in FOUND} == FOUND
        assert list(AutomatedTest.objects.values_list("repository", "commit", "state", "source")) == [
            ("github.com/amira/rag-eval", github.sha, "passed", "host")
        ]


FOUND = {
    "outcome": "found", "detail": "", "retry_at": None, "owner": "amira", "is_private": False, "license": "MIT",
    "commit_exists": True, "has_readme": True, "has_tests": True, "tests_state": "passed",
}  # fmt: skip


def test_host_that_wants_to_be_left_alone_is_asked_again_when_it_said(
    cohort_of_two: School, answers: dict[str, Answer], github: RepositoryHost
) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        first = hand_in(school, links=GITHUB)
        second = hand_in(school, links=GITHUB, enrollment=school.daan)
    reset = SUBMITTED + timedelta(minutes=40)
    github.limit_until = reset
    look(school, first)
    look(school, second)
    with scope(school.cast.organization.pk):
        # Known to be unknown, and not that it is missing; of the second nothing is claimed at all.
        assert list(RepositoryLook.objects.values_list("link__submission", "outcome", "detail", "retry_at")) == [
            (first.pk, "unknown", "limited", reset)
        ]
        assert (LinkCheck.objects.count(), len(github.asked)) == (2, 1)
        assert not due_links(at=reset - timedelta(minutes=1)).filter(submission=first).exists()
    github.limit_until = None
    assert look_at_due(school, at=reset) == 2
    with scope(school.cast.organization.pk):
        assert RepositoryLook.objects.filter(outcome="found").count() == 2


def test_what_is_due_is_looked_at_once_a_month(cohort_of_two: School, answers: dict[str, Answer]) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        submission = hand_in(school, links=LINKS)
        look_late = SUBMITTED + timedelta(minutes=15)
        # Its own look may still be on its way; when that was lost, it is due.
        assert not due_links(at=look_late - timedelta(seconds=1)).exists()
        assert due_links(at=look_late).count() == 2
    assert look(school, submission) == 2
    assert [look_at_due(school, at=at) for at in (LATER - timedelta(hours=2), LATER, LATER)] == [0, 2, 0]


def _withdrawn(school: School) -> None:
    withdraw(submission=hand_in(school), by=school.cast.amira, at=SUBMITTED)


def _failed(school: School) -> None:
    judge(hand_in(school), school, "changes_requested")


def _passed(school: School) -> None:
    judge(hand_in(school), school)


def _left(school: School) -> None:
    hand_in(school)
    _becomes(school, "withdrawn", LATER)


def _graduated_lately(school: School) -> None:
    _passed(school)
    _becomes(school, "graduated", LATER - timedelta(days=364))


def _graduated_long_ago(school: School) -> None:
    _passed(school)
    _becomes(school, "graduated", LATER - timedelta(days=366))


def _becomes(school: School, status: str, at: datetime) -> None:
    school.amira.status = status
    school.amira.save(update_fields=["status"])
    EnrollmentEvent.objects.create(
        enrollment=school.amira, sequence=9, from_status="active", to_status=status, effective_on=at.date(),
        reason="other" if status == "withdrawn" else "", decision=uuid7() if status == "graduated" else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("life", "matters"),
    [
        (_withdrawn, False),
        (_failed, False),
        (_passed, True),
        (_left, False),
        (_graduated_lately, True),
        (_graduated_long_ago, False),
    ],
)
def test_work_matters_while_it_can_still_be_asked_after(
    school: School, life: Callable[[School], None], matters: bool
) -> None:
    life(school)
    assert due_links(at=LATER).exists() is matters


def test_somebody_asks_for_another_look_every_ten_minutes(
    school: School, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, **options: sent.append(options["args"]))
    submission = hand_in(school)
    at = SUBMITTED + timedelta(hours=1)
    with django_capture_on_commit_callbacks(execute=True):
        look_again(submission=submission, at=at)
        # The worker has not come to it yet.
        with refused("looked_just_now"):
            look_again(submission=submission, at=at + timedelta(minutes=1))
    assert sent == [[str(school.cast.organization.pk), str(submission.pk)]]
    cache.clear()
    LinkCheck.objects.create(link=submission.links.get(), outcome="reachable", checked_at=at)
    with refused("looked_just_now"):
        look_again(submission=submission, at=at + timedelta(minutes=9))


@pytest.mark.parametrize(
    ("outcome", "detail", "words"),
    [
        ("reachable", "", ""),
        ("unreachable", "timeout", "it took too long to answer"),
        ("unreachable", "http_404", "there is no such page, or it is private"),
        ("unreachable", "http_503", "it answered with error 503"),
        ("refused", "private_address", "it leads to a private network"),
        ("refused", "link_port", "not a public address"),
        ("unknown", "http_429", "it had too many visitors"),
    ],
)
def test_outcome_in_words(outcome: str, detail: str, words: str) -> None:
    assert explain(LinkCheck(outcome=outcome, detail=detail)) == words
