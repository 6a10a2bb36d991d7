"""A message as a mail: text and HTML in the recipient's language and zone, with one button and a stable Message-ID."""

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import conditional_escape, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import normalize_newlines
from django.utils.translation import get_language

from notifications import unsubscribing
from notifications.kinds import KINDS
from notifications.mail import Mail
from notifications.models import Message
from notifications.notices import Headline, headline_of
from organizations.branding import dark_text_color, fill_color
from organizations.models import Organization

#: What differs from one mail's page to the next.
PUT_IN = ("subject", "paragraphs", "action_url", "stop_url")


@dataclass(frozen=True)
class Words:
    """What a mail says, in one language and zone: rendered, so that nothing more is to be read for it."""

    subject: str
    paragraphs: str
    action_url: str = ""
    action_label: str = ""
    rich: str = ""


@dataclass(frozen=True)
class Written:
    """A mail in words: subject, text and page, and how to leave it."""

    subject: str
    text: str
    html: str
    leaving: unsubscribing.Links | None


@dataclass
class Letter:
    """A message in the words of its recipient's language, and the mail that is made of them when it is asked for.

    That asks nothing of the database.
    """

    message: Message
    organization: Organization
    language: str
    words: Words
    #: Method and text of an iCalendar part.
    invitation: tuple[str, str] | None = None

    @cached_property
    def mail(self) -> Mail:
        """As text and HTML, with one button and a stable Message-ID."""
        message, organization = self.message, self.organization
        recipient: Any = message.recipient
        with translation.override(self.language):
            leaving = unsubscribing.links_in(message, organization)
            written = _written(self.words, organization, leaving)
        sender_address = _address_in(settings.DEFAULT_FROM_EMAIL)
        mail = Mail(
            subject=written.subject,
            body=written.text,
            from_email=f'"{organization.name.replace(chr(34), "")}" <{sender_address}>',
            to=[recipient.email],
            headers={
                "Message-ID": f"<{message.pk}@{sender_address.partition('@')[2]}>",
                "Auto-Submitted": "auto-generated",
                **_thread(message, sender_address),
                **(leaving.headers if leaving else {}),
            },
        )
        mail.sender = sender_address
        mail.attach_alternative(written.html, "text/html")
        if self.invitation is not None:
            # The last alternative, with the method named on the part: only so do Google, Outlook and Apple act on it.
            method, calendar = self.invitation
            mail.attach_alternative(calendar, f"text/calendar; method={method}")
        return mail


def compose(
    message: Message,
    organization: Organization,
    now: datetime,
    *,
    headlines: Mapping[str, Headline] = MappingProxyType({}),
) -> Letter:
    """The message in words, in the recipient's language and zone. `headlines`, by language, are written already."""
    recipient: Any = message.recipient
    zone = zoneinfo.ZoneInfo(recipient.time_zone or organization.time_zone)
    language = recipient.language or organization.language
    with translation.override(language), timezone.override(zone):
        headline = headlines.get(language) or headline_of(message, organization)
        words = _words(message.kind, _with_address(headline), headline.subject)
        invite = KINDS[message.kind].invitation
        return Letter(message, organization, language, words, invite(message, now) if invite else None)


def write(
    kind: str, context: Mapping[str, Any], organization: Organization, leaving: unsubscribing.Links | None
) -> Written:
    """A mail of that kind in the language and zone in force, with how to leave it at its foot."""
    subject = " ".join(render_to_string(f"notifications/mails/{kind}.subject.txt", context).split())
    return _written(_words(kind, context, subject), organization, leaving)


def _words(kind: str, context: Mapping[str, Any], subject: str) -> Words:
    return Words(
        subject=subject,
        paragraphs=render_to_string(f"notifications/mails/{kind}.txt", context).strip(),
        action_url=context.get("action_url", ""),
        action_label=context.get("action_label", ""),
        rich=context.get("rich", ""),
    )


def _written(words: Words, organization: Organization, leaving: unsubscribing.Links | None) -> Written:
    """In the language in force."""
    text = words.paragraphs
    if words.action_url:
        text += f"\n\n{words.action_label}:\n{words.action_url}"
    text += f"\n\n{organization.name}\n"
    if leaving:
        text += f"\n{leaving.sentence}\n{leaving.stop_label}: {leaving.stop_url}\n"
        text += f"{leaving.choose_label}: {leaving.choose_url}\n"
    html = html_part(
        words.subject,
        words.paragraphs,
        sender=organization.name,
        hue=organization.brand_hue,
        action_url=words.action_url,
        action_label=words.action_label,
        leaving=leaving,
        rich=words.rich,
    )
    return Written(words.subject, text, html, leaving)


@lru_cache(maxsize=10)
def _address_in(sender: str) -> str:
    return parseaddr(sender)[1]


def _thread(message: Message, sender_address: str) -> dict[str, str]:
    """What mail programs gather the mails about one thing by: an answer to a first mail that nobody needs to have."""
    if message.subject_id is None:
        return {}
    first = f"<about-{message.subject_id}@{sender_address.partition('@')[2]}>"
    return {"In-Reply-To": first, "References": first}


def html_part(
    subject: str,
    paragraphs: str,
    *,
    sender: str,
    hue: int,
    action_url: str = "",
    action_label: str = "",
    leaving: unsubscribing.Links | None = None,
    rich: str = "",
) -> str:
    """The text as a page for mail programs, light and dark, under the sender's name and in their color.

    `rich` is the same as safe HTML, for what was written in Markdown.
    """
    frame = _frame(
        get_language(), sender, hue, bool(action_url), action_label, leaving and replace(leaving, stop_url="")
    )
    inside = {
        "subject": subject,
        "paragraphs": rich or _as_page(str(paragraphs)),
        "action_url": action_url,
        "stop_url": leaving.stop_url if leaving else "",
    }
    escaped = {name: conditional_escape(value) for name, value in inside.items()}
    return "".join(escaped[piece] if place % 2 else piece for place, piece in enumerate(frame))


@lru_cache(maxsize=500)
def _frame(
    language: str | None,
    sender: str,
    hue: int,
    has_action: bool,
    action_label: str,
    leaving: unsubscribing.Links | None,
) -> list[str]:
    """What is the same in the pages of many mails, and between that, by name, what is put in; in that language."""
    inside = {name: mark_safe(f"\x02{name}\x03") for name in PUT_IN}  # noqa: S308
    page = render_to_string(
        "notifications/mail.html",
        {
            "subject": inside["subject"],
            "paragraphs": inside["paragraphs"],
            "sender": sender,
            "color": fill_color(hue),
            "dark_color": dark_text_color(hue),
            "action_url": inside["action_url"] if has_action else "",
            "action_label": action_label,
            "leaving": leaving and replace(leaving, stop_url=inside["stop_url"]),
        },
    )
    return re.split(f"\x02({'|'.join(PUT_IN)})\x03", page)


def _as_page(text: str) -> SafeString:
    return mark_safe("\n\n".join(map(_paragraph, re.split(r"\n{2,}", normalize_newlines(text)))))  # noqa: S308


@lru_cache(maxsize=500)  # most of a mail to many says the same to each, and looking for addresses in it takes long
def _paragraph(text: str) -> str:
    return linebreaks(urlize(text, nofollow=True, autoescape=True))


def _with_address(headline: Headline) -> Mapping[str, Any]:
    """What the templates are given, with the whole address of where it leads."""
    if not headline.path:
        return headline.context
    return {**headline.context, "action_url": urljoin(settings.SITE_URL, headline.path)}
