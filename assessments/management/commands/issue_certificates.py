from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.certificates import issue_missing
from organizations.models import Organization
from organizations.scope import scope


class Command(BaseCommand):
    help = (
        "Issue the certificates of levels that were passed, and of programs that were completed, before certificates "
        "were issued at the gate. Nobody is told. Safe to repeat: a learner who ever had one of a level gets no other."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG", help="Its part of every address.")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization at /o/{options['organization']}/. Nothing was issued.")
        with scope(organization.pk):
            issued = issue_missing(at=timezone.now())
        self.stdout.write(f"{issued} issued at {organization.name}.")
