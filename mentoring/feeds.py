"""A person's own calendar feed: made, replaced, revoked, and read by whoever knows its address."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from icalendar import Event

from accounts.models import User
from accounts.organizing import memberships_of
from cohorts.engagements import events_of
from cohorts.milestone_calendar import own_events
from mentoring.engagements import ONE_ON_ONES
from mentoring.invitations import feed
from mentoring.models import CalendarFeed, OneOnOne
from organizations.scope import scope, without_scope

#: How far back the feed reaches; calendars keep what they have seen longer than that.
LOOKS_BACK = timedelta(days=90)


def make_feed(*, user: User, now: datetime) -> str:
    """Give the person a new secret token, which is nowhere else to be had; the one before stops working."""
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.update_or_create(
        user=user, defaults={"token_hash": CalendarFeed.hash_of(token), "created_at": now}
    )
    return token


def revoke_feed(*, user: User) -> bool:
    """Stop the person's feed; False when there was none."""
    return bool(CalendarFeed.objects.filter(user=user).delete()[0])


def person_with_token(token: str) -> User | None:
    """Whose feed it is, as long as they may sign in."""
    found = CalendarFeed.objects.filter(token_hash=CalendarFeed.hash_of(token), user__is_active=True)
    row = found.select_related("user").first()
    return row.user if row else None


@without_scope
def read_feed(*, user: User, now: datetime) -> bytes:
    """The person's 1-on-1s, presentations and milestones in every organization they belong to, as iCalendar.

    In their language.
    """
    found: list[OneOnOne] = []
    days: list[Event] = []
    with translation.override(user.language or settings.LANGUAGE_CODE):
        for membership in memberships_of(user):
            with scope(membership.organization.pk):
                found += OneOnOne.objects.in_calendar_of(user, since=now - LOOKS_BACK)
                days += events_of(user, since=now - LOOKS_BACK, besides=ONE_ON_ONES)
                days += own_events(user, since=(now - LOOKS_BACK).date())
        found.sort(key=lambda one: one.starts_at)
        return feed(found, viewer=user, name=translation.gettext("1-on-1s, presentations and milestones"), besides=days)
