"""What is sealed is not in the database to read, and survives a change of keys."""

import importlib
import time
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.second_steps import PURPOSE
from assessments.badge_keys import key_in_use, private_key
from assessments.errors import AssessmentError
from notifications.connecting import rotate_secret
from notifications.endpoints import Attempt, Endpoint
from notifications.event_types import TEST, Event, delivery_of, write
from notifications.posting import post_due
from organizations.scope import scope
from organizations.sealing import Unreadable, is_newest, seal, unseal
from tests.conftest import NOW, Cast
from tests.web_server import open_web

OLD, NEW = "o" * 40, "n" * 40
ADDRESS, SECRET = "https://crm.example/in?token=1", "whsec_c2VjcmV0"


@pytest.fixture(autouse=True)
def keys(settings: Any) -> Any:
    settings.SEALING_KEYS = [OLD]
    return settings


def endpoint(cast: Cast) -> Endpoint:
    with scope(cast.organization.pk):
        return Endpoint.objects.create(
            format="webhook", name="CRM", address=ADDRESS, subscribed=[], secret=SECRET, created_at=NOW,
            created_by=cast.ada.user,
        )  # fmt: skip


def stored(cast: Cast) -> list[str]:
    with scope(cast.organization.pk), connection.cursor() as cursor:
        cursor.execute("SELECT address, secret, old_secret FROM notifications_endpoint")
        return list(cursor.fetchone())


def reseal(*arguments: str) -> str:
    said = StringIO()
    call_command("reseal_secrets", *arguments, stdout=said, stderr=said)
    return said.getvalue()


def test_database_holds_no_secret_and_the_object_does(cast: Cast) -> None:
    one = endpoint(cast)
    with scope(cast.organization.pk):
        found = Endpoint.objects.get()
        assert (found.address, found.secret, found.old_secret) == (ADDRESS, SECRET, "")
        rotate_secret(endpoint=one, now=NOW)
    address, secret, old = stored(cast)
    assert not any(plain in address + secret + old for plain in ("crm", "whsec", SECRET))
    assert (unseal(address), unseal(old)) == (ADDRESS, SECRET)
    assert seal("a") != seal("a")


def test_keys_change_without_losing_anything(cast: Cast, keys: Any) -> None:
    endpoint(cast)
    with scope(cast.organization.pk):
        badge_key = key_in_use(organization=cast.organization, at=NOW)
        numbers = private_key(badge_key).private_numbers()
    keys.SEALING_KEYS = [NEW, OLD]
    assert "2 sealed anew, 0 cannot be read." in reseal()
    keys.SEALING_KEYS = [NEW]
    assert [bool(text) and is_newest(text) for text in stored(cast)] == [True, True, False]
    assert "2 organizations: 0 sealed anew, 0 cannot be read." in reseal()
    with scope(cast.organization.pk):
        badge_key.refresh_from_db()
        assert private_key(badge_key).private_numbers() == numbers
        assert Endpoint.objects.get().address == ADDRESS


def test_lost_key_is_said_posts_nothing_and_loses_nothing(cast: Cast, keys: Any) -> None:
    endpoint(cast)
    with scope(cast.organization.pk):
        badge_key = key_in_use(organization=cast.organization, at=NOW)
    before = stored(cast)
    keys.SEALING_KEYS = [NEW]
    said = reseal("--organization", "lantaarn")
    assert "0 sealed anew, 2 cannot be read." in said
    assert "What none of SEALING_KEYS opens was left as it is." in said
    with scope(cast.organization.pk):
        one = Endpoint.objects.get()
        assert (isinstance(one.address, Unreadable), one.is_readable) == (True, False)
        assert "cannot be read anymore" in one.masked_address
        one.save()
        write([delivery_of(Event(name=TEST, key="1", at=NOW, data={}), one)])
        with pytest.raises(AssessmentError) as caught:
            private_key(badge_key)
        assert caught.value.code == "badge_key_unreadable"
    assert not post_due(organization_id=cast.organization.pk, clock=lambda: NOW, web=open_web())
    with scope(cast.organization.pk):
        assert [attempt.problem for attempt in Attempt.objects.all()] == ["unreadable"]
    assert stored(cast) == before
    with pytest.raises(CommandError, match="Nothing was changed"):
        reseal("--organization", "nobody")


# -- second steps of signing in ----------------------------------------------------------------------------------------


def second_steps(cast: Cast) -> tuple[str, list[str]]:
    """Amira's authenticator app, by its secret, and her recovery codes."""
    secret = generate_totp_secret()
    TOTP.activate(cast.amira.user, secret)
    return secret, RecoveryCodes.activate(cast.amira.user).get_unused_codes()


def kept(cast: Cast) -> dict[str, dict[str, Any]]:
    return {one.type: one.data for one in Authenticator.objects.filter(user=cast.amira.user)}


def opens(cast: Cast, code: str) -> bool:
    return any(one.wrap().validate_code(code) for one in Authenticator.objects.filter(user=cast.amira.user))


def shown(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_second_steps_are_sealed_and_survive_a_change_of_keys(cast: Cast, keys: Any) -> None:
    keys.MFA_TOTP_TOLERANCE = 1
    secret, (first, second, *_rest) = second_steps(cast)
    sealed = kept(cast)
    assert secret not in str(sealed)
    assert unseal(sealed["totp"]["secret"], purpose=PURPOSE) == secret
    assert (opens(cast, shown(secret)), opens(cast, first), opens(cast, first)) == (True, True, False)
    keys.SEALING_KEYS = [NEW, OLD]
    assert "Second steps of people: 2 sealed anew, 0 cannot be read." in reseal()
    keys.SEALING_KEYS = [NEW]
    assert "Second steps of people: 0 sealed anew, 0 cannot be read." in reseal()
    assert (opens(cast, second), opens(cast, first)) == (True, False)


def test_second_step_that_no_key_opens_accepts_no_code(cast: Cast, keys: Any) -> None:
    keys.MFA_TOTP_TOLERANCE = 1
    secret, codes = second_steps(cast)
    before = kept(cast)
    keys.SEALING_KEYS = [NEW]
    empty = [format_hotp_value(hotp_value("", int(time.time()) // 30 + step)) for step in (-1, 0, 1)]
    assert [code for code in (shown(secret), codes[0], *empty) if opens(cast, code)] == []
    assert "Second steps of people: 0 sealed anew, 2 cannot be read." in reseal()
    assert kept(cast) == before


def test_migration_seals_second_steps_once(cast: Cast) -> None:
    plain = {
        "totp": {"secret": generate_totp_secret()},
        "recovery_codes": {"seed": "ab" * 40, "used_mask": 5, "migrated_codes": ["abc", "def"]},
        "webauthn": {"name": "Key", "credential": {}},
    }
    for kind, data in plain.items():
        Authenticator.objects.create(user=cast.amira.user, type=kind, data=data)
    migration = importlib.import_module("accounts.migrations.0003_sealed_second_steps")
    before = MigrationLoader(connection).project_state([("mfa", "0003_authenticator_type_uniq")]).apps
    migration.seal_all(before, None)
    first = kept(cast)
    assert (first["webauthn"], first["recovery_codes"]["used_mask"]) == (plain["webauthn"], 5)
    assert not any(text in str(first) for text in (str(plain["totp"]["secret"]), "ab" * 40, "'abc'", "'def'"))
    migration.seal_all(before, None)
    assert kept(cast) == first
    migration.unseal_all(before, None)
    assert kept(cast) == plain


def test_migration_seals_what_was_plain_once(cast: Cast) -> None:
    endpoint(cast)
    with scope(cast.organization.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_endpoint SET address = %s, secret = %s", [ADDRESS, SECRET])
    migration = importlib.import_module("notifications.migrations.0006_sealed_endpoints_and_order")
    before = MigrationLoader(connection).project_state([("notifications", "0001_squashed_0005_delivery")]).apps
    with scope(cast.organization.pk):
        migration.seal_all(before, None)
        first = stored(cast)
        migration.seal_all(before, None)
        assert stored(cast) == first
        assert Endpoint.objects.get().secret == SECRET
        migration.unseal_all(before, None)
    assert stored(cast) == [ADDRESS, SECRET, ""]
