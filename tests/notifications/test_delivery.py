"""What the outbox promises, shown at a real mail server."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from notifications import kinds
from notifications.delivery import SendReport, send_due
from notifications.kinds import Kind
from notifications.models import Message
from notifications.outbox import enqueue
from notifications.settling import BACKOFF
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mail import MailServer

untrue: dict[str, str] = {}


def _reason(message: Message, now: datetime) -> str:
    return untrue.get(message.key, "")


def _context(message: Message) -> Mapping[str, Any]:
    path = "/invitations/x/"
    return {"action_url": path, "action_label": "Open", **message.payload}


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    untrue.clear()
    note = Kind(name="test_note", title="Note", reason_untrue=_reason, context=_context)
    monkeypatch.setitem(kinds.KINDS, "test_note", note)


def queue(cast: Cast, key: str, **options: Any) -> bool:
    with scope(cast.organization.pk):
        return enqueue(
            kind="test_note", recipient=cast.amira.user, key=key, due_at=NOW, payload={"name": "Amira"}, **options
        )


def send(cast: Cast, now: datetime = NOW) -> SendReport:
    return send_due(organization_id=cast.organization.pk, now=now)


def states(cast: Cast) -> dict[str, tuple[str, int, str]]:
    with scope(cast.organization.pk):
        return {m.key: (m.state, m.attempts, m.reason) for m in Message.objects.all()}


def test_message_leaves_once_however_often_it_is_queued_and_sent(cast: Cast, mail_server: MailServer) -> None:
    assert (queue(cast, "a"), queue(cast, "a"), queue(cast, "b")) == (True, False, True)
    assert (send(cast), send(cast)) == (SendReport(sent=2), SendReport())
    assert [m["To"] for m in mail_server.messages] == ["amira@lantaarn.example"] * 2


def test_message_is_not_sent_before_it_is_due(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "a")
    assert send(cast, NOW - timedelta(seconds=1)) == SendReport()
    assert mail_server.messages == []


def test_what_became_untrue_or_too_late_is_skipped_with_the_reason(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "done")
    queue(cast, "late", expires_at=NOW)
    untrue["done"] = "It was done meanwhile."
    with translation.override("en"):
        assert send(cast) == SendReport(skipped=2)
    assert mail_server.messages == []
    assert states(cast) == {
        "done": ("skipped", 1, "It was done meanwhile."),
        "late": ("skipped", 1, "Its moment had passed before it could be sent."),
    }


def test_refused_for_now_is_tried_again_and_then_given_up(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "a")
    mail_server.answers = ["451 Try later"] * (len(BACKOFF) + 1)
    now, reports = NOW, []
    for _ in range(len(BACKOFF) + 1):
        reports.append(send(cast, now))
        now += timedelta(days=1)
    assert reports == [SendReport(postponed=1)] * len(BACKOFF) + [SendReport(failed=1)]
    state, attempts, reason = states(cast)["a"]
    assert (state, attempts) == ("dead", len(BACKOFF) + 1)
    assert "Try later" in reason


def test_mail_is_text_and_html_with_one_button_and_a_stable_message_id(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "a")
    send(cast)
    (mail,) = mail_server.messages
    with scope(cast.organization.pk):
        pk = Message.objects.get().pk
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert mail["Message-ID"] == f"<{pk}@localhost>"
    assert mail["Subject"] == "A note for Amira"
    assert "http://localhost:8000/invitations/x/" in text.get_content()
    assert html.get_content().count('class="button"') == 1


def test_what_is_secret_is_forgotten_once_it_left(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kinds.KINDS, "test_note", replace(kinds.KINDS["test_note"], secret=True))
    queue(cast, "a")
    with scope(cast.organization.pk):
        assert Message.objects.get().payload == {"name": "Amira"}
    send(cast)
    with scope(cast.organization.pk):
        assert Message.objects.get().payload == {}


def test_unknown_kind_is_refused_when_queued(cast: Cast) -> None:
    with scope(cast.organization.pk), pytest.raises(ValueError, match="No app registered nonsense"):
        enqueue(kind="nonsense", recipient=cast.amira.user, key="a", due_at=NOW)
