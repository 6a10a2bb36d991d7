from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Cohort
from organizations.models import AppendOnlyModel, TenantForeignKey


class GateAsk(AppendOnlyModel):
    """From which day on the gates of a cohort ask for a kind of evidence beside what its curriculum asks.

    Without a day they ask no more. Of each kind the latest holds.
    """

    class Evidence(models.TextChoices):
        PEERS_RECEIVED = "peers_received", _("Two reviews by peers received")
        PEERS_GIVEN = "peers_given", _("Two reviews written for peers")
        JUDGED = "portfolio_judged", _("Capstones judged for the portfolio")
        PUBLISHABLE = "portfolio_publishable", _("Capstones ready to publish")
        BENCHMARKS = "benchmarks", _("Benchmarks of projects reached")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="+", db_index=False)
    evidence = models.CharField(max_length=24, choices=Evidence)
    asked_from = models.DateField(null=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [
            models.Index(fields=["organization", "cohort", "evidence", "-recorded_at"], name="gate_ask_latest"),
        ]
