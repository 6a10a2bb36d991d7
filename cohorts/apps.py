from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        from cohorts import bulk_message, reminders, roster_triggers  # noqa: F401

        post_migrate.connect(roster_triggers.note_changes_after_migrate, sender=self)
