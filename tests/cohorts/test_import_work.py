"""Files that are too long for a request: a worker checks and imports them, and the pages say so meanwhile."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Membership, User
from cohorts.history import enroll
from cohorts.import_work import MOST_TRIES, ask_again, take_up
from cohorts.models import Cohort, Enrollment, ImportFile, LearnerImport
from cohorts.tasks import work_on_import
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast
from tests.faults import Celery
from tests.mail import MailServer
from tests.worker import await_idle

SignIn = Callable[[Membership | None], Client]
IMPORT = "/o/lantaarn/cohorts/rotterdam-2026/import/"
IMPORTS = "/o/lantaarn/cohorts/rotterdam-2026/imports/"
LONG = "email,name\n" + "".join(f"l{number}@example.org,Learner {number}\n" for number in range(3))
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of three rows is a long one."""
    monkeypatch.setattr("cohorts.import_work.MOST_AT_ONCE", 2)


@pytest.fixture
def cohort(cast: Cast) -> Cohort:
    with scope(cast.organization.pk):
        return a_cohort(status=Cohort.Status.RUNNING)


def upload(client: Client, text: str = LONG) -> str:
    response = client.post(IMPORT, {"file": SimpleUploadedFile("autumn.csv", text.encode(), "text/csv")})
    assert response.status_code == 302
    return str(response["Location"])


def work(cast: Cast, page: str) -> None:
    work_on_import(str(cast.organization.pk), page.rstrip("/").rpartition("/")[2])


def text(client: Client, page: str) -> str:
    return " ".join(client.get(page).content.decode().split())


def agree(client: Client, page: str) -> str:
    """Press the button under the difference; the address it leads to."""
    answer = client.post(f"{page}apply/", {"digest": client.get(page).context["plan"].digest})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_a_long_file_is_checked_and_imported_by_a_worker(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = upload(client)
    assert "The file is being checked" in text(client, page)
    assert "autumn.csv has 3 rows. Nothing is written yet" in text(client, page)
    assert client.get(f"{page}?waited=1", headers=HTMX).status_code == 204

    work(cast, page)
    assert client.get(f"{page}?waited=1", headers=HTMX)["HX-Redirect"] == page
    assert "Import 3 rows" in text(client, f"{page}?waited=1")

    digest = client.get(page).context["plan"].digest
    assert agree(client, page) == page
    assert client.post(f"{page}apply/", {"digest": digest})["Location"] == page  # pressed twice
    assert "All that was shown is imported, or nothing." in text(client, page)
    assert f'<a href="{page}">autumn.csv</a> is being imported.' in text(client, IMPORTS)
    upload(client, "email,name\nother@example.org,Another file\n")  # leaves the one that is being imported alone
    for _twice in range(2):
        work(cast, page)

    with scope(cast.organization.pk):
        assert (Enrollment.objects.count(), LearnerImport.objects.count()) == (3, 1)
    assert client.get(f"{page}?waited=1", headers=HTMX)["HX-Redirect"] == IMPORTS
    assert "3 rows of autumn.csv are imported." in text(client, IMPORTS)
    assert client.get(f"{page}?waited=1")["Location"] == IMPORTS
    assert client.get(page)["Location"] == f"{IMPORTS}{page.rstrip('/').rpartition('/')[2]}/"


def test_what_changed_before_the_worker_came_is_told_in_the_language_of_who_asked(
    cast: Cast, cohort: Cohort, sign_in: SignIn
) -> None:
    User.objects.filter(pk=cast.ilse.user_id).update(language="nl")
    client = sign_in(cast.ilse)
    page = upload(client, f"{LONG}amira@lantaarn.example,Amira\n")
    work(cast, page)
    agree(client, page)
    with scope(cast.organization.pk):
        enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START)

    work(cast, page)

    assert "Er is iets veranderd sinds je keek: er is niets geïmporteerd." in text(client, page)
    with scope(cast.organization.pk):
        assert Enrollment.objects.count() == 1
    late = client.post(f"{page}apply/", {"digest": "of another difference"})
    assert (late.status_code, "Er is iets veranderd" in late.content.decode()) == (422, True)
    agree(client, page)
    work(cast, page)
    with scope(cast.organization.pk):
        assert Enrollment.objects.count() == 4


def test_columns_of_a_long_file_are_chosen_before_it_is_checked(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = upload(client, LONG.replace("email,name", "adres,wie"))
    assert "What the columns are" in text(client, page)
    wrong = client.post(page, {"column-0": "name", "column-1": "name"})
    assert wrong.status_code == 422
    client.post(page, {"column-0": "email", "column-1": "name"})
    assert "The file is being checked" in text(client, page)
    work(cast, page)
    assert "Import 3 rows" in text(client, page)


def test_what_ends_every_worker_is_given_up_and_said(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    page = upload(client)
    work(cast, page)
    agree(client, page)
    with scope(cast.organization.pk):
        file = ImportFile.objects.get()
        assert [take_up(file.pk) is not None for _try in range(MOST_TRIES)] == [True] * MOST_TRIES

    work(cast, page)

    assert "This failed several times, and nothing was imported." in text(client, page)
    with scope(cast.organization.pk):
        assert not Enrollment.objects.exists()
    agree(client, page)
    work(cast, page)
    with scope(cast.organization.pk):
        assert Enrollment.objects.count() == 3


def test_who_looks_asks_again_when_nobody_is_at_it(
    cast: Cast, cohort: Cohort, sign_in: SignIn, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload(sign_in(cast.ilse))
    with scope(cast.organization.pk):
        file = ImportFile.objects.get()
        now = timezone.now()
        with django_capture_on_commit_callbacks() as asked:
            tries = [ask_again(file, at=now + timedelta(seconds=after)) for after in (5, 31, 32, 90)]
    assert (tries, len(asked)) == ([False, True, False, True], 2)


def test_a_worker_that_is_killed_leaves_nothing_half_done_and_the_next_one_does_it(
    transactional_db: None, cast: Cast, cohort: Cohort, sign_in: SignIn, mail_server: MailServer, tmp_path: Path
) -> None:  # fmt: skip
    cache.clear()
    worker = Celery("worker", "--concurrency", "1", "--loglevel", "WARNING", log=tmp_path / "worker.log")
    worker.start()
    try:
        client = sign_in(cast.ilse)
        page = upload(client)
        await_idle()
        login = {key: settings.OWNER_DATABASE[key.upper()] for key in ("user", "password")}
        with psycopg.connect(**{**connection.get_connection_params(), **login}) as somebody:
            somebody.execute("SELECT FROM cohorts_cohort WHERE id = %s FOR UPDATE", [cohort.pk])
            agree(client, page)
            await_blocked_by(somebody)  # the worker waits for the cohort, in the middle of its transaction
            worker.kill()
        with scope(cast.organization.pk):
            assert (Enrollment.objects.count(), LearnerImport.objects.count()) == (0, 0)
            assert ImportFile.objects.get().work == "import"
            ImportFile.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
        worker.start()
        assert "The file is being imported" in text(client, page)
        await_idle()
        with scope(cast.organization.pk):
            assert (Enrollment.objects.count(), LearnerImport.objects.count()) == (3, 1)
        assert len(mail_server.await_messages(3)) == 3
    finally:
        worker.kill()
        cache.clear()


def await_blocked_by(somebody: psycopg.Connection, seconds: float = 60) -> None:
    """Wait until a process waits for a lock that this connection holds."""
    until = time.monotonic() + seconds
    blocked = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    while somebody.execute(blocked).fetchone() is None:
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.1)
