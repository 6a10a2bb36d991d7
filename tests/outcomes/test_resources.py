import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership
from cohorts.models import Cohort, MentorAssignment, TeamMember
from organizations.scope import scope
from outcomes.measuring.metrics import AsOf
from outcomes.resourcing.costs import record_cost, record_staffing, take_back_cost
from outcomes.resourcing.estimate_checks import checks_of
from outcomes.resourcing.estimates import STATED, Estimates, Plan, Range, change_estimate, give_up_estimate
from outcomes.resourcing.records import RANGES, Cost, Estimate, Staffing
from outcomes.resourcing.resources import Resources, resources_of
from outcomes.showing.feasibility import Pace
from tests.conftest import Cast
from tests.outcomes.asking import refuses
from tests.outcomes.given import START, a_cohort, a_member, day, enrolled, graduate, record

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/success/resources/"
COHORT = f"{URL}cohorts/rotterdam/"
TODAY = date(2026, 11, 23)
YEARS = 365.25


@pytest.fixture
def cohort(cast: Cast) -> Cohort:
    """Four on the roster, two of them graduated after 600 days."""
    with scope(cast.organization.pk):
        cohort = a_cohort(name="Rotterdam 2024", slug="rotterdam")
        graduate(cohort, learner=cast.amira)
        graduate(cohort)
        enrolled(cohort, ("withdrawn", 100))
        enrolled(cohort)
        return cohort


def paid(cohort: Cohort, amount: str, on: int = 30, **values: Any) -> Cost:
    options = {"kind": "staff", "currency": "USD", "by": None, **values}
    return record_cost(cohort=cohort, amount=Decimal(amount), effective_on=day(on), on=TODAY, **options)


def of(cohort: Cohort, on: date = TODAY) -> Resources:
    [row] = resources_of(AsOf(on), [Cohort.objects.select_related("version").get(pk=cohort.pk)])
    return row


def rows(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def ranges(**changed: tuple[str, str]) -> dict[str, Range]:
    found = {name: getattr(STATED, name) for name in RANGES}
    return found | {name: Range(Decimal(low), Decimal(high)) for name, (low, high) in changed.items()}


class TestEstimate:
    def test_stated_one_contradicts_itself_in_four_places(self) -> None:
        checks = checks_of(STATED)

        assert [(check.title, check.agrees) for check in checks] == [
            ("Cost of one person", False),
            ("A year, not a program", False),
            ("People it would take", False),
            ("Staff", False),
            ("What a year pays", None),
        ]
        assert [check.arithmetic for check in checks] == [
            "(50,000 + 2 × 150,000) ÷ 20 = 17,500 · (70,000 + 3 × 200,000) ÷ 20 = 33,500",
            "150,000 ÷ 20 = 7,500 · 200,000 ÷ 20 = 10,000",
            "350,000 ÷ 10,000 = 35 · 670,000 ÷ 7,500 = 89.3",
            "2 + 4 + 1 = 7 · 3 + 5 + 1 = 9",
            "150,000 ÷ 10 = 15,000 · 200,000 ÷ 7 = 28,571",
        ]
        assert checks[0].words == (
            "One-time and yearly amounts over 2–3 years, shared by 20 people, are USD 17,500–33,500 a person. "
            "The estimate states USD 7,500–10,000."
        )
        assert "needs 35–90 people to pay for it. The estimate is for 20." in checks[2].words

    def test_years_at_which_a_cohort_really_goes_are_checked_too(self) -> None:
        slow, quick = (Pace("Engineer", Decimal(10_000), Decimal(hours)) for hours in (20, 80))
        [check] = checks_of(STATED, [quick, slow])[-1:]

        assert check.agrees is False
        assert check.words.startswith("10,000 hours at 20 hours a week take 9.6 years, and the estimate is for 2–3.")
        assert checks_of(STATED, [quick])[-1].agrees is True

    def test_one_that_adds_up_says_so(self) -> None:
        plan = Plan(people=20, currency="EUR", **ranges(person=("17500", "33500"), staff=("7", "9")))

        assert [check.agrees for check in checks_of(plan)] == [True, True, True, None]

    @given(
        st.integers(1, 10_000),
        *(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)) for _ in range(3)),
        st.tuples(st.integers(1, 50), st.integers(1, 50)),
    )
    def test_stating_what_it_comes_to_always_adds_up(
        self,
        people: int,
        once: tuple[int, int],
        yearly: tuple[int, int],
        staff: tuple[int, int],
        years: tuple[int, int],
    ) -> None:
        def spread(pair: tuple[int, int]) -> Range:
            return Range(Decimal(min(pair)), Decimal(max(pair)))

        none = Range(Decimal(0), Decimal(0))
        parts: dict[str, Any] = {"once": spread(once), "yearly": spread(yearly), "years": spread(years)}
        parts |= {"instructors": spread(staff), "assistants": none, "mentors": none, "staff": spread(staff)}
        draft = Plan(people=people, currency="EUR", person=none, **parts)
        plan = Plan(people=people, currency="EUR", person=draft.total.over(people), **parts)

        assert not [check for check in checks_of(plan) if check.agrees is False]

    def test_own_one_holds_from_its_day_for_its_curriculum(self, lantaarn: Cast) -> None:
        curriculum = a_cohort().version.curriculum
        change_estimate(people=30, currency="EUR", ranges=ranges(), effective_on=day(10), by=lantaarn.ada)
        change_estimate(
            people=12, currency="EUR", ranges=ranges(), effective_on=day(20), by=lantaarn.ada, curriculum=curriculum
        )
        found = [
            (Estimates(day(number)).plan(curriculum.pk).people, Estimates(day(number)).plan().people)
            for number in (9, 10, 20)
        ]

        assert found == [(20, 20), (30, 30), (12, 30)]

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"ranges": ranges(once=("-1", "5"))}, "estimate_once"),
            ({"ranges": ranges(yearly=("5", "4"))}, "estimate_yearly"),
            ({"ranges": ranges(person=("0", "1000000000"))}, "estimate_person"),
            ({"ranges": ranges(years=("0", "2"))}, "estimate_years"),
            ({"ranges": ranges(staff=("1", "501"))}, "estimate_staff"),
            ({"ranges": ranges(mentors=("NaN", "1"))}, "estimate_mentors"),
            ({"people": 0}, "estimate_people"),
            ({"currency": "euro"}, "estimate_currency"),
            ({"effective_on": date(1999, 12, 31)}, "estimate_day"),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, lantaarn: Cast, changed: dict[str, Any], code: str) -> None:
        options: dict[str, Any] = {"people": 20, "currency": "EUR", "ranges": ranges(), "effective_on": day(0)}
        with refuses(code):
            change_estimate(by=lantaarn.ada, **{**options, **changed})
        assert not Estimate.objects.exists()

    def test_one_that_is_given_up_follows_from_that_day_on(self, lantaarn: Cast) -> None:
        curriculum = a_cohort().version.curriculum
        change_estimate(people=30, currency="EUR", ranges=ranges(), effective_on=day(10), by=lantaarn.ada)
        own: dict[str, Any] = {"curriculum": curriculum, "by": lantaarn.ada}
        change_estimate(people=12, currency="EUR", ranges=ranges(), effective_on=day(20), **own)
        give_up_estimate(effective_on=day(30), note="As all others", **own)
        give_up_estimate(effective_on=day(40), by=lantaarn.ada)
        found = [
            (known.plan(curriculum.pk).people, known.plan().people, known.is_own(curriculum.pk), known.is_own())
            for known in (Estimates(day(number)) for number in (20, 29, 30, 40))
        ]

        assert found == [
            (12, 30, True, True), (12, 30, True, True), (30, 30, False, True), (20, 20, False, False),
        ]  # fmt: skip
        with refuses("estimate_not_own"):
            give_up_estimate(effective_on=day(19), **own)
        with refuses("estimate_not_own"):
            give_up_estimate(effective_on=day(50), **own)
        with refuses("estimate_day"):
            give_up_estimate(effective_on=date(1999, 12, 31), **own)
        assert Estimate.objects.count() == 4

    def test_page_gives_it_up_and_keeps_its_history(self, cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
        client, of_one = sign_in(cast.ada), f"{URL}estimate/?for={cohort.version.curriculum_id}"
        before = client.get(of_one).content.decode()
        data = {name: str(value) for name, value in client.get(of_one).context["form"].initial.items()}
        client.post(of_one, {**data, "people": "70"})
        asked = client.get(of_one).content.decode()
        today = timezone.localdate().isoformat()
        refused = [
            client.post(of_one, {"give_up": "1", "give_up-effective_on": said})
            for said in ("", "soon", "1999-12-31", "2000-01-01")
        ]
        given_up = client.post(of_one, {"give_up": "1", "give_up-effective_on": today, "give_up-note": "As others"})
        again = client.get(of_one)
        twice = client.post(of_one, {"give_up": "1", "give_up-effective_on": today})

        assert ['name="give_up"' in page for page in (before, asked, again.content.decode())] == [False, True, False]
        assert [answer.status_code for answer in refused] == [422] * 4
        assert all(list(answer.context["give_up"].errors) == ["effective_on"] for answer in refused)
        assert (given_up.status_code, given_up.headers["Location"]) == (302, of_one)
        assert (again.context["plan"].people, [one.is_given_up for one in again.context["history"]]) == (
            20, [True, False],
        )  # fmt: skip
        assert "Follows the organization again" in again.content.decode()
        assert twice.status_code == 422
        assert "There is no estimate to give up on that day" in twice.content.decode()

    @pytest.mark.parametrize("language", ["en", "nl"])
    def test_page_changes_it_and_says_what_does_not_add_up(
        self, cast: Cast, cohort: Cohort, sign_in: SignIn, language: str
    ) -> None:
        cast.ada.user.language = language
        cast.ada.user.save()
        client, of_one = sign_in(cast.ada), f"{URL}estimate/?for={cohort.version.curriculum_id}"
        page = client.get(of_one)
        data = {name: str(value) for name, value in page.context["form"].initial.items()}
        refused = client.post(of_one, {**data, "once_high": "1", "currency": "usd"})
        changed = client.post(of_one, {**data, "people": "70", "note": "Two cohorts share it"})

        assert page.context["contradictions"] == 4
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["once_high"])
        assert (changed.status_code, changed.headers["Location"]) == (302, of_one)
        again = client.get(of_one)
        assert (again.context["plan"].people, [one.note for one in again.context["history"]]) == (
            70, ["Two cohorts share it"],
        )  # fmt: skip
        assert client.get(f"{URL}estimate/").context["plan"].people == 20


class TestCosts:
    def test_shared_by_the_roster_and_by_the_graduates(self, cast: Cast, cohort: Cohort) -> None:
        with scope(cast.organization.pk):
            paid(cohort, "20000", on=-200, kind="hardware", is_once=True)
            paid(cohort, "60000", on=365)
            before, after = of(cohort, day(364)), of(cohort, day(700))

        assert (before.total, before.each, before.per_graduate) == (Decimal(20000), Decimal(5000), None)
        assert (after.learners, after.graduates, after.each, after.per_graduate) == (
            4,
            2,
            Decimal(20000),
            Decimal(40000),
        )
        assert (after.spent.once, after.spent.running) == (Decimal(20000), Decimal(60000))
        assert [round(end) for end in (after.due.low, after.due.high)] == [
            round(50_000 + 150_000 * 700 / YEARS),
            round(70_000 + 200_000 * 700 / YEARS),
        ]
        assert (before.stand, after.stand) == ("under", "within")

    def test_nothing_recorded_is_not_zero(self, cast: Cast, cohort: Cohort) -> None:
        with scope(cast.organization.pk):
            row, early, empty = of(cohort), of(cohort, day(13)), of(a_cohort())
            paid(empty.cohort, "5")
            alone = of(empty.cohort)

        assert (row.total, row.each, row.per_graduate, row.stand) == (None, None, None, None)
        assert (early.learners, row.learners) == (None, 4)
        assert (alone.total, alone.each, alone.per_graduate) == (Decimal(5), None, None)
        assert alone.sentence == "USD 5 was spent, and nobody is on the roster to share it."

    def test_graduation_taken_back_takes_the_cost_per_graduate_along(self, cast: Cast, cohort: Cohort) -> None:
        with scope(cast.organization.pk):
            paid(cohort, "80000")
            for enrollment in cohort.enrollments.all():
                record(enrollment, "active", 650)
            found = [of(cohort, day(number)).per_graduate for number in (649, 650)]

        assert found == [Decimal(40000), None]

    def test_what_is_taken_back_never_counted(self, cast: Cast, cohort: Cohort) -> None:
        with scope(cast.organization.pk):
            wrong = paid(cohort, "90000")
            paid(cohort, "4000")
            back = take_back_cost(cost=wrong, by=cast.ilse)
            with refuses("taken_back_already"):
                take_back_cost(cost=wrong, by=cast.ilse)
            with refuses("taken_back_already"):
                take_back_cost(cost=back, by=cast.ilse)

            assert of(cohort, day(30)).total == Decimal(4000)

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"amount": Decimal(0)}, "cost_amount"),
            ({"amount": Decimal(-5)}, "cost_amount"),
            ({"amount": Decimal(1_000_000_000)}, "cost_amount"),
            ({"amount": Decimal("0.001")}, "cost_amount"),
            ({"amount": Decimal("NaN")}, "cost_amount"),
            ({"currency": "EUR"}, "other_currency"),
            ({"currency": "$$$"}, "cost_currency"),
            ({"effective_on": START - timedelta(days=366)}, "cost_too_early"),
            ({"effective_on": TODAY + timedelta(days=1)}, "cost_in_the_future"),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, lantaarn: Cast, changed: dict[str, Any], code: str) -> None:
        options: dict[str, Any] = {
            "kind": "staff", "amount": Decimal(5), "currency": "USD", "effective_on": START, "on": TODAY, "by": None
        }  # fmt: skip
        with refuses(code):
            record_cost(cohort=a_cohort(), **{**options, **changed})
        assert not Cost.objects.exists()

    def test_another_currency_is_never_compared(self, cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
        with scope(cast.organization.pk):
            paid(cohort, "5000")
            change_estimate(people=20, currency="EUR", ranges=ranges(), effective_on=day(0), by=cast.ada)
            row = of(cohort)
            paid(cohort, "5000")
            with refuses("other_currency"):
                paid(cohort, "5000", currency="EUR")
        page = sign_in(cast.ilse).get(COHORT)

        assert (row.currency, row.is_comparable, row.stand) == ("USD", False, None)
        assert "Costs are in USD and the estimate is in EUR" in page.content.decode()
        assert page.context["chart"] is None


class TestStaffing:
    def test_team_and_mentors_beside_the_plan(self, cast: Cast, cohort: Cohort) -> None:
        with scope(cast.organization.pk):
            TeamMember.objects.create(cohort=cohort, member=a_member(), role="instructor", starts_on=START)
            for _number in range(4):
                TeamMember.objects.create(
                    cohort=cohort, member=a_member(), role="assistant", starts_on=START, ends_on=day(700)
                )
            gone, left, here = (
                cohort.enrollments.get(learner=cast.amira),
                *cohort.enrollments.exclude(learner=cast.amira).order_by("pk")[1:],
            )
            for enrollment, mentor in ((gone, a_member()), (left, a_member()), (here, cast.joris)):
                MentorAssignment.objects.create(
                    enrollment=enrollment, mentor=mentor, effective_on=START, reason="by_hand"
                )
            found = [(row.people, row.found, row.words) for row in of(cohort, day(700)).staff]
            record_staffing(
                cohort=cohort, role="assistant", fte=Decimal("5.5"), effective_on=day(650), on=TODAY, by=None
            )
            record_staffing(cohort=cohort, role="instructor", fte=Decimal(0), effective_on=day(701), on=TODAY, by=None)
            counted = [(row.fte, row.words) for row in of(cohort, day(700)).staff]
            nobody = [row.words for row in of(cohort, day(701)).staff]

        assert found == [
            (1, Decimal(1), "1 fewer than planned"), (4, Decimal(4), "As planned"), (1, Decimal(1), "As planned"),
        ]  # fmt: skip
        assert counted == [
            (None, "1 fewer than planned"), (Decimal("5.5"), "0.5 more than planned"), (None, "As planned"),
        ]  # fmt: skip
        assert nobody == ["2 fewer than planned", "0.5 more than planned", "As planned"]

    @pytest.mark.parametrize(
        ("fte", "on", "code"),
        [
            ("-1", START, "staffing_fte"),
            ("1000000000", START, "staffing_fte"),
            ("1.005", START, "staffing_fte"),
            ("1", TODAY + timedelta(days=1), "staffing_in_the_future"),
            ("1", date(2020, 1, 1), "staffing_too_early"),
        ],
    )
    def test_count_that_cannot_be_is_refused(self, lantaarn: Cast, fte: str, on: date, code: str) -> None:
        with refuses(code):
            record_staffing(cohort=a_cohort(), role="mentor", fte=Decimal(fte), effective_on=on, on=TODAY, by=None)
        assert not Staffing.objects.exists()


class TestPages:
    @pytest.mark.parametrize("language", ["en", "nl"])
    def test_recording_taking_back_and_reading(
        self, cast: Cast, cohort: Cohort, sign_in: SignIn, language: str
    ) -> None:
        cast.ilse.user.language = language
        cast.ilse.user.save()
        client = sign_in(cast.ilse)
        first = client.get(COHORT)
        data = {"amount": "90000", "currency": "usd", "kind": "credits", "effective_on": "2024-05-01", "note": "GPU"}
        answers = [
            client.post(f"{COHORT}costs/record/", {**data, "amount": amount}) for amount in ("90000", "80000.50")
        ]
        with scope(cast.organization.pk):
            wrong = Cost.objects.get(amount=90000)
        answers.append(client.post(f"{COHORT}costs/{wrong.pk}/take-back/"))
        answers.append(
            client.post(
                f"{COHORT}staffing/", {"role": "mentor", "fte": "0.5", "effective_on": "2024-02-01", "note": ""}
            )
        )
        page = client.get(f"{COHORT}?on=2026-06-15")
        text = unescape(page.content.decode())

        assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(302, COHORT)] * 4
        assert first.context["chart"] is None
        assert page.context["row"].total == Decimal("80000.50")
        assert [(row.amount, row.recorded_by) for row in page.context["page"]] == [
            (Decimal(-90000), cast.ilse), (Decimal("80000.5"), cast.ilse), (Decimal(90000), cast.ilse),
        ]  # fmt: skip
        assert ("USD 80,001" if language == "en" else "USD 80.001") in text
        assert ("Contradicts itself" if language == "en" else "Spreekt zichzelf tegen") in text
        assert page.context["chart"].svg in page.content.decode()

    @pytest.mark.parametrize("language", ["en", "nl"])
    @pytest.mark.parametrize(
        ("path", "data", "fields"),
        [
            ("costs/record/", {"amount": "0"}, ["amount"]),
            ("costs/record/", {"amount": "-3"}, ["amount"]),
            ("costs/record/", {"amount": "1000000000"}, ["amount"]),
            ("costs/record/", {"amount": "much"}, ["amount"]),
            ("costs/record/", {"currency": "EUR"}, ["currency"]),
            ("costs/record/", {"effective_on": "2019-01-01"}, ["effective_on"]),
            ("costs/record/", {"effective_on": "2999-01-01"}, ["effective_on"]),
            ("costs/record/", {"kind": "bribes"}, ["kind"]),
            ("staffing/", {"fte": "-1"}, ["fte"]),
            ("staffing/", {"role": "owner", "fte": ""}, ["role", "fte"]),
        ],
    )
    def test_bad_record_keeps_what_was_typed(
        self, cast: Cast, cohort: Cohort, sign_in: SignIn, path: str, data: dict[str, str], fields: list[str],
        language: str,
    ) -> None:  # fmt: skip
        cast.ilse.user.language = language
        cast.ilse.user.save()
        good = {
            "amount": "5", "currency": "USD", "kind": "staff", "role": "mentor", "fte": "1", "note": "Kept",
            "effective_on": "2024-02-01",
        }  # fmt: skip
        answer = sign_in(cast.ilse).post(f"{COHORT}{path}", {**good, **data})

        assert (answer.status_code, list(answer.context["form"].errors)) == (422, fields)
        assert "Kept" in answer.content.decode()
        with scope(cast.organization.pk):
            assert not Cost.objects.exists()
            assert not Staffing.objects.exists()

    def test_downloads(self, cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
        with scope(cast.organization.pk):
            wrong = paid(cohort, "90000", note='=HYPERLINK("x")')
            take_back_cost(cost=wrong, by=cast.ilse)
            paid(cohort, "80000", on=40, is_once=True)
            a_cohort(cohort.version, slug="utrecht", starts_on=day(100))
        client = sign_in(cast.ilse)
        head, *found = rows(client.get(f"{URL[:-1]}.csv?on=2026-06-15"))
        costs = rows(client.get(f"{COHORT}costs.csv"))
        curve = rows(client.get(f"{COHORT}curve.csv?on=2025-01-01"))
        picture = client.get(f"{COHORT}curve.png?on=2025-01-01")

        table = [dict(zip(head, row, strict=True)) for row in found]
        assert [(row["cohort"], row["per_learner"], row["per_graduate"], row["standing"]) for row in table] == [
            ("utrecht", "", "", ""), ("rotterdam", "20000.00", "40000.00", "within"),
        ]  # fmt: skip
        assert (table[1]["spent_once"], table[1]["spent_running"], table[1]["spent"]) == (
            "80000.00",
            "0.00",
            "80000.00",
        )
        assert [row[2:6] for row in costs[1:]] == [
            ["staff", "true", "80000.00", "USD"],
            ["staff", "false", "-90000.00", "USD"],
            ["staff", "false", "90000.00", "USD"],
        ]
        assert costs[3][6] == '\'=HYPERLINK("x")'
        assert picture.content.startswith(b"\x89PNG")
        assert curve[0] == ["By", "A learner has cost", "Estimate, lowest", "Estimate, highest"]
        assert (curve[1], curve[-1]) == (
            ["1 Jan 2024", "0", "2,500", "3,500"], ["1 Jan 2025", "20,000", "10,015", "13,521"],
        )  # fmt: skip

    @pytest.mark.parametrize("path", ["", "cohorts/rotterdam/", "cohorts/rotterdam/costs.csv"])
    @pytest.mark.parametrize("query", ["on=2999-01-01", "on=yesterday", "on=1999-01-01"])
    def test_day_that_cannot_be_read_says_so(
        self, cast: Cast, cohort: Cohort, sign_in: SignIn, path: str, query: str
    ) -> None:
        assert sign_in(cast.ilse).get(f"{URL}{path}?{query}").status_code == 422

    def test_day_before_everything(self, cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
        client = sign_in(cast.ilse)
        overview, page = client.get(f"{URL}?on=2001-01-01"), client.get(f"{COHORT}?on=2001-01-01")

        assert "No cohort had started by this day." in overview.content.decode()
        assert (page.status_code, page.context["row"].learners, page.context["row"].years) == (200, None, 0)

    def test_queries_do_not_grow_with_the_cohorts(self, cast: Cast, sign_in: SignIn) -> None:
        client, counts = sign_in(cast.ilse), []
        for more in (1, 2):
            with scope(cast.organization.pk):
                for _number in range(more):
                    one = a_cohort()
                    graduate(one)
                    paid(one, "500")
            for _look in ("after a change", "again"):
                with CaptureQueriesContext(connection) as queries:
                    page = client.get(f"{URL}?on={timezone.localdate()}")
                counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
                assert page.status_code == 200

        assert counts[:2] == counts[2:]
        assert counts[0] <= 25
        assert counts[1] <= 16
