from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: reminders, what stands in a learner’s history.
        from cohorts import happenings, reminders  # noqa: F401
