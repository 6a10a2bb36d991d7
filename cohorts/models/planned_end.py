"""The days by which a cohort planned to be done."""

from django.db import models
from django.db.models.functions import Now

from cohorts.models.cohort import Cohort
from organizations.models import AppendOnlyModel, TenantForeignKey


class PlannedEnd(AppendOnlyModel):
    """The day of the cohort's last milestone, as it was planned from a day on; None without milestones.

    Milestones say what is planned now. This says what was planned then, for who asks as of a day.
    """

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="planned_ends")
    ends_on = models.DateField(null=True)
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "cohort", "effective_on"], name="planned_end_history")]
