from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: reminders, and what a new organization begins with.
        from cohorts import reasons, reminders  # noqa: F401
