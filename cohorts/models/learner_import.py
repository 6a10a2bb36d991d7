"""Files of learners: as they lie ready, how their columns are read, and what became of each row."""

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel


class ImportFile(TenantModel):
    """A file that was chosen and not imported yet: its text, which column is what, and the preview made of it.

    It is gone once it is imported, and when the same person chooses another one for the cohort. `work` is what a worker
    is asked to do with it since `asked_at`, for `asked_by`: to check it, or to import what was `agreed` to (a digest).
    `problem` is why that failed, in the language of who asked.
    """

    class Work(models.TextChoices):
        CHECK = "check", _("Checking")
        IMPORT = "import", _("Importing")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    text = models.TextField()
    columns = models.JSONField(default=list)
    plan = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    uploaded_by = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField(db_default=Now(), editable=False)
    work = models.CharField(max_length=10, choices=Work, blank=True)
    asked_by = TenantForeignKey(Membership, models.CASCADE, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    agreed = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "cohort", "uploaded_by"], name="import_file_by_cohort")]

    def __str__(self) -> str:
        return self.name


class ColumnReading(TenantModel):
    """How an organization reads files with this header: a field, or "" for nothing, for each of its columns."""

    header = models.CharField(max_length=64)
    columns = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "header"], name="column_reading_once")]

    def __str__(self) -> str:
        return self.header


class LearnerImportQuerySet(models.QuerySet["LearnerImport"]):
    def for_list(self, cohort: Cohort) -> Self:
        """Those of a cohort, newest first, with who did them, how many rows did what, and who undid them."""
        counts = {
            f"{kind}_count": models.Count("rows", filter=models.Q(rows__kind=kind)) for kind in ImportedRow.Kind.values
        }
        found = self.filter(cohort=cohort, undoes=None).select_related("recorded_by").annotate(**counts)
        return found.prefetch_related("undone_by__recorded_by").order_by("-recorded_at", "-pk")


LearnerImportManager = TenantManager.from_queryset(LearnerImportQuerySet)


class LearnerImport(AppendOnlyModel):
    """A file was imported into a cohort; one that `undoes` another took that one back."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=200, blank=True)
    undoes = TenantForeignKey("self", models.CASCADE, null=True, related_name="undone_by")
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[LearnerImportManager[LearnerImport]]" = LearnerImportManager()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "undoes"], condition=models.Q(undoes__isnull=False), name="import_undone_once"
            ),
        ]
        indexes = [models.Index(fields=["organization", "cohort", "-recorded_at"], name="import_by_cohort")]


class ImportedRow(AppendOnlyModel):
    """What an import did to one learner, as it was `before` and `after`; of an undoing, what it took back or left."""

    class Kind(models.TextChoices):
        ENROLLED = "enrolled", _("Enrolled")
        CHANGED = "changed", _("Changed")
        HISTORY = "history", _("History recorded")
        TAKEN_BACK = "taken_back", _("Taken back")
        LEFT = "left", _("Left as it is")

    learner_import = TenantForeignKey(LearnerImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="imported_rows")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.TextField(blank=True)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "learner_import", "kind", "enrollment"], name="imported_row_once"
            ),
        ]
