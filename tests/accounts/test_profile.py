from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import Membership, Role, User
from organizations.scope import scope
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]
PROFILE = {"name": "Amira H.", "language": "nl", "time_zone": "Asia/Tokyo"}


def test_signed_out_visitor_has_no_profile(client: Client, db: None) -> None:
    assert client.get("/profile/").headers["Location"] == "/accounts/login/?next=/profile/"


def test_person_saves_their_profile_and_every_organization_shows_the_name(sign_in: SignIn, cast: Cast) -> None:
    with scope(cast.elsewhere.pk):
        Membership.objects.create(user=cast.amira.user, name="A. Haddad", roles=[Role.LEARNER], joined_at=NOW)
    response = sign_in(cast.amira).post("/profile/", PROFILE)
    assert (response.status_code, response.headers["Location"]) == (302, "/profile/")
    user = User.objects.get(pk=cast.amira.user.pk)
    assert (user.name, user.language, user.time_zone) == ("Amira H.", "nl", "Asia/Tokyo")
    for organization in (cast.organization, cast.elsewhere):
        with scope(organization.pk):
            assert Membership.objects.get(user=user).name == "Amira H."


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        (
            {"time_zone": "Europe/Rotterdam"},
            {"time_zone": ["“Europe/Rotterdam” is not a time zone. Choose one such as Europe/Amsterdam."]},
        ),
        ({"language": "de"}, {"language": ["Select a valid choice. de is not one of the available choices."]}),
    ],
)
def test_bad_profile_is_shown_again_and_not_saved(
    sign_in: SignIn, cast: Cast, changes: dict[str, str], errors: dict[str, list[str]]
) -> None:
    response = sign_in(cast.amira).post("/profile/", {**PROFILE, **changes})
    assert (response.status_code, response.context["form"].errors) == (422, errors)
    user = User.objects.get(pk=cast.amira.user.pk)
    assert (user.name, user.language, user.time_zone) == ("Amira Haddad", "en", "Europe/Amsterdam")


def test_zone_with_an_old_name_stays_chosen(sign_in: SignIn, cast: Cast) -> None:
    cast.amira.user.time_zone = "Asia/Calcutta"
    cast.amira.user.save()
    page = sign_in(cast.amira).get("/profile/").content.decode()
    assert '<option value="Asia/Calcutta" selected>' in page


def test_profile_leads_to_email_password_and_two_steps(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.amira)
    page = client.get("/profile/").content.decode()
    for path in ("/accounts/email/", "/accounts/password/change/", "/accounts/2fa/"):
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200


def test_language_of_a_visitor_is_kept_in_a_cookie(client: Client, db: None) -> None:
    response = client.post("/language/", {"language": "nl", "next": "/accounts/login/?next=/profile/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?next=/profile/")
    assert client.cookies["django_language"].value == "nl"
    assert client.get("/accounts/login/").headers["Content-Language"] == "nl"


def test_language_of_a_person_is_kept_in_their_profile(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.amira)
    client.post("/language/", {"language": "nl", "next": "/profile/"})
    assert User.objects.get(pk=cast.amira.user.pk).language == "nl"
    assert client.get("/profile/").headers["Content-Language"] == "nl"


def test_theme_is_kept_in_a_cookie_for_a_year(client: Client, db: None) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": "/accounts/login/"})
    cookie = response.cookies["theme"]
    assert (response.headers["Location"], cookie.value, cookie["max-age"], cookie["samesite"]) == (
        "/accounts/login/",
        "dark",
        31_536_000,
        "Lax",
    )
    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(
    "away",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example", "", "http:///evil.example"],
)
def test_nobody_is_sent_to_another_site(client: Client, db: None, away: str) -> None:
    for path, data in (("/theme/", {"theme": "dark"}), ("/language/", {"language": "nl"})):
        assert client.post(path, {**data, "next": away}).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("path", "data", "text"),
    [
        ("/theme/", {"theme": "sepia"}, "There is a light and a dark theme."),
        ("/theme/", {}, "There is a light and a dark theme."),
        ("/language/", {"language": "de"}, "Gilde speaks English and Dutch."),
    ],
)
def test_unknown_choice_is_refused_in_words(
    client: Client, db: None, path: str, data: dict[str, str], text: str
) -> None:
    response = client.post(path, data)
    assert (response.status_code, text in response.content.decode()) == (422, True)
    assert not {"theme", "django_language"} & set(response.cookies)


def test_language_and_theme_change_by_post_alone(client: Client, db: None) -> None:
    assert [client.get(path).status_code for path in ("/language/", "/theme/")] == [405, 405]


def test_saved_message_speaks_the_language_that_was_just_chosen(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.amira).post("/profile/", {**PROFILE, "language": "en"})
    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert said == ["Your profile is saved."]
