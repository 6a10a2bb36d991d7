from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Membership
from organizations.models import Organization
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
SETTINGS = "/o/lantaarn/settings/"
DATA = {"name": "Lantaarn", "brand_hue": "145", "language": "nl", "time_zone": "Asia/Tokyo"}


def test_settings_are_the_admins(sign_in: SignIn, cast: Cast) -> None:
    people = {"amira": 403, "joris": 403, "ilse": 403, "otto": 404, "ada": 200}
    for path in (SETTINGS, f"{SETTINGS}color/?brand_hue=1"):
        assert {name: sign_in(getattr(cast, name)).get(path).status_code for name in people} == people


def test_admin_saves_the_settings_and_every_page_takes_the_color(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ada)
    response = client.post(SETTINGS, DATA)
    assert (response.status_code, response.headers["Location"]) == (302, SETTINGS)
    found = Organization.objects.get(pk=cast.organization.pk)
    assert (found.name, found.brand_hue, found.language, found.time_zone, found.slug) == (
        "Lantaarn",
        145,
        "nl",
        "Asia/Tokyo",
        "lantaarn",
    )
    assert "--brand-h: 145" in client.get("/o/lantaarn/tenant.css").content.decode()


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"brand_hue": "360"}, {"brand_hue": ["Choose an angle from 0 to 359."]}),
        ({"brand_hue": "-1"}, {"brand_hue": ["Choose an angle from 0 to 359."]}),
        ({"brand_hue": "red"}, {"brand_hue": ["Choose an angle from 0 to 359."]}),
        ({"brand_hue": "9" * 5000}, {"brand_hue": ["Choose an angle from 0 to 359."]}),
        ({"language": "de"}, {"language": ["Select a valid choice. de is not one of the available choices."]}),
        (
            {"time_zone": "Mars/Olympus"},
            {"time_zone": ["“Mars/Olympus” is not a time zone. Choose one such as Europe/Amsterdam."]},
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_settings_are_shown_again_and_not_saved(
    sign_in: SignIn, cast: Cast, changes: dict[str, str], errors: dict[str, list[str]]
) -> None:
    response = sign_in(cast.ada).post(SETTINGS, {**DATA, **changes})
    assert (response.status_code, response.context["form"].errors) == (422, errors)
    assert Organization.objects.get(pk=cast.organization.pk).name == "Lantaarn Academy"
    assert "· Lantaarn Academy</title>" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "hue"), [("?brand_hue=145", 145), ("?brand_hue=720", 0), ("?brand_hue=red", 0), ("", 0)]
)
def test_preview_draws_the_color_without_inline_styles(sign_in: SignIn, cast: Cast, query: str, hue: int) -> None:
    page = sign_in(cast.ada).get(f"{SETTINGS}color/{query}").content.decode()
    assert "<html" not in page
    assert f'fill="oklch(.44 .085 {hue})"' in page
    assert "style=" not in page
