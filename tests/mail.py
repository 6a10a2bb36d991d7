"""A real mail server for tests that say what must reach it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from config.embedded import free_port

#: Instead of an answer: the connection ends, or nothing comes for longer than anybody waits.
HANG_UP, SILENCE = "hang up", "silence"


class MailServer:
    """Keeps every message it accepts; `answers` holds what to say instead, one for each coming message.

    `refuses` says by address what a recipient is answered; `conversations` counts how often somebody connected.
    `at_recipient` is called when the host hears whom a message is for. It `offers` extensions of SMTP.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.arrived = threading.Condition()
        self.answers: list[str] = []
        self.refuses: dict[str, str] = {}
        self.conversations = 0
        self.offers: list[str] = []
        self.at_recipient: Callable[[], None] = lambda: None

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.conversations += 1
        session.host_name = hostname
        greeting, *known = responses
        return [greeting, *(f"250-{extension}" for extension in self.offers), *known]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.at_recipient()
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            answer = self.answers.pop(0)
            if answer == HANG_UP:
                server.transport.abort()  # type: ignore[union-attr]
            elif answer == SILENCE:
                await asyncio.sleep(60)
            return answer
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self.arrived:
            self.messages.append(message)
            self.arrived.notify_all()
        return "250 OK"

    def await_messages(self, number: int, *, seconds: float = 40) -> list[EmailMessage]:
        """The messages, once there are that many; what there is when the time is up."""
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.messages) >= number, seconds)
            return list(self.messages)


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """An SMTP server on a free port, with Django's mail going to it."""
    handler = MailServer()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield handler
    controller.stop()
