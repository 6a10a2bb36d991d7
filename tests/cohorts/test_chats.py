"""The page about a cohort's chats, and what they hear."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from cohorts.chat_summaries import queue_milestones_ahead, queue_stand_up_summaries
from cohorts.history import activate_enrolled, enroll, record_status
from cohorts.models import Cohort, Enrollment, Milestone, StandUpSwitch, WrittenStandUp
from notifications.chat_formats import body_for
from notifications.chat_news import CHAT_NEWS
from notifications.connecting import MOST_CHATS
from notifications.endpoints import Delivery, Endpoint
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]
SLACK = "https://hooks.slack.com/services/T0/B0/" + "secret" * 3
FORM = {"add": "1", "format": "slack", "name": "#rotterdam", "address": SLACK, "subscribed": ["learner_joined"]}
ALL = ["milestones_ahead", "stand_up_summary", "learner_joined", "level_passed"]


@pytest.fixture
def cohort(cast: Cast) -> Cohort:
    with scope(cast.organization.pk):
        return a_cohort(name="Rotterdam", status=Cohort.Status.RUNNING, starts_on=date(2026, 11, 2))


def chat(cast: Cast, cohort: Cohort, **options: Any) -> Endpoint:
    values = {
        "format": "slack", "name": "#rotterdam", "address": SLACK, "group_id": cohort.pk, "subscribed": ALL,
        "created_at": NOW, "created_by": cast.ilse.user, **options,
    }  # fmt: skip
    return Endpoint.objects.create(**values)


def posts(now: datetime = NOW) -> list[str]:
    """What would leave, each kind of news by itself."""
    found = []
    for name in sorted(set(Delivery.objects.values_list("name", flat=True))):
        rows = [row for row in Delivery.objects.filter(name=name) if not CHAT_NEWS[name].reason_untrue(row, now)]
        if rows:
            found.append(str(body_for("slack", CHAT_NEWS[name].compose(rows))["text"]))
    return found


def test_address_of_a_chat_is_never_shown_again(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    ilse, url = sign_in(cast.ilse), f"/o/lantaarn/cohorts/{cohort.slug}/chats/"
    assert ilse.post(url, FORM).status_code == 302
    page = ilse.get(url).content.decode()
    assert SLACK not in page
    assert "hooks.slack.com/…cret" in page
    with scope(cast.organization.pk):
        one = Endpoint.objects.get()
    assert (one.address, one.group_id, one.subscribed) == (SLACK, cohort.pk, ["learner_joined"])
    for do, more in (("choose", {"subscribed": ALL}), ("test", {}), ("off", {}), ("on", {})):
        assert ilse.post(url, {"chat": one.pk, "do": do, **more}).status_code == 302
    with scope(cast.organization.pk):
        assert (set(Endpoint.objects.get().subscribed), Delivery.objects.get().state) == (set(ALL), "skipped")
    assert ilse.post(url, {"chat": one.pk, "do": "choose", "subscribed": ["x"]}).status_code == 422
    assert ilse.post(url, {"chat": one.pk, "do": "dance"}).status_code == 422
    ilse.post(url, {"chat": one.pk, "do": "remove"})
    with scope(cast.organization.pk):
        assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"address": "https://example.com/services/x"}, "it begins with https://hooks.slack.com/services/"),
        ({"format": "discord"}, "it begins with https://discord.com/api/webhooks/"),
        ({"format": "mattermost", "address": "https://10.0.0.1/hooks/x"}, "Enter an address on the public web"),
        ({"format": "pigeon"}, "Select a valid choice"),
        ({"subscribed": ["risk"]}, "Select a valid choice"),
        ({"subscribed": []}, "Choose at least one thing"),
    ],
)
def test_chat_that_cannot_be_is_refused(
    cast: Cast, cohort: Cohort, sign_in: SignIn, wrong: dict[str, object], sentence: str
) -> None:
    page = sign_in(cast.ilse).post(f"/o/lantaarn/cohorts/{cohort.slug}/chats/", {**FORM, **wrong})
    assert (page.status_code, sentence in page.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("format", "address"),
    [
        ("discord", "https://discord.com/api/webhooks/12/ab-C_d"),
        ("discord", "https://discord.com/api/v10/webhooks/12/ab?thread_id=7"),
        ("mattermost", "https://chat.example/hooks/abc"),
    ],
)
def test_other_chats_are_taken_too(cast: Cast, cohort: Cohort, sign_in: SignIn, format: str, address: str) -> None:
    form = {**FORM, "format": format, "address": address}
    assert sign_in(cast.ilse).post(f"/o/lantaarn/cohorts/{cohort.slug}/chats/", form).status_code == 302
    with scope(cast.organization.pk):
        assert Endpoint.objects.get().address == address


def test_page_asks_the_same_number_of_questions_with_many_chats(cast: Cast, cohort: Cohort, sign_in: SignIn) -> None:
    ilse, url, counts = sign_in(cast.ilse), f"/o/lantaarn/cohorts/{cohort.slug}/chats/", []
    for rows in (1, 3, MOST_CHATS):
        with scope(cast.organization.pk):
            for number in range(rows - Endpoint.objects.count()):
                one = chat(cast, cohort, name=f"#{rows}{number}")
                Delivery.objects.create(endpoint=one, name="test", key="test", occurred_at=NOW, next_attempt_at=NOW)
        ilse.get(url)
        with CaptureQueriesContext(connection) as queries:
            ilse.get(url)
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 12
    assert ilse.post(url, FORM).status_code == 422


def test_new_learners_are_welcomed_once_and_together(cast: Cast, cohort: Cohort) -> None:
    with scope(cast.organization.pk):
        chat(cast, cohort)
        today = NOW.date()
        amira, daan = (
            enroll(cohort=cohort, learner=one, by=cast.ilse, effective_on=today, at=NOW)
            for one in (cast.amira, cast.daan)
        )
        assert posts() == []
        activate_enrolled(cohort=cohort, effective_on=today, by=cast.ilse)
        assert posts() == ["*2 new learners in the cohort*\nAmira Haddad\nDaan Kuiper"]
        daan.refresh_from_db()
        record_status(enrollment=daan, to="withdrawn", effective_on=today, by=cast.ilse, reason="family", at=NOW)
        assert posts() == ["*1 new learner in the cohort*\nAmira Haddad"]
        amira.refresh_from_db()
        record_status(
            enrollment=amira, to="on_leave", effective_on=today, by=None, returns_on=date(2026, 12, 1), at=NOW
        )
        record_status(enrollment=amira, to="active", effective_on=today, by=cast.ilse, at=NOW)
        assert Delivery.objects.count() == 2


def test_milestone_ahead_is_told_when_learners_are_reminded(cast: Cast, cohort: Cohort) -> None:
    with scope(cast.organization.pk):
        chat(cast, cohort)
        row = Milestone.objects.filter(cohort=cohort, enrollment=None).order_by("due_on")[0]
        morning = datetime.combine(row.due_on - timedelta(days=7), time(8), UTC)
        assert queue_milestones_ahead(morning - timedelta(days=1)) == 0
        assert [queue_milestones_ahead(morning + timedelta(hours=hour)) for hour in (0, 1)] == [1, 0]
        [text] = posts(morning)
        assert text.startswith("*Milestones ahead*\n")
        assert row.title in text
        Milestone.objects.filter(pk=row.pk).update(due_on=row.due_on + timedelta(days=1))
        assert posts(morning) == []


def test_stand_ups_are_counted_and_nobody_is_named(cast: Cast, cohort: Cohort) -> None:
    with scope(cast.organization.pk):
        chat(cast, cohort)
        amira, _daan = (
            enroll(cohort=cohort, learner=one, by=None, effective_on=cohort.starts_on, status="active", at=NOW)
            for one in (cast.amira, cast.daan)
        )
        StandUpSwitch.objects.create(cohort=cohort, is_on=True, effective_on=cohort.starts_on, recorded_by=cast.ilse)
        WrittenStandUp.objects.create(
            enrollment=amira, day=NOW.date(), yesterday="Read", today="Write", blocked_by="A key", written_at=NOW,
            changed_at=NOW,
        )  # fmt: skip
        afternoon = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # 17:00 in Amsterdam
        assert queue_stand_up_summaries(afternoon - timedelta(seconds=1)) == 0
        assert [queue_stand_up_summaries(afternoon) for _time in range(2)] == [1, 0]
        assert queue_stand_up_summaries(datetime(2026, 11, 28, 16, 0, tzinfo=UTC)) == 0  # a Saturday
        assert posts(afternoon) == ["*Stand-ups of Monday 23 November*\n1 of 2 learners wrote.\n1 waits for something."]


def test_status_of_an_enrollment_reaches_webhooks(cast: Cast, cohort: Cohort) -> None:
    with scope(cast.organization.pk):
        chat(cast, cohort, format="webhook", group_id=None, subscribed=["enrollment.status_changed"])
        enrollment = enroll(
            cohort=cohort, learner=cast.amira, by=None, effective_on=date(2026, 11, 23), external_id="2611-1", at=NOW
        )
        [delivery] = Delivery.objects.all()
        assert delivery.payload["data"] == {
            "enrollment": str(enrollment.pk),
            "cohort": str(cohort.pk),
            "learner": str(cast.amira.pk),
            "external_id": "2611-1",
            "from": "",
            "to": "enrolled",
            "effective_on": "2026-11-23",
        }
        assert Enrollment.objects.get().status == "enrolled"
