"""A message as a mail: text and HTML in the recipient's language and zone, with one button and a stable Message-ID."""

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import normalize_newlines

from notifications import unsubscribing
from notifications.kinds import KINDS
from notifications.mail import Mail
from notifications.models import Message
from organizations.branding import dark_text_color, fill_color
from organizations.models import Organization


@dataclass(frozen=True)
class Written:
    """A mail in words: subject, text and page, and how to leave it."""

    subject: str
    text: str
    html: str
    leaving: unsubscribing.Links | None


def compose(
    message: Message, organization: Organization, now: datetime, *, subjects: Mapping[str, str] = MappingProxyType({})
) -> Mail:
    """The mail as text and HTML, in the recipient's language and zone, with one button and a stable Message-ID.

    `subjects`, by language, are written already.
    """
    recipient: Any = message.recipient
    zone = zoneinfo.ZoneInfo(recipient.time_zone or organization.time_zone)
    language = recipient.language or organization.language
    with translation.override(language), timezone.override(zone):
        context = _context(message, organization)
        leaving = unsubscribing.links_in(message, organization)
        written = write(message.kind, context, organization, leaving, subject=subjects.get(language))
        invite = KINDS[message.kind].invitation
        part = invite(message, now) if invite else None
    sender_address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message_id = f"<{message.pk}@{sender_address.partition('@')[2]}>"
    mail = Mail(
        subject=written.subject,
        body=written.text,
        from_email=f'"{organization.name.replace(chr(34), "")}" <{sender_address}>',
        to=[recipient.email],
        headers={
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            **_thread(message, sender_address),
            **(written.leaving.headers if written.leaving else {}),
        },
    )
    mail.sender = sender_address
    mail.attach_alternative(written.html, "text/html")
    if part is not None:
        # The last alternative, with the method named on the part: only so do Google, Outlook and Apple act on it.
        method, calendar = part
        mail.attach_alternative(calendar, f"text/calendar; method={method}")
    return mail


def write(
    kind: str,
    context: Mapping[str, Any],
    organization: Organization,
    leaving: unsubscribing.Links | None,
    *,
    subject: str | None = None,
) -> Written:
    """A mail of that kind in the language and zone in force, with how to leave it at its foot."""
    if subject is None:
        subject = " ".join(render_to_string(f"notifications/mails/{kind}.subject.txt", context).split())
    text = paragraphs = render_to_string(f"notifications/mails/{kind}.txt", context).strip()
    if context.get("action_url"):
        text += f"\n\n{context['action_label']}:\n{context['action_url']}"
    text += f"\n\n{organization.name}\n"
    if leaving:
        text += f"\n{leaving.sentence}\n{leaving.stop_label}: {leaving.stop_url}\n"
        text += f"{leaving.choose_label}: {leaving.choose_url}\n"
    html = html_part(
        subject,
        paragraphs,
        sender=organization.name,
        hue=organization.brand_hue,
        action_url=context.get("action_url", ""),
        action_label=context.get("action_label", ""),
        leaving=leaving,
        rich=context.get("rich", ""),
    )
    return Written(subject, text, html, leaving)


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
    return render_to_string(
        "notifications/mail.html",
        {
            "subject": subject,
            "paragraphs": rich or _as_page(str(paragraphs)),
            "sender": sender,
            "color": fill_color(hue),
            "dark_color": dark_text_color(hue),
            "action_url": action_url,
            "action_label": action_label,
            "leaving": leaving,
        },
    )


def _as_page(text: str) -> SafeString:
    return mark_safe("\n\n".join(map(_paragraph, re.split(r"\n{2,}", normalize_newlines(text)))))  # noqa: S308


@lru_cache(maxsize=500)  # most of a mail to many says the same to each, and looking for addresses in it takes long
def _paragraph(text: str) -> str:
    return linebreaks(urlize(text, nofollow=True, autoescape=True))


def _context(message: Message, organization: Organization) -> Mapping[str, Any]:
    context = {**KINDS[message.kind].context(message), "recipient": message.recipient, "organization": organization}
    if context.get("action_url"):
        context["action_url"] = urljoin(settings.SITE_URL, context["action_url"])
    return context
