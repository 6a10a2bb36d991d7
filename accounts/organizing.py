"""Making an organization, with its first admin."""

from datetime import datetime

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.models import Membership, Role, User
from organizations.models import Organization
from organizations.scope import scope, without_scope

RESERVED_SLUGS = {"new", "admin", "api", "static", "o"}


@without_scope
def create_organization(
    *, name: str, admin: User, at: datetime, slug: str = "", language: str = "en", time_zone: str = "Europe/Amsterdam"
) -> Organization:
    """Make the organization and make `admin` its first admin and staff member.

    Without a slug one is made from the name. Raises AccountError `slug_taken` when somebody has that address.
    """
    with transaction.atomic():
        wanted = slug or slugify(name)[:40].strip("-") or "organization"
        taken = set(Organization.objects.filter(slug__startswith=wanted).values_list("slug", flat=True)) | RESERVED_SLUGS
        if wanted in taken and slug:
            raise AccountError("slug_taken", _("“%(slug)s” is taken. Choose another address.") % {"slug": slug})
        number = 2
        chosen = wanted
        while chosen in taken:
            chosen, number = f"{wanted[:36]}-{number}", number + 1
        organization = Organization.objects.create(slug=chosen, name=name, language=language, time_zone=time_zone)
        with scope(organization.pk):
            Membership.objects.create(
                user=admin, name=admin.name or admin.email, roles=[Role.ADMIN, Role.STAFF], joined_at=at
            )
    return organization
