"""Cohorts and learners that went over to another version of their curriculum."""

from django.db import models
from django.db.models.functions import Now

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from curriculum.models import CurriculumVersion, Level, Project, Topic
from organizations.models import AppendOnlyModel, TenantForeignKey


class VersionMove(AppendOnlyModel):
    """A cohort (`cohort`), or one learner apart from it, went over to another version by a map: its pairs.

    `schedule` keeps the milestones that it replaced and those that came instead, so that undoing gives them back;
    `key` is that of the form it was agreed to on, so that sending it twice moves once.
    """

    cohort = TenantForeignKey(Cohort, models.CASCADE, null=True, related_name="version_moves")
    from_version = TenantForeignKey(CurriculumVersion, models.PROTECT, related_name="+")
    to_version = TenantForeignKey(CurriculumVersion, models.PROTECT, related_name="+")
    effective_on = models.DateField()
    undoes = TenantForeignKey("self", models.CASCADE, null=True, related_name="undone_by")
    schedule = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    key = models.UUIDField(null=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_version=models.F("to_version")), name="move_to_another_version"
            ),
            models.UniqueConstraint(
                fields=["organization", "undoes"], condition=models.Q(undoes__isnull=False), name="move_undone_once"
            ),
            models.UniqueConstraint(fields=["organization", "key"], name="move_key_once"),
        ]
        indexes = [models.Index(fields=["organization", "cohort"], name="move_by_cohort")]


class EnrollmentMove(AppendOnlyModel):
    """One learner's part in a move; `sequence` counts the learner's moves."""

    move = TenantForeignKey(VersionMove, models.CASCADE, related_name="legs")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="moves")
    sequence = models.PositiveIntegerField()
    from_track = TenantForeignKey("curriculum.Track", models.PROTECT, null=True, related_name="+")
    to_track = TenantForeignKey("curriculum.Track", models.PROTECT, null=True, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "enrollment", "sequence"], name="enrollment_move_sequence"),
            models.UniqueConstraint(fields=["organization", "move", "enrollment"], name="enrollment_moves_once"),
        ]


class MapPair(AppendOnlyModel):
    """A level, topic or project of the version left counts for one of the version entered."""

    move = TenantForeignKey(VersionMove, models.CASCADE, related_name="pairs")
    from_level = TenantForeignKey(Level, models.PROTECT, null=True, related_name="+", db_index=False)
    to_level = TenantForeignKey(Level, models.PROTECT, null=True, related_name="+", db_index=False)
    from_topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+", db_index=False)
    to_topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+", db_index=False)
    from_project = TenantForeignKey(Project, models.PROTECT, null=True, related_name="+", db_index=False)
    to_project = TenantForeignKey(Project, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(from_topic=None, to_topic=None, from_project=None, to_project=None)
                & ~models.Q(from_level=None)
                & ~models.Q(to_level=None)
                | models.Q(from_level=None, to_level=None, from_project=None, to_project=None)
                & ~models.Q(from_topic=None)
                & ~models.Q(to_topic=None)
                | models.Q(from_level=None, to_level=None, from_topic=None, to_topic=None)
                & ~models.Q(from_project=None)
                & ~models.Q(to_project=None),
                name="pair_of_one_kind",
            ),
            models.UniqueConstraint(
                fields=[
                    "organization", "move", "from_level", "to_level", "from_topic", "to_topic", "from_project",
                    "to_project",
                ],
                name="pair_once",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
