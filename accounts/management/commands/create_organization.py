from argparse import ArgumentParser
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.errors import AccountError
from accounts.inviting import invite
from accounts.models import Invitation, Membership, Role, User
from accounts.organizing import prepare_organization
from organizations.models import Organization
from organizations.scope import scope


class Command(BaseCommand):
    help = (
        "Make an organization and invite its first admin. Safe to repeat: what exists is kept, and an admin who has "
        "joined or holds an open invitation is not invited again (unless --resend)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help='What it is called, such as "Lantaarn Academy".')
        parser.add_argument("--slug", required=True, help="Its part of every address: small letters, digits, hyphens.")
        parser.add_argument("--admin-email", required=True, help="Who gets the invitation to become admin.")
        parser.add_argument("--admin-name", default="", help="Their name; they can change it when they join.")
        parser.add_argument("--language", default="en", choices=User.Language.values, help="Of the invitation.")
        parser.add_argument("--time-zone", default="Europe/Amsterdam", help="Such as Europe/Amsterdam.")
        parser.add_argument("--resend", action="store_true", help="Send a new invitation although one is open.")

    def handle(self, *args: Any, **options: Any) -> None:
        email = User.objects.normalize_email(options["admin_email"])
        try:
            validate_email(email)
            with transaction.atomic():
                organization = self._find_or_make(options)
                with scope(organization.pk):
                    self._invite(organization, email, options)
        except ValidationError as error:
            raise CommandError(f"“{email}” is not an email address. Nothing was made.") from error
        except AccountError as error:
            raise CommandError(f"{error} Nothing was made.") from error

    def _find_or_make(self, options: dict[str, Any]) -> Organization:
        organization = Organization.objects.filter(slug=options["slug"]).first()
        if organization is not None:
            self.stdout.write(f"{organization.name} exists at /o/{organization.slug}/; its settings are kept.")
            return organization
        organization = prepare_organization(
            name=options["name"], slug=options["slug"], language=options["language"], time_zone=options["time_zone"]
        )
        self.stdout.write(f"{organization.name} is made at /o/{organization.slug}/.")
        return organization

    def _invite(self, organization: Organization, email: str, options: dict[str, Any]) -> None:
        now = timezone.now()
        membership = Membership.objects.filter(user__email=email).first()
        if membership and membership.is_admin and membership.joined_at:
            start = urljoin(settings.SITE_URL, f"/o/{organization.slug}/")
            self.stdout.write(f"{email} is an admin already. Next: sign in at {start}")
            return
        open_one = Invitation.objects.open(at=now).filter(membership=membership).first() if membership else None
        if membership and membership.is_admin and open_one and not options["resend"]:
            self.stdout.write(
                f"{email} was invited before; that link works until {open_one.expires_at:%Y-%m-%d %H:%M} UTC. "
                "Repeat with --resend for a new one."
            )
            return
        invitation = invite(email=email, name=options["admin_name"], roles=[Role.ADMIN, Role.STAFF], by=None, at=now)
        if invitation.accepted_at:
            self.stdout.write(f"{email} was a member already and is admin now.")
            return
        link = urljoin(settings.SITE_URL, reverse("accounts:accept_invitation", args=[invitation.token]))
        self.stdout.write(
            f"An invitation to {email} is queued; the worker sends it. Next: open the mail, or this link, which is for "
            f"that person alone and works for 14 days:\n{link}"
        )
