"""Who is in a cohort, and what happened to them there."""

from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.access import seen_besides
from cohorts.models.cohort import Cohort
from curriculum.models import CurriculumVersion, Track
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def enrolled_now(self) -> Self:
        """Active or on leave today."""
        return self.filter(status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE])

    def for_learner(self, membership: Membership) -> Self:
        return self.filter(learner=membership).select_related("cohort", "version", "learner", "mentor", "track")

    def for_page(self) -> Self:
        """With all that the page of one learner names."""
        return self.select_related(
            "version", "cohort__lead", "learner__user", "mentor__user", "track", "continues__cohort"
        )

    def visible_to(self, viewer: Membership) -> Self:
        """Staff see every learner, mentors their own and those for whom they stand in, learners themselves."""
        if viewer.is_staff:
            return self
        return self.filter(models.Q(mentor=viewer) | models.Q(learner=viewer) | seen_besides(viewer))

    def current_first(self) -> Self:
        """The one a learner works in before others: active, else on leave, else about to start, else the latest."""
        turns = [Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE, Enrollment.Status.ENROLLED]
        turn = models.Case(
            *(models.When(status=status, then=models.Value(place)) for place, status in enumerate(turns)),
            default=models.Value(len(turns)),
        )
        return self.order_by(turn, "-status_since", "-created_at")

    def current_of(self, learner: Membership) -> "Enrollment | None":
        """The one a learner works in."""
        return self.for_learner(learner).current_first().first()


EnrollmentManager = TenantManager.from_queryset(EnrollmentQuerySet)


class _WithoutVoid(EnrollmentManager):  # type: ignore[type-arg]
    """Sees who is or was in a cohort: not those who were entered by mistake."""

    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().filter(void_since=None)


class Enrollment(TenantModel):
    """One learner in one cohort. Its history of events is the truth; `status` is that history as of today.

    `version` is the curriculum that the learner follows: the cohort's, unless this one was moved apart.
    With `void_since` it was entered by mistake, or the transfer that made it was undone: the learner counts as never
    having been in the cohort, and only `including_void` sees it.
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
    void_since = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[EnrollmentManager[Enrollment]]" = _WithoutVoid()
    including_void: "ClassVar[EnrollmentManager[Enrollment]]" = EnrollmentManager()

    class Meta(TenantModel.Meta):
        base_manager_name = "including_void"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cohort", "learner"],
                condition=models.Q(void_since=None),
                name="enrollment_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "cohort", "external_id"],
                condition=~models.Q(external_id="") & models.Q(void_since=None),
                name="enrollment_external_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "learner"], name="enrollment_by_learner"),
            models.Index(fields=["organization", "mentor"], name="enrollment_by_mentor"),
        ]

    def __str__(self) -> str:
        return f"{self.learner} in {self.cohort}"

    @property
    def zone(self) -> ZoneInfo:
        """The learner's own, else the cohort's."""
        return ZoneInfo(self.learner.user.time_zone or self.cohort.time_zone)

    def walks(self, level: int) -> bool:
        """Whether the level of that number is one of the cohort's."""
        first, last = self.cohort.first_level, self.cohort.last_level
        return level in range(first, last + 1)


class EnrollmentEventQuerySet(models.QuerySet["EnrollmentEvent"]):
    def told(self) -> Self:
        """In the order in which they were recorded, with who did and the organization's reason."""
        return self.select_related("recorded_by", "leaving_reason").order_by("sequence")


EnrollmentEventManager = TenantManager.from_queryset(EnrollmentEventQuerySet)


class EnrollmentEvent(AppendOnlyModel):
    """A dated fact about an enrollment: it took effect on one day and was recorded, by someone, at an instant.

    `reason` is the fixed category by which leaving is counted; `leaving_reason` is the organization's own that was
    chosen, whose name may change since. `decision` is the gate's decision that a graduation follows from.
    """

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
    leaving_reason = TenantForeignKey("LeavingReason", models.PROTECT, null=True, related_name="events")
    decision = models.UUIDField(null=True)
    note = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: "ClassVar[EnrollmentEventManager[EnrollmentEvent]]" = EnrollmentEventManager()

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
            models.CheckConstraint(
                condition=~models.Q(to_status="graduated") | models.Q(decision__isnull=False),
                name="graduates_by_a_gate",
            ),
        ]
        indexes = [models.Index(fields=["organization", "recorded_at"], name="enrollment_event_by_time")]

    def __str__(self) -> str:
        return f"{self.to_status} on {self.effective_on}"

    @property
    def reason_name(self) -> str:
        """Why they left, as the organization calls it now; empty for what is no leaving."""
        if self.leaving_reason is not None:
            return str(self.leaving_reason)
        return self.get_reason_display() if self.reason else ""


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
