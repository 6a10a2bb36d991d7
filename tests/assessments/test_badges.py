"""Credentials, checked as a stranger would: by addresses alone, and with another library than the one that signs."""

import base64
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey
from jsonschema import Draft201909Validator

from accounts.models import Membership
from assessments.certificates import revoke_certificate
from assessments.models import BadgeKey, Certificate
from organizations.scope import scope
from tests.assessments.conftest import School
from tests.assessments.test_certificates import AT, pass_levels

#: What Open Badges 3.0 asks of an AchievementCredential, and of what ours has in it: written from the specification.
TYPED = {"type": "array", "minItems": 1, "items": {"type": "string"}}
URI = {"type": "string", "pattern": "^(https?://|urn:uuid:)"}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}


def thing(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


SCHEMA = thing(
    "@context id type name issuer validFrom credentialSubject",
    **{"@context": {"type": "array", "minItems": 2, "items": {"type": "string"}}},
    id=URI,
    type={
        **TYPED,
        "allOf": [{"contains": {"const": each}} for each in ("VerifiableCredential", "OpenBadgeCredential")],
    },
    name={"type": "string"},
    validFrom=INSTANT,
    awardedDate=INSTANT,
    issuer=thing("id type", id=URI, type={**TYPED, "contains": {"const": "Profile"}}, name={"type": "string"}),
    credentialSubject={
        **thing(
            "type achievement",
            id=URI,
            type={**TYPED, "contains": {"const": "AchievementSubject"}},
            achievement=thing(
                "id type criteria description name",
                id=URI,
                type={**TYPED, "contains": {"const": "Achievement"}},
                criteria=thing("narrative", narrative={"type": "string"}),
                description={"type": "string"},
                name={"type": "string"},
            ),
            identifier={
                "type": "array",
                "items": thing(
                    "type hashed identityHash identityType",
                    type={"const": "IdentityObject"},
                    hashed={"type": "boolean"},
                    identityHash={"type": "string"},
                    identityType={"enum": ["name"]},
                ),
            },
        ),
        "anyOf": [{"required": ["id"]}, {"required": ["identifier"]}],
    },
    evidence={"type": "array", "items": thing("type", id=URI, type={**TYPED, "contains": {"const": "Evidence"}})},
    credentialSchema={"type": "array", "items": thing("id type", id=URI, type={"type": "string"})},
    credentialStatus=thing("id type", id=URI, type={"const": "BitstringStatusListEntry"}),
)


@pytest.fixture(autouse=True)
def _fresh_rate() -> None:
    cache.clear()


@pytest.fixture
def taught(cohort_of_two: School) -> School:
    return cohort_of_two


def issued(school: School, *levels: int) -> list[Certificate]:
    with scope(school.cast.organization.pk):
        return pass_levels(school, *levels)


def get(client: Client, address: str) -> bytes:
    """What stands at a full address of the site."""
    response = client.get(urlsplit(address).path)
    assert response.status_code == 200, address
    return response.content


def verified(client: Client, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a token whose signature the key at its `kid` verifies."""
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    key = RSAKey.import_key(json.loads(get(client, header["kid"])))
    assert not key.is_private
    found = jws.deserialize_compact(token, key, algorithms=["RS256"])
    return header, json.loads(found.payload)


def credential_of(client: Client, certificate: Certificate) -> str:
    return get(client, f"/certificates/lantaarn/{certificate.token}/credential.jwt").decode()


def is_revoked(client: Client, credential: dict[str, Any]) -> bool:
    """As the recommendation on bitstring status lists says it is looked up."""
    status = credential["credentialStatus"]
    _header, listing = verified(client, get(client, status["statusListCredential"]).decode())
    assert "BitstringStatusListCredential" in listing["type"]
    assert listing["id"] == status["statusListCredential"]
    assert listing["issuer"] == credential["issuer"]["id"]
    subject = listing["credentialSubject"]
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", status["statusPurpose"])
    multibase, packed = subject["encodedList"][0], subject["encodedList"][1:]
    assert multibase == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert len(bits) * 8 >= 131_072
    index = int(status["statusListIndex"])
    return f"{int.from_bytes(bits):0{len(bits) * 8}b}"[index] == "1"


def test_credential_is_verified_by_its_addresses_alone(taught: School, client: Client) -> None:
    program, level = issued(taught, 1, 2)[:2]
    header, payload = verified(client, credential_of(client, level))
    assert set(header) == {"alg", "kid", "typ"}
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    claims = {name: payload.pop(name) for name in ("iss", "jti", "nbf", "sub")}
    assert claims == {
        "iss": payload["issuer"]["id"],
        "jti": payload["id"],
        "nbf": int(AT.timestamp()),
        "sub": payload["credentialSubject"]["id"],
    }
    assert datetime.fromtimestamp(claims["nbf"], UTC).isoformat().replace("+00:00", "Z") == payload["validFrom"]
    Draft201909Validator(SCHEMA).validate(payload)
    assert json.loads(get(client, payload["issuer"]["id"])) == payload["issuer"]
    subject = payload["credentialSubject"]
    assert (subject["identifier"][0]["identityHash"], subject["achievement"]["name"]) == ("Amira Haddad", "Engineer")
    assert subject["achievement"]["description"] == "Passed level 2 of the program AI engineer."
    assert taught.cast.amira.user.email not in json.dumps(payload)
    assert not is_revoked(client, payload)
    _header, payload = verified(client, credential_of(client, program))
    Draft201909Validator(SCHEMA).validate(payload)
    assert payload["credentialSubject"]["achievement"]["description"].endswith("AI engineer, levels 1 to 2.")


def test_badge_is_a_picture_with_the_credential_in_it(taught: School, client: Client) -> None:
    with scope(taught.cast.organization.pk):
        Membership.objects.filter(pk=taught.cast.amira.pk).update(name="Amira <b> & “Co”")
    (one,) = issued(taught, 1)
    response = client.get(f"/certificates/lantaarn/{one.token}/badge.svg")
    assert (response.headers["Content-Type"], response.headers["Content-Disposition"]) == (
        "image/svg+xml", f'attachment; filename="{one.pk}.svg"',
    )  # fmt: skip
    root = ElementTree.fromstring(response.content)  # noqa: S314 - ours
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    element = root[0]  # directly after the beginning of the picture, with no text of its own
    assert (element.tag, element.text) == ("{https://purl.imsglobal.org/ob/v3p0}credential", None)
    _header, payload = verified(client, element.attrib["verify"])
    assert payload["credentialSubject"]["identifier"][0]["identityHash"] == "Amira <b> & “Co”"
    Draft201909Validator(SCHEMA).validate(
        {name: payload[name] for name in payload if name not in ("iss", "jti", "nbf", "sub")}
    )
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == [
        "Foundations", "Amira <b> & “Co”", "Lantaarn Academy", "24 November 2026",
    ]  # fmt: skip
    with scope(taught.cast.organization.pk):
        revoke_certificate(certificate=one, reason="Wrong person", by=taught.cast.ilse, at=AT)
    assert client.get(f"/certificates/lantaarn/{one.token}/badge.svg").status_code == 404


def test_changed_credential_does_not_verify(taught: School, client: Client) -> None:
    (one,) = issued(taught, 1)
    header, payload, signature = credential_of(client, one).split(".")
    text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).replace(b"Amira Haddad", b"Otto Haddads")
    forged = base64.urlsafe_b64encode(text).decode().rstrip("=")
    with pytest.raises(BadSignatureError):
        verified(client, f"{header}.{forged}.{signature}")


def test_revoked_credential_is_in_the_status_list(taught: School, client: Client) -> None:
    kept, revoked = issued(taught, 1, 2)[1:]
    payloads = [verified(client, credential_of(client, one))[1] for one in (kept, revoked)]
    with scope(taught.cast.organization.pk):
        revoke_certificate(certificate=revoked, reason="Wrong person", by=taught.cast.ilse, at=AT)
    assert [is_revoked(client, payload) for payload in payloads] == [False, True]
    assert client.get("/certificates/lantaarn/status/1000/").status_code == 404


def test_key_is_rotated_and_old_credentials_verify(taught: School, client: Client) -> None:
    (one,) = issued(taught, 1)
    before = credential_of(client, one)
    for _ in range(2):
        call_command("rotate_badge_key", "--organization", "lantaarn")
    after = credential_of(client, one)
    kids = [verified(client, token)[0]["kid"] for token in (before, after)]
    assert kids[0] != kids[1]
    published = json.loads(get(client, "/certificates/lantaarn/jwks.json"))["keys"]
    assert len(published) == 3
    assert all(set(key) == {"kty", "n", "e", "kid", "use", "alg"} for key in published)
    assert {kid.rstrip("/").rpartition("/")[2] for kid in kids} <= {key["kid"] for key in published}
    assert json.loads(get(client, "/certificates/elsewhere/jwks.json")) == {"keys": []}
    assert client.get(urlsplit(kids[0].replace("/lantaarn/", "/elsewhere/")).path).status_code == 404
    with scope(taught.cast.organization.pk):
        sealed = list(BadgeKey.objects.order_by("made_at").values_list("private_encrypted", flat=True))
    assert [bool(text) for text in sealed] == [False, False, True]
    assert "PRIVATE KEY" not in sealed[-1]
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_badge_key", "--organization", "nobody")


def test_changed_secret_says_what_to_do(taught: School, client: Client, sign_in: Callable[..., Client]) -> None:
    (one,) = issued(taught, 1)
    before = credential_of(client, one)
    with override_settings(SEALING_KEYS=["y" * 40]):
        response = client.get(f"/certificates/lantaarn/{one.token}/credential.jwt")
        assert (response.status_code, "rotate_badge_key" in response.content.decode()) == (422, True)
        call_command("rotate_badge_key", "--organization", "lantaarn")
        verified(client, credential_of(client, one))
    assert verified(client, before)[1]["name"] == "Foundations"


def test_learners_and_strangers_get_the_same_credential(taught: School, sign_in: Callable[..., Client]) -> None:
    (one,) = issued(taught, 1)
    person: Membership = taught.cast.amira
    html = sign_in(person).get(f"/o/lantaarn/certificates/{one.pk}/").content.decode()
    link = f"/certificates/lantaarn/{one.token}/credential.jwt"
    assert link in html
    first, second = (credential_of(sign_in(who), one) for who in (person, None))
    assert first == second
