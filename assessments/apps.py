from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # Each declares itself on import: kinds of mail, what the pages about a learner show, who needs a person, what a
        # move to another version or cohort takes along, what search finds, what a level's gate asks, what other
        # systems hear.
        from assessments import (  # noqa: F401
            announcing,
            asked_work,
            benchmark_happenings,
            benchmark_mails,
            briefing,
            carrying,
            evidence_criterion,
            finding,
            gate_mails,
            happenings,
            mails,
            open_gates,
            panels,
            peer_mails,
            portfolio_mails,
            presentation_criterion,
            presentation_engagements,
            presentation_mails,
            reminders,
            risk,
            tests_criterion,
            transferring,
            work,
        )
