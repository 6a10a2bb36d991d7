from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from cohorts.models import Enrollment
from organizations.models import TenantForeignKey, TenantModel, uuid7


class PersonAsRange(models.Func):
    """A person as a range of one number, for exclusion constraints without the btree_gist extension."""

    template = "int8range(uuid_hash_extended(%(expressions)s, 0), uuid_hash_extended(%(expressions)s, 0), '[]')"


class Mentor(TenantModel):
    """How one member mentors: zone, length of a 1-on-1 and the rules of their calendar. Durations are in minutes."""

    membership = TenantForeignKey(Membership, models.PROTECT, related_name="mentors")
    time_zone = models.CharField(_("time zone"), max_length=64)
    duration = models.PositiveSmallIntegerField(
        _("length (minutes)"), default=45, validators=[MinValueValidator(10), MaxValueValidator(240)]
    )
    step = models.PositiveSmallIntegerField(
        _("a start every (minutes)"), default=45, validators=[MinValueValidator(5), MaxValueValidator(240)]
    )
    buffer_before = models.PositiveSmallIntegerField(_("free before (minutes)"), default=0)
    buffer_after = models.PositiveSmallIntegerField(_("free after (minutes)"), default=0)
    min_notice = models.PositiveIntegerField(_("notice (minutes)"), default=24 * 60)
    max_days_ahead = models.PositiveSmallIntegerField(_("days ahead"), default=60)
    max_per_day = models.PositiveSmallIntegerField(_("most a day"), null=True, blank=True)
    max_per_week = models.PositiveSmallIntegerField(_("most a week"), null=True, blank=True)
    video_link = models.URLField(_("video link"), max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "membership"], name="mentor_once"),
            models.CheckConstraint(condition=models.Q(duration__gt=0, step__gt=0), name="mentor_times_are_positive"),
        ]

    def __str__(self) -> str:
        return str(self.membership)


class AvailabilityWindow(TenantModel):
    """Open time on a weekday (0 Monday), in minutes of the mentor's wall clock.

    An end at or before the start is on the next day.
    """

    mentor = TenantForeignKey(Mentor, models.CASCADE, related_name="windows")
    weekday = models.PositiveSmallIntegerField()
    start_minute = models.PositiveSmallIntegerField()
    end_minute = models.PositiveSmallIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "mentor", "weekday", "start_minute"], name="window_once"),
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, start_minute__lt=1440, end_minute__lte=1440), name="window_in_a_week"
            ),
        ]


class AvailabilityException(TenantModel):
    """Other windows on one date, in place of the weekly ones; none at all is a day off."""

    mentor = TenantForeignKey(Mentor, models.CASCADE, related_name="exceptions")
    date = models.DateField(_("date"))
    windows = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "mentor", "date"], name="exception_once")]


class TimeOff(TenantModel):
    """A stretch in which the mentor meets nobody."""

    mentor = TenantForeignKey(Mentor, models.CASCADE, related_name="time_off")
    during = DateTimeRangeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(during__isempty=False), name="time_off_not_empty"),
        ]
        indexes = [models.Index(fields=["organization", "mentor"], name="time_off_by_mentor")]


class OneOnOne(TenantModel):
    """A meeting of a mentor and a learner. The database holds that no person is in two at once, in any organization."""

    class Status(models.TextChoices):
        BOOKED = "booked", _("Booked")
        HELD = "held", _("Held")
        LEARNER_NO_SHOW = "learner_no_show", _("Learner did not come")
        MENTOR_NO_SHOW = "mentor_no_show", _("Mentor did not come")
        CANCELLED = "cancelled", _("Cancelled")

    mentor = TenantForeignKey(Mentor, models.PROTECT, related_name="one_on_ones")
    enrollment = TenantForeignKey(Enrollment, models.PROTECT, related_name="one_on_ones")
    # The exclusion constraints key on the person, whom two organizations may both know.
    mentor_person = models.ForeignKey(User, models.PROTECT, related_name="+")
    learner_person = models.ForeignKey(User, models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    status = models.CharField(max_length=16, choices=Status, default=Status.BOOKED)
    buffer_before = models.PositiveSmallIntegerField(default=0)
    buffer_after = models.PositiveSmallIntegerField(default=0)
    sequence = models.PositiveIntegerField(default=0)
    calendar_uid = models.UUIDField(default=uuid7, editable=False)
    agenda = models.TextField(_("what would help most"), blank=True)
    cancel_reason = models.TextField(blank=True)
    booked_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            ExclusionConstraint(
                name="mentor_meets_one_at_a_time",
                expressions=[
                    (PersonAsRange("mentor_person"), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(status="cancelled"),
            ),
            ExclusionConstraint(
                name="learner_meets_one_at_a_time",
                expressions=[
                    (PersonAsRange("learner_person"), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(status="cancelled"),
            ),
            models.CheckConstraint(condition=models.Q(during__isempty=False), name="one_on_one_not_empty"),
            models.CheckConstraint(
                condition=~models.Q(mentor_person=models.F("learner_person")), name="nobody_mentors_themselves"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "mentor"], name="one_on_one_by_mentor"),
            models.Index(fields=["organization", "enrollment"], name="one_on_one_by_enrollment"),
        ]
