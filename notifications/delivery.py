"""Sending what is due in the outbox: each message once, nothing that has become untrue.

A batch is claimed at once. Each message of it is then locked, checked, sent and marked in one short transaction of its
own. Only a process killed between the mail host's acceptance and the commit can send a message again; its Message-ID
is the same then, by which mail programs and hosts drop the second copy (docs/notifications.md).
"""

import logging
import random
import smtplib
import time
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications import unsubscribing
from notifications.carrier import Carrier, HostAway, is_about_the_address
from notifications.kinds import KINDS
from notifications.models import Lane, Message, RefusedAddress
from notifications.preferring import wish_about
from organizations.branding import dark_text_color, fill_color
from organizations.models import Organization
from organizations.scope import scope, without_scope

logger = logging.getLogger(__name__)

#: Waits before the next attempt; after the last one the message is dead and staff see it.
BACKOFF = [timedelta(minutes=minutes) for minutes in settings.RETRY_MINUTES]
#: What says nothing about a message but that we must stop for now.
INTERRUPTIONS = (HostAway, OperationalError, InterfaceError, SoftTimeLimitExceeded)
#: Facts that were read for many messages are read again after this: what changed before that is seen.
FRESH_SECONDS, FACTS_OF = 1.0, 100
Cause = Message.Cause


@dataclass(frozen=True)
class SendReport:
    """How many messages ended how in one turn."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    postponed: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.skipped + self.failed + self.postponed


@dataclass(frozen=True)
class Written:
    """A mail in words: subject, text and page, and how to leave it."""

    subject: str
    text: str
    html: str
    leaving: unsubscribing.Links | None


@without_scope
def send_due(
    *,
    organization_id: UUID,
    now: datetime,
    lane: Lane | None = None,
    limit: int = 500,
    carrier: Carrier | None = None,
    deadline: float | None = None,
) -> SendReport:
    """Send at most `limit` of the organization's due messages over one connection; several workers may do so at once.

    The urgent go first, then the oldest; `lane` narrows it to one. At `deadline`, on the monotonic clock, the rest is
    left to others. Raises HostAway when there is no mail host; nothing is lost then and no attempt is counted.
    """
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:  # removed meanwhile, and its messages with it
        return SendReport()
    claim = now + timedelta(seconds=settings.DELIVERY_LEASE)
    claimed = _claim(organization_id, lane, limit, now=now, until=claim)
    outcomes: Counter[str] = Counter()
    ours = carrier or Carrier()
    facts: dict[UUID, Any] = {}
    done, stale_at = 0, 0.0
    try:
        for pk in claimed:
            if deadline is not None and time.monotonic() >= deadline:
                break
            if time.monotonic() >= stale_at:
                facts, stale_at = _read_facts(organization_id, claimed[done:], now), time.monotonic() + FRESH_SECONDS
            outcomes[_deliver_claimed(pk, claim, organization, ours, now, facts.get(pk))] += 1
            done += 1
    except HostAway as error:
        _release(organization_id, claimed[done:], claim, reason=str(error))
        raise
    finally:
        if carrier is None:
            ours.close()
    _release(organization_id, claimed[done:], claim)
    del outcomes[""]
    return SendReport(**outcomes)


def _read_facts(organization_id: UUID, ids: list[UUID], now: datetime) -> dict[UUID, Any]:
    """What kinds that can do so read for many messages at once. A kind that trips over one reads each by itself."""
    found: dict[UUID, Any] = {}
    with scope(organization_id):
        by_kind: dict[str, list[Message]] = defaultdict(list)
        for message in Message.objects.filter(pk__in=ids[:FACTS_OF]):
            by_kind[message.kind].append(message)
        for name, messages in by_kind.items():
            kind = KINDS.get(name)
            if kind is None or kind.facts is None:
                continue
            try:
                with transaction.atomic():
                    found.update(kind.facts(messages, now))
            except INTERRUPTIONS:
                raise
            except Exception:
                logger.exception("The facts of %s could not be read together.", name)
    return found


def _claim(organization_id: UUID, lane: Lane | None, limit: int, *, now: datetime, until: datetime) -> list[UUID]:
    """Take messages that nobody has, in one short transaction; whoever else looks meanwhile gets the next ones."""
    # A claim that ends later than one made now is of before the clock was set back.
    is_free = Q(claimed_until=None) | Q(claimed_until__lte=now) | Q(claimed_until__gt=until)
    with scope(organization_id):
        due = Message.objects.due(at=now).filter(is_free)
        if lane is not None:
            due = due.filter(lane=lane)
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        if ids:
            Message.objects.filter(pk__in=ids).update(claimed_until=until)
    return ids


def _release(organization_id: UUID, ids: list[UUID], claim: datetime, **changes: str) -> None:
    if ids:
        with scope(organization_id):
            changes = {name: _words(text) for name, text in changes.items()}
            Message.objects.filter(pk__in=ids, claimed_until=claim).update(claimed_until=None, **changes)


def _deliver_claimed(
    pk: UUID, claim: datetime, organization: Organization, carrier: Carrier, now: datetime, facts: Any
) -> str:
    """Send or settle one message of ours in a transaction of its own; "" when it is no longer ours."""
    try:
        with scope(organization.pk):
            outcome = ""
            if message := _lock(pk, claim):
                message.facts = facts
                outcome = _deliver(message, organization, carrier, now)
    except INTERRUPTIONS:
        raise
    except Exception as error:  # whatever a kind's words or facts trip over is that message's trouble alone
        logger.exception("Message %s could not be written.", pk)
        with scope(organization.pk):
            message = _lock(pk, claim)
            if message is None:
                return ""
            return _settle(message, Message.State.DEAD, now, f"{type(error).__name__}: {error}", Cause.BROKEN)
    if outcome == "sent":
        carrier.pause()
    return outcome


def _lock(pk: UUID, claim: datetime) -> Message | None:
    """The message, as long as it is ours to send. Holding its row is what makes sending it twice impossible."""
    refused = RefusedAddress.objects.filter(person=OuterRef("recipient"), address=OuterRef("recipient__email"))
    return (
        Message.objects.filter(pk=pk, state=Message.State.PENDING, claimed_until=claim)
        .annotate(is_refused=Exists(refused))
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("recipient")
        .first()
    )


def _deliver(message: Message, organization: Organization, carrier: Carrier, now: datetime) -> str:
    """Send or settle one locked message, and say how it ended by the name of a SendReport field."""
    if message.expires_at and message.expires_at <= now:
        late = _("Its moment had passed before it could be sent.")
        return _settle(message, Message.State.SKIPPED, now, late, Cause.LATE)
    if reason := KINDS[message.kind].reason_untrue(message, now):
        return _settle(message, Message.State.SKIPPED, now, reason, Cause.UNTRUE)
    wish = wish_about(message, organization, now)
    if wish.reason:
        return _settle(message, Message.State.SKIPPED, now, wish.reason, Cause.UNWANTED)
    if wish.wait_until:
        return _wait(message, wish.wait_until)
    recipient: Any = message.recipient
    if not recipient.email:
        return _settle(message, Message.State.DEAD, now, _("The person has no email address."), Cause.NO_ADDRESS)
    if getattr(message, "is_refused", False):
        known = _("The mail host refused this address earlier. Nothing is sent there until somebody says it works.")
        return _settle(message, Message.State.DEAD, now, known, Cause.BAD_ADDRESS)
    mail = compose(message, organization, carrier.backend, now)
    carrier.open()
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        return _not_taken(message, carrier, now, error)
    return _settle(message, Message.State.SENT, now, "")


def _not_taken(message: Message, carrier: Carrier, now: datetime, error: Exception) -> str:
    """What the mail host said decides: later, never, or never to this address."""
    answers = carrier.answers_of(error)
    if not answers or any(code < 500 for code, _text in answers):
        return _postpone(message, now, error)
    said = f"{_('The mail host refused it.')} {'; '.join(f'{code} {text}' for code, text in answers)}"
    if not is_about_the_address(error):
        return _settle(message, Message.State.DEAD, now, said, Cause.REFUSED)
    recipient: Any = message.recipient
    RefusedAddress.objects.update_or_create(
        person=recipient, defaults={"address": recipient.email, "reason": _words(said), "refused_at": now}
    )
    return _settle(message, Message.State.DEAD, now, said, Cause.BAD_ADDRESS)


def _settle(message: Message, state: Message.State, now: datetime, reason: str, cause: str = "") -> str:
    message.state, message.settled_at, message.reason, message.cause = state, now, _words(reason), cause
    message.attempts += 1
    message.claimed_until = None
    kind = KINDS.get(message.kind)
    if kind is not None and kind.secret:
        message.payload, message.was_emptied = {}, True
    fields = ["state", "settled_at", "reason", "cause", "attempts", "claimed_until", "payload", "was_emptied"]
    message.save(update_fields=fields)
    if kind is not None and kind.settled:
        kind.settled(message, now)
    return {Message.State.SENT: "sent", Message.State.SKIPPED: "skipped"}.get(state, "failed")


def _wait(message: Message, until: datetime) -> str:
    """As the recipient wishes: not an attempt."""
    message.next_attempt_at, message.claimed_until = until, None
    message.save(update_fields=["next_attempt_at", "claimed_until", "digest"])
    return "postponed"


def _postpone(message: Message, now: datetime, error: Exception) -> str:
    if message.attempts >= len(BACKOFF):
        said = f"{_('The mail host did not take it.')} {error}"
        return _settle(message, Message.State.DEAD, now, said, Cause.GIVEN_UP)
    # Jitter, so that what failed together does not return together.
    message.next_attempt_at = now + BACKOFF[message.attempts] * random.uniform(1, 1.25)  # noqa: S311
    message.attempts += 1
    message.reason, message.claimed_until = _words(str(error)), None
    message.save(update_fields=["next_attempt_at", "attempts", "reason", "claimed_until"])
    return "postponed"


def _words(text: str) -> str:
    """What PostgreSQL keeps of a text from elsewhere."""
    return text.replace("\x00", "")[:300]


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
