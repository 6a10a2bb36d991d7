"""The secrets of second steps (authenticator apps, recovery codes), which are kept sealed."""

import logging
import secrets
from base64 import b32encode
from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from organizations.sealing import Resealed, Unreadable, is_newest, seal, unseal

logger = logging.getLogger(__name__)

PURPOSE = "gilde second steps"
#: Where allauth keeps texts that its adapter encrypts, and where a list of them.
TEXTS, LISTS = ("secret", "seed"), ("migrated_codes",)


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals what an authenticator app shares with us, and what recovery codes are made from."""

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """What no key opens anymore becomes a secret that nobody has: no code is right then."""
        text = unseal(encrypted_text, purpose=PURPOSE)
        if isinstance(text, Unreadable):
            logger.error("None of SEALING_KEYS opens the secret of a second step; no code of it is accepted.")
            return b32encode(secrets.token_bytes(20)).decode()
        return text


def changed(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """The data of an authenticator with each of its sealed texts changed."""
    texts = {name: change(data[name]) for name in TEXTS if name in data}
    lists = {name: [change(text) for text in data[name]] for name in LISTS if name in data}
    return {**data, **texts, **lists}


def reseal_second_steps() -> Resealed:
    """Seal what an older key sealed with the newest one, for everybody on this installation."""
    done = Resealed()
    steps = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    for pk in steps.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            step = steps.select_for_update().filter(pk=pk).first()
            done += _reseal(step) if step is not None else Resealed()
    return done


def _reseal(step: Authenticator) -> Resealed:
    unreadable = False

    def newest(sealed: str) -> str:
        nonlocal unreadable
        if is_newest(sealed, purpose=PURPOSE):
            return sealed
        text = unseal(sealed, purpose=PURPOSE)
        unreadable |= isinstance(text, Unreadable)
        return sealed if isinstance(text, Unreadable) else seal(text, purpose=PURPOSE)

    before, step.data = step.data, changed(step.data, newest)
    if step.data != before:
        step.save(update_fields=["data"])
    return Resealed(int(step.data != before), int(unreadable))
