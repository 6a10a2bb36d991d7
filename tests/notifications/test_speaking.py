"""What a mail host hears, word for word."""

import smtplib
from typing import Any

import pytest

from notifications.speaking import speak

CONTENT = b"Subject: Hi\r\n\r\n.hidden\r\n"
WHOLE = b"Subject: Hi\r\n\r\n..hidden\r\n.\r\n"
MAIL, RCPT = "mail FROM:<gilde@localhost>", "rcpt TO:<amira@lantaarn.example>"
TOGETHER = f"{MAIL}\r\n{RCPT}\r\ndata\r\n"
OK, GO = (250, b"OK"), (354, b"go on")


class Host:
    """Answers as a script says and keeps what it heard."""

    def __init__(self, *answers: tuple[int, bytes], offers: tuple[str, ...] = ()) -> None:
        self.answers, self.offers, self.heard, self.is_closed = list(answers), offers, list[Any](), False

    def ehlo_or_helo_if_needed(self) -> None: ...

    def has_extn(self, name: str) -> bool:
        return name in self.offers

    def send(self, words: Any) -> None:
        self.heard.append(words)

    def getreply(self) -> tuple[int, bytes]:
        return self.answers.pop(0)

    def putcmd(self, command: str) -> None:
        self.heard.append(command)

    def think(self) -> None:
        self.heard.append(f"{len(self.answers)} answers to come")

    def rset(self) -> None:
        self.heard.append("rset")

    def close(self) -> None:
        self.is_closed = True


def say(host: Any, *, may_end: bool = True, recipient: str = "amira@lantaarn.example") -> bool:
    return speak(host, sender="gilde@localhost", recipient=recipient, content=CONTENT, may_end=lambda: may_end)


def test_one_after_another_or_in_one_go_when_the_host_offers_it() -> None:
    plain, quick = Host(OK, OK, GO, OK), Host(OK, OK, GO, OK, offers=("pipelining", "size"))
    assert (say(plain), say(quick)) == (True, True)
    assert plain.heard == [MAIL, RCPT, "data", WHOLE]
    assert quick.heard == [TOGETHER.replace("host>", f"host> size={len(CONTENT)}"), WHOLE]


@pytest.mark.parametrize(("offers", "to_come"), [((), 2), (("pipelining",), 4)])
def test_the_time_that_the_host_thinks_about_the_wish_to_send_is_ours(offers: tuple[str, ...], to_come: int) -> None:
    host: Any = Host(OK, OK, GO, OK, offers=offers)
    assert speak(host, sender="a@b.example", recipient="c@d.example", content=CONTENT, meanwhile=host.think)
    assert [each for each in host.heard if "answers" in str(each)] == [f"{to_come} answers to come"]
    assert host.heard[-2:] == [f"{to_come} answers to come", WHOLE]


@pytest.mark.parametrize("offers", [(), ("pipelining",)])
def test_what_must_not_leave_does_not_end(offers: tuple[str, ...]) -> None:
    host = Host(OK, OK, GO, offers=offers)
    assert not say(host, may_end=False)
    assert host.heard[-1].endswith(("data", "data\r\n"))


@pytest.mark.parametrize(
    ("answers", "error", "after"),
    [
        ([(550, b"not you"), (503, b""), (503, b"")], smtplib.SMTPSenderRefused, ["rset"]),
        ([OK, (550, b"nobody"), (503, b"")], smtplib.SMTPRecipientsRefused, ["rset"]),
        ([OK, (550, b"nobody"), GO, (554, b"for nobody")], smtplib.SMTPRecipientsRefused, [b".\r\n", "rset"]),
        ([OK, OK, (451, b"later")], smtplib.SMTPDataError, ["rset"]),
        ([OK, OK, GO, (554, b"no")], smtplib.SMTPDataError, [WHOLE, "rset"]),
        ([OK, (421, b"bye")], smtplib.SMTPRecipientsRefused, []),
    ],
)
def test_a_refusal_ends_the_message_and_not_the_conversation(
    answers: list[tuple[int, bytes]], error: type[Exception], after: list[Any]
) -> None:
    host = Host(*answers, offers=("pipelining",))
    with pytest.raises(error):
        say(host)
    assert (host.heard, host.answers) == ([TOGETHER, *after], [])
    assert host.is_closed == (not after)


def test_an_address_of_two_lines_is_not_spoken() -> None:
    host = Host(OK, OK, GO, OK, offers=("pipelining",))
    with pytest.raises(ValueError, match="one line"):
        say(host, recipient="amira@lantaarn.example>\r\nrset")
    assert host.heard == []
