"""Cohorts, rosters and paths for programs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership
from cohorts.models import Enrollment, StudyLog
from cohorts.progress import credit_topic
from curriculum.models import Topic
from organizations.scope import scope
from tests.api import body_of, post_json, queries_of
from tests.cohorts.given import published_version
from tests.cohorts.studying import TODAY, active, finish, log, running_cohort, topics_of
from tests.conftest import Cast, member

SignIn = Callable[[Membership | None], Client]
API = "/o/lantaarn/api/"
ROSTER = f"{API}cohorts/rotterdam-2026/roster/"
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon in Amsterdam on the day that the other tests call TODAY."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon)


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    """Active in a running cohort, with Joris as her mentor, her first topic done and 12 hours a week logged."""
    with scope(cast.organization.pk):
        enrollment = active(running_cohort(), cast.amira, mentor=cast.joris)
        finish(enrollment, topics_of(enrollment.cohort)[:1])
        log(enrollment, 12)
    return enrollment


@pytest.fixture
def topics(cast: Cast, amira: Enrollment) -> list[Topic]:
    with scope(cast.organization.pk):
        return topics_of(amira.cohort)


def mark(client: Client, topic: Topic, body: Any) -> Any:
    return post_json(client, f"{API}me/path/topics/{topic.pk}/", body)


# -- cohorts -----------------------------------------------------------------------------------------------------------


def test_cohorts_come_as_the_list_shows_them(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    cohort = amira.cohort
    row = {
        "id": str(cohort.pk),
        "slug": "rotterdam-2026",
        "name": "Rotterdam 2026",
        "status": "running",
        "format": "blended",
        "curriculum": str(cohort.version),
        "hours_per_week": 20.0,
        "hours_share": 1.0,
        "first_level": 1,
        "last_level": 2,
        "starts_on": "2026-09-07",
        "census_on": "2026-09-21",
        "ends_on": "2027-01-24",
        "time_zone": "Europe/Amsterdam",
        "capacity": None,
        "lead": None,
        "learners": 1,
        "waiting": 0,
    }
    listed = body_of(sign_in(cast.ilse).get(f"{API}cohorts/"))
    assert listed == {"count": 1, "next": None, "previous": None, "results": [row]}
    one = body_of(sign_in(cast.ilse).get(f"{API}cohorts/rotterdam-2026/"))
    milestones = one.pop("milestones")
    assert one == row | {"on_the_roster": 1}
    assert {key: milestones[-1][key] for key in ("kind", "level", "through_hours", "due_on")} == {
        "kind": "gate",
        "level": 2,
        "through_hours": 400.0,
        "due_on": "2027-01-24",
    }


def test_mentors_have_the_cohorts_of_their_learners(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        running_cohort(name="Utrecht 2026", version=amira.cohort.version)
    client = sign_in(cast.joris)
    assert [row["slug"] for row in body_of(client.get(f"{API}cohorts/"))["results"]] == ["rotterdam-2026"]
    for address in ("", "roster/"):
        assert body_of(client.get(f"{API}cohorts/utrecht-2026/{address}"), 404)["code"] == "not_found"


# -- roster ------------------------------------------------------------------------------------------------------------


def test_roster_row_tells_hours_level_status_and_reasons(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    [row] = body_of(sign_in(cast.ilse).get(ROSTER))["results"]
    milestone = row.pop("next_milestone")
    assert sorted(milestone) == ["due_on", "title"]
    reasons = {reason["key"]: reason for reason in row.pop("reasons")}
    assert row == {
        "id": str(amira.pk),
        "external_id": "",
        "name": "Amira Haddad",
        "email": "amira@lantaarn.example",
        "mentor": "Joris Hoekema",
        "status": "active",
        "since": "2026-09-07",
        "doing": "at_risk",
        "level": 1,
        "hours_earned": 40.0,
        "hours_credited": 0.0,
        "hours_planned": 400.0,
        "study_hours_a_week": 12.0,
        "last_active": "2026-11-23",
    }
    assert reasons["milestone_overdue"]["since"] == milestone["due_on"]
    assert reasons["milestone_overdue"]["text"].startswith(milestone["title"])


def test_mentors_see_their_own_learners_only(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        active(amira.cohort, cast.daan)
    names = {
        person.name: [row["name"] for row in body_of(sign_in(person).get(f"{ROSTER}?sort=name"))["results"]]
        for person in (cast.joris, cast.ilse)
    }
    assert names == {"Joris Hoekema": ["Amira Haddad"], "Ilse Brouwer": ["Amira Haddad", "Daan Kuiper"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [("?q=daan", ["Daan Kuiper"]), ("?sort=-name", ["Daan Kuiper", "Amira Haddad"]), ("?level=2", [])],
)
def test_roster_is_asked_as_the_page_is(
    cast: Cast, amira: Enrollment, sign_in: SignIn, query: str, names: list[str]
) -> None:
    with scope(cast.organization.pk):
        active(amira.cohort, cast.daan)
    assert [row["name"] for row in body_of(sign_in(cast.ilse).get(ROSTER + query))["results"]] == names


@pytest.mark.parametrize("address", ["cohorts/", "cohorts/rotterdam-2026/", "cohorts/rotterdam-2026/roster/"])
def test_queries_do_not_grow_with_the_rows(cast: Cast, sign_in: SignIn, address: str) -> None:
    with scope(cast.organization.pk):
        version = published_version()
        cohort = running_cohort(version=version)
        active(cohort, cast.amira, mentor=cast.joris)
    client = sign_in(cast.ilse)
    one = queries_of(client, API + address)
    with scope(cast.organization.pk):
        for number in range(2):
            running_cohort(version=version, name=f"Utrecht {number}", lead=cast.joris)
            learner = member(f"Learner {number}", f"learner{number}@lantaarn.example", "learner")
            log(active(cohort, learner, mentor=cast.joris), 5)
    assert queries_of(client, API + address) == one <= 12


# -- one's own path ----------------------------------------------------------------------------------------------------


def test_path_holds_levels_modules_and_parts(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    path = body_of(sign_in(cast.amira).get(f"{API}me/path/"))
    levels = path.pop("levels")
    second = {"id": str(topics[1].pk), "kind": "topic", "title": "Basics 2", "hours": 60.0}
    assert path == {
        "as_of": "2026-11-23",
        "hours_earned": 40.0,
        "hours_credited": 0.0,
        "hours_planned": 400.0,
        "study_hours_a_week": 12.0,
        "hours_gained_a_week": 10.0,
        "ends_on": "2027-08-02",
        "next": {**second, "state": "open", "done_on": None},
        "enrollment": str(amira.pk),
        "cohort": "rotterdam-2026",
        "status": "active",
    }
    assert [(level["number"], level["state"], level["hours_earned"]) for level in levels] == [
        (1, "here", 40.0),
        (2, "ahead", 0.0),
    ]
    module = levels[0]["modules"][0]
    assert (module["code"], module["title"], module["done"]) == ("1.1", "Basics", False)
    assert module["rows"][0] == {
        "id": str(topics[0].pk),
        "title": "Basics 1",
        "done": True,
        "parts": [
            {
                "id": str(topics[0].pk),
                "kind": "topic",
                "title": "Basics 1",
                "hours": 40.0,
                "state": "completed",
                "done_on": "2026-11-23",
            }
        ],
    }


def test_topic_is_done_and_open_again(cast: Cast, topics: list[Topic], sign_in: SignIn) -> None:
    client = sign_in(cast.amira)
    done = body_of(mark(client, topics[1], {"done": True}))
    assert (done["topic"]["state"], done["topic"]["done_on"]) == ("completed", "2026-11-23")
    assert (done["level"]["hours_earned"], done["path"]["hours_earned"]) == (100.0, 100.0)
    assert done["path"]["next"]["title"] == "Basics capstone"
    again = body_of(mark(client, topics[1], {"done": True}))
    assert again == done
    undone = body_of(mark(client, topics[1], {"done": False}))
    assert (undone["topic"]["state"], undone["path"]["hours_earned"]) == ("open", 40.0)


def test_topic_that_was_credited_is_not_the_learners_to_reopen(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    with scope(cast.organization.pk):
        credit_topic(enrollment=amira, topic=topics[1], by=cast.ilse, on=TODAY, evidence="A diploma")
    refused = body_of(mark(sign_in(cast.amira), topics[1], {"done": False}), 422)
    assert (refused["code"], refused["detail"]) == (
        "credit_is_not_yours",
        "This topic was credited to you. Ask staff to change that.",
    )


def test_who_is_in_no_cohort_is_told_what_to_do(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    client = sign_in(cast.daan)
    answers = [
        client.get(f"{API}me/path/"),
        mark(client, topics[1], {"done": True}),
        post_json(client, f"{API}me/study-hours/", {"week": "2026-11-23", "hours": 4}),
    ]
    assert {body_of(answer, 404)["code"] for answer in answers} == {"not_enrolled"}


def test_study_hours_are_logged_for_the_week_of_the_day(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    logged = post_json(sign_in(cast.amira), f"{API}me/study-hours/", {"week": "2026-11-18", "hours": 12.5})
    assert body_of(logged, 201) == {"week": "2026-11-16", "hours": 12.5}
    with scope(cast.organization.pk):
        kept = StudyLog.objects.order_by("-recorded_at", "-pk").values_list("week", "hours", "recorded_by")[0]
    assert (kept[0].isoformat(), float(kept[1]), kept[2]) == ("2026-11-16", 12.5, cast.amira.pk)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"week": "2026-11-30", "hours": 1}, "study_week_ahead"),
        ({"week": "2020-01-01", "hours": 1}, "study_week_too_old"),
        ({"week": "2026-11-23", "hours": 169}, "study_hours_out_of_range"),
        ({"week": "2026-11-23", "hours": -1}, "study_hours_out_of_range"),
        ({"week": "0001-01-01", "hours": 1}, "study_week_too_old"),
        ({"week": "9999-12-31", "hours": 1}, "study_week_ahead"),
        ({"week": "2026-11-23", "hours": 1e300}, "invalid"),
        ({"week": "2026-11-23"}, "invalid"),
    ],
)
def test_study_hours_that_cannot_be_are_refused(
    cast: Cast, amira: Enrollment, sign_in: SignIn, body: dict[str, Any], code: str
) -> None:
    assert body_of(post_json(sign_in(cast.amira), f"{API}me/study-hours/", body), 422)["code"] == code
