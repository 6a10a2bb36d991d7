from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: what search finds, reminders, what stands in a learner’s history or on
        # their page, who needs a person.
        from cohorts import (  # noqa: F401
            absences,
            finding,
            happenings,
            presence_panel,
            reminders,
            stand_up_reminders,
        )
