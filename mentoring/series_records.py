"""A pair that meets regularly, as rows."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Enrollment
from mentoring.models import Mentor
from organizations.models import TenantForeignKey, TenantManager, TenantModel


class SeriesQuerySet(models.QuerySet["Series"]):
    def running(self) -> Self:
        """Those that nobody stopped."""
        return self.filter(stopped_from=None)

    def with_people(self) -> Self:
        return self.select_related(
            "organization", "mentor__membership__user", "enrollment__learner__user", "enrollment__cohort"
        )


SeriesManager = TenantManager.from_queryset(SeriesQuerySet)


class Series(TenantModel):
    """A 1-on-1 of one pair that comes back: on the weekday of `first_day`, at `minute` of the mentor's wall clock.

    What falls through `planned_through` was booked or told about; the nightly job goes on from there. From
    `stopped_from` on there are no more.
    """

    class Rhythm(models.TextChoices):
        FORTNIGHTLY = "fortnightly", _("Every 2 weeks")
        FOUR_WEEKLY = "four_weekly", _("Every 4 weeks")
        MONTHLY = "monthly", _("Every month, on the same weekday of the month")

    mentor = TenantForeignKey(Mentor, models.PROTECT, related_name="series")
    enrollment = TenantForeignKey(Enrollment, models.PROTECT, related_name="series")
    rhythm = models.CharField(max_length=12, choices=Rhythm)
    first_day = models.DateField()
    minute = models.PositiveSmallIntegerField()
    planned_through = models.DateField()
    stopped_from = models.DateField(null=True)
    started_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()

    objects: "ClassVar[SeriesManager[Series]]" = SeriesManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "enrollment"],
                condition=models.Q(stopped_from=None),
                name="one_series_at_a_time",
            ),
            models.CheckConstraint(condition=models.Q(minute__lt=1440), name="series_in_a_day"),
        ]
        indexes = [models.Index(fields=["organization", "mentor"], name="series_by_mentor")]
