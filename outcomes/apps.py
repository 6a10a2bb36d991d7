from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        from outcomes import (  # noqa: F401
            check_in_mails,
            happenings,
            mentor_offer_mails,
            panels,
            placement_records,
            resource_records,
            survey_mails,
            survey_records,
        )
