"""The address and the secret with which a CI tells the organization how tests went.

Both are made from a random nonce, the organization and the installation's secret key. The address names the first two,
so that a signature is checked before anything of the organization is looked at; the secret is shown once and is nowhere
kept. Changing the installation's secret key ends them all.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from accounts.models import Membership
from assessments.models import CiKey
from organizations.scope import required_organization_id

SALT = "assessments.ci_keys"
#: How long the replaced address and secret work on, so that no result is lost while the new ones are entered.
OVERLAP = timedelta(days=1)
SIGNATURE = "sha256="


@dataclass(frozen=True)
class Token:
    """What an address names. It says nothing of whether it is in use."""

    organization_id: UUID
    nonce: str

    def __str__(self) -> str:
        return f"{self.organization_id.hex}.{self.nonce}"

    @property
    def secret(self) -> str:
        return salted_hmac(SALT, str(self), algorithm="sha256").hexdigest()

    def has_signed(self, body: bytes, signature: str) -> bool:
        """Whether `signature`, as GitHub writes it, was made of the body with this token's secret."""
        made = SIGNATURE + hmac.new(self.secret.encode(), body, "sha256").hexdigest()
        return hmac.compare_digest(made.encode(), signature.encode())


def read_token(text: str) -> Token | None:
    organization, _dot, nonce = text.partition(".")
    try:
        token = Token(UUID(hex=organization), nonce)
    except ValueError:
        return None
    return token if str(token) == text else None


def key_in_use() -> CiKey | None:
    return CiKey.objects.filter(ends_at=None).select_related("made_by").first()


def make_key(*, by: Membership, at: datetime) -> Token:
    """A new address and secret. The ones before work on for a day."""
    with transaction.atomic():
        CiKey.objects.select_for_update().filter(ends_at=None).update(ends_at=at + OVERLAP)
        key = CiKey.objects.create(nonce=secrets.token_urlsafe(16), made_by=by, made_at=at)
    return Token(required_organization_id(), key.nonce)


def stop_keys(*, at: datetime) -> int:
    """Take no results from now on; how many addresses that closed."""
    return CiKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at)).update(ends_at=at)


def is_in_use(token: Token, *, at: datetime) -> bool:
    """Whether results are taken under it, within the scope of its organization."""
    return CiKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), nonce=token.nonce).exists()
