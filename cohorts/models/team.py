"""Who runs a cohort besides its lead."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from organizations.models import TenantForeignKey, TenantManager, TenantModel


class TeamMemberQuerySet(models.QuerySet["TeamMember"]):
    def on(self, day: date) -> Self:
        """Those who belong to their team on that day."""
        return self.filter(starts_on__lte=day).filter(models.Q(ends_on=None) | models.Q(ends_on__gte=day))


TeamMemberManager = TenantManager.from_queryset(TeamMemberQuerySet)


class TeamMember(TenantModel):
    """A member with a role in a cohort, from one day until another, both included; without an end it goes on."""

    class Role(models.TextChoices):
        STAFF = "staff", _("Staff")
        MENTOR = "mentor", _("Mentor")
        INSTRUCTOR = "instructor", _("Instructor")
        ASSISTANT = "assistant", _("Assistant")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="team")
    member = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)

    objects: "ClassVar[TeamMemberManager[TeamMember]]" = TeamMemberManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cohort", "member", "role", "starts_on"], name="team_member_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="team_member_in_order",
            ),
        ]
        indexes = [models.Index(fields=["organization", "member"], name="team_by_member")]

    def __str__(self) -> str:
        return f"{self.member} in {self.cohort}"
