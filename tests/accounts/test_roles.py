import pytest

from accounts.errors import AccountError
from accounts.models import Membership, Role
from accounts.roles import change_roles, close_access, roles_given_by
from tests.conftest import NOW, Cast


def code_of(function: object, **arguments: object) -> str:
    with pytest.raises(AccountError) as caught:
        function(**arguments)  # type: ignore[operator]
    return caught.value.code


def test_each_role_gives_its_roles(lantaarn: Cast) -> None:
    assert {name: roles_given_by(getattr(lantaarn, name)) for name in ("ada", "ilse", "joris", "amira")} == {
        "ada": [Role.ADMIN, Role.STAFF, Role.MENTOR, Role.LEARNER],
        "ilse": [Role.MENTOR, Role.LEARNER],
        "joris": [],
        "amira": [],
    }


def test_admin_replaces_the_roles_of_a_person(lantaarn: Cast) -> None:
    change_roles(membership=lantaarn.joris, roles=["learner", "staff", "learner"], by=lantaarn.ada)
    assert Membership.objects.get(pk=lantaarn.joris.pk).roles == ["staff", "learner"]


def test_staff_change_no_roles(lantaarn: Cast) -> None:
    assert code_of(change_roles, membership=lantaarn.ilse, roles=["admin"], by=lantaarn.ilse) == "admins_only"
    assert code_of(close_access, membership=lantaarn.joris, by=lantaarn.ilse) == "admins_only"


def test_somebody_without_any_role_is_no_member(lantaarn: Cast) -> None:
    assert code_of(change_roles, membership=lantaarn.joris, roles=[], by=lantaarn.ada) == "no_role"


def test_the_last_admin_stays_admin(lantaarn: Cast) -> None:
    assert code_of(change_roles, membership=lantaarn.ada, roles=["staff"], by=lantaarn.ada) == "last_admin"
    assert code_of(close_access, membership=lantaarn.ada, by=lantaarn.ada) == "last_admin"
    assert Membership.objects.get(pk=lantaarn.ada.pk).roles == ["admin"]


def test_an_admin_who_has_not_joined_does_not_count(lantaarn: Cast) -> None:
    change_roles(membership=lantaarn.ilse, roles=["admin"], by=lantaarn.ada)
    Membership.objects.filter(pk=lantaarn.ilse.pk).update(joined_at=None)
    assert code_of(change_roles, membership=lantaarn.ada, roles=["staff"], by=lantaarn.ada) == "last_admin"


def test_one_of_two_admins_can_step_down(lantaarn: Cast) -> None:
    change_roles(membership=lantaarn.ilse, roles=["admin"], by=lantaarn.ada)
    change_roles(membership=lantaarn.ada, roles=["mentor"], by=lantaarn.ada)
    assert Membership.objects.get(pk=lantaarn.ada.pk).roles == ["mentor"]


def test_closed_access_keeps_the_person_and_their_roles(lantaarn: Cast) -> None:
    assert lantaarn.joris.joined_at == NOW
    close_access(membership=lantaarn.joris, by=lantaarn.ada)
    joris = Membership.objects.get(pk=lantaarn.joris.pk)
    assert (joris.joined_at, joris.roles) == (None, ["mentor"])
