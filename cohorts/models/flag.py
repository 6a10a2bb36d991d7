"""Who needs a person: what stands out about learners now, what did before, and what staff let rest for a while."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.enrollment import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel

KEY_LENGTH = 24


class Threshold(AppendOnlyModel):
    """From that day on a reason holds from this number on; None is the stated default again. The latest row counts."""

    key = models.CharField(max_length=KEY_LENGTH)
    value = models.PositiveSmallIntegerField(null=True)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "key", "effective_on"], name="threshold_history")]


class Snooze(AppendOnlyModel):
    """Staff let a reason rest until the day it comes back; None ends it before. The latest row of a reason counts.

    It is about one thing, such as one milestone: when the reason is about another one, the snooze has ended.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="snoozes")
    key = models.CharField(max_length=KEY_LENGTH)
    about = models.CharField(max_length=64, blank=True)
    until_on = models.DateField(null=True)
    note = models.TextField(_("note"), blank=True)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_on=None)
                | (models.Q(until_on__gt=models.F("effective_on")) & ~models.Q(note="")),
                name="snooze_has_note_and_end",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "enrollment", "key"], name="snooze_history"),
            models.Index(fields=["organization", "recorded_at"], name="snooze_by_time"),
        ]

    def rests(self, about: str, *, on: date) -> bool:
        """Whether it lets that very thing rest on the day."""
        return self.about == about and self.until_on is not None and self.until_on > on


class FlagQuerySet(models.QuerySet["Flag"]):
    def counting(self, *, on: date) -> Self:
        """Those that nobody snoozed until after that day."""
        return self.filter(models.Q(snooze=None) | models.Q(snooze__until_on__lte=on))

    def snoozed(self, *, on: date) -> Self:
        return self.filter(snooze__until_on__gt=on)


FlagManager = TenantManager.from_queryset(FlagQuerySet)


class Flag(TenantModel):
    """A reason that holds now, kept so that lists need not work it out: `cohorts/flags.py` keeps it true.

    `details` is what its sentence is made of, in the language of whoever reads it. `snooze` is the one that lets it
    rest, also when that is over.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="flags")
    key = models.CharField(max_length=KEY_LENGTH)
    about = models.CharField(max_length=64, blank=True)
    since = models.DateField()
    details = models.JSONField(default=dict)
    raised_on = models.DateField()
    snooze = TenantForeignKey(Snooze, models.PROTECT, null=True, related_name="+")

    objects: "ClassVar[FlagManager[Flag]]" = FlagManager()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "enrollment", "key"], name="flag_once")]


class FlagEvent(AppendOnlyModel):
    """A reason began to hold or no longer does, as far as the days on which somebody looked."""

    class Kind(models.TextChoices):
        RAISED = "raised", _("Raised")
        CLEARED = "cleared", _("Cleared")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="flag_events")
    key = models.CharField(max_length=KEY_LENGTH)
    about = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    since = models.DateField()
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [
            models.Index(fields=["organization", "enrollment", "recorded_at"], name="flag_history"),
            models.Index(fields=["organization", "recorded_at"], name="flag_events_by_time"),
        ]
