"""Somebody else for a learner while their mentor is away: a second mentor for dated time."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts import access
from cohorts.models import Enrollment
from mentoring.calendars import days_span
from mentoring.errors import MentoringError
from organizations.models import TenantForeignKey, TenantManager, TenantModel

LONGEST_DAYS = 366


class ReliefQuerySet(models.QuerySet["Relief"]):
    def from_day(self, day: date) -> Self:
        """Those that are on that day or begin later, the first first."""
        return self.filter(last_day__gte=day).order_by("first_day", "pk")


ReliefManager = TenantManager.from_queryset(ReliefQuerySet)


class Relief(TenantModel):
    """The member stands in as the learner's mentor from the first day to the last, on the clock of the cohort."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="reliefs")
    mentor = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    made_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects: "ClassVar[ReliefManager[Relief]]" = ReliefManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="relief_in_order"),
        ]
        indexes = [
            models.Index(fields=["organization", "enrollment"], name="relief_by_enrollment"),
            models.Index(fields=["organization", "mentor"], name="relief_by_mentor"),
        ]


def relieve(
    *, enrollment: Enrollment, mentor: Membership, first_day: date, last_day: date, by: Membership, now: datetime
) -> Relief:
    """Let that mentor stand in for the learner's own. What covers these days already is left as it is.

    Raises MentoringError `not_in_order`, `too_long`, `no_mentor` or `own_mentor`.
    """
    if last_day < first_day:
        raise MentoringError("not_in_order", _("The last day lies before the first. Swap them."))
    if (last_day - first_day).days >= LONGEST_DAYS:
        raise MentoringError("too_long", _("Somebody stands in for a year at most. Check the two dates."))
    if not mentor.is_mentor or mentor.joined_at is None:
        raise MentoringError("no_mentor", _("%(name)s does not mentor now. Choose somebody else.") % {"name": mentor})
    if mentor.pk == enrollment.learner_id:
        raise MentoringError("own_mentor", _("Nobody has a 1-on-1 with themselves. Choose somebody else."))
    same = Relief.objects.filter(
        enrollment=enrollment, mentor=mentor, first_day__lte=first_day, last_day__gte=last_day
    ).first()
    return same or Relief.objects.create(
        enrollment=enrollment, mentor=mentor, first_day=first_day, last_day=last_day, made_by=by, made_at=now
    )


def stands_in(*, mentor: Membership, enrollment: Enrollment, at: datetime | None = None) -> bool:
    """Whether that mentor stands in at the instant; without one, whether ever. At most one query."""
    return any(at is None or first <= at < last for first, last in stand_in_spans(mentor=mentor, enrollment=enrollment))


def stand_in_spans(*, mentor: Membership, enrollment: Enrollment) -> list[tuple[datetime, datetime]]:
    """The instants from and until which that mentor stands in."""
    rows = Relief.objects.filter(mentor=mentor, enrollment=enrollment).order_by("first_day")
    zone = enrollment.cohort.time_zone
    return [days_span(first, last, zone=zone) for first, last in rows.values_list("first_day", "last_day")]


def stand_ins(enrollment: Enrollment, *, now: datetime) -> list[Relief]:
    """Who stands in for this learner's mentor today and later."""
    today = enrollment.cohort.today(now)
    return list(Relief.objects.filter(enrollment=enrollment).from_day(today).select_related("mentor__user"))


def _relieved_by(viewer: Membership) -> models.QuerySet[Any]:
    """Learners whose mentor the viewer stands in for, or will; until a week after, for what is left to write."""
    ended = TruncDate(Now()) - timedelta(days=7)
    return Relief.objects.filter(mentor=viewer, last_day__gte=ended).values("enrollment")


access.register(_relieved_by)
