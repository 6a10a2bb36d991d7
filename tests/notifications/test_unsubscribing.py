"""Leaving one kind of mail as mail programs do it (RFC 8058): a POST without a session, and never by looking."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from notifications import kinds
from notifications.delivery import send_due
from notifications.kinds import Kind
from notifications.models import Message
from notifications.outbox import enqueue
from notifications.preferring import preferences_of, set_email
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mail import MailServer


def _context(message: Message) -> Mapping[str, Any]:
    return {"action_url": "/o/lantaarn/path/", "action_label": "Open", "name": "Amira"}


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    note = Kind(
        name="test_note", title="A note", explanation="Somebody wrote.", reason_untrue=lambda *_args: "",
        context=_context, in_digest=True,
    )  # fmt: skip
    monkeypatch.setitem(kinds.KINDS, "test_note", note)
    translation.activate("en")


@pytest.fixture
def mail(cast: Cast, mail_server: MailServer) -> Any:
    with scope(cast.organization.pk):
        enqueue(kind="test_note", recipient=cast.amira.user, key="a", due_at=NOW, subject_id=cast.amira.pk)
    send_due(organization_id=cast.organization.pk, now=NOW)
    return mail_server.messages[0]


@pytest.fixture
def path(mail: Any) -> str:
    found = re.fullmatch(r"<http://localhost:8000(/unsubscribe/[^>]+/)>", mail["List-Unsubscribe"].replace(" ", ""))
    assert found
    return found[1]


def email(cast: Cast) -> str:
    with scope(cast.organization.pk):
        return preferences_of(cast.amira.user).email("test_note")


def test_mail_says_how_to_leave_it_in_headers_text_and_page(mail: Any, path: str) -> None:
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for subtype in ("plain", "html"):
        body = mail.get_body((subtype,)).get_content()
        assert f"http://localhost:8000{path}" in body
        assert "http://localhost:8000/o/lantaarn/notifications/settings/" in body


def test_mails_about_one_thing_are_a_thread(mail: Any, cast: Cast) -> None:
    assert mail["References"] == mail["In-Reply-To"] == f"<about-{cast.amira.pk}@localhost>"


def test_one_click_without_a_session_switches_that_mail_off(path: str, cast: Cast) -> None:
    stranger = Client(enforce_csrf_checks=True)
    for _click in range(2):
        assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert email(cast) == "off"
    with scope(cast.elsewhere.pk):
        assert preferences_of(cast.amira.user).email("test_note") == "now"


def test_looking_changes_nothing(path: str, cast: Cast, client: Client) -> None:
    page = client.get(path)
    assert (page.status_code, client.head(path).status_code, email(cast)) == (200, 200, "now")
    assert page.content.decode().count('type="submit"') == 1


def test_undo_gives_back_what_was_before(path: str, cast: Cast, client: Client) -> None:
    with scope(cast.organization.pk):
        set_email(person=cast.amira.user, kind="test_note", email="digest")
    page = client.post(path, {"List-Unsubscribe": "One-Click"}).content.decode()
    assert 'name="before" value="digest"' in page
    client.post(path, {"undo": "1", "before": "digest"})
    assert email(cast) == "digest"
    client.post(path, {"undo": "1", "before": "\x00nonsense"})
    assert email(cast) == "now"


@pytest.mark.parametrize("language", ["en", "nl"])
def test_page_speaks_both_languages(path: str, client: Client, language: str) -> None:
    page = client.get(path, headers={"accept-language": language}).content.decode()
    assert {"en": "Stop these mails?", "nl": "Deze mails stoppen?"}[language] in page


def test_link_that_is_not_ours_or_about_what_is_gone_says_so(path: str, cast: Cast, client: Client) -> None:
    ours = path.removeprefix("/unsubscribe/").removesuffix("/")
    for token in ("x", f"{ours}x", ours.partition(":")[0], "\x00", "x" * 5000):
        for ask in (client.get, client.post):
            response = ask(f"/unsubscribe/{token}/")
            assert (response.status_code, b"This link does not work" in response.content) == (404, True)
    assert email(cast) == "now"
    Organization.objects.filter(pk=cast.organization.pk).update(slug="renamed")
    assert client.get(path).status_code == 200
    kinds.KINDS.pop("test_note")
    assert client.post(path).status_code == 404


def test_mandatory_mail_cannot_be_left(path: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: Callable[..., str] = lambda *_args: ""  # noqa: E731
    monkeypatch.setitem(
        kinds.KINDS,
        "test_note",
        Kind(name="test_note", title="x", reason_untrue=forced, context=_context, mandatory=True),
    )
    assert client.post(path).status_code == 404
