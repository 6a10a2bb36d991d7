from datetime import timedelta

import pytest

from assessments import tasks
from assessments.link_checks import check_links, explain
from assessments.link_guard import Answer, Guard, Outcome
from assessments.models import LinkCheck
from tests.assessments.conftest import SUBMITTED, School, hand_in

LINKS = {"repository": "https://git.example/amira/x", "deployment": "https://demo.example/"}


def test_every_look_is_recorded_beside_the_ones_before(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = hand_in(school, links=LINKS)
    answers = {
        "https://git.example/amira/x": Answer(Outcome.REACHABLE),
        "https://demo.example/": Answer(Outcome.REFUSED, "private_address"),
    }
    monkeypatch.setattr(Guard, "look", lambda self, url: answers[url])
    check_links(submission_id=submission.pk, at=SUBMITTED)
    answers["https://demo.example/"] = Answer(Outcome.REACHABLE)
    check_links(submission_id=submission.pk, at=SUBMITTED + timedelta(hours=1))
    rows = LinkCheck.objects.order_by("checked_at", "link__kind")
    assert list(rows.values_list("link__kind", "outcome", "detail")) == [
        ("deployment", "refused", "private_address"),
        ("repository", "reachable", ""),
        ("deployment", "reachable", ""),
        ("repository", "reachable", ""),
    ]


def test_task_looks_at_the_links_of_its_submission(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = hand_in(school)
    monkeypatch.setattr(Guard, "look", lambda self, url: Answer(Outcome.UNREACHABLE, "http_404"))
    tasks.check_links(str(submission.pk))
    assert LinkCheck.objects.get().detail == "http_404"


@pytest.mark.parametrize(
    ("outcome", "detail", "words"),
    [
        ("reachable", "", ""),
        ("unreachable", "timeout", "it took too long to answer"),
        ("unreachable", "http_404", "there is no such page, or it is private"),
        ("unreachable", "http_503", "it answered with error 503"),
        ("refused", "private_address", "it leads to a private network"),
        ("refused", "link_port", "not a public address"),
    ],
)
def test_outcome_in_words(outcome: str, detail: str, words: str) -> None:
    assert explain(LinkCheck(outcome=outcome, detail=detail)) == words
