"""Rounds of pairs: seen before they are made, undone on the same day, and shown to the learners."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from django.test import Client

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.groups import place_learners
from cohorts.history import record_status
from cohorts.models import Cohort, Enrollment, PairRound, PairSeat
from cohorts.pairs import make_round, partners_of, plan_round, undo_round, view_of
from organizations.scope import scope
from tests.cohorts.studying import TODAY, running_cohort
from tests.cohorts.test_groups import people_of
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def a_round(cohort: Cohort, cast: Cast, number: int = 0, **options: str) -> PairRound:
    chosen = {"within": "cohort", "odd": "triple", "starts_on": TODAY + number * WEEK, "weeks": 1, **options}
    plan = plan_round(cohort=cohort, **chosen)  # type: ignore[arg-type]
    return make_round(cohort=cohort, agreed=plan.digest, by=cast.ilse, at=NOON, **chosen)  # type: ignore[arg-type]


def places_of(made: PairRound) -> list[list[str]]:
    [view] = view_of([made], on=TODAY)
    return [[one.learner.name.split()[0] for one in place.people] for place in view.places]


def test_everybody_pairs_with_everybody_before_anybody_repeats(lantaarn: Cast) -> None:
    cohort = running_cohort()
    people_of(cohort, 6)
    seen = [frozenset(pair) for number in range(5) for pair in places_of(a_round(cohort, lantaarn, number))]
    assert sorted(map(sorted, seen)) == sorted(
        map(sorted, combinations(("Bo", "Cas", "Dina", "Eva", "Finn", "Gijs"), 2))
    )
    again = plan_round(cohort=cohort, within="cohort", odd="bye", starts_on=TODAY + 5 * WEEK, weeks=2)
    assert (again.repeats, again.ends_on) == (3, TODAY + 7 * WEEK - timedelta(days=1))


@pytest.mark.parametrize(("odd", "sizes"), [("triple", [2, 3]), ("bye", [1, 2, 2])])
def test_of_an_odd_number_everybody_is_extra_in_turn(lantaarn: Cast, odd: str, sizes: list[int]) -> None:
    cohort = running_cohort()
    people_of(cohort, 5)
    for number in range(5):
        assert sorted(map(len, places_of(a_round(cohort, lantaarn, number, odd=odd)))) == sizes
    extra = PairSeat.objects.filter(is_extra=True).values_list("enrollment", flat=True)
    assert (len(extra), len(set(extra))) == (5, 5)


def test_pairs_within_groups_leave_out_who_has_none(lantaarn: Cast) -> None:
    cohort = running_cohort()
    people = people_of(cohort, 6)
    groups = {people[0].pk: 1, people[1].pk: 1, people[2].pk: 2, people[3].pk: 2, people[4].pk: 3}
    place_learners(cohort=cohort, places=groups, on=TODAY, by=None)
    plan = plan_round(cohort=cohort, within="groups", odd="bye", starts_on=TODAY, weeks=1)
    assert [{one.pk for one in place.people} for place in plan.places] == [
        {people[0].pk, people[1].pk},
        {people[2].pk, people[3].pk},
    ]
    assert {one.pk for one in plan.left_out} == {people[4].pk, people[5].pk}


def test_who_left_or_is_on_leave_is_not_paired(lantaarn: Cast) -> None:
    cohort = running_cohort()
    _bo, _cas, dina, eva = people_of(cohort, 4)
    made = a_round(cohort, lantaarn)
    record_status(enrollment=eva, to="withdrawn", effective_on=TODAY, by=None, reason="work")
    record_status(enrollment=dina, to="on_leave", effective_on=TODAY, by=None, returns_on=TODAY + WEEK)
    assert view_of([made], on=TODAY)[0].gone == {eva.pk, dina.pk}
    assert places_of(a_round(cohort, lantaarn, 1)) == [["Bo", "Cas"]]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"weeks": 0}, "weeks_out_of_range"),
        ({"starts_on": TODAY.replace(year=1900)}, "date_out_of_range"),
        ({"starts_on": TODAY}, "round_overlaps"),
        ({"within": "groups"}, "too_few"),
    ],
)
def test_rounds_that_cannot_be(lantaarn: Cast, options: dict[str, object], code: str) -> None:
    cohort = running_cohort()
    people_of(cohort, 2)
    a_round(cohort, lantaarn)
    chosen = {"within": "cohort", "odd": "bye", "starts_on": TODAY + WEEK, "weeks": 1, **options}
    with pytest.raises(CohortError) as caught:
        plan_round(cohort=cohort, **chosen)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_the_last_round_is_undone_on_its_day_and_never_later(lantaarn: Cast) -> None:
    cohort = running_cohort()
    people_of(cohort, 4)
    first = a_round(cohort, lantaarn)
    assert undo_round(cohort=cohort, by=lantaarn.ilse, at=NOON) == first
    again = a_round(cohort, lantaarn)
    assert (again.number, places_of(again)) == (1, places_of(first))
    with pytest.raises(CohortError) as caught:
        undo_round(cohort=cohort, by=lantaarn.ilse, at=NOON + timedelta(days=1))
    assert caught.value.code == "too_late"


@pytest.fixture
def four(cast: Cast) -> list[Enrollment]:
    with scope(cast.organization.pk):
        return people_of(running_cohort(), 4)


def test_staff_make_the_round_that_they_saw(cast: Cast, four: list[Enrollment], sign_in: SignIn) -> None:
    url, client = f"/o/lantaarn/cohorts/{four[0].cohort.slug}/pairs/", sign_in(cast.ilse)
    form = {"within": "cohort", "odd": "triple", "starts_on": TODAY.isoformat(), "weeks": "1"}
    shown = client.get(f"{url}next/", form).context["plan"]
    with scope(cast.organization.pk):
        record_status(enrollment=four[3], to="withdrawn", effective_on=TODAY, by=None, reason="work")
    refused = client.post(f"{url}next/", form | {"agreed": shown.digest})
    assert refused.status_code == 422
    assert "The learners changed in the meantime" in refused.content.decode()
    agreed = refused.context["plan"].digest
    assert client.post(f"{url}next/", form | {"agreed": agreed})["Location"] == url
    assert "Undo round 1" in client.get(url).content.decode()
    with scope(cast.organization.pk):
        made, others = partners_of(four[0], on=TODAY) or (None, [])
        assert (made and made.number, len(others)) == (1, 2)
        bo = Membership.objects.select_related("user").get(pk=four[0].learner_id)
    home = sign_in(bo).get("/o/lantaarn/home/").content.decode()
    assert "Your partners" in home
    client = sign_in(cast.ilse)
    assert client.post(f"{url}undo/")["Location"] == url
    assert "No pairs yet" in client.get(url).content.decode()
