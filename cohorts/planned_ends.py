"""By which day a cohort planned to be done: noted whenever it becomes another, and told as of any day."""

from datetime import date
from uuid import UUID

from django.db.models import Max

from cohorts.models import Cohort, Milestone, PlannedEnd


def note_planned_end(cohort: Cohort, *, today: date) -> None:
    """Keep the day of the last milestone where it is another than was noted; after every change of milestones."""
    ends_on = Milestone.objects.filter(cohort=cohort, enrollment=None).aggregate(last=Max("due_on"))["last"]
    noted = PlannedEnd.objects.filter(cohort=cohort).order_by("effective_on", "recorded_at", "pk").last()
    if (noted.ends_on if noted else None) != ends_on:
        PlannedEnd.objects.create(cohort=cohort, ends_on=ends_on, effective_on=today)


def planned_ends_as_of(on: date) -> dict[UUID, date]:
    """The day by which each cohort planned, on that day, to be done; one query.

    Before the first note of a cohort, the day that was noted first: it was planned by then at the latest.
    """
    found: dict[UUID, date | None] = {}
    rows = PlannedEnd.objects.order_by("effective_on", "recorded_at", "pk")
    for cohort_id, ends_on, effective_on in rows.values_list("cohort", "ends_on", "effective_on"):
        if effective_on <= on or cohort_id not in found:
            found[cohort_id] = ends_on
    return {pk: ends_on for pk, ends_on in found.items() if ends_on is not None}
