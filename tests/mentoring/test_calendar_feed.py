"""1-on-1s in people's own calendars: the part of a mail that is taken over, and the private feed."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Role, User
from mentoring.booking import cancel, move
from mentoring.feeds import make_feed, revoke_feed
from mentoring.models import CalendarFeed, Mentor, OneOnOne
from notifications.delivery import send_due
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mail import MailServer
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, a_cohort, an_enrollment, booked, mentoring


@pytest.fixture
def given(cast: Cast) -> Mentoring:
    with scope(cast.organization.pk):
        made = mentoring(cast)
        Mentor.objects.update(video_link="https://meet.example/joris")
    return made


def one_on_one(given: Mentoring, **values: Any) -> OneOnOne:
    with scope(given.cast.organization.pk):
        return booked(given, **values)


def send(given: Mentoring, now: datetime = NOW) -> None:
    send_due(organization_id=given.cast.organization.pk, now=now)


def part_of(mail: EmailMessage) -> EmailMessage:
    *_others, last = mail.walk()
    assert last.get_content_type() == "text/calendar"
    assert isinstance(last, EmailMessage)
    return last


def event_of(part: EmailMessage) -> dict[str, str]:
    [event] = Calendar.from_ical(part.get_content()).walk("VEVENT")
    return {name: event.get(name).to_ical().decode() for name in event if name != "DTSTAMP"}


def to(server: MailServer, name: str) -> list[EmailMessage]:
    return [mail for mail in server.messages if str(mail["To"]).startswith(name)]


class TestInvitations:
    def test_booking_puts_the_meeting_into_both_calendars(self, given: Mentoring, mail_server: MailServer) -> None:
        made = one_on_one(given, agenda="How do I hold out data?")
        send(given)

        part = part_of(to(mail_server, "amira")[0])
        assert (part.get_param("method"), part.get_param("charset")) == ("REQUEST", "utf-8")
        assert "METHOD:REQUEST" in part.get_content().splitlines()
        assert event_of(part) == {
            "UID": f"{made.calendar_uid}@localhost",
            "SEQUENCE": "0",
            "DTSTART": f"{made.starts_at:%Y%m%dT%H%M%SZ}",
            "DTEND": f"{made.ends_at:%Y%m%dT%H%M%SZ}",
            "SUMMARY": "1-on-1 with Joris Hoekema",
            "STATUS": "CONFIRMED",
            "TRANSP": "OPAQUE",
            "CLASS": "PRIVATE",
            "LOCATION": "https://meet.example/joris",
            "DESCRIPTION": "Lantaarn Academy\\n\\nHow do I hold out data?",
            "ORGANIZER": "mailto:gilde@localhost",
            "ATTENDEE": "mailto:amira@lantaarn.example",
        }
        theirs = event_of(part_of(to(mail_server, "joris")[0]))
        assert (theirs["SUMMARY"], theirs["UID"]) == ("1-on-1 with Amira Haddad", f"{made.calendar_uid}@localhost")

    def test_moving_updates_it_and_cancelling_takes_it_out(self, given: Mentoring, mail_server: MailServer) -> None:
        made = one_on_one(given)
        send(given)
        with scope(given.cast.organization.pk):
            moved = move(one_on_one=made, start=WEDNESDAY + DAY, by=given.cast.amira, now=NOW, sequence=0)
        send(given)
        with scope(given.cast.organization.pk):
            cancel(one_on_one=moved, reason="Ill", by=given.cast.joris, now=NOW)
        send(given)

        parts = [part_of(mail) for mail in to(mail_server, "amira")]
        events = [event_of(part) for part in parts]
        assert [part.get_param("method") for part in parts] == ["REQUEST", "REQUEST", "CANCEL"]
        assert [event["SEQUENCE"] for event in events] == ["0", "1", "2"]
        assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
        assert len({event["UID"] for event in events}) == 1
        assert events[1]["DTSTART"] == f"{WEDNESDAY + DAY:%Y%m%dT%H%M%SZ}"

    def test_text_of_people_cannot_add_lines(self, given: Mentoring, mail_server: MailServer) -> None:
        one_on_one(given, agenda="Help\r\nEND:VEVENT\r\nATTENDEE:mailto:eve@evil.example;\\, é" + "x" * 200)
        send(given)

        text = part_of(to(mail_server, "amira")[0]).get_content()
        assert text.count("END:VEVENT") - text.count("\\nEND:VEVENT") == 1
        assert all(len(line.encode()) <= 75 for line in text.splitlines())


class TestFeed:
    def address(self, person: Membership) -> str:
        return f"/calendar/{make_feed(user=person.user, now=NOW)}.ics"

    def summaries(self, client: Client, address: str) -> list[str]:
        response = client.get(address)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        return [str(event["SUMMARY"]) for event in Calendar.from_ical(response.content).walk("VEVENT")]

    def test_feed_shows_the_meetings_of_one_person_without_notes(self, given_page: Mentoring, client: Client) -> None:
        one_on_one(given_page, agenda="My secret worry")

        assert self.summaries(client, self.address(given_page.cast.amira)) == ["1-on-1 with Joris Hoekema"]
        assert self.summaries(client, self.address(given_page.cast.joris)) == ["1-on-1 with Amira Haddad"]
        assert self.summaries(client, self.address(given_page.cast.daan)) == []
        assert b"secret" not in client.get(self.address(given_page.cast.amira)).content

    def test_feed_spans_the_organizations_of_a_person(self, given_page: Mentoring, client: Client) -> None:
        """Amira learns at Lantaarn and mentors Otto elsewhere."""
        cast = given_page.cast
        one_on_one(given_page)
        with scope(cast.elsewhere.pk):
            membership = Membership.objects.create(
                user=cast.amira.user, name="Amira H.", roles=[Role.MENTOR], joined_at=NOW
            )
            learner = an_enrollment(a_cohort(), cast.otto, membership)
            mentor = Mentor.objects.create(membership=membership, time_zone="UTC")
            start = WEDNESDAY + 3 * DAY
            OneOnOne.objects.create(
                mentor=mentor, enrollment=learner, mentor_person=cast.amira.user, learner_person=cast.otto.user,
                during=(start, start + timedelta(minutes=45)),
            )  # fmt: skip

        assert self.summaries(client, self.address(cast.amira)) == [
            "1-on-1 with Joris Hoekema",
            "1-on-1 with Otto Elders",
        ]

    def test_unchanged_feed_is_not_sent_again(self, given_page: Mentoring, client: Client) -> None:
        made = one_on_one(given_page)
        address = self.address(given_page.cast.amira)
        etag = client.get(address).headers["ETag"]

        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
        with scope(given_page.cast.organization.pk):
            move(one_on_one=made, start=WEDNESDAY + DAY, by=given_page.cast.amira, now=NOW, sequence=0)
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 200

    def test_only_the_newest_address_works_until_it_is_revoked(self, given_page: Mentoring, client: Client) -> None:
        amira = given_page.cast.amira
        old, new = self.address(amira), self.address(amira)

        assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
        assert revoke_feed(user=amira.user) is True
        assert client.get(new).status_code == 404
        assert revoke_feed(user=amira.user) is False

    def test_who_may_not_sign_in_has_no_feed(self, given_page: Mentoring, client: Client) -> None:
        address = self.address(given_page.cast.amira)
        User.objects.filter(pk=given_page.cast.amira.user_id).update(is_active=False)

        assert client.get(address).status_code == 404

    def test_cancelled_ones_are_not_in_it(self, given_page: Mentoring, client: Client) -> None:
        made = one_on_one(given_page)
        with scope(given_page.cast.organization.pk):
            cancel(one_on_one=made, reason="Ill", by=given_page.cast.joris, now=NOW)

        assert self.summaries(client, self.address(given_page.cast.amira)) == []

    def test_number_of_meetings_does_not_change_the_queries(
        self, given_page: Mentoring, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        one_on_one(given_page)
        address = self.address(given_page.cast.amira)
        with django_assert_num_queries(FEED_QUERIES):
            client.get(address)
        for days in (1, 2):
            one_on_one(given_page, start=WEDNESDAY + days * DAY)
        with django_assert_num_queries(FEED_QUERIES):
            assert len(self.summaries(client, address)) == 3


#: The person by their token, and the transactions of their memberships and of one organization with its meetings
#: and presentations, its enrollments and their milestones.
FEED_QUERIES = 16


class TestPage:
    def test_address_is_shown_once_and_only_its_hash_is_kept(self, given_page: Mentoring, sign_in: Any) -> None:
        client = sign_in(given_page.cast.amira)
        page = client.post("/calendar/", {"do": "make"}).content.decode()
        [token] = set(re.findall(r"/calendar/([\w-]+)\.ics", page))

        [feed] = CalendarFeed.objects.all()
        assert feed.token_hash == CalendarFeed.hash_of(token)
        assert client.get(f"/calendar/{token}.ics").status_code == 200
        assert token not in client.get("/calendar/").content.decode()

    def test_revoking_stops_it(self, given_page: Mentoring, sign_in: Any) -> None:
        client = sign_in(given_page.cast.joris)
        client.post("/calendar/", {"do": "make"})
        client.post("/calendar/", {"do": "revoke"})

        assert CalendarFeed.objects.count() == 0
        assert "Make a private address" in client.get("/calendar/").content.decode()

    def test_nobody_signs_in_first(self, client: Client, db: None) -> None:
        assert client.get("/calendar/").headers["Location"] == "/accounts/login/?next=/calendar/"
