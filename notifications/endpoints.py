"""Addresses of other systems that hear what happens: webhooks of an organization, and chats of its cohorts."""

from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organizations.models import TenantForeignKey, TenantManager, TenantModel
from organizations.sealing import SealedTextField

#: What is kept of an answer.
RESPONSE_LENGTH = 500
NAME_LENGTH, ADDRESS_LENGTH = 80, 500


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def webhooks(self) -> Self:
        return self.filter(format=Endpoint.Format.WEBHOOK)

    def chats(self) -> Self:
        return self.exclude(format=Endpoint.Format.WEBHOOK)

    def hears(self, names: list[str]) -> Self:
        """Those that chose one of the names, and that nobody switched off."""
        return self.filter(subscribed__overlap=names).exclude(state=Endpoint.State.OFF)


EndpointManager = TenantManager.from_queryset(EndpointQuerySet)


class Endpoint(TenantModel):
    """Where deliveries go. `group_id` is the id of the cohort that a chat belongs to; a webhook has none.

    Who holds the address of a chat may write there: it is shown to nobody once it is saved, and addresses and secrets
    are sealed in the database. `secret` signs what goes to
    a webhook; after a change the one before signs as well until `old_secret_until`.
    """

    class Format(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        MATTERMOST = "mattermost", _("Mattermost, or compatible")

    class State(models.TextChoices):
        ON = "on", pgettext_lazy("webhook", "On")
        OFF = "off", pgettext_lazy("webhook", "Off")
        FAILED = "failed", _("Switched off after failures")

    format = models.CharField(max_length=12, choices=Format)
    name = models.CharField(max_length=NAME_LENGTH)
    address = SealedTextField()
    group_id = models.UUIDField(null=True)
    subscribed = ArrayField(models.CharField(max_length=40))
    secret = SealedTextField(blank=True)
    old_secret = SealedTextField(blank=True)
    old_secret_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.ON)
    #: Since when nothing was accepted, how often in a row it failed, and until when it is left alone.
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: "ClassVar[EndpointManager[Endpoint]]" = EndpointManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(format="webhook", group_id=None)
                | ~models.Q(format="webhook") & models.Q(group_id__isnull=False),
                name="endpoint_chat_has_group",
            ),
            models.CheckConstraint(
                condition=models.Q(failing_since=None, failures=0)
                | models.Q(failing_since__isnull=False, failures__gt=0),
                name="endpoint_failing_has_failures",
            ),
        ]
        indexes = [models.Index(fields=["organization", "group_id"], name="endpoint_of_group")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_chat(self) -> bool:
        return self.format != self.Format.WEBHOOK

    @property
    def is_on(self) -> bool:
        return self.state == self.State.ON

    @property
    def is_readable(self) -> bool:
        """Whether one of today's keys opens its address, and its secret if it has one."""
        return bool(self.address) and (self.is_chat or bool(self.secret))

    @property
    def masked_address(self) -> str:
        """Host and last four characters: enough to tell one chat from another."""
        if not self.address:
            return str(PROBLEMS["unreadable"])
        return f"{urlsplit(self.address).hostname}/…{self.address[-4:]}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, at: datetime) -> Self:
        """Pending ones whose time has come, at endpoints that are on and do not rest; the oldest first."""
        rests = models.Q(endpoint__rests_until__gt=at)
        on = self.filter(state=Delivery.State.PENDING, next_attempt_at__lte=at, endpoint__state=Endpoint.State.ON)
        return on.exclude(rests).order_by("next_attempt_at", "id")

    def failed(self) -> Self:
        return self.filter(state=Delivery.State.FAILED)

    def for_list(self) -> Self:
        """The newest first, with what the last attempt was answered, in `delivery.said`."""
        last = Attempt.objects.filter(delivery=models.OuterRef("pk")).order_by("-number")
        return self.order_by("-occurred_at", "-id").annotate(
            last_status=models.Subquery(last.values("status")[:1]),
            last_problem=models.Subquery(last.values("problem")[:1]),
        )


DeliveryManager = TenantManager.from_queryset(DeliveryQuerySet)


class Delivery(TenantModel):
    """One thing that happened, on its way to one endpoint; written in the transaction in which it happened.

    `name` is an event type (event_types.py) or news for a chat (chat_news.py). `key` says what it is about and is
    unique for the endpoint. To a webhook the payload goes as it is; what a chat reads is written when it leaves.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        SKIPPED = "skipped", _("Not sent")
        FAILED = "failed", pgettext_lazy("message", "Failed")

    endpoint = TenantForeignKey(Endpoint, models.CASCADE, related_name="deliveries", db_index=False)
    name = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    subject_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    #: Until then the worker that took it is the one to send it; a killed worker's claim runs out.
    claimed_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    #: Of the last attempt, with `for_list`.
    last_status: int | None
    last_problem: str | None

    objects: "ClassVar[DeliveryManager[Delivery]]" = DeliveryManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "endpoint", "key"], name="delivery_key_once"),
            models.CheckConstraint(
                condition=models.Q(state="pending", settled_at=None)
                | ~models.Q(state="pending") & ~models.Q(settled_at=None),
                name="delivery_settled_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "next_attempt_at"], name="delivery_due", condition=models.Q(state="pending")
            ),
            models.Index(fields=["organization", "endpoint", "-occurred_at", "-id"], name="delivery_newest"),
            models.Index(fields=["organization", "settled_at"], name="delivery_settled"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def message_id(self) -> str:
        """The `webhook-id`: the same at every attempt and replay, so that a receiver handles it once."""
        return f"msg_{self.pk.hex}"

    @property
    def said(self) -> str:
        """The last answer in a few words, with `for_list`."""
        return answer_in_words(self.last_status, self.last_problem)


class Attempt(TenantModel):
    """One try to deliver: what the other side answered, or why nobody answered."""

    delivery = TenantForeignKey(Delivery, models.CASCADE, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=20, blank=True)
    milliseconds = models.PositiveIntegerField()
    response = models.CharField(max_length=RESPONSE_LENGTH, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "delivery", "number"], name="attempt_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.status or self.problem}"

    @property
    def said(self) -> str:
        """The answer in a few words."""
        return answer_in_words(self.status, self.problem)


#: Why nobody answered, by the code of `public_web.Unanswered`.
PROBLEMS: dict[str, Any] = {
    "private_address": _("It leads to a private network."),
    "timeout": _("It took too long to answer."),
    "unknown_host": _("There is no such address."),
    "bad_address": _("There is no such address."),
    "tls": _("Its certificate is not valid."),
    "no_answer": _("Nothing answered."),
    "unreadable": _("Its address or secret cannot be read anymore. Set it up again."),
}


def answer_in_words(status: int | None, problem: str | None) -> str:
    return f"HTTP {status}" if status else str(PROBLEMS.get(problem or "", problem or ""))
