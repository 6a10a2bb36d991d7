import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from home.demonstration.loading import load
from home.demonstration.sign_ins import PASSWORD


class Command(BaseCommand):
    help = (
        "Load the demonstration: two invented organizations with about 600 learners who lived through ten years of "
        "cohorts, the same ones for a given day. What is there already stays as it is, so it is safe to repeat; an "
        "organization is loaded whole or not at all."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="migrate the database first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        began = time.monotonic()
        loaded = load(password=PASSWORD, now=timezone.now(), say=self.stdout.write)
        if loaded:
            self.stdout.write(f"Loaded {' and '.join(loaded)} in {time.monotonic() - began:.0f} s.")
