"""Addresses and secrets of webhooks and chats under the newest key."""

from django.db.models import TextField
from django.db.models.functions import Cast

from notifications.endpoints import Endpoint
from organizations.sealing import Resealed, Unreadable, is_newest

SEALED = ("address", "secret", "old_secret")


def reseal_endpoints() -> Resealed:
    """Seal what an older key sealed with the newest one, in the organization in scope."""
    raw = {f"raw_{name}": Cast(name, TextField()) for name in SEALED}
    changed = unreadable = 0
    for endpoint in Endpoint.objects.select_for_update().annotate(**raw).order_by("pk"):
        stored = {name: str(getattr(endpoint, f"raw_{name}")) for name in SEALED}
        old = [name for name, sealed in stored.items() if sealed and not is_newest(sealed)]
        unreadable += any(isinstance(getattr(endpoint, name), Unreadable) for name in old)
        readable = [name for name in old if not isinstance(getattr(endpoint, name), Unreadable)]
        if readable:
            endpoint.save(update_fields=readable)
            changed += 1
    return Resealed(changed, unreadable)
