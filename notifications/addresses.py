"""Addresses that the mail host refused for good: nothing is sent there until staff or the person says they work."""

from typing import Any

from notifications.models import RefusedAddress


def refusal_of(person: Any) -> RefusedAddress | None:
    """Why nothing is sent to the person's address of now, in the organization in scope; None when it is. One query."""
    return RefusedAddress.objects.filter(person=person, address=person.email).first()


def trust_address(*, person: Any) -> bool:
    """Send to the person's address again; False when it was not refused. Dead letters stay until they are resent."""
    removed, _by_model = RefusedAddress.objects.filter(person=person).delete()
    return bool(removed)
