from django.apps import AppConfig


class MentoringConfig(AppConfig):
    name = "mentoring"

    def ready(self) -> None:
        # Each declares itself on import: kinds of mail, reminders, what a learner's page shows, who needs a person.
        from mentoring import coverage, mails, panels, reminders  # noqa: F401
