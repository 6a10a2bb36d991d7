"""The cohorts of an organization, as a list shows them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from accounts.models import Membership
from cohorts.history import SEATED
from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.team import run_by

#: What is still ahead or under way; the rest is over.
CURRENT = (Cohort.Status.PLANNED, Cohort.Status.ENROLLING, Cohort.Status.RUNNING)


def cohorts_for(viewer: Membership, *, on: date) -> QuerySet[Cohort]:
    """All for staff; for mentors those they lead, belong to the team of that day, or have learners in."""
    cohorts = Cohort.objects.all()
    if viewer.is_staff:
        return cohorts
    mine = Enrollment.objects.filter(mentor=viewer).values("cohort")
    return cohorts.filter(run_by(viewer, on=on) | Q(pk__in=mine))


def count_statuses(cohorts: QuerySet[Cohort]) -> dict[str, int]:
    """How many cohorts there are in each status; one query."""
    return dict(cohorts.values_list("status").annotate(number=Count("pk")).order_by("status"))


def for_list(cohorts: QuerySet[Cohort]) -> QuerySet[Cohort]:
    """With version, lead, `learners` (seats taken), `waiting` and `ends_on`, newest start first."""
    people = Enrollment.objects.filter(cohort=OuterRef("pk")).order_by().values("cohort")
    dates = Milestone.objects.filter(cohort=OuterRef("pk"), enrollment=None).order_by().values("cohort")
    return (
        cohorts.select_related("version", "lead")
        .annotate(
            learners=Subquery(people.filter(status__in=SEATED).annotate(number=Count("pk")).values("number")),
            waiting=Subquery(
                people.filter(status=Enrollment.Status.WAITING).annotate(number=Count("pk")).values("number")
            ),
            ends_on=Subquery(dates.annotate(last=Max("due_on")).values("last")),
        )
        .order_by("-starts_on", "name")
    )


def rows_of(cohorts: Sequence[Cohort]) -> list[dict[str, Any]]:
    formats = {value: str(label) for value, label in Cohort._meta.get_field("format").flatchoices}
    return [
        {
            "slug": cohort.slug,
            "name": cohort.name,
            "status": cohort.status,
            "format": formats[cohort.format],
            "starts_on": cohort.starts_on,
            "ends_on": _annotated(cohort, "ends_on"),
            "learners": _annotated(cohort, "learners") or 0,
            "waiting": _annotated(cohort, "waiting") or 0,
            "capacity": cohort.capacity,
            "version": str(cohort.version),
            "lead": cohort.lead.name if cohort.lead else "",
        }
        for cohort in cohorts
    ]


def _annotated(cohort: Cohort, name: str) -> Any:
    return getattr(cohort, name)
