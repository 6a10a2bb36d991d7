from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models.level_decision import LevelDecision
from cohorts.models import Enrollment
from curriculum.models import Level
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def standing(self) -> Self:
        """Those that nobody revoked."""
        return self.filter(revocations=None)

    def void(self) -> Self:
        """Revoked, or of the whole program for somebody who is no graduate any more."""
        no_graduate = models.Q(level=None) & ~models.Q(enrollment__status=Enrollment.Status.GRADUATED)
        return self.filter(models.Q(revocations__isnull=False) | no_graduate)

    def of_learner(self, learner: Any) -> Self:
        """Those of the learner with that id, of whichever cohort."""
        return self.filter(enrollment__learner=learner)

    def holding(self) -> Self:
        """Those that are not void."""
        return self.exclude(pk__in=Certificate.objects.void().values("pk"))

    def for_page(self) -> Self:
        """With what a page about them names, the newest first, that of the program before that of its last level."""
        rows = self.select_related("organization", "enrollment__learner__user", "enrollment__cohort", "level")
        return rows.prefetch_related("revocations__revoked_by").order_by(
            "-awarded_on", "-issued_at", "-last_level", models.F("level").asc(nulls_first=True), "-pk"
        )


CertificateManager = TenantManager.from_queryset(CertificateQuerySet)


class Certificate(TenantModel):
    """What somebody achieved, as it is written to strangers: a level, or without a `level` the whole program.

    `name` and the titles are those of the day it was issued. `token` is in its public address, and `status_index` the
    place of its bit in the organization's status lists. One that `replaces` another has a corrected name. It belongs
    to the enrollment in which the learner goes on, as their work does.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="certificates")
    level = TenantForeignKey(Level, models.PROTECT, null=True, related_name="+")
    decision = TenantForeignKey(LevelDecision, models.PROTECT, related_name="certificates")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    program = models.CharField(max_length=200)
    first_level = models.PositiveSmallIntegerField()
    last_level = models.PositiveSmallIntegerField()
    awarded_on = models.DateField()
    token = models.CharField(max_length=43)
    status_index = models.PositiveIntegerField()
    replaces = TenantForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    issued_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField()

    objects: "ClassVar[CertificateManager[Certificate]]" = CertificateManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "token"], name="certificate_token_once"),
            models.UniqueConstraint(fields=["organization", "status_index"], name="certificate_status_index_once"),
            models.UniqueConstraint(fields=["organization", "replaces"], name="certificate_replaced_once"),
            models.CheckConstraint(
                condition=models.Q(first_level__lte=models.F("last_level")), name="certificate_levels_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.name}"

    @property
    def is_of_program(self) -> bool:
        return self.level_id is None

    @property
    def revoked(self) -> "CertificateRevocation | None":
        return next(iter(self.revocations.all()), None)

    @property
    def is_valid(self) -> bool:
        """Nobody revoked it, and who completed the program is a graduate still."""
        graduated = not self.is_of_program or self.enrollment.status == Enrollment.Status.GRADUATED
        return self.revoked is None and graduated


class CertificateRevocation(AppendOnlyModel):
    """A certificate says nothing any more since then. The reason is for the learner and staff, not for strangers."""

    class Cause(models.TextChoices):
        LEVEL = "level", _("The pass of the level was taken back")
        STAFF = "staff", _("Revoked by staff")
        REPLACED = "replaced", _("Replaced by one with a corrected name")

    certificate = TenantForeignKey(Certificate, models.CASCADE, related_name="revocations", db_index=False)
    cause = models.CharField(max_length=8, choices=Cause)
    reason = models.TextField()
    revoked_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "certificate"], name="certificate_revoked_once"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="certificate_revoked_for_a_reason"),
        ]
