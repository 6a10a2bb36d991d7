"""What a person wants of messages, and what that means for one message at the moment it would leave."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from notifications.digest import join_digest
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.records import DIGEST, Preferences
from organizations.models import Organization


@dataclass(frozen=True)
class Wish:
    """`reason` why no mail leaves, or until when it waits; neither: it leaves now. `is_listed`: it enters the list."""

    reason: str = ""
    wait_until: datetime | None = None
    is_listed: bool = False


def preferences_of(person: Any) -> Preferences:
    """The person's preferences in the organization in scope; unsaved ones when they never said any. One query."""
    return Preferences.objects.filter(person=person).first() or Preferences(person=person)


def change_preferences(
    *,
    person: Any,
    emails: Mapping[str, str],
    silent: Collection[str],
    quiet: tuple[time, time] | None,
    digest_hour: int,
    digest_weekday: int | None,
    muted_groups: Collection[UUID],
    now: datetime,
) -> None:
    """Save all of them. What waits for a digest is looked at anew, by what holds from now on.

    Values for kinds that nobody may switch off are ignored.
    """
    free = {name: kind for name, kind in KINDS.items() if not kind.mandatory}
    Preferences.objects.update_or_create(
        person=person,
        defaults={
            "emails": {
                name: email
                for name, email in emails.items()
                if name in free and email != Preferences.Email.NOW and email in Preferences.Email.values
            },
            "silent": sorted(set(silent) & free.keys()),
            "quiet_from": quiet[0] if quiet else None,
            "quiet_until": quiet[1] if quiet else None,
            "digest_hour": digest_hour,
            "digest_weekday": digest_weekday,
            "muted_groups": sorted(muted_groups),
        },
    )
    waiting = Message.objects.filter(recipient=person, state=Message.State.PENDING, digest__isnull=False)
    waiting.update(digest=None, next_attempt_at=now)


def set_email(*, person: Any, kind: str, email: str) -> str:
    """Say how mail of one kind comes, and return how it came until now."""
    preferences, _is_new = Preferences.objects.select_for_update().get_or_create(person=person)
    before = preferences.email(kind)
    preferences.emails = {**preferences.emails, kind: email}
    if email == Preferences.Email.NOW:
        del preferences.emails[kind]
    preferences.save(update_fields=["emails"])
    return before


def wish_about(message: Message, preferences: Preferences, organization: Organization, now: datetime) -> Wish:
    """What the recipient, who prefers that, wants done with a locked message that is due and still true.

    Asked when it would leave and not when it was queued: what they changed in between holds.
    """
    kind = KINDS[message.kind]
    if not kind.mandatory and preferences.mutes(message, kind):
        return Wish(reason=_("The person muted this cohort."))
    is_listed = kind.in_app and kind.name not in preferences.silent
    if kind.mandatory:
        return Wish(is_listed=is_listed)
    email = preferences.email(kind.name)
    if email == Preferences.Email.OFF:
        return Wish(reason=_("The person switched these mails off."), is_listed=is_listed)
    if kind.name == DIGEST:  # at the hour they chose
        return Wish()
    recipient: Any = message.recipient
    local = now.astimezone(ZoneInfo(recipient.time_zone or organization.time_zone))
    if email == Preferences.Email.DIGEST and kind.in_digest:
        at = next_digest(local, hour=preferences.digest_hour, weekday=preferences.digest_weekday)
        if until := join_digest(message, at=at, now=now):
            return Wish(wait_until=until, is_listed=is_listed)
    quiet_end = end_of_quiet(local, start=preferences.quiet_from, end=preferences.quiet_until)
    if quiet_end and not kind.breaks_quiet(message, quiet_end):
        return Wish(wait_until=quiet_end, is_listed=is_listed)
    return Wish(is_listed=is_listed)


def next_digest(local: datetime, *, hour: int, weekday: int | None) -> datetime:
    """The first time after `local`, in its zone, that the clock strikes that hour on that weekday (None: any day)."""
    for days in range(9):
        day = local.date() + timedelta(days=days)
        at = datetime.combine(day, time(hour), local.tzinfo)
        if at.timestamp() > local.timestamp() and weekday in (None, day.weekday()):
            return at
    raise ValueError(f"There is no weekday {weekday}.")


def end_of_quiet(local: datetime, *, start: time | None, end: time | None) -> datetime | None:
    """When the quiet hours that hold at `local` end, in its zone; None outside them."""
    if start is None or end is None:
        return None
    clock = local.time()
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not is_quiet:
        return None
    at = datetime.combine(local.date() + timedelta(days=clock >= end), end, local.tzinfo)
    if at.timestamp() <= local.timestamp():  # the hour that an autumn night has twice
        at = at.replace(fold=1)
    return at if at.timestamp() > local.timestamp() else None
