from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Membership, User
from cohorts.history import enroll
from cohorts.models import Cohort, Enrollment
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
IMPORT = "/o/lantaarn/cohorts/rotterdam-2026/import/"


@pytest.fixture
def cohort(cast: Cast) -> Cohort:
    with scope(cast.organization.pk):
        return a_cohort(status=Cohort.Status.RUNNING)


@pytest.fixture
def enrollment(cast: Cast, cohort: Cohort) -> Enrollment:
    with scope(cast.organization.pk):
        return enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START, status="active")


def page_of(enrollment: Enrollment, page: str = "") -> str:
    return f"/o/lantaarn/learners/{enrollment.pk}/{page}"


def csv(text: str) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("learners.csv", text.encode(), "text/csv")}


# -- who may -----------------------------------------------------------------------------------------------------------


def test_enrolling_is_for_staff(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    pages = [IMPORT, page_of(enrollment, "status/"), page_of(enrollment, "mentor/")]

    answers = {
        name: [sign_in(getattr(cast, name)).get(page).status_code for page in pages]
        for name in ("ilse", "ada", "joris", "amira", "otto")
    }

    assert answers == {"ilse": [200] * 3, "ada": [200] * 3, "joris": [403] * 3, "amira": [403] * 3, "otto": [404] * 3}


# -- importing ---------------------------------------------------------------------------------------------------------


def test_file_is_shown_first_and_written_when_agreed(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)

    preview = client.post(IMPORT, csv("email,name\nnew@example.org,Nadia el Idrissi\ndaan@lantaarn.example,Daan\n"))

    assert preview.status_code == 200
    assert "Add 2 learners" in preview.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()

    response = client.post(IMPORT, {"token": preview.context["token"]}, follow=True)

    assert "2 learners enrolled, 1 invited by email." in response.content.decode()
    with scope(cast.organization.pk):
        assert set(Enrollment.objects.values_list("learner__name", flat=True)) == {"Nadia el Idrissi", "Daan Kuiper"}
    again = client.post(IMPORT, {"token": preview.context["token"]})
    assert (again.status_code, "no longer current" in again.content.decode()) == (422, True)


def test_file_with_errors_is_answered_by_row_and_cannot_be_written(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)

    response = client.post(
        IMPORT,
        csv("email,name,mentor_email\nfine@example.org,Fine,\nsanne,Sanne,\nx@example.org,X,amira@lantaarn.example\n"),
    )

    assert response.status_code == 422
    assert [(error.number, error.column) for error in response.context["errors"]] == [(3, "email"), (4, "mentor_email")]
    assert "token" not in response.context
    assert client.post(IMPORT, {"token": ""}).status_code == 422
    assert not User.objects.filter(email="fine@example.org").exists()


def test_names_in_a_file_are_shown_as_text(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    page = (
        sign_in(cast.ilse).post(IMPORT, csv("email,name\nx@example.org,<script>alert(1)</script>\n")).content.decode()
    )

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "The file is empty. It needs a header and one row per learner."),
        ("email,name\n", "The file has a header and no learners. Add a row for each."),
    ],
)
def test_file_that_cannot_be_read_is_answered_on_the_page(
    cast: Cast, cohort: Cohort, sign_in: SignIn, text: str, error: str
) -> None:
    response = sign_in(cast.ilse).post(IMPORT, csv(text))

    assert response.status_code == 422
    assert response.context["form"].errors == {"file": [error]}


def test_no_file_is_answered_on_the_page(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(IMPORT, {"go": "1"})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])


def test_file_of_learners_who_are_all_there_writes_nothing(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(IMPORT, csv("email,name\namira@lantaarn.example,Amira\n"))

    assert response.status_code == 200
    assert "Everyone in this file is in the cohort already" in response.content.decode()


def test_preview_of_one_cohort_is_not_written_to_another(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        a_cohort(version=cohort.version, name="Other")
    client = sign_in(cast.ilse)
    token = client.post(IMPORT, csv("email,name\nnew@example.org,New\n")).context["token"]

    assert client.post("/o/lantaarn/cohorts/other/import/", {"token": token}).status_code == 422
    with scope(cast.organization.pk):
        assert not Enrollment.objects.exists()


# -- status and mentor -------------------------------------------------------------------------------------------------


def test_status_is_recorded_with_what_it_needs(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), page_of(enrollment, "status/")
    leave = {"to": "on_leave", "effective_on": "2026-10-01", "returns_on": "", "reason": "", "note": ""}

    refused = client.post(url, leave)
    assert refused.status_code == 422
    assert refused.context["form"].errors == {"returns_on": ["Enter the day on which the learner plans to return."]}

    assert client.post(url, {**leave, "returns_on": "2026-11-01"}).status_code == 302
    with scope(cast.organization.pk):
        event = enrollment.events.get(to_status="on_leave")
    assert (event.effective_on, event.returns_on, event.recorded_by_id) == (
        date(2026, 10, 1), date(2026, 11, 1), cast.ilse.pk,
    )  # fmt: skip


def test_statuses_that_follow_are_offered_and_graduation_is_not(
    cast: Cast, enrollment: Enrollment, sign_in: SignIn
) -> None:
    form = sign_in(cast.ilse).get(page_of(enrollment, "status/")).context["form"]

    assert [value for value, _label in form.fields["to"].choices] == [
        "on_leave", "withdrawn", "dismissed", "transferred",
    ]  # fmt: skip


def test_transfer_leads_to_the_other_cohort(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        other = a_cohort(version=enrollment.cohort.version, name="Other")
    client, url = sign_in(cast.ilse), page_of(enrollment, "status/")
    wish = {"to": "transferred", "effective_on": "2026-10-01"}

    assert list(client.post(url, wish).context["form"].errors) == ["cohort"]
    preview = client.post(url, {**wish, "cohort": other.pk})
    assert (preview.status_code, preview.context["transfer"].cohort) == (200, other)
    response = client.post(url, {**wish, "cohort": other.pk, "step": "agree"})

    with scope(cast.organization.pk):
        there = other.enrollments.get()
        assert (there.continues, there.status) == (enrollment, "active")
    assert response["Location"] == page_of(there)


def test_history_that_is_complete_offers_nothing(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        Enrollment.objects.update(status="graduated")

    assert "This history is complete" in sign_in(cast.ilse).get(page_of(enrollment, "status/")).content.decode()


def test_mentor_is_assigned_and_taken_away(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), page_of(enrollment, "mentor/")

    answers = [client.post(url, {"mentor": pk}).status_code for pk in (cast.joris.pk, cast.amira.pk)]
    with scope(cast.organization.pk):
        assert (answers, Enrollment.objects.get().mentor) == ([302, 422], cast.joris)

    client.post(url, {"mentor": ""})
    with scope(cast.organization.pk):
        assert Enrollment.objects.get().mentor is None
