"""Certificates as Open Badges 3.0 credentials (1EdTech), signed as JSON Web Tokens.

A token's payload is the credential, with the registered claims beside it; `kid` is the address of the public key. The
credential knows its holder by name alone. Status is a W3C Bitstring Status List, itself a signed credential.
"""

from datetime import UTC, datetime
from textwrap import shorten
from typing import Any
from urllib.parse import urljoin

import jwt
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as say

from assessments.badge_keys import ALGORITHM, key_in_use, private_key
from assessments.models import Certificate
from assessments.status_lists import encoded_list, place_of
from organizations.branding import fill_color
from organizations.models import Organization

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
#: Letters of a line on the badge.
LINE = 30
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"


def address(route: str, *args: Any) -> str:
    """The full address of a public page of this app."""
    return urljoin(settings.SITE_URL, reverse(f"certificates:{route}", args=args))


def issuer_of(organization: Organization) -> dict[str, Any]:
    """The organization as an Open Badges profile; its id is where this is published."""
    return {
        "id": address("issuer", organization.slug),
        "type": ["Profile"],
        "name": organization.name,
        "url": settings.SITE_URL,
    }


def credential_of(certificate: Certificate, organization: Organization) -> dict[str, Any]:
    """The credential without its proof, in the organization's language: a second one says the same."""
    with translation.override(organization.language):
        number, bit = place_of(certificate)
        status_list = address("status_list", organization.slug, number)
        return {
            "@context": [CREDENTIALS, OPEN_BADGES, EXTENSIONS],
            "id": certificate.pk.urn,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": certificate.title,
            "issuer": issuer_of(organization),
            "validFrom": _instant(certificate.issued_at),
            "awardedDate": f"{certificate.awarded_on.isoformat()}T00:00:00Z",
            "credentialSubject": {
                "id": f"{certificate.pk.urn}#holder",
                "type": ["AchievementSubject"],
                "identifier": [
                    {
                        "type": "IdentityObject",
                        "hashed": False,
                        "identityHash": certificate.name,
                        "identityType": "name",
                    }
                ],
                "achievement": _achievement(certificate),
            },
            "evidence": [
                {
                    "id": address("verify", organization.slug, certificate.token),
                    "type": ["Evidence"],
                    "name": say("Where the certificate can be checked"),
                }
            ],
            "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
            "credentialStatus": {
                "id": f"{status_list}#{bit}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(bit),
                "statusListCredential": status_list,
            },
        }


def signed(certificate: Certificate, organization: Organization, *, at: datetime) -> str:
    """The credential as a compact JWS. Raises AssessmentError `badge_key_unreadable`."""
    credential = credential_of(certificate, organization)
    claims = {
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(certificate.issued_at.timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }
    return _sign({**credential, **claims}, organization, at=at, typ="JWT")


def baked(certificate: Certificate, organization: Organization, *, at: datetime) -> str:
    """The badge as an SVG with the signed credential in it, as Open Badges 3.0 bakes it ("Baked Badges").

    Raises AssessmentError `badge_key_unreadable`.
    """
    with translation.override(organization.language):
        context = {
            "credential": signed(certificate, organization, at=at),
            "color": fill_color(organization.brand_hue),
            "title": shorten(certificate.title, LINE, placeholder="…"),
            "name": shorten(certificate.name, LINE, placeholder="…"),
            "issuer": shorten(organization.name, LINE, placeholder="…"),
            "awarded_on": certificate.awarded_on,
        }
        return render_to_string("assessments/badge.svg", context)


def signed_status_list(number: int, organization: Organization, *, at: datetime) -> str:
    """A status list as a signed credential, as of now. Raises AssessmentError `badge_key_unreadable`."""
    here, issuer = address("status_list", organization.slug, number), address("issuer", organization.slug)
    return _sign(
        {
            "@context": [CREDENTIALS],
            "id": here,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": issuer,
            "validFrom": _instant(at),
            "credentialSubject": {
                "id": f"{here}#list",
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": encoded_list(number),
            },
            "iss": issuer,
        },
        organization,
        at=at,
        typ="vc+jwt",
    )


def _achievement(certificate: Certificate) -> dict[str, Any]:
    words = {
        "program": certificate.program,
        "level": certificate.first_level,
        "first": certificate.first_level,
        "last": certificate.last_level,
    }
    if certificate.is_of_program:
        description = say("Completed the program %(program)s, levels %(first)s to %(last)s.")
        narrative = say("Passed the gate of every level: its topics done or credited, its projects reviewed.")
        made_from = certificate.enrollment.version_id
    else:
        description = say("Passed level %(level)s of the program %(program)s.")
        narrative = say("Passed the gate of the level: its topics done or credited, its projects reviewed.")
        made_from = certificate.level.pk
    return {
        "id": made_from.urn,
        "type": ["Achievement"],
        "achievementType": "CertificateOfCompletion",
        "name": certificate.title,
        "description": description % words,
        "criteria": {"narrative": narrative},
    }


def _sign(payload: dict[str, Any], organization: Organization, *, at: datetime, typ: str) -> str:
    key = key_in_use(organization=organization, at=at)
    kid = address("key", organization.slug, key.pk)
    return jwt.encode(payload, private_key(key), algorithm=ALGORITHM, headers={"kid": kid, "typ": typ})


def _instant(at: datetime) -> str:
    """With whole seconds, as a claim can say it too."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
