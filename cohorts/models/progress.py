"""What was finished, and the hours that were studied."""

from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.cohort import MOST_WEEKLY_HOURS
from cohorts.models.enrollment import Enrollment
from curriculum.models import Project, Topic, hours_field
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager


class ProgressQuerySet(models.QuerySet["ProgressEvent"]):
    def for_learner_page(self, enrollment: Enrollment) -> Self:
        """All of one enrollment with who recorded them, the latest in effect first."""
        found = self.filter(enrollment=enrollment).select_related("recorded_by")
        return found.order_by("-effective_on", "-recorded_at", "-pk")


ProgressManager = TenantManager.from_queryset(ProgressQuerySet)


class ProgressEvent(AppendOnlyModel):
    """A topic or project was finished, reopened, or credited for prior learning. The latest event of each decides.

    With a `move` it was not recorded by anybody's work: it is what another version's fact, `carries`, counts for here.
    """

    class Kind(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        CREDITED = "credited", _("Credited")
        REOPENED = "reopened", _("Reopened")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="progress_events")
    topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+")
    project = TenantForeignKey(Project, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    hours = hours_field()
    effective_on = models.DateField()
    evidence = models.TextField(blank=True)
    move = TenantForeignKey("VersionMove", models.PROTECT, null=True, related_name="+", db_index=False)
    carries = TenantForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[ProgressManager[ProgressEvent]]" = ProgressManager()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(topic=None) ^ models.Q(project=None), name="progress_on_topic_or_project"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="credited") | ~models.Q(evidence=""), name="credit_needs_evidence"
            ),
            models.CheckConstraint(
                condition=models.Q(carries=None) | models.Q(move__isnull=False), name="carried_by_a_move"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "enrollment", "effective_on"], name="progress_by_enrollment"),
            models.Index(
                fields=["organization", "enrollment"], condition=models.Q(kind="reopened"), name="progress_reopened"
            ),
            models.Index(fields=["organization", "recorded_at"], name="progress_by_time"),
        ]

    @property
    def part_id(self) -> UUID | None:
        """Of the topic or the project, whichever it is about."""
        return self.topic_id or self.project_id


class StudyLog(AppendOnlyModel):
    """Hours a learner says they studied in the week that starts on that Monday; the latest entry of a week counts.

    Staff who set a week right say why in `reason`.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="study_logs")
    week = models.DateField()
    hours = hours_field()
    reason = models.CharField(max_length=300, blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours__gte=0, hours__lte=MOST_WEEKLY_HOURS), name="study_hours_fit_a_week"
            ),
            models.CheckConstraint(condition=models.Q(week__iso_week_day=1), name="study_week_starts_on_monday"),
        ]
        indexes = [
            models.Index(fields=["organization", "enrollment", "week"], name="study_by_week"),
            models.Index(fields=["organization", "recorded_at"], name="study_by_time"),
        ]
