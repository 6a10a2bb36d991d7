"""Who was asked to take over a learner from a mentor, and what they answered, as rows."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cohorts.models import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager
from organizations.prepared import Prepared


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def unanswered(self) -> Self:
        return self.filter(answers=None)

    def concerning(self) -> Self:
        """Those whose learner has the mentor of when it was asked, so that an answer still makes sense."""
        same = models.Q(mentor_before=models.F("enrollment__mentor"))
        return self.filter(same | models.Q(mentor_before=None, enrollment__mentor=None))

    def open(self, *, at: datetime) -> Self:
        """Asked, with time left to answer, and it still makes sense; the most urgent first."""
        return self.unanswered().concerning().filter(expires_at__gt=at).order_by("expires_at", "pk")

    def with_people(self) -> Self:
        """With what a row or a mail names, and the answer: one query more, whatever the number."""
        return self.select_related(
            "organization", "leaving__user", "to__user", "asked_by__user", "mentor_before", "enrollment__organization",
            "enrollment__learner__user", "enrollment__cohort", "enrollment__mentor__user",
        ).prefetch_related("answers__answered_by")  # fmt: skip


HandOverManager = TenantManager.from_queryset(HandOverQuerySet)


class HandOver(AppendOnlyModel):
    """Program staff want `to` to take a learner over from `leaving`: for good, or for the days when there are two.

    `times` are the proposed starts of booked 1-on-1s by their id, in ISO 8601; null leaves that one where it is.
    `mentor_before` is the learner's mentor of then: with another one by now, this no longer counts. It can be answered
    before `expires_at`, the end of the day `answer_by` in the zone of the organization.
    """

    enrollment = TenantForeignKey(Enrollment, models.PROTECT, related_name="hand_overs")
    leaving = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    to = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    mentor_before = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    times = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    answer_by = models.DateField()
    expires_at = models.DateTimeField()
    asked_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    objects: "ClassVar[HandOverManager[HandOver]]" = HandOverManager()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_day=None, last_day=None) | models.Q(last_day__gte=models.F("first_day")),
                name="hand_over_days_in_order",
            ),
            models.CheckConstraint(condition=~models.Q(leaving=models.F("to")), name="hand_over_to_somebody_else"),
        ]
        indexes = [
            models.Index(fields=["organization", "to", "expires_at"], name="hand_over_by_colleague"),
            models.Index(fields=["organization", "leaving", "asked_at"], name="hand_over_by_leaving"),
            models.Index(fields=["organization", "enrollment"], name="hand_over_by_enrollment"),
        ]

    @property
    def answer(self) -> "HandOverAnswer | None":
        """One query, unless it was prefetched."""
        return next(iter(self.answers.all()), None)

    @property
    def still_concerns(self) -> bool:
        """As `concerning` has it."""
        return bool(self.enrollment.mentor_id == self.mentor_before_id)

    def is_open(self, *, at: datetime) -> bool:
        return self.answer is None and at < self.expires_at


_ASKED_OF = Prepared(lambda to, at: HandOver.objects.open(at=at).filter(to=to).values_list("pk"))


def asked_of(member: Membership, *, at: datetime) -> int:
    """How many learners the member is asked to take over. One query."""
    return len(_ASKED_OF.rows(to=member.pk, at=at))


class HandOverAnswer(AppendOnlyModel):
    """What became of it: one answer, of the colleague or of staff. Without one it lapses when its day is over."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", pgettext_lazy("hand-over", "Accepted")
        DECLINED = "declined", pgettext_lazy("hand-over", "Declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("hand-over", "Withdrawn")
        NOT_ASKED = "not_asked", _("Settled without asking")

    hand_over = TenantForeignKey(HandOver, models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=12, choices=Answer)
    reason = models.TextField(blank=True)
    answered_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "hand_over"], name="hand_over_answered_once")]
