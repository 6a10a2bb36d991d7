"""What goes wrong with one message, one address or one organization is nobody else's trouble."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone, translation

from accounts.models import User
from notifications import kinds, unsubscribing
from notifications.addresses import refusal_of, trust_address
from notifications.carrier import Carrier, HostAway
from notifications.dead_letters import DeadCause, causes_of_death, resend, resend_all
from notifications.delivery import SendReport, send_due
from notifications.errors import MessageError
from notifications.looking import Look, look_at
from notifications.mail import Mail
from notifications.marking import Marks
from notifications.models import Lane, Message
from notifications.rounds import send_round
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, Cast, make_cast
from tests.mail import HANG_UP, SILENCE, MailServer
from tests.notifications.given import fates, give_kind, queue, send, untrue
from tests.worker import ROOT, environment

TURN = 20


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    give_kind(monkeypatch)


def test_a_batch_leaves_over_one_connection(cast: Cast, mail_server: MailServer) -> None:
    for number in range(5):
        queue(cast, str(number))
    assert send(cast) == SendReport(sent=5)
    assert mail_server.conversations == 1


def test_a_message_without_its_facts_is_a_dead_letter_and_the_others_leave(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "before")
    queue(cast, "broken", payload={})
    queue(cast, "after")
    assert send(cast) == SendReport(sent=2, failed=1)
    assert fates(cast) == {"before": ("sent", ""), "broken": ("dead", "broken"), "after": ("sent", "")}
    with scope(cast.organization.pk):
        assert Message.objects.get(key="broken").reason == "KeyError: 'name'"


def test_a_mail_is_written_while_the_host_thinks_about_the_one_before_it(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over, were_written = Carrier.hand_over, []

    def look_and_hand_over(carrier: Carrier, mail: Mail, **options: Any) -> Exception | None:
        were_written.append("content" in vars(mail))
        return hand_over(carrier, mail, **options)

    monkeypatch.setattr(Carrier, "hand_over", look_and_hand_over)
    for key in ("a", "b", "c"):
        queue(cast, key)
    assert send(cast) == SendReport(sent=3)
    assert were_written == [False, True, True]


def trip_over(number: int, problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes the mail that is so many places after the first, comes upon the problem."""
    links_in, seen = unsubscribing.links_in, list[UUID]()

    def stumble(message: Message, organization: Organization) -> unsubscribing.Links | None:
        if message.pk not in seen:
            seen.append(message.pk)
        if seen.index(message.pk) == number:
            raise problem
        return links_in(message, organization)

    monkeypatch.setattr(unsubscribing, "links_in", stumble)


@pytest.mark.parametrize("offers", [[], ["PIPELINING"]])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_mail_that_cannot_be_written_is_no_trouble_of_the_one_before_it(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, offers: list[str], number: int
) -> None:
    mail_server.offers = offers
    for key in ("a", "b", "c"):
        queue(cast, key)
    trip_over(number, ValueError("no"), monkeypatch)
    assert send(cast) == SendReport(sent=2, failed=1)
    assert list(fates(cast).values()).count(("dead", "broken")) == 1
    assert (len(mail_server.messages), mail_server.conversations) == (2, 1)


@pytest.mark.parametrize("offers", [[], ["PIPELINING"]])
def test_who_is_stopped_while_they_write_the_next_mail_repeats_none(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, offers: list[str]
) -> None:
    mail_server.offers = offers
    for key in ("a", "b", "c"):
        queue(cast, key)
    with monkeypatch.context() as patched:
        trip_over(2, SoftTimeLimitExceeded(), patched)
        with pytest.raises(SoftTimeLimitExceeded):
            send(cast)
    assert len(mail_server.messages) == 1
    assert send(cast, NOW + timedelta(minutes=10)) == SendReport(sent=2)
    assert len({mail["Message-ID"] for mail in mail_server.messages}) == len(mail_server.messages) == 3


def test_an_unknown_kind_is_a_dead_letter(cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(cast, "a")
    monkeypatch.delitem(kinds.KINDS, "test_note")
    assert send(cast) == SendReport(failed=1)
    assert fates(cast) == {"a": ("dead", "broken")}


def test_a_recipient_without_address_is_a_dead_letter(cast: Cast, mail_server: MailServer) -> None:
    User.objects.filter(pk=cast.amira.user_id).update(email="")
    queue(cast, "a")
    queue(cast, "b", recipient=cast.daan.user)
    assert send(cast) == SendReport(sent=1, failed=1)
    assert fates(cast) == {"a": ("dead", "no_address"), "b": ("sent", "")}


@pytest.mark.parametrize("offers", [[], ["PIPELINING"]])
@pytest.mark.parametrize(
    ("answer", "fate", "is_marked"),
    [
        ("550 5.1.1 No such person", ("dead", "bad_address"), True),
        ("553 Bad mailbox", ("dead", "bad_address"), True),
        ("554 5.7.1 Relay access denied", ("dead", "refused"), False),
        ("450 4.2.1 Greylisted, come back", ("pending", ""), False),
        ("421 Too busy", ("pending", ""), False),
    ],
)
def test_only_an_address_that_is_refused_for_good_is_marked(
    cast: Cast, mail_server: MailServer, answer: str, fate: tuple[str, str], is_marked: bool, offers: list[str]
) -> None:
    mail_server.offers = offers
    mail_server.refuses["amira@lantaarn.example"] = answer
    queue(cast, "a")
    queue(cast, "b", recipient=cast.daan.user)
    send(cast)
    assert fates(cast) == {"a": fate, "b": ("sent", "")}
    with scope(cast.organization.pk):
        assert bool(refusal_of(cast.amira.user)) == is_marked


def test_a_refused_address_is_not_tried_again_until_it_works(cast: Cast, mail_server: MailServer) -> None:
    mail_server.refuses["amira@lantaarn.example"] = "550 5.1.1 No such person"
    queue(cast, "a")
    send(cast)
    mail_server.refuses.clear()
    queue(cast, "b")
    assert send(cast) == SendReport(failed=1)
    assert mail_server.messages == []
    with scope(cast.organization.pk):
        assert trust_address(person=cast.amira.user)
        assert not trust_address(person=cast.amira.user)
        assert resend_all(cause="bad_address", now=NOW) == 2
    assert send(cast) == SendReport(sent=2)


def test_who_changes_their_address_gets_mail_again(cast: Cast, mail_server: MailServer) -> None:
    mail_server.refuses["amira@lantaarn.example"] = "550 5.1.1 No such person"
    queue(cast, "a")
    send(cast)
    User.objects.filter(pk=cast.amira.user_id).update(email="haddad@lantaarn.example")
    queue(cast, "b")
    assert send(cast) == SendReport(sent=1)


def test_a_message_refused_for_good_is_a_dead_letter_at_once(cast: Cast, mail_server: MailServer) -> None:
    mail_server.answers = ["554 5.6.0 We do not like these words"]
    queue(cast, "a")
    assert send(cast) == SendReport(failed=1)
    assert fates(cast) == {"a": ("dead", "refused")}
    with scope(cast.organization.pk):
        assert "554 5.6.0 We do not like these words" in Message.objects.get().reason


def test_a_mail_host_that_is_away_costs_no_attempt(cast: Cast, settings: object) -> None:
    queue(cast, "a")
    queue(cast, "b")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    with pytest.raises(HostAway, match="refused"):
        send(cast)
    with scope(cast.organization.pk):
        rows = Message.objects.values_list("state", "attempts", "claimed_until")
        assert list(rows) == [("pending", 0, None)] * 2
        assert "refused" in Message.objects.earliest("key").reason


@pytest.mark.parametrize("misbehavior", [HANG_UP, SILENCE])
def test_a_mail_host_that_hangs_up_or_falls_silent_gets_it_again_later_and_the_others_at_once(
    cast: Cast, mail_server: MailServer, settings: object, misbehavior: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.5  # type: ignore[attr-defined]
    queue(cast, "a")
    queue(cast, "b")
    mail_server.answers = [misbehavior]
    assert send(cast) == SendReport(sent=1, postponed=1)
    assert mail_server.conversations == 2
    assert send(cast, NOW + timedelta(hours=1)) == SendReport(sent=1)
    assert set(fates(cast).values()) == {("sent", "")}


def test_what_waits_behind_a_slow_mail_host_is_looked_at_again(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over = Carrier.hand_over

    def hand_over_slowly(carrier: Carrier, mail: Mail, **options: Any) -> Exception | None:
        untrue["b"] = "Done meanwhile."
        return hand_over(carrier, mail, **options)

    monkeypatch.setattr(Carrier, "hand_over", hand_over_slowly)
    monkeypatch.setattr("notifications.delivery.FRESH_SECONDS", 0.0)
    queue(cast, "a")
    queue(cast, "b")
    assert send(cast) == SendReport(sent=1, skipped=1)
    assert fates(cast) == {"a": ("sent", ""), "b": ("skipped", "untrue")}


def test_who_dies_between_the_hosts_acceptance_and_the_commit_repeats_one_message_under_its_message_id(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_given: object, **_named: object) -> None:
        raise OperationalError("killed")

    for key in ("a", "b", "c"):
        queue(cast, key)
    with monkeypatch.context() as patched:
        patched.setattr(Marks, "begin", die)
        with pytest.raises(OperationalError):
            send(cast)
    assert send(cast) == SendReport()
    assert send(cast, NOW + timedelta(minutes=10)) == SendReport(sent=3)
    said = [mail["Message-ID"] for mail in mail_server.messages]
    assert (len(said), len(set(said)), said[0]) == (4, 3, said[1])


@pytest.mark.parametrize("offers", [[], ["PIPELINING"]])
def test_no_message_ends_before_the_mark_of_the_one_before_it_is_committed(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, offers: list[str]
) -> None:
    wait = Marks.wait

    def die(marks: Marks) -> bool:
        if marks.pending is None:
            return False
        wait(marks)
        raise OperationalError("the server is gone")

    mail_server.offers = offers
    for key in ("a", "b", "c"):
        queue(cast, key)
    with monkeypatch.context() as patched:
        patched.setattr(Marks, "wait", die)
        with pytest.raises(OperationalError):
            send(cast)
    assert len(mail_server.messages) == 1
    assert sorted(fates(cast).values()) == [("pending", ""), ("pending", ""), ("sent", "")]
    assert send(cast, NOW + timedelta(minutes=10)) == SendReport(sent=2)
    assert len({mail["Message-ID"] for mail in mail_server.messages}) == len(mail_server.messages) == 3


def test_a_mark_that_cannot_be_made_ends_its_message_and_no_other(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, problems = Marks.wait, [IntegrityError("no")]

    def stumble(marks: Marks) -> bool:
        if marks.pending is None or not problems:
            return wait(marks)
        with connection.cursor() as cursor:  # as if it had not been made
            wait(marks)
            cursor.execute("UPDATE notifications_message SET state = 'pending', settled_at = NULL, claimed_until = %s",
                           [NOW + timedelta(seconds=120)])  # fmt: skip
        raise problems.pop()

    monkeypatch.setattr(Marks, "wait", stumble)
    queue(cast, "a")
    queue(cast, "b")
    assert send(cast) == SendReport(sent=1, failed=1)
    assert fates(cast) == {"a": ("dead", "broken"), "b": ("sent", "")}


def test_a_worker_killed_while_a_mark_is_under_way_repeats_one_message_at_most(
    transactional_db: None, mail_server: MailServer
) -> None:
    cast = make_cast()
    for number in range(6):
        queue(cast, str(number))
    command = [sys.executable, "-m", "tests.notifications.sender", str(cast.organization.pk), NOW.isoformat()]
    worker = subprocess.Popen(command, env=environment("http://localhost:8000"), cwd=ROOT)
    recipients = count(1)
    # The mark of the third is under way while the host hears whom the fourth is for.
    mail_server.at_recipient = lambda: worker.kill() if next(recipients) == 4 else None
    assert worker.wait(60) == -signal.SIGKILL
    assert len(mail_server.messages) == 3
    later, sent = NOW + timedelta(minutes=10), 0
    while left := 6 - list(fates(cast).values()).count(("sent", "")):
        assert 3 <= left <= 4
        sent = send(cast, later).sent
    said = [mail["Message-ID"] for mail in mail_server.messages]
    assert (len(set(said)), len(said), sent) in ((6, 6, 3), (6, 7, 4))


def test_what_another_worker_has_locked_for_a_moment_is_looked_at_again(
    transactional_db: None, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, looks = make_cast(), list[bool]()
    for key in ("a", "b"):
        queue(cast, key)
    other = psycopg.connect(**connection.get_connection_params())

    def look(*given: Any, **named: Any) -> Look:
        if not looks:
            other.execute("SELECT set_config('app.organization_id', %s, true)", [str(cast.organization.pk)])
            other.execute("SELECT FROM notifications_message WHERE key = 'a' FOR UPDATE")
        looks.append(named["waits"])
        try:
            return look_at(*given, **named)
        finally:
            other.rollback()

    monkeypatch.setattr("notifications.delivery.look_at", look)
    with other:
        assert send(cast) == SendReport(sent=2)
    assert looks == [False, True]
    assert fates(cast) == {"a": ("sent", ""), "b": ("sent", "")}


def test_a_killed_workers_claim_runs_out(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "a")
    with scope(cast.organization.pk):
        Message.objects.update(claimed_until=NOW + timedelta(seconds=60))
    assert send(cast) == SendReport()
    assert send(cast, NOW + timedelta(seconds=60)) == SendReport(sent=1)


def take_over(key: str) -> None:
    Message.objects.filter(key=key).update(claimed_until=NOW + timedelta(seconds=60))


@pytest.mark.parametrize("others", [(), ("a",)])
def test_who_lost_a_claim_before_the_message_left_does_not_send_it(
    cast: Cast, mail_server: MailServer, settings: object, monkeypatch: pytest.MonkeyPatch, others: tuple[str, ...]
) -> None:
    settings.DELIVERY_LEASE = 0  # type: ignore[attr-defined]
    for key in (*others, "lost"):
        queue(cast, key)

    def write_slowly(message: Message) -> dict[str, str]:
        take_over("lost")
        return {"name": message.payload["name"]}

    monkeypatch.setitem(kinds.KINDS, "test_note", replace(kinds.KINDS["test_note"], context=write_slowly))
    assert send(cast) == SendReport(sent=len(others))
    assert len(mail_server.messages) == len(others)
    assert fates(cast) == {**dict.fromkeys(others, ("sent", "")), "lost": ("pending", "")}
    with scope(cast.organization.pk):
        assert Message.objects.get(key="lost").claimed_until == NOW + timedelta(seconds=60)


def test_a_claim_lost_while_the_host_took_the_message_repeats_it_under_its_message_id(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over = Carrier.hand_over

    def hand_over_slowly(carrier: Carrier, mail: Mail, **options: Any) -> Exception | None:
        with scope(cast.organization.pk):
            take_over("a")
        return hand_over(carrier, mail, **options)

    monkeypatch.setattr(Carrier, "hand_over", hand_over_slowly)
    queue(cast, "a")
    assert send(cast) == SendReport()
    assert fates(cast) == {"a": ("pending", "")}
    monkeypatch.undo()
    give_kind(monkeypatch)
    assert send(cast, NOW + timedelta(seconds=60)) == SendReport(sent=1)
    first, second = (mail["Message-ID"] for mail in mail_server.messages)
    assert first == second


def test_a_clock_that_is_set_back_neither_repeats_nor_locks_up(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "sent")
    send(cast)
    queue(cast, "claimed", due_at=NOW - timedelta(hours=3))
    with scope(cast.organization.pk):
        Message.objects.filter(key="claimed").update(claimed_until=NOW + timedelta(seconds=60))
    assert send(cast, NOW - timedelta(hours=2)) == SendReport(sent=1)
    assert [len(mail_server.messages), send(cast)] == [2, SendReport()]


def test_an_organization_that_is_deleted_takes_its_messages_along(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "a", organization=cast.elsewhere)
    pk = cast.elsewhere.pk
    with scope(pk), connection.cursor() as cursor:
        for table in ("notifications_message", "accounts_membership"):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("DELETE FROM organizations_organization WHERE id = %s", [pk])
    assert send_due(organization_id=pk, now=NOW) == SendReport()
    assert not send_round(lane=Lane.DEFAULT, clock=lambda: NOW)


def test_what_changes_between_queue_and_send_is_not_sent(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "a")
    queue(cast, "b")
    untrue["a"] = "Does not want it anymore."
    assert send(cast) == SendReport(sent=1, skipped=1)
    assert fates(cast) == {"a": ("skipped", "untrue"), "b": ("sent", "")}


# -- whose turn it is --------------------------------------------------------------------------------------------------


def test_organizations_take_turns_and_the_urgent_go_first(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.rounds.TURN", TURN)
    for number in range(3 * TURN):
        queue(cast, f"many {number}")
    queue(cast, "one", organization=cast.elsewhere, recipient=cast.otto.user)
    monkeypatch.setitem(kinds.KINDS, "test_note", replace(kinds.KINDS["test_note"], lane=Lane.URGENT))
    queue(cast, "urgent", recipient=cast.daan.user)
    assert not send_round(lane=Lane.URGENT, clock=lambda: NOW)
    assert [mail["To"] for mail in mail_server.messages] == ["daan@lantaarn.example"]
    assert not send_round(lane=Lane.DEFAULT, clock=lambda: NOW)
    order = [mail["To"] for mail in mail_server.messages[1:]]
    assert len(order) == 3 * TURN + 1
    assert order.index("otto@elsewhere.example") in (0, TURN)


def test_without_a_lane_the_urgent_go_first(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(cast, "old", due_at=NOW - timedelta(hours=1))
    monkeypatch.setitem(kinds.KINDS, "test_note", replace(kinds.KINDS["test_note"], lane=Lane.URGENT))
    queue(cast, "new", recipient=cast.daan.user)
    send(cast)
    assert [mail["To"] for mail in mail_server.messages] == ["daan@lantaarn.example", "amira@lantaarn.example"]


def test_a_round_stops_when_its_time_is_up_and_says_that_something_is_left(cast: Cast, mail_server: MailServer) -> None:
    queue(cast, "a")
    assert send_round(lane=Lane.DEFAULT, clock=lambda: NOW, seconds=0)
    assert mail_server.messages == []
    with scope(cast.organization.pk):
        assert Message.objects.get().claimed_until is None


def test_messages_leave_no_faster_than_the_mail_host_may_get_them(
    cast: Cast, mail_server: MailServer, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_RATE = 60  # type: ignore[attr-defined]
    waits: list[float] = []
    monkeypatch.setattr("notifications.carrier.time.sleep", waits.append)
    for number in range(3):
        queue(cast, str(number))
    send(cast)
    assert [round(wait) for wait in waits] == [1, 2, 3]


# -- dead letters ------------------------------------------------------------------------------------------------------


def test_a_dead_letter_is_resent_with_all_its_attempts_and_its_message_id(cast: Cast, mail_server: MailServer) -> None:
    mail_server.answers = ["554 No"]
    queue(cast, "a")
    send(cast)
    with scope(cast.organization.pk):
        pk = Message.objects.get().pk
        resend(pk=pk, now=NOW)
        with pytest.raises(MessageError) as caught:
            resend(pk=pk, now=NOW)
        assert caught.value.code == "not_failed"
        row = Message.objects.get()
        assert (row.state, row.attempts, row.reason, row.cause) == ("pending", 0, "", "")
    assert send(cast) == SendReport(sent=1)
    assert mail_server.messages[0]["Message-ID"] == f"<{pk}@localhost>"


def test_a_dead_letter_that_is_too_late_by_now_is_skipped(cast: Cast, mail_server: MailServer) -> None:
    mail_server.answers = ["554 No"]
    queue(cast, "a", expires_at=NOW + timedelta(hours=1))
    send(cast)
    with scope(cast.organization.pk):
        assert resend_all(cause="refused", now=NOW + timedelta(hours=2)) == 1
    assert send(cast, NOW + timedelta(hours=2)) == SendReport(skipped=1)
    assert fates(cast) == {"a": ("skipped", "late")}


def test_what_was_secret_cannot_be_resent(cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, "test_note", replace(kinds.KINDS["test_note"], secret=True))
    mail_server.answers = ["554 No"]
    queue(cast, "a")
    send(cast)
    with scope(cast.organization.pk), translation.override("en"):
        assert causes_of_death() == [DeadCause("refused", "Refused by the mail host", 1, 0)]
        assert resend_all(cause="refused", now=NOW) == 0
        with pytest.raises(MessageError) as caught:
            resend(pk=Message.objects.get().pk, now=timezone.now())
    assert caught.value.code == "forgotten"


def test_resending_all_of_a_cause_leaves_the_other_causes(cast: Cast, mail_server: MailServer) -> None:
    mail_server.answers = ["554 No", "554 No"]
    for key in ("a", "b"):
        queue(cast, key)
    queue(cast, "c", payload={})
    send(cast)
    with scope(cast.organization.pk):
        assert [(cause.value, cause.count) for cause in causes_of_death()] == [("refused", 2), ("broken", 1)]
        assert resend_all(cause="refused", now=NOW) == 2
        with pytest.raises(MessageError, match="no such cause"):
            resend_all(cause="nonsense", now=NOW)
    assert fates(cast) == {"a": ("pending", ""), "b": ("pending", ""), "c": ("dead", "broken")}
