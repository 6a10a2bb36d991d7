"""What people want holds at the moment a message would leave: kinds, quiet hours, muted cohorts, and their list."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from notifications import kinds
from notifications.delivery import SendReport, send_due
from notifications.kinds import Kind, Urgency
from notifications.models import Message
from notifications.notices import read_all
from notifications.outbox import enqueue
from notifications.preferring import change_preferences, end_of_quiet, next_digest, preferences_of, set_email
from notifications.records import Notice
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mail import MailServer

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
COHORT = uuid4()
NOTHING: Mapping[str, Any] = {
    "emails": {}, "silent": [], "quiet": None, "digest_hour": 17, "digest_weekday": None, "muted_groups": [],
}  # fmt: skip
WHOLE_DAY_BUT_AN_HOUR = (time(9), time(8))


def _context(message: Message) -> Mapping[str, Any]:
    if message.payload.get("name") == "clock":
        return {"name": timezone.localtime(NOW).strftime("%H:%M")}
    return {"action_url": "/o/lantaarn/path/", "action_label": "Open", **message.payload}


def _group(message: Message) -> UUID | None:
    return COHORT


@pytest.fixture(autouse=True)
def make_kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def make(**options: Any) -> None:
        kind = Kind(name="test_note", title="Note", reason_untrue=lambda *_args: "", context=_context, **options)
        monkeypatch.setitem(kinds.KINDS, "test_note", kind)

    translation.activate("en")
    make(in_digest=True, group=_group)
    return make


def want(cast: Cast, **wishes: Any) -> None:
    with scope(cast.organization.pk):
        change_preferences(person=cast.amira.user, now=NOW, **{**NOTHING, **wishes})


def queue(cast: Cast, key: str = "a", **options: Any) -> None:
    with scope(cast.organization.pk):
        enqueue(kind="test_note", recipient=cast.amira.user, key=key, due_at=NOW, payload={"name": key}, **options)


def send(cast: Cast, now: datetime = NOW) -> SendReport:
    return send_due(organization_id=cast.organization.pk, now=now)


def state(cast: Cast, key: str = "a") -> tuple[str, str]:
    with scope(cast.organization.pk):
        message = Message.objects.get(key=key)
        return message.state, message.reason


def notices(cast: Cast) -> list[tuple[str, str, bool]]:
    with scope(cast.organization.pk):
        rows = Notice.objects.filter(person=cast.amira.user).newest_first()
        return [(row.title, row.path, row.read_at is None) for row in rows]


def test_message_enters_the_list_and_leaves_by_mail(cast: Cast, mail_server: MailServer) -> None:
    queue(cast)
    assert send(cast) == SendReport(sent=1)
    assert notices(cast) == [("A note for a", "/o/lantaarn/path/", True)]
    assert len(mail_server.messages) == 1


def test_list_tells_the_time_on_the_recipients_clock(cast: Cast, mail_server: MailServer) -> None:
    User.objects.filter(pk=cast.amira.user_id).update(time_zone="Asia/Kathmandu")
    queue(cast, "clock")
    send(cast)
    at = NOW.astimezone(ZoneInfo("Asia/Kathmandu")).strftime("%H:%M")
    assert notices(cast) == [(f"A note for {at}", "", True)]


def test_mail_switched_off_between_queue_and_send_does_not_leave_but_enters_the_list(
    cast: Cast, mail_server: MailServer
) -> None:
    queue(cast)
    want(cast, emails={"test_note": "off"})
    assert send(cast) == SendReport(skipped=1)
    assert state(cast) == ("skipped", "The person switched these mails off.")
    assert len(notices(cast)) == 1
    assert mail_server.messages == []


def test_kind_kept_out_of_the_list_comes_by_mail_alone(cast: Cast, mail_server: MailServer) -> None:
    want(cast, silent=["test_note"])
    queue(cast)
    assert send(cast) == SendReport(sent=1)
    assert notices(cast) == []


def test_nobody_switches_off_what_is_mandatory(
    cast: Cast, mail_server: MailServer, make_kind: Callable[..., None]
) -> None:
    want(cast, emails={"test_note": "off"}, silent=["test_note"], muted_groups=[COHORT], quiet=WHOLE_DAY_BUT_AN_HOUR)
    make_kind(mandatory=True, group=_group)
    with scope(cast.organization.pk):
        set_email(person=cast.amira.user, kind="test_note", email="off")
    queue(cast)
    assert send(cast) == SendReport(sent=1)
    (mail,) = mail_server.messages
    assert mail["List-Unsubscribe"] is None


def test_muted_cohort_is_silent_on_every_channel_and_others_are_not(cast: Cast, mail_server: MailServer) -> None:
    want(cast, muted_groups=[COHORT])
    queue(cast)
    assert send(cast) == SendReport(skipped=1)
    assert state(cast) == ("skipped", "The person muted this cohort.")
    assert notices(cast) == []
    want(cast, muted_groups=[uuid4()])
    queue(cast, "b")
    assert send(cast) == SendReport(sent=1)


def test_what_one_organization_is_told_holds_there_alone(cast: Cast, mail_server: MailServer) -> None:
    with scope(cast.elsewhere.pk):
        change_preferences(person=cast.amira.user, now=NOW, **{**NOTHING, "emails": {"test_note": "off"}})
    queue(cast)
    assert send(cast) == SendReport(sent=1)


def test_mail_waits_for_the_end_of_quiet_hours_in_the_recipients_zone(cast: Cast, mail_server: MailServer) -> None:
    User.objects.filter(pk=cast.amira.user_id).update(time_zone="America/New_York")
    local = NOW.astimezone(ZoneInfo("America/New_York"))
    end = (local + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    want(cast, quiet=((local - timedelta(hours=2)).time(), end.time()))
    queue(cast)
    assert send(cast) == SendReport(postponed=1)
    assert len(notices(cast)) == 1  # nothing rings: the list need not wait
    assert send(cast, end - timedelta(seconds=1)) == SendReport()
    assert send(cast, end) == SendReport(sent=1)
    assert len(notices(cast)) == 1
    with scope(cast.organization.pk):
        assert Message.objects.get().attempts == 1


def test_what_cannot_wait_passes_quiet_hours_when_its_kind_is_urgent(
    cast: Cast, mail_server: MailServer, make_kind: Callable[..., None]
) -> None:
    local = NOW.astimezone(AMSTERDAM)
    end = local + timedelta(hours=3)
    want(cast, quiet=((local - timedelta(hours=2)).time(), end.time()))
    queue(cast, "soon", expires_at=end + timedelta(hours=2))
    assert send(cast) == SendReport(postponed=1)
    with scope(cast.organization.pk):
        Message.objects.update(next_attempt_at=NOW)
    make_kind(urgency=Urgency.BREAKS_QUIET)
    queue(cast, "later", expires_at=end + timedelta(hours=2, seconds=1))
    assert send(cast) == SendReport(sent=1, postponed=1)
    assert (state(cast, "soon")[0], state(cast, "later")[0]) == ("sent", "pending")


def test_everything_is_read_at_once_and_in_this_organization(cast: Cast, mail_server: MailServer) -> None:
    queue(cast)
    queue(cast, "b")
    send(cast)
    with scope(cast.organization.pk):
        assert (read_all(person=cast.amira.user, at=NOW), read_all(person=cast.amira.user, at=NOW)) == (2, 0)
        assert read_all(person=cast.daan.user, at=NOW) == 0
    assert [unread for _title, _path, unread in notices(cast)] == [False, False]


def test_unread_are_counted_by_their_index(lantaarn: Cast) -> None:
    rows = [
        Message(kind="test_note", key=str(number), recipient=lantaarn.amira.user, due_at=NOW, next_attempt_at=NOW)
        for number in range(500)
    ]
    Message.objects.bulk_create(rows)
    Notice.objects.bulk_create(
        Notice(person=row.recipient, message=row, kind=row.kind, titles={"en": "A note"}, posted_at=NOW, read_at=NOW)
        for row in rows
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Notice.objects.unread().filter(person=lantaarn.amira.user).explain()
    assert "notice_unread" in plan


def test_preferences_are_the_defaults_for_whoever_never_said_any(lantaarn: Cast) -> None:
    preferences = preferences_of(lantaarn.amira.user)
    assert (preferences.email("test_note"), preferences.silent, preferences.quiet_from) == ("now", [], None)
    assert preferences._state.adding


def test_kind_waits_in_no_digest_that_is_switched_off(lantaarn: Cast) -> None:
    person = lantaarn.amira.user
    change_preferences(person=person, now=NOW, **{**NOTHING, "emails": {"test_note": "digest"}})
    assert set_email(person=person, kind="digest", email="off") == "now"
    assert preferences_of(person).email("test_note") == "off"
    set_email(person=person, kind="digest", email="now")
    assert preferences_of(person).email("test_note") == "digest"


clock_times = st.integers(0, 24 * 60 - 1).map(lambda minutes: time(minutes // 60, minutes % 60))
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: MIDNIGHT + timedelta(minutes=minutes))
zones = st.sampled_from(["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(instants, zones, clock_times, clock_times)
def test_quiet_hours_end_later_and_within_a_day(at: datetime, zone: str, start: time, end: time) -> None:
    local = at.astimezone(ZoneInfo(zone))
    until = end_of_quiet(local, start=start, end=end)
    if until is not None:
        assert timedelta(0) < until.astimezone(UTC) - at <= timedelta(hours=26)
        assert until.time() == end
    elif start != end:
        assert (start <= local.time() < end) is False


@given(instants, zones, st.integers(0, 23), st.sampled_from([None, *range(7)]))
def test_digest_comes_at_its_hour_within_a_day_or_a_week(
    at: datetime, zone: str, hour: int, weekday: int | None
) -> None:
    found = next_digest(at.astimezone(ZoneInfo(zone)), hour=hour, weekday=weekday)
    wait = found.astimezone(UTC) - at
    assert timedelta(0) < wait <= timedelta(days=1 if weekday is None else 7, hours=2)
    assert (found.hour, weekday in (None, found.weekday())) == (hour, True)


def test_a_list_is_read_in_the_language_in_force() -> None:
    notice = Notice(titles={"en": "A note", "nl": "Een bericht"})
    titles = []
    for language in ("nl", "en"):
        with translation.override(language):
            titles.append(notice.title)
    assert [*titles, Notice(titles={"en": "A note"}).title] == ["Een bericht", "A note", "A note"]
