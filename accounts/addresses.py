"""A person's own view of mail that was refused, over all organizations they belong to."""

from accounts.models import User
from accounts.organizing import memberships_of
from notifications.addresses import refusal_of, trust_address
from notifications.models import RefusedAddress
from organizations.scope import scope, without_scope


@without_scope
def refusals_of(*, user: User) -> list[tuple[str, RefusedAddress]]:
    """Names of organizations whose mail to the person is refused, with what the mail host said."""
    found = []
    for membership in memberships_of(user):
        with scope(membership.organization.pk):
            if refusal := refusal_of(user):
                found.append((membership.organization.name, refusal))
    return found


@without_scope
def trust_everywhere(*, user: User) -> bool:
    """Let every organization send to the person's address again; False when none had stopped."""
    trusted = []
    for membership in memberships_of(user):
        with scope(membership.organization.pk):
            trusted.append(trust_address(person=user))
    return any(trusted)
