from datetime import date, timedelta
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models.rubric import Criterion, Rubric
from assessments.models.submission import Score, Submission
from cohorts.models import Cohort, Enrollment
from curriculum.models import Project
from organizations.models import TenantForeignKey, TenantManager, TenantModel

#: How many reviews everybody gives and gets, as far as their number allows.
EACH = 2


class PeerReviewQuerySet(models.QuerySet["PeerReview"]):
    def by_peers(self) -> Self:
        return self.exclude(giver=None)

    def for_staff(self) -> Self:
        """What peers left, and staff write instead."""
        return self.filter(giver=None)

    def unwritten_by_staff(self) -> Self:
        """What waits for staff; the longest waiting first."""
        waiting = self.for_staff().filter(submitted_at=None, submission__withdrawn_at=None)
        return waiting.order_by("round__closed_at", "pk")

    def to_write(self) -> Self:
        """What peers are still asked to write; the soonest due first."""
        asked = self.by_peers().filter(submitted_at=None, released_at=None, round__closed_at=None)
        return asked.filter(submission__withdrawn_at=None).order_by("round__due_at", "pk")

    def handed_in(self) -> Self:
        return self.exclude(submitted_at=None)


PeerReviewManager = TenantManager.from_queryset(PeerReviewQuerySet)


class PeerRound(TenantModel):
    """Learners of a cohort review each other's work on one project, until it is due or all is written.

    `seed` decides who reviews whom. Where somebody got fewer than `least` by the end, staff write one more.
    """

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="peer_rounds")
    project = TenantForeignKey(Project, models.PROTECT, related_name="+")
    rubric = TenantForeignKey(Rubric, models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    least = models.PositiveSmallIntegerField(default=EACH)
    seed = models.PositiveIntegerField()
    opened_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cohort", "project"],
                condition=models.Q(closed_at=None),
                name="one_open_peer_round",
            ),
            models.CheckConstraint(condition=models.Q(least__range=(1, EACH)), name="peer_round_least_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.project}, {self.cohort}"

    @property
    def due_on(self) -> date:
        """The last day on which a review can be handed in, on the cohort's calendar."""
        ends_on: date = self.cohort.today(self.due_at)
        return ends_on - timedelta(days=1)


class PeerReview(TenantModel):
    """One learner's review of another's work; without a `giver`, the one that staff write in a peer's place.

    It informs and decides nothing. Who gave it is for staff alone: whoever receives it never learns that.
    A draft of somebody who left, or of an attempt that was taken back, is `released`: kept, and expected no more.
    """

    round = TenantForeignKey(PeerRound, models.CASCADE, related_name="reviews")
    submission = TenantForeignKey(Submission, models.CASCADE, related_name="peer_reviews")
    receiver = TenantForeignKey(Enrollment, models.CASCADE, related_name="+")
    giver = TenantForeignKey(Enrollment, models.CASCADE, null=True, related_name="peer_reviews_given")
    written_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    summary = models.TextField(blank=True)
    assigned_at = models.DateTimeField()
    saved_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    objects: "ClassVar[PeerReviewManager[PeerReview]]" = PeerReviewManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "round", "receiver", "giver"],
                nulls_distinct=False,
                name="peer_review_once",
            ),
            models.CheckConstraint(
                condition=models.Q(giver=None) | ~models.Q(giver=models.F("receiver")), name="nobody_reviews_themselves"
            ),
            models.CheckConstraint(
                condition=models.Q(submitted_at=None) | models.Q(written_by__isnull=False),
                name="peer_review_has_a_writer",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "giver"], name="peer_review_by_giver"),
            models.Index(fields=["organization", "submission"], name="peer_review_by_submission"),
        ]

    @property
    def rubric(self) -> Rubric:
        """That of the round, whichever versions came since."""
        rubric: Rubric = self.round.rubric
        return rubric

    @property
    def is_untouched(self) -> bool:
        """Nothing was written: it may go to somebody else."""
        return self.saved_at is None and self.submitted_at is None


class PeerScore(TenantModel):
    """A criterion's score (1 to 4) and comment within a peer review."""

    review = TenantForeignKey(PeerReview, models.CASCADE, related_name="scores")
    criterion = TenantForeignKey(Criterion, models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField(choices=Score.Value, null=True)
    comment = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "review", "criterion"], name="peer_score_once"),
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(value__range=(1, 4)), name="peer_score_in_range"
            ),
        ]


class PeerRule(TenantModel):
    """Rounds of a project open by themselves, as soon as enough learners of a cohort submitted it."""

    project = TenantForeignKey(Project, models.PROTECT, related_name="peer_rules")
    days = models.PositiveSmallIntegerField(
        _("days to review"), default=7, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    is_on = models.BooleanField(default=True)
    set_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "project"], name="peer_rule_once"),
            models.CheckConstraint(condition=models.Q(days__range=(1, 28)), name="peer_rule_days_in_range"),
        ]
