from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # Each declares itself on import: kinds of mail, what pages of cohorts and mentoring show, who needs a person.
        from assessments import briefing, mails, panels, risk  # noqa: F401
