"""Staff write, look, plan, send and cancel on pages, and see who got it; learners read it in Gilde."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cohorts.history import record_status
from cohorts.models import Enrollment, StaffMessage, StaffMessageRecipient
from cohorts.staff_messages import send, send_planned, write
from notifications.models import Message
from notifications.records import Notice
from organizations.scope import scope
from tests.world import World, make_world

SignIn = Callable[..., Client]
HERE = "/o/lantaarn/messages/written/"


@pytest.fixture
def world(cast: Any) -> World:
    return make_world(cast)


def text(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def said(**changes: object) -> dict[str, object]:
    words = {
        "cohorts": ["rotterdam-2026"],
        "statuses": ["active"],
        "subject": "Hi {{ name }}",
        "text": "**Bye** {{ mentor }}",
    }
    return {**words, **changes}


def refreshed(world: World, pk: Any) -> StaffMessage:
    with scope(world.cast.organization.pk):
        return StaffMessage.objects.get(pk=pk)


def test_written_looked_at_planned_changed_and_sent(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    page = client.post(f"{HERE}new/", said(), follow=True)
    address = page.redirect_chain[-1][0]
    assert "There is nothing to fill in for {{ mentor }} for Daan Kuiper." in text(page)
    refused = client.post(address, {"do": "send"})
    assert (refused.status_code, "for Daan Kuiper" in text(refused)) == (422, True)
    client.post(f"{address}edit/", said(text="**Bye** {{ mentor | nobody }}"))
    page = text(client.get(f"{address}?as={world.enrollment.pk}"))
    assert ("As Amira Haddad will read it" in page, "Hi Amira Haddad" in page) == (True, True)
    frame = client.get(f"{address}as/{world.enrollment.pk}/")
    assert "<strong>Bye</strong> Joris Hoekema" in frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    tomorrow = timezone.localdate() + timedelta(days=1)
    client.post(address, {"do": "plan", "send_at": f"{tomorrow}T09:00"})
    pk = address.rstrip("/").rpartition("/")[2]
    planned = refreshed(world, pk)
    assert (planned.state, planned.time_zone) == ("planned", "Europe/Amsterdam")
    assert timezone.localtime(planned.send_at).isoformat()[:16] == f"{tomorrow}T09:00"  # type: ignore[arg-type]
    assert "09:00 (Amsterdam)" in text(client.get(address))
    with scope(world.cast.organization.pk):
        assert send_planned(timezone.now() + timedelta(days=1, hours=12)) == 2
    page = text(client.get(address))
    assert ("<dt>Meant for</dt><dd>2</dd>" in page, "Who got it" in page) == (True, True)
    with scope(world.cast.organization.pk):
        Message.objects.filter(state="pending").update(state="sent", settled_at=timezone.now())
    assert "Hi Amira Haddad" in text(client.get(f"/o/lantaarn/learners/{world.enrollment.pk}/timeline/?kind=messages"))


@pytest.mark.parametrize(
    ("do", "sentence"),
    [
        ({"do": "plan", "send_at": "2020-01-01T09:00"}, "That time has passed."),
        ({"do": "plan", "send_at": "2027-03-28T02:30"}, "couldn’t be interpreted"),
        ({"do": "plan", "send_at": "soon"}, "Enter a valid date/time."),
        ({"do": "plan", "send_at": "9999-12-31T23:59"}, "more than a year ahead"),
        ({"do": "dance"}, "Press one of the buttons."),
    ],
)
def test_what_makes_no_sense_is_told_on_the_page(
    world: World, sign_in: SignIn, do: dict[str, str], sentence: str
) -> None:
    answer = sign_in(world.cast.ilse).post(f"{HERE}{world.draft.pk}/", do)
    assert (answer.status_code, sentence in text(answer)) == (422, True)
    assert refreshed(world, world.draft.pk).state == "draft"


def test_cancelled_and_sent_ones_cannot_be_changed(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    assert "nobody gets it" in text(client.post(f"{HERE}{world.draft.pk}/", {"do": "cancel"}, follow=True))
    for pk in (world.draft.pk, world.sent.pk):
        assert client.get(f"{HERE}{pk}/edit/").status_code == 302
        assert client.get(f"{HERE}{pk}/as/{world.enrollment.pk}/").status_code == 404
        assert client.post(f"{HERE}{pk}/", {"do": "cancel"}).status_code == 422


def test_who_got_it_with_reasons_and_a_dead_letter_sent_again(world: World, sign_in: SignIn) -> None:
    now = timezone.now()
    with scope(world.cast.organization.pk):
        fact = StaffMessageRecipient.objects.select_related("queued").get(message=world.sent)
        Message.objects.filter(pk=fact.queued.pk).update(state="dead", cause="no_address", reason="None is known.")
    client, address = sign_in(world.cast.ilse), f"{HERE}{world.sent.pk}/"
    assert "<b>No address.</b> None is known." in text(client.get(address))
    again = client.post(address, {"do": "resend", "mail": fact.queued.pk}, follow=True)
    assert "It goes to Amira Haddad again." in text(again)
    wrong = client.post(address, {"do": "resend", "mail": "x"})
    assert wrong.status_code == 404
    with scope(world.cast.organization.pk):
        Notice.objects.create(
            person=world.cast.amira.user, message=fact.queued, kind="staff_message", titles={"en": "x"}, posted_at=now
        )
    page = sign_in(world.cast.amira).get(f"/o/lantaarn/messages/read/{world.sent.pk}/")
    assert "Dear Amira, bring your <em>laptop</em>." in page.content.decode()
    with scope(world.cast.organization.pk):
        assert Notice.objects.get(message=fact.queued).read_at is not None


def test_words_are_used_again_for_other_cohorts_and_for_a_selection(
    world: World, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    client, now = sign_in(world.cast.ilse), timezone.now()
    with scope(world.cast.organization.pk):
        made = write(
            audience="cohorts", cohorts=[world.cohort], statuses=["active"], subject="Hi {{ name }}", text="**Bye**",
            is_mandatory=True, by=world.cast.ilse, now=now,
        )  # fmt: skip
        send(message=made, by=world.cast.ilse, now=now)
        selected = write(audience="chosen", chosen=[world.enrollment.pk], by=world.cast.ilse, now=now)
    page = client.get(f"{HERE}{made.pk}/")
    again = f"{HERE}new/?again={made.pk}"
    assert again in page.content.decode()
    expected = {"subject": "Hi {{ name }}", "text": "**Bye**", "is_mandatory": True, "cohorts": []}
    form = client.get(again).context["form"]
    assert {name: form[name].value() for name in expected} == expected
    form = client.get(f"{again}&cohort=rotterdam-2026").context["form"]
    assert form["cohorts"].value() == ["rotterdam-2026"]
    page = client.get(f"{HERE}{selected.pk}/edit/?again={made.pk}")
    assert page.context["form"]["subject"].value() == "Hi {{ name }}"
    assert "Begin with an earlier message" in text(page)
    client.post(f"{HERE}{selected.pk}/edit/", {"subject": "Hi again", "text": "Bye"})
    kept = client.get(f"{HERE}{selected.pk}/edit/?again={made.pk}")
    assert kept.context["form"]["subject"].value() == "Hi again", "what was written is not written over"
    assert client.get(f"{HERE}new/?again=nonsense").status_code == 404
    assert client.get(f"{HERE}new/?again={world.enrollment.pk}").context["form"]["text"].value() is None
    assert refreshed(world, made.pk).state == "sent"
    with django_assert_num_queries(12):
        client.get(again)


def test_another_organization_sees_nothing(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.otto)
    assert client.get(f"/o/elsewhere/messages/written/{world.draft.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("path", "queries"),
    [("messages/written/", 12), ("cohorts/rotterdam-2026/messages/", 14), ("messages/written/{sent}/", 15)],
)
@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_for_three_as_for_one(
    world: World, sign_in: SignIn, rows: int, path: str, queries: int, django_assert_num_queries: Any
) -> None:
    """Rows are messages, and learners who got one."""
    with scope(world.cast.organization.pk):
        if rows == 1:
            today, daan = timezone.localdate(), Enrollment.objects.get(learner=world.cast.daan)
            back = today + timedelta(days=9)
            record_status(enrollment=daan, to="on_leave", effective_on=today, returns_on=back, by=None)
        options: dict[str, Any] = {"audience": "cohorts", "statuses": ["active"], "subject": "Hi", "text": "Hi"}
        made = [
            write(cohorts=[world.cohort], by=world.cast.ilse, now=timezone.now(), **options) for _number in range(rows)
        ]
        sent = send(message=made[0], by=world.cast.ilse, now=timezone.now())
    client, address = sign_in(world.cast.ilse), f"/o/lantaarn/{path.format(sent=sent.pk)}"
    client.get(address)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
