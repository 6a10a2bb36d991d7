"""Projects, handing in work and the review queue for programs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership
from assessments.models import Submission
from assessments.reviewing import claim
from cohorts.history import enroll
from organizations.scope import scope
from tests.api import body_of, post_json, put_json, queries_of
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.conftest import Cast, member

SignIn = Callable[[Membership | None], Client]
API = "/o/lantaarn/api/"
NOW = SUBMITTED + timedelta(hours=12)
CONFIRMED = {"tests_pass": True, "readme_explains": True, "nothing_secret": True}


@pytest.fixture(autouse=True)
def next_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def inside(cast: Cast) -> Callable[[], Any]:
    return lambda: scope(cast.organization.pk)


@pytest.fixture
def address(cohort_of_two: School) -> str:
    return f"{API}projects/{cohort_of_two.capstone.pk}/submissions/"


def test_projects_come_with_how_they_stand(cohort_of_two: School, sign_in: SignIn, inside: Any) -> None:
    school = cohort_of_two
    with inside():
        judge(hand_in(school), school)
    found = body_of(sign_in(school.cast.amira).get(f"{API}me/projects/"))
    assert found["enrollment"] == str(school.amira.pk)
    assert found["projects"][:2] == [
        {
            "id": str(school.capstone.pk),
            "title": "File organizer",
            "kind": "module_capstone",
            "level": 1,
            "module": "1.1",
            "hours": 30.0,
            "checklist": ["Reads and writes files", "Has a command line"],
            "status": "passed",
            "since": "2026-11-23T20:14:00Z",
            "attempts": 1,
        },
        {
            "id": str(school.practice.pk),
            "title": "Data story",
            "kind": "practice_project",
            "level": 1,
            "module": "1.1",
            "hours": 30.0,
            "checklist": [],
            "status": None,
            "since": None,
            "attempts": 0,
        },
    ]


def test_learner_without_a_cohort_is_told_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    problem = body_of(sign_in(cast.amira).get(f"{API}me/projects/"), 404)
    assert (problem["code"], problem["detail"]) == (
        "not_enrolled",
        "You are in no cohort yet. Ask program staff to enroll you.",
    )


def test_attempt_is_handed_in(cohort_of_two: School, address: str, sign_in: SignIn, inside: Any) -> None:
    body = {
        "links": {"repository": "git@github.com:amira/files.git", "video": ""},
        "commit": "v1.0",
        "note": "Look at the tests first.",
        "done": ["Has a command line"],
        **CONFIRMED,
    }
    made = body_of(post_json(sign_in(cohort_of_two.cast.amira), address, body), 201)
    with inside():
        kept = Submission.objects.get()
    assert kept.submitted_by_id == cohort_of_two.cast.amira.pk
    assert made == {
        "id": str(kept.pk),
        "project": str(cohort_of_two.capstone.pk),
        "attempt": 1,
        "commit": "v1.0",
        "note": "Look at the tests first.",
        "links": {"repository": ["https://github.com/amira/files"]},
        "checklist": [
            {"text": "Reads and writes files", "done": False},
            {"text": "Has a command line", "done": True},
        ],
        "submitted_at": "2026-11-24T08:14:00Z",
        "withdrawn_at": None,
    }
    taken = body_of(post_json(sign_in(cohort_of_two.cast.amira), f"{API}submissions/{kept.pk}/withdraw/", {}))
    assert taken["withdrawn_at"] == "2026-11-24T08:14:00Z"


def test_draft_is_kept_and_not_saved_over_unseen(cohort_of_two: School, sign_in: SignIn) -> None:
    client, draft = sign_in(cohort_of_two.cast.amira), f"{API}projects/{cohort_of_two.capstone.pk}/draft/"
    assert body_of(client.get(draft), 404)["code"] == "no_draft"
    body = {"links": {"repository": ["not yet", ""], "video": "https://video.example/1"}, "note": "Half a sen"}
    given = {
        "links": {"repository": ["not yet"], "video": ["https://video.example/1"]},
        "note": "Half a sen",
        "commit": "",
        "done": [],
        "confirmed": [],
    }
    kept = body_of(put_json(client, draft, body))
    assert kept == {"given": given, "revision": 1, "saved_at": "2026-11-24T08:14:00Z"}
    assert body_of(client.get(draft)) == kept
    assert body_of(put_json(client, draft, {**body, "note": "Half a sentence", "revision": 1}))["revision"] == 2
    assert body_of(put_json(client, draft, {"revision": 0}), 409)["code"] == "draft_conflict"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"links": "required"}),
        ({"links": []}, {"links": "invalid"}),
        (
            {"links": {"repository": "http://localhost/x", "video": "nothing"}, **CONFIRMED},
            {"links.repository": "link_private", "links.video": "link_scheme"},
        ),
        (
            {"links": {"repository": "https://github.com/a/b"}, "tests_pass": True},
            {"readme_explains": "not_confirmed", "nothing_secret": "not_confirmed"},
        ),
        ({"links": {"video": ["https://v.example/1"] * 21}, **CONFIRMED}, {"links": "too_many_links"}),
        ({"links": {}, "done": ["Everything"], **CONFIRMED}, {"done": "not_on_checklist"}),
        ({"links": {}, "done": "Everything", **CONFIRMED}, {"done": "not_a_list"}),
    ],
)
def test_attempt_that_cannot_be_handed_in_says_which_field(
    cohort_of_two: School, address: str, sign_in: SignIn, body: Any, errors: dict[str, str]
) -> None:
    problem = body_of(post_json(sign_in(cohort_of_two.cast.amira), address, body), 422)
    assert {field: one[0]["code"] for field, one in problem["errors"].items()} == errors


def test_rules_of_handing_in_answer_with_their_code(
    cohort_of_two: School, address: str, sign_in: SignIn, inside: Any
) -> None:
    client = sign_in(cohort_of_two.cast.amira)
    without = body_of(post_json(client, address, {"links": {}, **CONFIRMED}), 422)
    with inside():
        hand_in(cohort_of_two)
    twice = body_of(post_json(client, address, {"links": {"repository": "https://github.com/a/b"}, **CONFIRMED}), 422)
    assert (without["code"], twice["code"]) == ("repository_needed", "attempt_waiting")


def test_queue_is_in_the_order_of_the_page(cohort_of_two: School, sign_in: SignIn, inside: Any) -> None:
    school = cohort_of_two
    with inside():
        daans = hand_in(school, enrollment=school.daan)
        amiras = hand_in(school, at=SUBMITTED + timedelta(hours=1))
        claim(submission=amiras, reviewer=school.cast.ilse, at=NOW)
    row = {
        "cohort": "blended-2026",
        "project": "File organizer",
        "level": 1,
        "attempt": 1,
        "due_on": "2026-11-30",
        "readings": 0,
    }
    client = sign_in(school.cast.joris)
    assert body_of(client.get(f"{API}reviews/")) == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                **row,
                "id": str(amiras.pk),
                "learner": "Amira Haddad",
                "submitted_at": "2026-11-23T21:14:00Z",
                "is_mine": True,
                "asked_of": "Joris Hoekema",
                "claimed_by": "Ilse Brouwer",
            },
            {
                **row,
                "id": str(daans.pk),
                "learner": "Daan Kuiper",
                "submitted_at": "2026-11-23T20:14:00Z",
                "is_mine": False,
                "asked_of": "Ilse Brouwer",
                "claimed_by": None,
            },
        ],
    }
    mine = body_of(client.get(f"{API}reviews/?show=mine"))
    assert [one["learner"] for one in mine["results"]] == ["Amira Haddad"]
    assert body_of(client.get(f"{API}reviews/?cohort=blended-2026&level=1"))["count"] == 2
    assert body_of(client.get(f"{API}reviews/?level=2"))["count"] == 0


def test_queries_do_not_grow_with_the_attempts(cohort_of_two: School, sign_in: SignIn, inside: Any) -> None:
    school = cohort_of_two
    addresses = {f"{API}reviews/": school.cast.joris, f"{API}me/projects/": school.cast.amira}
    with inside():
        claim(submission=hand_in(school), reviewer=school.cast.ilse, at=NOW)
    one = {url: queries_of(sign_in(person), url) for url, person in addresses.items()}
    with inside():
        for number in range(2):
            learner = member(f"Learner {number}", f"learner{number}@lantaarn.example", "learner")
            enrollment = enroll(
                cohort=school.cohort, learner=learner, by=None, effective_on=school.cohort.starts_on, status="active"
            )
            claim(submission=hand_in(school, enrollment=enrollment), reviewer=school.cast.ada, at=NOW)
        judge(hand_in(school, project=school.practice), school)
        hand_in(school, project=school.final)
    assert {url: queries_of(sign_in(person), url) for url, person in addresses.items()} == one
    assert max(one.values()) <= 12
