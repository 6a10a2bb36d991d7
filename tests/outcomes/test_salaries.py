"""Salaries: what can be one, who sees it, where it never shows, and the median that may be told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from cohorts.models import Enrollment
from notifications.endpoints import Delivery
from notifications.models import Message
from organizations.scope import scope
from outcomes.collecting.check_ins import answer_check_in, token_of
from outcomes.collecting.placement_records import Salary
from outcomes.collecting.placing import record_placement
from outcomes.collecting.salaries import Salaries, forget_salaries, salaries_of
from outcomes.errors import OutcomeError
from outcomes.forms.placements import SalaryField
from outcomes.keeping.snapshots import take_snapshots
from outcomes.measuring.metrics import AsOf
from outcomes.models import CheckIn, Placement, Snapshot
from outcomes.scopes import Scope
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, graduate, placed

SignIn = Callable[[Membership | None], Client]
GRADUATED, ON = 600, 900
JOB: dict[str, Any] = {
    "status": "1A", "employer": "Bol", "job_title": "ML engineer", "is_relevant": True, "evidence": "contract",
}  # fmt: skip


def earns(enrollment: Enrollment, amount: int, on: int = 650, currency: str = "EUR") -> Salary:
    return Salary.objects.create(enrollment=enrollment, amount=amount, currency=currency, effective_on=day(on))


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("45000", 45_000), (" 45000 ", 45_000), ("45.000", 45_000), ("45,000", 45_000), ("1 234 567", 1_234_567),
        ("1.234.567", 1_234_567), ("", None), ("1000", 1_000), ("99999999", 99_999_999),
    ],
)  # fmt: skip
def test_amounts_are_typed_as_people_do(typed: str, amount: int | None) -> None:
    assert SalaryField().clean(typed) == amount


@pytest.mark.parametrize(
    "typed", ["0", "999", "1000000000", "9" * 6000, "-45000", "45000.50", "45.00", "much", "²", "\x00", "4,5,0"]
)
def test_what_is_no_salary_is_refused_with_what_to_enter(cast: Cast, sign_in: SignIn, typed: str) -> None:
    with scope(cast.organization.pk):
        enrollment = graduate(a_cohort(), learner=cast.amira)
    data = {**JOB, "effective_on": day(650), "evidence_on": day(650), "salary": typed, "currency": "EUR"}
    refused = sign_in(cast.ilse).post(f"/o/lantaarn/learners/{enrollment.pk}/placement/", data)

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["salary"]
    if typed != "\x00":
        assert "Enter the gross base salary of a whole year" in refused.content.decode()
    with scope(cast.organization.pk):
        assert not Placement.objects.exists()


@pytest.mark.parametrize(
    ("status", "amount", "code"),
    [("4", 45_000, "salary_without_job"), ("1A", 0, "salary_out_of_range"), ("1A", 10**9, "salary_out_of_range")],
)
def test_rules_of_a_record(lantaarn: Cast, status: str, amount: int, code: str) -> None:
    job = {**JOB, "status": status, "is_relevant": status == "1A", "effective_on": day(650), "evidence_on": day(650)}
    with pytest.raises(OutcomeError) as refused:
        record_placement(
            enrollment=graduate(a_cohort()), on=day(ON), by=lantaarn.ilse, salary=amount, currency="EUR", **job
        )

    assert (refused.value.code, Placement.objects.count(), Salary.objects.count()) == (code, 0, 0)


def test_median_of_the_placed_who_reported_one_for_that_job(lantaarn: Cast) -> None:
    first, second = a_cohort(), a_cohort()
    people = [graduate(first if number < 4 else second, GRADUATED) for number in range(8)]
    for person in people:
        placed(person, "1A", 650)
    for person, amount in zip(people, (40_000, 42_000, 44_000, 60_000), strict=False):
        earns(person, amount)
    earns(people[4], 90_000, currency="USD")
    assert salaries_of(AsOf(day(ON))) is None  # four in one currency

    earns(people[5], 50_000, 640)
    seeking, out_of_field = graduate(first, GRADUATED), graduate(first, GRADUATED)
    placed(seeking, "3A", 650)
    placed(out_of_field, "2B", 650)
    earns(seeking, 1_000)
    earns(out_of_field, 1_000)
    moved_on = people[6]  # the salary was that of the job before
    earns(moved_on, 99_000)
    placed(moved_on, "1B", 700)
    earns(people[0], 41_000)  # corrected
    earns(people[1], 80_000, GRADUATED + 181)  # after the window

    assert salaries_of(AsOf(day(ON))) == Salaries(median=44_000.0, currency="EUR", reported=5, placed=8)
    assert salaries_of(AsOf(day(649))) is None
    assert salaries_of(AsOf(day(ON)), Scope(cohort_id=first.pk)) is None


def test_graduates_take_theirs_back(lantaarn: Cast) -> None:
    people = [graduate(a_cohort(), GRADUATED) for _ in range(2)]
    for person in people:
        earns(person, 50_000)

    assert forget_salaries(learner=people[0].learner) == 1
    assert [row.enrollment for row in Salary.objects.all()] == [people[1]]


# -- who sees it -------------------------------------------------------------------------------------------------------

#: As nothing else is: in the shapes that a page could write it in.
SECRET, SHAPES = 54_321, ("54321", "54,321", "54.321")


def shown(response: HttpResponseBase) -> bool:
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return any(shape in body.decode() for shape in SHAPES)


@pytest.fixture
def told(cast: Cast, client: Client) -> Enrollment:
    """Amira's salary, as she told it in a check-in and as Ilse wrote it down with her placement."""
    with scope(cast.organization.pk):
        enrollment = graduate(a_cohort(name="Rotterdam 2024"), GRADUATED, learner=cast.amira)
        Enrollment.objects.filter(pk=enrollment.pk).update(
            status="graduated", status_since=day(GRADUATED), mentor=cast.joris
        )
        answer_check_in(
            enrollment=enrollment, number=90, situation="1A", at=timezone.now(), on=day(700), since=day(610),
            employer="Bol", job_title="ML engineer", salary=SECRET, currency="EUR",
        )  # fmt: skip
        record_placement(
            enrollment=enrollment, on=day(ON), by=cast.ilse, effective_on=day(650), evidence_on=day(650),
            salary=SECRET, currency="EUR", **JOB,
        )  # fmt: skip
        take_snapshots(on=day(ON), at=timezone.now())
    return enrollment


def test_nobody_reads_it_but_admins(cast: Cast, told: Enrollment, sign_in: SignIn) -> None:
    learner, org = f"/o/lantaarn/learners/{told.pk}/", "/o/lantaarn/"
    pages = [
        learner, f"{learner}timeline/", f"{learner}placement/", f"{org}success/", f"{org}success/placement/",
        f"{org}success/placement.csv", f"{org}success/targets.csv", f"{org}success/top_employers.csv",
        f"{org}success/check-ins/", f"{org}success/placements/", f"{org}api/metrics/", f"{org}search/?q=543",
        f"{org}search/?q=Amira", f"{org}learners/?q=Amira", f"{org}today/", f"{org}home/", f"{org}path/",
    ]  # fmt: skip
    found = {
        who: [page for page in pages if shown(sign_in(getattr(cast, who)).get(page))]
        for who in ("ada", "ilse", "joris", "daan", "otto")
    }
    with scope(cast.organization.pk):
        check_in = CheckIn.objects.get()
        link = f"/check-in/{token_of(told, 90)}/"
        told_elsewhere = [str(row) for row in [*Message.objects.values(), *Delivery.objects.values()]]
        told_elsewhere += [str(row) for row in [*Snapshot.objects.values(), *CheckIn.objects.values()]]
        told_elsewhere += [str(row) for row in Placement.objects.values()]
    prefilled = sign_in(cast.ilse).get(f"{learner}placement/?check_in={check_in.pk}")

    assert found == {"ada": [f"{learner}placement/"], "ilse": [], "joris": [], "daan": [], "otto": []}
    assert not shown(prefilled)
    assert not shown(sign_in(None).get(link))  # the link of a mail opens the answer, without the salary
    assert not any(str(SECRET) in text for text in told_elsewhere)


def test_admins_read_the_median_of_five_beside_the_number(cast: Cast, told: Enrollment, sign_in: SignIn) -> None:
    url = "/o/lantaarn/success/placement/?on=2026-06-15"
    too_few = sign_in(cast.ada).get(url).content.decode()
    with scope(cast.organization.pk):
        for _ in range(4):
            person = graduate(told.cohort, GRADUATED)
            placed(person, "1A", 650)
            earns(person, 60_000)
    page = sign_in(cast.ada).get(url)

    assert "no median is shown" in too_few
    assert page.context["salaries"] == Salaries(median=60_000.0, currency="EUR", reported=5, placed=5)
    assert "EUR 60,000" in page.content.decode()
    for who in (cast.ilse, cast.joris):
        assert "60,000" not in sign_in(who).get(url).content.decode()


def test_graduate_says_it_with_their_check_in(cast: Cast, told: Enrollment, client: Client) -> None:
    with scope(cast.organization.pk):
        link = f"/check-in/{token_of(told, 180)}/"
    answer = {"situation": "1A", "since": "2025-01-01", "employer": "Bol", "job_title": "Lead"}
    refused = client.post(link, {**answer, "situation": "3A", "salary": "70000"})
    said = client.post(link, {**answer, "salary": "70.000", "currency": "GBP"})
    nothing = client.post(link, answer)

    assert (refused.status_code, said.status_code, nothing.status_code) == (422, 302, 302)
    assert "A salary belongs to a job" in refused.content.decode()
    with scope(cast.organization.pk):
        latest = Salary.objects.order_by("-recorded_at", "-pk")[0]
        assert (latest.amount, latest.currency, latest.recorded_by, Salary.objects.count()) == (70_000, "GBP", None, 3)
        assert latest.effective_on == day(GRADUATED)  # the job had begun before the graduation
