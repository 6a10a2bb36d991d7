"""A month of 1-on-1s per mentor, in numbers to pay by: held ones with their hours, and everything else apart."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import Membership
from mentoring.coverage_month import Month
from mentoring.models import LATE_NOTICE, OneOnOne

Status = OneOnOne.Status
HOUR = timedelta(hours=1)


def pay_rows(month: Month, *, mentor: Membership | None = None) -> Iterator[list[str]]:
    """A header, then a row per mentor with a 1-on-1 in the month, by name; of one mentor only when that is given.

    A 1-on-1 belongs to the month in which it starts, on the clock that each row names. Hours are decimals with a point.
    One query.
    """
    yield [
        _("Mentor"), _("Email"), _("Month"), _("Time zone"), _("Held"), _("Hours held"), _("Learner no-shows"),
        _("Hours of learner no-shows"), _("Mentor no-shows"), _("Cancelled late by learner"),
        _("Hours cancelled late by learner"), _("Cancelled late by mentor"), _("Cancelled late by staff"),
        _("Unconfirmed or ahead"),
    ]  # fmt: skip
    for row in _months(month, mentor):
        yield [
            row["name"], row["email"], month.key, month.zone.key, str(row["held"]), _hours(row["held_for"]),
            str(row["learner_no_shows"]), _hours(row["learner_no_shows_for"]), str(row["mentor_no_shows"]),
            str(row["late_learner"]), _hours(row["late_learner_for"]), str(row["late_mentor"]), str(row["late_staff"]),
            str(row["booked"]),
        ]  # fmt: skip


def _months(month: Month, mentor: Membership | None) -> Any:
    rows = OneOnOne.objects.filter(during__startswith__gte=month.start, during__startswith__lt=month.end)
    if mentor is not None:
        rows = rows.of_mentor(mentor)
    lasted = ExpressionWrapper(F("during__endswith") - F("during__startswith"), DurationField())
    late = Q(status=Status.CANCELLED, settled_at__gt=F("during__startswith") - LATE_NOTICE)
    by_learner, by_mentor = Q(settled_by=F("enrollment__learner")), Q(settled_by=F("mentor__membership"))
    kinds = {
        "held": Q(status=Status.HELD),
        "learner_no_shows": Q(status=Status.LEARNER_NO_SHOW),
        "late_learner": late & by_learner,
    }
    counts: dict[str, Any] = {key: Count("pk", filter=which) for key, which in kinds.items()}
    lengths = {
        f"{key}_for": Coalesce(Sum(lasted, filter=which), timedelta(), output_field=DurationField())
        for key, which in kinds.items()
    }
    counts |= {
        "mentor_no_shows": Count("pk", filter=Q(status=Status.MENTOR_NO_SHOW)),
        "late_mentor": Count("pk", filter=late & by_mentor & ~by_learner),
        "late_staff": Count("pk", filter=late & ~by_learner & ~by_mentor),
        "booked": Count("pk", filter=Q(status=Status.BOOKED)),
    }
    named = rows.values("mentor", name=F("mentor__membership__name"), email=F("mentor__membership__user__email"))
    return named.annotate(**counts, **lengths).order_by("name", "email").iterator()


def _hours(length: timedelta) -> str:
    return f"{length / HOUR:.2f}"
