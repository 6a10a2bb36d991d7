"""Who met their mentor in a month, for staff; and the month's hours as a file."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from accounts.models import Membership, Role
from cohorts.mentors import assign_mentor
from cohorts.models import Enrollment, EnrollmentEvent
from mentoring.booking import book, cancel
from mentoring.coverage_month import Covered, month_asked, overview_of, reasons_for
from mentoring.models import AvailabilityWindow, OneOnOne
from mentoring.offering import add_time_off
from mentoring.pay import pay_rows
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, an_enrollment, booked, recorded
from tests.mentoring.test_session_pages import of_lantaarn, queries

SignIn = Callable[[Membership | None], Client]
COVERAGE, HOURS = "/o/lantaarn/coverage/", "/o/lantaarn/coverage/hours.csv"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONTH = month_asked("", zone=AMSTERDAM, now=NOW)


def rows_of(**values: object) -> dict[str, Covered]:
    overview = overview_of(values.pop("month", MONTH), now=NOW, **values)  # type: ignore[arg-type]
    return {row.enrollment.learner.name.split()[0]: row for row in overview.rows}


def why(name: str) -> str:
    rows = rows_of()
    return reasons_for(rows.values(), month=MONTH, now=NOW)[rows[name].enrollment.pk]


# -- who met -----------------------------------------------------------------------------------------------------------


def test_held_and_booked_are_apart_and_leave_is_excused(given: Mentoring) -> None:
    recorded(given, start=NOW - 5 * DAY, status="held")
    booked(given)
    booked(given, enrollment=given.daan, by=given.cast.daan, start=WEDNESDAY + DAY)
    away = an_enrollment(given.cohort, given.cast.ilse, given.cast.joris, status="on_leave")
    overview = overview_of(MONTH, now=NOW)
    assert {row.enrollment.pk: row.state for row in overview.rows} == {
        given.amira.pk: "held", given.daan.pk: "booked", away.pk: "excused"
    }  # fmt: skip
    total = overview.total
    assert (total.learners, total.held, total.booked, total.none, total.excused, total.share) == (2, 1, 1, 0, 1, 0.5)
    [tally] = overview.tallies(lambda row: (row.mentor and row.mentor.pk, "Joris"))
    assert (tally.held, tally.booked, tally.excused) == (1, 1, 1)


def test_rows_say_why(given: Mentoring) -> None:
    assert why("Amira") == "Nothing booked"
    missed = recorded(given, start=NOW - 5 * DAY, status="learner_no_show")
    assert why("Amira") == "No-show on 18 November"
    OneOnOne.objects.filter(pk=missed.pk).update(status="booked")
    assert why("Amira") == "Not confirmed: 18 November"
    OneOnOne.objects.filter(pk=missed.pk).update(status="cancelled")
    Enrollment.objects.filter(pk=given.daan.pk).update(mentor=None)
    assert why("Daan") == "No mentor"
    add_time_off(mentor=given.mentor, first=NOW.date(), last=NOW.date() + 40 * DAY, note="", today=NOW.date())
    assert why("Amira") == "Joris Hoekema has no open time in the next four weeks"


def test_mentor_without_windows_or_full_by_a_cap_has_no_open_time(given: Mentoring) -> None:
    given.mentor.max_per_week = 1
    given.mentor.save()
    for week in range(5):
        start = WEDNESDAY + week * 7 * DAY
        recorded(given, start=start, status="booked", enrollment=given.daan)
    assert why("Amira") == "Joris Hoekema has no open time in the next four weeks"
    OneOnOne.objects.all().update(status="cancelled")
    assert why("Amira") == "Nothing booked"
    AvailabilityWindow.objects.all().delete()
    assert why("Amira") == "Joris Hoekema has no open time in the next four weeks"


def test_month_is_the_organizations_whatever_the_hour_elsewhere(given: Mentoring) -> None:
    midnight = datetime(2026, 10, 31, 23, tzinfo=UTC)  # November in Amsterdam, October in London
    recorded(given, start=midnight, status="held")
    recorded(given, start=midnight - timedelta(minutes=45), status="held", enrollment=given.daan)
    states = {name: row.state for name, row in rows_of().items()}
    assert states == {"Amira": "held", "Daan": "none"}


def test_a_month_before_counts_who_took_part_at_its_end(given: Mentoring) -> None:
    october = month_asked("2026-10", zone=AMSTERDAM, now=NOW)
    assert (october.key, october.label) == ("2026-10", "October 2026")
    for enrollment, status in ((given.amira, "active"), (given.daan, "on_leave")):
        EnrollmentEvent.objects.create(
            enrollment=enrollment, sequence=1, to_status=status, effective_on=given.cohort.starts_on,
            returns_on=NOW.date() if status == "on_leave" else None,
        )  # fmt: skip
    Enrollment.objects.filter(pk=given.amira.pk).update(status="withdrawn")
    recorded(given, start=NOW - 30 * DAY, status="held")
    assert {name: row.state for name, row in rows_of(month=october).items()} == {"Amira": "held", "Daan": "excused"}


def test_a_month_before_counts_by_the_mentor_of_then(given: Mentoring) -> None:
    october = month_asked("2026-10", zone=AMSTERDAM, now=NOW)
    EnrollmentEvent.objects.create(
        enrollment=given.amira, sequence=1, to_status="active", effective_on=given.cohort.starts_on
    )
    sofia = member("Sofia", "sofia@lantaarn.example", Role.MENTOR)
    recorded(given, start=NOW - 30 * DAY, status="held")
    assign_mentor(enrollment=given.amira, mentor=sofia, by=given.cast.ilse, at=NOW)
    asked = {(month.key, mentor.name): list(rows_of(month=month, mentor=mentor.pk))
             for month in (october, MONTH) for mentor in (given.cast.joris, sofia)}  # fmt: skip
    assert asked == {
        ("2026-10", "Joris Hoekema"): ["Amira"], ("2026-10", "Sofia"): [],
        ("2026-11", "Joris Hoekema"): ["Daan"], ("2026-11", "Sofia"): ["Amira"],
    }  # fmt: skip
    # The hours are those of whoever held the 1-on-1.
    assert [(row[0], row[4]) for row in pay_rows(october)][1:] == [("Joris Hoekema", "1")]


def test_nonsense_asks_for_this_month(given: Mentoring) -> None:
    for text in ("", "x", "2026-13", "1999-01", "9999-12", "2027-01"):
        assert month_asked(text, zone=AMSTERDAM, now=NOW) == MONTH


# -- the page ----------------------------------------------------------------------------------------------------------


def test_page_lists_who_has_nothing_and_offers_to_propose(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        recorded(given_page, start=NOW - 5 * DAY, status="held", enrollment=given_page.daan)
    client = sign_in(given_page.cast.ilse)
    page = unescape(client.get(COVERAGE).content.decode())
    assert "1-on-1s in November 2026" in page
    assert "Nothing booked" in page
    assert f"/o/lantaarn/coverage/{given_page.amira.pk}/propose/" in page
    assert f"/o/lantaarn/learners/{given_page.daan.pk}/" not in page
    everyone = unescape(client.get(COVERAGE, {"show": "all"}).content.decode())
    assert f"/o/lantaarn/learners/{given_page.daan.pk}/" in everyone


def test_filters_narrow_and_nonsense_asks_for_nothing(given_page: Mentoring, sign_in: SignIn) -> None:
    client = sign_in(given_page.cast.ilse)
    with of_lantaarn(given_page):
        Membership.objects.filter(pk=given_page.cast.ilse.pk).update(roles=["staff", "mentor"])
        Enrollment.objects.filter(pk=given_page.daan.pk).update(mentor=given_page.cast.ilse)
    for query, names in (
        ({"mentor": given_page.cast.joris.pk}, ["Amira"]),
        ({"mentor": given_page.cast.ilse.pk, "cohort": given_page.cohort.pk}, ["Daan"]),
        ({"mentor": "x", "cohort": "9" * 40, "month": "-", "show": "?", "page": "1e9"}, ["Amira", "Daan"]),
    ):
        rows = client.get(COVERAGE, query).context["rows"]
        assert [entry["row"].enrollment.learner.name.split()[0] for entry in rows] == names


def test_page_asks_the_database_as_often_for_three_as_for_one(given_page: Mentoring, sign_in: SignIn) -> None:
    client, counts = sign_in(given_page.cast.ilse), []
    with of_lantaarn(given_page):
        Enrollment.objects.filter(pk=given_page.daan.pk).update(status="withdrawn")
    for number in (1, 2, 3):
        if number > 1:
            with of_lantaarn(given_page):
                learner = member(f"Learner {number}", f"{number}@lantaarn.example", Role.LEARNER)
                mentor = member(f"Mentor {number}", f"mentor{number}@lantaarn.example", Role.MENTOR)
                an_enrollment(given_page.cohort, learner, mentor)
        if number != 2:
            counts.append(queries(client, COVERAGE))
    assert counts[0] == counts[1]


# -- the file ----------------------------------------------------------------------------------------------------------


def file_of(client: Client, **query: str) -> list[dict[str, str]]:
    response = client.get(HOURS, query)
    assert response.status_code == 200
    text = response.getvalue().decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def a_month(given_page: Mentoring) -> Mentoring:
    cast = given_page.cast
    with of_lantaarn(given_page):
        for days, status in ((3, "held"), (4, "held"), (5, "learner_no_show"), (6, "mentor_no_show"), (7, "booked")):
            recorded(given_page, start=NOW - days * DAY, status=status)
        recorded(given_page, start=NOW - 40 * DAY, status="held")
        for day, by in ((0, cast.amira), (1, cast.joris), (2, cast.ilse)):
            start = WEDNESDAY + day * DAY
            one = book(mentor=given_page.mentor, enrollment=given_page.amira, start=start, by=by, now=NOW)
            cancel(one_on_one=one, reason="Ill", by=by, now=start - timedelta(hours=2))
        early = booked(given_page, start=WEDNESDAY + 5 * DAY)
        cancel(one_on_one=early, reason="Ill", by=cast.amira, now=NOW)
    return given_page


def test_file_counts_held_and_keeps_the_rest_apart(a_month: Mentoring, sign_in: SignIn) -> None:
    expected = {
        "Mentor": "Joris Hoekema", "Email": "joris@lantaarn.example", "Month": "2026-11",
        "Time zone": "Europe/Amsterdam", "Held": "2", "Hours held": "1.50", "Learner no-shows": "1",
        "Hours of learner no-shows": "0.75", "Mentor no-shows": "1", "Cancelled late by learner": "1",
        "Hours cancelled late by learner": "0.75", "Cancelled late by mentor": "1", "Cancelled late by staff": "1",
        "Unconfirmed or ahead": "1",
    }  # fmt: skip
    assert file_of(sign_in(a_month.cast.ilse)) == [expected]
    assert file_of(sign_in(a_month.cast.joris)) == [expected]
    [october] = file_of(sign_in(a_month.cast.ilse), month="2026-10")
    assert (october["Month"], october["Held"], october["Learner no-shows"]) == ("2026-10", "1", "0")


def test_a_mentor_gets_their_own_hours_alone(a_month: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(a_month):
        other = member("Kwame", "kwame@lantaarn.example", Role.MENTOR)
    assert file_of(sign_in(other)) == []


def test_name_that_is_a_formula_stays_text(a_month: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(a_month):
        Membership.objects.filter(pk=a_month.cast.joris.pk).update(name='=HYPERLINK("https://evil.example")')
    [row] = file_of(sign_in(a_month.cast.ilse))
    assert row["Mentor"] == '\'=HYPERLINK("https://evil.example")'


def test_month_of_the_file_is_the_organizations(a_month: Mentoring, sign_in: SignIn) -> None:
    Organization.objects.filter(pk=a_month.cast.organization.pk).update(time_zone="Pacific/Auckland")
    with scope(a_month.cast.organization.pk):
        recorded(a_month, start=datetime(2026, 10, 31, 12, tzinfo=UTC), status="held")
    [row] = file_of(sign_in(a_month.cast.ilse))
    assert (row["Time zone"], row["Held"]) == ("Pacific/Auckland", "3")
