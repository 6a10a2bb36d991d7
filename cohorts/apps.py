from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: reminders, what stands in a learner’s history, who is worked out again.
        from cohorts import flags, happenings, reminders  # noqa: F401
