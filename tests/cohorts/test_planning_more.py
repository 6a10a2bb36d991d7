"""The pages on which staff plan: the calendar, an import, the line for a seat, the team, the next edition, dates."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Role
from cohorts.history import enroll, record_status
from cohorts.models import Break, Cohort, Enrollment, Offer, OfferAnswer, QueueChange
from cohorts.offering import offer_seat
from curriculum.models import CurriculumVersion
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort, published_version
from tests.cohorts.test_holidays import days, event, ics
from tests.cohorts.test_planning import due, settings_of, typed
from tests.conftest import Cast, member

SignIn = Callable[[Membership | None], Client]
HOLIDAYS = "/o/lantaarn/holidays/"


@pytest.fixture
def version(cast: Cast) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return published_version()


@pytest.fixture
def cohort(cast: Cast, version: CurriculumVersion) -> Cohort:
    with scope(cast.organization.pk):
        return a_cohort(version=version, starts_on=START + timedelta(weeks=52), capacity=1, status="enrolling")


@pytest.fixture
def ilse(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.ilse)


def page_of(cohort: Cohort, page: str) -> str:
    return f"/o/lantaarn/cohorts/{cohort.slug}/{page}/"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def upload(data: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("holidays.ics", data, content_type="text/calendar")}


def waits(cast: Cast, cohort: Cohort, *learners: Membership) -> list[Enrollment]:
    """They wait for the one seat, which was taken when they came and is free now."""
    with scope(cast.organization.pk):
        first = enroll(cohort=cohort, learner=member("First", "f@lantaarn.example", Role.LEARNER), by=None,
                       effective_on=START)  # fmt: skip
        line = [enroll(cohort=cohort, learner=one, by=None, effective_on=START) for one in learners]
        record_status(enrollment=first, to="withdrawn", reason="work", effective_on=START, by=None)
    return line


def test_holidays_of_a_file_are_chosen_shown_and_taken_over(cast: Cast, cohort: Cohort, ilse: Client) -> None:
    file = ics(event("x", "Christmas", *days("20271220", "20280103")), event("k", "Kingsday", *days("20271101")))
    before = due(cast, cohort)
    page = ilse.post(f"{HOLIDAYS}import/", upload(file)).content.decode()
    assert ("2 are new or changed" in page, "Milestone by milestone" in page) == (True, True)
    sent = {"read": hidden(page, "read"), "agreed": hidden(page, "agreed"), "take": ["x"]}

    # Another choice than was shown: its effects are shown first.
    page = ilse.post(f"{HOLIDAYS}import/", sent).content.decode()
    assert due(cast, cohort) == before
    done = ilse.post(f"{HOLIDAYS}import/", {**sent, "agreed": hidden(page, "agreed")}, follow=True).content.decode()

    assert "1 break is taken over." in done
    with scope(cast.organization.pk):
        assert [(one.name, one.cohort_id, one.source_uid) for one in Break.objects.all()] == [("Christmas", None, "x")]
    assert due(cast, cohort)[-1] == before[-1] + timedelta(days=14)
    page = ilse.post(page_of(cohort, "breaks") + "import/", upload(file)).content.decode()
    assert "2 are new or changed" in page  # of the cohort's own, none is there
    tampered = {**sent, "read": sent["read"][:-3] + "xyz"}
    assert "Choose the file again" in ilse.post(f"{HOLIDAYS}import/", tampered, follow=True).content.decode()


@pytest.mark.parametrize(
    ("language", "data", "message"),
    [
        ("en", b"x" * 10_000_000, "This file is larger than 1 MB."),
        ("nl", b"x" * 10_000_000, "Dit bestand is groter dan 1 MB."),
        ("en", b"garbage", "This is no calendar file."),
        ("nl", b"garbage", "Dit is geen agendabestand."),
    ],
)
def test_file_that_is_none_is_refused_at_its_field(
    cast: Cast, ilse: Client, language: str, data: bytes, message: str
) -> None:
    cast.ilse.user.language = language
    cast.ilse.user.save()

    response = ilse.post(f"{HOLIDAYS}import/", upload(data))

    assert response.status_code == 422
    assert message in response.content.decode()


def test_break_for_everyone_is_previewed_added_and_removed(cast: Cast, cohort: Cohort, ilse: Client) -> None:
    before = due(cast, cohort)
    wish = {"name": "Winter", "starts_on": "2027-10-04", "ends_on": "2027-10-10"}
    page = ilse.post(HOLIDAYS, wish).content.decode()
    assert due(cast, cohort) == before

    ilse.post(HOLIDAYS, {**wish, "agreed": hidden(page, "agreed")})
    assert due(cast, cohort)[-1] == before[-1] + timedelta(days=7)
    with scope(cast.organization.pk):
        key = str(Break.objects.get().pk)
    page = ilse.post(HOLIDAYS, {"remove": key}).content.decode()
    ilse.post(HOLIDAYS, {"remove": key, "agreed": hidden(page, "agreed")})
    assert due(cast, cohort) == before


BAD: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("breaks", {"starts_on": "2027-09-01", "ends_on": "2028-03-01"}, "ends_on",
     "This covers all of Rotterdam 2026", "Dit beslaat heel Rotterdam 2026"),
    ("breaks", {"starts_on": "2027-09-08", "ends_on": "2027-09-01"}, "ends_on",
     "The last day lies before the first.", "De laatste dag ligt vóór de eerste."),
    ("breaks", {"starts_on": "1900-01-01", "ends_on": "1900-01-02"}, "starts_on",
     "1900-01-01 is not a date for a program.", "1900-01-01 is geen datum voor een opleiding."),
    ("breaks", {"starts_on": "2027-09-08", "ends_on": "9999-12-31"}, "ends_on",
     "9999-12-31 is not a date for a program.", "9999-12-31 is geen datum voor een opleiding."),
    ("settings", {"hours_per_week": "0"}, "hours_per_week",
     "Enter at least 1 hour a week.", "Vul minstens 1 uur per week in."),
    ("settings", {"hours_per_week": "500"}, "hours_per_week",
     "A week has 168 hours. Enter fewer.", "Een week heeft 168 uur. Vul er minder in."),
    ("settings", {"census_on": "2027-01-01"}, "census_on",
     "The census date lies before the start.", "De peildatum ligt vóór de start."),
    ("settings", {"first_level": "2", "last_level": "1"}, "last_level",
     "The first level comes after the last.", "Het eerste niveau komt na het laatste."),
    ("settings", {"starts_on": "1900-01-01"}, "starts_on",
     "1900-01-01 is not a date for a program.", "1900-01-01 is geen datum voor een opleiding."),
    ("settings", {"capacity": "1"}, "capacity",
     "2 seats are taken or offered.", "2 plaatsen zijn bezet of aangeboden."),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(("page", "values", "field", "english", "dutch"), BAD)
def test_bad_plan_is_refused_at_its_field_in_both_languages(
    cast: Cast, cohort: Cohort, ilse: Client, page: str, values: dict[str, Any], field: str, english: str, dutch: str,
    language: str,
) -> None:  # fmt: skip
    with scope(cast.organization.pk):
        Cohort.objects.filter(pk=cohort.pk).update(capacity=2)
        for learner in (cast.amira, cast.daan):
            enroll(cohort=cohort, learner=learner, by=None, effective_on=START)
    cast.ilse.user.language = language
    cast.ilse.user.save()
    usual = {"starts_on": "2027-09-06", "census_on": "2027-09-20", "capacity": "2"}
    wish = {"name": "Pause"} if page == "breaks" else settings_of(cohort, **usual)
    before = due(cast, cohort)

    response = ilse.post(page_of(cohort, page), {**wish, **values})

    found = re.search(rf'id="id_{field}_error"[^>]*>(.*?)</', response.content.decode(), re.S)
    assert response.status_code == 422
    assert found is not None
    assert {"en": english, "nl": dutch}[language] in re.sub("<[^>]*>", "", response.content.decode())
    assert due(cast, cohort) == before


# -- the line ----------------------------------------------------------------------------------------------------------


def test_seat_is_offered_moved_and_withdrawn_on_the_page(cast: Cast, cohort: Cohort, ilse: Client) -> None:
    amira, daan = waits(cast, cohort, cast.amira, cast.daan)
    page = page_of(cohort, "waiting")

    assert ilse.post(page, {"enrollment": daan.pk, "offer": "1"}).status_code == 422
    assert ilse.post(page, {"enrollment": daan.pk, "move": "1", "to_place": "x", "reason": ""}).status_code == 422
    ilse.post(page, {"enrollment": daan.pk, "move": "1", "to_place": "1", "reason": "Waited since May"})
    shown = ilse.post(page, {"enrollment": daan.pk, "offer": "1", "reason": ""}, follow=True).content.decode()
    assert "A seat is held for Daan Kuiper" in shown
    with scope(cast.organization.pk):
        offer = Offer.objects.get()
        assert (offer.enrollment, QueueChange.objects.get().enrollment) == (daan, daan)
    assert ilse.post(page, {"withdraw": offer.pk, "reason": ""}).status_code == 422
    assert (
        "The offer is withdrawn."
        in ilse.post(page, {"withdraw": offer.pk, "reason": "A transfer"}, follow=True).content.decode()
    )
    assert ilse.post(page, {"offering": "1", "offer_days": "0"}).status_code == 422
    ilse.post(page, {"offering": "1", "offer_days": "7", "offers_itself": "on"})
    with scope(cast.organization.pk):
        cohort.refresh_from_db()
    assert (cohort.offer_days, cohort.offers_itself, amira.status) == (7, True, "waiting")
    assert ilse.get(f"{page}?edit={amira.pk}").status_code == 200


def test_learner_answers_on_their_page(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    amira, daan = waits(cast, cohort, cast.amira, cast.daan)
    with scope(cast.organization.pk):
        offer = offer_seat(enrollment=amira, by=cast.ilse, at=timezone.now())
    client, page = sign_in(cast.amira), f"/o/lantaarn/path/offers/{offer.pk}/"
    assert page in client.get("/o/lantaarn/path/").content.decode()
    assert client.post(page, {"answer": "maybe"}).status_code == 422

    assert "is yours" in client.post(page, {"answer": "accept"}, follow=True).content.decode()
    again = client.post(page, {"answer": "decline"})

    assert (again.status_code, "does not stand any more" in again.content.decode()) == (422, True)
    with scope(cast.organization.pk):
        amira.refresh_from_db()
        assert (amira.status, OfferAnswer.objects.get().kind) == ("enrolled", "accepted")
    assert sign_in(cast.daan).get(page).status_code == 404
    assert daan.status == "waiting"


@pytest.mark.parametrize("page", ["waiting", "team"])
def test_pages_ask_the_same_of_the_database_for_one_and_for_three(
    cast: Cast, cohort: Cohort, ilse: Client, page: str
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ilse.get(page_of(cohort, page)).status_code == 200
        return len(captured)

    with scope(cast.organization.pk):
        Cohort.objects.filter(pk=cohort.pk).update(capacity=3)
        people = [member(f"P{n}", f"p{n}@lantaarn.example", Role.LEARNER) for n in range(3)]

        def add(one: Membership) -> None:
            enrollment = enroll(cohort=cohort, learner=one, by=None, effective_on=START, status="waiting")
            offer_seat(enrollment=enrollment, by=cast.ilse, at=timezone.now(), reason="r")
            cohort.team.create(member=one, role="assistant", starts_on=START)

        add(people[0])
    ilse.get(page_of(cohort, page))
    one = asked()
    with scope(cast.organization.pk):
        add(people[1])
        add(people[2])
    assert asked() == one


# -- team, edition, own dates, files -----------------------------------------------------------------------------------


def test_team_is_edited_and_shown_and_finds_its_cohorts(cast: Cast, cohort: Cohort, ilse: Client) -> None:
    page, today = page_of(cohort, "team"), timezone.localdate().isoformat()
    assert ilse.post(page, {"member": "", "role": "staff", "starts_on": today}).status_code == 422
    assert "None of these is yours" in ilse.get("/o/lantaarn/cohorts/?team=mine").content.decode()

    ilse.post(page, {"member": cast.ilse.pk, "role": "staff", "starts_on": today})

    assert cohort.name in ilse.get("/o/lantaarn/cohorts/?team=mine").content.decode()
    assert "Ilse Brouwer" in ilse.get(f"/o/lantaarn/cohorts/{cohort.slug}/").content.decode().split("</dl>")[0]
    twice = ilse.post(page, {"member": cast.ilse.pk, "role": "staff", "starts_on": today})
    assert (twice.status_code, "has this role on these days already" in twice.content.decode()) == (422, True)
    with scope(cast.organization.pk):
        key = cohort.team.get().pk
    ilse.post(page, {"end": key})
    with scope(cast.organization.pk):
        assert str(cohort.team.get().ends_on) == today


def test_next_edition_is_shown_before_it_is_made(cast: Cast, cohort: Cohort, ilse: Client) -> None:
    page = page_of(cohort, "next")
    assert "Rotterdam 2027" in ilse.get(page).content.decode()
    wish = typed(cohort.version, name="Rotterdam 2027", starts_on="2028-09-04", takes_team="on", takes_breaks="on")
    assert ilse.post(page, {**wish, "hours_per_week": "0"}).status_code == 422

    shown = ilse.post(page, wish).content.decode()
    assert ("Nothing is made yet." in shown, "4 milestones" in shown) == (True, True)
    with scope(cast.organization.pk):
        assert Cohort.objects.count() == 1
    assert ilse.post(page, {**wish, "agreed": "1"}).headers["Location"].endswith("/cohorts/rotterdam-2027/milestones/")


def test_own_dates_are_shown_before_they_are_set(cast: Cast, cohort: Cohort, ilse: Client) -> None:
    with scope(cast.organization.pk):
        amira = enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START)
        first = cohort.milestones.order_by("position")[0]
    page = f"/o/lantaarn/learners/{amira.pk}/dates/"
    wish = {"milestone": str(first.pk), "due_on": "2027-11-01"}
    assert ilse.post(page, {**wish, "due_on": "1900-01-01"}).status_code == 422
    assert ilse.post(page, {**wish, "due_on": "2027-09-01"}).status_code == 422

    shown = ilse.post(page, wish).content.decode()
    with scope(cast.organization.pk):
        assert not amira.milestones.exists()
    ilse.post(page, {**wish, "agreed": hidden(shown, "agreed")})
    with scope(cast.organization.pk):
        own = amira.milestones.get()
        assert (own.due_on, own.replaces) == (date(2027, 11, 1), first)
    shown = ilse.post(page, {"first": "2027-09-06", "days": "7"}).content.decode()
    ilse.post(page, {"first": "2027-09-06", "days": "7", "agreed": hidden(shown, "agreed")})
    with scope(cast.organization.pk):
        assert amira.milestones.count() == 4
    ilse.post(page, {"reset": "all"})
    with scope(cast.organization.pk):
        assert not amira.milestones.exists()


def test_milestones_are_a_calendar_file(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START)
    for who, path in ((cast.ilse, f"cohorts/{cohort.slug}/milestones.ics"), (cast.amira, "path/milestones.ics")):
        response = sign_in(who).get(f"/o/lantaarn/{path}")
        text = response.content.decode()
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert (text.count("BEGIN:VEVENT"), "SUMMARY:Level 1 gate" in text) == (4, True)
        assert f"DTSTART;VALUE=DATE:{due(cast, cohort)[0]:%Y%m%d}" in text
