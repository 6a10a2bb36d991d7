import contextlib
import gc
from collections.abc import Iterator
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.state import ModelState, ProjectState


@contextlib.contextmanager
def _one_model_at_a_time() -> Iterator[None]:
    """Render a model that is new, or has a new index or constraint, without those that it is related to.

    Django renders them again, in case their fields looked at it; with us that is every model for each one, and most of
    the time that a new database takes.
    """
    add_model = ProjectState.add_model
    append_option = ProjectState._append_option  # type: ignore[attr-defined]

    def add_model_alone(state: ProjectState, model_state: ModelState) -> None:
        apps = state.__dict__.pop("apps", None)
        add_model(state, model_state)
        if apps is not None:
            state.apps = apps
            apps.render_multiple([model_state])

    def append_option_alone(state: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        apps = state.__dict__.pop("apps", None)
        append_option(state, app_label, model_name, option_name, obj)
        if apps is not None:
            state.apps = apps
            options = state.models[app_label, model_name].options
            setattr(apps.get_model(app_label, model_name)._meta, option_name, options[option_name])

    with (
        mock.patch.object(ProjectState, "add_model", add_model_alone),
        mock.patch.object(ProjectState, "_append_option", append_option_alone),
    ):
        yield


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
            with _one_model_at_a_time():
                super().handle(*args, **options)
        finally:
            gc.set_threshold(*thresholds)
            connection.close()
            connection.settings_dict.update(before)
