"""Histories that make numbers fail elsewhere: what every page and the command say of them, in both languages."""

import json
from collections.abc import Callable
from datetime import date
from html import unescape
from io import StringIO
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Membership
from organizations.scope import scope
from outcomes.models import PublicPageSwitch
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_member, enrolled, graduate, placed, record

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/success/"
ON = date(2026, 6, 15)
KEYS = ("completion_years", "placement", "retention_level_5")
#: Every page and file that is made of these numbers.
PAGES = [
    "", *(f"{key}/" for key in KEYS), "targets/", "resources/", "reports/", "reports/graduates/",
]  # fmt: skip
FILES = [
    "targets.csv", "cohorts.csv", "trends.csv", "levels.csv", "placement-curve.csv", "stay.csv", "placement.csv",
    "resources.csv", "reports/graduates.csv", "reports/workbook.xlsx",
]  # fmt: skip


def nobody_graduated() -> None:
    cohort = a_cohort()
    enrolled(cohort, ("withdrawn", 100))
    for _number in range(3):
        enrolled(cohort)


def one_learner() -> None:
    placed(graduate(a_cohort(), levels=[(level, 100 * level) for level in range(1, 6)]), "1A", 650)


def all_censored() -> None:
    cohort = a_cohort()
    for _number in range(3):
        enrolled(cohort)


def ties() -> None:
    """Two graduate, two leave and two begin a leave on one day."""
    cohort = a_cohort()
    for status in ("graduated", "withdrawn", "on_leave"):
        for _number in range(2):
            enrolled(cohort, (status, 600, {"returns_on": date(2026, 7, 1)} if status == "on_leave" else {}))


def event_before_the_start() -> None:
    """One left before the cohort began, one was active long before it."""
    cohort = a_cohort()
    record(enrolled(cohort), "withdrawn", -10)
    early = enrolled(cohort)
    record(early, "active", -400)
    graduate(cohort)


def learner_in_two_cohorts() -> None:
    """At the same time, and no transfer: graduated in one, gone from the other."""
    person = a_member("Twice There")
    placed(graduate(a_cohort(), learner=person), "1A", 650)
    enrolled(a_cohort(), ("withdrawn", 200), learner=person)


def graduation_taken_back() -> None:
    cohort = a_cohort()
    placed(enrolled(cohort, ("graduated", 600), ("active", 640)), "1A", 610)
    graduate(cohort)


def placement_before_graduation() -> None:
    """One works since before graduating and one stopped before it: both were recorded all the same."""
    cohort = a_cohort()
    placed(graduate(cohort), "1A", 500)
    other = graduate(cohort)
    placed(other, "1A", 500)
    placed(other, "3A", 590)


class Told(NamedTuple):
    """(value, numerator, denominator, pending, excluded) of KEYS, and words of a page in English and in Dutch."""

    numbers: list[tuple[Any, ...]]
    page: str
    english: str
    dutch: str


HISTORIES: dict[Callable[[], None], Told] = {
    nobody_graduated: Told([], "placement/", "Not available", "Niet beschikbaar"),
    one_learner: Told([], "", "n = 1", "n = 1"),
    all_censored: Told([], "completion_years/", "–", "–"),
    ties: Told([], "completion_years/", "Not reached", "Niet gehaald"),
    event_before_the_start: Told([], "placement/", "Left before the census date", "peildatum"),
    learner_in_two_cohorts: Told([], "placement/", "Twice There", "Twice There"),
    graduation_taken_back: Told([], "placement/", "Still in the program", "Nog"),
    placement_before_graduation: Told([], "placement/", "Placed in a relevant role", "rol"),
}


def numbers(**options: str) -> list[tuple[Any, ...]]:
    out = StringIO()
    arguments = ["--organization", "lantaarn", "--as-of", ON.isoformat(), "--json"]
    call_command("metrics", *arguments, stdout=out, stderr=StringIO(), **options)
    found = {row["key"]: row for row in json.loads(out.getvalue())["metrics"]}
    counts = ("value", "numerator", "denominator", "pending", "excluded")
    return [
        tuple(round(row[name], 3) if isinstance(row[name], float) else row[name] for name in counts)
        for row in (found[key] for key in KEYS)
    ]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_pages_and_command_say_what_holds(cast: Cast, sign_in: SignIn, history: Callable[[], None]) -> None:
    cache.clear()
    told = HISTORIES[history]
    with scope(cast.organization.pk):
        history()
        PublicPageSwitch.objects.create(is_on=True, recorded_by=cast.ada)
    found = numbers()
    print("NUM", history.__name__, found)
    answers = {}
    for language, words in (("en", told.english), ("nl", told.dutch)):
        cast.ada.user.language = language
        cast.ada.user.save()
        client = sign_in(cast.ada)
        for path in [*PAGES, *(FILES if language == "en" else [])]:
            answer = client.get(f"{URL}{path}?on={ON}")
            answers[language, path] = answer.status_code
            if path == told.page:
                shown = " ".join(unescape(answer.content.decode()).split())
                print("HAS", language, words, words in shown)
        answers[language, "public"] = sign_in(None).get("/outcomes/lantaarn/", headers={"accept-language": language}).status_code

    assert {place: status for place, status in answers.items() if status != 200} == {}
    assert found == told.numbers


@pytest.mark.parametrize("history", [ties, learner_in_two_cohorts], ids=lambda history: history.__name__)
def test_cohorts_add_up_whatever_happened(lantaarn: Cast, history: Callable[[], None]) -> None:
    history()


@pytest.mark.parametrize(
    ("on", "english", "dutch"),
    [
        ("2999-01-01", "That day is in the future", "in de toekomst"),
        ("1999-12-31", "Choose a day from 2000 on.", "2000"),
        ("0001-01-01", "Choose a day from 2000 on.", "2000"),
        ("2026-02-30", "Enter a day as year, month and day", "jaar, maand en dag"),
    ],
)
def test_day_that_no_number_has(cast: Cast, sign_in: SignIn, on: str, english: str, dutch: str) -> None:
    for language, words in (("en", english), ("nl", dutch)):
        cast.ada.user.language = language
        cast.ada.user.save()
        for path in (*PAGES[:2], "levels.png", "resources/"):
            answer = sign_in(cast.ada).get(f"{URL}{path}?on={on}")
            assert answer.status_code == 422
            assert words in unescape(answer.content.decode())
    with pytest.raises(CommandError):
        call_command("metrics", "--organization", "lantaarn", "--as-of", on, "--json", stdout=StringIO())
