"""A mail leaves as Django and the email package would write it, whatever stands in it."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st

from notifications.mail import Mail
from notifications.writing import html_part

names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)


def mail_of(subject: str, body: str, sender: str) -> Mail:
    mail = Mail(
        subject=subject,
        body=body,
        from_email=f'"{sender.replace(chr(34), "").replace(chr(92), "")}" <gilde@localhost>',
        to=["amira@lantaarn.example"],
        headers={
            "Message-ID": "<019@localhost>",
            "Date": "now",
            "List-Unsubscribe": f"<https://x.example/{'y' * 200}>",
        },
    )
    mail.attach_alternative(html_part(subject, body, sender=sender, hue=200), "text/html")
    mail.attach_alternative(f"BEGIN:VCALENDAR\r\nSUMMARY:{subject}\r\n", "text/calendar; method=REQUEST")
    return mail


def read(content: bytes) -> tuple[dict[str, str], list[str]]:
    message: Any = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    headers = {name: str(value).strip() for name, value in message.items() if name != "Content-Type"}
    return headers, [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()]


@given(
    subject=st.lists(names, min_size=1, max_size=12).map(" ".join),
    body=st.lists(names | st.sampled_from(["\n", "\r\n", "\r", "\n.\n"])).map("".join),
    sender=names,
)
def test_content_says_what_djangos_does(subject: str, body: str, sender: str) -> None:
    mail = mail_of(subject, body, sender)
    assert read(mail.content) == read(mail.message().as_bytes(linesep="\r\n"))
    assert mail.content == mail.content
    assert all(len(line) < 999 for line in mail.content.split(b"\r\n"))
    assert b"\n" not in mail.content.replace(b"\r\n", b"")


def test_lines_that_no_host_takes_are_encoded() -> None:
    mail = mail_of("Hi", f"{'é' * 600}\n.\nend", "Gilde")
    assert read(mail.content) == read(mail.message().as_bytes(linesep="\r\n"))
    assert b"quoted-printable" in mail.content


def test_nobody_puts_a_header_into_a_mail() -> None:
    with pytest.raises(BadHeaderError):
        _ = mail_of("Hi\nBcc: otto@elsewhere.example", "", "Gilde").content


def test_page_shows_addresses_as_links_and_nothing_as_markup() -> None:
    page = html_part("Hi", "One <b>\n\nSee https://gilde.example/ now\nthen\r\n\r\nrest", sender="Gilde", hue=200)
    assert "<p>One &lt;b&gt;</p>" in page
    assert '<a href="https://gilde.example/" rel="nofollow">https://gilde.example/</a> now<br>then</p>' in page
    assert page.count("<p>rest</p>") == 1
