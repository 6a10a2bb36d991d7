import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from cohorts.models import Enrollment
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from outcomes.collecting.check_in_mails import KIND, queue_check_ins
from outcomes.collecting.check_ins import SALT, answer_check_in, token_of, unanswered_check_ins, waiting_check_ins
from outcomes.errors import OutcomeError
from outcomes.models import CheckIn, Placement
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, graduate, record

SignIn = Callable[[Membership | None], Client]
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
GRADUATED = date(2026, 1, 5)
NUMBER = (GRADUATED - date(2024, 1, 1)).days
JOB = {"situation": "1A", "since": "2026-02-01", "employer": "Bol", "job_title": "ML engineer"}


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    with scope(cast.organization.pk):
        found = graduate(a_cohort(name="Rotterdam 2024"), NUMBER, learner=cast.amira)
        Enrollment.objects.filter(pk=found.pk).update(status="graduated", status_since=GRADUATED)
        return Enrollment.objects.get(pk=found.pk)


def link(enrollment: Enrollment, number: int = 90) -> str:
    with scope(UUID(str(enrollment.organization_id))):
        return f"/check-in/{token_of(enrollment, number)}/"


def answered(enrollment: Enrollment, number: int = 90, **values: Any) -> CheckIn:
    now = values.pop("at", None) or timezone.now()
    options = {"situation": "3A", "on": now.date(), **values}
    return answer_check_in(enrollment=enrollment, number=number, at=now, **options)


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=AMSTERDAM)


def test_each_check_in_is_asked_once_on_its_day(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        queued = [
            queue_check_ins(at(GRADUATED + timedelta(days=days), hour))
            for days, hour in ((29, 23), (30, 8), (30, 9), (31, 9), (90, 9), (180, 9), (180, 10))
        ]
        keys = [message.payload["number"] for message in Message.objects.filter(kind=KIND).order_by("due_at")]

    assert queued == [0, 0, 1, 0, 1, 1, 0]
    assert keys == [30, 90, 180]


def test_mail_holds_until_they_answer_or_graduation_is_taken_back(cast: Cast, amira: Enrollment) -> None:
    kind, now = KINDS[KIND], at(GRADUATED + timedelta(days=90))
    with scope(cast.organization.pk):
        queue_check_ins(now)
        message = Message.objects.get(kind=KIND)
        path = kind.context(message)["action_url"]
        assert kind.reason_untrue(message, now) == ""
        answered(amira)
        assert kind.reason_untrue(message, now) == "They have answered already."
        record(amira, "active", NUMBER + 95)
        assert kind.reason_untrue(message, now) == "The graduation was taken back."
    assert re.fullmatch(r"/check-in/[\w:-]+/", path)


def test_graduate_answers_without_signing_in_and_corrects_it(cast: Cast, amira: Enrollment, client: Client) -> None:
    path = link(amira)
    first = client.post(path, JOB)
    page = client.get(path)
    client.post(path, {**JOB, "employer": "Coolblue"})

    assert (first.status_code, first.headers["Location"]) == (302, path)
    assert "Thank you. Your answer is in." in page.content.decode()
    assert 'value="Bol"' in page.content.decode()
    with scope(cast.organization.pk):
        rows = CheckIn.objects.order_by("answered_at").values_list("number", "situation", "since", "employer")
        assert list(rows) == [(90, "1A", date(2026, 2, 1), "Bol"), (90, "1A", date(2026, 2, 1), "Coolblue")]
        assert [row.employer for row in waiting_check_ins()] == ["Coolblue"]


def test_page_speaks_the_graduates_language(cast: Cast, amira: Enrollment, client: Client) -> None:
    cast.amira.user.language = "nl"
    cast.amira.user.save()

    refused = client.post(link(amira), {"situation": "1A"}).content.decode()
    assert "Hoe gaat het, Amira Haddad?" in refused
    assert "Noem je werkgever en je functie." in refused


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"situation": ""}, "situation", "required"),
        ({"situation": "1C"}, "situation", "Select a valid choice"),
        ({"employer": ""}, "employer", "Name your employer and your role."),
        ({"since": ""}, "since", "Say since when."),
        ({"since": "2999-01-01"}, "since", "not in the future"),
        ({"since": "1900-01-01"}, "since", "Enter a day from 2000 on."),
        ({"since": "yesterday"}, "since", "Enter a day as year, month and day"),
    ],
)
def test_bad_answer_says_how_to_fix_it(
    cast: Cast, amira: Enrollment, client: Client, data: dict[str, str], field: str, message: str
) -> None:
    refused = client.post(link(amira), {**JOB, **data})

    assert refused.status_code == 422
    assert message in " ".join(refused.context["form"].errors[field])
    with scope(cast.organization.pk):
        assert not CheckIn.objects.exists()


def test_link_that_is_not_ours_or_no_longer_holds_is_closed(cast: Cast, amira: Enrollment, client: Client) -> None:
    token = link(amira).split("/")[2]
    foreign = signing.dumps([cast.elsewhere.pk.hex, amira.pk.hex, 90], salt=SALT)
    nowhere = signing.dumps([amira.pk.hex, amira.pk.hex, 90], salt=SALT)
    paths = [f"/check-in/{each}/" for each in (token[:-1] + ("a" if token[-1] != "a" else "b"), foreign, nowhere, "x")]
    closed = [client.get(path).status_code for path in paths]
    with scope(cast.organization.pk):
        record(amira, "active", NUMBER + 95)

    assert closed == [404] * 4
    answer = client.get(link(amira))
    assert answer.status_code == 404
    assert "This link does not work any more" in answer.content.decode()


def test_link_ends_after_three_months(amira: Enrollment, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    path = link(amira)
    monkeypatch.setattr("outcomes.collecting.check_ins.LINK_LASTS", timedelta(seconds=-1))

    assert client.get(path).status_code == 404


def test_staff_record_what_was_answered(cast: Cast, amira: Enrollment, client: Client, sign_in: SignIn) -> None:
    client.post(link(amira), JOB)
    page = sign_in(cast.ilse).get("/o/lantaarn/success/check-ins/")
    [row] = page.context["page"]
    url = f"/o/lantaarn/learners/{amira.pk}/placement/"
    form = sign_in(cast.ilse).get(f"{url}?check_in={row.pk}").context["form"]
    data = {name: str(value) for name, value in form.initial.items()}
    recorded = sign_in(cast.ilse).post(f"{url}?check_in={row.pk}", {**data, "is_relevant": "on"})

    assert (form.initial["employer"], form.initial["effective_on"], form.initial["evidence"]) == (
        "Bol", date(2026, 2, 1), "statement",
    )  # fmt: skip
    assert recorded.status_code == 302
    with scope(cast.organization.pk):
        assert Placement.objects.get().employer == "Bol"
        assert not waiting_check_ins().exists()
    assert "To record" in page.content.decode()
    for nonsense in ("x", str(amira.pk)):
        assert sign_in(cast.ilse).get(f"{url}?check_in={nonsense}").context["form"].initial == {}


def test_who_did_not_answer_is_told(cast: Cast, amira: Enrollment) -> None:
    def told(days: int) -> list[tuple[str, int]]:
        rows = unanswered_check_ins(on=GRADUATED + timedelta(days=days))
        return [(row.learner.name, row.number) for row in rows]

    with scope(cast.organization.pk):
        before = [told(days) for days in (36, 37, 97, 187, 366)]
        answered(amira, 90)
        after = [told(days) for days in (97, 187)]
        Placement.objects.create(enrollment=amira, status="3A", effective_on=GRADUATED)

        assert before == [[], [("Amira Haddad", 30)], [("Amira Haddad", 90)], [("Amira Haddad", 180)], []]
        assert after == [[], [("Amira Haddad", 180)]]
        assert told(187) == []  # recorded since


@pytest.mark.parametrize(
    ("values", "code"),
    [({"situation": "1D"}, "since_missing"), ({"situation": "2B", "since": GRADUATED}, "employer_missing")],
)
def test_what_an_answer_needs(cast: Cast, amira: Enrollment, values: dict[str, Any], code: str) -> None:
    with scope(cast.organization.pk), pytest.raises(OutcomeError) as refused:
        answered(amira, **values)

    assert refused.value.code == code


@pytest.mark.parametrize("show", ["", "unanswered"])
def test_queries_of_the_list_do_not_grow(cast: Cast, sign_in: SignIn, show: str) -> None:
    client, counts, today = sign_in(cast.ilse), [], timezone.localdate()
    for more in (1, 2):
        with scope(cast.organization.pk):
            for _ in range(more):
                found = graduate(a_cohort())
                Enrollment.objects.filter(pk=found.pk).update(
                    status="graduated", status_since=today - timedelta(days=200)
                )
                if not show:
                    answered(found)
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/o/lantaarn/success/check-ins/", {"show": show})
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    assert len(page.context["page"]) == 3
    assert counts[0] == counts[1] <= 12
