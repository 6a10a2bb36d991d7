"""What a cohort comes together for, who was there, and what learners write when they do not meet."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel

LEAST_MINUTES, MOST_MINUTES = 5, 600


class Gathering(TenantModel):
    """What a cohort comes together for: on one day, or every week on some weekdays, at a time on the cohort's clock.

    Without a `last_day` it goes on as long as the cohort's schedule does. With `weekdays` (Monday is 0) it skips
    breaks; without them it takes place on its first day alone.
    """

    class Kind(models.TextChoices):
        STAND_UP = "stand_up", _("Stand-up")
        LESSON = "lesson", _("Lesson")
        CODE_REVIEW = "code_review", _("Code review")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="gatherings")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    title = models.CharField(_("title"), max_length=120, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    starts = models.TimeField(_("starts at"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(LEAST_MINUTES), MaxValueValidator(MOST_MINUTES)]
    )
    place = models.CharField(_("place"), max_length=120, blank=True)
    video_link = models.URLField(_("video link"), max_length=300, blank=True)
    led_by = TenantForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    created_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gte=LEAST_MINUTES, minutes__lte=MOST_MINUTES), name="gathering_fits_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__contained_by=list(range(7))), name="gathering_on_weekdays"
            ),
        ]
        indexes = [models.Index(fields=["organization", "cohort", "first_day"], name="gathering_by_cohort")]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()


class GatheringDay(TenantModel):
    """One day of a gathering on which something happened: it was called off, a code was shown, or marks were made."""

    gathering = TenantForeignKey(Gathering, models.CASCADE, related_name="days")
    day = models.DateField()
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    code = models.CharField(max_length=8, blank=True)
    code_shown_at = models.DateTimeField(null=True)
    code_closes_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "gathering", "day"], name="gathering_day_once"),
        ]
        indexes = [models.Index(fields=["organization", "day"], name="gathering_day_by_day")]

    def __str__(self) -> str:
        return f"{self.gathering} on {self.day}"


class AttendanceMark(AppendOnlyModel):
    """Whether a learner was there, by whom and when it was said; the latest mark counts. An empty one takes back."""

    class Status(models.TextChoices):
        PRESENT = "present", _("Present")
        LATE = "late", _("Late")
        ABSENT = "absent", _("Absent")
        EXCUSED = "excused", _("Excused")

    held = TenantForeignKey(GatheringDay, models.CASCADE, related_name="marks")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="attendance_marks")
    status = models.CharField(max_length=8, choices=Status, blank=True)
    is_check_in = models.BooleanField(default=False)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [
            models.Index(fields=["organization", "held", "enrollment", "recorded_at"], name="attendance_latest"),
            models.Index(fields=["organization", "enrollment"], name="attendance_by_learner"),
        ]


class CheckInTry(AppendOnlyModel):
    """A wrong code: after a few of them the learner waits for the next code, so that nobody can guess it."""

    held = TenantForeignKey(GatheringDay, models.CASCADE, related_name="tries")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "held", "enrollment"], name="check_in_tries")]


class StandUpSwitch(AppendOnlyModel):
    """From that day on the learners of a cohort write their stand-ups, or no longer do."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="stand_up_switches")
    is_on = models.BooleanField()
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "cohort", "effective_on"], name="stand_up_switches")]


class WrittenStandUp(TenantModel):
    """What a learner did, will do, and waits for, on one day of their own calendar; theirs to change on that day."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="stand_ups")
    day = models.DateField()
    yesterday = models.CharField(_("yesterday"), max_length=500)
    today = models.CharField(_("today"), max_length=500)
    blocked_by = models.CharField(_("blocked by"), max_length=500, blank=True)
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "enrollment", "day"], name="stand_up_once_a_day"),
        ]
        indexes = [models.Index(fields=["organization", "day"], name="stand_up_by_day")]
