from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership
from organizations.scope import scope
from outcomes.errors import OutcomeError
from outcomes.measuring.cases import Counts, Reason, Standing
from outcomes.measuring.employers import employers_as_of, list_employer, remove_employer
from outcomes.measuring.metrics import AsOf
from outcomes.models import ListedEmployer, TargetKey
from outcomes.showing.explaining import beside
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, enrolled, graduate, placed

SignIn = Callable[[Membership | None], Client]
KEY, GRADUATED = TargetKey.TOP_EMPLOYERS, 600
ON = day(GRADUATED + 200)
URL = "/o/lantaarn/success/employers/"


def listed(name: str, **values: Any) -> ListedEmployer:
    return list_employer(**{"name": name, "effective_on": day(0), "by": None, **values})


def test_placed_graduates_count_by_their_employer(lantaarn: Cast) -> None:
    listed("Google", tier="FAANG", also_known_as=["Alphabet", "Google DeepMind"])
    listed("Bol", tier="Scale-up")
    cohort = a_cohort()
    for status, employer in (
        ("1A", "google"), ("1A", "GOOGLE DEEPMIND"), ("1B", "Ból."), ("1A", "Bakery"), ("1D", ""), ("2B", "Google"),
    ):  # fmt: skip
        placed(graduate(cohort, GRADUATED), status, GRADUATED + 90, employer=employer)
    graduate(cohort, GRADUATED)
    enrolled(cohort)
    measure = AsOf(ON).measure(KEY)

    assert measure.counts == Counts(numerator=3, denominator=5, pending=1, excluded=2, unknown=0)
    assert sorted((case.standing, case.reason, case.about) for case in measure.cases if case.about) == [
        (Standing.MET, Reason.LISTED_EMPLOYER, "Ból."),
        (Standing.MET, Reason.LISTED_EMPLOYER, "GOOGLE DEEPMIND"),
        (Standing.MET, Reason.LISTED_EMPLOYER, "google"),
        (Standing.MISSED, Reason.OTHER_EMPLOYER, "Bakery"),
    ]
    assert beside(measure) == [("FAANG", "40.0%", "2 of 5"), ("Scale-up", "20.0%", "1 of 5")]


def test_without_a_list_there_is_no_number(lantaarn: Cast) -> None:
    placed(graduate(a_cohort(), GRADUATED), "1A", GRADUATED + 90, employer="Google")
    measure = AsOf(ON).measure(KEY)

    assert (measure.value, measure.counts.excluded) == (None, 1)
    assert measure.cases[0].reason == Reason.NO_EMPLOYER_LIST


def test_list_of_the_day_counts(lantaarn: Cast) -> None:
    google = listed("Google", effective_on=day(100))
    listed("Google", tier="FAANG", effective_on=day(200))
    remove_employer(employer=google, effective_on=day(300), by=None)

    found = [[(row.name, row.tier) for row in employers_as_of(day(on)).employers] for on in (99, 100, 200, 300)]
    assert found == [[], [("Google", "")], [("Google", "FAANG")], []]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "…"}, "employer_name"),
        ({"name": "Bol", "also_known_as": ["!"]}, "employer_name"),
        ({"name": "Alphabet"}, "employer_taken"),
        ({"name": "Bol", "also_known_as": ["GOOGLE"]}, "employer_taken"),
        ({"name": "Bol", "effective_on": date(1999, 1, 1)}, "employer_day"),
    ],
)
def test_what_cannot_be_listed(lantaarn: Cast, values: dict[str, Any], code: str) -> None:
    listed("Google", also_known_as=["Alphabet"])
    with pytest.raises(OutcomeError) as refused:
        listed(**values)

    assert refused.value.code == code
    assert ListedEmployer.objects.count() == 1


def test_admin_adds_changes_and_removes(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        placed(graduate(a_cohort(), GRADUATED), "1A", GRADUATED + 90, employer="Google")
    client = sign_in(cast.ada)
    suggested = client.get(URL).context["suggested"]
    data = {"name": "Google", "tier": "FAANG", "also_known_as": "Alphabet\n\nAlphabet", "effective_on": "2026-01-01"}
    added = client.post(f"{URL}add/?name=Google", data)
    page = client.get(URL)
    change = client.get(f"{URL}add/?name=alphabet")
    employer = page.context["page"][0]
    client.post(f"{URL}{employer.pk}/remove/")
    client.post(f"{URL}{employer.pk}/remove/")

    assert (suggested, added.status_code, page.context["suggested"]) == ([("Google", 1)], 302, [])
    assert (employer.tier, employer.also_known_as, employer.recorded_by_id) == ("FAANG", ["Alphabet"], cast.ada.pk)
    assert change.context["form"].initial["tier"] == "FAANG"
    assert list(client.get(URL).context["page"]) == []
    with scope(cast.organization.pk):
        assert ListedEmployer.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "—"}, "name", "at least one letter or digit"),
        ({"also_known_as": "x" * 161}, "also_known_as", "is too long"),
        ({"effective_on": "2026-02-30"}, "effective_on", "Enter a day as year, month and day"),
    ],
)
def test_bad_entry_says_how_to_fix_it(
    cast: Cast, sign_in: SignIn, data: dict[str, str], field: str, message: str
) -> None:
    answer = sign_in(cast.ada).post(f"{URL}add/", {"name": "Google", "effective_on": "2026-01-01", **data})

    assert answer.status_code == 422
    assert message in " ".join(answer.context["form"].errors[field])
    with scope(cast.organization.pk):
        assert not ListedEmployer.objects.exists()
