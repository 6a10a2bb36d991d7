import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Self, cast
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField, DateRangeField, DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import JSONObject, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership, User
from cohorts.engagements import EpochSeconds
from cohorts.models import Enrollment
from mentoring.clocks import DatedZone, clock_at
from organizations.models import PersonAsRange, TenantForeignKey, TenantManager, TenantModel, uuid7

#: A 1-on-1 that is cancelled with less notice than this was cancelled late.
LATE_NOTICE = timedelta(hours=24)


class MentorQuerySet(models.QuerySet["Mentor"]):
    def with_offer(self, *, since: datetime) -> Self:
        """With the member, and the `weekly` windows, `dated` exceptions, `zoned` days and times `off` after `since`.

        In one query for any number of mentors: `weekly` holds (weekday, start, end) in minutes, `dated` holds
        (date, windows), `zoned` holds (zone, first, after), `off` holds spans in epoch seconds; each as objects.
        """
        return self.offering(since=since, day=since.astimezone(UTC).date() - timedelta(days=2))

    def offering(self, *, since: datetime, day: date) -> Self:
        """The same, with dated exceptions and days elsewhere from that day on."""
        windows = AvailabilityWindow.objects.filter(mentor=models.OuterRef("pk")).order_by("weekday", "start_minute")
        exceptions = AvailabilityException.objects.filter(mentor=models.OuterRef("pk"), date__gte=day).order_by("date")
        stays = Stay.objects.filter(mentor=models.OuterRef("pk"), days__endswith__gt=day).order_by("days")
        abroad = JSONObject(zone="time_zone", first="days__startswith", after="days__endswith")
        off = TimeOff.objects.filter(mentor=models.OuterRef("pk"), during__endswith__gt=since).order_by("during")
        span = JSONObject(
            start=EpochSeconds("during__startswith", function="floor"),
            end=EpochSeconds("during__endswith", function="ceil"),
            note="note",
        )
        return self.select_related("membership").annotate(
            weekly=ArraySubquery(
                windows.values(row=JSONObject(weekday="weekday", start="start_minute", end="end_minute"))
            ),
            dated=ArraySubquery(exceptions.values(row=JSONObject(date="date", windows="windows"))),
            zoned=ArraySubquery(stays.values(row=abroad)),
            off=ArraySubquery(off.values(row=span)),
        )


MentorManager = TenantManager.from_queryset(MentorQuerySet)


class Mentor(TenantModel):
    """How one member mentors: zone, length of a 1-on-1 and the rules of their calendar. Durations are in minutes.

    `levels`, `topics` and `languages` are what staff match learners by, and `capacity` is the most learners they take;
    none means that nothing was said.
    """

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
    levels = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("levels"), default=list, blank=True)
    topics = ArrayField(models.CharField(max_length=60), verbose_name=_("topics"), default=list, blank=True)
    languages = ArrayField(
        models.CharField(max_length=5, choices=User.Language), verbose_name=_("languages"), default=list, blank=True
    )
    capacity = models.PositiveSmallIntegerField(_("places for learners"), null=True, blank=True)

    objects: "ClassVar[MentorManager[Mentor]]" = MentorManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "membership"], name="mentor_once"),
            models.CheckConstraint(condition=models.Q(duration__gt=0, step__gt=0), name="mentor_times_are_positive"),
        ]

    def __str__(self) -> str:
        return str(self.membership)

    @property
    def dated_zones(self) -> list[DatedZone]:
        """Of all stays, in order; one query, unless they were prefetched."""
        return sorted((stay.dated_zone for stay in self.stays.all()), key=lambda each: each.first)

    def clock_at(self, moment: datetime) -> ZoneInfo:
        """The zone that the mentor's hours are in at an instant."""
        return clock_at(self.time_zone, self.dated_zones, moment)


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
    """Other windows on one date, in place of the weekly ones; none at all is a day off.

    `windows` holds pairs of minutes after midnight, as `AvailabilityWindow` has them.
    """

    mentor = TenantForeignKey(Mentor, models.CASCADE, related_name="exceptions")
    date = models.DateField(_("date"))
    windows = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "mentor", "date"], name="exception_once")]


class Stay(TenantModel):
    """Days on which the mentor's hours are on the clock of another zone; those of two stays never overlap."""

    mentor = TenantForeignKey(Mentor, models.CASCADE, related_name="stays")
    time_zone = models.CharField(_("time zone"), max_length=64)
    days = DateRangeField()

    class Meta(TenantModel.Meta):
        constraints = [
            ExclusionConstraint(
                name="one_zone_a_day",
                expressions=[
                    (PersonAsRange("organization"), RangeOperators.OVERLAPS),
                    (PersonAsRange("mentor"), RangeOperators.OVERLAPS),
                    ("days", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=models.Q(days__isempty=False), name="stay_not_empty"),
        ]
        indexes = [models.Index(fields=["organization", "mentor"], name="stay_by_mentor")]

    @property
    def first(self) -> date:
        return cast(date, self.days.lower)

    @property
    def last(self) -> date:
        return cast(date, self.days.upper) - timedelta(days=1)

    @property
    def dated_zone(self) -> DatedZone:
        return DatedZone(self.time_zone, self.first, self.last)


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


class CalendarFeed(models.Model):
    """The address at which one person's calendar fetches their 1-on-1s of all organizations; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(User, models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user}, since {self.created_at:%Y-%m-%d}"

    @staticmethod
    def hash_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()


class OneOnOneQuerySet(models.QuerySet["OneOnOne"]):
    def visible_to(self, viewer: Membership) -> Self:
        """Staff see every 1-on-1, others those in which they take part."""
        if viewer.is_staff:
            return self
        return self.filter(models.Q(mentor__membership=viewer) | models.Q(enrollment__learner=viewer))

    def of_mentor(self, membership: Membership) -> Self:
        return self.filter(mentor__membership=membership)

    def with_people(self) -> Self:
        """With what a row or a mail names."""
        return self.select_related(
            "organization", "mentor__membership__user", "enrollment__learner__user", "enrollment__cohort"
        )

    def with_clocks(self) -> Self:
        """With what `mentor_clock` reads: one query more, whatever the number."""
        return self.prefetch_related("mentor__stays")

    def booked(self) -> Self:
        """Neither cancelled nor settled."""
        return self.filter(status=OneOnOne.Status.BOOKED)

    def standing(self) -> Self:
        """All that take somebody's time: those that were not cancelled."""
        return self.exclude(status=OneOnOne.Status.CANCELLED)

    def in_calendar_of(self, person: User, *, since: datetime) -> Self:
        """Those that take this person's time and end after `since`, in order; with what a calendar shows of them."""
        theirs = models.Q(mentor_person=person) | models.Q(learner_person=person)
        return self.standing().filter(theirs, during__endswith__gt=since).with_people().order_by("during", "pk")

    def upcoming(self, *, at: datetime) -> Self:
        """Booked and not over, soonest first."""
        return self.booked().filter(during__endswith__gt=at).order_by("during")

    def unconfirmed(self, *, at: datetime) -> Self:
        """Over, and nobody said how it went; the latest first."""
        return self.booked().filter(during__endswith__lte=at).order_by("-during")

    def past(self, *, at: datetime) -> Self:
        """Over, settled or cancelled; the latest first."""
        over = models.Q(during__endswith__lte=at)
        return self.filter(over | ~models.Q(status=OneOnOne.Status.BOOKED)).order_by("-during")


OneOnOneManager = TenantManager.from_queryset(OneOnOneQuerySet)


class OneOnOne(TenantModel):
    """A meeting of a mentor and a learner.

    The database holds that nobody is in two at once, in any organization, whether they mentor or learn there.
    `scheduled_at` is when its time was set, by booking or moving it. `settled_at` and `settled_by` tell when and by
    whom it got another status than booked.
    """

    class Status(models.TextChoices):
        BOOKED = "booked", _("Booked")
        HELD = "held", pgettext_lazy("1-on-1", "Held")
        LEARNER_NO_SHOW = "learner_no_show", _("Learner did not come")
        MENTOR_NO_SHOW = "mentor_no_show", _("Mentor did not come")
        CANCELLED = "cancelled", pgettext_lazy("1-on-1", "Cancelled")

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
    scheduled_at = models.DateTimeField(db_default=Now(), editable=False)
    settled_at = models.DateTimeField(null=True)
    settled_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    # Which date of the series it stands for; moved, it still does.
    series = TenantForeignKey("mentoring.Series", models.PROTECT, null=True, related_name="one_on_ones")
    series_day = models.DateField(null=True)

    objects: "ClassVar[OneOnOneManager[OneOnOne]]" = OneOnOneManager()

    class Meta(TenantModel.Meta):
        constraints = [
            # The time first: of the few meetings at one time, those with one of the two people are found at once. The
            # people first would search an index of ranges as wide as two hashes lie apart. Nothing here names the
            # organization, on purpose; distributed by organization (Citus) it would have to, and hold within one only.
            ExclusionConstraint(
                name="nobody_meets_two_at_once",
                expressions=[
                    ("during", RangeOperators.OVERLAPS),
                    (
                        models.Func(
                            PersonAsRange("mentor_person"), PersonAsRange("learner_person"), function="int8multirange"
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~models.Q(status="cancelled"),
            ),
            models.CheckConstraint(condition=models.Q(during__isempty=False), name="one_on_one_not_empty"),
            models.CheckConstraint(
                condition=~models.Q(mentor_person=models.F("learner_person")), name="nobody_mentors_themselves"
            ),
            models.UniqueConstraint(
                fields=["organization", "series", "series_day"], name="one_for_each_date_of_a_series"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "mentor"], name="one_on_one_by_mentor"),
            models.Index(fields=["organization", "enrollment"], name="one_on_one_by_enrollment"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def starts_at(self) -> datetime:
        return cast(datetime, self.during.lower)

    @property
    def ends_at(self) -> datetime:
        return cast(datetime, self.during.upper)

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)

    @property
    def was_cancelled_late(self) -> bool:
        """Whether it was cancelled within `LATE_NOTICE` of its start."""
        if self.status != self.Status.CANCELLED or self.settled_at is None:
            return False
        return self.starts_at - self.settled_at < LATE_NOTICE

    def side_of(self, member: Membership) -> str:
        """Whether that member is its "learner" or its "mentor"; empty for anybody else."""
        if member.pk == self.enrollment.learner_id:
            return "learner"
        return "mentor" if member.pk == self.mentor.membership_id else ""

    def is_unconfirmed(self, *, at: datetime) -> bool:
        """Over, and nobody said how it went."""
        return self.status == self.Status.BOOKED and self.ends_at <= at
