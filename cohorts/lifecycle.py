"""The life of a cohort: made with its schedule, changed, and moved from planned to completed."""

import copy
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.zones import check_zone
from cohorts.errors import CohortError
from cohorts.gatherings import plan_daily_stand_ups
from cohorts.history import activate_enrolled, seats_taken
from cohorts.models import MOST_OFFER_DAYS, Break, Cohort, CohortStatusChange, Enrollment
from cohorts.move_schedule import replan_apart
from cohorts.outlook import Needed, needed_for
from cohorts.pacing import WHOLE, check_date, check_share, check_weekly_hours
from cohorts.rescheduling import NOT_BEGUN, days_off_of, plan_schedule, rest_of
from cohorts.schedule import Difference, apply_schedule
from cohorts.touching import touch_cohorts
from curriculum.models import CurriculumVersion, Format

Status = Cohort.Status

#: The allowed moves of a cohort; completed and cancelled are ends.
MOVES: dict[str, frozenset[str]] = {
    Status.PLANNED: frozenset({Status.ENROLLING, Status.CANCELLED}),
    Status.ENROLLING: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.COMPLETED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
RESERVED_SLUGS = {"new"}
SLUG_LENGTH = 60


class Changes(TypedDict, total=False):
    """What of a cohort may be changed."""

    name: str
    format: str
    hours_per_week: Decimal
    hours_share: Decimal
    first_level: int
    last_level: int
    starts_on: date
    census_on: date
    capacity: int | None
    offer_days: int
    offers_itself: bool
    time_zone: str
    lead: Membership | None


#: Another value for one of these makes another schedule.
SCHEDULING = ("format", "hours_per_week", "hours_share", "first_level", "last_level", "starts_on")


def draft_cohort(
    *,
    name: str,
    version: CurriculumVersion,
    format: str,
    hours_per_week: Decimal,
    first_level: int,
    last_level: int,
    starts_on: date,
    time_zone: str,
    hours_share: Decimal = WHOLE,
    capacity: int | None = None,
    census_on: date | None = None,
    lead: Membership | None = None,
) -> Cohort:
    """A cohort that is checked and not saved. Raises CohortError as `create_cohort` does."""
    if version.status != CurriculumVersion.Status.PUBLISHED:
        raise CohortError(
            "version_not_published",
            _("“%(version)s” is not published. Publish it, then make the cohort.") % {"version": version},
        )
    check_date(starts_on)
    cohort = Cohort(
        name=name.strip(),
        slug="",
        version=version,
        format=format,
        hours_per_week=hours_per_week,
        hours_share=hours_share,
        first_level=first_level,
        last_level=last_level,
        starts_on=starts_on,
        census_on=census_on or Cohort.default_census(starts_on),
        capacity=capacity,
        time_zone=time_zone,
        lead=lead,
    )
    _check(cohort)
    return cohort


def create_cohort(*, by: Membership | None, at: datetime, breaks: Sequence[Break] = (), **values: Any) -> Cohort:
    """Make a planned cohort with its address, its first status, breaks of its own and its milestones.

    `values` are those of `draft_cohort`: without `census_on` the census is 14 days after the start; `hours_share` is
    what it takes of the planned hours.
    Raises CohortError when a value is out of bounds, the version is not published or lacks a level.
    """
    cohort = draft_cohort(**values)
    with transaction.atomic():
        cohort.slug, cohort.created_by = _free_slug(cohort.name), by
        cohort.save()
        for pause in breaks:
            pause.cohort = cohort
        Break.objects.bulk_create(breaks)
        today = cohort.today(at)
        CohortStatusChange.objects.create(cohort=cohort, to_status=cohort.status, effective_on=today, recorded_by=by)
        apply_schedule(cohort=cohort, difference=plan_schedule(cohort=cohort, today=today), today=today)
        plan_daily_stand_ups(cohort, by=by)
    return cohort


def change_status(*, cohort: Cohort, to: str, effective_on: date, by: Membership | None, note: str = "") -> Cohort:
    """Move the cohort along `MOVES`; a cohort that starts running makes everyone enrolled active.

    Raises CohortError: `move_not_allowed`, `before_last_change`, `date_out_of_range`, or `learners_active` when a
    cohort with learners is to be cancelled.
    """
    check_date(effective_on)
    with transaction.atomic():
        locked = _locked(cohort)
        if to not in MOVES[locked.status]:
            raise CohortError(
                "move_not_allowed",
                _("A cohort that is %(from)s cannot become %(to)s.")
                % {"from": locked.get_status_display().lower(), "to": Status(to).label.lower()},
            )
        since = locked.status_changes.filter(to_status=locked.status).aggregate(on=Max("effective_on"))["on"]
        # A cohort that ran before it was entered here is made today and begins in the past.
        if locked.status != Status.PLANNED and since and effective_on < since:
            raise CohortError(
                "before_last_change",
                _("The cohort became %(status)s on %(date)s. Choose that day or a later one.")
                % {"status": locked.get_status_display().lower(), "date": since.isoformat()},
            )
        if to == Status.CANCELLED:
            _check_nobody_active(locked)
        CohortStatusChange.objects.create(
            cohort=locked, from_status=locked.status, to_status=to, effective_on=effective_on, note=note, recorded_by=by
        )
        locked.status = to
        locked.save(update_fields=["status"])
        if to == Status.RUNNING:
            activate_enrolled(cohort=locked, effective_on=effective_on, by=by)
    cohort.status = locked.status
    return cohort


def preview_change(*, cohort: Cohort, changes: Changes, today: date) -> Difference:
    """What the changes would do to the schedule. Raises CohortError as `change_cohort` does."""
    return _plan(cohort, _changed(cohort, changes), today)


def needed_by(*, cohort: Cohort, changes: Changes, by: date, today: date) -> Needed:
    """The hours a week that end the changed cohort by that day, from where its schedule stands.

    Raises CohortError as `change_cohort` does, and as `needed_for` for a day that is too early.
    """
    changed = _changed(cohort, changes)
    since, hours = rest_of(cohort=changed, today=today, hours_per_week_before=_pace_before(cohort, changed))
    return needed_for(hours, since, by, days_off_of(cohort))


def change_cohort(*, cohort: Cohort, changes: Changes, today: date) -> Cohort:
    """Save the changes, and the schedule that follows from them.

    Raises CohortError when a value is out of bounds, `has_begun` for a new start of a cohort that runs, or
    `capacity_too_small` under the seats taken.
    """
    with transaction.atomic():
        locked = _locked(cohort)
        changed = _changed(locked, changes)
        difference = _plan(locked, changed, today)
        changed.save(update_fields=list(changes))
        touch_cohorts(changed.pk)
        apply_schedule(cohort=changed, difference=difference, today=today)
        replan_apart(cohort=changed, today=today)
    return changed


def may_move_start(cohort: Cohort) -> bool:
    """Whether the start and the first level may still change."""
    return cohort.status in NOT_BEGUN


def regenerate_schedule(*, cohort: Cohort, today: date) -> Difference:
    """Bring the milestones in line with the curriculum, hours and breaks; returns what changed."""
    with transaction.atomic():
        locked = _locked(cohort)
        difference = plan_schedule(cohort=locked, today=today)
        apply_schedule(cohort=locked, difference=difference, today=today)
        replan_apart(cohort=locked, today=today)
    return difference


def _plan(cohort: Cohort, changed: Cohort, today: date) -> Difference:
    if all(getattr(cohort, name) == getattr(changed, name) for name in SCHEDULING):
        return Difference(kept=tuple(cohort.milestones.filter(enrollment=None)))
    return plan_schedule(cohort=changed, today=today, hours_per_week_before=_pace_before(cohort, changed))


def _pace_before(cohort: Cohort, changed: Cohort) -> Decimal:
    """The hours a week until now, in the hours that the levels take now: at half the share, ten then were five."""
    return cohort.hours_per_week * changed.hours_share / cohort.hours_share


def _changed(cohort: Cohort, changes: Changes) -> Cohort:
    """A copy of the cohort with the changes, checked and not saved."""
    changed = copy.copy(cohort)
    for name, value in changes.items():
        setattr(changed, name, value)
    changed.name = changed.name.strip()
    _check(changed)
    moved = changed.starts_on != cohort.starts_on or changed.first_level != cohort.first_level
    if moved and not may_move_start(cohort):
        raise CohortError(
            "has_begun",
            _("The cohort has begun. Its start and its first level stay; change the hours or the last level."),
        )
    taken = seats_taken(cohort) + cohort.offers.unanswered().count()
    if changed.capacity is not None and changed.capacity < taken:
        raise CohortError(
            "capacity_too_small",
            _("%(taken)s seats are taken or offered. Choose at least as many, or let learners go on elsewhere first.")
            % {"taken": taken},
        )
    return changed


def _check(cohort: Cohort) -> None:
    if not cohort.name:
        raise CohortError("name_missing", _("Enter a name for the cohort."))
    if cohort.format not in Format.values:
        raise CohortError("unknown_format", _("Choose self-paced, bootcamp or blended."))
    if not 1 <= cohort.first_level <= cohort.last_level:
        raise CohortError("unknown_levels", _("The first level comes after the last. Swap them."))
    check_date(cohort.starts_on)
    check_date(cohort.census_on)
    check_weekly_hours(cohort.hours_per_week)
    check_share(cohort.hours_share)
    check_zone(cohort.time_zone)
    if cohort.census_on < cohort.starts_on:
        raise CohortError("census_before_start", _("The census date lies before the start. Choose a later one."))
    if cohort.capacity is not None and cohort.capacity < 1:
        raise CohortError("no_seats", _("A cohort has at least one seat. Leave the capacity empty for no limit."))
    if not 1 <= cohort.offer_days <= MOST_OFFER_DAYS:
        raise CohortError(
            "offer_days_out_of_range",
            _("An offer stands for 1 to %(most)s days. Enter such a number.") % {"most": MOST_OFFER_DAYS},
        )


def _check_nobody_active(cohort: Cohort) -> None:
    active = cohort.enrollments.filter(status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE]).count()
    if active:
        raise CohortError(
            "learners_active",
            _("Learners who are active or on leave: %(count)s. Withdraw or transfer them first.") % {"count": active},
        )


def _locked(cohort: Cohort) -> Cohort:
    return Cohort.objects.select_related("version").select_for_update(of=("self",), no_key=True).get(pk=cohort.pk)


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:SLUG_LENGTH].strip("-") or "cohort"
    taken = set(Cohort.objects.filter(slug__startswith=wanted[: SLUG_LENGTH - 5]).values_list("slug", flat=True))
    taken |= RESERVED_SLUGS
    chosen, number = wanted, 2
    while chosen in taken:
        chosen, number = f"{wanted[: SLUG_LENGTH - 5]}-{number}", number + 1
    return chosen
