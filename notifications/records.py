"""What people want of messages, and what stands in their list of notifications."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind
from notifications.models import Message
from organizations.models import TenantForeignKey, TenantManager, TenantModel

#: The kind of message that carries others.
DIGEST = "digest"
DIGEST_HOUR = 17


class Preferences(TenantModel):
    """What one person wants of one organization's messages; without a row everything comes at once, on every channel.

    `emails` holds the kinds whose mail waits for the digest or does not come, `silent` the kinds that do not enter the
    list. Hours are on the clock of the person's zone. `muted_groups` holds ids of cohorts.
    """

    class Email(models.TextChoices):
        NOW = "now", _("Right away")
        DIGEST = "digest", _("In the digest")
        OFF = "off", _("Never")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emails = models.JSONField(default=dict)
    silent = ArrayField(models.CharField(max_length=40), default=list)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    digest_hour = models.PositiveSmallIntegerField(default=DIGEST_HOUR)
    digest_weekday = models.PositiveSmallIntegerField(null=True)
    muted_groups = ArrayField(models.UUIDField(), default=list)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "person"], name="preferences_once"),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False)
                & ~models.Q(quiet_from=models.F("quiet_until")),
                name="preferences_quiet_hours_have_both_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(digest_hour__lt=24)
                & (models.Q(digest_weekday=None) | models.Q(digest_weekday__lt=7)),
                name="preferences_digest_is_in_a_week",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def email(self, kind: str) -> str:
        """How mail of that kind comes, a value of `Email`: in a digest that is off, it does not."""
        email = self.emails.get(kind, self.Email.NOW)
        return str(self.emails.get(DIGEST, email) if email == self.Email.DIGEST else email)

    def mutes(self, message: Message, kind: Kind) -> bool:
        """Whether the message is about a cohort that the person wants to hear nothing of."""
        if kind.group is None or not self.muted_groups:
            return False
        group = kind.group(message)
        return group is not None and group in self.muted_groups


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unread(self) -> Self:
        return self.filter(read_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-posted_at", "-id")


NoticeManager = TenantManager.from_queryset(NoticeQuerySet)


class Notice(TenantModel):
    """A message as it stands in somebody's list: what it says, by language, and where it leads."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    message = TenantForeignKey(Message, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    titles = models.JSONField(default=dict)
    path = models.CharField(max_length=500, blank=True)
    posted_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects: "ClassVar[NoticeManager[Notice]]" = NoticeManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "message"], name="notice_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization", "person"], name="notice_unread", condition=models.Q(read_at__isnull=True)
            ),
            models.Index(fields=["organization", "person", "-posted_at", "-id"], name="notice_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """In the language in force."""
        return str(self.titles.get(get_language() or settings.LANGUAGE_CODE) or next(iter(self.titles.values()), ""))

    def mark_read(self, *, at: datetime) -> None:
        """Reading it again changes nothing."""
        Notice.objects.unread().filter(pk=self.pk).update(read_at=at)
