"""1-on-1s in calendars: the part of a mail that they take over, and a feed that they fetch.

Notes never leave by here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from icalendar import Event

from accounts.models import User
from mentoring.models import OneOnOne
from notifications import calendar_parts

PRODUCT = "-//Gilde//1-on-1s//EN"
REFRESH = timedelta(hours=1)


def invitation(one_on_one: OneOnOne, *, recipient: User, at: datetime, is_off: bool = False) -> tuple[str, str]:
    """Method and text of the part that puts the 1-on-1 into the recipient's calendar, or takes it out: when it was
    cancelled, or `is_off` for them.

    The 1-on-1 comes with its people.
    """
    is_off = is_off or one_on_one.status == OneOnOne.Status.CANCELLED
    return calendar_parts.invitation(
        _event(one_on_one, viewer=recipient, at=at, is_off=is_off),
        product=PRODUCT,
        description=_description(one_on_one),
        recipient=recipient,
        organizer=one_on_one.organization.name,
        is_off=is_off,
    )


def feed(one_on_ones: Iterable[OneOnOne], *, viewer: User, name: str, besides: Iterable[Event] = ()) -> bytes:
    """All of them, and other events besides, as a calendar to subscribe to; the same meetings give the same bytes.

    The 1-on-1s come with their people.
    """
    # The stamp is when the time was set, not now: otherwise every fetch would look like news.
    events = (_event(one, viewer=viewer, at=one.scheduled_at, is_off=False) for one in one_on_ones)
    calendar = calendar_parts.calendar_of(calendar_parts.PUBLISH, [*events, *besides], product=PRODUCT)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    return bytes(calendar.to_ical())


def _event(one_on_one: OneOnOne, *, viewer: User, at: datetime, is_off: bool) -> Event:
    return calendar_parts.meeting(
        uid=str(one_on_one.calendar_uid),
        sequence=one_on_one.sequence,
        stamp=at,
        start=one_on_one.starts_at,
        end=one_on_one.ends_at,
        summary=_("1-on-1 with %(name)s") % {"name": _other(one_on_one, viewer)},
        place=one_on_one.mentor.video_link,
        is_off=is_off,
    )


def _description(one_on_one: OneOnOne) -> str:
    parts = [one_on_one.organization.name, one_on_one.agenda, one_on_one.cancel_reason]
    return "\n\n".join(part for part in parts if part)


def _other(one_on_one: OneOnOne, viewer: User) -> str:
    learns = viewer.pk == one_on_one.learner_person_id
    return str(one_on_one.mentor.membership if learns else one_on_one.enrollment.learner)
