from django.db import models

from cohorts.models import Enrollment
from curriculum.models import Level
from organizations.models import TenantForeignKey, TenantModel


class OpenGate(TenantModel):
    """A gate whose criteria are all met and on which nobody decided yet, as of the last look; it can be made again."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="open_gates")
    level = TenantForeignKey(Level, models.PROTECT, related_name="+", db_index=False)
    noticed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "enrollment", "level"], name="open_gate_once"),
        ]
