"""A mail as the bytes that leave: Django's message, written out with little ado."""

from email.generator import BytesGenerator
from email.policy import Compat32
from io import BytesIO
from typing import Any

from django.core.mail import EmailMultiAlternatives

#: A header that is no longer than this is never folded.
SHORT = 76


class Plainly(Compat32):
    """Headers as the email package writes them; those with nothing to fold or encode, which most are, without asking.

    Looking for places to fold takes it longer than all the rest of a mail.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        is_plain = isinstance(value, str) and value.isascii() and "\n" not in value
        if is_plain and (len(name) + len(value) <= SHORT or " " not in value):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


POLICY = Plainly(linesep="\r\n")


class Mail(EmailMultiAlternatives):
    """A mail in several forms from `sender`, an address, to one recipient, with a Message-ID of its own."""

    sender = ""

    @property
    def content(self) -> bytes:
        """As it goes over the wire. What separates its forms is made of the Message-ID, which none of them holds."""
        message: Any = self.message()
        message.set_boundary(f"=_{self.extra_headers['Message-ID'].strip('<>').partition('@')[0]}")
        written = BytesIO()
        BytesGenerator(written, mangle_from_=False, policy=POLICY).flatten(message)
        return written.getvalue()
