"""Learners check in themselves, with a code that the host shows to who is there.

The code lives for a quarter of an hour and takes few wrong guesses from each learner, however fast they come: with
six digits, nobody guesses it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.attendance import CAME, Mark, check_open, latest_marks
from cohorts.errors import CohortError
from cohorts.gatherings import Days, Occurrence, hold
from cohorts.models import AttendanceMark, CheckInTry, Cohort, Enrollment, Gathering, GatheringDay
from cohorts.pacing import DaysOff
from organizations.prepared import Prepared

#: How long a code works after the start, and at least after it was shown.
OPEN_FOR = timedelta(minutes=15)
#: A code may be shown so long before the start.
OPENS_BEFORE = timedelta(minutes=30)
#: Who checks in later than this is late.
LATE_AFTER = timedelta(minutes=5)
MOST_TRIES = 5
CODE_LENGTH = 6


def open_check_in(*, occurrence: Occurrence, by: Membership, at: datetime) -> GatheringDay:
    """Make a new code, in place of any other, with fresh tries for everybody.

    It works until 15 minutes after the start, or for 15 minutes when that is later. Raises CohortError: `not_yet` more
    than half an hour before the start, `too_late` once the day is over, `cancelled`.
    """
    check_open(occurrence, at)
    if at < occurrence.starts_at - OPENS_BEFORE:
        raise CohortError("not_yet", _("A code can be shown from half an hour before the start."))
    if occurrence.day != occurrence.gathering.cohort.today(at):
        raise CohortError("too_late", _("That day is over. Mark who was there by hand."))
    with transaction.atomic():
        held = hold(occurrence)
        held.code = "".join(secrets.choice("0123456789") for _digit in range(CODE_LENGTH))
        held.code_shown_at = at
        held.code_closes_at = max(occurrence.starts_at, at) + OPEN_FOR
        held.save(update_fields=["code", "code_shown_at", "code_closes_at"])
    return held


def close_check_in(*, occurrence: Occurrence) -> None:
    """Let the code work no longer."""
    held = hold(occurrence)
    held.code, held.code_closes_at = "", None
    held.save(update_fields=["code", "code_closes_at"])


def is_check_in_open(occurrence: Occurrence, at: datetime) -> bool:
    held = occurrence.held
    return held is not None and held.code_closes_at is not None and at < held.code_closes_at and bool(held.code)


def open_for(enrollment: Enrollment, *, at: datetime) -> list[Occurrence]:
    """The gatherings of today at which the learner may check in now."""
    if not _may_check_in(enrollment):
        return []
    return [one for one in today_for(enrollment, at=at) if is_check_in_open(one, at)]


def today_for(enrollment: Enrollment, *, at: datetime, days_off: Sequence[DaysOff] | None = None) -> list[Occurrence]:
    """What the learner's cohort comes together for today, in order; days that were called off included.

    `days_off` are the cohort's, where the caller has them.
    """
    day = enrollment.cohort.today(at)
    for gathering in (found := _PLANNED.rows(cohort=enrollment.cohort_id, day=day, weekdays=[day.weekday()])):
        gathering.cohort = enrollment.cohort
    return Days(found, days_off=days_off).between(day, day) if found else []


def planned_on(cohort: Any, *, day: Any, weekdays: Any) -> "QuerySet[Gathering]":
    """What the cohort with that id comes together for on that day, the one of `weekdays`, unless there is a break."""
    begun = Gathering.objects.filter(Q(last_day=None) | Q(last_day__gte=day), cohort=cohort, first_day__lte=day)
    return begun.filter(Q(weekdays=[]) | Q(weekdays__contains=weekdays))


_PLANNED = Prepared(
    lambda cohort, day, weekdays: planned_on(cohort, day=day, weekdays=weekdays).select_related("led_by")
)


@dataclass(frozen=True)
class OwnRow:
    """A gathering of today as the learner sees it: whether check-in is open for them, and how they are marked."""

    occurrence: Occurrence
    is_open: bool
    mark: AttendanceMark | None


def own_today(enrollment: Enrollment, *, at: datetime, days_off: Sequence[DaysOff] | None = None) -> list[OwnRow]:
    """Today's gatherings of the learner's cohort, in order of time."""
    occurrences = today_for(enrollment, at=at, days_off=days_off)
    marks = latest_marks([one.held for one in occurrences if one.held], enrollments=[enrollment.pk])
    may = _may_check_in(enrollment)
    return [
        OwnRow(one, may and is_check_in_open(one, at), marks.get((one.held.pk, enrollment.pk)) if one.held else None)
        for one in occurrences
    ]


def check_in(*, enrollment: Enrollment, code: str, at: datetime) -> AttendanceMark:
    """Mark the learner present, or late from five minutes after the start, at the gathering whose code it is.

    Who is marked as having come stays marked as they are. Raises CohortError `nothing_open`, `too_many_tries` or
    `wrong_code`; a wrong code counts against every gathering that is open.
    """
    code = "".join(code.split())
    # One after another for each learner, so that the tries are counted right.
    Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
    occurrences = open_for(enrollment, at=at)
    if not occurrences:
        raise CohortError("nothing_open", _("No check-in is open for you now. Ask the host to show a code."))
    allowed = [one for one in occurrences if _tries(one, enrollment) < MOST_TRIES]
    if not allowed:
        raise CohortError(
            "too_many_tries", _("That were too many wrong codes. Ask the host for a new code, or to mark you.")
        )
    found = next((one for one in allowed if secrets.compare_digest(_code(one).encode(), code.encode())), None)
    if found is None:
        CheckInTry.objects.bulk_create(
            CheckInTry(held=one.held, enrollment=enrollment, recorded_at=at) for one in allowed
        )
        raise CohortError("wrong_code", _("This is not the code. Enter the six digits that the host shows."))
    held = hold(found)
    known = latest_marks([held], enrollments=[enrollment.pk]).get((held.pk, enrollment.pk))
    if known is not None and known.status in CAME:
        return known
    status = Mark.PRESENT if at <= found.starts_at + LATE_AFTER else Mark.LATE
    return AttendanceMark.objects.create(
        held=held, enrollment=enrollment, status=status, is_check_in=True, recorded_by=enrollment.learner
    )


def _may_check_in(enrollment: Enrollment) -> bool:
    return enrollment.status == Enrollment.Status.ACTIVE and enrollment.cohort.status == Cohort.Status.RUNNING


def _code(occurrence: Occurrence) -> str:
    return occurrence.held.code if occurrence.held else ""


def _tries(occurrence: Occurrence, enrollment: Enrollment) -> int:
    """Wrong codes since this one was shown."""
    held = occurrence.held
    if held is None or held.code_shown_at is None:
        return 0
    return CheckInTry.objects.filter(held=held, enrollment=enrollment, recorded_at__gte=held.code_shown_at).count()
