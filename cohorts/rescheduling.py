"""From a cohort as it is, or as it would be, to its schedule: what is settled stays, the rest is planned anew."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q
from django.utils import translation

from cohorts.models import Break, Cohort, Milestone
from cohorts.pacing import DAY, Calendar, DaysOff
from cohorts.schedule import Difference, Draft, Standing, compare, generate, key_of, paced_hours
from cohorts.stages import Stage, stages_of
from organizations.models import Organization
from organizations.scope import required_organization_id

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
) -> Difference:
    """What a schedule for the cohort as it is passed in, saved or not, would change in its milestones.

    Of a cohort that has begun, the past stays: when the dates so far differ from what the plan would have made of them
    (other weekly hours then), the rest is planned from today on, from where the old plan stands today.
    `stages` are those of the curriculum; the cohort's share of their hours is taken here.
    Raises CohortError as `generate` and `stages_of` do.
    """
    stages = stages_of(cohort.version, cohort.first_level, cohort.last_level) if stages is None else stages
    stages = [stage.scaled(cohort.hours_share) for stage in stages]
    days_off = days_off_of(cohort) if days_off is None else list(days_off)
    existing = list(cohort.milestones.filter(enrollment=None).order_by("position"))
    settled_before = None if cohort.status in NOT_BEGUN else today
    past = [row for row in existing if settled_before and row.due_on < settled_before and not row.is_fixed]

    drafts = _drafts(cohort, stages, Standing(Calendar(cohort.starts_on, days_off)))
    if not _agrees(past, drafts):
        before = hours_per_week_before or cohort.hours_per_week
        drafts = _drafts(cohort, stages, _standing(stages, past[-1], today, days_off, before))
    return compare(existing, drafts, settled_before=settled_before)


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
    behind = _standing(stages, last, today, days_off_of(cohort), hours_per_week_before).hours
    return today, total - Decimal(behind.numerator) / Decimal(behind.denominator)


def _drafts(cohort: Cohort, stages: Sequence[Stage], standing: Standing) -> list[Draft]:
    # Titles are stored, and everybody reads the same: they are written in the organization's language.
    language = Organization.objects.values_list("language", flat=True).get(pk=required_organization_id())
    with translation.override(language):
        return generate(stages=stages, format=cohort.format, hours_per_week=cohort.hours_per_week, standing=standing)


def _agrees(past: Iterable[Milestone], drafts: Iterable[Draft]) -> bool:
    due = {draft.key: draft.due_on for draft in drafts}
    return all(due.get(key_of(row)) == row.due_on for row in past)


def _standing(
    stages: Sequence[Stage], last: Milestone, today: date, days_off: Iterable[DaysOff], hours_per_week: Decimal
) -> Standing:
    """Where the old plan stands at the end of yesterday: behind the last milestone, and as many days further."""
    days_off = list(days_off)
    since = Calendar(last.due_on + DAY, days_off).count(today - DAY)
    hours = paced_hours(stages, last) + since * Fraction(hours_per_week) / 7
    total = sum((Fraction(stage.hours) for stage in stages), Fraction(0))
    return Standing(Calendar(today, days_off), min(hours, total))
