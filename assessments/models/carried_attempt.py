from django.db import models

from assessments.models.submission import Submission
from cohorts.models import VersionMove
from curriculum.models import Project
from organizations.models import AppendOnlyModel, TenantForeignKey


class CarriedAttempt(AppendOnlyModel):
    """An attempt at a project of one version shows with, and counts for, a project of the version moved to.

    `is_whole`: by that move the one project became the other, and neither was split or merged.
    """

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="carried")
    project = TenantForeignKey(Project, models.PROTECT, related_name="+")
    move = TenantForeignKey(VersionMove, models.CASCADE, related_name="+")
    is_whole = models.BooleanField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "submission", "project", "move"], name="attempt_carried_once"
            ),
        ]
