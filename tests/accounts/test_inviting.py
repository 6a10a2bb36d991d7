from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from accounts.errors import AccountError, InvitationError
from accounts.inviting import LIFETIME, accept, accept_as_new, invite, read_invitation, resend, revoke
from accounts.models import Invitation, Membership, Role, User
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, Cast

LATER = NOW + timedelta(days=1)


def invite_noor(cast: Cast, *roles: Role, **changes: Any) -> Invitation:
    details = {"email": "Noor@Example.org ", "name": "Noor Smit", "roles": roles or [Role.LEARNER], "at": NOW}
    with scope(cast.organization.pk):
        return invite(**{**details, "by": cast.ilse, **changes})


def code_of(token: str, **changes: Any) -> str:
    with pytest.raises(InvitationError) as caught:
        read_invitation(**{"token": token, "at": LATER, **changes})
    return caught.value.code


def test_invite_makes_a_person_who_is_no_member_until_they_accept(lantaarn: Cast) -> None:
    invitation = invite_noor(lantaarn, Role.MENTOR, Role.LEARNER)
    membership = Membership.objects.get(pk=invitation.membership.pk)
    assert (membership.user.email, membership.name) == ("noor@example.org", "Noor Smit")
    assert (membership.roles, membership.joined_at) == (["mentor", "learner"], None)
    assert not membership.user.has_usable_password()
    assert invitation.expires_at == NOW + timedelta(days=14)


def test_the_raw_token_is_in_the_mail_and_not_in_the_invitation(lantaarn: Cast) -> None:
    invitation = invite_noor(lantaarn)
    [message] = Message.objects.all()
    assert (message.kind, message.recipient.email, message.subject_id, message.expires_at) == (
        "invitation",
        "noor@example.org",
        invitation.pk,
        invitation.expires_at,
    )
    assert message.payload == {"path": f"/invitations/{invitation.token}/"}
    assert invitation.token.startswith(f"{lantaarn.organization.pk.hex}.")
    stored = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert invitation.token not in map(str, stored.values())
    assert stored["token_hash"] == Invitation.hash_of(invitation.token)


def test_inviting_a_member_adds_the_role_and_sends_nothing(lantaarn: Cast) -> None:
    invitation = invite_noor(lantaarn, Role.LEARNER, email="joris@lantaarn.example", name="Somebody else")
    joris = Membership.objects.get(pk=lantaarn.joris.pk)
    assert (joris.roles, joris.name, joris.joined_at) == (["mentor", "learner"], "Joris Hoekema", NOW)
    assert (invitation.membership, invitation.accepted_at, invitation.token) == (joris, NOW, "")
    assert not Message.objects.exists()


def test_inviting_again_replaces_the_open_invitation(cast: Cast) -> None:
    first = invite_noor(cast)
    second = invite_noor(cast, Role.MENTOR, name="Noor de Smit", at=LATER)
    assert code_of(first.token) == "revoked"
    assert read_invitation(token=second.token, at=LATER).roles == ["mentor", "learner"]
    with scope(cast.organization.pk):
        assert Membership.objects.get(user__email="noor@example.org").name == "Noor de Smit"
        assert Message.objects.count() == 2


def test_staff_give_no_role_that_only_admins_give(lantaarn: Cast) -> None:
    for role in (Role.STAFF, Role.ADMIN):
        with pytest.raises(AccountError) as caught:
            invite_noor(lantaarn, Role.LEARNER, role)
        assert caught.value.code == "roles_not_yours"
    assert not User.objects.filter(email="noor@example.org").exists()
    assert invite_noor(lantaarn, Role.ADMIN, by=lantaarn.ada).membership.roles == ["admin"]


def test_invitation_without_a_role_is_refused(lantaarn: Cast) -> None:
    with pytest.raises(AccountError) as caught:
        invite(email="noor@example.org", name="Noor", roles=[], by=lantaarn.ada, at=NOW)
    assert (caught.value.code, User.objects.filter(email="noor@example.org").exists()) == ("no_role", False)


def test_staff_may_repeat_a_role_that_an_admin_gave(lantaarn: Cast) -> None:
    invite_noor(lantaarn, Role.STAFF, by=lantaarn.ada)
    assert invite_noor(lantaarn, Role.STAFF, Role.MENTOR).membership.roles == ["staff", "mentor"]


def test_a_person_of_another_organization_is_one_user_with_two_memberships(cast: Cast) -> None:
    invitation = invite_noor(cast, email="otto@elsewhere.example", name="Otto E.")
    assert invitation.membership.user == cast.otto.user
    accept(token=invitation.token, user=cast.otto.user, at=LATER)
    with scope(cast.organization.pk):
        assert Membership.objects.get(user=cast.otto.user).joined_at == LATER
    with scope(cast.elsewhere.pk):
        assert Membership.objects.get(user=cast.otto.user).roles == ["admin", "staff"]


def test_a_new_person_enters_with_a_name_and_a_password(cast: Cast) -> None:
    invitation = invite_noor(cast)
    assert read_invitation(token=invitation.token, at=LATER).is_new
    membership = accept_as_new(token=invitation.token, name="Noor S.", password="tulip field", language="nl", at=LATER)
    user = User.objects.get(email="noor@example.org")
    assert (user.name, user.language, user.check_password("tulip field")) == ("Noor S.", "nl", True)
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")) == [
        ("noor@example.org", True, True)
    ]
    with scope(cast.organization.pk):
        stored = Membership.objects.get(pk=membership.pk)
    assert (stored.name, stored.joined_at) == ("Noor S.", LATER)
    assert code_of(invitation.token) == "used"


def test_the_link_takes_an_address_back_from_whoever_signed_up_with_it_unconfirmed(cast: Cast) -> None:
    squatter = User.objects.create_user("noor@example.org", "squatter's own", wished_organization="Squat")
    EmailAddress.objects.create(user=squatter, email="noor@example.org", verified=False, primary=True)
    invitation = invite_noor(cast)
    accept_as_new(token=invitation.token, name="Noor", password="tulip field", language="en", at=LATER)
    user = User.objects.get(email="noor@example.org")
    assert (user.check_password("squatter's own"), user.wished_organization) == (False, "")


def test_the_link_sets_no_password_of_a_confirmed_person(cast: Cast) -> None:
    invitation = invite_noor(cast, email="otto@elsewhere.example")
    with pytest.raises(InvitationError) as caught:
        accept_as_new(token=invitation.token, name="X", password="tulip field", language="en", at=LATER)
    assert caught.value.code == "not_yours"
    assert User.objects.get(pk=cast.otto.user.pk).check_password("correct horse")


def test_only_the_invited_person_can_accept(cast: Cast) -> None:
    invitation = invite_noor(cast)
    with pytest.raises(InvitationError) as caught:
        accept(token=invitation.token, user=cast.otto.user, at=LATER)
    assert caught.value.code == "not_yours"
    with scope(cast.organization.pk):
        assert Membership.objects.awaited().count() == 1


def test_a_link_works_for_fourteen_days_and_not_an_instant_longer(cast: Cast) -> None:
    token = invite_noor(cast).token
    last = NOW + LIFETIME - timedelta(microseconds=1)
    assert read_invitation(token=token, at=last).name == "Noor Smit"
    assert code_of(token, at=NOW + LIFETIME) == "expired"


@pytest.mark.parametrize("token", ["nonsense", "", ".", "0" * 32, "\x00", "🗝" * 40, f"{'a' * 32}.{'b' * 43}"])
def test_nonsense_is_no_invitation(cast: Cast, token: str) -> None:
    assert code_of(token) == "unknown"


def test_a_token_opens_nothing_in_another_organization(cast: Cast) -> None:
    token = invite_noor(cast).token
    assert code_of(f"{cast.elsewhere.pk.hex}.{token.partition('.')[2]}") == "unknown"


def test_withdrawn_link_says_so_and_cannot_be_withdrawn_twice(cast: Cast) -> None:
    invitation = invite_noor(cast)
    with scope(cast.organization.pk):
        revoke(membership=invitation.membership, at=LATER)
        with pytest.raises(AccountError) as caught:
            revoke(membership=invitation.membership, at=LATER)
    assert caught.value.code == "nothing_open"
    assert code_of(invitation.token) == "revoked"


def test_resend_replaces_the_link_and_refuses_for_members(cast: Cast) -> None:
    first = invite_noor(cast)
    with scope(cast.organization.pk):
        second = resend(membership=first.membership, by=cast.ilse, at=LATER)
        with pytest.raises(AccountError) as caught:
            resend(membership=cast.joris, by=cast.ilse, at=LATER)
    assert caught.value.code == "joined"
    assert code_of(first.token) == "revoked"
    assert read_invitation(token=second.token, at=LATER).invited_by == "Ilse Brouwer"
