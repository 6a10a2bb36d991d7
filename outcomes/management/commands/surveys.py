from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from organizations.models import Organization
from organizations.scope import scope
from outcomes.errors import OutcomeError
from outcomes.surveys.waves import hold_surveys


class Command(BaseCommand):
    help = "Plan, begin and end the waves of surveys that are due, as beat does every ten minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="all when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        found = Organization.objects.order_by("slug")
        if options["organization"]:
            found = found.filter(slug=options["organization"])
            if not found:
                raise CommandError(f"There is no organization {options['organization']!r}.")
        for organization in found:
            try:
                with scope(organization.pk):
                    held = hold_surveys(now=timezone.now())
            except OutcomeError as error:
                raise CommandError(f"{organization.slug}: {error}") from error
            done = f"{held.planned} waves planned, {held.asked} people asked, {held.closed} waves ended"
            self.stdout.write(f"{organization.slug}: {done}")
