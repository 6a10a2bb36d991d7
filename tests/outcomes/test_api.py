"""The numbers for programs: each with all that it rests on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership
from cohorts.models import Enrollment
from organizations.scope import scope
from outcomes.models import TargetKey
from tests.api import body_of, queries_of
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_version, day, enrolled, graduate, placed

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/api/metrics/"


@pytest.fixture
def story(cast: Cast) -> list[Enrollment]:
    """Two cohorts: one with a graduate in a job, one without, a leaver and somebody in level 2; the other empty."""
    with scope(cast.organization.pk):
        cohort = a_cohort(name="Rotterdam 2024", slug="rotterdam")
        a_cohort(cohort.version, name="Utrecht 2024", slug="utrecht", format="bootcamp")
        people = [
            graduate(cohort, learner=cast.amira),
            graduate(cohort, learner=cast.daan),
            enrolled(cohort, ("withdrawn", 100)),
            enrolled(cohort, levels=[(1, 90)]),
        ]
        placed(people[0], "1A", 650)
    return people


def metrics(client: Client, query: str = "") -> dict[str, Any]:
    body: dict[str, Any] = body_of(client.get(URL + query))
    return body


def by_key(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in found["metrics"]}


def test_number_comes_with_all_that_it_rests_on(cast: Cast, story: list[Enrollment], sign_in: SignIn) -> None:
    found = metrics(sign_in(cast.ilse), f"?as_of={day(800)}")
    assert (found["as_of"], found["definition"], found["cohort"]) == (day(800).isoformat(), 1, None)
    placement = by_key(found)["placement"]
    interval = placement.pop("interval")
    assert placement == {
        "key": "placement",
        "name": "Placed within 6 months",
        "unit": "share",
        "value": 0.5,
        "numerator": 1,
        "denominator": 2,
        "excluded": 1,
        "pending": 1,
        "unknown": 1,
        "bounds": None,
        "target": {"comparison": ">=", "value": 0.85},
        "verdict": "too_early",
    }
    assert (interval["confidence"], interval["method"]) == (0.95, "Wilson 95 %")
    assert (round(interval["low"], 4), round(interval["high"], 4)) == (0.0945, 0.9055)
    retention = by_key(found)["retention_level_5"]
    assert sorted(retention["bounds"]) == ["highest", "lowest"]
    assert by_key(found)["completion_years"]["unit"] == "years"


def test_every_target_is_measured(cast: Cast, story: list[Enrollment], sign_in: SignIn) -> None:
    found = metrics(sign_in(cast.ada))
    assert {*by_key(found)} == set(TargetKey.values)
    assert by_key(found)["satisfaction"]["unit"] == "points"


def test_cohort_narrows_the_numbers(cast: Cast, story: list[Enrollment], sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    rotterdam = metrics(client, f"?cohort=rotterdam&as_of={day(800)}")
    utrecht = by_key(metrics(client, f"?cohort=utrecht&as_of={day(800)}"))["placement"]
    assert (rotterdam["cohort"], by_key(rotterdam)["placement"]["denominator"]) == ("rotterdam", 2)
    assert {key: utrecht[key] for key in ("value", "interval", "denominator", "verdict")} == {
        "value": None,
        "interval": None,
        "denominator": 0,
        "verdict": "not_available",
    }


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("?as_of=x", "as_of", "Enter a day as year, month and day, such as 2026-11-23."),
        ("?as_of=1999-12-31", "as_of", "Choose a day from 2000 on."),
        ("?cohort=delft", "cohort", "“delft” is not there. Choose one from the list."),
    ],
)
def test_question_that_cannot_be_answered_says_where(
    cast: Cast, story: list[Enrollment], sign_in: SignIn, query: str, field: str, message: str
) -> None:
    problem = body_of(sign_in(cast.ilse).get(URL + query), 422)
    assert {name: [error["message"] for error in errors] for name, errors in problem["errors"].items()} == {
        field: [message]
    }


def test_nothing_is_known_of_the_future(cast: Cast, sign_in: SignIn) -> None:
    problem = body_of(sign_in(cast.ilse).get(f"{URL}?as_of=2999-01-01"), 422)
    assert list(problem["errors"]) == ["as_of"]


def test_queries_do_not_grow_with_the_cohorts(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.ada), []
    for cohorts in (1, 2):
        with scope(cast.organization.pk):
            version = a_version()
            for _ in range(cohorts):
                cohort = a_cohort(version)
                placed(graduate(cohort), "1A", 650)
                enrolled(cohort)
        counts.append(queries_of(client, f"{URL}?as_of={day(800)}"))
    assert counts[0] == counts[1] <= 13
