"""What staff and mentors write down about a learner."""

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.enrollment import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager

LONGEST_NOTE = 5_000


class LearnerNoteQuerySet(models.QuerySet["LearnerNote"]):
    def current(self) -> Self:
        """The last text of each note."""
        newer = LearnerNote.objects.filter(thread=models.OuterRef("thread"), version__gt=models.OuterRef("version"))
        return self.filter(~models.Exists(newer))


LearnerNoteManager = TenantManager.from_queryset(LearnerNoteQuerySet)


class LearnerNote(AppendOnlyModel):
    """One text of a note about a learner. A later text of the same `thread` replaces it; an empty one takes it away."""

    class Audience(models.TextChoices):
        STAFF = "staff", _("Program staff")
        MENTORS = "mentors", _("Staff and the learner’s mentor")
        LEARNER = "learner", _("The learner too")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="notes")
    thread = models.UUIDField()
    version = models.PositiveIntegerField()
    audience = models.CharField(_("who reads it"), max_length=8, choices=Audience)
    text = models.TextField(_("note"), max_length=LONGEST_NOTE, blank=True)
    is_pinned = models.BooleanField(_("keep it on top"), default=False)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[LearnerNoteManager[LearnerNote]]" = LearnerNoteManager()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "thread", "version"], name="learner_note_version_once"),
        ]
        indexes = [models.Index(fields=["organization", "enrollment"], name="learner_note_by_learner")]
