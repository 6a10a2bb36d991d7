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
from django.utils import timezone

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment
from organizations.scope import scope
from outcomes.models import PublicPageSwitch
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_member, enrolled, graduate, placed, record

SignIn = Callable[[Membership | None], Client]
URL, PUBLIC = "/o/lantaarn/success/", "/outcomes/lantaarn/"
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


def words_of(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


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
    for moves in ((("active", -20), ("withdrawn", -10)), (("active", -400),)):
        person = Enrollment.objects.create(cohort=cohort, version_id=cohort.version_id, learner=a_member())
        for move in moves:
            record(person, *move)
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


#: (value, numerator, denominator, pending, excluded)
Counts = tuple[float | None, int, int, int, int]


class Told(NamedTuple):
    """The counts of KEYS, each with its value first; what stands on a page, in English and in Dutch."""

    completion: Counts
    placement: Counts
    retention: Counts
    page: str
    english: str
    dutch: str


HISTORIES: dict[Callable[[], None], Told] = {
    nobody_graduated: Told(
        (None, 0, 1, 3, 0), (None, 0, 0, 3, 1), (0.0, 0, 1, 3, 0), "placement/", "Not available", "Niet beschikbaar",
    ),
    one_learner: Told(
        (1.643, 1, 1, 0, 0), (1.0, 1, 1, 0, 0), (1.0, 1, 1, 0, 0), "", "n = 1, verdict from n = 20",
        "n = 1, oordeel vanaf n = 20",
    ),
    all_censored: Told(
        (None, 0, 0, 3, 0), (None, 0, 0, 3, 0), (None, 0, 0, 3, 0), "", "3 pending", "3 lopen nog",
    ),
    ties: Told(
        (None, 2, 4, 2, 0), (0.0, 0, 2, 2, 2), (0.5, 2, 4, 2, 0), "completion_years/", "Not reached", "Niet bereikt",
    ),
    event_before_the_start: Told(
        (1.643, 1, 1, 1, 1), (0.0, 0, 1, 1, 1), (1.0, 1, 1, 1, 1), "placement/", "Left before the census date",
        "Vertrokken voor de peildatum",
    ),
    learner_in_two_cohorts: Told(
        (1.643, 1, 2, 0, 0), (1.0, 1, 1, 0, 1), (0.5, 1, 2, 0, 0), "placement/", "Left before graduating",
        "Vertrokken voor het afstuderen",
    ),
    graduation_taken_back: Told(
        (1.643, 1, 1, 1, 0), (0.0, 0, 1, 1, 0), (1.0, 1, 1, 1, 0), "placement/", "Still in the program, in level 1",
        "Nog in de opleiding, in niveau 1",
    ),
    placement_before_graduation: Told(
        (1.643, 2, 2, 0, 0), (0.5, 1, 2, 0, 0), (1.0, 2, 2, 0, 0), "placement/", "Placed in a relevant role",
        "Geplaatst in een relevante functie",
    ),
}  # fmt: skip


def numbers(*more: str) -> list[tuple[Any, ...]]:
    out = StringIO()
    arguments = ["--organization", "lantaarn", "--as-of", ON.isoformat(), "--json", *more]
    call_command("metrics", *arguments, stdout=out, stderr=StringIO())
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
        PublicPageSwitch.objects.create(is_on=True, recorded_by=cast.ada, recorded_at=timezone.now())
    found = numbers()
    statuses, shown = {}, []
    for language in ("en", "nl"):
        cast.ada.user.language = language
        cast.ada.user.save()
        client = sign_in(cast.ada)
        for path in [*PAGES, *(FILES if language == "en" else [])]:
            statuses[language, path] = client.get(f"{URL}{path}?on={ON}").status_code
        shown.append(words_of(client.get(f"{URL}{told.page}?on={ON}")))
        public = sign_in(None).get(PUBLIC, headers={"accept-language": language})
        statuses[language, PUBLIC] = public.status_code

    assert found == [told.completion, told.placement, told.retention]
    assert {place: status for place, status in statuses.items() if status != 200} == {}
    assert told.english in shown[0]
    assert told.dutch in shown[1]


def test_learner_in_two_cohorts_counts_once_in_each(cast: Cast) -> None:
    with scope(cast.organization.pk):
        learner_in_two_cohorts()
        slugs = list(Cohort.objects.order_by("slug").values_list("slug", flat=True))
    every, of_each = numbers(), [numbers("--cohort", slug) for slug in slugs]

    assert [[row[1:] for row in found] for found in of_each] == [
        [(1, 1, 0, 0), (1, 1, 0, 0), (1, 1, 0, 0)],
        [(0, 1, 0, 0), (0, 0, 0, 1), (0, 1, 0, 0)],
    ]
    assert [row[1:] for row in every] == [
        tuple(map(sum, zip(*rows, strict=True)))
        for rows in zip(*([row[1:] for row in found] for found in of_each), strict=True)
    ]


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
    with pytest.raises(CommandError, match=r"in the future|before any program|invalid"):
        call_command("metrics", "--organization", "lantaarn", "--as-of", on, "--json", stdout=StringIO())
