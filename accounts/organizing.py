"""Making an organization, and finding those that a person belongs to."""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.models import Membership, Role, User
from accounts.zones import check_zone
from organizations.models import Organization
from organizations.scope import person_scope, scope, without_scope

RESERVED_SLUGS = {"new", "admin", "api", "static", "o"}
_beginnings: list[Callable[[], None]] = []


def register(beginning: Callable[[], None]) -> None:
    """Let an app above give each new organization, in its scope, what it begins with; once, when the app is ready."""
    _beginnings.append(beginning)


@without_scope
def create_organization(
    *, name: str, admin: User, at: datetime, slug: str = "", language: str = "en", time_zone: str = "Europe/Amsterdam"
) -> Organization:
    """Make the organization and make `admin` its first admin and staff member, who has joined.

    Raises AccountError as `prepare_organization` does.
    """
    with transaction.atomic():
        organization = prepare_organization(name=name, slug=slug, language=language, time_zone=time_zone)
        with scope(organization.pk):
            Membership.objects.create(
                user=admin, name=admin.name or admin.email, roles=[Role.ADMIN, Role.STAFF], joined_at=at
            )
    return organization


def prepare_organization(*, name: str, slug: str, language: str, time_zone: str) -> Organization:
    """Make an organization that nobody belongs to yet, with what every one begins with.

    Without a slug one is made from the name.

    Raises AccountError: `slug_taken` when somebody has that address, `unknown_zone`, or `bad_organization` with the
    first thing that is wrong.
    """
    check_zone(time_zone)
    wanted = slug or slugify(name)[:40].strip("-") or "organization"
    number = 1
    while True:
        chosen = wanted if number == 1 else f"{wanted[:36]}-{number}"
        organization = Organization(slug=chosen, name=name, language=language, time_zone=time_zone)
        try:
            organization.clean_fields()
        except ValidationError as error:
            raise AccountError("bad_organization", " ".join(error.messages)) from error
        if _take(organization):
            with scope(organization.pk):
                for beginning in _beginnings:
                    beginning()
            return organization
        if slug:
            raise AccountError("slug_taken", _("“%(slug)s” is taken. Choose another address.") % {"slug": slug})
        number += 1


def _take(organization: Organization) -> bool:
    """Save it, unless its address is taken, also at this very moment."""
    if organization.slug in RESERVED_SLUGS or Organization.objects.filter(slug=organization.slug).exists():
        return False
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def memberships_of(user: User) -> list[Membership]:
    """The memberships that a person has joined, each with its organization, by the organization's name."""
    with person_scope(user.pk):
        found = Membership.across.filter(user_id=user.pk, joined_at__isnull=False)
        return list(found.select_related("organization").order_by("organization__name", "organization__slug"))
