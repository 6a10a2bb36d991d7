from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from organizations.scope import scope
from outcomes.keeping.snapshots import kept_on, take_snapshots
from outcomes.measuring.reputation import record_rank
from outcomes.measuring.targets import Targets
from outcomes.models import RankRecord, Target, TargetKey
from outcomes.scopes import EVERYONE, Scope
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_version, enrolled

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/success/targets/"
PLACEMENT = f"{URL}placement/"
RANK = "/o/lantaarn/success/reputation/record/"
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_target_with_its_aim(cast: Cast, sign_in: SignIn, language: str) -> None:
    cast.ada.user.language = language
    cast.ada.user.save()
    page = sign_in(cast.ada).get(URL)

    assert [row.key for row in page.context["rows"]] == list(TargetKey.values)
    assert [row.aim for row in page.context["rows"]][:3] == (
        ["70%", "50%", "≤ 2.5 years"] if language == "en" else ["70%", "50%", "≤ 2,5 jaar"]
    )


def test_plan_that_takes_too_long_stands_beside_the_target(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        a_cohort(a_version(), hours_per_week=Decimal(2))
    page = sign_in(cast.ilse).get(URL)
    row = next(row for row in page.context["rows"] if row.key == TargetKey.COMPLETION_YEARS)

    assert row.feasibility.is_out_of_reach
    assert row.feasibility.sentences[0].endswith("2.5 years take 4 hours a week.")
    assert "targets/placement/" not in page.content.decode()  # changing one is for admins


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("placement", "72.5", "0.725"),
        ("completion_years", "3", "3"),
        ("satisfaction", "4.2", "4.2"),
        ("reputation", "3", "3"),
        ("portfolio_quality", "60", "0.6"),
        ("placement", "", None),
    ],
)
def test_aiming_for_another_number_from_a_day_on(
    cast: Cast, sign_in: SignIn, key: str, typed: str, kept: str | None
) -> None:
    data = {"is_on": "on", "value": typed, "effective_on": "2026-06-01"}
    answer = sign_in(cast.ada).post(f"{URL}{key}/", data)

    assert answer.status_code == 302
    with scope(cast.organization.pk):
        row = Target.objects.get(key=key)
        assert (row.value, row.recorded_by) == (None if kept is None else Decimal(kept), cast.ada)
        assert Targets(date(2026, 5, 31)).goal(key).since is None
        assert Targets(date(2026, 6, 1)).goal(key).since == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("key", "data", "field", "message"),
    [
        ("placement", {"value": "101"}, "value", "Enter a percentage above 0 and up to 100"),
        ("placement", {"value": "0"}, "value", "Enter a percentage above 0 and up to 100"),
        ("placement", {"value": "NaN"}, "value", "Enter a percentage above 0 and up to 100"),
        ("placement", {"value": "70.05"}, "value", "Enter a percentage above 0 and up to 100"),
        ("completion_years", {"value": "51"}, "value", "Enter years above 0 and up to 50"),
        ("satisfaction", {"value": "6"}, "value", "Enter a score from 1 to 5"),
        ("reputation", {"value": "1.5"}, "value", "Enter a rank from 1 to 1,000."),
        ("placement", {"effective_on": "1999-12-31"}, "effective_on", "Enter a day from 2000 to 2099."),
        ("placement", {"effective_on": "soon"}, "effective_on", "Enter a day as year, month and day"),
    ],
)
def test_target_that_cannot_be_says_what_can(
    cast: Cast, sign_in: SignIn, key: str, data: dict[str, str], field: str, message: str
) -> None:
    answer = sign_in(cast.ada).post(f"{URL}{key}/", {"is_on": "on", "value": "1", "effective_on": "2026-06-01", **data})

    assert answer.status_code == 422
    assert message in " ".join(answer.context["form"].errors[field])
    with scope(cast.organization.pk):
        assert not Target.objects.exists()


def test_cohort_aims_for_its_own_and_follows_again(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        cohort = a_cohort(slug="rotterdam")
    of_cohort, client = f"{PLACEMENT}?cohort=rotterdam", sign_in(cast.ada)
    client.post(of_cohort, {"is_on": "on", "value": "60", "effective_on": "2026-01-01"})
    own = client.get(of_cohort)
    client.post(of_cohort, {"give_up": "1", "effective_on": "2026-03-01"})

    assert own.context["is_own"]
    with scope(cast.organization.pk):
        found = [
            Targets(on).goal("placement", Scope(cohort_id=cohort.pk)).value
            for on in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 1))
        ]
        assert found == [Decimal("0.85"), Decimal("0.6"), Decimal("0.85")]
        assert Targets(date(2026, 1, 1)).goal("placement", EVERYONE).value == Decimal("0.85")
    assert [words for _row, words in client.get(of_cohort).context["history"]] == ["As the organization", "60%"]


def test_target_switched_off_is_none(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ada)
    client.post(PLACEMENT, {"value": "60", "effective_on": "2026-01-01"})

    assert [words for _row, words in client.get(PLACEMENT).context["history"]] == ["No target"]
    card = next(c for c in client.get("/o/lantaarn/success/").context["cards"] if c.key == "placement")
    assert (card.verdict, card.target) == (None, "–")


def test_queries_of_the_targets_do_not_grow(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.ada), []
    for more in (1, 2):
        with scope(cast.organization.pk):
            for _ in range(more):
                enrolled(a_cohort())
        for _look in ("after a change", "again"):
            with CaptureQueriesContext(connection) as queries:
                client.get(URL)
            counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))

    assert counts[:2] == counts[2:]
    assert counts[0] <= 25
    assert counts[1] <= 16


class TestRank:
    def test_latest_rank_is_the_number_judged_as_it_is(self, cast: Cast, sign_in: SignIn) -> None:
        client, today = sign_in(cast.ilse), timezone.localdate()
        for rank, days in ((7, 40), (3, 10)):
            data = {"ranking": "Course Report", "rank": str(rank), "effective_on": str(today - timedelta(days=days))}
            assert client.post(RANK, {**data, "source_url": "https://ranks.example/nl"}).status_code == 302
        page = client.get("/o/lantaarn/success/")
        card = next(card for card in page.context["cards"] if card.key == "reputation")
        earlier = client.get(f"/o/lantaarn/success/?on={today - timedelta(days=20)}").context["cards"]

        assert (card.value, card.words, card.counted, card.target) == ("3", "On target", "Course Report", "≤ 5")
        assert next((c.value, c.words) for c in earlier if c.key == "reputation") == ("7", "Above target")
        text = unescape(client.get("/o/lantaarn/success/reputation/").content.decode())
        assert 'href="https://ranks.example/nl"' in text
        assert "Learners behind it" not in text

    def test_not_listed_is_no_number(self, cast: Cast, sign_in: SignIn) -> None:
        with scope(cast.organization.pk):
            record_rank(ranking="Ranks", rank=2, effective_on=date(2026, 1, 1), on=TODAY, by=cast.ilse)
            record_rank(ranking="Ranks", rank=None, effective_on=date(2026, 6, 1), on=TODAY, by=cast.ilse)
        card = next(c for c in sign_in(cast.ada).get("/o/lantaarn/success/").context["cards"] if c.key == "reputation")

        assert (card.value, card.words) == ("–", "Not available")

    def test_cohort_has_no_rank(self, cast: Cast, sign_in: SignIn) -> None:
        with scope(cast.organization.pk):
            a_cohort(slug="rotterdam")
            record_rank(ranking="Ranks", rank=2, effective_on=date(2026, 1, 1), on=TODAY, by=cast.ilse)
        cards = sign_in(cast.ada).get("/o/lantaarn/success/?cohort=rotterdam").context["cards"]

        assert next(card.value for card in cards if card.key == "reputation") == "–"

    @pytest.mark.parametrize(
        ("data", "field", "message"),
        [
            ({"rank": "0"}, "rank", "greater than or equal to 1"),
            ({"rank": "1001"}, "rank", "less than or equal to 1000"),
            ({"effective_on": "2999-01-01"}, "effective_on", "not one in the future"),
            ({"effective_on": "1900-01-01"}, "effective_on", "Enter a day from 2000 on."),
            ({"source_url": "javascript:alert(1)"}, "source_url", "Enter an address such as"),
            ({"ranking": ""}, "ranking", "required"),
        ],
    )
    def test_bad_record_says_how_to_fix_it(
        self, cast: Cast, sign_in: SignIn, data: dict[str, str], field: str, message: str
    ) -> None:
        answer = sign_in(cast.ilse).post(RANK, {"ranking": "Ranks", "rank": "3", "effective_on": "2026-01-01", **data})

        assert answer.status_code == 422
        assert message in " ".join(answer.context["form"].errors[field])
        with scope(cast.organization.pk):
            assert not RankRecord.objects.exists()

    def test_late_record_makes_the_snapshot_of_that_day_old(self, lantaarn: Cast) -> None:
        on, moment = date(2026, 6, 1), timezone.now() - timedelta(hours=1)
        a_cohort()
        take_snapshots(on=on, at=moment)
        assert kept_on(on).computed_at == moment
        record_rank(ranking="Ranks", rank=2, effective_on=date(2026, 1, 1), on=TODAY, by=lantaarn.ilse)

        assert kept_on(on).computed_at is None
