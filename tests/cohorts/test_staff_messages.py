"""Messages that staff write to learners: whom they reach, in whose words, once, and who was left out and why."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cohorts.errors import CohortError
from cohorts.history import record_status
from cohorts.merge_fields import check_fields, fill
from cohorts.models import Enrollment, Milestone, StaffMessage, StaffMessageStep
from cohorts.staff_audience import addressees_of, told_of
from cohorts.staff_messages import (
    cancel,
    change,
    counts_of,
    letter_to,
    plan,
    recipients_of,
    send,
    send_planned,
    send_test,
    write,
    zone_of,
)
from notifications.delivery import send_due
from notifications.models import Message
from notifications.records import Notice, Preferences
from tests.cohorts.given import a_cohort
from tests.cohorts.studying import TODAY, active, running_cohort
from tests.conftest import Cast
from tests.mail import MailServer

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
HELLO = "Hello {{ first_name }}, ask {{ mentor | your mentor }}."


@pytest.fixture
def people(lantaarn: Cast) -> list[Enrollment]:
    """Amira, whose mentor is Joris, and Daan, who has none."""
    cohort = running_cohort()
    return [active(cohort, lantaarn.amira, mentor=lantaarn.joris), active(cohort, lantaarn.daan)]


@pytest.fixture
def draft(lantaarn: Cast, people: list[Enrollment]) -> Callable[..., StaffMessage]:
    def made(text: str = HELLO, **options: Any) -> StaffMessage:
        said = {
            "audience": "cohorts", "cohorts": [people[0].cohort], "statuses": ["active"], "subject": "{{ cohort }}",
            "by": lantaarn.ilse, "now": NOON, **options,
        }  # fmt: skip
        message = write(text=text, **said)
        return StaffMessage.objects.select_related("organization", "by", "within").get(pk=message.pk)

    return made


def queued() -> dict[str, str]:
    rows = Message.objects.filter(kind__startswith="staff_message").order_by("recipient__email")
    return {row.recipient.name: row.payload["text"] for row in rows.select_related("recipient")}


def fates(message: StaffMessage) -> dict[str, str]:
    return {row.enrollment.learner.name: row.reason for row in recipients_of(message)}


def deliver(cast: Cast) -> None:
    """As a worker does, but inside the scope of the test."""
    send_due.__wrapped__(organization_id=cast.organization.pk, now=NOON)  # type: ignore[attr-defined]


def steps(message: StaffMessage) -> list[tuple[str, str | None]]:
    return [(row.what, row.by and row.by.name) for row in message.steps.select_related("by").order_by("at", "pk")]


def code_of(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(CohortError) as refused:
        act()
    return refused.value.code, str(refused.value)


# -- fields ------------------------------------------------------------------------------------------------------------


def test_fields_are_filled_once_and_a_name_in_markdown_is_a_name() -> None:
    values = {"first_name": "*{{ mentor }}*", "milestone_date": date(2026, 12, 9)}
    text = "Dear {{first_name}}: {{ mentor | your mentor }}, {{ milestone_date }}, {{ cohort }}."
    assert fill(text, values) == "Dear *{{ mentor }}*: your mentor, 9 December 2026, ."
    assert fill("{{ first_name }}", values, escapes=True) == r"\*\{\{ mentor \}\}\*"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{ grade }}", "unknown_field"),
        ("{{}}", "unknown_field"),
        ("{{ mentor", "broken_field"),
        ("}}", "broken_field"),
    ],
)
def test_unknown_and_broken_fields_are_refused(text: str, code: str) -> None:
    found, said = code_of(lambda: check_fields(f"Dear {{{{ first_name }}}}, {text}"))
    assert (found, "{{ first_name }}" in said) == (code, True)


def test_milestone_is_each_learners_next(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    message = draft("{{ next_milestone }} on {{ milestone_date }}")
    first = Milestone.objects.filter(cohort=people[0].cohort).order_by("due_on", "position")[0]
    lantaarn.amira.user.language = "nl"
    lantaarn.amira.user.save()
    send(message=message, by=lantaarn.ilse, now=NOON)
    assert queued()["Daan Kuiper"] == f"{first.title} on {first.due_on:%-d %B %Y}"
    assert "oktober" in queued()["Amira Haddad"] or "september" in queued()["Amira Haddad"]


# -- sending -----------------------------------------------------------------------------------------------------------


def test_it_reaches_each_in_their_own_words_once(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    message = draft()
    for _time in range(2):
        sent = send(message=message, by=lantaarn.ilse, now=NOON)
    assert queued() == {
        "Amira Haddad": "Hello Amira, ask Joris Hoekema.",
        "Daan Kuiper": "Hello Daan, ask your mentor.",
    }
    assert (sent.state, fates(sent)) == ("sent", {"Amira Haddad": "", "Daan Kuiper": ""})
    assert steps(sent) == [("written", "Ilse Brouwer"), ("sent", "Ilse Brouwer")]


def test_somebody_without_what_a_field_needs_is_named_before_it_goes(
    lantaarn: Cast, draft: Callable[..., StaffMessage]
) -> None:
    message = draft("Ask {{ mentor }}.")
    for act in (
        lambda: send(message=message, by=lantaarn.ilse, now=NOON),
        lambda: plan(message=message, send_at=NOON + DAY, by=lantaarn.ilse, now=NOON),
    ):
        code, said = code_of(act)
        assert code == "missing_field"
        assert said.startswith("There is nothing to fill in for {{ mentor }} for Daan Kuiper.")
        assert "{{ mentor | your own words }}" in said
    assert queued() == {}


def test_planned_message_goes_once_to_who_is_there_then(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    message = plan(message=draft(), send_at=NOON + DAY, by=lantaarn.ilse, now=NOON)
    assert (message.state, message.time_zone, send_planned(NOON + DAY - timedelta(minutes=1))) == (
        "planned",
        "Europe/Amsterdam",
        0,
    )
    record_status(
        enrollment=people[1], to="withdrawn", effective_on=TODAY, by=None, reason="work", at=NOON + timedelta(hours=1)
    )
    assert [send_planned(NOON + DAY + timedelta(minutes=minutes)) for minutes in (0, 5)] == [1, 0]
    assert fates(message) == {"Daan Kuiper": "Left the cohort: withdrawn.", "Amira Haddad": ""}
    assert list(queued()) == ["Amira Haddad"]
    assert steps(message) == [("written", "Ilse Brouwer"), ("planned", "Ilse Brouwer"), ("sent", None)]


def test_who_lost_their_mentor_before_it_went_is_skipped_with_the_reason(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    people[1].mentor = lantaarn.joris
    people[1].save()
    message = plan(message=draft("Ask {{ mentor }}."), send_at=NOON + DAY, by=lantaarn.ilse, now=NOON)
    people[1].mentor = None
    people[1].save()
    assert send_planned(NOON + DAY) == 1
    assert fates(message)["Daan Kuiper"] == "There is nothing to fill in for {{ mentor }}."


def test_what_could_not_go_for_a_day_is_a_draft_again(lantaarn: Cast, draft: Callable[..., StaffMessage]) -> None:
    message = plan(message=draft(), send_at=NOON + DAY, by=lantaarn.ilse, now=NOON)
    assert send_planned(NOON + 2 * DAY) == 0
    assert (StaffMessage.objects.get(pk=message.pk).state, queued(), steps(message)[-1]) == (
        "draft",
        {},
        ("missed", None),
    )


def test_it_can_be_changed_and_cancelled_until_it_goes(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    cohort, ilse = people[0].cohort, lantaarn.ilse
    message = plan(message=draft(), send_at=NOON + DAY, by=ilse, now=NOON)
    options: dict[str, Any] = {"subject": "Later", "is_mandatory": True, "cohorts": [cohort], "statuses": ["active"]}
    change(message=message, text="Bye {{ name }}.", by=ilse, now=NOON, **options)
    assert code_of(lambda: change(message=message, text="{{ mentor }}", by=ilse, now=NOON, **options))[0] == (
        "missing_field"
    )
    kept = StaffMessage.objects.get(pk=message.pk)
    assert (kept.state, kept.subject, kept.text, kept.is_mandatory) == ("planned", "Later", "Bye {{ name }}.", True)
    cancel(message=message, by=ilse, now=NOON)
    assert send_planned(NOON + DAY) == 0
    for act in (
        lambda: cancel(message=message, by=ilse, now=NOON),
        lambda: send(message=message, by=ilse, now=NOON),
        lambda: plan(message=message, send_at=NOON + DAY, by=ilse, now=NOON),
    ):
        assert code_of(act) == ("not_open", "It was cancelled. Write another one.")
    assert [what for what, _by in steps(message)] == ["written", "planned", "changed", "cancelled"]


@pytest.mark.parametrize(
    ("ahead", "code"), [(timedelta(0), "in_the_past"), (-DAY, "in_the_past"), (400 * DAY, "too_far")]
)
def test_times_that_make_no_sense_are_refused(
    lantaarn: Cast, draft: Callable[..., StaffMessage], ahead: timedelta, code: str
) -> None:
    message = draft()
    assert code_of(lambda: plan(message=message, send_at=NOON + ahead, by=lantaarn.ilse, now=NOON))[0] == code


def test_nobody_and_nothing_are_refused(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    for options, code in (
        ({"cohorts": []}, "nobody_chosen"),
        ({"audience": "chosen"}, "nobody_chosen"),
        ({"audience": "chosen", "chosen": [people[0].pk] * 5001}, "too_many"),
    ):
        assert code_of(lambda options=options: draft(**options))[0] == code  # type: ignore[misc]
    silent = draft("", subject="")
    assert code_of(lambda: send(message=silent, by=lantaarn.ilse, now=NOON))[0] == "empty"
    nobody = draft(statuses=["graduated"])
    assert code_of(lambda: send(message=nobody, by=lantaarn.ilse, now=NOON))[0] == "nobody_chosen"


# -- to whom -----------------------------------------------------------------------------------------------------------


def test_who_is_in_two_cohorts_gets_it_once(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    other = a_cohort(name="Utrecht", version=people[0].version, status="running", time_zone="America/New_York")
    active(other, lantaarn.amira)
    message = draft(cohorts=[people[0].cohort, other])
    assert zone_of(message).key == message.organization.time_zone
    assert told_of(StaffMessage.objects.for_list().get(pk=message.pk)).split(", ") == ["Rotterdam 2026", "Utrecht"]
    send(message=message, by=lantaarn.ilse, now=NOON)
    reasons = sorted(row.reason for row in recipients_of(message))
    assert reasons[:2] == ["", ""]
    assert reasons[2] in {"Gets it in Rotterdam 2026 already.", "Gets it in Utrecht already."}
    assert len(queued()) == 2


def test_roster_is_asked_when_it_goes(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    message = draft(audience="matching", query="mentor=none", within=people[0].cohort)
    assert [one.enrollment.learner.name for one in addressees_of(message, now=NOON)] == ["Daan Kuiper"]
    assert told_of(message) == "Who matches on the roster of Rotterdam 2026"


def test_who_was_chosen_and_left_or_has_no_access_is_told(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage]
) -> None:
    record_status(enrollment=people[1], to="dismissed", effective_on=TODAY, by=None, reason="conduct", at=NOON)
    lantaarn.amira.joined_at = None
    lantaarn.amira.save()
    message = draft(audience="chosen", chosen=[one.pk for one in people])
    assert {one.enrollment.learner.name: one.reason for one in addressees_of(message, now=NOON)} == {
        "Amira Haddad": "Has not accepted the invitation, or has no access any more.",
        "Daan Kuiper": "Left the cohort: dismissed.",
    }


# -- what arrives ------------------------------------------------------------------------------------------------------


def test_mail_is_text_and_page_and_stands_in_the_list(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage], mail_server: MailServer
) -> None:
    Preferences.objects.create(person=lantaarn.daan.user, emails={"staff_message": "off"})
    message = send(message=draft("**Hello** {{ name }}"), by=lantaarn.ilse, now=NOON)
    deliver(lantaarn)
    (mail,) = mail_server.messages
    text, page = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert (mail["To"], mail["Subject"]) == ("amira@lantaarn.example", "Rotterdam 2026")
    assert text.startswith("**Hello** Amira Haddad\n\nIlse Brouwer sent you this through Gilde.")
    assert "<strong>Hello</strong> Amira Haddad" in page
    Notice.objects.filter(person=lantaarn.daan.user).update(read_at=NOON)
    counts = counts_of(message)
    assert (counts.meant, counts.sent, counts.not_sent, counts.read) == (2, 1, 1, 1)


def test_what_everybody_must_get_comes_whatever_they_switched_off(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage], mail_server: MailServer
) -> None:
    off = {"staff_message": "off", "staff_message_required": "off"}
    Preferences.objects.create(person=lantaarn.daan.user, emails=off, muted_groups=[people[0].cohort_id])
    send(message=draft(is_mandatory=True), by=lantaarn.ilse, now=NOON)
    deliver(lantaarn)
    assert sorted(mail["To"] for mail in mail_server.messages) == ["amira@lantaarn.example", "daan@lantaarn.example"]


def test_who_leaves_or_loses_their_address_after_it_was_queued_gets_no_mail(
    lantaarn: Cast, people: list[Enrollment], draft: Callable[..., StaffMessage], mail_server: MailServer
) -> None:
    message = send(message=draft(), by=lantaarn.ilse, now=NOON)
    record_status(enrollment=people[1], to="withdrawn", effective_on=TODAY, by=None, reason="work", at=NOON)
    lantaarn.amira.user.email = ""
    lantaarn.amira.user.save()
    deliver(lantaarn)
    told = {row.enrollment.learner.name: (row.queued.state, row.queued.cause) for row in recipients_of(message)}
    assert told == {"Amira Haddad": ("dead", "no_address"), "Daan Kuiper": ("skipped", "untrue")}
    assert mail_server.messages == []
    assert Notice.objects.filter(person=lantaarn.amira.user).count() == 1


def test_test_mail_goes_to_staff_alone_in_the_words_of_a_learner(
    lantaarn: Cast, draft: Callable[..., StaffMessage], mail_server: MailServer
) -> None:
    message = draft()
    amira = addressees_of(message, now=NOON)[0]
    send_test(message=message, as_read_by=amira, to=lantaarn.ilse, now=NOON)
    deliver(lantaarn)
    (mail,) = mail_server.messages
    assert (mail["To"], mail["Subject"]) == ("ilse@lantaarn.example", "Test: Rotterdam 2026")
    assert (message.recipients.count(), StaffMessageStep.objects.count()) == (0, 1)


def test_preview_is_in_the_language_of_its_reader(lantaarn: Cast, draft: Callable[..., StaffMessage]) -> None:
    lantaarn.amira.user.language = "nl"
    lantaarn.amira.user.save()
    message = draft()
    amira, daan = addressees_of(message, now=NOON)
    letters = [letter_to(message, one).text for one in (amira, daan)]
    assert ["Ilse Brouwer sent you this through Gilde." in text for text in letters] == [False, True]
