from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Membership, Role, User
from organizations.scope import scope
from tests.conftest import NOW, Cast, member

SignIn = Callable[[Membership | None], Client]


def test_signed_out_visitor_reads_what_gilde_is_and_where_to_go(client: Client, db: None) -> None:
    response = client.get("/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "Gilde runs cohorts of people through a training program that takes years." in page
    assert 'href="/accounts/login/"' in page
    assert 'href="/accounts/signup/"' in page


def test_member_of_one_organization_goes_there(sign_in: SignIn, cast: Cast) -> None:
    assert sign_in(cast.otto).get("/").headers["Location"] == "/o/elsewhere/"


def test_member_of_several_organizations_or_none_chooses(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.otto)
    with scope(cast.organization.pk):
        Membership.objects.create(user=cast.otto.user, name="Otto", roles=[Role.LEARNER], joined_at=NOW)
    assert client.get("/").headers["Location"] == "/organizations/"
    client.force_login(User.objects.create_user("alone@example.org"))
    assert client.get("/").headers["Location"] == "/organizations/"


@pytest.mark.parametrize(
    ("name", "page"),
    [("amira", "home/"), ("joris", "week/"), ("ilse", "today/"), ("ada", "today/")],
)
def test_member_starts_where_their_role_works(sign_in: SignIn, cast: Cast, name: str, page: str) -> None:
    response = sign_in(getattr(cast, name)).get("/o/lantaarn/")
    assert (response.status_code, response.headers["Location"]) == (302, f"/o/lantaarn/{page}")


@pytest.mark.parametrize(
    ("roles", "page"),
    [((Role.LEARNER, Role.MENTOR), "week/"), ((Role.LEARNER, Role.MENTOR, Role.STAFF), "today/")],
)
def test_member_with_several_roles_starts_where_most_depends_on_them(
    sign_in: SignIn, cast: Cast, roles: tuple[Role, ...], page: str
) -> None:
    with scope(cast.organization.pk):
        person = member("Several Hats", "hats@lantaarn.example", *roles)
    assert sign_in(person).get("/o/lantaarn/").headers["Location"] == f"/o/lantaarn/{page}"
