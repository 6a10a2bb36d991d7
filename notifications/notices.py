"""The list of notifications inside Gilde: what enters it, what is unread."""

from collections.abc import Mapping
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


def notice_of(message: Message, subjects: Mapping[str, str], path: str, *, at: datetime) -> Notice:
    """The message as it enters its recipient's list: in every language they may read it in."""
    titles = {code: subject[:TITLE_LENGTH] for code, subject in subjects.items()}
    return Notice(person=message.recipient, message=message, kind=message.kind, titles=titles, path=path, posted_at=at)


def subjects_of(message: Message, organization: Organization) -> tuple[dict[str, str], str]:
    """What the message says in one line, by language and in its recipient's zone, and where it leads."""
    recipient: Any = message.recipient
    subjects, path = {}, ""
    with timezone.override(ZoneInfo(recipient.time_zone or organization.time_zone)):
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                subjects[code], path = headline(message, organization)
    return subjects, path


def headline(message: Message, organization: Organization) -> tuple[str, str]:
    """What the message says in one line, in the language in force, and the path or address that it leads to."""
    context = {**KINDS[message.kind].context(message), "recipient": message.recipient, "organization": organization}
    subject = render_to_string(f"notifications/mails/{message.kind}.subject.txt", context)
    return " ".join(subject.split()), str(context.get("action_url", ""))


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
