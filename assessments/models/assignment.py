"""Who is asked to review, and when a second person reads as well."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models.submission import Submission
from cohorts.models import Cohort
from curriculum.models import Curriculum, Project
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel


class ReviewAssignment(AppendOnlyModel):
    """Somebody was asked to review an attempt, and why them. The last one holds."""

    class Reason(models.TextChoices):
        MENTOR = "mentor", _("Mentor of the learner")
        LEVEL = "level", _("Reviewer of the level")
        STAFF = "staff", _("Program staff")
        SECOND = "second", _("Second reader")
        SETTLING = "settling", _("The readers disagree")
        CHOSEN = "chosen", _("Chosen by staff")

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="assignments", db_index=False)
    reviewer = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=8, choices=Reason)
    note = models.TextField(blank=True)
    assigned_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    assigned_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "submission", "assigned_at"], name="assignment_of_submission")]


class LevelReviewer(TenantModel):
    """Somebody reviews work of a level of a curriculum, whichever version, after the learner's own mentor."""

    curriculum = TenantForeignKey(Curriculum, models.CASCADE, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField()
    reviewer = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    added_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "curriculum", "level", "reviewer"], name="level_reviewer_once"
            ),
        ]


class SecondReading(AppendOnlyModel):
    """A second reader was asked for this attempt by who reviews it."""

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="second_readings", db_index=False)
    reason = models.TextField()
    asked_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "submission"], name="second_reading_once")]


class SecondReaderRule(AppendOnlyModel):
    """From then on a final capstone has a second reader, or not; for one project, one cohort, or everywhere.

    Of a project before of a cohort before everywhere. Without an answer, what is said less closely holds.
    """

    cohort = TenantForeignKey(Cohort, models.CASCADE, null=True, related_name="+", db_index=False)
    project = TenantForeignKey(Project, models.PROTECT, null=True, related_name="+", db_index=False)
    is_asked = models.BooleanField(null=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cohort=None) | models.Q(project=None), name="second_reader_rule_is_about_one"
            ),
        ]
        indexes = [models.Index(fields=["organization", "cohort", "project"], name="second_reader_rule_latest")]
