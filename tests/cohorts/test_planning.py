from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from cohorts.history import enroll
from cohorts.models import Break, Cohort, Milestone
from curriculum.models import CurriculumVersion
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort, published_version
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
HOME = "/o/lantaarn/cohorts/"


@pytest.fixture
def version(cast: Cast) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return published_version()


@pytest.fixture
def cohort(cast: Cast, version: CurriculumVersion) -> Cohort:
    with scope(cast.organization.pk):
        return a_cohort(version=version)


def typed(version: CurriculumVersion, **values: Any) -> dict[str, Any]:
    return {
        "name": "Utrecht 2026", "version": version.pk, "format": "blended", "first_level": 1, "last_level": 2,
        "hours_per_week": "20", "starts_on": "2026-09-07", "census_on": "", "capacity": "", "lead": "",
        "time_zone": "Europe/Amsterdam", **values,
    }  # fmt: skip


def settings_of(cohort: Cohort, **values: Any) -> dict[str, Any]:
    return {
        "name": cohort.name, "format": cohort.format, "first_level": 1, "last_level": 2, "hours_per_week": "20.0",
        "starts_on": "2026-09-07", "census_on": "2026-09-21", "capacity": "", "lead": "",
        "time_zone": "Europe/Amsterdam", **values,
    }  # fmt: skip


def due(cast: Cast, cohort: Cohort) -> list[date]:
    with scope(cast.organization.pk):
        return list(cohort.milestones.order_by("position").values_list("due_on", flat=True))


PLAIN = [date(2026, 10, 11), date(2026, 11, 15), date(2026, 12, 20), date(2027, 1, 24)]


def queries(client: Client, url: str) -> int:
    """How many the page takes, without the savepoints and settings of the transaction that a test runs in."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return sum(" FROM " in query["sql"] for query in captured)


# -- who may -----------------------------------------------------------------------------------------------------------

PAGES = ["new/", *(f"rotterdam-2026/{page}/" for page in ("milestones", "status", "settings", "breaks"))]


@pytest.mark.parametrize("page", PAGES)
def test_planning_is_for_staff(cast: Cast, cohort: Cohort, sign_in: SignIn, page: str) -> None:
    answers = {
        name: sign_in(getattr(cast, name)).get(HOME + page).status_code
        for name in ("ilse", "ada", "joris", "amira", "otto")
    }

    assert answers == {"ilse": 200, "ada": 200, "joris": 403, "amira": 403, "otto": 404}
    assert sign_in(None).get(HOME + page).status_code == 302


def test_list_is_for_staff_and_mentors(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    answers = {name: sign_in(getattr(cast, name)).get(HOME).status_code for name in ("ilse", "joris", "amira", "otto")}

    assert answers == {"ilse": 200, "joris": 200, "amira": 403, "otto": 404}


@pytest.mark.parametrize("page", PAGES[1:])
def test_cohort_that_does_not_exist_is_not_found(cast: Cast, sign_in: SignIn, page: str) -> None:
    assert sign_in(cast.ilse).get(HOME + page).status_code == 404


# -- the list ----------------------------------------------------------------------------------------------------------


def test_empty_list_says_how_to_begin(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.ilse).get(HOME).content.decode()

    assert "No cohorts yet" in page
    assert "/o/lantaarn/cohorts/new/" in page


def test_list_shows_status_dates_and_learners(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        cohort = a_cohort(version=version, capacity=1, lead=cast.ilse)
        for learner in (cast.amira, cast.daan):
            enroll(cohort=cohort, learner=learner, by=None, effective_on=START)

    response = sign_in(cast.ilse).get(HOME)

    assert response.context["rows"] == [
        {
            "slug": "rotterdam-2026", "name": "Rotterdam 2026", "status": "planned", "format": "Blended",
            "starts_on": START, "ends_on": date(2027, 1, 24), "learners": 1, "waiting": 1, "capacity": 1,
            "version": "AI engineer, v1", "lead": "Ilse Brouwer",
        }
    ]  # fmt: skip


def test_list_takes_the_same_queries_for_one_cohort_and_for_three(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    client, counts = sign_in(cast.ilse), []
    for name in ("One", "Two", "Three"):
        with scope(cast.organization.pk):
            cohort = a_cohort(version=version, name=name, lead=cast.ilse)
            enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START)
        counts.append(queries(client, HOME))

    assert counts[0] == counts[2] <= 12


def test_list_shows_current_cohorts_unless_asked_for_others(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    with scope(cast.organization.pk):
        a_cohort(version=version, name="Now")
        a_cohort(version=version, name="Over", status=Cohort.Status.COMPLETED)
    client = sign_in(cast.ilse)

    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(HOME + query).context["rows"]]

    assert [sorted(names(query)) for query in ("", "?status=completed", "?status=all", "?status=odd")] == [
        ["Now"], ["Over"], ["Now", "Over"], ["Now"],
    ]  # fmt: skip


def test_list_goes_on_on_the_next_page(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        one = a_cohort(version=version)
        Cohort.objects.bulk_create(
            Cohort(
                slug=f"c{number}", name=f"C{number}", version=version, format="blended", hours_per_week=Decimal(20),
                starts_on=START, census_on=one.census_on, time_zone="UTC",
            )
            for number in range(30)
        )  # fmt: skip
    client = sign_in(cast.ilse)

    assert [len(client.get(HOME, {"page": number}).context["rows"]) for number in (1, 2, 99)] == [25, 6, 6]


def test_mentor_sees_cohorts_of_their_own_learners(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        a_cohort(version=version, name="Not his")
        his = enroll(cohort=a_cohort(version=version, name="His"), learner=cast.amira, by=None, effective_on=START)
        his.mentor = cast.joris
        his.save()

    assert [row["name"] for row in sign_in(cast.joris).get(HOME).context["rows"]] == ["His"]


# -- a new cohort ------------------------------------------------------------------------------------------------------


def test_without_a_published_curriculum_there_is_no_cohort(cast: Cast, sign_in: SignIn) -> None:
    assert "No curriculum is published" in sign_in(cast.ilse).get(HOME + "new/").content.decode()


def test_page_of_a_new_cohort_proposes_one_and_says_when_it_would_end(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    response = sign_in(cast.ilse).get(HOME + "new/")
    outlook = response.context["outlook"]

    assert (outlook.hours, outlook.at_pace.hours_per_week, outlook.first_level, outlook.last_level) == (400, 25, 1, 2)
    assert outlook.starts_on.weekday() == 0
    assert outlook.starts_on > timezone.localdate()


def test_outlook_follows_what_is_typed(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    fields = {"version": version.pk, "first_level": 1, "last_level": 2, "starts_on": "2026-09-07"}

    def said(hours: str, **values: Any) -> str:
        query = {**fields, "hours_per_week": hours, **values}
        page = sign_in(cast.ilse).get(HOME + "new/", query, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in page
        return " ".join(page.split())

    assert "At 20 h a week from 7 Sep 2026, levels 1–2 end on 24 Jan 2027." in said("20")
    assert "That is 400 hours in 0.4 years: 20 weeks of program, days off: 0." in said("20")
    assert "target" not in said("20")
    assert "level 1 ends on 15 Nov 2026" in said("20", last_level=1)
    assert "That is 96 hours" in said("20", hours_share="24")
    assert "24% of the planned 400 hours" in said("20", hours_share="24")
    assert "no level 1 to 3" in said("20", last_level=3)
    assert "One of them is enough" not in said("")
    assert "Fill in curriculum" in said("")
    assert "A week has 168 hours. Enter fewer." in said("500")
    assert "Enter a valid date." in said("20", starts_on="1900-13-45")
    assert "1900-01-01 is not a date for a program" in said("20", starts_on="1900-01-01")


def test_outlook_says_what_a_wanted_end_takes(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    query = {key: value for key, value in typed(version, ends_on="2026-11-15").items() if value}

    page = sign_in(cast.ilse).get(HOME + "new/", query, headers={"HX-Request": "true"}).content.decode()

    assert "levels 1–2 end on 24 Jan 2027." in page
    assert "levels 1–2 end by 15 Nov 2026 at 40 h a week." in page


def test_new_cohort_begins_with_what_the_planner_was_asked(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    query = {"version": version.pk, "first_level": 2, "last_level": 2, "hours_per_week": 40, "hours_share": "60"}

    form = sign_in(cast.ilse).get(HOME + "new/", query).context["form"]

    assert {name: str(form[name].value()) for name in query} == {name: str(value) for name, value in query.items()}


def test_outlook_counts_the_breaks_of_the_organization(cast: Cast, version: CurriculumVersion, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        Break.objects.create(name="Christmas", starts_on=date(2026, 12, 21), ends_on=date(2027, 1, 3))

    query = {key: value for key, value in typed(version).items() if value}
    page = sign_in(cast.ilse).get(HOME + "new/", query, headers={"HX-Request": "true"}).content.decode()

    assert "end on 7 Feb 2027" in page


def test_outlook_works_without_javascript_and_keeps_what_was_typed(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    response = sign_in(cast.ilse).post(HOME + "new/", typed(version, outlook="1", name="Half done"))

    assert response.status_code == 200
    assert response.context["outlook"].at_pace.ends_on == date(2027, 1, 24)
    assert 'value="Half done"' in response.content.decode()
    with scope(cast.organization.pk):
        assert not Cohort.objects.exists()


def test_create_makes_the_cohort_and_shows_its_milestones(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    response = sign_in(cast.ilse).post(HOME + "new/", typed(version, lead=cast.joris.pk, capacity=20), follow=True)

    assert response.redirect_chain == [("/o/lantaarn/cohorts/utrecht-2026/milestones/", 302)]
    assert "Utrecht 2026 is planned." in response.content.decode()
    with scope(cast.organization.pk):
        cohort = Cohort.objects.get()
        assert (cohort.created_by, cohort.lead, cohort.capacity) == (cast.ilse, cast.joris, 20)
    assert due(cast, cohort) == PLAIN


@pytest.mark.parametrize(
    ("values", "field", "error"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"hours_per_week": "0"}, "hours_per_week", "Enter at least 1 hour a week."),
        ({"hours_per_week": "500"}, "hours_per_week", "A week has 168 hours. Enter fewer."),
        (
            {"starts_on": "1900-01-01"},
            "starts_on",
            "1900-01-01 is not a date for a program. Choose one between 2000 and 2099.",
        ),
        ({"hours_share": "0"}, "hours_share", "Enter at least 1%."),
        ({"hours_share": "101"}, "hours_share", "A cohort takes at most 100% of the planned hours."),
        ({"census_on": "2026-09-01"}, "census_on", "The census date lies before the start. Choose a later one."),
        ({"last_level": "3"}, "last_level", "This version has no level 1 to 3. Choose levels that it has."),
        (
            {"time_zone": "Mars/Base"},
            "time_zone",
            "Select a valid choice. Mars/Base is not one of the available choices.",
        ),
    ],
)
def test_create_answers_with_what_to_mend(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn, values: dict[str, str], field: str | None, error: str
) -> None:
    response = sign_in(cast.ilse).post(HOME + "new/", typed(version, **values))

    assert response.status_code == 422
    assert response.context["form"].errors[field or "__all__"] == [error]
    with scope(cast.organization.pk):
        assert not Cohort.objects.exists()


# -- milestones --------------------------------------------------------------------------------------------------------


def test_milestones_take_the_same_queries_for_one_and_for_three(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), HOME + "rotterdam-2026/milestones/"
    three = queries(client, url)
    with scope(cast.organization.pk):
        Milestone.objects.exclude(position=1).delete()

    assert three == queries(client, url) <= 12


def test_date_set_by_hand_stays_until_it_is_released(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), HOME + "rotterdam-2026/milestones/"
    with scope(cast.organization.pk):
        gate = Milestone.objects.get(title="Level 1 gate")

    assert "Set date" in client.get(url, {"edit": gate.pk}).content.decode()
    assert client.post(url, {"milestone": gate.pk, "due_on": "2026-11-20"}).status_code == 302
    assert due(cast, cohort) == [PLAIN[0], date(2026, 11, 20), *PLAIN[2:]]
    with scope(cast.organization.pk):
        assert Milestone.objects.get(pk=gate.pk).is_fixed

    client.post(url, {"milestone": gate.pk, "release": "1"})
    assert due(cast, cohort) == PLAIN


@pytest.mark.parametrize(
    ("day", "error"),
    [
        ("2026-09-06", "This is before the start of the cohort. Choose a later day."),
        ("9999-12-31", "9999-12-31 is not a date for a program. Choose one between 2000 and 2099."),
        ("soon", "Enter a valid date."),
    ],
)
def test_date_set_by_hand_must_be_one(cast: Cast, cohort: Cohort, sign_in: SignIn, day: str, error: str) -> None:
    with scope(cast.organization.pk):
        gate = Milestone.objects.get(title="Level 1 gate")

    response = sign_in(cast.ilse).post(HOME + "rotterdam-2026/milestones/", {"milestone": gate.pk, "due_on": day})

    assert response.status_code == 422
    assert response.context["form"].errors == {"due_on": [error]}


@pytest.mark.parametrize("pk", ["not-a-key", "018f0000-0000-7000-8000-000000000000"])
def test_milestone_of_nobody_is_not_found(cast: Cast, cohort: Cohort, sign_in: SignIn, pk: str) -> None:
    assert sign_in(cast.ilse).get(HOME + "rotterdam-2026/milestones/", {"edit": pk}).status_code == 404


# -- status ------------------------------------------------------------------------------------------------------------


def test_status_is_changed_and_told(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    url = HOME + "rotterdam-2026/status/"

    response = sign_in(cast.ilse).post(url, {"to": "enrolling", "effective_on": "2026-08-01", "note": "Ready"})

    assert response.status_code == 302
    with scope(cast.organization.pk):
        change = cohort.status_changes.get(to_status="enrolling")
        assert (Cohort.objects.get().status, change.recorded_by, change.note) == ("enrolling", cast.ilse, "Ready")


def test_status_that_does_not_follow_is_not_offered_and_refused(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(
        HOME + "rotterdam-2026/status/", {"to": "completed", "effective_on": "2026-08-01"}
    )

    assert response.status_code == 422
    assert [value for value, _label in response.context["form"].fields["to"].choices] == ["enrolling", "cancelled"]


def test_status_is_not_changed_ahead_of_time(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    tomorrow = timezone.localdate() + timedelta(days=2)

    response = sign_in(cast.ilse).post(
        HOME + "rotterdam-2026/status/", {"to": "enrolling", "effective_on": tomorrow.isoformat()}
    )

    assert list(response.context["form"].errors) == ["effective_on"]


# -- settings ----------------------------------------------------------------------------------------------------------


def test_settings_that_leave_the_schedule_alone_are_saved_at_once(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(
        HOME + "rotterdam-2026/settings/", settings_of(cohort, name="Rotterdam", capacity="28", lead=cast.ilse.pk)
    )

    assert response.status_code == 302
    with scope(cast.organization.pk):
        saved = Cohort.objects.get()
        assert (saved.name, saved.capacity, saved.lead) == ("Rotterdam", 28, cast.ilse)


def test_settings_that_move_milestones_are_shown_first(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), HOME + "rotterdam-2026/settings/"
    wish = settings_of(cohort, starts_on="2026-09-14", census_on="2026-09-28")

    preview = client.post(url, wish)

    assert preview.status_code == 200
    assert [(row["kind"], row["before"], row["after"]) for row in preview.context["effects"][0].rows] == [
        ("moved", day, day + timedelta(days=7)) for day in PLAIN
    ]
    assert due(cast, cohort) == PLAIN

    assert client.post(url, {**wish, "agreed": preview.context["agreed"]}).status_code == 302
    assert due(cast, cohort) == [day + timedelta(days=7) for day in PLAIN]


def test_what_was_shown_before_is_shown_again_when_it_has_changed(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), HOME + "rotterdam-2026/settings/"
    wish = settings_of(cohort, starts_on="2026-09-14", census_on="2026-09-28")
    agreed = client.post(url, wish).context["agreed"]
    with scope(cast.organization.pk):
        Milestone.objects.filter(position=1).update(is_fixed=True)

    assert client.post(url, {**wish, "agreed": agreed}).status_code == 200
    assert due(cast, cohort) == PLAIN


def test_settings_answer_with_what_to_mend(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(HOME + "rotterdam-2026/settings/", settings_of(cohort, last_level="7"))

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "last_level": ["This version has no level 1 to 7. Choose levels that it has."]
    }


def test_share_of_a_cohort_that_runs_is_changed_after_its_difference_was_shown(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    today = timezone.localdate(timezone=ZoneInfo("Europe/Amsterdam"))
    with scope(cast.organization.pk):
        a_cohort(version=version, status=Cohort.Status.RUNNING, starts_on=today - timedelta(days=42))
        cohort = Cohort.objects.get()
    client, url, before = sign_in(cast.ilse), HOME + "rotterdam-2026/settings/", due(cast, cohort)
    wish = settings_of(cohort, hours_share="50", census_on=cohort.census_on.isoformat())

    preview = client.post(url, wish)

    assert preview.status_code == 200
    assert {row["kind"] for row in preview.context["effects"][0].rows} >= {"moved"}
    assert due(cast, cohort) == before
    assert client.post(url, {**wish, "agreed": preview.context["agreed"]}).status_code == 302
    # Six of twenty weeks are behind: of the other fourteen, half the hours are left.
    assert due(cast, cohort)[-1] == today + timedelta(days=7 * 7 - 1)
    with scope(cast.organization.pk):
        assert Cohort.objects.get().hours_share == Decimal("0.5")


def test_settings_say_beside_the_form_when_it_would_end(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), HOME + "rotterdam-2026/settings/"
    wish = settings_of(cohort, hours_per_week="40", ends_on="2026-12-20", name="Half done")

    live = client.get(url, wish, headers={"HX-Request": "true"}).content.decode()
    page = client.post(url, {**wish, "outlook": "1"})

    for said in (live, page.content.decode()):
        assert "At 40 h a week from 7 Sep 2026, levels 1–2 end on 15 Nov 2026." in said
        assert "levels 1–2 end by 20 Dec 2026 at 26.7 h a week." in said
    assert "<html" not in live
    assert page.status_code == 200
    assert 'value="Half done"' in page.content.decode()
    with scope(cast.organization.pk):
        assert Cohort.objects.get().name == "Rotterdam 2026"


def test_settings_of_a_cohort_that_runs_count_from_today(
    cast: Cast, version: CurriculumVersion, sign_in: SignIn
) -> None:
    today = timezone.localdate(timezone=ZoneInfo("Europe/Amsterdam"))
    with scope(cast.organization.pk):
        cohort = a_cohort(version=version, status=Cohort.Status.RUNNING, starts_on=today - timedelta(days=42))
    wanted = today + timedelta(days=7 * 7 - 1)
    wish = settings_of(cohort, hours_per_week="10", census_on=cohort.census_on.isoformat(), ends_on=wanted.isoformat())

    response = sign_in(cast.ilse).get(HOME + "rotterdam-2026/settings/", wish, headers={"HX-Request": "true"})

    # 280 of 400 hours are ahead: 28 weeks at 10 hours, or 40 hours a week in seven.
    assert response.context["effect"].ends_on == today + timedelta(days=28 * 7 - 1)
    assert response.context["needed"].hours_per_week == 40


# -- breaks ------------------------------------------------------------------------------------------------------------

CHRISTMAS = {"name": "Christmas", "starts_on": "2026-12-21", "ends_on": "2027-01-03"}


def test_break_is_shown_before_it_is_made_and_before_it_is_removed(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), HOME + "rotterdam-2026/breaks/"

    preview = client.post(url, {**CHRISTMAS, "is_for_everyone": "on"})
    assert [effect.summary for effect in preview.context["effects"]] == ["1 moved"]
    assert due(cast, cohort) == PLAIN

    client.post(url, {**CHRISTMAS, "is_for_everyone": "on", "agreed": preview.context["agreed"]})
    assert due(cast, cohort) == [*PLAIN[:3], date(2027, 2, 7)]
    with scope(cast.organization.pk):
        pause = Break.objects.get()
    assert pause.cohort_id is None

    preview = client.post(url, {"remove": pause.pk})
    assert due(cast, cohort)[-1] == date(2027, 2, 7)
    client.post(url, {"remove": pause.pk, "agreed": preview.context["agreed"]})
    assert due(cast, cohort) == PLAIN


def test_break_of_one_cohort_is_its_own(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), HOME + "rotterdam-2026/breaks/"
    agreed = client.post(url, CHRISTMAS).context["agreed"]

    client.post(url, {**CHRISTMAS, "agreed": agreed, "is_for_everyone": "False"})

    with scope(cast.organization.pk):
        assert Break.objects.get().cohort == cohort
    assert "This cohort" in client.get(url).content.decode()


def test_break_answers_with_what_to_mend(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(HOME + "rotterdam-2026/breaks/", {**CHRISTMAS, "ends_on": "2026-12-20"})

    assert response.status_code == 422
    assert response.context["form"].errors == {"ends_on": ["The last day lies before the first. Swap them."]}
