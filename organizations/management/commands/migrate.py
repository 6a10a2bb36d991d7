import contextlib
import gc
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.state import ModelState, ProjectState


@contextlib.contextmanager
def _new_models_alone() -> Iterator[None]:
    """Render a new model without those that it is related to.

    Django renders them again, in case they were waiting for it; with us that is every model for each new one, and most
    of the time that a new database takes.
    """
    add_model = ProjectState.add_model

    def add_model_alone(state: ProjectState, model_state: ModelState) -> None:
        apps = state.__dict__.pop("apps", None)
        add_model(state, model_state)
        if apps is not None:
            state.apps = apps
            apps.render_multiple([model_state])

    ProjectState.add_model = add_model_alone  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        ProjectState.add_model = add_model  # type: ignore[method-assign]


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
            with _new_models_alone():
                super().handle(*args, **options)
        finally:
            gc.set_threshold(*thresholds)
            connection.close()
            connection.settings_dict.update(before)
