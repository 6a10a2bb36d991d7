"""Due dates that a person sets by hand. They stay whatever the schedule becomes."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cohorts.errors import CohortError
from cohorts.lifecycle import regenerate_schedule
from cohorts.models import Milestone
from cohorts.pacing import check_date
from cohorts.planned_ends import note_planned_end
from cohorts.touching import touch_cohorts


def set_due(*, milestone: Milestone, due_on: date, today: date) -> Milestone:
    """Fix the milestone on that day. Raises CohortError `date_out_of_range` or `before_start`."""
    check_date(due_on)
    if due_on < milestone.cohort.starts_on:
        raise CohortError("before_start", _("This is before the start of the cohort. Choose a later day."))
    milestone.due_on, milestone.is_fixed = due_on, True
    with transaction.atomic():
        milestone.save(update_fields=["due_on", "is_fixed"])
        note_planned_end(milestone.cohort, today=today)
    touch_cohorts(milestone.cohort_id)
    return milestone


def release_due(*, milestone: Milestone, today: date) -> None:
    """Let the schedule decide again when the milestone is due."""
    with transaction.atomic():
        Milestone.objects.filter(pk=milestone.pk).update(is_fixed=False)
        regenerate_schedule(cohort=milestone.cohort, today=today)
