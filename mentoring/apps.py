from django.apps import AppConfig


class MentoringConfig(AppConfig):
    name = "mentoring"

    def ready(self) -> None:
        # Each declares itself on import: more models, kinds of mail, reminders, what a learner's page shows, who needs
        # a person.
        from mentoring import (  # noqa: F401
            announcing,
            away,
            coverage,
            engagements,
            happenings,
            links,
            mails,
            matchmaking,
            panels,
            proposals,
            records,
            relief,
            reminders,
            series_mails,
            series_records,
            taking_over_mails,
            taking_over_records,
            transferring,
            unconfirmed,
        )
