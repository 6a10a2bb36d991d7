"""A mail as the bytes that leave: what Django and the email package would write, with little ado."""

from email.generator import BytesGenerator
from email.policy import Compat32
from email.utils import formatdate
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import RFC5322_EMAIL_LINE_LENGTH_LIMIT as LONGEST_LINE
from django.core.mail.message import forbid_multi_line_headers

#: A header that is no longer than this is never folded.
SHORT = 76


class Plainly(Compat32):
    """Headers as the email package writes them; those with nothing to fold or encode, which most are, without asking.

    Looking for places to fold takes it longer than all the rest of a mail.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if isinstance(value, str) and _is_plain(name, value):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


def _is_plain(name: str, value: str) -> bool:
    """Whether there is nothing to fold, to encode or to refuse."""
    is_line = value.isascii() and "\n" not in value and "\r" not in value
    return is_line and (len(name) + len(value) <= SHORT or " " not in value)


POLICY = Plainly(linesep="\r\n")


class Mail(EmailMultiAlternatives):
    """A mail in several forms from `sender`, an address, to one recipient, with a Message-ID of its own."""

    sender = ""

    @cached_property
    def content(self) -> bytes:
        """As it goes over the wire, worked out once.

        What separates its forms is made of the Message-ID, which none of them holds.
        """
        boundary = f"=_{self.extra_headers['Message-ID'].strip('<>').partition('@')[0]}"
        forms = [*([(self.body, "text/plain")] if self.body else []), *self.alternatives]
        parts = [_part(mimetype, str(content)) for content, mimetype in forms]
        if any(part is None for part in parts):  # a line that no host takes, which is to be encoded
            return self._content_of_package(boundary)
        headers = {"Subject": self.subject, "From": self.from_email, "To": ", ".join(self.to)}
        if "Date" not in self.extra_headers:
            headers["Date"] = formatdate(localtime=settings.EMAIL_USE_LOCALTIME)
        headers |= self.extra_headers
        return b"".join(
            [
                f'Content-Type: multipart/alternative; boundary="{boundary}"\r\nMIME-Version: 1.0\r\n'.encode(),
                *(_header(name, str(value)) for name, value in headers.items()),
                *(piece for part in parts for piece in (f"\r\n--{boundary}\r\n".encode(), part or b"")),
                f"\r\n--{boundary}--\r\n".encode(),
            ]
        )

    def _content_of_package(self, boundary: str) -> bytes:
        message: Any = self.message()
        message.set_boundary(boundary)
        written = BytesIO()
        BytesGenerator(written, mangle_from_=False, policy=POLICY).flatten(message)
        return written.getvalue()


def _part(mimetype: str, content: str) -> bytes | None:
    """One form with its headers; None when a line of it is longer than mail allows."""
    lines = content.encode().splitlines()
    if max(map(len, lines), default=0) > LONGEST_LINE:
        return None
    written = b"\r\n".join([*lines, b""] if content.endswith(("\n", "\r")) else lines)
    encoding = "7bit" if written.isascii() else "8bit"
    return (
        f'Content-Type: {mimetype}; charset="utf-8"\r\nMIME-Version: 1.0\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode() + written


def _header(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode() if _is_plain(name, value) else _encoded(name, value)


@lru_cache(maxsize=1000)  # what many get has the same sender, and often the same subject
def _encoded(name: str, value: str) -> bytes:
    """Raises BadHeaderError for a value of several lines."""
    return POLICY.fold_binary(*forbid_multi_line_headers(name, value, settings.DEFAULT_CHARSET))
