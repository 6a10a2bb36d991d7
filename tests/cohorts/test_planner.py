"""The planner as staff and mentors use it: by its address, with and without a script, and with a wrong question."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Membership, User
from cohorts.models import Break
from curriculum.importing import import_plan
from curriculum.models import CurriculumVersion
from organizations.scope import scope
from tests.cohorts.given import NOW, draft_version, published_version
from tests.cohorts.test_planning import queries
from tests.conftest import Cast
from tests.curriculum.plans import real_plan

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/curriculum/pace/"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """The language of a request stays in force in its thread; the next test speaks English again."""
    yield
    translation.activate("en")


@pytest.fixture
def version(cast: Cast) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return published_version()


def asked(version: CurriculumVersion, **values: Any) -> dict[str, Any]:
    plain = {"version": version.pk, "first_level": 1, "last_level": 2, "starts_on": "2026-09-07", "unit": "weeks"}
    return {**plain, "hours_per_week": "", **values}


def text(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def test_first_visit_answers_a_likely_question(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    response = sign_in(cast.joris).get(URL)

    assert response.status_code == 200
    assert "At 25 h a week from" in text(response)
    assert "Plan a cohort with this" not in text(response)


def test_staff_go_on_to_a_cohort_with_what_was_asked(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    page = text(sign_in(cast.ilse).get(URL, asked(version, length="10", hours_share="50")))

    assert "From 7 Sep 2026, levels 1–2 end by 15 Nov 2026 at 20 h a week." in page
    assert "50% of the planned 400 hours." in page
    assert f"/cohorts/new/?version={version.pk}&first_level=1&last_level=2&hours_share=50&starts_on=2026-09-07" in page
    assert "&hours_per_week=20.0" in page


def test_without_a_version_there_is_nothing_to_plan(cast: Cast, sign_in: SignIn) -> None:
    assert "There is no curriculum to plan with" in text(sign_in(cast.ilse).get(URL))


def test_drafts_are_tried_out_by_staff_alone(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        draft = draft_version()

    assert sign_in(cast.ilse).get(URL, asked(draft, hours_per_week="20")).status_code == 200
    assert sign_in(cast.joris).get(URL, asked(draft, hours_per_week="20")).status_code == 422


def test_both_directions_are_answered_at_once(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    page = text(sign_in(cast.joris).get(URL, asked(version, hours_per_week="20", ends_on="2026-11-15")))

    assert "levels 1–2 end on 24 Jan 2027." in page
    assert "levels 1–2 end by 15 Nov 2026 at 40 h a week." in page


def test_breaks_of_the_organization_and_other_ones_count(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    with scope(cast.organization.pk):
        Break.objects.create(name="Christmas", starts_on=date(2026, 12, 21), ends_on=date(2027, 1, 3))
    own = {"break-2-first": "2026-10-05", "break-2-last": "2026-10-11"}

    def end(**values: str) -> date:
        query = asked(version, hours_per_week="20", **values)
        answer: date = sign_in(cast.joris).get(URL, query).context["outlook"].at_pace.ends_on
        return answer

    plain = date(2027, 1, 24)
    assert end() == plain + timedelta(days=14)
    assert end(without_breaks="on") == plain
    assert end(**own) == plain + timedelta(days=21)
    assert end(**own, without_breaks="on") == plain + timedelta(days=7)


def test_row_of_breaks_is_added_when_the_last_but_one_is_filled_in(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    client = sign_in(cast.joris)

    def rows(**values: str) -> int:
        return len(client.get(URL, asked(version, hours_per_week="20", **values)).context["planner"].breaks)

    assert rows() == 2
    assert rows(**{"break-2-first": "2026-10-05", "break-2-last": "2026-10-11"}) == 4
    assert rows(**{"break-12-first": "2026-10-05", "break-12-last": "2026-10-11"}) == 12


def test_answer_comes_alone_to_a_script(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    response = sign_in(cast.joris).get(URL, asked(version, hours_per_week="20"), headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert "<form" not in response.content.decode()
    assert "Level by level" in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_plan_is_held_against_what_it_says(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        version = import_plan(plan=real_plan(), title="Engineer", by=cast.ilse, at=NOW)

    page = text(sign_in(cast.ilse).get(URL, asked(version, last_level=5, hours_per_week="90")))

    assert "The plan’s target of 2.5 years, until 7 Mar 2029, takes 76.7 h a week" not in page
    assert "Within the plan’s target of 2.5 years, which is until 7 Mar 2029." in page
    assert "77 hours a week in 2.5 years" in page
    assert "6.4–9.6 years (334–500 weeks) at 20–30 hours a week" in page
    assert "1,992 hours: level 1 alone" in page
    assert "Nobody can work 90 hours a week; a week has 168 hours, sleep included. Plan at most 80 hours a week" in page


def test_answer_that_is_impossible_says_what_would_work(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    response = sign_in(cast.joris).get(URL, asked(version, length="1"))

    assert response.status_code == 200
    assert (
        "Finishing by 13 Sep 2026 would take 400.0 hours a week, and a week has 168. Choose a later end. "
        "At 80 h a week, the most that can be planned, it ends on 11 Oct 2026. "
        "Until the wanted end 20% of the hours fit at that pace."
    ) in text(response)


@pytest.mark.parametrize(
    ("values", "field", "error"),
    [
        ({}, "hours_per_week", "Enter hours a week, an end or a length. One of them is enough."),
        ({"hours_per_week": "0"}, "hours_per_week", "Enter at least 1 hour a week."),
        ({"hours_per_week": "500"}, "hours_per_week", "A week has 168 hours. Enter fewer."),
        ({"ends_on": "2026-09-06"}, "ends_on", "The end lies before the start. Choose a later end."),
        ({"ends_on": "2027-09-06", "length": "3"}, "length", "Enter an end or a length, not both."),
        ({"length": "0"}, "length", "Enter at least a week."),
        ({"length": "-1"}, "length", "Ensure this value is greater than or equal to 0."),
        ({"length": "51", "unit": "years"}, "length", "Enter at most 50 years."),
        ({"length": "50", "unit": "years", "starts_on": "2060-01-01"}, "length",
         "2110-01-01 is not a date for a program. Choose one between 2000 and 2099."),
        ({"hours_per_week": "20", "starts_on": "1900-01-01"}, "starts_on",
         "1900-01-01 is not a date for a program. Choose one between 2000 and 2099."),
        ({"ends_on": "9999-12-31"}, "ends_on",
         "9999-12-31 is not a date for a program. Choose one between 2000 and 2099."),
        ({"hours_per_week": "20", "last_level": "3"}, "last_level",
         "This version has no level 1 to 3. Choose levels that it has."),
        ({"hours_per_week": "20", "first_level": "2", "last_level": "1"}, "last_level",
         "The first level comes after the last. Swap them."),
        ({"hours_per_week": "20", "hours_share": "0.5"}, "hours_share", "Enter at least 1%."),
        ({"ends_on": "2026-09-10", "break-1-first": "2026-09-07", "break-1-last": "2026-09-30"}, "ends_on",
         "The breaks leave no day for the program. Choose a later end or remove a break."),
    ],
)  # fmt: skip
def test_wrong_question_is_answered_at_its_field_and_kept(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn, values: dict[str, str], field: str, error: str
) -> None:
    response = sign_in(cast.joris).get(URL, asked(version, **values))

    assert response.status_code == 422
    assert response.context["planner"].errors == {field: [error]}
    assert all(f'value="{value}"' in response.content.decode() for value in values.values() if value != "years")


@pytest.mark.parametrize(
    ("first", "last", "field", "error"),
    [
        ("2026-10-05", "", "last", "Choose the last day of this break."),
        ("", "2026-10-05", "first", "Choose the first day of this break."),
        ("2026-10-05", "2026-10-04", "last", "The last day lies before the first. Swap them."),
        ("2026-10-05", "2028-10-04", "last", "A break is at most a year long. Check the two dates."),
        ("1900-01-01", "2026-10-05", "first",
         "1900-01-01 is not a date for a program. Choose one between 2000 and 2099."),
    ],
)  # fmt: skip
def test_wrong_break_is_answered_at_its_row(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn, first: str, last: str, field: str, error: str
) -> None:
    query = asked(version, hours_per_week="20", **{"break-1-first": first, "break-1-last": last})

    response = sign_in(cast.joris).get(URL, query)

    assert response.status_code == 422
    assert response.context["planner"].breaks[0].errors == {field: [error]}
    assert f'href="#id_break-1-{field}">{error}' in response.content.decode()


def test_planner_takes_the_same_queries_for_one_version_and_for_three(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    client, counts = sign_in(cast.ilse), [queries(sign_in(cast.ilse), URL)]
    with scope(cast.organization.pk):
        for _number in range(2):
            published_version()
            Break.objects.create(name="Week off", starts_on=date(2027, 3, 1), ends_on=date(2027, 3, 7))
    counts.append(queries(client, URL))

    assert counts[0] == counts[1] <= 24


def test_planner_speaks_dutch(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    User.objects.filter(pk=cast.joris.user_id).update(language="nl")

    page = text(sign_in(cast.joris).get(URL, asked(version, hours_per_week="20")))

    assert "Met 20 uur per week vanaf 7 sep 2026" in page
