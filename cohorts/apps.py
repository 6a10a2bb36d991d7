from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: reminders, what stands in a learner’s history or on their page, who needs a
        # person, what a new organization begins with.
        from cohorts import (  # noqa: F401
            absences,
            happenings,
            presence_panel,
            reasons,
            reminders,
            stand_up_reminders,
        )
