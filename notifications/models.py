from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organizations.models import TenantForeignKey, TenantManager, TenantModel


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, *, at: datetime) -> Self:
        """Pending messages whose time has come, oldest first."""
        return self.filter(state=Message.State.PENDING, next_attempt_at__lte=at).order_by("next_attempt_at", "id")


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
    #: The digest that it waits for.
    digest = TenantForeignKey("self", models.SET_NULL, null=True, related_name="+", db_index=False)

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
                fields=["organization", "next_attempt_at"], name="message_due", condition=models.Q(state="pending")
            ),
            models.Index(
                fields=["organization", "digest"], name="message_in_digest", condition=models.Q(digest__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.key
