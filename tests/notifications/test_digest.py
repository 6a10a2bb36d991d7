"""One mail for what waited: once, at the hour chosen, and only what still holds."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from notifications import kinds
from notifications.delivery import SendReport, send_due
from notifications.kinds import Kind
from notifications.models import Message
from notifications.outbox import enqueue
from notifications.preferring import change_preferences, set_email
from notifications.settling import BACKOFF
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mail import MailServer

HOUR = timedelta(hours=1)
untrue: dict[str, str] = {}


def _reason(message: Message, now: datetime) -> str:
    return untrue.get(message.key, "")


def _context(message: Message) -> Mapping[str, Any]:
    return {"action_url": f"/o/lantaarn/{message.key}/", "action_label": "Open", **message.payload}


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    untrue.clear()
    translation.activate("en")
    note = Kind(name="test_note", title="Note", reason_untrue=_reason, context=_context, in_digest=True)
    monkeypatch.setitem(kinds.KINDS, "test_note", note)


@pytest.fixture
def digest_at(cast: Cast) -> datetime:
    """Amira wants these in a digest, the next of which leaves at this instant: the next whole hour but one."""
    at = (NOW + 2 * HOUR).replace(minute=0, second=0, microsecond=0)
    want(cast, at)
    return at


def want(cast: Cast, at: datetime, email: str = "digest") -> None:
    with scope(cast.organization.pk):
        change_preferences(
            person=cast.amira.user,
            emails={"test_note": email},
            silent=[],
            quiet=None,
            digest_hour=at.astimezone(ZoneInfo("Europe/Amsterdam")).hour,
            digest_weekday=None,
            muted_groups=[],
            now=NOW,
        )


def queue(cast: Cast, *keys: str, **options: Any) -> None:
    with scope(cast.organization.pk):
        for key in keys:
            enqueue(kind="test_note", recipient=cast.amira.user, key=key, due_at=NOW, payload={"name": key}, **options)


def send(cast: Cast, now: datetime = NOW) -> SendReport:
    return send_due(organization_id=cast.organization.pk, now=now)


def states(cast: Cast) -> dict[str, tuple[str, str]]:
    with scope(cast.organization.pk):
        return {
            "digest" if message.kind == "digest" else message.key: (message.state, message.reason)
            for message in Message.objects.all()
        }


def test_one_mail_lists_what_waited_and_still_holds(cast: Cast, mail_server: MailServer, digest_at: datetime) -> None:
    queue(cast, "one", "two", "done")
    assert send(cast) == SendReport(postponed=3)
    assert mail_server.messages == []
    untrue["done"] = "It was done meanwhile."
    assert send(cast, digest_at) == SendReport(sent=1)
    (mail,) = mail_server.messages
    text = mail.get_body(("plain",))
    assert text is not None
    assert mail["Subject"] == "2 notifications: A note for one"
    for words in ("A note for one", "http://localhost:8000/o/lantaarn/one/", "A note for two"):
        assert words in text.get_content()
    assert "A note for done" not in text.get_content()
    assert states(cast) == {
        "one": ("sent", ""),
        "two": ("sent", ""),
        "done": ("skipped", "It was done meanwhile."),
        "digest": ("sent", ""),
    }
    assert send(cast, digest_at + 30 * HOUR) == SendReport()


def test_no_digest_leaves_when_nothing_holds(cast: Cast, mail_server: MailServer, digest_at: datetime) -> None:
    queue(cast, "done")
    send(cast)
    untrue["done"] = "It was done meanwhile."
    assert send(cast, digest_at) == SendReport(skipped=1)
    assert mail_server.messages == []


def test_what_would_be_too_late_does_not_wait(cast: Cast, mail_server: MailServer, digest_at: datetime) -> None:
    queue(cast, "soon", expires_at=digest_at)
    assert send(cast) == SendReport(sent=1)
    assert states(cast) == {"soon": ("sent", "")}


def test_changing_ones_mind_frees_what_waits(cast: Cast, mail_server: MailServer, digest_at: datetime) -> None:
    queue(cast, "one")
    send(cast)
    want(cast, digest_at, email="now")
    assert send(cast) == SendReport(sent=1)
    assert send(cast, digest_at) == SendReport(skipped=1)
    assert [mail["Subject"] for mail in mail_server.messages] == ["A note for one"]


def test_switched_off_while_it_waits_it_is_not_in_the_digest(
    cast: Cast, mail_server: MailServer, digest_at: datetime
) -> None:
    queue(cast, "one")
    send(cast)
    with scope(cast.organization.pk):
        assert set_email(person=cast.amira.user, kind="test_note", email="off") == "digest"
    assert send(cast, digest_at) == SendReport(skipped=1)
    assert states(cast)["one"] == ("skipped", "The person switched these mails off.")


def test_digest_that_is_off_carries_nothing(cast: Cast, mail_server: MailServer, digest_at: datetime) -> None:
    queue(cast, "one")
    send(cast)
    with scope(cast.organization.pk):
        set_email(person=cast.amira.user, kind="digest", email="off")
    assert send(cast, digest_at) == SendReport(skipped=1)
    assert states(cast)["one"] == ("skipped", "The person switched these mails off.")


def test_digest_refused_for_now_is_tried_again_with_all_it_carries(
    cast: Cast, mail_server: MailServer, digest_at: datetime
) -> None:
    queue(cast, "one")
    send(cast)
    mail_server.answers = ["451 Try later"]
    assert send(cast, digest_at) == SendReport(postponed=1)
    send(cast, digest_at + HOUR)
    assert [mail["Subject"] for mail in mail_server.messages] == ["1 notification: A note for one"]
    assert states(cast)["one"] == ("sent", "")


def test_digest_given_up_gives_up_what_it_carried(cast: Cast, mail_server: MailServer, digest_at: datetime) -> None:
    queue(cast, "one")
    send(cast)
    mail_server.answers = ["451 Try later"] * 20
    with scope(cast.organization.pk):
        Message.objects.filter(kind="digest").update(attempts=len(BACKOFF))
    send(cast, digest_at)
    assert [state for state, _reason in states(cast).values()] == ["dead", "dead"]


def test_what_waits_for_a_digest_that_never_left_comes_in_the_next(
    cast: Cast, mail_server: MailServer, digest_at: datetime
) -> None:
    queue(cast, "one")
    send(cast)
    after_an_outage = digest_at + timedelta(days=2, hours=1)
    assert send(cast, after_an_outage) == SendReport(skipped=1, postponed=1)
    assert send(cast, digest_at + timedelta(days=3)) == SendReport(sent=1)
    assert [mail["Subject"] for mail in mail_server.messages] == ["1 notification: A note for one"]
