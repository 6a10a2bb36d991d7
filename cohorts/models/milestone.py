"""The dates by which a stretch of the curriculum is done."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from cohorts.models.milestone_title import read_title
from curriculum.models import Level, Topic, hours_field
from organizations.models import TenantForeignKey, TenantManager, TenantModel


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    def of(self, enrollment: Enrollment) -> Self:
        """The learner's own dates, and the cohort's where they have none."""
        return self.filter(cohort=enrollment.cohort_id).filter(
            models.Q(enrollment=None) | models.Q(enrollment=enrollment)
        )


MilestoneManager = TenantManager.from_queryset(MilestoneQuerySet)


class Milestone(TenantModel):
    """A date by which a stretch of the curriculum is done; `through_hours` are planned hours since the cohort began."""

    class Kind(models.TextChoices):
        TOPIC = "topic", _("Topics")
        CHECKPOINT = "checkpoint", _("Checkpoint")
        GATE = "gate", _("Level gate")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="milestones")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, null=True, related_name="milestones")
    replaces = TenantForeignKey("self", models.CASCADE, null=True, related_name="+")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(max_length=300)
    level = TenantForeignKey(Level, models.PROTECT, related_name="+")
    last_topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+")
    through_hours = hours_field()
    due_on = models.DateField()
    is_fixed = models.BooleanField(default=False)

    objects: "ClassVar[MilestoneManager[Milestone]]" = MilestoneManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cohort", "enrollment", "position"],
                name="milestone_position_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["organization", "due_on"], name="milestone_by_due")]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """The title in the reader's language."""
        return read_title(self.title)
