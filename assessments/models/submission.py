from datetime import date, datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models.repository_look import RepositoryLook
from assessments.models.rubric import Criterion, Rubric
from cohorts.models import Enrollment
from curriculum.models import Project
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def awaiting_review(self) -> Self:
        """Submitted, not withdrawn, not decided on; the longest waiting first."""
        return self.filter(decided_at=None, withdrawn_at=None).order_by("submitted_at", "id")

    def for_queue(self, reviewer: Membership) -> Self:
        """What this person may review: of learners still in the program, never their own nor what they have read.

        Theirs first: what is assigned to them, and work of their own learners. Each has `is_mine`.
        What two readers disagree on is for staff.
        """
        read = Review.objects.submitted().filter(submission=models.OuterRef("pk"))
        waiting = (
            self.awaiting_review()
            .filter(enrollment__status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE])
            .filter(~models.Exists(read.filter(reviewer=reviewer)))
            .exclude(enrollment__learner=reviewer)
        )
        if not reviewer.is_staff:
            waiting = waiting.filter(readings__lt=2)
        mine = models.Q(assignee=reviewer, assignee__isnull=False)
        mine |= models.Q(enrollment__mentor=reviewer, enrollment__mentor__isnull=False)
        return waiting.annotate(is_mine=mine).order_by("-is_mine", "submitted_at", "id")

    def with_claims(self, *, at: datetime) -> Self:
        """As rows of a queue: with learner, cohort, project and who is asked, and the reviews being written."""
        claims = Review.objects.claimed(at=at).select_related("reviewer")
        return self.select_related(
            "enrollment__learner", "enrollment__cohort", "project__level", "assignee"
        ).prefetch_related(models.Prefetch("reviews", claims, to_attr="live_claims"))

    def of_own(self, reviewer: Membership) -> Self:
        """Assigned to them, or of their own learners."""
        return self.filter(models.Q(assignee=reviewer) | models.Q(enrollment__mentor=reviewer))

    def handed_in_until(self, day: date) -> Self:
        """Handed in on that day or earlier, on the calendar of the cohort's time zone."""
        local = models.Func(
            models.F("enrollment__cohort__time_zone"),
            models.F("submitted_at"),
            function="timezone",
            output_field=models.DateTimeField(),
        )
        return self.annotate(handed_in_on=Cast(local, models.DateField())).filter(handed_in_on__lte=day)

    def for_review_page(self) -> Self:
        """With the learner, their cohort and the project."""
        return self.select_related("enrollment__learner", "enrollment__cohort", "project__level")

    def with_reviews(self) -> Self:
        """With the reviews and who wrote them, and who is asked for one; the newest attempt first."""
        reviews = Review.objects.select_related("reviewer", "rubric").order_by("claimed_at", "id")
        return (
            self.select_related("assignee").prefetch_related(models.Prefetch("reviews", reviews)).order_by("-attempt")
        )

    def with_feedback(self) -> Self:
        """With links, what these answered, reviews and scores, the newest attempt first."""
        return self.with_reviews().prefetch_related(
            models.Prefetch("links", SubmissionLink.objects.order_by("position", "id")),
            models.Prefetch("links__checks", LinkCheck.objects.order_by("-checked_at", "-id")),
            models.Prefetch("links__looks", RepositoryLook.objects.defer("answers").order_by("-looked_at", "-id")),
            models.Prefetch(
                "reviews__scores", Score.objects.select_related("criterion").order_by("criterion__position")
            ),
        )


SubmissionManager = TenantManager.from_queryset(SubmissionQuerySet)


class Submission(TenantModel):
    """One attempt at a project. A later attempt is another row; this one is never overwritten.

    `readings` (how many), `first_reviewed_at` and `decided_at` follow from the reviews: the database keeps them.
    `assignee` is whom the last `ReviewAssignment` asks for a review, since `assigned_at`.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="submissions")
    project = TenantForeignKey(Project, models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField()
    commit = models.CharField(_("commit or tag"), max_length=80, blank=True)
    note = models.TextField(_("note"), blank=True)
    checklist = models.JSONField(default=list)
    submitted_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    readings = models.PositiveSmallIntegerField(db_default=0, editable=False)
    first_reviewed_at = models.DateTimeField(null=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    assignee = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    assigned_at = models.DateTimeField(null=True)

    objects: "ClassVar[SubmissionManager[Submission]]" = SubmissionManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "enrollment", "project", "attempt"], name="attempt_once"),
        ]
        indexes = [
            models.Index(fields=["organization", "submitted_at"], name="submission_by_time"),
            models.Index(
                fields=["organization", "submitted_at", "id"],
                condition=models.Q(decided_at=None, withdrawn_at=None),
                name="submission_open",
            ),
            models.Index(
                fields=["organization", "assignee", "assigned_at"],
                condition=models.Q(decided_at=None, withdrawn_at=None),
                name="submission_open_by_assignee",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project}, attempt {self.attempt}"

    @property
    def verdict(self) -> "Review | None":
        """The review that decided on this attempt."""
        return next((review for review in self.reviews.all() if review.is_final), None)

    @property
    def other_readings(self) -> "list[Review]":
        """Reviews that were handed in and did not decide, in order."""
        read = [review for review in self.reviews.all() if review.submitted_at is not None and not review.is_final]
        return sorted(read, key=lambda review: (review.submitted_at, review.pk))

    def live_claim(self, *, at: datetime) -> "Review | None":
        """The review that somebody is writing at that instant."""
        return next((review for review in self.reviews.all() if review.is_live(at=at)), None)

    def standing(self, *, at: datetime) -> str:
        """How the attempt stands, as a key of the status tag: submitted, in_review, passed, …"""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.verdict is not None:
            return STANDINGS[self.verdict.verdict]
        return "in_review" if self.other_readings or self.live_claim(at=at) else "submitted"


class SubmissionLink(TenantModel):
    """A link of a submission, as given and as normalized; of one kind there may be several."""

    class Kind(models.TextChoices):
        REPOSITORY = "repository", _("Repository")
        DEPLOYMENT = "deployment", _("Demo")
        ARTICLE = "article", _("Article")
        NOTEBOOK = "notebook", _("Notebook")
        VIDEO = "video", _("Video")
        PAPER = "paper", _("Paper")

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=12, choices=Kind)
    url = models.URLField(max_length=500)
    normalized_url = models.URLField(max_length=500)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "submission", "kind", "normalized_url"], name="link_once"),
        ]


class LinkCheck(AppendOnlyModel):
    """What a link answered when it was looked at."""

    class Outcome(models.TextChoices):
        REACHABLE = "reachable", _("Reachable")
        UNREACHABLE = "unreachable", _("Not reachable")
        REFUSED = "refused", _("Not a public address")
        UNKNOWN = "unknown", _("Not known")

    link = TenantForeignKey(SubmissionLink, models.CASCADE, related_name="checks")
    outcome = models.CharField(max_length=12, choices=Outcome)
    detail = models.CharField(max_length=300, blank=True)
    #: Where redirects led, when elsewhere.
    final_url = models.URLField(max_length=500, blank=True)
    checked_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "link", "-checked_at"], name="link_check_latest")]


class ReviewQuerySet(models.QuerySet["Review"]):
    def submitted(self) -> Self:
        """Handed in: what decided, and readings beside it."""
        return self.filter(submitted_at__isnull=False)

    def final(self) -> Self:
        """Those that decide on their attempts."""
        return self.filter(is_final=True)

    def claimed(self, *, at: datetime) -> Self:
        """Being written by someone whose claim has not run out."""
        return self.filter(submitted_at=None, claim_expires_at__gt=at)


ReviewManager = TenantManager.from_queryset(ReviewQuerySet)


class Review(TenantModel):
    """A reviewer's judgement of one attempt: a draft that is theirs alone, a fact once submitted.

    Of each attempt one is final: it decided when it was submitted. Others are readings before it, which a second reader
    or program staff answered with one of their own. A draft that was handed over is shown to who reviews instead.
    """

    class Verdict(models.TextChoices):
        PASS = "pass", _("Passed")
        CHANGES = "changes_requested", _("Changes requested")
        FAIL = "fail", _("Failed")

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="reviews")
    reviewer = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    rubric = TenantForeignKey(Rubric, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    claimed_at = models.DateTimeField()
    claim_expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    is_final = models.BooleanField(db_default=False, default=False)
    handed_over_at = models.DateTimeField(null=True)

    objects: "ClassVar[ReviewManager[Review]]" = ReviewManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "submission", "reviewer"], name="review_once_per_reviewer"),
            models.UniqueConstraint(
                fields=["organization", "submission"], condition=models.Q(is_final=True), name="verdict_once"
            ),
            models.CheckConstraint(
                condition=models.Q(submitted_at=None, verdict="")
                | ~models.Q(submitted_at=None) & ~models.Q(verdict=""),
                name="submitted_review_has_verdict",
            ),
            models.CheckConstraint(
                condition=models.Q(is_final=False) | models.Q(submitted_at__isnull=False),
                name="final_review_is_submitted",
            ),
        ]
        indexes = [models.Index(fields=["organization", "reviewer"], name="review_by_reviewer")]

    def is_live(self, *, at: datetime) -> bool:
        """Being written at that instant: not submitted, and the claim has not run out."""
        return self.submitted_at is None and self.claim_expires_at > at


STANDINGS = {
    Review.Verdict.PASS.value: "passed",
    Review.Verdict.CHANGES.value: "changes_requested",
    Review.Verdict.FAIL.value: "failed",
}


class Score(TenantModel):
    """A criterion's score (1 to 4) and comment within a review."""

    class Value(models.IntegerChoices):
        NOT_YET = 1, _("Not yet")
        DEVELOPING = 2, _("Developing")
        PROFICIENT = 3, _("Proficient")
        EXEMPLARY = 4, _("Exemplary")

    review = TenantForeignKey(Review, models.CASCADE, related_name="scores")
    criterion = TenantForeignKey(Criterion, models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField(choices=Value, null=True)
    comment = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "review", "criterion"], name="score_once"),
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(value__range=(1, 4)), name="score_in_range"
            ),
        ]
