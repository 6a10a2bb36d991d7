from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models.level_decision import LevelDecision
from cohorts.models import Enrollment
from curriculum.models import Level
from organizations.models import TenantForeignKey, TenantManager, TenantModel


class OverrideRequestQuerySet(models.QuerySet["OverrideRequest"]):
    def pending(self) -> Self:
        """Not answered yet, the longest waiting first."""
        return self.filter(answer="").order_by("asked_at", "pk")

    def with_people(self) -> Self:
        return self.select_related("enrollment__learner", "enrollment__cohort", "level", "asked_by", "answered_by")


OverrideRequestManager = TenantManager.from_queryset(OverrideRequestQuerySet)


class OverrideRequest(TenantModel):
    """Somebody of staff wants to let a learner through although criteria are missing; somebody else answers.

    It is answered once; `effective_on` is the day the pass counts from, should it be approved.
    """

    class Answer(models.TextChoices):
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="override_requests")
    level = TenantForeignKey(Level, models.PROTECT, related_name="+")
    effective_on = models.DateField()
    reason = models.TextField()
    asked_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=9, choices=Answer, blank=True)
    note = models.TextField(blank=True)
    answered_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    decision = TenantForeignKey(LevelDecision, models.PROTECT, null=True, related_name="+", db_index=False)

    objects: "ClassVar[OverrideRequestManager[OverrideRequest]]" = OverrideRequestManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "enrollment", "level"],
                condition=models.Q(answer=""),
                name="override_asked_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_by=None, answered_at=None)
                | ~models.Q(answer="") & models.Q(answered_by__isnull=False, answered_at__isnull=False),
                name="override_answer_has_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(answer__in=["approved", "declined"]) | ~models.Q(answered_by=models.F("asked_by")),
                name="override_answered_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=~models.Q(answer="approved") | models.Q(decision__isnull=False),
                name="override_approved_has_decision",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="override_has_reason"),
        ]
