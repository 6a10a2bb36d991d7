"""Why learners leave, in the organization's own words."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cohorts.models.enrollment import EnrollmentEvent
from organizations.models import TenantManager, TenantModel


class LeavingReasonQuerySet(models.QuerySet["LeavingReason"]):
    def offered(self) -> Self:
        """Those that can be chosen, in the order of the organization."""
        return self.filter(is_retired=False).order_by("position", "pk")


LeavingReasonManager = TenantManager.from_queryset(LeavingReasonQuerySet)


class LeavingReason(TenantModel):
    """What somebody may choose when a learner withdraws or is dismissed.

    `code` and `category` never change: the category is what is counted, whatever the organization calls it. `name_nl`
    is for readers in Dutch; left empty they read `name`. A retired one stays with what was recorded.
    """

    code = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=80)
    name_nl = models.CharField(_("name in Dutch"), max_length=80, blank=True)
    category = models.CharField(max_length=20, choices=EnrollmentEvent.Reason)
    position = models.PositiveSmallIntegerField()
    is_retired = models.BooleanField(default=False)

    objects: "ClassVar[LeavingReasonManager[LeavingReason]]" = LeavingReasonManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="leaving_reason_code_once"),
            models.CheckConstraint(condition=~models.Q(category=""), name="leaving_reason_has_category"),
        ]

    def __str__(self) -> str:
        return self.name_nl if self.name_nl and (get_language() or "").startswith("nl") else self.name

    @property
    def is_excused(self) -> bool:
        """Whether it takes a learner out of every denominator."""
        return self.category in EnrollmentEvent.EXCUSED
