"""The milestones of a cohort that goes over to another version, and of a learner who follows another one alone.

What is behind the cohort stays as it was. What was set by hand keeps its day and asks for the same share of the level
that its own became. The rest is planned anew. The milestones before and after are kept with the move, so that undoing
it gives back the very same ones.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.planned_ends import note_planned_end
from cohorts.rescheduling import plan_schedule
from cohorts.schedule import Difference, apply_schedule
from cohorts.stages import Stage, stages_of
from cohorts.version_map import Pair
from curriculum.models import CurriculumVersion

Rows = list[dict[str, Any]]
COLUMNS = (
    "enrollment_id", "replaces_id", "position", "kind", "title", "level_id", "last_topic_id", "through_hours", "due_on",
    "is_fixed",
)  # fmt: skip
CENT = Decimal("0.01")


@dataclass(frozen=True)
class ScheduleChange:
    """What happens to the milestones; `retargeted` were set by hand and ask for their share of the other version."""

    difference: Difference
    retargeted: tuple[Milestone, ...] = ()


def plan_for_cohort(*, cohort: Cohort, to: CurriculumVersion, pairs: Sequence[Pair], today: date) -> ScheduleChange:
    """What following the other version from today on would change. Raises CohortError as `plan_schedule` does."""
    levels, topics = _became("level", pairs), _became("topic", pairs)
    old = stages_of(cohort.version, cohort.first_level, cohort.last_level)
    new = stages_of(to, cohort.first_level, cohort.last_level)
    existing, retargeted = [], []
    for row in cohort.milestones.filter(enrollment=None).order_by("position"):
        meant = _retarget(row, old, new, levels, topics) if row.is_fixed and row.due_on >= today else None
        retargeted += [meant] if meant else []
        existing.append(meant or row)
    changed = copy.copy(cohort)
    changed.version = to
    history = [row for row in existing if not row.is_fixed]
    difference = plan_schedule(cohort=changed, today=today, stages=new, existing=existing, history=history)
    return ScheduleChange(difference, tuple(retargeted))


def plan_for_learner(*, enrollment: Enrollment, to: CurriculumVersion, today: date) -> ScheduleChange:
    """A learner apart from the cohort has milestones of their own; back on the cohort's version, the cohort's."""
    cohort = enrollment.cohort
    own = list(enrollment.milestones.order_by("position"))
    meant = tuple(row for row in own if row.replaces_id or row.is_fixed)
    planned = [row for row in own if row not in meant]
    if to.pk == cohort.version_id:
        ahead = tuple(row for row in planned if row.due_on >= today)
        return ScheduleChange(Difference(removed=ahead, kept=tuple(row for row in own if row not in ahead)))
    shared = list(cohort.milestones.filter(enrollment=None).order_by("position"))
    followed = copy.copy(cohort)
    followed.version = to
    history = sorted([*shared, *planned], key=lambda row: row.due_on)
    difference = plan_schedule(cohort=followed, today=today, existing=planned, history=history)
    return ScheduleChange(replace(difference, kept=(*difference.kept, *meant)))


def apply_change(*, cohort: Cohort, change: ScheduleChange, today: date, enrollment: Enrollment | None = None) -> None:
    """The cohort, or the learner, follows the other version already; the caller holds the cohort's lock."""
    Milestone.objects.bulk_update(change.retargeted, ["level", "last_topic", "through_hours"], batch_size=500)
    apply_schedule(cohort=cohort, difference=change.difference, today=today, enrollment=enrollment)


def replan_apart(*, cohort: Cohort, today: date) -> None:
    """Bring the milestones of learners who follow another version in line with the cohort's hours and breaks."""
    apart = cohort.enrollments.exclude(version=cohort.version_id).select_related("version", "cohort")
    for enrollment in apart.filter(milestones__isnull=False).distinct():
        change = plan_for_learner(enrollment=enrollment, to=enrollment.version, today=today)
        apply_change(cohort=cohort, change=change, today=today, enrollment=enrollment)


def drop_own(*, cohort: Cohort, today: date) -> None:
    """Of learners who were apart and whom the cohort has now joined, the milestones that were planned for them."""
    Milestone.objects.filter(
        cohort=cohort, enrollment__version=cohort.version_id, level__version=cohort.version_id, replaces=None,
        is_fixed=False, due_on__gte=today,
    ).delete()  # fmt: skip


# -- what was there, to be given back ----------------------------------------------------------------------------------


def rows_of(cohort: Cohort, enrollment: Enrollment | None = None) -> Rows:
    """The cohort's milestones with those of its learners, or one learner's own, as plain values."""
    found = cohort.milestones.all() if enrollment is None else cohort.milestones.filter(enrollment=enrollment)
    rows = found.order_by("pk").values("id", *COLUMNS)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def restore(*, cohort: Cohort, before: Rows, today: date, enrollment: Enrollment | None = None) -> None:
    """Give the milestones back as `rows_of` told them."""
    found = cohort.milestones.all() if enrollment is None else cohort.milestones.filter(enrollment=enrollment)
    found.delete()
    Milestone.objects.bulk_create(
        [
            Milestone(cohort=cohort, **{**row, "due_on": date.fromisoformat(row["due_on"]),
                                        "through_hours": Decimal(row["through_hours"])})
            for row in sorted(before, key=lambda row: row["replaces_id"] is not None)
        ],
        batch_size=500,
    )  # fmt: skip
    if enrollment is None:
        note_planned_end(cohort, today=today)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value


def _became(kind: str, pairs: Sequence[Pair]) -> dict[UUID, UUID]:
    """The first node that each counts for."""
    found: dict[UUID, UUID] = {}
    for pair in pairs:
        if pair.kind == kind:
            found.setdefault(pair.old, pair.new)
    return found


def _retarget(
    row: Milestone,
    old: Sequence[Stage],
    new: Sequence[Stage],
    levels: Mapping[UUID, UUID],
    topics: Mapping[UUID, UUID],
) -> Milestone | None:
    """A copy of the milestone for the other version; None when its level is none of that one's."""
    before, stage = _place(old, row.level_id)
    passed, target = _place(new, levels.get(row.level_id))
    if stage is None or target is None:
        return None
    share = (row.through_hours - before) / stage.planned_hours if stage.planned_hours else Decimal(1)
    meant = copy.copy(row)
    meant.level_id = target.level_id
    meant.last_topic_id = topics.get(row.last_topic_id) if row.last_topic_id else None
    meant.through_hours = (passed + target.planned_hours * share).quantize(CENT)
    return meant


def _place(stages: Sequence[Stage], level_id: UUID | None) -> tuple[Decimal, Stage | None]:
    """The planned hours before a level, and the level."""
    before = Decimal()
    for stage in stages:
        if stage.level_id == level_id:
            return before, stage
        before += stage.planned_hours
    return before, None
