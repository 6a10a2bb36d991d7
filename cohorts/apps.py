from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: what search finds, reminders, what stands in a learner’s history.
        from cohorts import finding, happenings, reminders  # noqa: F401
