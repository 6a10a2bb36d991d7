"""What the two people of a 1-on-1 get to read, and when."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from accounts.models import User
from mentoring.booking import cancel, move
from mentoring.models import Mentor, OneOnOne
from mentoring.reminders import queue_reminders
from mentoring.settling import settle
from mentoring.unconfirmed import queue_outcome_questions
from notifications.delivery import send_due
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mail import MailServer
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, booked, mentoring

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def given(cast: Cast) -> Iterator[Mentoring]:
    """Sending works outside any scope; Amira lives in Kathmandu."""
    User.objects.filter(pk=cast.amira.user_id).update(time_zone="Asia/Kathmandu")
    with scope(cast.organization.pk):
        made = mentoring(cast)
        Mentor.objects.update(video_link="https://meet.example/joris")
    return made


def send(given: Mentoring, now: datetime) -> None:
    send_due(organization_id=given.cast.organization.pk, now=now)


def remind(given: Mentoring, now: datetime) -> int:
    with scope(given.cast.organization.pk):
        return queue_reminders(now)


def one_on_one(given: Mentoring, **values: Any) -> OneOnOne:
    with scope(given.cast.organization.pk):
        return booked(given, **values)


def mail_to(server: MailServer, name: str) -> EmailMessage:
    [mail] = [mail for mail in server.messages if str(mail["To"]).startswith(name)]
    return mail


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_both_get_the_time_on_their_own_clock_with_the_zone_named(given: Mentoring, mail_server: MailServer) -> None:
    one_on_one(given, agenda="How do I hold out <data>?")
    send(given, NOW)
    to_amira, to_joris = mail_to(mail_server, "amira"), mail_to(mail_server, "joris")
    assert to_amira["Subject"] == "1-on-1 with Joris Hoekema: Wednesday 25 November 2026, 15:15 (Kathmandu)"
    assert to_joris["Subject"] == "1-on-1 with Amira Haddad: Wednesday 25 November 2026, 10:30 (Amsterdam)"
    assert "https://meet.example/joris" in text_of(to_amira)
    assert "/o/lantaarn/sessions/" in text_of(to_amira)
    assert "How do I hold out <data>?" in text_of(to_joris)
    assert "/o/lantaarn/week/?week=2026-W48" in text_of(to_joris)
    html = to_joris.get_body(("html",))
    assert html is not None
    assert "&lt;data&gt;" in html.get_content()


def test_a_move_tells_the_new_time_and_the_old(given: Mentoring, mail_server: MailServer) -> None:
    one = one_on_one(given)
    send(given, NOW)
    mail_server.messages.clear()
    with scope(given.cast.organization.pk):
        move(one_on_one=one, start=WEDNESDAY + DAY, by=given.cast.joris, now=NOW, sequence=0)
    send(given, NOW)
    mail = mail_to(mail_server, "joris")
    subject = "New time for your 1-on-1 with Amira Haddad: Thursday 26 November 2026, 10:30 (Amsterdam)"
    assert mail["Subject"] == subject
    assert "Before, it was on Wednesday 25 November 2026, 10:30 (Amsterdam)." in text_of(mail)


def test_a_cancellation_tells_who_and_why(given: Mentoring, mail_server: MailServer) -> None:
    one = one_on_one(given)
    send(given, NOW)
    mail_server.messages.clear()
    with scope(given.cast.organization.pk):
        cancel(one_on_one=one, reason="My train is late", by=given.cast.joris, now=NOW)
    send(given, NOW)
    text = text_of(mail_to(mail_server, "amira"))
    assert "was cancelled by Joris Hoekema." in text
    assert "My train is late" in text


def test_what_became_untrue_before_it_was_sent_stays_here(given: Mentoring, mail_server: MailServer) -> None:
    one = one_on_one(given)
    with scope(given.cast.organization.pk):
        cancel(one_on_one=one, reason="Ill", by=given.cast.amira, now=NOW)
    send(given, NOW)
    assert {str(mail["Subject"]).partition(":")[0] for mail in mail_server.messages} == {"Cancelled"}
    with scope(given.cast.organization.pk):
        reasons = Message.objects.filter(kind="one_on_one_booked").values_list("state", "reason")
        assert list(reasons) == [("skipped", "The 1-on-1 was cancelled.")] * 2


def test_reminders_leave_a_day_and_an_hour_before_once_each(given: Mentoring, mail_server: MailServer) -> None:
    one_on_one(given)
    send(given, NOW)
    mail_server.messages.clear()
    assert remind(given, WEDNESDAY - DAY - MINUTE) == 0
    assert (remind(given, WEDNESDAY - DAY), remind(given, WEDNESDAY - DAY + 5 * MINUTE)) == (2, 0)
    assert (remind(given, WEDNESDAY - HOUR - MINUTE), remind(given, WEDNESDAY - HOUR)) == (0, 2)
    send(given, WEDNESDAY - HOUR)
    # The earlier one expired: sending it now would only repeat the later one.
    subject = "Reminder: 1-on-1 with Joris Hoekema, Wednesday 25 November 2026, 15:15 (Kathmandu)"
    assert mail_to(mail_server, "amira")["Subject"] == subject


def test_missed_runs_are_caught_up_and_what_has_begun_is_not(given: Mentoring) -> None:
    one_on_one(given)
    assert remind(given, WEDNESDAY - 10 * HOUR) == 2
    assert remind(given, WEDNESDAY - MINUTE) == 2
    assert remind(given, WEDNESDAY) == 0


def test_a_moved_session_reminds_anew_and_no_longer_of_the_old_time(given: Mentoring, mail_server: MailServer) -> None:
    one = one_on_one(given)
    assert remind(given, WEDNESDAY - DAY) == 2
    with scope(given.cast.organization.pk):
        move(one_on_one=one, start=WEDNESDAY + 5 * DAY, by=given.cast.amira, now=WEDNESDAY - DAY, sequence=0)
    send(given, WEDNESDAY - DAY)
    assert "Reminder" not in " ".join(str(mail["Subject"]) for mail in mail_server.messages)
    mail_server.messages.clear()
    assert remind(given, WEDNESDAY + 4 * DAY) == 2
    send(given, WEDNESDAY + 4 * DAY)
    assert mail_to(mail_server, "joris")["Subject"] == (
        "Reminder: 1-on-1 with Amira Haddad, Monday 30 November 2026, 10:30 (Amsterdam)"
    )


def test_who_sets_the_time_after_the_reminder_was_due_gets_the_next_one(given: Mentoring) -> None:
    with scope(given.cast.organization.pk):
        Mentor.objects.update(min_notice=30)
        booked(given, now=WEDNESDAY - 3 * HOUR)
    assert remind(given, WEDNESDAY - 2 * HOUR) == 0
    assert remind(given, WEDNESDAY - HOUR) == 2


def test_nobody_is_reminded_of_what_is_cancelled_or_settled(given: Mentoring) -> None:
    first = one_on_one(given)
    second = one_on_one(given, start=WEDNESDAY + 45 * MINUTE)
    with scope(given.cast.organization.pk):
        cancel(one_on_one=first, reason="Ill", by=given.cast.amira, now=NOW)
        settle(one_on_one=second, outcome="held", by=given.cast.joris, now=WEDNESDAY + 45 * MINUTE)
    assert remind(given, WEDNESDAY - HOUR) == 0


def test_reminders_of_three_cost_as_many_queries_as_of_one(
    given: Mentoring, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with scope(given.cast.organization.pk):
        for number in range(3):
            booked(given, start=WEDNESDAY + number * 45 * MINUTE)
            with django_assert_num_queries(4):  # type: ignore[operator]
                queue_reminders(WEDNESDAY - HOUR + number * 45 * MINUTE)


# -- how did it go? ----------------------------------------------------------------------------------------------------


def ask(given: Mentoring, now: datetime) -> int:
    with scope(given.cast.organization.pk):
        return queue_outcome_questions(now)


def test_both_are_asked_once_an_hour_after_the_end(given: Mentoring, mail_server: MailServer) -> None:
    one = one_on_one(given)
    with scope(given.cast.organization.pk):
        Message.objects.all().delete()
    end = WEDNESDAY + 45 * MINUTE
    assert ask(given, end + HOUR - MINUTE) == 0
    assert [ask(given, end + HOUR), ask(given, end + HOUR + MINUTE), ask(given, end + 6 * DAY)] == [2, 0, 0]
    send(given, end + HOUR)
    to_amira, to_joris = mail_to(mail_server, "amira"), mail_to(mail_server, "joris")
    assert to_amira["Subject"] == "How did your 1-on-1 with Joris Hoekema go?"
    assert "Wednesday 25 November 2026, 15:15 (Kathmandu)" in text_of(to_amira)
    assert f"/o/lantaarn/sessions/{one.pk}/" in text_of(to_joris)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_question_speaks_the_readers_language(given: Mentoring, mail_server: MailServer, language: str) -> None:
    User.objects.update(language=language)
    one_on_one(given)
    with scope(given.cast.organization.pk):
        Message.objects.all().delete()
    ask(given, WEDNESDAY + DAY)
    send(given, WEDNESDAY + DAY)
    expected = {"en": "How did your 1-on-1", "nl": "Hoe ging je 1-op-1"}[language]
    assert [str(mail["Subject"]).startswith(expected) for mail in mail_server.messages] == [True, True]


def test_nobody_is_asked_about_what_is_settled_meanwhile_or_long_ago(given: Mentoring, mail_server: MailServer) -> None:
    one = one_on_one(given)
    with scope(given.cast.organization.pk):
        Message.objects.all().delete()
    assert ask(given, WEDNESDAY + 8 * DAY) == 0
    assert ask(given, WEDNESDAY + DAY) == 2
    with scope(given.cast.organization.pk):
        settle(one_on_one=one, outcome="held", by=given.cast.joris, now=WEDNESDAY + DAY)
    send(given, WEDNESDAY + DAY)
    assert mail_server.messages == []
    with scope(given.cast.organization.pk):
        assert {message.reason for message in Message.objects.all()} == {"Somebody said how it went."}
