"""Who mentored whom, and since when."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.enrollment import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey


class MentorAssignment(AppendOnlyModel):
    """A learner's mentor from that day on, or nobody; `Enrollment.mentor` is the latest.

    The day is one of the cohort's calendar; of several on a day the one that was recorded last counts.
    """

    class Reason(models.TextChoices):
        BY_HAND = "by_hand", _("Assigned by hand")
        MATCHED = "matched", _("Matched")
        HANDED_OVER = "handed_over", _("Handed over")
        ENROLLED = "enrolled", _("Named on enrollment")
        TRANSFERRED = "transferred", _("Kept at a transfer")
        FOUND = "found", _("As it stood when this history began")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="mentor_assignments")
    mentor = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    effective_on = models.DateField()
    reason = models.CharField(max_length=12, choices=Reason)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "enrollment", "effective_on"], name="mentor_history")]

    def __str__(self) -> str:
        return f"{self.mentor or '–'} from {self.effective_on}"
