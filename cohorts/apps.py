from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: mails, reminders, what stands in a learner’s history.
        from cohorts import happenings, offer_mails, reminders  # noqa: F401
