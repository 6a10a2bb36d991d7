"""The conversation with the mail host: one connection for many messages, its answers, and how fast it is spoken to."""

import contextlib
import smtplib
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from redis import RedisError

from notifications.mail import Mail
from notifications.speaking import speak

#: Gives each caller the next free moment, in microseconds on the clock of Redis, and answers how long to wait for it.
NEXT_MOMENT = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local mine = math.max(now, math.min(last, now + 60000000)) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', mine), 'PX', 60000)
return string.format('%.0f', mine - now)
"""
#: Enhanced status codes that begin so are about policy, not about the address (RFC 3463).
POLICY = "5.7."
#: So many messages are looked at together when a conversation begins; later it depends on how fast the host takes them.
FIRST_TOGETHER = 10


class HostAway(Exception):
    """No conversation with the mail host could be begun: it is down, refuses us, or wants another password."""


class BrokenOff(Exception):
    """The message was not to leave after all, which was found out at the last moment."""


class Carrier:
    """A connection that is opened when the first message needs it and again after it broke.

    `together` is how many messages leave before what was seen of the first is old.
    """

    def __init__(self) -> None:
        self.backend: Any = get_connection()
        self.together = FIRST_TOGETHER
        self._is_open = False

    def open(self) -> None:
        """Raises HostAway when the mail host does not answer or does not let us in."""
        if self._is_open:
            return
        try:
            self.backend.open()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise HostAway(str(error) or type(error).__name__) from error
        self._is_open = True

    def close(self) -> None:
        self._is_open = False
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self.backend.close()

    def hand_over(
        self, mail: Mail, *, may_end: Callable[[], bool] = lambda: True, meanwhile: Callable[[], None] = lambda: None
    ) -> Exception | None:
        """What the mail host had against it, or BrokenOff. Raises HostAway, and what the two functions raise.

        `may_end` is asked once, before the host has all of it. `meanwhile` is called while the host is thinking, if it
        is asked anything: what it does costs no time.
        After a conversation that broke, or that the host ended, the next one starts afresh.
        """
        self.open()
        try:
            if isinstance(self.backend, EmailBackend):
                has_left = self._speak(self.backend.connection, mail, may_end, meanwhile)
            elif has_left := may_end():
                self.backend.send_messages([mail])
        except (OSError, smtplib.SMTPException) as error:
            answers = answers_of(error)
            if not answers or any(code == 421 for code, _text in answers):
                self.close()
            return error
        if not has_left:
            self._break_off()
        return None if has_left else BrokenOff()

    def _speak(self, host: Any, mail: Mail, may_end: Callable[[], bool], meanwhile: Callable[[], None]) -> bool:
        (recipient,) = mail.to
        address = recipient if recipient.isascii() else sanitize_address(recipient, settings.DEFAULT_CHARSET)
        ours = {"may_end": self._or_break_off(may_end), "meanwhile": self._or_break_off(meanwhile)}
        return speak(host, sender=mail.sender, recipient=address, content=mail.content, **ours)

    def _or_break_off(self, ask: Callable[[], Any]) -> Callable[[], Any]:
        def asked() -> Any:
            try:
                return ask()
            except BaseException:
                self._break_off()
                raise

        return asked

    def _break_off(self) -> None:
        """Hang up without a word: in the middle of a message every word is part of it."""
        self._is_open = False
        if isinstance(self.backend, EmailBackend) and self.backend.connection is not None:
            self.backend.connection.close()
            self.backend.connection = None

    def pause(self) -> None:
        """Wait until the next message may leave, as MAIL_RATE says, for all workers on one Redis together."""
        if settings.MAIL_RATE:
            time.sleep(_wait(60 / settings.MAIL_RATE))


def _wait(seconds: float) -> float:
    try:
        client = cache._cache.get_client(None, write=True)  # type: ignore[attr-defined]
        key = f"mail-rate:{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        return int(client.eval(NEXT_MOMENT, 1, key, int(seconds * 1_000_000))) / 1_000_000
    except RedisError:  # each worker for itself, until Redis is back
        return seconds


def answers_of(error: Exception) -> list[tuple[int, str]]:
    """Codes and words of a refusal; none when the conversation broke."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [(code, _text(text)) for code, text in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [(error.smtp_code, _text(error.smtp_error))]
    return []


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def is_about_the_address(error: Exception) -> bool:
    """Whether the host refuses the recipient for good, rather than us, this message or for now."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= 500 and not text.startswith(POLICY) for code, text in answers_of(error))
