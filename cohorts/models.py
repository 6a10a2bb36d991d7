from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar, Self
from uuid import UUID

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.access import seen_besides
from curriculum.models import CurriculumVersion, Format, Level, Project, Topic, Track, hours_field
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel

CENSUS_DAYS = 14
MOST_WEEKLY_HOURS = 168


class CohortQuerySet(models.QuerySet["Cohort"]):
    def for_list(self) -> Self:
        """With its version and lead, newest start first."""
        return self.select_related("version", "lead").order_by("-starts_on", "name")


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
        ]
        indexes = [models.Index(fields=["organization", "-starts_on"], name="cohort_by_start")]

    def __str__(self) -> str:
        return self.name

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

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="break_in_order"),
        ]
        indexes = [models.Index(fields=["organization", "starts_on"], name="break_by_start")]

    def __str__(self) -> str:
        return self.name


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def enrolled_now(self) -> Self:
        """Active or on leave today."""
        return self.filter(status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE])

    def for_learner(self, membership: Membership) -> Self:
        return self.filter(learner=membership).select_related("cohort", "version", "learner", "mentor", "track")

    def for_page(self) -> Self:
        """With all that the page of one learner names."""
        return self.select_related("version", "cohort__lead", "learner__user", "mentor__user", "track")

    def visible_to(self, viewer: Membership) -> Self:
        """Staff see every learner, mentors their own and those for whom they stand in, learners themselves."""
        if viewer.is_staff:
            return self
        return self.filter(models.Q(mentor=viewer) | models.Q(learner=viewer) | seen_besides(viewer))

    def current_of(self, learner: Membership) -> "Enrollment | None":
        """The one a learner works in: active, else on leave, else about to start, else the latest."""
        order = {Enrollment.Status.ACTIVE: 0, Enrollment.Status.ON_LEAVE: 1, Enrollment.Status.ENROLLED: 2}
        found = self.for_learner(learner).order_by("-status_since", "-created_at")
        return min(found, key=lambda enrollment: order.get(Enrollment.Status(enrollment.status), 3), default=None)


EnrollmentManager = TenantManager.from_queryset(EnrollmentQuerySet)


class Enrollment(TenantModel):
    """One learner in one cohort. Its history of events is the truth; `status` is that history as of today.

    `version` is the curriculum that the learner follows: the cohort's, unless this one was moved apart.
    """

    class Status(models.TextChoices):
        APPLIED = "applied", _("Applied")
        WAITING = "waiting", _("Waiting")
        ENROLLED = "enrolled", _("Enrolled")
        ACTIVE = "active", _("Active")
        ON_LEAVE = "on_leave", _("On leave")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        DISMISSED = "dismissed", _("Dismissed")
        TRANSFERRED = "transferred", _("Transferred")
        GRADUATED = "graduated", _("Graduated")

    cohort = TenantForeignKey(Cohort, models.PROTECT, related_name="enrollments")
    learner = TenantForeignKey(Membership, models.PROTECT, related_name="enrollments")
    version = TenantForeignKey(CurriculumVersion, models.PROTECT, related_name="enrollments")
    mentor = TenantForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="mentored_enrollments")
    continues = TenantForeignKey("self", models.PROTECT, null=True, related_name="continued_by")
    track = TenantForeignKey(Track, models.PROTECT, null=True, related_name="+")
    external_id = models.CharField(_("external id"), max_length=80, blank=True)
    seeks_job = models.BooleanField(null=True)
    seeks_job_declared_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.APPLIED)
    status_since = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[EnrollmentManager[Enrollment]]" = EnrollmentManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "cohort", "learner"], name="enrollment_once"),
            models.UniqueConstraint(
                fields=["organization", "cohort", "external_id"],
                condition=~models.Q(external_id=""),
                name="enrollment_external_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "learner"], name="enrollment_by_learner"),
            models.Index(fields=["organization", "mentor"], name="enrollment_by_mentor"),
        ]

    def __str__(self) -> str:
        return f"{self.learner} in {self.cohort}"

    def walks(self, level: int) -> bool:
        """Whether the level of that number is one of the cohort's."""
        first, last = self.cohort.first_level, self.cohort.last_level
        return level in range(first, last + 1)


class EnrollmentEvent(AppendOnlyModel):
    """A dated fact about an enrollment: it took effect on one day and was recorded, by someone, at an instant."""

    class Reason(models.TextChoices):
        NONE = "", "–"
        WORK = "work", _("Work or money")
        HEALTH = "health", _("Health")
        FAMILY = "family", _("Family or care")
        PACE = "pace", _("Pace or level too high")
        EXPECTATIONS = "expectations", _("Expected something else")
        FOUND_JOB = "found_job", _("Found a job before the end")
        CONDUCT = "conduct", _("Conduct")
        PROGRESS = "progress", _("No progress")
        MOVED = "moved", _("Moved away")
        UNKNOWN = "unknown", _("Not known")
        DIED = "died", _("Died")
        INCARCERATED = "incarcerated", _("Incarcerated")
        MILITARY = "military", _("Called to military service")

    #: Reasons that take a learner out of every denominator.
    EXCUSED = (Reason.DIED, Reason.INCARCERATED, Reason.MILITARY)

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField()
    from_status = models.CharField(max_length=12, choices=Enrollment.Status, blank=True)
    to_status = models.CharField(max_length=12, choices=Enrollment.Status)
    effective_on = models.DateField()
    returns_on = models.DateField(null=True)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    note = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "enrollment", "sequence"], name="enrollment_event_sequence"
            ),
            models.CheckConstraint(
                condition=~models.Q(to_status__in=["withdrawn", "dismissed"]) | ~models.Q(reason=""),
                name="leaving_needs_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(returns_on=None)
                | models.Q(to_status="on_leave", returns_on__gt=models.F("effective_on")),
                name="leave_returns_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to_status} on {self.effective_on}"


class TrackChoice(AppendOnlyModel):
    """A learner's specialization from that day on, and why it changed; `Enrollment.track` is the latest."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="track_choices")
    track = TenantForeignKey(Track, models.PROTECT, related_name="+")
    effective_on = models.DateField()
    reason = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "enrollment", "effective_on"], name="track_choice_history")]


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    def of(self, enrollment: Enrollment) -> Self:
        """The learner's own dates, and the cohort's where they have none."""
        return self.filter(cohort=enrollment.cohort_id).filter(
            models.Q(enrollment=None) | models.Q(enrollment=enrollment)
        )


MilestoneManager = TenantManager.from_queryset(MilestoneQuerySet)


class Milestone(TenantModel):
    """A date by which a stretch of the curriculum is done; `through_hours` are planned hours since the cohort began."""

    class Kind(models.TextChoices):
        TOPIC = "topic", _("Topics")
        CHECKPOINT = "checkpoint", _("Checkpoint")
        GATE = "gate", _("Level gate")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="milestones")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, null=True, related_name="milestones")
    replaces = TenantForeignKey("self", models.CASCADE, null=True, related_name="+")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(max_length=300)
    level = TenantForeignKey(Level, models.PROTECT, related_name="+")
    last_topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+")
    through_hours = hours_field()
    due_on = models.DateField()
    is_fixed = models.BooleanField(default=False)

    objects: "ClassVar[MilestoneManager[Milestone]]" = MilestoneManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cohort", "enrollment", "position"],
                name="milestone_position_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["organization", "due_on"], name="milestone_by_due")]

    def __str__(self) -> str:
        return self.title


class ProgressQuerySet(models.QuerySet["ProgressEvent"]):
    def for_learner_page(self, enrollment: Enrollment) -> Self:
        """All of one enrollment with who recorded them, the latest in effect first."""
        found = self.filter(enrollment=enrollment).select_related("recorded_by")
        return found.order_by("-effective_on", "-recorded_at", "-pk")


ProgressManager = TenantManager.from_queryset(ProgressQuerySet)


class ProgressEvent(AppendOnlyModel):
    """A topic or project was finished, reopened, or credited for prior learning. The latest event of each decides.

    With a `move` it was not recorded by anybody's work: it is what another version's fact, `carries`, counts for here.
    """

    class Kind(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        CREDITED = "credited", _("Credited")
        REOPENED = "reopened", _("Reopened")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="progress_events")
    topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+")
    project = TenantForeignKey(Project, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    hours = hours_field()
    effective_on = models.DateField()
    evidence = models.TextField(blank=True)
    move = TenantForeignKey("VersionMove", models.PROTECT, null=True, related_name="+", db_index=False)
    carries = TenantForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[ProgressManager[ProgressEvent]]" = ProgressManager()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(topic=None) ^ models.Q(project=None), name="progress_on_topic_or_project"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="credited") | ~models.Q(evidence=""), name="credit_needs_evidence"
            ),
            models.CheckConstraint(
                condition=models.Q(carries=None) | models.Q(move__isnull=False), name="carried_by_a_move"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "enrollment", "effective_on"], name="progress_by_enrollment"),
            models.Index(
                fields=["organization", "enrollment"], condition=models.Q(kind="reopened"), name="progress_reopened"
            ),
        ]

    @property
    def part_id(self) -> UUID | None:
        """Of the topic or the project, whichever it is about."""
        return self.topic_id or self.project_id


class StudyLog(AppendOnlyModel):
    """Hours a learner says they studied in the week that starts on that Monday; the latest entry of a week counts."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="study_logs")
    week = models.DateField()
    hours = hours_field()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours__gte=0, hours__lte=MOST_WEEKLY_HOURS), name="study_hours_fit_a_week"
            ),
            models.CheckConstraint(condition=models.Q(week__iso_week_day=1), name="study_week_starts_on_monday"),
        ]
        indexes = [models.Index(fields=["organization", "enrollment", "week"], name="study_by_week")]


class VersionMove(AppendOnlyModel):
    """A cohort (`cohort`), or one learner apart from it, went over to another version by a map: its pairs.

    `schedule` keeps the milestones that it replaced and those that came instead, so that undoing gives them back;
    `key` is that of the form it was agreed to on, so that sending it twice moves once.
    """

    cohort = TenantForeignKey(Cohort, models.CASCADE, null=True, related_name="version_moves")
    from_version = TenantForeignKey(CurriculumVersion, models.PROTECT, related_name="+")
    to_version = TenantForeignKey(CurriculumVersion, models.PROTECT, related_name="+")
    effective_on = models.DateField()
    undoes = TenantForeignKey("self", models.CASCADE, null=True, related_name="undone_by")
    schedule = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    key = models.UUIDField(null=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_version=models.F("to_version")), name="move_to_another_version"
            ),
            models.UniqueConstraint(
                fields=["organization", "undoes"], condition=models.Q(undoes__isnull=False), name="move_undone_once"
            ),
            models.UniqueConstraint(fields=["organization", "key"], name="move_key_once"),
        ]
        indexes = [models.Index(fields=["organization", "cohort"], name="move_by_cohort")]


class EnrollmentMove(AppendOnlyModel):
    """One learner's part in a move; `sequence` counts the learner's moves."""

    move = TenantForeignKey(VersionMove, models.CASCADE, related_name="legs")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="moves")
    sequence = models.PositiveIntegerField()
    from_track = TenantForeignKey("curriculum.Track", models.PROTECT, null=True, related_name="+")
    to_track = TenantForeignKey("curriculum.Track", models.PROTECT, null=True, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "enrollment", "sequence"], name="enrollment_move_sequence"),
            models.UniqueConstraint(fields=["organization", "move", "enrollment"], name="enrollment_moves_once"),
        ]


class MapPair(AppendOnlyModel):
    """A level, topic or project of the version left counts for one of the version entered."""

    move = TenantForeignKey(VersionMove, models.CASCADE, related_name="pairs")
    from_level = TenantForeignKey(Level, models.PROTECT, null=True, related_name="+", db_index=False)
    to_level = TenantForeignKey(Level, models.PROTECT, null=True, related_name="+", db_index=False)
    from_topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+", db_index=False)
    to_topic = TenantForeignKey(Topic, models.PROTECT, null=True, related_name="+", db_index=False)
    from_project = TenantForeignKey(Project, models.PROTECT, null=True, related_name="+", db_index=False)
    to_project = TenantForeignKey(Project, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(from_topic=None, to_topic=None, from_project=None, to_project=None)
                & ~models.Q(from_level=None)
                & ~models.Q(to_level=None)
                | models.Q(from_level=None, to_level=None, from_project=None, to_project=None)
                & ~models.Q(from_topic=None)
                & ~models.Q(to_topic=None)
                | models.Q(from_level=None, to_level=None, from_topic=None, to_topic=None)
                & ~models.Q(from_project=None)
                & ~models.Q(to_project=None),
                name="pair_of_one_kind",
            ),
            models.UniqueConstraint(
                fields=[
                    "organization", "move", "from_level", "to_level", "from_topic", "to_topic", "from_project",
                    "to_project",
                ],
                name="pair_once",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
