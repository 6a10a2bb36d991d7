"""Written stand-ups, for cohorts that do not meet: what learners did, will do, and wait for, once a working day.

A day is one of the learner's own calendar; working days are Monday to Friday outside the cohort's breaks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.gatherings import WORKING_DAYS
from cohorts.groups import members_on
from cohorts.history import statuses_as_of
from cohorts.models import Break, Cohort, Enrollment, StandUpSwitch, WrittenStandUp

MOST_WORDS = 500


@dataclass(frozen=True, kw_only=True)
class Board:
    """The stand-ups of one day: who is blocked first, then by name; and who of those expected wrote none."""

    day: date
    is_expected: bool
    written: list[WrittenStandUp]
    missing: list[Enrollment]

    @property
    def blocked(self) -> int:
        return sum(bool(one.blocked_by) for one in self.written)


def own_day(enrollment: Enrollment, at: datetime) -> date:
    return at.astimezone(enrollment.zone).date()


def switch(*, cohort: Cohort, is_on: bool, on: date, by: Membership) -> StandUpSwitch | None:
    """Let the learners write stand-ups from that day on, or no longer; None when that is so already."""
    if is_switched_on(cohort, on=on) == is_on:
        return None
    return StandUpSwitch.objects.create(cohort=cohort, is_on=is_on, effective_on=on, recorded_by=by)


def is_switched_on(cohort: Cohort, *, on: date) -> bool:
    return cohort.pk in switched_on([cohort.pk], on=on)


def switched_on(cohorts: Iterable[UUID], *, on: date) -> set[UUID]:
    """The cohorts that write stand-ups on that day; one query."""
    latest = switches_until(on).filter(cohort__in=list(cohorts)).distinct("cohort")
    return {one.cohort_id for one in latest if one.is_on}


def switches_until(on: Any) -> "QuerySet[StandUpSwitch]":
    """Those that took effect by that day, of each cohort the one that counts first."""
    rows = StandUpSwitch.objects.filter(effective_on__lte=on)
    return rows.order_by("cohort", "-effective_on", "-recorded_at", "-pk")


def is_working_day(cohort: Cohort, day: date) -> bool:
    """Monday to Friday, and no break of the cohort or of everybody."""
    if day.weekday() not in WORKING_DAYS:
        return False
    off = Break.objects.filter(Q(cohort=None) | Q(cohort=cohort), starts_on__lte=day, ends_on__gte=day)
    return not off.exists()


def write_stand_up(
    *, enrollment: Enrollment, yesterday: str, today: str, blocked_by: str = "", at: datetime
) -> WrittenStandUp:
    """Write or change the stand-up of the learner's own day.

    Raises CohortError: `not_active`, `not_written_here` where the cohort writes none, or `nothing_written`.
    """
    day = own_day(enrollment, at)
    if enrollment.status != Enrollment.Status.ACTIVE:
        raise CohortError("not_active", _("Only learners who are active write stand-ups."))
    if not is_switched_on(enrollment.cohort, on=day):
        raise CohortError("not_written_here", _("Your cohort does not write stand-ups."))
    if not (yesterday.strip() and today.strip()):
        raise CohortError("nothing_written", _("Write what you did and what you will do."))
    words = {"yesterday": yesterday.strip(), "today": today.strip(), "blocked_by": blocked_by.strip(), "changed_at": at}
    with transaction.atomic():
        written, _is_new = WrittenStandUp.objects.update_or_create(
            enrollment=enrollment, day=day, defaults=words, create_defaults={**words, "written_at": at}
        )
    return written


def board_of(cohort: Cohort, *, day: date, people: Sequence[Enrollment]) -> Board:
    """Of these learners of the cohort; five queries at most."""
    written = written_on(people, day=day)
    is_expected = is_switched_on(cohort, on=day) and is_working_day(cohort, day)
    missing: list[Enrollment] = []
    if is_expected:
        wrote = {one.enrollment_id for one in written}
        statuses = statuses_as_of(people, on=day)
        missing = [one for one in people if one.pk not in wrote and statuses.get(one.pk) == Enrollment.Status.ACTIVE]
    return Board(day=day, is_expected=is_expected, written=written, missing=missing)


def written_on(people: Iterable[Enrollment], *, day: date) -> list[WrittenStandUp]:
    """Who is blocked first, then by name."""
    found: QuerySet[WrittenStandUp] = WrittenStandUp.objects.filter(enrollment__in=[one.pk for one in people], day=day)
    found = found.select_related("enrollment__learner")
    return sorted(found, key=lambda one: (not one.blocked_by, one.enrollment.learner.name.casefold()))


def seen_by_learner(enrollment: Enrollment, *, day: date) -> list[WrittenStandUp]:
    """What the others of the learner's peer group wrote on that day."""
    mates = [one for one in members_on(enrollment, on=day) if one.pk != enrollment.pk]
    return written_on(mates, day=day)
