from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        from outcomes import check_in_mails, happenings, panels, placement_records, survey_mails, survey_records  # noqa: F401
