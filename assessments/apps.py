from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # Each declares itself on import: kinds of mail, what the pages about a learner show, who needs a person, what a
        # move to another version takes along.
        from assessments import briefing, carrying, happenings, mails, panels, risk, work  # noqa: F401
