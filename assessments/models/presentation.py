from datetime import datetime, timedelta
from typing import ClassVar, Self, cast

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership, User
from assessments.models.rubric import Criterion, Rubric
from assessments.models.submission import Score, Submission
from organizations.models import (
    AppendOnlyModel,
    PersonAsRange,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    uuid7,
)

#: So long after a presentation everybody's scores are waited for; then those who scored decide.
WAITS = timedelta(days=5)


class PresentationQuerySet(models.QuerySet["Presentation"]):
    def visible_to(self, viewer: Membership) -> Self:
        """Staff see every presentation; others those in which they take part, and those of their own learners."""
        if viewer.is_staff:
            return self
        seats = PresentationSeat.objects.filter(presentation=models.OuterRef("pk"), member=viewer)
        return self.filter(models.Exists(seats) | models.Q(submission__enrollment__mentor=viewer))

    def with_people(self) -> Self:
        """With what a row or a mail names: one query more, for the panel."""
        seats = PresentationSeat.objects.select_related("member").order_by("role", "member__name", "pk")
        return self.select_related(
            "organization",
            "submission__project__level",
            "submission__enrollment__learner__user",
            "submission__enrollment__cohort",
        ).prefetch_related(models.Prefetch("seats", seats))

    def with_scores(self) -> Self:
        """With what the panel handed in: four queries more."""
        reviews = PanelReview.objects.exclude(handed_in_at=None).select_related("member").order_by("handed_in_at", "pk")
        scores = PanelScore.objects.select_related("criterion").order_by("criterion__position")
        return self.prefetch_related(
            models.Prefetch("reviews", reviews, to_attr="handed_in"),
            models.Prefetch("handed_in__scores", scores),
            models.Prefetch("handed_in__questions", PanelQuestion.objects.order_by("position")),
        )

    def undecided(self) -> Self:
        """Planned, or held without an outcome."""
        return self.filter(Presentation.UNDECIDED)

    def upcoming(self, *, at: datetime) -> Self:
        """Planned and not begun, soonest first."""
        return self.undecided().filter(during__startswith__gt=at).order_by("during", "pk")

    def begun(self, *, at: datetime) -> Self:
        """Begun and not decided on, the longest ago first."""
        return self.undecided().filter(during__startswith__lte=at).order_by("during", "pk")

    def awaiting(self, member: Membership, *, at: datetime) -> Self:
        """Begun, and waiting for this member of the panel: for their scores, or for them as chair to decide once all
        have scored, or `WAITS` is over.
        """
        seats = PresentationSeat.objects.filter(presentation=models.OuterRef("pk")).exclude(role="learner")
        handed_in = PanelReview.objects.exclude(handed_in_at=None)
        own = handed_in.filter(presentation=models.OuterRef("pk"), member=member)
        theirs = handed_in.filter(presentation=models.OuterRef("presentation"), member=models.OuterRef("member"))
        may_decide = ~models.Exists(seats.filter(~models.Exists(theirs))) | models.Q(during__endswith__lte=at - WAITS)
        is_chair = models.Exists(seats.filter(member=member, role="chair"))
        return self.begun(at=at).filter(
            models.Exists(seats.filter(member=member)), ~models.Exists(own) | is_chair & may_decide
        )


PresentationManager = TenantManager.from_queryset(PresentationQuerySet)


class Presentation(TenantModel):
    """A learner presents one attempt at a capstone to a panel, which asks and scores; its chair decides.

    Another one, after a repeat or a no-show, is another row. It is held once somebody of the panel handed in scores.
    `scheduled_at` is when its time was set, and `sequence` rises with every change of it. `settled_at` and
    `settled_by` tell when and by whom it was decided on, called off or recorded as a no-show; `summary` is what the
    chair wrote with the outcome.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("presentation", "Planned")
        HELD = "held", pgettext_lazy("presentation", "Held")
        NO_SHOW = "no_show", _("Learner did not come")
        CANCELLED = "cancelled", pgettext_lazy("presentation", "Cancelled")

    class Outcome(models.TextChoices):
        PASS = "pass", _("Passed")
        REPEAT = "repeat", _("To be repeated")

    UNDECIDED = models.Q(status="planned") | models.Q(status="held", outcome="")

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="presentations")
    rubric = TenantForeignKey(Rubric, models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    place = models.CharField(_("place or link"), max_length=300)
    note = models.TextField(_("what to prepare"), blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    summary = models.TextField(blank=True)
    sequence = models.PositiveIntegerField(default=0)
    calendar_uid = models.UUIDField(default=uuid7, editable=False)
    scheduled_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    scheduled_at = models.DateTimeField()
    settled_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    objects: "ClassVar[PresentationManager[Presentation]]" = PresentationManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "submission"],
                condition=models.Q(status="planned") | models.Q(status="held", outcome=""),
                name="one_open_presentation",
            ),
            models.CheckConstraint(condition=models.Q(during__isempty=False), name="presentation_not_empty"),
            models.CheckConstraint(
                condition=models.Q(outcome="") | models.Q(status="held", settled_at__isnull=False),
                name="presentation_with_outcome_was_held",
            ),
        ]
        indexes = [models.Index(fields=["organization", "submission"], name="presentation_by_submission")]

    def __str__(self) -> str:
        return f"{self.submission}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

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
    def learner(self) -> Membership:
        return cast(Membership, self.submission.enrollment.learner)

    @property
    def panel(self) -> "list[PresentationSeat]":
        """The chair first. One query, unless the seats were read."""
        seats = [seat for seat in self.seats.all() if seat.role != PresentationSeat.Role.LEARNER]
        return sorted(seats, key=lambda seat: (seat.role != PresentationSeat.Role.CHAIR, seat.member.name, seat.pk))

    @property
    def is_open(self) -> bool:
        """Planned, or held without an outcome."""
        return self.status == self.Status.PLANNED or (self.status == self.Status.HELD and not self.outcome)

    @property
    def decided_at(self) -> datetime | None:
        return self.settled_at if self.outcome else None

    def seat_of(self, member: Membership) -> "PresentationSeat | None":
        return next((seat for seat in self.seats.all() if seat.member_id == member.pk), None)

    def standing(self, *, at: datetime) -> str:
        """How it stands, as a key of the status tag: planned, scoring, passed, to_repeat, no_show or cancelled."""
        if self.outcome:
            return "passed" if self.outcome == self.Outcome.PASS else "to_repeat"
        if self.is_open:
            return "scoring" if self.starts_at <= at else "planned"
        return str(self.status)


class PresentationSeat(TenantModel):
    """Somebody who is there: the learner, the chair or another member of the panel. `during` is the presentation's.

    The database holds that nobody is in two at once, in any organization. One that was called off takes no time.
    """

    class Role(models.TextChoices):
        CHAIR = "chair", _("Chair")
        LEARNER = "learner", _("Learner")
        PANEL = "panel", _("Panel")

    presentation = TenantForeignKey(Presentation, models.CASCADE, related_name="seats")
    member = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    # The exclusion constraint keys on the person, whom two organizations may both know.
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=8, choices=Role)
    during = DateTimeRangeField()
    takes_time = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "presentation", "member"], name="seat_once"),
            models.UniqueConstraint(
                fields=["organization", "presentation"], condition=models.Q(role="chair"), name="one_chair"
            ),
            # The time first, as for 1-on-1s; nothing here names the organization, on purpose.
            ExclusionConstraint(
                name="nobody_presents_twice_at_once",
                expressions=[
                    ("during", RangeOperators.OVERLAPS),
                    (PersonAsRange("person"), RangeOperators.OVERLAPS),
                ],
                condition=models.Q(takes_time=True),
            ),
        ]
        indexes = [models.Index(fields=["organization", "member"], name="seat_by_member")]


class PresentationEvent(AppendOnlyModel):
    """Something that happened to a presentation, with the time and place that it had from then on."""

    class Kind(models.TextChoices):
        SCHEDULED = "scheduled", pgettext_lazy("presentation", "Scheduled")
        CHANGED = "changed", pgettext_lazy("presentation", "Changed")
        CANCELLED = "cancelled", pgettext_lazy("presentation", "Cancelled")
        NO_SHOW = "no_show", _("Learner did not come")
        HELD = "held", pgettext_lazy("presentation", "Held")
        PASSED = "passed", _("Passed")
        REPEAT = "repeat", _("To be repeated")

    presentation = TenantForeignKey(Presentation, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    during = DateTimeRangeField()
    place = models.CharField(max_length=300, blank=True)
    reason = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [
            models.Index(fields=["organization", "presentation", "recorded_at"], name="presentation_event_in_order")
        ]


class PanelReview(TenantModel):
    """What one member of the panel found: a draft that is theirs alone, unchanged once it is handed in."""

    presentation = TenantForeignKey(Presentation, models.CASCADE, related_name="reviews")
    member = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    summary = models.TextField(blank=True)
    saved_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "presentation", "member"], name="panel_review_once"),
        ]
        indexes = [models.Index(fields=["organization", "member"], name="panel_review_by_member")]


class PanelScore(TenantModel):
    """A criterion's score (1 to 4) and comment of one member of the panel."""

    review = TenantForeignKey(PanelReview, models.CASCADE, related_name="scores")
    criterion = TenantForeignKey(Criterion, models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField(choices=Score.Value, null=True)
    comment = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "review", "criterion"], name="panel_score_once"),
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(value__range=(1, 4)), name="panel_score_in_range"
            ),
        ]


class PanelQuestion(TenantModel):
    """A question that a member of the panel asked, and how the learner answered it."""

    class Answered(models.TextChoices):
        WELL = "well", _("Answered well")
        PARTLY = "partly", _("Answered in part")
        NOT = "not", _("Not answered")

    review = TenantForeignKey(PanelReview, models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=500)
    answered = models.CharField(max_length=8, choices=Answered, blank=True)
    answer = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "review", "position"], name="panel_question_once"),
        ]


class PresentationPolicy(AppendOnlyModel):
    """From which day on cohorts have to start for their gates to ask for presentations; None asks nowhere.

    Of final capstones only, or of every capstone. The latest holds.
    """

    asked_from = models.DateField(null=True)
    only_final = models.BooleanField(default=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
