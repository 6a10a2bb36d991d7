"""What staff write to learners, when it goes, and who got it."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from notifications.models import Message
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel

LONGEST_SUBJECT, LONGEST_TEXT = 150, 10_000


class StaffMessageQuerySet(models.QuerySet["StaffMessage"]):
    def for_list(self) -> Self:
        """With its author, the cohorts it is about and how many got it, the newest first. Two queries."""
        addressed = models.Prefetch("addressed", AddressedCohort.objects.select_related("cohort").order_by("cohort"))
        got = models.Count("recipients", filter=models.Q(recipients__reason=""))
        found = self.select_related("by", "within").prefetch_related(addressed).annotate(got=got)
        return found.order_by("-created_at", "-id")


StaffMessageManager = TenantManager.from_queryset(StaffMessageQuerySet)


class StaffMessage(TenantModel):
    """A message from staff to learners, and the key that makes sending it twice do it once.

    Whom it goes to is worked out when it goes: everyone who then has one of the `statuses` in the addressed cohorts;
    everyone who then matches `query` on the roster, of `within` or of all cohorts; or the `chosen` enrollments. It is
    planned for `send_at`, as the clock of `time_zone` said. With `is_mandatory` it reaches those too who switched
    messages off. `steps` say what happened to it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PLANNED = "planned", pgettext_lazy("message", "Planned")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", pgettext_lazy("message", "Cancelled")

    class Audience(models.TextChoices):
        COHORTS = "cohorts", _("Whole cohorts")
        MATCHING = "matching", _("Everyone who matches on the roster")
        CHOSEN = "chosen", _("Chosen learners")

    subject = models.CharField(max_length=LONGEST_SUBJECT)
    text = models.TextField(max_length=LONGEST_TEXT)
    audience = models.CharField(max_length=8, choices=Audience)
    statuses = ArrayField(models.CharField(max_length=12, choices=Enrollment.Status), default=list)
    query = models.CharField(max_length=1000, blank=True)
    within = TenantForeignKey(Cohort, models.PROTECT, null=True, related_name="+", db_index=False)
    chosen: Any = models.JSONField(default=list)
    is_mandatory = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    by = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    planned_at = models.DateTimeField(null=True)
    send_at = models.DateTimeField(null=True)
    time_zone = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)

    objects: "ClassVar[StaffMessageManager[StaffMessage]]" = StaffMessageManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="planned")
                | models.Q(send_at__isnull=False, planned_at__isnull=False) & ~models.Q(time_zone=""),
                name="staff_message_planned_for_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | ~models.Q(state="sent") & models.Q(sent_at=None),
                name="staff_message_sent_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="staff_message_newest"),
            models.Index(
                fields=["organization", "send_at"], name="staff_message_to_go", condition=models.Q(state="planned")
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_open(self) -> bool:
        """Whether it can still be changed, planned, sent and cancelled."""
        return self.state in (self.State.DRAFT, self.State.PLANNED)


class AddressedCohort(TenantModel):
    """A cohort that a message is about: all of it, or the cohort of somebody it was meant for."""

    message = TenantForeignKey(StaffMessage, models.CASCADE, related_name="addressed", db_index=False)
    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "message", "cohort"], name="addressed_cohort_once"),
        ]
        indexes = [models.Index(fields=["organization", "cohort"], name="addressed_cohort_by_cohort")]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.cohort_id}"


class StaffMessageStep(AppendOnlyModel):
    """What somebody did to a message, or what became of it; without `by` nobody did it just then."""

    class What(models.TextChoices):
        WRITTEN = "written", pgettext_lazy("message", "Written")
        CHANGED = "changed", pgettext_lazy("message", "Changed")
        PLANNED = "planned", pgettext_lazy("message", "Planned")
        CANCELLED = "cancelled", pgettext_lazy("message", "Cancelled")
        SENT = "sent", _("Sent")
        MISSED = "missed", _("Not sent: its time went by while nothing could be sent")

    message = TenantForeignKey(StaffMessage, models.CASCADE, related_name="steps", db_index=False)
    what = models.CharField(max_length=9, choices=What)
    by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    send_at = models.DateTimeField(null=True)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "message", "at"], name="staff_message_steps")]


class StaffMessageRecipient(AppendOnlyModel):
    """Somebody for whom a message was meant when it went: what was queued for them, or why nothing was."""

    message = TenantForeignKey(StaffMessage, models.CASCADE, related_name="recipients", db_index=False)
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="+", db_index=False)
    queued = TenantForeignKey(Message, models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=300, blank=True)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "message", "enrollment"], name="staff_message_to_each_once"
            ),
            models.CheckConstraint(
                condition=models.Q(reason="") | models.Q(queued=None), name="staff_message_queued_or_told_why"
            ),
        ]
        indexes = [models.Index(fields=["organization", "enrollment"], name="staff_message_by_learner")]
