"""From a cohort as it is, or as it would be, to its schedule: what is settled stays, the rest is planned anew."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Max, Min, Q
from django.utils import translation

from cohorts.models import Break, Cohort, Milestone
from cohorts.pacing import DAY, Calendar, DaysOff
from cohorts.schedule import Difference, Draft, Standing, compare, generate, key_of, paced_hours, planned_hours
from cohorts.stages import Stage, stages_of
from curriculum.models import Level
from organizations.models import Organization

#: In these states nothing of the schedule has happened yet, whatever its dates say.
NOT_BEGUN = (Cohort.Status.PLANNED, Cohort.Status.ENROLLING)


def days_off_of(cohort: Cohort | None) -> list[DaysOff]:
    """The breaks of the organization, and those of the cohort when it exists."""
    own = Q(cohort=None) if cohort is None or cohort._state.adding else Q(cohort=None) | Q(cohort=cohort)
    return [DaysOff(first, last) for first, last in Break.objects.filter(own).values_list("starts_on", "ends_on")]


def plan_schedule(
    *,
    cohort: Cohort,
    today: date,
    days_off: Iterable[DaysOff] | None = None,
    stages: Sequence[Stage] | None = None,
    hours_per_week_before: Decimal | None = None,
    existing: Sequence[Milestone] | None = None,
    history: Sequence[Milestone] | None = None,
) -> Difference:
    """What a schedule for the cohort as it is passed in, saved or not, would change in its milestones.

    Of a cohort that has begun, the past stays: when the dates so far differ from what the plan would have made of them
    (other weekly hours then), the rest is planned from today on, from where the old plan stands today. Where the past
    followed another version, as many hours of this one are behind the cohort as were of that one.
    `stages` are those of the curriculum; the cohort's share of their hours is taken here.
    `existing` and `history` (the milestones that tell the past) are the cohort's own unless given.
    Raises CohortError as `generate` and `stages_of` do.
    """
    stages = stages_of(cohort.version, cohort.first_level, cohort.last_level) if stages is None else stages
    stages = [stage.scaled(cohort.hours_share) for stage in stages]
    days_off = days_off_of(cohort) if days_off is None else list(days_off)
    if existing is None:
        existing = list(cohort.milestones.filter(enrollment=None).order_by("position"))
    settled_before = None if cohort.status in NOT_BEGUN else today
    told = existing if history is None else history
    past = [row for row in told if settled_before and row.due_on < settled_before and not row.is_fixed]

    start = Standing(Calendar(cohort.starts_on, days_off))
    drafts, behind = _drafts(cohort, stages, start), None
    followed = _followed(cohort, past, stages)
    expected = drafts if followed is stages else _drafts(cohort, followed, start)
    levels = {stage.level_id for stage in followed}
    standing = None
    if not _agrees([row for row in past if row.level_id in levels], expected):
        before = hours_per_week_before or cohort.hours_per_week
        standing = _standing(stages, followed, past[-1], today, days_off, before)
        drafts = _drafts(cohort, stages, standing)
    if settled_before and (followed is not stages or history is not None):
        passed = start.calendar.count(today - DAY) * Fraction(cohort.hours_per_week) / 7
        behind = planned_hours(stages, standing.hours if standing else passed)
        # Nobody was asked for it before: it is due today at the earliest.
        first = Calendar(today, days_off).day(1)
        drafts = [replace(draft, due_on=max(draft.due_on, first)) for draft in drafts]
    return compare(existing, drafts, settled_before=settled_before, behind=behind)


def _followed(cohort: Cohort, past: Sequence[Milestone], stages: Sequence[Stage]) -> Sequence[Stage]:
    """The levels that the last milestone of the past asked for: those of the cohort, or of a version it left."""
    if not past or any(stage.level_id == past[-1].level_id for stage in stages):
        return stages
    version = Level.objects.select_related("version").get(pk=past[-1].level_id).version
    numbers = Level.objects.filter(version=version).aggregate(first=Min("number"), last=Max("number"))
    first, last = max(cohort.first_level, numbers["first"]), min(cohort.last_level, numbers["last"])
    return [stage.scaled(cohort.hours_share) for stage in stages_of(version, first, last)]


def rest_of(*, cohort: Cohort, today: date, hours_per_week_before: Decimal) -> tuple[date, Decimal]:
    """From which day on other hours a week count, and the hours that are ahead then.

    As in `plan_schedule` that is today, from where the schedule made at the hours a week before stands; and the start
    as long as none of the cohort's milestones is behind it.
    """
    planned = stages_of(cohort.version, cohort.first_level, cohort.last_level)
    stages = [stage.scaled(cohort.hours_share) for stage in planned]
    total = sum((stage.hours for stage in stages), Decimal())
    past = cohort.milestones.filter(enrollment=None, is_fixed=False, due_on__lt=today)
    last = past.order_by("position").last()
    if last is None:
        return cohort.starts_on, total
    followed = _followed(cohort, [last], stages)
    behind = _standing(stages, followed, last, today, days_off_of(cohort), hours_per_week_before).hours
    return today, total - Decimal(behind.numerator) / Decimal(behind.denominator)


def _drafts(cohort: Cohort, stages: Sequence[Stage], standing: Standing) -> list[Draft]:
    # Titles are stored, and everybody reads the same: they are written in the organization's language.
    language = Organization.in_scope().language
    with translation.override(language):
        return generate(stages=stages, format=cohort.format, hours_per_week=cohort.hours_per_week, standing=standing)


def _agrees(past: Iterable[Milestone], drafts: Iterable[Draft]) -> bool:
    due = {draft.key: draft.due_on for draft in drafts}
    return all(due.get(key_of(row)) == row.due_on for row in past)


def _standing(
    stages: Sequence[Stage],
    followed: Sequence[Stage],
    last: Milestone,
    today: date,
    days_off: Iterable[DaysOff],
    hours_per_week: Decimal,
) -> Standing:
    """Where the old plan stands at the end of yesterday: behind the last milestone, and as many days further."""
    days_off = list(days_off)
    since = Calendar(last.due_on + DAY, days_off).count(today - DAY)
    hours = paced_hours(followed, last) + since * Fraction(hours_per_week) / 7
    total = sum((Fraction(stage.hours) for stage in stages), Fraction(0))
    return Standing(Calendar(today, days_off), min(hours, total))
