"""Secrets that are kept because they must be used again: encrypted in the database, readable with a key outside it.

The keys are made from `SEALING_KEYS`, the newest first: it seals, and any of them opens. docs/deployment.md tells how
to change them.
"""

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

PURPOSE = "gilde stored secrets"


class Unreadable(str):
    """What no key of today opens: an empty text that keeps what was sealed, so that saving it loses nothing."""

    sealed: str

    def __new__(cls, sealed: str) -> "Unreadable":
        text = super().__new__(cls)
        text.sealed = sealed
        return text


def seal(text: str, *, purpose: str = PURPOSE) -> str:
    """The text encrypted with the newest key; another text each time."""
    return _ciphers(tuple(settings.SEALING_KEYS), purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str = PURPOSE) -> str:
    """What was sealed with any of the keys; Unreadable when with none of them."""
    try:
        return _ciphers(tuple(settings.SEALING_KEYS), purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return Unreadable(sealed)


def is_newest(sealed: str, *, purpose: str = PURPOSE) -> bool:
    """Whether it was sealed with the newest key, so that the others can go."""
    try:
        _ciphers(tuple(settings.SEALING_KEYS[:1]), purpose).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


@lru_cache(maxsize=20)
def _ciphers(secrets: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([_cipher(secret, purpose) for secret in secrets])


def _cipher(secret: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


@dataclass(frozen=True)
class Resealed:
    """How many rows were sealed anew, and how many have something that no key opens."""

    changed: int = 0
    unreadable: int = 0

    def __add__(self, other: "Resealed") -> "Resealed":
        return Resealed(self.changed + other.changed, self.unreadable + other.unreadable)


class SealedTextField(models.TextField):  # type: ignore[type-arg]
    """A text that is sealed in the database and plain on the object. It cannot be searched for."""

    def from_db_value(self, value: str | None, *_given: Any) -> str | None:
        return unseal(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.sealed
        text = super().get_prep_value(value)
        return seal(text) if text else text
