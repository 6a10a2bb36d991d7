"""Days without program. A break moves the milestones behind it, so its effect is shown before it is made."""

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from cohorts.changes import Effect
from cohorts.errors import CohortError
from cohorts.models import Break, Cohort, Milestone
from cohorts.move_schedule import replan_apart
from cohorts.pacing import Calendar, DaysOff, check_date
from cohorts.rescheduling import days_off_of, plan_schedule
from cohorts.schedule import apply_schedule
from cohorts.stages import Stage, stages_of
from cohorts.touching import touch_cohorts
from design.dates import written_day

#: A break longer than this is a slip of the pen.
LONGEST_BREAK = 366


def everyones_breaks() -> QuerySet[Break]:
    """The organization's calendar, in order."""
    return Break.objects.filter(cohort=None).order_by("starts_on", "ends_on", "name")


def breaks_of(cohort: Cohort) -> QuerySet[Break]:
    """Everyone's and the cohort's own, in order, without those that were over before it began."""
    of_it = Break.objects.filter(Q(cohort=None) | Q(cohort=cohort), ends_on__gte=cohort.starts_on)
    return of_it.order_by("starts_on", "ends_on")


def check_break(*, name: str, starts_on: date, ends_on: date) -> None:
    """Raises CohortError `name_missing`, `date_out_of_range`, `break_not_in_order` or `break_too_long`."""
    if not name.strip():
        raise CohortError("name_missing", _("Enter a name for the break."))
    check_date(starts_on)
    check_date(ends_on)
    if ends_on < starts_on:
        raise CohortError("break_not_in_order", _("The last day lies before the first. Swap them."))
    if (ends_on - starts_on).days >= LONGEST_BREAK:
        raise CohortError("break_too_long", _("A break is at most a year long. Check the two dates."))


def preview_break(*, name: str, starts_on: date, ends_on: date, cohort: Cohort | None, today: date) -> list[Effect]:
    """What a new break would do to the cohort, or to all that are not over when it is everyone's.

    Raises CohortError as `check_break` does, and when it leaves a cohort no time.
    """
    check_break(name=name, starts_on=starts_on, ends_on=ends_on)
    return effects_of(cohort=cohort, today=today, added=[DaysOff(starts_on, ends_on)])


def add_break(*, name: str, starts_on: date, ends_on: date, cohort: Cohort | None, today: date) -> Break:
    """Make the break, for one cohort or (None) for everyone, and move what it moves. Raises as `preview_break` does."""
    check_break(name=name, starts_on=starts_on, ends_on=ends_on)
    made = Break(cohort=cohort, name=name.strip(), starts_on=starts_on, ends_on=ends_on)
    add_breaks(made=[made], cohort=cohort, today=today)
    return made


def add_breaks(*, made: Sequence[Break], changed: Sequence[Break] = (), cohort: Cohort | None, today: date) -> None:
    """Save breaks of one cohort, or of everyone, and move what they move. Raises CohortError as `effects_of` does."""
    with transaction.atomic():
        cohorts = _locked(_concerned(cohort))
        _check_time_left(cohorts, [DaysOff(pause.starts_on, pause.ends_on) for pause in (*made, *changed)])
        Break.objects.bulk_create(made)
        Break.objects.bulk_update(changed, ["name", "starts_on", "ends_on"])
        _apply(_effects(cohorts, today), today)
        touch_cohorts(*(each.pk for each in cohorts))


def effects_of(
    *, cohort: Cohort | None, today: date, added: Sequence[DaysOff] = (), removed: Sequence[DaysOff] = ()
) -> list[Effect]:
    """What other days off would do to the cohort, or to all that are not over.

    Raises CohortError `breaks_cover_cohort` when they leave no day of what a cohort has planned, or
    `breaks_leave_no_time`.
    """
    cohorts = _concerned(cohort)
    _check_time_left(cohorts, added)
    return list(_effects(cohorts, today, added=added, removed=removed))


def preview_removal(*, pause: Break, today: date) -> list[Effect]:
    """What it would do to take the break away."""
    return list(_effects(_concerned(pause.cohort), today, removed=[DaysOff(pause.starts_on, pause.ends_on)]))


def remove_break(*, pause: Break, today: date) -> None:
    """Take the break away, and move back what it moved."""
    with transaction.atomic():
        cohorts = _locked(_concerned(pause.cohort))
        pause.delete()
        _apply(_effects(cohorts, today), today)
        touch_cohorts(*(each.pk for each in cohorts))


def _concerned(cohort: Cohort | None) -> Sequence[Cohort]:
    over = (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED)
    if cohort is not None:
        return [] if cohort.status in over else [cohort]
    return list(Cohort.objects.exclude(status__in=over).select_related("version").order_by("pk"))


def _locked(cohorts: Sequence[Cohort]) -> list[Cohort]:
    keys = [cohort.pk for cohort in cohorts]
    locked = Cohort.objects.filter(pk__in=keys).order_by("pk").select_related("version")
    return list(locked.select_for_update(of=("self",), no_key=True))


def _check_time_left(cohorts: Sequence[Cohort], added: Sequence[DaysOff]) -> None:
    """Nobody means a break that covers all of a cohort; it would move everything behind it."""
    if not added:
        return
    keys = [cohort.pk for cohort in cohorts]
    dates = Milestone.objects.filter(cohort__in=keys, enrollment=None).order_by().values("cohort")
    ends: dict[UUID, date] = dict(dates.annotate(last=Max("due_on")).values_list("cohort", "last"))
    for cohort in cohorts:
        end = ends.get(cohort.pk)
        if end is not None and not Calendar(cohort.starts_on, added).count(end):
            raise CohortError(
                "breaks_cover_cohort",
                _("This covers all of %(cohort)s, from %(start)s to %(end)s. Choose fewer days.")
                % {
                    "cohort": cohort.name,
                    "start": written_day(cohort.starts_on, "j M Y"),
                    "end": written_day(end, "j M Y"),
                },
            )


def _effects(
    cohorts: Sequence[Cohort], today: date, *, added: Sequence[DaysOff] = (), removed: Sequence[DaysOff] = ()
) -> Iterator[Effect]:
    stages: dict[tuple[object, int, int], list[Stage]] = {}
    for cohort in cohorts:
        days_off = days_off_of(cohort) + list(added)
        for gone in removed:
            days_off.remove(gone)
        key = cohort.version_id, cohort.first_level, cohort.last_level
        if key not in stages:
            stages[key] = stages_of(cohort.version, cohort.first_level, cohort.last_level)
        difference = plan_schedule(cohort=cohort, today=today, days_off=days_off, stages=stages[key])
        yield Effect(cohort, difference)


def _apply(effects: Iterator[Effect], today: date) -> None:
    for effect in effects:
        apply_schedule(cohort=effect.cohort, difference=effect.difference, today=today)
        replan_apart(cohort=effect.cohort, today=today)
