"""Dates of one learner's own: in place of the cohort's, until they are given up again.

An own date is meant: it stays whatever the schedule of the cohort becomes, like one that is set by hand for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cohorts.errors import CohortError
from cohorts.milestone_calendar import own_milestones
from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.pacing import check_date


@dataclass(frozen=True, kw_only=True)
class OwnDate:
    """A milestone as it counts for the learner; `usual` is the cohort's day where theirs is another."""

    milestone: Milestone
    usual: date | None

    @property
    def is_own(self) -> bool:
        return self.milestone.enrollment_id is not None and self.milestone.is_fixed


@dataclass(frozen=True, kw_only=True)
class Change:
    """A milestone that gets another day."""

    milestone: Milestone
    before: date
    after: date


def dates_of(enrollment: Enrollment) -> list[OwnDate]:
    """All of the learner's milestones, by date; two queries."""
    rows = own_milestones(enrollment)
    shared = enrollment.cohort.milestones.filter(enrollment=None)
    usual = dict(shared.filter(pk__in=[row.replaces_id for row in rows if row.replaces_id]).values_list("pk", "due_on"))
    return [OwnDate(milestone=row, usual=usual.get(row.replaces_id)) for row in rows]


def plan_date(*, enrollment: Enrollment, milestone: Milestone, due_on: date) -> list[Change]:
    """What setting one date would change: nothing when it is that already.

    Raises CohortError `date_out_of_range` or `before_start`.
    """
    _check(enrollment, due_on)
    before = milestone.due_on
    return [] if before == due_on else [Change(milestone=milestone, before=before, after=due_on)]


def plan_shift(*, enrollment: Enrollment, first: date, days: int) -> list[Change]:
    """What moving everything that is due from `first` on by so many days would change. Raises as `plan_date` does."""
    changes = []
    for row in own_milestones(enrollment):
        if row.due_on >= first and days:
            after = row.due_on + timedelta(days=days)
            _check(enrollment, after)
            changes.append(Change(milestone=row, before=row.due_on, after=after))
    return changes


def set_dates(*, enrollment: Enrollment, changes: Sequence[Change]) -> None:
    """Give the learner these dates as their own."""
    with transaction.atomic():
        Cohort.objects.select_for_update(no_key=True).get(pk=enrollment.cohort_id)
        last = enrollment.cohort.milestones.aggregate(last=Max("position"))["last"] or 0
        made, moved = [], []
        for change in changes:
            row = change.milestone
            if row.enrollment_id is not None:
                row.due_on, row.is_fixed = change.after, True
                moved.append(row)
                continue
            last += 1
            made.append(
                Milestone(
                    cohort_id=row.cohort_id,
                    enrollment=enrollment,
                    replaces=row,
                    position=last,
                    kind=row.kind,
                    title=row.title,
                    level_id=row.level_id,
                    last_topic_id=row.last_topic_id,
                    through_hours=row.through_hours,
                    due_on=change.after,
                    is_fixed=True,
                )
            )
        Milestone.objects.bulk_update(moved, ["due_on", "is_fixed"], batch_size=500)
        Milestone.objects.bulk_create(made, batch_size=500)


def reset_dates(*, enrollment: Enrollment, milestone: Milestone | None = None) -> int:
    """Give up one own date, or all: the cohort's count again. Returns how many were given up.

    What was planned for a learner who follows another version stays, and follows the plan from its next change on.
    """
    with transaction.atomic():
        Cohort.objects.select_for_update(no_key=True).get(pk=enrollment.cohort_id)
        own = enrollment.milestones.filter(is_fixed=True)
        if milestone is not None:
            own = own.filter(pk=milestone.pk)
        number = own.count()
        own.filter(replaces=None).update(is_fixed=False)
        own.exclude(replaces=None).delete()
    return number


def _check(enrollment: Enrollment, due_on: date) -> None:
    check_date(due_on)
    if due_on < enrollment.cohort.starts_on:
        raise CohortError("before_start", _("This is before the start of the cohort. Choose a later day."))
