"""The waiting list of a cohort: its order, and the seats that were offered."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager


class QueueChange(AppendOnlyModel):
    """Somebody was given another place in line, and why. `order` is the whole line from then on, by enrollment."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="queue_changes")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="+")
    from_place = models.PositiveIntegerField()
    to_place = models.PositiveIntegerField()
    order = models.JSONField()
    reason = models.TextField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "cohort", "-recorded_at"], name="queue_history")]


class OfferQuerySet(models.QuerySet["Offer"]):
    def unanswered(self) -> Self:
        """Those without an answer, to somebody who still waits."""
        return self.filter(answers=None, enrollment__status=Enrollment.Status.WAITING)

    def standing(self, at: datetime) -> Self:
        """Those that hold a seat: unanswered and not expired."""
        return self.unanswered().filter(expires_at__gt=at)


OfferManager = TenantManager.from_queryset(OfferQuerySet)


class Offer(AppendOnlyModel):
    """A seat offered to somebody who waits, held for them until `expires_at`; by nobody when it was automatic.

    `reason` says why those before them in line were passed over.
    """

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="offers")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="offers")
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    offered_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    objects: "ClassVar[OfferManager[Offer]]" = OfferManager()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("offered_at")), name="offer_expires_after_it_is_made"
            ),
        ]
        indexes = [models.Index(fields=["organization", "cohort", "-offered_at"], name="offer_by_cohort")]


class OfferAnswer(AppendOnlyModel):
    """What became of an offer: it has one answer at most."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    offer = TenantForeignKey(Offer, models.CASCADE, related_name="answers")
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "offer"], name="offer_answered_once")]
