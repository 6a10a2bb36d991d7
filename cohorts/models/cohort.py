"""Cohorts, their life and the days off."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.models import CurriculumVersion, Format
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel

CENSUS_DAYS = 14
MOST_WEEKLY_HOURS = 168
#: How long a seat is held for somebody who waits, unless the cohort says otherwise; and the longest.
OFFER_DAYS, MOST_OFFER_DAYS = 3, 60


class CohortQuerySet(models.QuerySet["Cohort"]):
    def for_list(self) -> Self:
        """With its version and lead, newest start first."""
        return self.select_related("version", "lead").order_by("-starts_on", "name")

    def with_line(self) -> Self:
        """Those that are not over and in which somebody waits."""
        over = (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED)
        return self.exclude(status__in=over).filter(enrollments__status="waiting").distinct()


CohortManager = TenantManager.from_queryset(CohortQuerySet)


class Cohort(TenantModel):
    """A group of learners that starts together and follows one version of a curriculum."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        ENROLLING = "enrolling", _("Enrolling")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    slug = models.SlugField(_("address"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    version = TenantForeignKey(CurriculumVersion, models.PROTECT, related_name="cohorts", verbose_name=_("curriculum"))
    format = models.CharField(_("format"), max_length=12, choices=Format)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    hours_per_week = models.DecimalField(
        _("hours a week"),
        max_digits=5,
        decimal_places=1,
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(Decimal(MOST_WEEKLY_HOURS))],
    )
    hours_share = models.DecimalField(
        _("share of the planned hours"), max_digits=4, decimal_places=3, default=Decimal(1)
    )
    first_level = models.PositiveSmallIntegerField(_("first level"), default=1)
    last_level = models.PositiveSmallIntegerField(_("last level"), default=5)
    starts_on = models.DateField(_("start"))
    census_on = models.DateField(_("census date"))
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)
    offer_days = models.PositiveSmallIntegerField(_("days that an offer stands"), default=OFFER_DAYS)
    offers_itself = models.BooleanField(_("offers free seats by itself"), default=False)
    time_zone = models.CharField(_("time zone"), max_length=64)
    lead = TenantForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lead"))
    created_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[CohortManager[Cohort]]" = CohortManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="cohort_slug_once"),
            models.CheckConstraint(
                condition=models.Q(hours_per_week__gt=0, hours_per_week__lte=MOST_WEEKLY_HOURS),
                name="cohort_hours_fit_a_week",
            ),
            models.CheckConstraint(
                condition=models.Q(hours_share__gt=0, hours_share__lte=1), name="cohort_hours_share_of_plan"
            ),
            models.CheckConstraint(
                condition=models.Q(first_level__gte=1, last_level__gte=models.F("first_level")),
                name="cohort_levels_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(census_on__gte=models.F("starts_on")), name="cohort_census_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(offer_days__gte=1, offer_days__lte=MOST_OFFER_DAYS), name="cohort_offers_stand_days"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-starts_on"], name="cohort_by_start")]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def today(self, now: datetime | None = None) -> date:
        """The day on its calendar, now or at that instant."""
        return timezone.localdate(now, self.zone)

    def end_of(self, day: date) -> datetime:
        """The first instant after that day, on its clock."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone)

    @property
    def is_scaled(self) -> bool:
        """Whether its levels take fewer hours than the curriculum plans."""
        return self.hours_share != 1

    @property
    def hours_percent(self) -> Decimal:
        """The share of the planned hours that its levels take, of a hundred."""
        return self.hours_share * 100

    @staticmethod
    def default_census(starts_on: date) -> date:
        """Two weeks after the start: the usual full-refund cut-off."""
        return starts_on + timedelta(days=CENSUS_DAYS)


class CohortStatusChange(AppendOnlyModel):
    """A step in a cohort's life: when it took effect, who recorded it and when."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="status_changes")
    from_status = models.CharField(max_length=10, choices=Cohort.Status, blank=True)
    to_status = models.CharField(max_length=10, choices=Cohort.Status)
    effective_on = models.DateField()
    note = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "cohort", "effective_on"], name="cohort_history")]


class Break(TenantModel):
    """Days without program: of the whole organization, or of one cohort. Both ends are included."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, null=True, blank=True, related_name="breaks")
    name = models.CharField(_("name"), max_length=120)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    #: What a calendar file calls it, so that a newer file finds it again; empty for a break entered by hand.
    source_uid = models.CharField(max_length=200, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="break_in_order"),
            models.UniqueConstraint(
                fields=["organization", "cohort", "source_uid"],
                condition=~models.Q(source_uid=""),
                nulls_distinct=False,
                name="break_imported_once",
            ),
        ]
        indexes = [models.Index(fields=["organization", "starts_on"], name="break_by_start")]

    def __str__(self) -> str:
        return self.name
