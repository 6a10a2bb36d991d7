"""Credit that learners ask for, and what staff answer."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cohorts.models.enrollment import Enrollment
from curriculum.models import Project
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager


class CreditRequestQuerySet(models.QuerySet["CreditRequest"]):
    def waiting(self) -> Self:
        """Unanswered, of learners who have not left and still have the project; the longest waiting first."""
        still = (Enrollment.Status.ENROLLED, Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)
        rows = self.filter(answers=None, enrollment__status__in=still, enrollment__void_since=None)
        return rows.filter(project__version=models.F("enrollment__version")).order_by("asked_at", "pk")

    def answered(self) -> Self:
        """The latest answer first."""
        return self.exclude(answers=None).order_by("-answers__recorded_at", "-pk")

    def with_people(self) -> Self:
        """With all that a page names."""
        rows = self.select_related("enrollment__learner__user", "enrollment__cohort", "project__level")
        return rows.prefetch_related("answers__recorded_by")


CreditRequestManager = TenantManager.from_queryset(CreditRequestQuerySet)


class CreditRequest(AppendOnlyModel):
    """A learner asks that a project counts as done, on evidence: words, and perhaps a link on a line of its own."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="credit_requests")
    project = TenantForeignKey(Project, models.PROTECT, related_name="+")
    evidence = models.TextField()
    asked_at = models.DateTimeField()

    objects: "ClassVar[CreditRequestManager[CreditRequest]]" = CreditRequestManager()

    class Meta(AppendOnlyModel.Meta):
        indexes = [
            models.Index(fields=["organization", "asked_at"], name="credit_request_by_time"),
            models.Index(fields=["organization", "enrollment", "project"], name="credit_request_of_learner"),
        ]

    @property
    def answer(self) -> "CreditAnswer | None":
        return next(iter(self.answers.all()), None)


class CreditAnswer(AppendOnlyModel):
    """What became of a request: it has one answer at most."""

    class Kind(models.TextChoices):
        GRANTED = "granted", pgettext_lazy("request for credit", "Granted")
        DECLINED = "declined", pgettext_lazy("request for credit", "Declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("request for credit", "Withdrawn")

    request = TenantForeignKey(CreditRequest, models.CASCADE, related_name="answers")
    kind = models.CharField(max_length=9, choices=Kind)
    reason = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "request"], name="credit_request_answered_once"),
            models.CheckConstraint(
                condition=~models.Q(kind="declined", reason=""), name="credit_is_declined_for_a_reason"
            ),
        ]
