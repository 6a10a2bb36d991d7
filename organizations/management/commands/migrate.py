import gc
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    help = (
        "Migrate the database as the owner's role (OWNER_DATABASE_URL), then isolate every table that belongs to an "
        "organization and only then let the application use it. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.OWNER_DATABASE["USER"]:
            raise CommandError(
                "Set OWNER_DATABASE_URL: the application's role may not change tables (docs/tenancy.md)."
            )
        connection = connections[options["database"]]
        connection.close()
        before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
        connection.settings_dict.update({key: settings.OWNER_DATABASE[key] for key in before})
        thresholds = gc.get_threshold()
        # Migrations make models by the thousand, all in use: looking through them for garbage takes half of the time.
        gc.set_threshold(50_000, 50, 100)
        try:
            super().handle(*args, **options)
        finally:
            gc.set_threshold(*thresholds)
            connection.close()
            connection.settings_dict.update(before)
