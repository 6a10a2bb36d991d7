"""What assessment knows of who needs a person: submissions count as activity, feedback should not stay unanswered."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from assessments.models import CarriedAttempt, Review, Submission
from cohorts import risk, standing
from cohorts.thresholds import Limits


def _words(since: date, details: Mapping[str, Any], on: date) -> str:
    days = (on - since).days
    return ngettext(
        "Changes to “%(title)s” unanswered for %(days)s day",
        "Changes to “%(title)s” unanswered for %(days)s days",
        days,
    ) % {"title": details["title"], "days": days}


CHANGES_UNANSWERED = risk.register_kind(
    risk.Kind(
        key="changes_unanswered",
        title=gettext_lazy("Changes unanswered"),
        icon="rotate-ccw",
        words=_words,
        hot=True,
    )
)


@risk.register_rule
def changes_unanswered(
    standings: Sequence[standing.Standing], on: date, limits: Limits
) -> Iterable[tuple[UUID, risk.Reason]]:
    """Changes were requested so many days ago or longer and no newer attempt came; the oldest of each learner."""
    active = [one.enrollment.pk for one in standings if one.is_active]
    shown_with = CarriedAttempt.objects.filter(submission=OuterRef(OuterRef("submission")), project=OuterRef("project"))
    newer = Submission.objects.filter(
        Q(project=OuterRef("submission__project")) | Exists(shown_with),
        enrollment=OuterRef("submission__enrollment"),
        attempt__gt=OuterRef("submission__attempt"),
        submitted_at__lt=_end_of(on),
    ).exclude(withdrawn_at__lt=_end_of(on))
    here = CarriedAttempt.objects.filter(
        Q(project__track=None) | Q(project__track=OuterRef("submission__enrollment__track")),
        submission=OuterRef("submission"),
        project__version=OuterRef("submission__enrollment__version"),
    )
    unanswered = (
        Review.objects.final()
        .filter(
            ~Exists(newer),
            # Who left a track owes it nothing; what the version followed now does not have cannot be answered any more.
            Q(submission__project__version=F("submission__enrollment__version"))
            & (Q(submission__project__track=None) | Q(submission__project__track=F("submission__enrollment__track")))
            | Exists(here),
            submission__enrollment__in=active,
            verdict=Review.Verdict.CHANGES,
            submitted_at__lt=_end_of(on - timedelta(days=limits.changes_days)),
        )
        .order_by("submission__enrollment", "submitted_at", "id")
        .distinct("submission__enrollment")
        .values_list("submission__enrollment", "submission", "submission__project__title", "submitted_at")
    )
    for enrollment, submission, title, decided_at in unanswered:
        since = timezone.localdate(decided_at)
        details = {"title": title}
        yield (
            enrollment,
            CHANGES_UNANSWERED.reason(since=since, on=on, about=str(submission), details=details),
        )


def last_submissions(enrollments: Sequence[UUID], on: date) -> Mapping[UUID, date]:
    """The day of each learner's last submission up to and including that day."""
    rows = Submission.objects.filter(enrollment__in=enrollments, submitted_at__lt=_end_of(on)).values("enrollment")
    latest = rows.annotate(last=Max(F("submitted_at"))).values_list("enrollment", "last")
    return {enrollment: timezone.localdate(last) for enrollment, last in latest}


standing.register_activity(last_submissions)


def _end_of(day: date) -> datetime:
    """The first instant after the day, on the clock that is in force."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
