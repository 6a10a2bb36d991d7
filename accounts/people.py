"""The people of an organization: who they are, and whether they have come in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Membership, Role
from accounts.roles import in_order


class Standing(models.TextChoices):
    """Whether a person has come in."""

    JOINED = "joined", _("Joined")
    INVITED = "invited", _("Invited")
    EXPIRED = "expired", _("Invitation expired")
    WITHDRAWN = "withdrawn", _("Invitation withdrawn")
    CLOSED = "closed", _("Access closed")


@dataclass(frozen=True)
class Person:
    """A member as the people pages show them. `since` is when their standing began, `until` when an invitation ends."""

    membership: Membership
    email: str
    roles: str
    standing: Standing
    since: datetime | None
    until: datetime | None = None

    @property
    def tone(self) -> str:
        return {Standing.JOINED: "ok", Standing.INVITED: "info", Standing.EXPIRED: "warn"}.get(self.standing, "")


def describe(memberships: Iterable[Membership], *, at: datetime) -> list[Person]:
    """The members of a `for_people()` query as people, in the same order; no query of its own."""
    words = {role.value: str(role.label) for role in Role}
    return [_describe(membership, words, at=at) for membership in memberships]


def _describe(membership: Membership, words: dict[str, str], *, at: datetime) -> Person:
    roles = ", ".join(words[role] for role in in_order(membership.roles))
    standing, since, until = _standing(membership, next(iter(membership.invitations.all()), None), at=at)
    return Person(membership, membership.user.email, roles, standing, since, until)


def _standing(
    membership: Membership, newest: Invitation | None, *, at: datetime
) -> tuple[Standing, datetime | None, datetime | None]:
    if membership.joined_at:
        return Standing.JOINED, membership.joined_at, None
    if newest is None or newest.accepted_at:
        return Standing.CLOSED, None, None
    if newest.revoked_at:
        return Standing.WITHDRAWN, newest.revoked_at, None
    if newest.expires_at <= at:
        return Standing.EXPIRED, newest.expires_at, None
    return Standing.INVITED, newest.created_at, newest.expires_at


def count_by_role() -> dict[str, int]:
    """How many people hold each role, and `""` for how many there are; somebody with two roles counts under both."""
    counts = {role.value: Count("pk", filter=Q(roles__contains=[role])) for role in Role}
    found = Membership.objects.aggregate(everyone=Count("pk"), **counts)
    return {"": found.pop("everyone"), **found}
