from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.inviting import invite, revoke
from accounts.models import Invitation, Membership, Role, User
from accounts.people import Standing, count_by_role, describe
from accounts.roles import close_access
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, Cast, member

SignIn = Callable[[Membership | None], Client]
PEOPLE = "/o/lantaarn/people/"
EVERYBODY = ["Ada Visser", "Amira Haddad", "Daan Kuiper", "Ilse Brouwer", "Joris Hoekema", "Person 000"]


def add(cast: Cast, number: int) -> list[Membership]:
    with scope(cast.organization.pk):
        return [
            invite(
                email=f"p{i}@example.org", name=f"Person {i:03}", roles=[Role.LEARNER], by=cast.ilse, at=NOW
            ).membership
            for i in range(number)
        ]


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def names(client: Client, query: str) -> list[str]:
    return [person.membership.name for person in client.get(PEOPLE + query).context["rows"]]


def test_standing_says_whether_a_person_has_come_in(lantaarn: Cast) -> None:
    day = timedelta(days=1)
    for name in ("open", "late", "gone"):
        invite(email=f"{name}@example.org", name=name, roles=["learner"], by=lantaarn.ilse, at=NOW)
    Invitation.objects.filter(membership__name="late").update(expires_at=NOW + day)
    revoke(membership=Membership.objects.get(name="gone"), at=NOW + day)
    close_access(membership=lantaarn.daan, by=lantaarn.ada)
    people = describe(Membership.objects.for_people(), at=NOW + 2 * day)
    assert {person.membership.name: person.standing for person in people} == {
        "Ilse Brouwer": Standing.JOINED,
        "Joris Hoekema": Standing.JOINED,
        "Amira Haddad": Standing.JOINED,
        "Daan Kuiper": Standing.CLOSED,
        "Ada Visser": Standing.JOINED,
        "open": Standing.INVITED,
        "late": Standing.EXPIRED,
        "gone": Standing.WITHDRAWN,
    }


def test_people_are_counted_by_role(lantaarn: Cast) -> None:
    member("Two Hats", "two@lantaarn.example", Role.STAFF, Role.MENTOR)
    assert count_by_role() == {"": 6, "admin": 1, "staff": 2, "mentor": 2, "learner": 2}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", EVERYBODY),
        ("?q=haD", ["Amira Haddad"]),
        ("?q=daan@lan", ["Daan Kuiper"]),
        ("?role=learner", ["Amira Haddad", "Daan Kuiper", "Person 000"]),
        ("?role=learner&standing=joined", ["Amira Haddad", "Daan Kuiper"]),
        ("?standing=awaited", ["Person 000"]),
        ("?q=otto", []),
        ("?role=pope&standing=x&page=99", EVERYBODY),
        ("?q=%00", EVERYBODY),
    ],
)  # fmt: skip
def test_people_are_found_by_words_role_and_standing(sign_in: SignIn, cast: Cast, query: str, found: list[str]) -> None:
    add(cast, 1)
    assert names(sign_in(cast.ilse), query) == found


def test_people_list_shows_25_a_page(sign_in: SignIn, cast: Cast) -> None:
    add(cast, 30)
    client = sign_in(cast.ilse)
    assert [len(names(client, query)) for query in ("", "?page=2")] == [25, 10]
    assert names(client, "?q=person&page=2") == [f"Person {i:03}" for i in range(25, 30)]


def test_htmx_gets_the_list_alone(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ilse)
    whole = client.get(PEOPLE)
    part = client.get(PEOPLE, headers={"HX-Request": "true", "HX-Target": "people"})
    assert ("<html" in whole.content.decode(), "<html" in part.content.decode()) == (True, False)
    assert "Amira Haddad" in part.content.decode()
    assert {"HX-Request", "HX-Target"} <= set(part.headers["Vary"].split(", "))


def test_people_list_takes_as_many_queries_for_one_as_for_many(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ilse)
    client.get(PEOPLE)
    for query, size in (("?q=amira", 1), ("", 5), ("", 25)):
        if size == 25:
            add(cast, 25)
        with CaptureQueriesContext(connection) as captured:
            assert len(names(client, query)) == size
        # The test's own transaction turns the two of the request into savepoints.
        assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == 9


def test_staff_invite_learners_and_mentors(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ilse)
    response = client.post(
        f"{PEOPLE}invite/", {"email": "Noor@example.org", "name": "Noor", "roles": ["mentor", "learner"]}
    )
    assert (response.status_code, response.headers["Location"]) == (302, PEOPLE)
    assert said(response) == ["The invitation to Noor is on its way. It works for 14 days."]
    with scope(cast.organization.pk):
        assert Message.objects.get().recipient.email == "noor@example.org"
        assert Invitation.objects.get().invited_by == cast.ilse


def test_the_form_offers_only_the_roles_that_one_may_give(sign_in: SignIn, cast: Cast) -> None:
    offered = {
        name: [
            value for value, _words in sign_in(person).get(f"{PEOPLE}invite/").context["form"]["roles"].field.choices
        ]
        for name, person in (("ilse", cast.ilse), ("ada", cast.ada))
    }
    assert offered == {"ilse": ["mentor", "learner"], "ada": ["admin", "staff", "mentor", "learner"]}
    response = sign_in(cast.ilse).post(f"{PEOPLE}invite/", {"email": "n@example.org", "name": "N", "roles": ["admin"]})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["roles"])
    assert not User.objects.filter(email="n@example.org").exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "no address", "name": "N", "roles": ["learner"]}, "email"),
        ({"email": "n@example.org", "name": "", "roles": ["learner"]}, "name"),
        ({"email": "n@example.org", "name": "N"}, "roles"),
        ({"email": "Amira@lantaarn.example", "name": "A", "roles": ["learner"]}, "email"),
    ],
)
def test_bad_invitation_is_shown_again(sign_in: SignIn, cast: Cast, data: dict[str, str], field: str) -> None:
    response = sign_in(cast.ilse).post(f"{PEOPLE}invite/", data)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert "<title>Error: " in response.content.decode()


def test_inviting_a_member_for_another_role_adds_it(sign_in: SignIn, cast: Cast) -> None:
    data = {"email": "amira@lantaarn.example", "name": "Amira", "roles": ["mentor"]}
    response = sign_in(cast.ilse).post(f"{PEOPLE}invite/", data)
    assert said(response) == ["Amira Haddad was a member already and has the new role now."]
    with scope(cast.organization.pk):
        assert Membership.objects.get(pk=cast.amira.pk).roles == ["mentor", "learner"]


def test_inviting_says_the_same_whether_or_not_the_address_has_an_account(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ilse)
    answers = []
    for email in ("otto@elsewhere.example", "nobody@example.org"):
        response = client.post(f"{PEOPLE}invite/", {"email": email, "name": "X", "roles": ["learner"]})
        with scope(cast.organization.pk):
            pk = Membership.objects.get(user__email=email).pk
        page = client.get(f"{PEOPLE}{pk}/").content.decode()
        answers.append((response.status_code, said(response), "Otto Elders" in page, "<h1>X</h1>" in page))
    assert answers[0] == answers[1] == (302, ["The invitation to X is on its way. It works for 14 days."], False, True)


def test_staff_see_a_person_but_only_admins_see_the_form_for_roles(sign_in: SignIn, cast: Cast) -> None:
    address = f"{PEOPLE}{cast.joris.pk}/"
    assert [sign_in(person).get(address).context["form"] is None for person in (cast.ilse, cast.ada)] == [True, False]
    assert sign_in(cast.ilse).post(f"{address}roles/", {"roles": ["admin"]}).status_code == 403


def test_admin_changes_roles_on_the_page(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.ada).post(f"{PEOPLE}{cast.joris.pk}/roles/", {"roles": ["learner", "staff"]})
    assert (response.status_code, said(response)) == (302, ["The roles of Joris Hoekema are saved."])
    with scope(cast.organization.pk):
        assert Membership.objects.get(pk=cast.joris.pk).roles == ["staff", "learner"]


@pytest.mark.parametrize("roles", [["staff"], [], ["pope"]])
def test_refused_roles_are_shown_again_with_the_reason(sign_in: SignIn, cast: Cast, roles: list[str]) -> None:
    response = sign_in(cast.ada).post(f"{PEOPLE}{cast.ada.pk}/roles/", {"roles": roles})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["roles"])
    assert ("is the only admin" in response.content.decode()) == (roles == ["staff"])


def test_resend_and_withdraw_on_the_page(sign_in: SignIn, cast: Cast) -> None:
    [noor] = add(cast, 1)
    client, address = sign_in(cast.ilse), f"{PEOPLE}{noor.pk}/"
    resent = client.post(f"{address}resend/")
    assert said(resent) == ["A new invitation to Person 000 is on its way. The earlier link stops working."]
    withdrawn = client.post(f"{address}withdraw/")
    assert "The invitation to Person 000 is withdrawn." in said(withdrawn)
    assert client.post(f"{address}withdraw/").status_code == 422
    with scope(cast.organization.pk):
        assert not Invitation.objects.open(at=timezone.now()).exists()
    assert client.post(f"{PEOPLE}{cast.joris.pk}/resend/").status_code == 422


def test_changes_to_people_are_made_by_post_alone(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ada)
    answers = [
        client.get(f"{PEOPLE}{cast.joris.pk}/{part}/").status_code for part in ("roles", "resend", "withdraw", "close")
    ]
    assert answers == [405] * 4


def test_admin_closes_access_and_the_person_is_out_at_once(sign_in: SignIn, cast: Cast) -> None:
    assert sign_in(cast.ilse).post(f"{PEOPLE}{cast.joris.pk}/close/").status_code == 403
    response = sign_in(cast.ada).post(f"{PEOPLE}{cast.ilse.pk}/close/")
    assert (response.status_code, said(response)) == (302, ["Ilse Brouwer can no longer enter."])
    assert sign_in(cast.ilse).get(PEOPLE).status_code == 404
    assert sign_in(cast.ada).post(f"{PEOPLE}{cast.ada.pk}/close/").status_code == 422
