from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.inviting import accept_as_new
from accounts.models import Invitation, Membership, User
from notifications.models import Message
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, Cast


def run(**changes: Any) -> str:
    out = StringIO()
    options = {"name": "Zuid Academy", "slug": "zuid", "admin_email": "Zara@Zuid.example", **changes}
    call_command("create_organization", stdout=out, **options)
    return out.getvalue()


def link_in(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def test_command_makes_the_organization_and_invites_its_admin(db: None) -> None:
    text = run(admin_name="Zara", language="nl", time_zone="Asia/Tokyo")
    organization = Organization.objects.get()
    assert (organization.slug, organization.name, organization.language, organization.time_zone) == (
        "zuid",
        "Zuid Academy",
        "nl",
        "Asia/Tokyo",
    )
    with scope(organization.pk):
        membership = Membership.objects.get()
        assert (membership.user.email, membership.name, membership.roles, membership.joined_at) == (
            "zara@zuid.example",
            "Zara",
            ["admin", "staff"],
            None,
        )
        message = Message.objects.get()
        assert message.payload["path"] == link_in(text).removeprefix("http://localhost:8000")
    assert text.startswith("Zuid Academy is made at /o/zuid/.\nAn invitation to zara@zuid.example is queued;")


def test_repeating_changes_nothing(db: None) -> None:
    run()
    text = run(name="Another name")
    assert Organization.objects.get().name == "Zuid Academy"
    assert "Zuid Academy exists at /o/zuid/; its settings are kept." in text
    assert "zara@zuid.example was invited before" in text
    with scope(Organization.objects.get().pk):
        assert (Invitation.objects.count(), Message.objects.count()) == (1, 1)


def test_resend_sends_a_new_invitation(db: None) -> None:
    assert link_in(run()) != link_in(run(resend=True))
    with scope(Organization.objects.get().pk):
        assert Message.objects.count() == 2


def test_admin_who_joined_is_told_where_to_sign_in(db: None) -> None:
    token = link_in(run()).rstrip("/").rpartition("/")[2]
    with scope(Organization.objects.get().pk):
        at = Invitation.objects.get().created_at
    accept_as_new(token=token, name="Zara", password="tulip field", language="en", at=at)
    assert "zara@zuid.example is an admin already. Next: sign in at http://localhost:8000/o/zuid/" in run()


def test_member_of_the_organization_becomes_admin_at_once(cast: Cast) -> None:
    text = run(slug="lantaarn", admin_email="joris@lantaarn.example")
    assert "joris@lantaarn.example was a member already and is admin now." in text
    with scope(cast.organization.pk):
        joris = Membership.objects.get(pk=cast.joris.pk)
    assert (joris.roles, joris.joined_at) == (["admin", "staff", "mentor"], NOW)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"slug": "Not good"}, "Use small letters, digits and hyphens."),
        ({"slug": "api"}, "“api” is taken."),
        ({"admin_email": "nobody"}, "“nobody” is not an email address."),
        ({"time_zone": "Mars/Olympus"}, "“Mars/Olympus” is not a time zone."),
        ({"name": ""}, "This field cannot be blank."),
    ],
)
def test_bad_option_makes_nothing_and_says_so(db: None, changes: dict[str, str], text: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(**changes)
    assert text in str(caught.value)
    assert str(caught.value).endswith("Nothing was made.")
    assert (Organization.objects.count(), User.objects.count()) == (0, 0)


def test_help_tells_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("create_organization", "--help")
    text = capsys.readouterr().out
    for option in ("--name", "--slug", "--admin-email", "--admin-name", "--language", "--time-zone", "--resend"):
        assert option in text
    assert "Safe to repeat" in text
