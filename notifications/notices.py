"""The list of notifications inside Gilde: what enters it, what is unread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone, translation

from notifications.kinds import KINDS
from notifications.models import Message
from notifications.records import Notice
from organizations.models import Organization

TITLE_LENGTH = 300


@dataclass(frozen=True)
class Headline:
    """What a message says in one line, in one language, and what its templates are given in that language."""

    subject: str
    context: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where it leads: a path or an address, or nothing."""
        return str(self.context.get("action_url", ""))


def notice_of(message: Message, headlines: Mapping[str, Headline], *, at: datetime) -> Notice:
    """The message as it enters its recipient's list: in every language they may read it in."""
    titles = {code: headline.subject[:TITLE_LENGTH] for code, headline in headlines.items()}
    path = next((headline.path for headline in headlines.values()), "")
    return Notice(
        person_id=message.recipient_id,
        message_id=message.pk,
        kind=message.kind,
        titles=titles,
        path=path,
        posted_at=at,
    )


def headlines_of(message: Message, organization: Organization) -> dict[str, Headline]:
    """By language, in the zone of its recipient."""
    recipient: Any = message.recipient
    headlines = {}
    with timezone.override(ZoneInfo(recipient.time_zone or organization.time_zone)):
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                headlines[code] = headline_of(message, organization)
    return headlines


def headline_of(message: Message, organization: Organization) -> Headline:
    """In the language and zone in force."""
    context = {**KINDS[message.kind].context(message), "recipient": message.recipient, "organization": organization}
    subject = render_to_string(f"notifications/mails/{message.kind}.subject.txt", context)
    return Headline(" ".join(subject.split()), context)


def unread_of(person: str) -> Coalesce:
    """How many notices are unread, beside another query's row whose `person` names the user: one index, no query."""
    unread = Notice.objects.unread().filter(person=OuterRef(person)).order_by().values("person")
    return Coalesce(Subquery(unread.annotate(number=Count("pk")).values("number")), 0, output_field=IntegerField())


def mark_read_about(message: Message, *, at: datetime) -> None:
    """What was read elsewhere is read in the list too."""
    Notice.objects.unread().filter(message=message).update(read_at=at)


def read_all(*, person: Any, at: datetime) -> int:
    """Mark everything as read and return how many were not."""
    return Notice.objects.unread().filter(person=person).update(read_at=at)
