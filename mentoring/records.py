"""What 1-on-1s leave behind, as rows: notes, action items, outcomes, ratings; and times proposed for one."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Enrollment
from mentoring.models import Mentor, OneOnOne
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel
from organizations.scope import required_author_id

#: How long a learner can change what they thought of a 1-on-1.
RATING_CHANGES = timedelta(days=14)


class Writing(TenantModel):
    """A text that is saved while it is written; `revision` counts what was saved, so that nothing is overwritten."""

    one_on_one = TenantForeignKey(OneOnOne, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    revision = models.PositiveIntegerField()
    written_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        abstract = True


class SharedNotes(Writing):
    """The notes of the two on one 1-on-1. Program staff read them."""

    written_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")

    class Meta(Writing.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "one_on_one"], name="shared_notes_once")]


class NotesVersion(AppendOnlyModel):
    """Shared notes as somebody left them, kept when the other went on writing, or they themselves much later."""

    one_on_one = TenantForeignKey(OneOnOne, models.PROTECT, related_name="notes_versions")
    text = models.TextField()
    revision = models.PositiveIntegerField()
    written_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "one_on_one", "revision"], name="notes_version_once")
        ]


class ByAuthor(models.Func):
    """Whether a row was written by the member in whose scope the query runs."""

    output_field = models.BooleanField()

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        author_id = required_author_id()
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = %s", (*params, author_id)


class PrivateNoteManager(TenantManager["PrivateNote"]):
    """Sees what the member in `author_scope` wrote; raises NoAuthor when a query runs without one."""

    def get_queryset(self) -> "models.QuerySet[PrivateNote]":
        return super().get_queryset().filter(ByAuthor(models.F("author")))


class PrivateNote(Writing):
    """What one of the two wrote for themselves. Nobody else sees it: a policy of the database holds that too."""

    # Whoever removes a 1-on-1 cannot see its private notes; the database refuses while there are any.
    one_on_one = TenantForeignKey(OneOnOne, models.DO_NOTHING, related_name="+")
    author = TenantForeignKey(Membership, models.DO_NOTHING, related_name="+")

    objects: "ClassVar[PrivateNoteManager]" = PrivateNoteManager()

    class Meta(Writing.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "one_on_one", "author"], name="private_note_once")
        ]


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def open(self) -> Self:
        """Not done; those with the earliest date first."""
        return self.filter(done_at=None).order_by(models.F("due_on").asc(nulls_last=True), "added_at", "id")

    def with_people(self) -> Self:
        return self.select_related("added_by", "done_by")


ActionItemManager = TenantManager.from_queryset(ActionItemQuerySet)


class ActionItem(TenantModel):
    """Something that one of the two will do. It is the learner's, so that it comes back with another mentor too."""

    class Doer(models.TextChoices):
        LEARNER = "learner", _("Learner")
        MENTOR = "mentor", _("Mentor")

    enrollment = TenantForeignKey(Enrollment, models.PROTECT, related_name="action_items")
    one_on_one = TenantForeignKey(OneOnOne, models.PROTECT, related_name="action_items")
    text = models.CharField(_("what to do"), max_length=300)
    doer = models.CharField(_("who does it"), max_length=8, choices=Doer, default=Doer.LEARNER)
    due_on = models.DateField(_("by when"), null=True, blank=True)
    added_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    done_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects: "ClassVar[ActionItemManager[ActionItem]]" = ActionItemManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None, done_by=None) | models.Q(done_at__isnull=False, done_by__isnull=False),
                name="action_done_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "enrollment"], name="action_open", condition=models.Q(done_at=None)),
            models.Index(fields=["organization", "one_on_one"], name="action_by_one_on_one"),
        ]

    def __str__(self) -> str:
        return self.text


class OutcomeEvent(AppendOnlyModel):
    """Somebody said how a 1-on-1 went, for the first time or to correct it. The latest holds: `OneOnOne.status`."""

    one_on_one = TenantForeignKey(OneOnOne, models.PROTECT, related_name="outcome_events")
    outcome = models.CharField(max_length=16, choices=OneOnOne.Status)
    reason = models.CharField(max_length=300, blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "one_on_one", "recorded_at"], name="outcome_by_one_on_one")]


class Rating(TenantModel):
    """What the learner thought of a 1-on-1 that was held, from 1 to 5. Who gave it is told to nobody."""

    one_on_one = TenantForeignKey(OneOnOne, models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    comment = models.TextField(blank=True)
    rated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "one_on_one"], name="rating_once"),
            models.CheckConstraint(condition=models.Q(score__range=(1, 5)), name="rating_is_1_to_5"),
        ]

    def is_open(self, *, at: datetime) -> bool:
        """Whether the learner can still change it."""
        return at < self.rated_at + RATING_CHANGES


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self, *, at: datetime) -> Self:
        """Neither answered, replaced nor expired; the latest first."""
        return self.filter(closed_at=None, expires_at__gt=at).order_by("-proposed_at")

    def with_people(self) -> Self:
        return self.select_related(
            "organization", "proposed_by", "mentor__membership__user", "enrollment__learner__user",
            "enrollment__mentor__user", "enrollment__cohort",
        )  # fmt: skip


ProposalManager = TenantManager.from_queryset(ProposalQuerySet)


class Proposal(TenantModel):
    """Up to three times for a learner to pick one from. It holds no time: what somebody else takes is gone from it.

    `closed_at` is when it was answered by booking, which `one_on_one` tells, or replaced by another proposal.
    """

    enrollment = TenantForeignKey(Enrollment, models.PROTECT, related_name="proposals")
    mentor = TenantForeignKey(Mentor, models.PROTECT, related_name="+")
    starts = ArrayField(models.DateTimeField(), size=3)
    note = models.TextField(blank=True)
    proposed_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    one_on_one = TenantForeignKey(OneOnOne, models.PROTECT, null=True, related_name="+")

    objects: "ClassVar[ProposalManager[Proposal]]" = ProposalManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "enrollment"], condition=models.Q(closed_at=None), name="one_open_proposal"
            ),
        ]

    def is_open(self, *, at: datetime) -> bool:
        return self.closed_at is None and at < self.expires_at
