"""Learners ask credit for a project, and staff answer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Membership
from cohorts.chronicle import chronicle_of
from cohorts.credit import take_back
from cohorts.credit_requests import ask_for_credit, credit_view, decline_request, grant_request, withdraw_request
from cohorts.errors import CohortError
from cohorts.history import record_status
from cohorts.models import CreditAnswer, CreditRequest, Enrollment, ProgressEvent
from curriculum.models import Project
from notifications.models import Message
from tests.api import queries_of
from tests.cohorts.studying import TODAY, active, projects_of, running_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
REQUESTS = "/o/lantaarn/credit-requests/"


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    return active(running_cohort(), lantaarn.amira, mentor=lantaarn.joris)


@pytest.fixture
def capstone(amira: Enrollment) -> Project:
    return projects_of(amira.cohort)[0]


@pytest.fixture
def asked(amira: Enrollment, capstone: Project) -> CreditRequest:
    return ask_for_credit(
        enrollment=amira, project=capstone, evidence=" I did <this>.\nhttps://example.org/w ", at=NOON
    )


def refuses(code: str) -> Any:
    return pytest.raises(CohortError, check=lambda error: error.code == code)


def credited() -> list[tuple[Any, ...]]:
    facts = ProgressEvent.objects.filter(kind="credited").order_by("pk")
    return list(facts.values_list("project__title", "effective_on", "evidence", "recorded_by__name"))


def text(response: Any) -> str:
    return unescape(" ".join(response.content.decode().split()))


def test_request_that_is_granted_is_credit_on_its_evidence(
    lantaarn: Cast, amira: Enrollment, capstone: Project, asked: CreditRequest
) -> None:
    with refuses("asked_already"):
        ask_for_credit(enrollment=amira, project=capstone, evidence="Again", at=NOON)
    assert list(CreditRequest.objects.waiting()) == [asked]

    answer = grant_request(request=asked, by=lantaarn.ilse, on=TODAY - DAY, at=NOON)
    assert credited() == [(capstone.title, TODAY - DAY, "I did <this>.\nhttps://example.org/w", "Ilse Brouwer")]
    assert (answer.kind, answer.recorded_at, list(CreditRequest.objects.waiting())) == ("granted", NOON, [])
    assert [(mail.kind, mail.recipient_id, mail.subject_id) for mail in Message.objects.all()] == [
        ("credit_answered", lantaarn.amira.user_id, answer.pk)
    ]
    for again in (grant_again, decline_again, withdraw_again):
        with refuses("request_answered"):
            again(lantaarn, asked)
    with refuses("nothing_to_credit"):
        ask_for_credit(enrollment=amira, project=capstone, evidence="Again", at=NOON)
    take_back(enrollment=amira, parts=[capstone.pk], by=lantaarn.ilse, on=TODAY, at=NOON, reason="A mistake.")
    ask_for_credit(enrollment=amira, project=capstone, evidence="Again", at=NOON + DAY)
    assert CreditRequest.objects.waiting().count() == 1


def grant_again(cast: Cast, asked: CreditRequest) -> None:
    grant_request(request=asked, by=cast.ada, on=TODAY, at=NOON)


def decline_again(cast: Cast, asked: CreditRequest) -> None:
    decline_request(request=asked, by=cast.ada, at=NOON, reason="No.")


def withdraw_again(cast: Cast, asked: CreditRequest) -> None:
    withdraw_request(request=asked, by=cast.amira, at=NOON)


def test_request_that_is_declined_or_taken_back_credits_nothing_and_can_be_made_again(
    lantaarn: Cast, amira: Enrollment, capstone: Project, asked: CreditRequest
) -> None:
    with refuses("reason_needed"):
        decline_request(request=asked, by=lantaarn.ilse, at=NOON, reason=" ")
    decline_request(request=asked, by=lantaarn.ilse, at=NOON + DAY / 2, reason=" Whose work? ")
    again = ask_for_credit(enrollment=amira, project=capstone, evidence="Mine", at=NOON + DAY)
    withdraw_request(request=again, by=lantaarn.amira, at=NOON + 2 * DAY)
    assert list(CreditAnswer.objects.order_by("pk").values_list("kind", "reason")) == [
        ("declined", "Whose work?"), ("withdrawn", ""),
    ]  # fmt: skip
    assert (credited(), Message.objects.count()) == ([], 1)
    seen = credit_view(amira, capstone)
    assert (seen.asked, seen.can_ask, seen.credited) == (again, True, None)
    told = chronicle_of(amira, viewer=lantaarn.ilse, at=NOON + 3 * DAY, kinds=["credit"])
    assert [happening.title.partition(":")[0] for _day, rows in told.days for happening in rows] == [
        "Request for credit taken back", "Asked for credit", "Credit declined", "Asked for credit",
    ]  # fmt: skip


def test_what_nobody_can_ask_or_answer(
    lantaarn: Cast, amira: Enrollment, capstone: Project, asked: CreditRequest
) -> None:
    lantaarn.amira.roles = ["learner", "staff"]
    with refuses("own_request"):
        grant_request(request=asked, by=lantaarn.amira, on=TODAY, at=NOON)
    with refuses("credit_needs_evidence"):
        ask_for_credit(enrollment=amira, project=projects_of(amira.cohort)[1], evidence=" ", at=NOON)
    with pytest.raises(IntegrityError, match="credit_is_declined_for_a_reason"), transaction.atomic():
        CreditAnswer.objects.create(request=asked, kind="declined", recorded_by=lantaarn.ilse, recorded_at=NOON)
    record_status(enrollment=amira, to="on_leave", effective_on=TODAY, by=None, returns_on=TODAY + DAY)
    assert list(CreditRequest.objects.waiting()) == [asked]
    with refuses("enrollment_not_active"):
        grant_request(request=asked, by=lantaarn.ilse, on=TODAY, at=NOON)
    assert asked.answers.count() == 0
    record_status(enrollment=amira, to="withdrawn", effective_on=TODAY, by=None, reason="work")
    assert list(CreditRequest.objects.waiting()) == []


def test_learner_asks_on_the_page_of_a_project_and_staff_answer_from_today(
    cast: Cast, lantaarn: Cast, amira: Enrollment, capstone: Project, sign_in: SignIn
) -> None:
    project, page = f"/o/lantaarn/projects/{capstone.pk}/", f"/o/lantaarn/path/projects/{capstone.pk}/credit/"
    client = sign_in(cast.amira)
    assert f'href="{page}"' in text(client.get(project))
    wrong = client.post(page, {"evidence": "", "link": "javascript:x"})
    assert (wrong.status_code, "Fill in" in text(wrong)) == (422, True)
    assert "Enter a link that starts with https://" in text(wrong)
    sent = client.post(page, {"evidence": "I did <this>.", "link": "https://example.org/w"}, follow=True)
    for words in ("With the staff", "I did <this>.", 'href="https://example.org/w"', "Take the request back"):
        assert words in text(sent)
    assert (client.post(page, {"evidence": "Twice"}).status_code, CreditRequest.objects.count()) == (422, 1)
    assert "With the staff" in text(client.get(project))

    request = CreditRequest.objects.get()
    staff, answer = sign_in(cast.ilse), f"{REQUESTS}{request.pk}/"
    for listed in ("/o/lantaarn/today/", REQUESTS):
        assert f'href="{answer}"' in text(staff.get(listed))
    assert "I did <this>." in text(staff.get(answer))
    for data, words in (
        ({"on": TODAY}, "Grant the credit or decline it."),
        ({"on": TODAY, "answer": "declined", "reason": ""}, "Enter why: the learner reads it"),
        ({"on": TODAY + DAY, "answer": "granted"}, "Choose today or an earlier day."),
    ):
        refused = staff.post(answer, data)
        assert (refused.status_code, words in text(refused)) == (422, True)
    assert staff.post(answer, {"on": TODAY, "answer": "granted"})["Location"] == REQUESTS
    assert "Ilse Brouwer" in text(staff.get(f"{REQUESTS}?show=answered"))
    assert "Nobody waits for an answer" in text(staff.get(REQUESTS))
    again = staff.post(answer, {"on": TODAY, "answer": "declined", "reason": "No"})
    assert (again.status_code, "has been answered" in text(again)) == (422, True)

    client = sign_in(cast.amira)
    assert "Granted" in text(client.get(page))
    assert "Credited" in text(client.get(project))
    assert "Ask for credit</a>" not in text(client.get(project))


def test_learner_takes_their_own_request_back(cast: Cast, asked: CreditRequest, sign_in: SignIn) -> None:
    address = f"/o/lantaarn/path/credit/{asked.pk}/withdraw/"
    assert sign_in(cast.daan).post(address).status_code == 404
    assert "Your request is taken back." in text(sign_in(cast.amira).post(address, follow=True))
    assert sign_in(cast.amira).post(address).status_code == 422


def test_list_takes_the_same_number_of_queries_for_many(
    cast: Cast, amira: Enrollment, asked: CreditRequest, sign_in: SignIn
) -> None:
    client, counts = sign_in(cast.ilse), []
    for rows in (1, 3):
        for _more in range(rows - CreditRequest.objects.count()):
            CreditRequest.objects.create(
                enrollment=amira, project=projects_of(amira.cohort)[1], evidence="Work", asked_at=NOON
            )
        counts.append(queries_of(client, REQUESTS))
    assert counts[0] == counts[1] <= 12
