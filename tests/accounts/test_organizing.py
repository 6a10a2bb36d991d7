import pytest

from accounts.errors import AccountError
from accounts.models import Membership, Role, User
from accounts.organizing import create_organization, memberships_of
from organizations.scope import scope
from tests.conftest import NOW, Cast


def found(cast: Cast, **changes: str) -> str:
    return create_organization(admin=cast.joris.user, at=NOW, **{"name": "Noord Gilde", **changes}).slug


def test_founder_is_admin_and_staff_at_once(cast: Cast) -> None:
    organization = create_organization(
        name="Noord Gilde", admin=cast.joris.user, at=NOW, language="nl", time_zone="Asia/Tokyo"
    )
    assert (organization.slug, organization.language, organization.time_zone) == ("noord-gilde", "nl", "Asia/Tokyo")
    with scope(organization.pk):
        assert [(row.user, row.name, row.roles, row.joined_at) for row in Membership.objects.all()] == [
            (cast.joris.user, "Joris Hoekema", ["admin", "staff"], NOW)
        ]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Lantaarn!", "lantaarn-2"),
        ("New", "new-2"),
        ("日本", "organization"),
        ("Über Academy", "uber-academy"),
        ("x" * 60, "x" * 40),
        ("-- A --", "a"),
    ],
)
def test_address_is_made_from_the_name(cast: Cast, name: str, slug: str) -> None:
    assert found(cast, name=name) == slug


def test_same_name_gets_a_number(cast: Cast) -> None:
    assert [found(cast, name="y" * 50) for _ in range(3)] == ["y" * 40, "y" * 36 + "-2", "y" * 36 + "-3"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"slug": "lantaarn"}, "slug_taken"),
        ({"slug": "api"}, "slug_taken"),
        ({"slug": "Not good"}, "bad_organization"),
        ({"slug": "-a"}, "bad_organization"),
        ({"name": ""}, "bad_organization"),
        ({"time_zone": "Europe/Rotterdam"}, "unknown_zone"),
    ],
)
def test_what_cannot_be_is_refused(cast: Cast, changes: dict[str, str], code: str) -> None:
    with pytest.raises(AccountError) as caught:
        found(cast, **changes)
    assert caught.value.code == code


def test_a_person_sees_the_organizations_they_joined_and_no_other(cast: Cast) -> None:
    found(cast, name="Zuid")
    with scope(cast.elsewhere.pk):
        Membership.objects.create(user=cast.joris.user, name="Invited only", roles=[Role.LEARNER])
    seen = [(row.organization.name, row.roles) for row in memberships_of(cast.joris.user)]
    assert seen == [("Lantaarn Academy", ["mentor"]), ("Zuid", ["admin", "staff"])]
    assert memberships_of(User.objects.create_user("nobody@example.org")) == []
