import re
import time
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client, override_settings

from accounts.inviting import invite
from accounts.models import Membership, Role, User
from accounts.organizing import memberships_of
from accounts.second_steps import PURPOSE
from organizations.models import Organization
from organizations.scope import scope
from organizations.sealing import unseal
from tests.accounts.conftest import Committing
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]
FOUNDER = {"organization": "Zuid Academy", "name": "Zara", "email": "Zara@Zuid.example", "password1": "tulip field"}


def link_in(message: mail.EmailMessage) -> str:
    found = re.search(r"http://testserver(/accounts/\S+)", str(message.body))
    assert found, message.body
    return found[1]


def code_of(secret: str) -> str:
    """What the authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def sign_up(client: Client, committing: Committing, **changes: str) -> int:
    with committing():
        return client.post("/accounts/signup/", {**FOUNDER, **changes}).status_code


def test_founder_signs_up_confirms_and_stands_in_their_organization(
    client: Client, db: None, committing: Committing
) -> None:
    assert sign_up(client, committing) == 302
    assert not Organization.objects.exists()
    [message] = mail.outbox
    assert message.to == ["zara@zuid.example"]
    link = link_in(message)
    assert client.get(link).status_code == 200
    assert not Organization.objects.exists()
    with committing():
        response = client.post(link)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    user = User.objects.get(email="zara@zuid.example")
    assert (user.name, user.wished_organization, client.session["_auth_user_id"]) == ("Zara", "", str(user.pk))
    [membership] = memberships_of(user)
    assert (membership.organization.slug, membership.roles) == ("zuid-academy", ["admin", "staff"])
    assert client.get("/").headers["Location"] == "/o/zuid-academy/"


def test_confirming_twice_makes_one_organization(client: Client, db: None, committing: Committing) -> None:
    sign_up(client, committing)
    link = link_in(mail.outbox[0])
    client.post(link)
    client.logout()
    client.post(link)
    assert Organization.objects.count() == 1


def test_two_founders_with_one_wish_get_two_organizations(client: Client, db: None, committing: Committing) -> None:
    for email in ("zara@zuid.example", "zoë.z@zuid.example".replace("ë", "e")):
        sign_up(client, committing, email=email)
        client.post(link_in(mail.outbox[-1]))
        client.logout()
    assert set(Organization.objects.values_list("slug", flat=True)) == {"zuid-academy", "zuid-academy-2"}


def test_nobody_enters_before_they_confirm(client: Client, db: None, committing: Committing) -> None:
    sign_up(client, committing)
    client.cookies.clear()
    response = client.post("/accounts/login/", {"login": FOUNDER["email"], "password": FOUNDER["password1"]})
    assert response.headers["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organization": ""}, "organization"),
        ({"name": ""}, "name"),
        ({"email": "no"}, "email"),
        ({"password1": "12345678"}, "password1"),
    ],
)
def test_sign_up_says_what_is_wrong(client: Client, db: None, changes: dict[str, str], field: str) -> None:
    response = client.post("/accounts/signup/", {**FOUNDER, **changes})
    assert list(response.context["form"].errors) == [field]
    assert not User.objects.exists()


def test_sign_up_answers_the_same_for_a_known_address(client: Client, cast: Cast, committing: Committing) -> None:
    people = User.objects.count()
    with committing():
        known = client.post("/accounts/signup/", {**FOUNDER, "email": "amira@lantaarn.example"})
    known_page = client.get(known.headers["Location"])
    client.cookies.clear()
    with committing():
        unknown = client.post("/accounts/signup/", FOUNDER)
    unknown_page = client.get(unknown.headers["Location"])
    assert known.headers["Location"] == unknown.headers["Location"] == "/accounts/confirm-email/"
    assert known_page.status_code == unknown_page.status_code == 200
    assert [message.to for message in mail.outbox] == [["amira@lantaarn.example"], ["zara@zuid.example"]]
    assert User.objects.count() == people + 1


def test_sign_in_answers_the_same_for_an_unknown_address_and_a_wrong_password(client: Client, cast: Cast) -> None:
    answers = [
        dict(client.post("/accounts/login/", {"login": email, "password": "wrong battery"}).context["form"].errors)
        for email in ("amira@lantaarn.example", "nobody@example.org")
    ]
    assert answers[0] == answers[1] != {}


def test_password_reset_answers_the_same_for_an_unknown_address(
    client: Client, cast: Cast, committing: Committing
) -> None:
    with committing():
        answers = [
            client.post("/accounts/password/reset/", {"email": email}).headers["Location"]
            for email in ("amira@lantaarn.example", "nobody@example.org")
        ]
    assert answers == ["/accounts/password/reset/done/"] * 2
    assert "/accounts/password/reset/key/" in str(mail.outbox[0].body)
    assert "/accounts/password/reset/key/" not in str(mail.outbox[1].body)


def test_sixth_wrong_password_is_not_even_tried(client: Client, cast: Cast) -> None:
    for _ in range(5):
        client.post("/accounts/login/", {"login": "amira@lantaarn.example", "password": "wrong battery"})
    response = client.post("/accounts/login/", {"login": "amira@lantaarn.example", "password": "correct horse"})
    assert (response.status_code, "_auth_user_id" in client.session) == (200, False)


def test_too_many_sign_ups_from_one_address_are_refused(client: Client, db: None) -> None:
    codes = [client.post("/accounts/signup/", {}).status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]


@pytest.mark.parametrize(
    "path", ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/"]
)
def test_two_step_pages_answer_after_the_password_was_asked_once_more(client: Client, cast: Cast, path: str) -> None:
    client.post("/accounts/login/", {"login": "amira@lantaarn.example", "password": "correct horse"})
    response = client.post(f"/accounts/reauthenticate/?next={path}", {"password": "correct horse"}, follow=True)
    assert (response.status_code, response.redirect_chain) == (200, [(path, 302)])


@override_settings(MFA_TOTP_TOLERANCE=1)  # the half minute of a code may end during the test
def test_authenticator_app_is_switched_on_and_asked_for_at_the_next_sign_in(client: Client, cast: Cast) -> None:
    signing_in = {"login": "amira@lantaarn.example", "password": "correct horse"}
    client.post("/accounts/login/", signing_in)
    path = "/accounts/2fa/totp/activate/"
    client.post(f"/accounts/reauthenticate/?next={path}", {"password": "correct horse"})
    secret = client.get(path).context["form"].secret
    assert client.post(path, {"code": code_of(secret)}).status_code == 302
    assert list(Authenticator.objects.filter(user=cast.amira.user, type="totp")) != []
    client.logout()
    response = client.post("/accounts/login/", signing_in)
    assert (response.headers["Location"], "_auth_user_id" in client.session) == ("/accounts/2fa/authenticate/", False)


@override_settings(MFA_TOTP_TOLERANCE=1)
def test_secret_of_an_app_waits_sealed_in_the_session_until_its_first_code(client: Client, cast: Cast) -> None:
    client.post("/accounts/login/", {"login": "amira@lantaarn.example", "password": "correct horse"})
    path = "/accounts/2fa/totp/activate/"
    client.post(f"/accounts/reauthenticate/?next={path}", {"password": "correct horse"})

    def waiting() -> tuple[str, str]:
        kept = Session.objects.get(pk=client.session.session_key).get_decoded()
        return str(kept), unseal(kept.get("mfa.totp.secret", ""), purpose=PURPOSE)

    secret = client.get(path).context["form"].secret
    said, opened = waiting()
    assert (secret in said, opened) == (False, secret)
    wrong = client.post(path, {"code": "12"}).context["form"]
    assert (wrong.secret, list(wrong.errors), waiting()[1]) == (secret, ["code"], secret)
    with override_settings(SEALING_KEYS=["k" * 40]):  # a key that was lost: another secret, to scan anew
        renewed = client.post(path, {"code": code_of(secret)}).context["form"]
        assert (list(renewed.errors), waiting()[1]) == (["code"], renewed.secret)
        assert client.post(path, {"code": code_of(renewed.secret)}).status_code == 302
    assert "mfa.totp.secret" not in waiting()[0]


def test_passkey_sign_in_answers(client: Client, db: None) -> None:
    response = client.get("/accounts/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert (response.status_code, "request_options" in response.json()) == (200, True)


def test_address_asked_for_and_then_given_to_an_invited_person_stays_theirs(
    sign_in: SignIn, cast: Cast, committing: Committing
) -> None:
    client = sign_in(None)
    client.post("/accounts/login/", {"login": "joris@lantaarn.example", "password": "correct horse"})
    with committing():
        client.post("/accounts/email/", {"email": "joris@new.example", "action_add": ""})
    link = link_in(mail.outbox[-1])
    with scope(cast.organization.pk):
        invite(email="joris@new.example", name="Joris", roles=[Role.LEARNER], by=cast.ilse, at=NOW)
    said = [str(message) for message in get_messages(client.post(link).wsgi_request)]
    assert "That address belongs to another account. Use another one, or sign in with it." in said
    assert User.objects.get(pk=cast.joris.user.pk).email == "joris@lantaarn.example"
    assert EmailAddress.objects.get(user=cast.joris.user, verified=True).email == "joris@lantaarn.example"


def test_changing_the_address_takes_a_confirmation(sign_in: SignIn, cast: Cast, committing: Committing) -> None:
    client = sign_in(None)
    client.post("/accounts/login/", {"login": "joris@lantaarn.example", "password": "correct horse"})
    with committing():
        client.post("/accounts/email/", {"email": "Joris@New.example", "action_add": ""})
    assert User.objects.get(pk=cast.joris.user.pk).email == "joris@lantaarn.example"
    client.post(link_in(mail.outbox[-1]))
    assert User.objects.get(pk=cast.joris.user.pk).email == "joris@new.example"
