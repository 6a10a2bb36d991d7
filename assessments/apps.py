from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # Each declares itself on import: kinds of mail, what the pages about a learner show, who needs a person.
        from assessments import briefing, mails, panels, risk, work  # noqa: F401
