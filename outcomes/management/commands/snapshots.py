from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from organizations.models import Organization
from organizations.scope import scope
from outcomes.keeping.snapshot_runs import all_days, days_due
from outcomes.keeping.snapshots import take_snapshots


class Command(BaseCommand):
    help = (
        "Keep the numbers of organizations and their cohorts as of days in the past: of yesterday, as beat does every "
        "night, or of all days in their trends that are missing, out of date or of an earlier version of the "
        "definitions. Each day is kept whole or not at all; run it again to go on after an interruption."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="all when left out")
        days = parser.add_mutually_exclusive_group()
        days.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="YYYY-MM-DD; yesterday if left out")
        days.add_argument("--history", action="store_true", help="every day that is missing or out of date")
        days.add_argument("--again", action="store_true", help="every day there is, also those that are up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        found = Organization.objects.order_by("slug")
        if options["organization"]:
            found = found.filter(slug=options["organization"])
            if not found:
                raise CommandError(f"There is no organization {options['organization']!r}.")
        for organization in found:
            today = organization.today()
            with scope(organization.pk):
                days = self._days(today, options)
            total = 0
            for number, on in enumerate(days, start=1):
                with scope(organization.pk):
                    written = take_snapshots(on=on, at=timezone.now())
                total += written
                self.stderr.write(f"{organization.slug} {number}/{len(days)} {on}: {written} written")
            self.stdout.write(f"{organization.slug}: {len(days)} days, {total} numbers written")

    def _days(self, today: date, options: dict[str, Any]) -> list[date]:
        if options["history"]:
            return days_due(today)
        if options["again"]:
            return all_days(today)
        on: date = options["as_of"] or today - timedelta(days=1)
        if on > today:
            raise CommandError(f"{on} is in the future; numbers are known up to {today}.")
        return [on]
