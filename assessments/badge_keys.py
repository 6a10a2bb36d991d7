"""The keys that an organization signs credentials with: one in use, the earlier ones published so that they verify.

Open Badges 3.0 asks for RS256. The private half is sealed (organizations/sealing.py) and forgotten when the key is
retired.
"""

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from jwt.algorithms import RSAAlgorithm

from assessments.errors import AssessmentError
from assessments.models import BadgeKey
from organizations.models import Organization
from organizations.sealing import Resealed, Unreadable, is_newest, seal, unseal

ALGORITHM = "RS256"
BITS = 2048
PURPOSE = "gilde badge keys"


def key_in_use(*, organization: Organization, at: datetime) -> BadgeKey:
    """The organization's key, made when it has none yet. Two at once make one."""
    found = BadgeKey.objects.filter(retired_at=None).first()
    if found is not None:
        return found
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        return BadgeKey.objects.filter(retired_at=None).first() or _make(at)


def rotate_key(*, organization: Organization, at: datetime) -> BadgeKey:
    """Sign with a new key from now on. Credentials signed before verify as they did."""
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        BadgeKey.objects.filter(retired_at=None).update(retired_at=at, private_encrypted="")
        return _make(at)


def public_keys() -> list[dict[str, Any]]:
    """The public half of every key the organization in scope ever signed with, the newest first, as JWKs."""
    return [public_jwk(key) for key in BadgeKey.objects.order_by("-made_at", "-pk")]


def public_jwk(key: BadgeKey) -> dict[str, Any]:
    return {**key.public_jwk, "kid": str(key.pk), "use": "sig", "alg": ALGORITHM}


def private_key(key: BadgeKey) -> RSAPrivateKey:
    """Raises AssessmentError `badge_key_unreadable` when none of SEALING_KEYS opens it."""
    pem = unseal(key.private_encrypted, purpose=PURPOSE)
    if isinstance(pem, Unreadable):
        raise AssessmentError(
            "badge_key_unreadable",
            _("Credentials cannot be signed now. Ask who runs this site to make a new key (rotate_badge_key)."),
        )
    loaded = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(loaded, RSAPrivateKey):
        raise TypeError("A badge key is an RSA key.")
    return loaded


def _make(at: datetime) -> BadgeKey:
    fresh = generate_private_key(public_exponent=65537, key_size=BITS)
    pem = fresh.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    jwk = RSAAlgorithm.to_jwk(fresh.public_key(), as_dict=True)
    return BadgeKey.objects.create(
        public_jwk={name: jwk[name] for name in ("kty", "n", "e")},
        private_encrypted=seal(pem.decode(), purpose=PURPOSE),
        made_at=at,
    )


def reseal_keys() -> Resealed:
    """Seal the private half that an older key sealed with the newest one, in the organization in scope."""
    changed = unreadable = 0
    for key in BadgeKey.objects.select_for_update().exclude(private_encrypted=""):
        if is_newest(key.private_encrypted, purpose=PURPOSE):
            continue
        pem = unseal(key.private_encrypted, purpose=PURPOSE)
        if isinstance(pem, Unreadable):
            unreadable += 1
        else:
            BadgeKey.objects.filter(pk=key.pk).update(private_encrypted=seal(pem, purpose=PURPOSE))
            changed += 1
    return Resealed(changed, unreadable)
