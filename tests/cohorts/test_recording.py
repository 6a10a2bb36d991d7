"""The pages on which a status is recorded and a history corrected: what is shown first, refused, and kept."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.history import Entry as Joining
from cohorts.history import HistoryConflict, enroll, enroll_many, record_status
from cohorts.models import Cohort, Enrollment
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
DAY = timedelta(days=1)


@pytest.fixture
def enrollment(cast: Cast) -> Enrollment:
    """Active since the start, which is long past."""
    with scope(cast.organization.pk):
        cohort = a_cohort(status=Cohort.Status.RUNNING)
        return enroll(cohort=cohort, learner=cast.amira, by=cast.ilse, effective_on=START, status="active")


def page_of(enrollment: Enrollment, page: str = "status/") -> str:
    return f"/o/lantaarn/learners/{enrollment.pk}/{page}"


def leave(since: object, until: object, **values: object) -> dict[str, Any]:
    return {"to": "on_leave", "effective_on": str(since), "returns_on": str(until), **values}


def told(cast: Cast, enrollment: Enrollment) -> list[tuple[str, date]]:
    with scope(cast.organization.pk):
        return list(enrollment.events.order_by("sequence").values_list("to_status", "effective_on"))


def today() -> date:
    return timezone.localdate()


# -- what is refused, on the page, with what was entered kept ----------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"to": "withdrawn", "effective_on": "2026-10-01"}, "reason"),
        ({"to": "withdrawn", "effective_on": "2026-10-01", "reason": "boredom"}, "reason"),
        ({"to": "graduated", "effective_on": "2026-10-01"}, "to"),
        ({"to": "active", "effective_on": "2026-10-01"}, "to"),
        (leave("1900-01-01", "2026-11-01"), "effective_on"),
        (leave("2026-10-01", "9999-12-31"), "returns_on"),
        (leave("2026-10-01", "2026-10-01"), "returns_on"),
        (leave("2026-10-01", "2026-10-20", seen="x"), "seen"),
        (leave("2026-10-01", "2026-10-20", seen=str(10**30)), "seen"),
        ({"to": "transferred", "effective_on": "2026-10-01"}, "cohort"),
    ],
)
def test_bad_input_is_answered_at_its_field(
    cast: Cast, enrollment: Enrollment, sign_in: SignIn, values: dict[str, Any], field: str
) -> None:
    response = sign_in(cast.ilse).post(page_of(enrollment), values)

    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert told(cast, enrollment) == [("active", START)]


def test_leave_that_overlaps_names_the_other(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client, soon = sign_in(cast.ilse), today() + 40 * DAY
    client.post(page_of(enrollment), leave(soon, soon + 20 * DAY))

    refused = client.post(page_of(enrollment), leave(today(), soon + 5 * DAY))
    fits = client.post(page_of(enrollment), leave(today(), soon - 5 * DAY))

    [error] = refused.context["form"].errors["returns_on"]
    assert error.startswith(f"This overlaps the leave from {soon.day} ")
    assert (refused.status_code, fits.status_code) == (422, 302)
    assert told(cast, enrollment) == [("active", START), ("on_leave", soon), ("on_leave", today())]


def test_another_return_date_and_an_early_return_are_no_overlap(
    cast: Cast, enrollment: Enrollment, sign_in: SignIn
) -> None:
    client, back = sign_in(cast.ilse), today() + 30 * DAY
    answers = [
        client.post(page_of(enrollment), leave(today() - 5 * DAY, back)).status_code,
        client.post(page_of(enrollment), leave(today(), back + 30 * DAY)).status_code,
        client.post(page_of(enrollment), {"to": "active", "effective_on": str(today() + DAY)}).status_code,
    ]
    assert answers == [302, 302, 302]
    overtakes = client.post(page_of(enrollment), leave(today(), back + 60 * DAY))
    assert (overtakes.status_code, [event.to_status for event in overtakes.context["plan"].overtaken]) == (
        200, ["active"],
    )  # fmt: skip


# -- two at once -------------------------------------------------------------------------------------------------------


def test_second_sees_what_the_first_recorded_and_may_confirm(
    cast: Cast, enrollment: Enrollment, sign_in: SignIn
) -> None:
    client = sign_in(cast.ilse)
    seen = client.get(page_of(enrollment)).context["form"]["seen"].value()
    with scope(cast.organization.pk):
        record_status(
            enrollment=enrollment, to="on_leave", effective_on=today(), returns_on=today() + 9 * DAY, by=cast.ada
        )
    wish = {"to": "withdrawn", "effective_on": str(today()), "reason": "work", "note": "She called", "seen": seen}

    late = client.post(page_of(enrollment), wish)

    page = late.content.decode()
    assert late.status_code == 409
    assert "Ada Visser changed this history meanwhile: on leave from" in page
    assert "She called" in page
    assert [line.event.to_status for line in late.context["since"]] == ["on_leave"]
    assert told(cast, enrollment) == [("active", START), ("on_leave", today())]
    assert client.post(page_of(enrollment), {**wish, "seen": late.context["form"]["seen"].value()}).status_code == 302
    assert told(cast, enrollment)[-1] == ("withdrawn", today())


# -- corrections -------------------------------------------------------------------------------------------------------


def test_correction_is_shown_before_it_is_written(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), page_of(enrollment, "status/correct/")
    left = today() - 10 * DAY
    with scope(cast.organization.pk):
        record_status(enrollment=enrollment, to="withdrawn", effective_on=left, by=cast.ilse, reason="work")
    wish = leave(left - 20 * DAY, left - 5 * DAY)

    shown = client.post(url, wish)

    plan = shown.context["plan"]
    assert [span.status for span in plan.before] == ["active", "withdrawn"]
    assert [span.status for span in plan.after] == ["active", "on_leave", "withdrawn"]
    assert len(told(cast, enrollment)) == 2
    again = client.post(url, {**wish, "step": "edit"})
    assert (again.status_code, again.context["form"]["to"].value()) == (200, "on_leave")
    assert client.post(url, {**wish, "step": "agree"}).status_code == 302
    learner = client.get(page_of(enrollment, "")).context["history"]
    assert [(line.event.to_status, line.is_late, line.is_replaced) for line in learner] == [
        ("withdrawn", True, False), ("on_leave", True, False), ("active", True, False),
    ]  # fmt: skip


def test_correction_takes_back_what_did_not_happen(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client, left = sign_in(cast.ilse), today() - 10 * DAY
    with scope(cast.organization.pk):
        record_status(enrollment=enrollment, to="withdrawn", effective_on=left, by=cast.ilse, reason="work")

    wish = {"to": "active", "effective_on": str(left), "step": "agree"}
    assert client.post(page_of(enrollment, "status/correct/"), wish).status_code == 302

    lines = client.get(page_of(enrollment, "")).context["history"]
    assert [(line.event.to_status, line.is_replaced) for line in lines] == [
        ("active", False), ("withdrawn", True), ("active", False),
    ]  # fmt: skip
    with scope(cast.organization.pk):
        assert Enrollment.objects.get().status == "active"


def test_nobody_graduates_by_a_correction(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    wish = {"to": "graduated", "effective_on": str(today()), "step": "agree"}

    answers = [sign_in(cast.ilse).post(page_of(enrollment, page), wish) for page in ("status/", "status/correct/")]

    assert [response.status_code for response in answers] == [422, 422]
    with scope(cast.organization.pk), pytest.raises(CohortError) as refused:
        record_status(enrollment=enrollment, to="graduated", effective_on=today(), by=cast.ilse)
    assert refused.value.code == "gate_needed"
    assert told(cast, enrollment) == [("active", START)]


# -- coming back -------------------------------------------------------------------------------------------------------


def test_readmission_says_what_it_does_and_needs_a_seat(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    client.post(page_of(enrollment), {"to": "withdrawn", "effective_on": "2026-10-01", "reason": "health"})
    with scope(cast.organization.pk):
        Cohort.objects.update(capacity=1)
        [daan] = enroll_many(
            cohort=Cohort.objects.get(), entries=[Joining(learner=cast.daan, effective_on=today())], by=None
        )

    page = client.get(page_of(enrollment)).content.decode()
    full = client.post(page_of(enrollment), {"to": "active", "effective_on": str(today())})
    with scope(cast.organization.pk):
        record_status(enrollment=daan, to="withdrawn", effective_on=today(), by=None, reason="work")
    back = client.post(page_of(enrollment), {"to": "active", "effective_on": str(today())})

    assert "the same enrollment goes on" in page
    assert "0 seats are free." in page
    assert (full.status_code, list(full.context["form"].errors), back.status_code) == (422, ["to"], 302)
    assert [status for status, _day in told(cast, enrollment)] == ["active", "withdrawn", "active"]


def test_transfer_is_undone_from_the_other_cohort(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    with scope(cast.organization.pk):
        other = a_cohort(version=enrollment.version, name="Other")
    wish = {"to": "transferred", "effective_on": str(today()), "cohort": str(other.pk)}
    there = client.post(page_of(enrollment), {**wish, "step": "agree"})["Location"]

    assert "Undo the transfer" in client.get(there).content.decode()
    assert client.get(f"{there}transfer/undo/").status_code == 200
    assert client.post(f"{there}transfer/undo/")["Location"] == page_of(enrollment, "")
    assert client.post(f"{there}transfer/undo/").status_code == 404
    assert client.get(there).status_code == 404


# -- over connections of their own -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_who_saw_the_same_history_one_records(cast: Cast) -> None:
    with scope(cast.organization.pk):
        cohort = a_cohort(status=Cohort.Status.RUNNING)
        enrollment = enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START, status="active")
    gate = Barrier(8)

    def attempt(number: int) -> str:
        try:
            gate.wait(timeout=30)
            with scope(cast.organization.pk):
                record_status(
                    enrollment=enrollment, to="on_leave", effective_on=today(), returns_on=today() + (number + 1) * DAY,
                    by=cast.ilse, seen=1,
                )  # fmt: skip
        except HistoryConflict:
            return "conflict"
        finally:
            connection.close()
        return "recorded"

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(attempt, range(8))) == {"recorded": 1, "conflict": 7}
    assert [status for status, _day in told(cast, enrollment)] == ["active", "on_leave"]


@pytest.mark.django_db(transaction=True)
def test_last_seat_readmits_one(cast: Cast) -> None:
    with scope(cast.organization.pk):
        cohort = a_cohort(status=Cohort.Status.RUNNING, capacity=2)
        pair = [
            enroll(cohort=cohort, learner=person, by=None, effective_on=START, status="active")
            for person in (cast.amira, cast.daan)
        ]
        for one in pair:
            record_status(enrollment=one, to="withdrawn", effective_on=START + DAY, by=None, reason="work")
        Cohort.objects.update(capacity=1)
    gate = Barrier(2)

    def attempt(enrollment: Enrollment) -> str:
        try:
            gate.wait(timeout=30)
            with scope(cast.organization.pk):
                fresh = Enrollment.objects.select_related("cohort").get(pk=enrollment.pk)
                record_status(enrollment=fresh, to="active", effective_on=today(), by=cast.ilse)
        except CohortError as error:
            return error.code
        finally:
            connection.close()
        return "back"

    with ThreadPoolExecutor(2) as pool:
        assert Counter(pool.map(attempt, pair)) == {"back": 1, "cohort_full": 1}
