"""What was sent, for staff; and the demonstration's mailbox."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.inviting import invite
from accounts.models import Role
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import Cast

SignIn = Callable[..., Client]


def test_staff_see_what_was_sent_and_why_not(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        for name in ("Anna", "Bram"):
            email = f"{name.lower()}@example.org"
            invite(email=email, name=name, roles=[Role.LEARNER], by=cast.ilse, at=timezone.now())
        dead = Message.objects.get(recipient__email="bram@example.org")
        Message.objects.filter(pk=dead.pk).update(state="dead", settled_at=timezone.now(), reason="550 No such person")
    client = sign_in(cast.ilse)
    page = client.get("/o/lantaarn/messages/").content.decode()
    assert "anna@example.org" in page
    assert "550 No such person" in page
    only_dead = client.get("/o/lantaarn/messages/?state=dead").content.decode()
    assert "anna@example.org" not in only_dead
    assert "bram@example.org" in only_dead


def test_mailbox_exists_in_the_demonstration_alone(client: Client, settings: Any, tmp_path: Path, db: None) -> None:
    settings.MAILBOX_DIR = tmp_path
    (tmp_path / "1.eml").write_bytes(
        b"From: Lantaarn <g@x>\r\nTo: a@x\r\nSubject: Hello\r\nContent-Type: text/plain\r\n\r\nSee http://x/invitations/1/\r\n"
    )
    settings.DEMO = False
    assert client.get("/mailbox/").status_code == 404
    settings.DEMO = True
    page = client.get("/mailbox/").content.decode()
    assert "Hello" in page
    assert '<a href="http://x/invitations/1/"' in page
