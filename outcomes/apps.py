from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        from outcomes import (  # noqa: F401
            check_in_mails,
            fact_triggers,
            happenings,
            mentor_offer_mails,
            panels,
            placement_records,
            resource_records,
            survey_mails,
            survey_records,
        )

        post_migrate.connect(fact_triggers.note_changes_after_migrate, sender=self)
