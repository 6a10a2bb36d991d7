from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.badge_keys import rotate_key
from assessments.badges import address
from organizations.models import Organization
from organizations.scope import scope


class Command(BaseCommand):
    help = (
        "Make a new key for an organization's Open Badges credentials. Credentials signed before verify as they did, "
        "as the public half of every earlier key stays published; its private half is forgotten. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG", help="Its part of every address.")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization at /o/{options['organization']}/. Nothing was changed.")
        with scope(organization.pk):
            key = rotate_key(organization=organization, at=timezone.now())
        self.stdout.write(f"{organization.name} signs with {address('key', organization.slug, key.pk)} from now on.")
