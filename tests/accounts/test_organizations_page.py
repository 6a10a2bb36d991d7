from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Membership, Role, User
from accounts.organizing import memberships_of
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]
NEW = {"name": "Noord Gilde", "slug": "noord", "language": "nl", "time_zone": "Asia/Tokyo"}


def test_switcher_shows_ones_own_organizations_alone(sign_in: SignIn, cast: Cast) -> None:
    with scope(cast.elsewhere.pk):
        Membership.objects.create(user=cast.joris.user, name="J.", roles=[Role.LEARNER, Role.MENTOR], joined_at=NOW)
    page = sign_in(cast.joris).get("/organizations/")
    assert [(row["organization"].slug, row["roles"]) for row in page.context["rows"]] == [
        ("elsewhere", "Learner, Mentor"),
        ("lantaarn", "Mentor"),
    ]
    assert 'href="/o/elsewhere/"' in page.content.decode()
    assert "Elsewhere" not in sign_in(cast.amira).get("/organizations/").content.decode()


def test_person_of_no_organization_reads_how_to_get_one(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("alone@example.org"))
    page = client.get("/organizations/").content.decode()
    assert "You belong to no organization yet" in page
    assert 'href="/organizations/new/"' in page


def test_signed_out_visitor_signs_in_first(client: Client, db: None) -> None:
    for path in ("/organizations/", "/organizations/new/"):
        assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_signed_in_person_makes_an_organization(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.amira)
    assert client.get("/organizations/new/").status_code == 200
    response = client.post("/organizations/new/", NEW)
    assert (response.status_code, response.headers["Location"]) == (302, "/o/noord/")
    made = Organization.objects.get(slug="noord")
    assert (made.name, made.language, made.time_zone) == ("Noord Gilde", "nl", "Asia/Tokyo")
    assert [row.organization.slug for row in memberships_of(cast.amira.user)] == ["lantaarn", "noord"]


def test_address_may_be_left_to_the_name(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.amira).post("/organizations/new/", {**NEW, "slug": ""})
    assert response.headers["Location"] == "/o/noord-gilde/"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"slug": "lantaarn"}, {"slug": ["“lantaarn” is taken. Choose another address."]}),
        ({"slug": "static"}, {"slug": ["“static” is taken. Choose another address."]}),
        ({"slug": "Noord"}, {"slug": ["Use small letters, digits and hyphens."]}),
        (
            {"time_zone": "Europe/Rotterdam"},
            {"time_zone": ["“Europe/Rotterdam” is not a time zone. Choose one such as Europe/Amsterdam."]},
        ),
    ],
)
def test_bad_organization_is_shown_again(
    sign_in: SignIn, cast: Cast, changes: dict[str, str], errors: dict[str, list[str]]
) -> None:
    response = sign_in(cast.amira).post("/organizations/new/", {**NEW, **changes})
    assert (response.status_code, response.context["form"].errors) == (422, errors)
    assert Organization.objects.count() == 2
