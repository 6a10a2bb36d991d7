from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: reminders, what stands in a learner’s history or on their page, who needs a
        # person.
        from cohorts import absences, flags, happenings, presence_panel, reminders, stand_up_reminders  # noqa: F401
