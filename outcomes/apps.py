from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        from outcomes import happenings, panels  # noqa: F401
        from outcomes.alumni_network import mentor_offer_mails  # noqa: F401
        from outcomes.collecting import check_in_mails, placement_records  # noqa: F401
        from outcomes.keeping import fact_triggers
        from outcomes.resourcing import records as resource_records  # noqa: F401
        from outcomes.surveys import mails as survey_mails  # noqa: F401
        from outcomes.surveys import records as survey_records  # noqa: F401

        post_migrate.connect(fact_triggers.note_changes_after_migrate, sender=self)
