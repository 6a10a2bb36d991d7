from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        # Each declares itself on import: what search finds, reminders and messages, what stands in a learner’s history
        # or on their page, who needs a person, what a new organization begins with, what other systems hear.
        from cohorts import (  # noqa: F401
            absences,
            announcing,
            chat_summaries,
            credit_mails,
            finding,
            flags,
            happenings,
            offer_mails,
            presence_panel,
            reasons,
            reminders,
            roster_triggers,
            staff_mails,
            staff_messages,
            stand_up_reminders,
            tasks,
        )

        post_migrate.connect(roster_triggers.note_changes_after_migrate, sender=self)
