from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: reminders, what stands in a learner’s history, and what a new organization
        # begins with.
        from cohorts import happenings, reasons, reminders  # noqa: F401
