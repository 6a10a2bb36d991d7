"""One message in the words of SMTP, with a last word before it ends."""

import smtplib
from collections.abc import Callable

Answer = tuple[int, bytes]


def speak(
    host: smtplib.SMTP,
    *,
    sender: str,
    recipient: str,
    content: bytes,
    may_end: Callable[[], bool] = lambda: True,
    meanwhile: Callable[[], None] = lambda: None,
) -> bool:
    """Hand one message to one recipient over; False when `may_end` said that it must not leave.

    It is asked when the host has said that it takes the message and before it has it: what leaves after that is theirs.
    A host that offers it (RFC 2920) hears sender, recipient and the wish to send in one go; `meanwhile` is called while
    it thinks about the last of these. After False, and after an error of either, the conversation is in the middle of a
    message, and can only be broken off.
    Raises what `smtplib.SMTP.sendmail` raises, and ValueError for an address of several lines.
    """
    host.ehlo_or_helo_if_needed()
    size = f" size={len(content)}" if host.has_extn("size") else ""
    commands = (f"mail FROM:<{sender}>{size}", f"rcpt TO:<{recipient}>", "data")
    ask = _ask_together if host.has_extn("pipelining") else _ask
    answers = ask(host, commands, meanwhile)
    if (refusal := _refusal(answers, sender, recipient)) is not None:
        if answers[-1][0] == 354:  # it takes the message for nobody
            host.send(b".\r\n")
            host.getreply()
        raise _given_up(host, refusal, answers[-1][0])
    if not may_end():
        return False
    host.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    code, said = host.getreply()
    if code != 250:
        raise _given_up(host, smtplib.SMTPDataError(code, said), code)
    return True


def _ask(host: smtplib.SMTP, commands: tuple[str, ...], meanwhile: Callable[[], None]) -> list[Answer]:
    """One by one, until one is refused."""
    answers: list[Answer] = []
    for command in commands:
        host.putcmd(command)
        if command == commands[-1]:
            meanwhile()
        answers.append(host.getreply())
        if not 200 <= answers[-1][0] < 400:
            break
    return answers


def _ask_together(host: smtplib.SMTP, commands: tuple[str, ...], meanwhile: Callable[[], None]) -> list[Answer]:
    words = "".join(f"{command}\r\n" for command in commands)
    if len(words.splitlines()) != len(commands):
        raise ValueError("An address stands in one line.")
    host.send(words)
    meanwhile()
    answers: list[Answer] = []
    for _command in commands:
        answers.append(host.getreply())
        if answers[-1][0] == 421:  # it says nothing after that
            break
    return answers


def _refusal(answers: list[Answer], sender: str, recipient: str) -> smtplib.SMTPException | None:
    """The first that was refused."""
    for place, (code, said) in enumerate(answers):
        if place == 0 and code != 250:
            return smtplib.SMTPSenderRefused(code, said, sender)
        if place == 1 and code not in (250, 251):
            return smtplib.SMTPRecipientsRefused({recipient: (code, said)})
        if place == 2 and code != 354:
            return smtplib.SMTPDataError(code, said)
    return None


def _given_up(host: smtplib.SMTP, refusal: smtplib.SMTPException, code: int) -> smtplib.SMTPException:
    """The refusal, after the host was told to forget the message, or was left when that is what it wants."""
    if code == 421:
        host.close()
    else:
        host.rset()
    return refusal
