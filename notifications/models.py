from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel


class Lane(models.IntegerChoices):
    """What goes first. Each lane has a queue of its own, so that much of one is no delay of a more urgent one."""

    URGENT = 0, _("Urgent")
    DEFAULT = 1, _("Ordinary")
    BULK = 2, _("To many at once")

    @property
    def queue(self) -> str:
        """The name of the Celery queue."""
        return self.name.lower()


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, *, at: datetime) -> Self:
        """Pending messages whose time has come: the urgent first, then the oldest."""
        pending = self.filter(state=Message.State.PENDING, next_attempt_at__lte=at)
        return pending.order_by("lane", "next_attempt_at", "id")

    def unclaimed(self, *, at: datetime, lease: timedelta) -> Self:
        """What is nobody's. A claim that ends much later than one made now is of before the clock was set back."""
        too_long = models.Q(claimed_until__gt=at + 2 * lease)
        return self.filter(models.Q(claimed_until=None) | models.Q(claimed_until__lte=at) | too_long)

    def resendable(self) -> Self:
        """Dead letters that may be sent after all. What was secret in a message is forgotten, so it cannot be."""
        return self.filter(state=Message.State.DEAD, was_emptied=False)


MessageManager = TenantManager.from_queryset(MessageQuerySet)


class Message(TenantModel):
    """The outbox: whatever leaves Gilde is first a row here, written in the transaction that caused it.

    `key` says what the message is about (recipient, kind, subject, offset, sequence) and is unique, so that the same
    thing is never queued twice, however often a job runs.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        DEAD = "dead", pgettext_lazy("message", "Failed")

    class Cause(models.TextChoices):
        """Why a message was not sent, for counting; `reason` says it in words."""

        LATE = "late", _("Its moment had passed")
        UNTRUE = "untrue", _("No longer true")
        UNWANTED = "unwanted", _("Not wanted by the person")
        NO_ADDRESS = "no_address", _("No address")
        BAD_ADDRESS = "bad_address", _("Address refused for good")
        REFUSED = "refused", _("Refused by the mail host")
        GIVEN_UP = "given_up", _("Tried too often")
        BROKEN = "broken", _("Could not be written")

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=250)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    subject_id = models.UUIDField(null=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    cause = models.CharField(max_length=12, choices=Cause, blank=True)
    lane = models.PositiveSmallIntegerField(choices=Lane, default=Lane.DEFAULT)
    #: Until then the worker that took it is the one to send it; a killed worker's claim runs out.
    claimed_until = models.DateTimeField(null=True)
    was_emptied = models.BooleanField(default=False)
    #: The digest that it waits for.
    digest = TenantForeignKey("self", models.SET_NULL, null=True, related_name="+", db_index=False)
    #: What its kind read about it, together with others and just now, for `reason_untrue` and `context`; no column.
    facts: Any = None

    objects: "ClassVar[MessageManager[Message]]" = MessageManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="message_key_once"),
            models.CheckConstraint(
                condition=models.Q(state="pending", settled_at=None)
                | ~models.Q(state="pending") & ~models.Q(settled_at=None),
                name="message_settled_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "lane", "next_attempt_at", "id"],  # a million may be due at the same moment
                name="message_next_in_lane",
                condition=models.Q(state="pending"),
            ),
            models.Index(
                fields=["organization", "lane", "expires_at"],
                name="message_late_in_lane",
                condition=models.Q(state="pending"),
            ),
            models.Index(
                fields=["organization", "digest"], name="message_in_digest", condition=models.Q(digest__isnull=False)
            ),
            models.Index(fields=["organization", "cause"], name="message_dead", condition=models.Q(state="dead")),
        ]

    def __str__(self) -> str:
        return self.key


class RefusedAddress(TenantModel):
    """A mail host said for good that this address of a person takes no mail; nothing is sent there until it is removed.

    It holds for the address alone: who changes theirs gets mail again.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    address = models.EmailField(max_length=254)
    reason = models.CharField(max_length=300)
    refused_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "person"], name="refused_address_once"),
        ]

    def __str__(self) -> str:
        return self.address


class RuleOffset(AppendOnlyModel):
    """Somebody's own moment for a reminder rule, in the rule's unit, from the moment it was set.

    Of the organization, or of one cohort with `group_id`. Without an amount what holds above it holds again.
    """

    rule = models.CharField(max_length=40)
    group_id = models.UUIDField(null=True)
    amount = models.SmallIntegerField(null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "rule", "group_id", "-set_at"], name="rule_offset_newest")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.amount}"


class ReminderLook(TenantModel):
    """When an organization's reminders were looked for last: what came and went since then was missed."""

    looked_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="reminder_look_once")]

    def __str__(self) -> str:
        return f"{self.looked_at}"
