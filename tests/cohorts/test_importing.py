"""The pages of an import: the file, its columns, the difference, the errors to download, and taking it back."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from cohorts.history import enroll
from cohorts.models import Cohort, Enrollment, ImportFile, LearnerImport
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
IMPORT = "/o/lantaarn/cohorts/rotterdam-2026/import/"
IMPORTS = "/o/lantaarn/cohorts/rotterdam-2026/imports/"


@pytest.fixture
def cohort(cast: Cast) -> Cohort:
    with scope(cast.organization.pk):
        return a_cohort(status=Cohort.Status.RUNNING)


def upload(client: Client, text: str, name: str = "learners.csv") -> str:
    """The address of the file's own page."""
    response = client.post(IMPORT, {"file": SimpleUploadedFile(name, text.encode(), "text/csv")})
    assert response.status_code == 302
    return str(response["Location"])


def agree(client: Client, page: str) -> Any:
    return client.post(f"{page}apply/", {"digest": client.get(page).context["plan"].digest}, follow=True)


def test_file_is_shown_first_and_written_when_agreed(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = upload(client, "email,name\nnew@example.org,Nadia el Idrissi\ndaan@lantaarn.example,Daan\n")

    assert "Import 2 rows" in client.get(page).content.decode()
    assert not User.objects.filter(email="new@example.org").exists()

    answer = agree(client, page)
    assert "2 learners enrolled, 1 invited by email." in answer.content.decode()
    with scope(cast.organization.pk):
        assert set(Enrollment.objects.values_list("learner__name", flat=True)) == {"Nadia el Idrissi", "Daan Kuiper"}
    assert client.post(f"{page}apply/", {"digest": ""}).status_code == 404


def test_errors_come_back_as_a_file_that_runs_no_formula(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = upload(client, 'email,name,mentor_email,shoe\nfine@example.org,Fine,,=1+1\nsanne,"=HYPERLINK(""x"")",,+31\n')
    client.post(page, {"column-0": "email", "column-1": "name", "column-2": "mentor_email", "column-3": ""})

    assert "1 row is refused and would be left out." in client.get(page).content.decode()
    response = client.get(f"{page}errors.csv")

    assert response["Content-Disposition"] == 'attachment; filename="rotterdam-2026-errors.csv"'
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert list(csv.reader(io.StringIO(text))) == [
        ["email", "name", "mentor_email", "shoe", "Row", "Error"],
        [
            "sanne", "'=HYPERLINK(\"x\")", "", "'+31", "3",
            "Email: “sanne” is not an email address. "
            "Name: “=” at the beginning would be a formula in a spreadsheet. Remove it.",
        ],
    ]  # fmt: skip


def test_names_in_a_file_are_shown_as_text(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)

    page = client.get(upload(client, "email,name\nx@example.org,<script>alert(1)</script>\n")).content.decode()

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
    response = sign_in(cast.ilse).post(IMPORT, {"file": SimpleUploadedFile("l.csv", text.encode())})

    assert response.status_code == 422
    assert response.context["form"].errors == {"file": [error]}


def test_no_file_is_answered_on_the_page(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(IMPORT, {"go": "1"})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])


def test_file_of_one_cohort_is_not_read_into_another(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        a_cohort(version=cohort.version, name="Other")
    client = sign_in(cast.ilse)
    page = upload(client, "email,name\nnew@example.org,New\n").replace("rotterdam-2026", "other")

    assert (client.get(page).status_code, client.post(f"{page}apply/").status_code) == (404, 404)


def test_the_next_file_replaces_the_one_that_lay_ready(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    first = upload(client, "email,name\na@example.org,A\n")
    upload(client, "email,name\nb@example.org,B\n")

    assert client.get(first).status_code == 404
    with scope(cast.organization.pk):
        assert ImportFile.objects.count() == 1


def test_what_changed_meanwhile_is_shown_instead_of_written(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = upload(client, "email,name,external_id\namira@lantaarn.example,Amira,A-1\n")
    digest = client.get(page).context["plan"].digest
    with scope(cast.organization.pk):
        enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START, external_id="Z")

    response = client.post(f"{page}apply/", {"digest": digest})

    assert response.status_code == 422
    assert "Something changed since you looked: nothing was imported." in response.content.decode()
    assert "<del>Z</del> → " in response.content.decode()
    assert "1 learner changed." in agree(client, page).content.decode()


def test_history_is_shown_in_words(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = upload(
        client, "email,naam,status,ingangsdatum,reden\na@example.org,Anne,Actief,2026-09-07,\n"
        "a@example.org,Anne,Withdrawn,2026-09-21,Health\n",
    )  # fmt: skip

    shown = client.get(page).content.decode()
    assert "Active since 2026-09-07" in shown
    assert "Withdrawn since 2026-09-21" in shown
    assert "1 learner enrolled, 2 statuses recorded." in agree(client, page).content.decode()


def test_rows_come_page_by_page_and_by_what_they_do(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        enroll(cohort=cohort, learner=cast.daan, by=None, effective_on=START)
    client = sign_in(cast.ilse)
    page = upload(client, "email,name\n" + "".join(f"l{n}@example.org,L{n}\n" for n in range(60)) + "nonsense,X\n")

    assert [len(client.get(page, {"page": number}).context["rows"]) for number in (1, 2)] == [50, 11]
    assert [row["step"].number for row in client.get(page, {"show": "refused"}).context["rows"]] == [62]
    assert [row["step"].name for row in client.get(page, {"show": "absent"}).context["rows"]] == ["Daan Kuiper"]
    assert client.get(page, {"show": "x' OR 1", "page": "\x00"}).status_code == 200


def test_import_is_listed_and_taken_back(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    agree(client, upload(client, "email,name\na@example.org,A\nb@example.org,B\n", name="autumn.csv"))
    with scope(cast.organization.pk):
        done = LearnerImport.objects.get()
        Enrollment.objects.filter(learner__name="B").update(mentor=cast.joris)

    # The address of the file leads to what became of it, before and after.
    page = client.get(f"{IMPORT}{done.pk}/", follow=True).content.decode()
    assert "Take back 1 row" in page
    assert "They were changed since." in page
    answer = client.post(f"{IMPORTS}{done.pk}/", follow=True).content.decode()

    assert "1 row taken back. 1 left as they are." in answer
    assert "autumn.csv" in answer
    assert "Taken back by Ilse Brouwer" in answer
    after = client.get(f"{IMPORT}{done.pk}/", follow=True).content.decode()
    assert "Taken back by Ilse Brouwer on" in after
    assert "1 row was left as it was" in after
    assert "Take back 1 row" not in after
    again = client.post(f"{IMPORTS}{done.pk}/")
    assert (again.status_code, "This import was taken back already." in again.content.decode()) == (422, True)


def test_queries_of_the_list_do_not_grow(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(IMPORTS).status_code == 200
        return len(captured)

    agree(client, upload(client, "email,name\na@example.org,A\n"))
    before = queries()
    for name in "bcd":
        agree(client, upload(client, f"email,name\n{name}@example.org,{name}\n"))
    assert queries() == before
