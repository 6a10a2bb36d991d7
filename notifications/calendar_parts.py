"""Meetings as iCalendar (RFC 5545): the part of a mail that calendars take over, and calendars to subscribe to.

A meeting keeps its UID for life and its SEQUENCE rises with every new time, so that Google, Outlook and Apple replace
what they have instead of adding to it (RFC 5546). Times are in UTC: each calendar shows its owner's clock, and no
zone has to be described.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"


def meeting(
    *, uid: str, sequence: int, stamp: datetime, start: datetime, end: datetime, summary: str, place: str, is_off: bool
) -> Event:
    """One meeting, on or off; `place` is a room or an address, and may be empty."""
    event = Event()
    event.add("uid", f"{uid}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", sequence)
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", start.astimezone(UTC))
    event.add("dtend", end.astimezone(UTC))
    event.add("summary", summary)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    if place:
        event.add("location", place)
    return event


def invitation(
    event: Event, *, product: str, description: str, recipient: Any, organizer: str, is_off: bool
) -> tuple[str, str]:
    """Method and text of the part that puts the meeting into the recipient's calendar, or takes it out."""
    method = CANCEL if is_off else REQUEST
    event.add("description", description)
    # The organization invites: nobody's own answer can then change the meeting of the others.
    event["organizer"] = _address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], organizer)
    attendee = _address(recipient.email, recipient.name)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    event.add("attendee", attendee, encode=False)
    return method, calendar_of(method, [event], product=product).to_ical().decode()


def calendar_of(method: str, events: Iterable[Event], *, product: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", product)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return calendar


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(name)
    return address
