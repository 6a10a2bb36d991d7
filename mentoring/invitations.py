"""1-on-1s as iCalendar (RFC 5545): the part of a mail that calendars take over, and a feed that they fetch.

A meeting keeps its UID for life and its SEQUENCE rises with every new time, so that Google, Outlook and Apple replace
what they have instead of adding to it (RFC 5546). Times are in UTC: each calendar shows its owner's clock, and no
zone has to be described. Notes never leave by here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from accounts.models import User
from mentoring.models import OneOnOne

PRODUCT = "-//Gilde//1-on-1s//EN"
REFRESH = timedelta(hours=1)
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"


def invitation(one_on_one: OneOnOne, *, recipient: User, at: datetime, is_off: bool = False) -> tuple[str, str]:
    """Method and text of the part that puts the 1-on-1 into the recipient's calendar, or takes it out: when it was
    cancelled, or `is_off` for them.

    The 1-on-1 comes with its people.
    """
    is_off = is_off or one_on_one.status == OneOnOne.Status.CANCELLED
    method = CANCEL if is_off else REQUEST
    event = _event(one_on_one, viewer=recipient, at=at, is_off=is_off)
    event.add("description", _description(one_on_one))
    # The organization invites: nobody's own answer can then change the meeting of the two.
    event["organizer"] = _address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], one_on_one.organization.name)
    attendee = _address(recipient.email, recipient.name)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    event.add("attendee", attendee, encode=False)
    return method, _calendar(method, [event]).to_ical().decode()


def feed(one_on_ones: Iterable[OneOnOne], *, viewer: User, name: str, besides: Iterable[Event] = ()) -> bytes:
    """All of them, and other events besides, as a calendar to subscribe to; the same meetings give the same bytes.

    The 1-on-1s come with their people.
    """
    # The stamp is when the time was set, not now: otherwise every fetch would look like news.
    events = (_event(one, viewer=viewer, at=one.scheduled_at, is_off=False) for one in one_on_ones)
    calendar = _calendar(PUBLISH, [*events, *besides])
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    return bytes(calendar.to_ical())


def _calendar(method: str, events: Iterable[Event]) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return calendar


def _event(one_on_one: OneOnOne, *, viewer: User, at: datetime, is_off: bool) -> Event:
    event = Event()
    event.add("uid", f"{one_on_one.calendar_uid}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", one_on_one.sequence)
    event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", one_on_one.starts_at.astimezone(UTC))
    event.add("dtend", one_on_one.ends_at.astimezone(UTC))
    event.add("summary", _("1-on-1 with %(name)s") % {"name": _other(one_on_one, viewer)})
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    if one_on_one.mentor.video_link:
        event.add("location", one_on_one.mentor.video_link)
    return event


def _description(one_on_one: OneOnOne) -> str:
    parts = [one_on_one.organization.name, one_on_one.agenda, one_on_one.cancel_reason]
    return "\n\n".join(part for part in parts if part)


def _other(one_on_one: OneOnOne, viewer: User) -> str:
    learns = viewer.pk == one_on_one.learner_person_id
    return str(one_on_one.mentor.membership if learns else one_on_one.enrollment.learner)


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(name)
    return address
