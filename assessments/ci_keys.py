"""The address and the secret with which a CI tells the organization how tests went.

Both are made from random numbers, the organization and the installation's secret key. The address stays as it is while
its secret is replaced. A secret is shown once and is kept nowhere. Changing the installation's secret key ends all.
"""

import hmac
import secrets
from collections.abc import Iterable
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
#: How long a replaced secret works on, so that no result is lost while the new one is entered.
OVERLAP = timedelta(days=1)
SIGNATURE = "sha256="


@dataclass(frozen=True)
class Token:
    """What an address names. It says nothing of whether it is in use."""

    organization_id: UUID
    nonce: str

    def __str__(self) -> str:
        return f"{self.organization_id.hex}.{self.nonce}"

    def secret(self, part: str) -> str:
        return salted_hmac(SALT, f"{self}.{part}" if part else str(self), algorithm="sha256").hexdigest()

    def has_signed(self, body: bytes, signature: str, parts: Iterable[str]) -> bool:
        """Whether `signature`, as GitHub writes it, was made of the body with one of the address's secrets."""
        made = [SIGNATURE + hmac.new(self.secret(part).encode(), body, "sha256").hexdigest() for part in parts]
        return any(hmac.compare_digest(one.encode(), signature.encode()) for one in made)


@dataclass(frozen=True)
class Shown:
    """An address and its newest secret, to be shown once."""

    token: Token
    secret: str


def read_token(text: str) -> Token | None:
    organization, _dot, nonce = text.partition(".")
    try:
        token = Token(UUID(hex=organization), nonce)
    except ValueError:
        return None
    return token if str(token) == text else None


def key_in_use() -> CiKey | None:
    return CiKey.objects.filter(ends_at=None).select_related("made_by").first()


def ending_at(*, at: datetime) -> datetime | None:
    """Until when the secret before the one in use works on; None when it does not."""
    row = CiKey.objects.filter(ends_at__gt=at).order_by("-ends_at").first()
    return row.ends_at if row else None


def make_key(*, by: Membership, at: datetime) -> Shown:
    """A new secret, for the address in use or for a new one. The secret before works on for a day."""
    with transaction.atomic():
        before = CiKey.objects.select_for_update().filter(ends_at=None).first()
        nonce, part = secrets.token_urlsafe(16), ""
        if before is not None:
            nonce, part = before.nonce, secrets.token_urlsafe(16)
            before.ends_at = at + OVERLAP
            before.save(update_fields=["ends_at"])
        CiKey.objects.create(nonce=nonce, part=part, made_by=by, made_at=at)
    token = Token(required_organization_id(), nonce)
    return Shown(token, token.secret(part))


def stop_keys(*, at: datetime) -> int:
    """Take no results from now on; how many secrets that ended."""
    return CiKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at)).update(ends_at=at)


def parts_in_use(token: Token, *, at: datetime) -> list[str]:
    """What tells apart the secrets under which results are taken at the address, in its organization's scope."""
    rows = CiKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), nonce=token.nonce)
    return list(rows.values_list("part", flat=True))
