"""Peer groups: who is in which on any day, proposed in balance, moved by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role, User
from cohorts.balance import Balance as Numbers
from cohorts.balance import Traits, group_count, propose, shared_hours, spread_of
from cohorts.errors import CohortError
from cohorts.groups import grouping_of, members_on, place_learners
from cohorts.history import record_status
from cohorts.models import Cohort, Enrollment, GroupEvent
from organizations.scope import scope
from tests.cohorts.studying import TODAY, active, running_cohort
from tests.conftest import Cast, member

SignIn = Callable[[Membership | None], Client]
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = ("Bo", "Cas", "Dina", "Eva", "Finn", "Gijs", "Hugo", "Isa")


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def people_of(cohort: Cohort, number: int) -> list[Enrollment]:
    return [
        active(cohort, member(f"{name} Peer", f"{name.lower()}@lantaarn.example", Role.LEARNER))
        for name in NAMES[:number]
    ]


def names_of(cohort: Cohort, on: date) -> dict[int, list[str]]:
    return {
        each.group.number: [one.enrollment.learner.name.split()[0] for one in each.members]
        for each in grouping_of(cohort, on=on).groups
    }


def traits(progress: float, *, offset: float = 1, mentor: str = "", pace: float = 20) -> Traits:
    one = Enrollment(pk=uuid4(), learner=Membership(name="Somebody"))
    one.mentor_id = mentor or None
    return Traits(one, progress, pace, offset, 1)


# -- who is in which ---------------------------------------------------------------------------------------------------


def test_the_groups_of_any_day_can_be_told(lantaarn: Cast) -> None:
    cohort = running_cohort()
    bo, cas, dina = people_of(cohort, 3)
    monday = TODAY - 14 * DAY
    assert place_learners(cohort=cohort, places={bo.pk: 1, cas.pk: 1, dina.pk: 2}, on=monday, by=lantaarn.ilse) == 3
    assert place_learners(cohort=cohort, places={bo.pk: 2, cas.pk: 1}, on=TODAY, by=lantaarn.ilse) == 1
    assert place_learners(cohort=cohort, places={dina.pk: None}, on=TODAY, by=lantaarn.ilse) == 1
    assert names_of(cohort, monday - DAY) == {}
    assert names_of(cohort, TODAY - DAY) == {1: ["Bo", "Cas"], 2: ["Dina"]}
    assert names_of(cohort, TODAY) == {1: ["Cas"], 2: ["Bo"]}
    assert [one.pk for one in grouping_of(cohort, on=TODAY).without] == [dina.pk]
    assert [one.pk for one in members_on(bo, on=TODAY - DAY)] == [bo.pk, cas.pk]
    assert members_on(dina, on=TODAY) == []


def test_a_group_tells_who_left_and_who_is_away(lantaarn: Cast) -> None:
    cohort = running_cohort()
    bo, cas, dina = people_of(cohort, 3)
    place_learners(cohort=cohort, places={one.pk: 1 for one in (bo, cas, dina)}, on=TODAY - 60 * DAY, by=None)
    record_status(enrollment=bo, to="withdrawn", effective_on=TODAY - 10 * DAY, by=None, reason="work")
    record_status(enrollment=cas, to="on_leave", effective_on=TODAY - 5 * DAY, by=None, returns_on=TODAY + 30 * DAY)
    [group] = grouping_of(cohort, on=TODAY).groups
    assert [(one.enrollment.pk, one.is_away) for one in group.members] == [(cas.pk, True), (dina.pk, False)]
    assert [(one.enrollment.pk, one.left_on) for one in group.leavers] == [(bo.pk, TODAY - 10 * DAY)]
    assert group.is_small
    assert names_of(cohort, TODAY - 11 * DAY) == {1: ["Bo", "Cas", "Dina"]}
    assert grouping_of(cohort, on=TODAY + 30 * DAY).groups[0].leavers == []


@pytest.mark.parametrize(("number", "code"), [(0, "no_such_group"), (99, "no_such_group")])
def test_nobody_is_put_in_a_group_that_cannot_be(lantaarn: Cast, number: int, code: str) -> None:
    cohort = running_cohort()
    [bo] = people_of(cohort, 1)
    with pytest.raises(CohortError) as caught:
        place_learners(cohort=cohort, places={bo.pk: number}, on=TODAY, by=None)
    assert caught.value.code == code
    with pytest.raises(CohortError) as caught:
        place_learners(cohort=cohort, places={uuid4(): 1}, on=TODAY, by=None)
    assert caught.value.code == "not_in_cohort"
    assert not GroupEvent.objects.exists()


def test_groups_cost_the_same_for_one_and_for_three(lantaarn: Cast) -> None:
    cohort, counts = running_cohort(), []
    everybody = people_of(cohort, 3)
    for number in (1, 3):
        place_learners(cohort=cohort, places={one.pk: place for place, one in enumerate(everybody[:number], 1)},
                       on=TODAY, by=None)  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            grouping_of(cohort, on=TODAY)
        counts.append(len(captured))
    assert counts == [4, 4]


# -- in balance --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "size", "count"), [(3, 6, 1), (5, 3, 1), (7, 6, 2), (8, 4, 2), (11, 4, 3), (24, 6, 4), (500, 5, 100)]
)
def test_groups_have_three_to_six_learners(people: int, size: int, count: int) -> None:
    assert group_count(people, size) == count
    assert {len(group) for group in propose([traits(0.1)] * people, size=size)} <= {3, 4, 5, 6}


@pytest.mark.parametrize(
    ("people", "size", "code"), [(2, 4, "too_few"), (9, 7, "size_out_of_range"), (501, 4, "too_many")]
)
def test_groups_that_cannot_be_made(people: int, size: int, code: str) -> None:
    with pytest.raises(CohortError) as caught:
        group_count(people, size)
    assert caught.value.code == code


def test_a_proposal_mixes_the_fast_and_the_slow_and_the_mentors() -> None:
    people = [traits(place / 12, mentor="ab"[place // 6]) for place in range(12)]
    groups = [Numbers(group) for group in propose(people, size=4)]
    spread = spread_of(groups)
    assert spread["most_progress"] - spread["least_progress"] < 0.05
    assert {group.mentors for group in groups} == {2}
    assert propose(people, size=4) == propose(people, size=4)


def test_a_proposal_lets_people_meet_in_working_hours() -> None:
    people = [traits(0.2 + place / 100, offset=(1, -5)[place % 2]) for place in range(8)]
    groups = [Numbers(group) for group in propose(people, size=4)]
    assert [group.hours for group in groups] == [8.0, 8.0]


def test_shared_hours_of_the_working_day() -> None:
    assert [shared_hours(given) for given in ([], [1], [1, 2], [1, -5], [12, -11], [0, 12])] == [0, 8, 7, 2, 7, 0]


# -- the pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def eight(cast: Cast) -> list[Enrollment]:
    with scope(cast.organization.pk):
        return people_of(running_cohort(), 8)


def at(eight: list[Enrollment], path: str = "") -> str:
    return f"/o/lantaarn/cohorts/{eight[0].cohort.slug}/groups/{path}"


def test_staff_look_at_a_proposal_move_somebody_and_apply(cast: Cast, eight: list[Enrollment], sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = client.get(at(eight, "arrange/"), {"size": "4"})
    arrangement = page.context["arrangement"]
    assert ([group.balance.size for group in arrangement.groups], arrangement.moved) == ([4, 4], 8)
    form = {
        f"group-{one.enrollment.pk}": str(group.number) for group in arrangement.groups for one in group.balance.people
    }
    mover = arrangement.groups[0].balance.people[0].enrollment
    form[f"group-{mover.pk}"] = "2"
    page = client.post(at(eight, "arrange/"), form, headers={"hx-request": "true"})
    assert page.templates[0].name == "cohorts/_arrangement.html"
    assert [group.balance.size for group in page.context["arrangement"].groups] == [3, 5]
    with scope(cast.organization.pk):
        assert not GroupEvent.objects.exists()
    assert client.post(at(eight, "arrange/"), form | {"apply": "1"})["Location"] == at(eight)
    with scope(cast.organization.pk):
        assert [len(names) for names in names_of(eight[0].cohort, TODAY).values()] == [3, 5]
        event = GroupEvent.objects.get(enrollment=mover)
        assert (event.recorded_by, event.effective_on) == (cast.ilse, TODAY)


def test_without_learners_there_is_nothing_to_apply(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        cohort = running_cohort()
    client, path = sign_in(cast.ilse), f"/o/lantaarn/cohorts/{cohort.slug}/groups/arrange/"
    for page in (client.get(path), client.get(path, {"size": "4"}), client.post(path, headers={"hx-request": "true"})):
        text = page.content.decode()
        assert "This cohort has no learners who are enrolled, active or on leave." in text
        assert f"/o/lantaarn/cohorts/{cohort.slug}/import/" in text
        assert "Apply these groups" not in text
        assert "Show a proposal" not in text


def test_what_does_not_fit_a_group_changes_nothing(cast: Cast, eight: list[Enrollment], sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    for form, words in (
        ({f"group-{uuid4()}": "1"}, "Somebody here is not in this cohort any more"),
        ({"group-²": "1"}, "Somebody here is not in this cohort any more"),
        ({f"group-{eight[0].pk}": "99"}, "There is no group with that number"),
        ({f"group-{eight[0].pk}": "²"}, "There is no group with that number"),
    ):
        response = client.post(at(eight, "arrange/"), form | {"apply": "1"})
        assert (response.status_code, words in response.content.decode()) == (422, True)
    assert client.get(at(eight, "arrange/"), {"size": "9"}).status_code == 422
    assert client.post(at(eight, "arrange/"), {f"group-{number}": "1" for number in range(10_000)}).status_code == 422
    with scope(cast.organization.pk):
        assert not GroupEvent.objects.exists()


def test_mentors_see_the_groups_of_their_learners_alone(cast: Cast, eight: list[Enrollment], sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        places = {one.pk: 1 + place // 4 for place, one in enumerate(eight)}
        place_learners(cohort=eight[0].cohort, places=places, on=TODAY - DAY, by=None)
        Enrollment.objects.filter(pk=eight[0].pk).update(mentor=cast.joris)
    page = sign_in(cast.joris).get(at(eight)).content.decode()
    assert ("Bo Peer" in page, "Eva Peer" in page, "Finn Peer" in page) == (True, True, False)


def test_learners_see_their_group_and_how_to_reach_it(cast: Cast, eight: list[Enrollment], sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        places = {one.pk: 1 + place // 4 for place, one in enumerate(eight)}
        place_learners(cohort=eight[0].cohort, places=places, on=TODAY, by=None)
        person = Membership.objects.select_related("user").get(pk=eight[0].learner_id)
    page = sign_in(person).get("/o/lantaarn/home/").content.decode()
    assert "Group 1" in page
    assert "mailto:cas@lantaarn.example" in page
    assert "mailto:finn@lantaarn.example" not in page
    assert User.objects.filter(email="finn@lantaarn.example").exists()
