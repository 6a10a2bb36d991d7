"""Staff see why messages failed, send them again, and choose when reminders leave; addresses that were refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.inviting import invite
from accounts.models import Role
from notifications.models import Message, RefusedAddress, RuleOffset
from notifications.outbox import enqueue
from notifications.rules import RULES, offsets
from organizations.scope import scope
from tests.cohorts.studying import active, running_cohort
from tests.conftest import NOW, Cast
from tests.notifications.given import give_kind

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    give_kind(monkeypatch)


def dead(cast: Cast, key: str, cause: str, **options: Any) -> Message:
    with scope(cast.organization.pk):
        enqueue(kind="test_note", recipient=cast.amira.user, key=key, due_at=NOW, payload={"name": "Amira"})
        fate = {"state": "dead", "settled_at": NOW, "cause": cause, "reason": "550 No", "attempts": 3, **options}
        Message.objects.filter(key=key).update(**fate)
        return Message.objects.get(key=key)


def states(cast: Cast) -> dict[str, str]:
    with scope(cast.organization.pk):
        return dict(Message.objects.values_list("key", "state"))


def test_staff_resend_one_dead_letter(cast: Cast, sign_in: SignIn) -> None:
    one, _other = dead(cast, "one", "refused"), dead(cast, "other", "refused")
    page = sign_in(cast.ilse).post(f"/o/lantaarn/messages/{one.pk}/resend/", follow=True).content.decode()
    assert "goes to Amira Haddad again" in page
    assert states(cast) == {"one": "pending", "other": "dead"}


def test_staff_resend_all_of_a_cause(cast: Cast, sign_in: SignIn) -> None:
    for key, cause in (("a", "refused"), ("b", "refused"), ("c", "broken")):
        dead(cast, key, cause)
    client = sign_in(cast.ilse)
    page = client.get("/o/lantaarn/messages/?state=dead").content.decode()
    assert "Refused by the mail host: 2" in page
    assert "Could not be written: 1" in page
    page = client.post("/o/lantaarn/messages/resend/", {"cause": "refused"}, follow=True).content.decode()
    assert "2 messages are sent again." in page
    assert states(cast) == {"a": "pending", "b": "pending", "c": "dead"}


def test_a_cause_that_is_none_and_a_message_that_did_not_fail_are_refused(cast: Cast, sign_in: SignIn) -> None:
    one = dead(cast, "one", "refused")
    client = sign_in(cast.ilse)
    client.post(f"/o/lantaarn/messages/{one.pk}/resend/")
    again = client.post(f"/o/lantaarn/messages/{one.pk}/resend/")
    assert (again.status_code, "did not fail" in again.content.decode()) == (422, True)
    wrong = client.post("/o/lantaarn/messages/resend/", {"cause": "x\x00"})
    assert (wrong.status_code, "no such cause" in wrong.content.decode()) == (422, True)


def test_what_was_secret_has_no_button(cast: Cast, sign_in: SignIn) -> None:
    one = dead(cast, "one", "refused", was_emptied=True)
    page = sign_in(cast.ilse).get("/o/lantaarn/messages/").content.decode()
    assert "550 No" in page
    assert f"{one.pk}/resend/" not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_as_many_queries_for_three_as_for_one(
    cast: Cast, sign_in: SignIn, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        dead(cast, str(number), "refused")
    client = sign_in(cast.ilse)
    client.get("/o/lantaarn/messages/?state=dead")
    with django_assert_num_queries(14):
        client.get("/o/lantaarn/messages/?state=dead")


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", {"to Amira", "to Ilse"}), ("q=haddad", {"to Amira"}), ("q=ilse@", {"to Ilse"}), ("q=nobody", set()),
        ("kind=test_note", {"to Amira", "to Ilse"}), ("kind=digest", set()), ("cohort=rotterdam-2026", {"to Amira"}),
        ("state=dead&cohort=rotterdam-2026", {"to Amira"}), ("state=sent", set()), ("kind=x&cohort=%00&q=%00", None),
    ],
)  # fmt: skip
def test_messages_are_found_by_person_kind_state_and_cohort(
    cast: Cast, sign_in: SignIn, query: str, keys: set[str] | None
) -> None:
    with scope(cast.organization.pk):
        active(running_cohort(), cast.amira)
    dead(cast, "to Amira", "refused", reason="to Amira")
    one = dead(cast, "to Ilse", "refused", reason="to Ilse")
    with scope(cast.organization.pk):
        Message.objects.filter(pk=one.pk).update(recipient=cast.ilse.user)
    page = sign_in(cast.ilse).get(f"/o/lantaarn/messages/?{query}").content.decode()
    expected = {"to Amira", "to Ilse"} if keys is None else keys
    assert {key for key in ("to Amira", "to Ilse") if f"</b> {key}" in page} == expected
    assert ("Nothing matches what you ask for." in page) == (not expected)


def test_who_has_no_address_is_told_plainly(cast: Cast, sign_in: SignIn) -> None:
    dead(cast, "one", "no_address", reason="The person has no email address.")
    cast.amira.user.email = ""
    cast.amira.user.save()
    client = sign_in(cast.ilse)
    assert "No email address" in client.get("/o/lantaarn/messages/").content.decode()
    assert "None: nothing can be mailed" in client.get(f"/o/lantaarn/people/{cast.amira.pk}/").content.decode()


# -- addresses ---------------------------------------------------------------------------------------------------------


def refuse(cast: Cast) -> None:
    with scope(cast.organization.pk):
        RefusedAddress.objects.create(
            person=cast.amira.user, address=cast.amira.user.email, reason="550 5.1.1 No such person", refused_at=NOW
        )


def test_staff_see_on_the_persons_page_that_mail_does_not_arrive_and_say_it_works(cast: Cast, sign_in: SignIn) -> None:
    refuse(cast)
    client, page = sign_in(cast.ilse), f"/o/lantaarn/people/{cast.amira.pk}/"
    assert "550 5.1.1 No such person" in client.get(page).content.decode()
    said = client.post(f"{page}address/", follow=True).content.decode()
    assert "Mail goes to amira@lantaarn.example again." in said
    assert "550 5.1.1 No such person" not in said


def test_the_person_sees_it_on_their_profile_and_says_it_works(cast: Cast, sign_in: SignIn) -> None:
    refuse(cast)
    client = sign_in(cast.amira)
    page = client.get("/profile/").content.decode()
    assert ("Lantaarn Academy" in page, "550 5.1.1 No such person" in page) == (True, True)
    said = client.post("/profile/address/", follow=True).content.decode()
    assert "Mail goes to amira@lantaarn.example again." in said
    assert "Mail does not reach you" not in client.get("/profile/").content.decode()


def test_nobody_else_is_told_about_an_address(cast: Cast, sign_in: SignIn) -> None:
    refuse(cast)
    assert "Mail does not reach you" not in sign_in(cast.daan).get("/profile/").content.decode()


# -- rules -------------------------------------------------------------------------------------------------------------


def posted(**changes: object) -> dict[str, object]:
    return {name: rule.default for name, rule in RULES.items()} | changes


def test_every_rule_stands_in_the_table(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.ilse).get("/o/lantaarn/messages/rules/").content.decode()
    for rule in RULES.values():
        assert f'name="{rule.name}" value="{rule.default}"' in page
        assert str(rule.what) in page


def test_staff_set_a_moment_and_it_is_a_dated_fact(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    said = client.post("/o/lantaarn/messages/rules/", posted(milestone_ahead_first=10), follow=True).content.decode()
    assert ("1 moment is changed." in said, "Set by Ilse Brouwer; the default is 7." in said) == (True, True)
    client.post("/o/lantaarn/messages/rules/", posted(milestone_ahead_first=14))
    with scope(cast.organization.pk):
        facts = RuleOffset.objects.order_by("set_at").values_list("rule", "amount", "set_by__name")
        assert list(facts) == [
            ("milestone_ahead_first", 10, "Ilse Brouwer"),
            ("milestone_ahead_first", 14, "Ilse Brouwer"),
        ]
        assert offsets()["milestone_ahead_first"] == 14
    with scope(cast.elsewhere.pk):
        assert offsets()["milestone_ahead_first"] == 7


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"milestone_ahead_first": "x"}, "Enter a whole number."),
        ({"milestone_ahead_first": 31}, "less than or equal to 30"),
        ({"milestone_ahead_first": 5, "milestone_ahead_second": 5}, "must come before"),
        ({"stand_up_missing": ""}, "This field is required."),
    ],
)
def test_a_moment_that_makes_no_sense_is_refused_and_kept_on_the_page(
    cast: Cast, sign_in: SignIn, changes: dict[str, object], sentence: str
) -> None:
    answer = sign_in(cast.ilse).post("/o/lantaarn/messages/rules/", posted(**changes))
    page = answer.content.decode()
    assert (answer.status_code, sentence in page) == (422, True)
    with scope(cast.organization.pk):
        assert not RuleOffset.objects.exists()


def test_a_cohort_has_moments_of_its_own_and_gives_them_up(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        running_cohort()
    client, here = sign_in(cast.ilse), "/o/lantaarn/cohorts/rotterdam-2026/reminders/"
    client.post("/o/lantaarn/messages/rules/", posted(milestone_ahead_first=10))
    said = client.post(here, posted(milestone_ahead_first=3), follow=True).content.decode()
    assert "Of this cohort, set by Ilse Brouwer; the organization’s is 10." in said
    assert "Rotterdam 2026</a>" in client.get("/o/lantaarn/messages/rules/").content.decode()
    wrong = client.post(here, posted(milestone_ahead_first=2, milestone_ahead_second=2))
    assert (wrong.status_code, "must come before" in wrong.content.decode()) == (422, True)
    page = client.post(here, {"reset": "milestone_ahead_first"}, follow=True).content.decode()
    assert ("1 moment is changed." in page, 'name="milestone_ahead_first" value="10"' in page) == (True, True)


def test_an_invitation_that_failed_tells_where_to_go_on(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        invite(email="new@example.org", name="New", roles=[Role.LEARNER], by=cast.ilse, at=timezone.now())
        late = timezone.now() + timedelta(days=1)
        Message.objects.update(state="dead", settled_at=late, cause="refused", was_emptied=True)
        pk = Message.objects.get().pk
    answer = sign_in(cast.ilse).post(f"/o/lantaarn/messages/{pk}/resend/")
    assert (answer.status_code, "new invitation" in answer.content.decode()) == (422, True)
