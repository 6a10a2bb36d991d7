"""Sending what is due in the outbox: each message once, nothing that has become untrue.

A message is locked, sent and marked in one short transaction of its own. Only a process killed between the mail
host's acceptance and the commit can send a message again; its Message-ID is the same then, by which mail programs
and hosts drop the second copy (docs/notifications.md).
"""

import random
import smtplib
import zoneinfo
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications import unsubscribing
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.preferring import wish_about
from organizations.branding import dark_text_color, fill_color
from organizations.models import Organization
from organizations.scope import scope, without_scope

#: Waits before the next attempt; after the last one the message is dead and staff see it.
BACKOFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720)]


@dataclass(frozen=True)
class SendReport:
    """How many messages ended how in one round."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    postponed: int = 0


@dataclass(frozen=True)
class Written:
    """A mail in words: subject, text and page, and how to leave it."""

    subject: str
    text: str
    html: str
    leaving: unsubscribing.Links | None


@without_scope
def send_due(*, organization_id: UUID, now: datetime, limit: int = 500) -> SendReport:
    """Send the organization's due messages over one connection, oldest first; several workers may do so at once."""
    organization = Organization.objects.get(pk=organization_id)
    with scope(organization_id):
        due = list(Message.objects.due(at=now).values_list("pk", flat=True)[:limit])
    if not due:
        return SendReport()
    outcomes: Counter[str] = Counter()
    connection: BaseEmailBackend = get_connection()
    try:
        for pk in due:
            with scope(organization_id):
                message = (
                    Message.objects.due(at=now)
                    .select_for_update(skip_locked=True, of=("self",))
                    .select_related("recipient")
                    .filter(pk=pk)
                    .first()
                )
                if message is not None:
                    outcomes[_deliver(message, organization, connection, now)] += 1
    finally:
        connection.close()
    return SendReport(**outcomes)


def _deliver(message: Message, organization: Organization, connection: BaseEmailBackend, now: datetime) -> str:
    """Send or settle one locked message, and say how it ended by the name of a SendReport field."""
    kind = KINDS[message.kind]
    if message.expires_at and message.expires_at <= now:
        return _settle(message, Message.State.SKIPPED, now, _("Its moment had passed before it could be sent."))
    if reason := kind.reason_untrue(message, now):
        return _settle(message, Message.State.SKIPPED, now, reason)
    wish = wish_about(message, organization, now)
    if wish.reason:
        return _settle(message, Message.State.SKIPPED, now, wish.reason)
    if wish.wait_until:
        return _wait(message, wish.wait_until)
    try:
        compose(message, organization, connection, now).send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
        return _settle(message, Message.State.DEAD, now, f"{_('The mail host refused it.')} {error}")
    except (OSError, smtplib.SMTPException) as error:
        connection.close()  # the next message starts a fresh conversation
        return _postpone(message, now, error)
    return _settle(message, Message.State.SENT, now, "")


def _settle(message: Message, state: Message.State, now: datetime, reason: str) -> str:
    message.state, message.settled_at, message.reason = state, now, reason[:300]
    message.attempts += 1
    if KINDS[message.kind].secret:
        message.payload = {}
    message.save(update_fields=["state", "settled_at", "reason", "attempts", "payload"])
    if after := KINDS[message.kind].settled:
        after(message, now)
    return {Message.State.SENT: "sent", Message.State.SKIPPED: "skipped"}.get(state, "failed")


def _wait(message: Message, until: datetime) -> str:
    """As the recipient wishes: not an attempt."""
    message.next_attempt_at = until
    message.save(update_fields=["next_attempt_at", "digest"])
    return "postponed"


def _postpone(message: Message, now: datetime, error: Exception) -> str:
    if message.attempts >= len(BACKOFF):
        return _settle(message, Message.State.DEAD, now, f"{_('The mail host did not take it.')} {error}")
    # Jitter, so that what failed together does not return together.
    message.next_attempt_at = now + BACKOFF[message.attempts] * random.uniform(1, 1.25)  # noqa: S311
    message.attempts += 1
    message.reason = str(error)[:300]
    message.save(update_fields=["next_attempt_at", "attempts", "reason"])
    return "postponed"


def compose(
    message: Message, organization: Organization, connection: BaseEmailBackend, now: datetime
) -> EmailMultiAlternatives:
    """The mail as text and HTML, in the recipient's language and zone, with one button and a stable Message-ID."""
    recipient: Any = message.recipient
    zone = zoneinfo.ZoneInfo(recipient.time_zone or organization.time_zone)
    with translation.override(recipient.language or organization.language), timezone.override(zone):
        context = _context(message, organization)
        written = write(message.kind, context, organization, unsubscribing.links_in(message, organization))
        invite = KINDS[message.kind].invitation
        part = invite(message, now) if invite else None
    sender_address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message_id = f"<{message.pk}@{sender_address.partition('@')[2]}>"
    mail = EmailMultiAlternatives(
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
        connection=connection,
    )
    mail.attach_alternative(written.html, "text/html")
    if part is not None:
        # The last alternative, with the method named on the part: only so do Google, Outlook and Apple act on it.
        method, calendar = part
        mail.attach_alternative(calendar, f"text/calendar; method={method}")
    return mail


def write(
    kind: str, context: Mapping[str, Any], organization: Organization, leaving: unsubscribing.Links | None
) -> Written:
    """A mail of that kind in the language and zone in force, with how to leave it at its foot."""
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
) -> str:
    """The text as a page for mail programs, light and dark, under the sender's name and in their color."""
    return render_to_string(
        "notifications/mail.html",
        {
            "subject": subject,
            "paragraphs": str(paragraphs),
            "sender": sender,
            "color": fill_color(hue),
            "dark_color": dark_text_color(hue),
            "action_url": action_url,
            "action_label": action_label,
            "leaving": leaving,
        },
    )


def _context(message: Message, organization: Organization) -> Mapping[str, Any]:
    context = {**KINDS[message.kind].context(message), "recipient": message.recipient, "organization": organization}
    if context.get("action_url"):
        context["action_url"] = urljoin(settings.SITE_URL, context["action_url"])
    return context
