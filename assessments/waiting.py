"""How long work waits for its first review, with what still waits counted in.

Attempts of the window that nobody has reviewed yet are not left out, which would flatter the figures as long as the
slowest are missing: each counts as waiting for at least as long as it has. So does what was withdrawn, or whose learner
left, until that day. The quantiles are those of Kaplan and Meier (1958), "Nonparametric estimation from incomplete
observations": the time by which so many have been reviewed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    When,
)
from django.db.models.functions import Cast, Extract, Greatest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.models import Submission
from cohorts.models import Enrollment

WINDOW = timedelta(days=90)
HOUR = 3600
SHARES = (0.5, 0.9)


@dataclass(frozen=True, kw_only=True)
class WaitingTimes:
    """Hours until half, and until nine of ten, were first reviewed; None when so many were not within the window.

    Of `attempts` handed in within the window, `pending` still wait.
    """

    median: int | None
    ninth_decile: int | None
    attempts: int
    pending: int


def first_review_times(submissions: QuerySet[Submission], *, at: datetime) -> WaitingTimes:
    """Of the attempts handed in within `WINDOW` before `at`. One query, of as many rows as there are hours."""
    still_in = Q(enrollment__status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE])
    reviewed = Q(first_reviewed_at__isnull=False)
    until = Case(
        When(reviewed, then=F("first_reviewed_at")),
        When(withdrawn_at__isnull=False, then=F("withdrawn_at")),
        When(~still_in, then=Greatest(F("submitted_at"), Cast(F("enrollment__status_since"), DateTimeField()))),
        default=at,
        output_field=DateTimeField(),
    )
    hours = (Extract(ExpressionWrapper(until - F("submitted_at"), DurationField()), "epoch")) / HOUR
    rows = (
        submissions.filter(submitted_at__gt=at - WINDOW, submitted_at__lte=at)
        .order_by()
        .annotate(hours=Cast(hours, IntegerField()))
        .values("hours")
        .annotate(
            reviewed=Count("pk", filter=reviewed),
            pending=Count("pk", filter=still_in & Q(decided_at=None, withdrawn_at=None, first_reviewed_at=None)),
            all=Count("pk"),
        )
        .order_by("hours")
        .values_list("hours", "reviewed", "pending", "all")
    )
    told = list(rows)
    median, ninth_decile = quantiles([(hours, reviewed, count) for hours, reviewed, _pending, count in told])
    return WaitingTimes(
        median=median,
        ninth_decile=ninth_decile,
        attempts=sum(row[3] for row in told),
        pending=sum(row[2] for row in told),
    )


def in_words(hours: int | None) -> str:
    """Hours below two days, else days; empty for None."""
    if hours is None:
        return ""
    if hours < 48:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return _("%(count)s days") % {"count": number_format(round(hours / 24, 1), 1)}


def quantiles(rows: Sequence[tuple[int, int, int]]) -> list[int | None]:
    """The hour by which each of `SHARES` was reviewed. `rows`, in order: an hour, how many were reviewed in it, and
    how many in all were reviewed or last seen waiting in it.
    """
    at_risk, waiting = sum(row[2] for row in rows), 1.0
    found: list[int | None] = [None] * len(SHARES)
    for hours, reviewed, count in rows:
        waiting *= 1 - reviewed / at_risk if at_risk else 1
        at_risk -= count
        for place, share in enumerate(SHARES):
            # A whole share is reached in spite of how fractions are kept.
            if found[place] is None and reviewed and waiting <= 1 - share + 1e-9:
                found[place] = hours
    return found
