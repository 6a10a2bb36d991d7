"""What was done for many learners at once."""

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.enrollment import Enrollment
from organizations.models import TenantForeignKey, TenantModel


class BulkAction(TenantModel):
    """One thing to do for many learners: chosen, shown, done once, perhaps undone.

    `chosen` are ids of enrollments in the order shown; `details` what the form said, as JSON. The row is the key that
    makes sending twice do it once. Messages have rows of their own (`StaffMessage`); those that were once sent this way
    stay.
    """

    class Kind(models.TextChoices):
        STATUS = "status", _("Change status")
        MENTOR = "mentor", _("Assign mentor")
        MESSAGE = "message", _("Send message")

    kind = models.CharField(max_length=10, choices=Kind)
    chosen: Any = models.JSONField(default=list)
    details: Any = models.JSONField(default=dict)
    back = models.CharField(max_length=1200, blank=True)
    by = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(undone_at=None) | models.Q(done_at__lte=models.F("undone_at")),
                name="bulk_action_undone_after_done",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-done_at"], name="bulk_action_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} for {len(self.chosen)}"


class BulkItem(TenantModel):
    """What an action did to one learner, or why it did not, and what undoing needs to know.

    `first` to `last` are the sequences of the events that a change of status added. `words` say what was done or why
    not, by language.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        LEFT_OUT = "left_out", _("Left out")
        UNDONE = "undone", _("Undone")
        KEPT = "kept", _("Could not be undone")

    action = TenantForeignKey(BulkAction, models.CASCADE, related_name="items", db_index=False)
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="+", db_index=False)
    outcome = models.CharField(max_length=10, choices=Outcome)
    words: Any = models.JSONField(default=dict)
    first = models.PositiveIntegerField(null=True)
    last = models.PositiveIntegerField(null=True)
    mentor_before = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    mentor_after = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "action", "enrollment"], name="bulk_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.enrollment_id}"

    @property
    def told(self) -> str:
        """In the reader's language."""
        said: dict[str, str] = self.words
        return said.get(get_language() or "") or next(iter(said.values()), "")
