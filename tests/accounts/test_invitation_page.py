from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.inviting import invite, revoke
from accounts.models import Invitation, Membership, Role, User
from organizations.scope import scope
from tests.accounts.conftest import Committing
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
NEW = {"name": "Noor Smit", "password": "tulip field"}


def invited(cast: Cast, email: str = "noor@example.org", **changes: Any) -> tuple[Invitation, str]:
    with scope(cast.organization.pk):
        details = {"name": "Noor", "roles": [Role.MENTOR], "by": cast.ilse, "at": timezone.now()}
        invitation = invite(email=email, **{**details, **changes})
    return invitation, f"/invitations/{invitation.token}/"


def joined(cast: Cast, email: str) -> bool:
    with scope(cast.organization.pk):
        return Membership.objects.joined().filter(user__email=email).exists()


def test_new_person_comes_from_the_mail_to_their_start_page(client: Client, cast: Cast, committing: Committing) -> None:
    with committing():
        _invitation, path = invited(cast)
    assert path in mail.outbox[0].body
    page = client.get(path)
    assert (page.status_code, page.context["reader"]) == (200, "new")
    assert "Join Lantaarn Academy" in page.content.decode()
    response = client.post(path, NEW)
    assert (response.status_code, response.headers["Location"]) == (302, "/o/lantaarn/")
    user = User.objects.get(email="noor@example.org")
    assert (client.session["_auth_user_id"], user.name) == (str(user.pk), "Noor Smit")
    assert joined(cast, "noor@example.org")
    client.logout()
    signed_in = client.post("/accounts/login/", {"login": "noor@example.org", "password": "tulip field"})
    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, "/")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "", "password": "tulip field"}, "name"),
        ({"name": "Noor", "password": "short"}, "password"),
        ({"name": "Noor", "password": "password"}, "password"),
        ({"name": "Noor", "password": "noor@example.org"}, "password"),
        ({"name": "Noor", "password": ""}, "password"),
    ],
)
def test_new_person_is_told_what_is_wrong(client: Client, cast: Cast, data: dict[str, str], field: str) -> None:
    _invitation, path = invited(cast)
    response = client.post(path, data)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert not joined(cast, "noor@example.org")


def test_looking_accepts_nothing(sign_in: SignIn, cast: Cast) -> None:
    _invitation, path = invited(cast, "otto@elsewhere.example")
    response = sign_in(cast.otto).get(path)
    assert (response.context["reader"], joined(cast, "otto@elsewhere.example")) == ("accept", False)
    assert "no-store" in response.headers["Cache-Control"]


def test_signed_in_person_accepts_with_one_button(sign_in: SignIn, cast: Cast) -> None:
    _invitation, path = invited(cast, "otto@elsewhere.example")
    client = sign_in(cast.otto)
    response = client.post(path)
    assert (response.status_code, response.headers["Location"]) == (302, "/o/lantaarn/")
    assert joined(cast, "otto@elsewhere.example")
    assert client.get(path).status_code == 410


def test_person_with_an_account_signs_in_and_comes_back(sign_in: SignIn, cast: Cast) -> None:
    _invitation, path = invited(cast, "otto@elsewhere.example")
    client = sign_in(None)
    page = client.get(path)
    assert (page.status_code, page.context["reader"]) == (200, "sign_in")
    login = f"/accounts/login/?next={path}"
    assert f'href="{login}"' in page.content.decode()
    response = client.post(login, {"login": "otto@elsewhere.example", "password": "correct horse"})
    assert (response.status_code, response.headers["Location"]) == (302, path)
    assert client.get(path).context["reader"] == "accept"


def test_posting_without_signing_in_accepts_nothing_for_a_person_with_an_account(sign_in: SignIn, cast: Cast) -> None:
    _invitation, path = invited(cast, "otto@elsewhere.example")
    response = sign_in(None).post(path, NEW)
    assert (response.status_code, response.context["reader"]) == (200, "sign_in")
    assert not joined(cast, "otto@elsewhere.example")


@pytest.mark.parametrize("email", ["noor@example.org", "otto@elsewhere.example"])
def test_somebody_else_is_told_so_and_can_sign_out_to_go_on(sign_in: SignIn, cast: Cast, email: str) -> None:
    _invitation, path = invited(cast, email)
    client = sign_in(cast.amira)
    page = client.post(path, NEW)
    text = page.content.decode()
    assert (page.status_code, page.context["reader"]) == (200, "somebody_else")
    assert f"The invitation is for {email}, and you are signed in as amira@lantaarn.example." in text
    assert not joined(cast, email)
    response = client.post("/accounts/logout/", {"next": path})
    assert (response.status_code, response.headers["Location"]) == (302, path)
    assert client.get(path).context["reader"] == ("new" if email == "noor@example.org" else "sign_in")


def test_closed_invitations_say_what_to_do(client: Client, cast: Cast) -> None:
    now = timezone.now()
    _expired, expired = invited(cast, "a@example.org", at=now - timedelta(days=15))
    withdrawn_one, withdrawn = invited(cast, "b@example.org")
    _replaced, replaced = invited(cast, "c@example.org")
    invited(cast, "c@example.org")
    with scope(cast.organization.pk):
        revoke(membership=withdrawn_one.membership, at=now + timedelta(minutes=1))
    _used, used = invited(cast, "d@example.org")
    client.post(used, NEW)
    client.logout()
    texts = {
        expired: (410, "worked for 14 days, and they are over. Ask your program team for a new one."),
        withdrawn: (410, "was withdrawn or replaced. Use the newest email"),
        replaced: (410, "was withdrawn or replaced. Use the newest email"),
        used: (410, "was accepted before. Sign in to go on."),
        "/invitations/nonsense/": (404, "There is no such invitation. Check that you copied the whole link"),
    }
    for path, (status, text) in texts.items():
        for response in (client.get(path), client.post(path, NEW)):
            assert (response.status_code, text in response.content.decode()) == (status, True)


def test_link_with_a_null_byte_is_no_invitation(client: Client, cast: Cast) -> None:
    assert client.get("/invitations/%00/").status_code == 404


def test_sign_up_from_an_invitation_asks_for_no_organization(client: Client, cast: Cast) -> None:
    _invitation, path = invited(cast)
    assert "organization" in client.get("/accounts/signup/").context["form"].fields
    assert "organization" not in client.get(f"/accounts/signup/?next={path}").context["form"].fields
