from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Enrollment, VersionMove
from curriculum.models import Level
from organizations.models import AppendOnlyModel, TenantForeignKey


class LevelDecision(AppendOnlyModel):
    """A level was passed, or a pass was taken back; with the evidence as it stood at that moment.

    With a `move` it is what the decision `carries` about a level of another version counts for here. An override, a
    pass while criteria were missing, was `approved_by` somebody else than who asked for it.
    """

    class Outcome(models.TextChoices):
        PASSED = "passed", _("Passed")
        REVOKED = "revoked", _("Taken back")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="level_decisions")
    level = TenantForeignKey(Level, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    evidence = models.JSONField(default=list)
    override_reason = models.TextField(blank=True)
    move = TenantForeignKey(VersionMove, models.PROTECT, null=True, related_name="+", db_index=False)
    carries = TenantForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    approved_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(outcome="revoked") | ~models.Q(override_reason=""), name="revoking_needs_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("recorded_by")),
                name="override_approved_by_somebody_else",
            ),
        ]
        indexes = [models.Index(fields=["organization", "enrollment", "effective_on"], name="level_decision_history")]
