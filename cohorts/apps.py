from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: reminders, what a learner's page shows, who needs a person.
        from cohorts import absences, presence_panel, reminders, stand_up_reminders  # noqa: F401
