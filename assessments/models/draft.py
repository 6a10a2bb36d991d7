from django.db import models

from cohorts.models import Enrollment
from curriculum.models import Project
from organizations.models import TenantForeignKey, TenantModel


class SubmissionDraft(TenantModel):
    """The next attempt at a project as far as it was written, for the learner alone; gone once it is submitted.

    `given` is what stood in the form, checked by nobody. Every save counts `revision` up, and `page` is the opened page
    that saved last, so that a second window that knows an older revision is found.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="submission_drafts")
    project = TenantForeignKey(Project, models.PROTECT, related_name="+")
    given = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    page = models.CharField(max_length=36, blank=True)
    saved_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "enrollment", "project"], name="draft_once"),
        ]
