"""Who was there. Every mark is a fact with who made it and when; the latest one of a learner counts for the day.

On a day without marks attendance was not taken: that is nobody's absence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.gatherings import Occurrence, hold
from cohorts.history import statuses_as_of
from cohorts.models import AttendanceMark, Enrollment, GatheringDay
from cohorts.touching import touch

Mark = AttendanceMark.Status
#: Who was there, if late.
CAME = (Mark.PRESENT, Mark.LATE)


@dataclass(frozen=True)
class Line:
    """A learner who is expected, and what is said of them; `mark` is None while nothing is, or it was taken back."""

    enrollment: Enrollment
    mark: AttendanceMark | None


def expected_on(occurrence: Occurrence) -> list[Enrollment]:
    """Who takes part in the cohort on that day, by name: neither on leave, nor before their first day."""
    people = list(
        Enrollment.objects.filter(cohort=occurrence.gathering.cohort_id)
        .select_related("learner")
        .order_by("learner__name", "pk")
    )
    statuses = statuses_as_of(people, on=occurrence.day)
    return [one for one in people if statuses.get(one.pk) == Enrollment.Status.ACTIVE]


def sheet_of(occurrence: Occurrence) -> list[Line]:
    """Everybody who is expected, by name, with the mark that counts."""
    held = occurrence.held
    marks = {} if held is None else {pk: mark for (_day, pk), mark in latest_marks([held], with_people=True).items()}
    return [Line(one, marks.get(one.pk)) for one in expected_on(occurrence)]


def latest_marks(
    held: Iterable[GatheringDay], *, enrollments: Iterable[UUID] | None = None, with_people: bool = False
) -> dict[tuple[UUID, UUID], AttendanceMark]:
    """The mark that counts per (day, learner); one query. What was taken back is not in it.

    `with_people` brings who made each mark along.
    """
    days = [row.pk for row in held]
    if not days:
        return {}
    found = AttendanceMark.objects.filter(held__in=days)
    if enrollments is not None:
        found = found.filter(enrollment__in=list(enrollments))
    if with_people:
        found = found.select_related("recorded_by")
    latest = found.order_by("held", "enrollment", "-recorded_at", "-pk").distinct("held", "enrollment")
    return {(mark.held_id, mark.enrollment_id): mark for mark in latest if mark.status}


def mark(
    *, occurrence: Occurrence, enrollment: Enrollment, status: str, by: Membership, at: datetime
) -> AttendanceMark:
    """Say whether a learner was there; the empty status takes back what was said.

    Raises CohortError: `not_yet` before the day, `cancelled`, `no_such_mark`, or `not_expected` for somebody who does
    not take part in the cohort on that day.
    """
    if status not in ("", *Mark.values):
        raise CohortError("no_such_mark", _("Choose present, late, absent or excused."))
    with transaction.atomic():
        held = _open(occurrence, at)
        if not _is_expected(occurrence, enrollment):
            raise CohortError(
                "not_expected",
                _("%(name)s does not take part in this cohort on that day.") % {"name": enrollment.learner.name},
            )
        touch(enrollment.pk)
        return AttendanceMark.objects.create(held=held, enrollment=enrollment, status=status, recorded_by=by)


def mark_rest(*, occurrence: Occurrence, status: str, by: Membership, at: datetime) -> int:
    """Say the same of everybody of whom nothing is said yet; returns of how many. Raises CohortError as `mark` does."""
    if status not in Mark.values:
        raise CohortError("no_such_mark", _("Choose present, late, absent or excused."))
    with transaction.atomic():
        held = _open(occurrence, at)
        known = latest_marks([held])
        rest = [one for one in expected_on(occurrence) if (held.pk, one.pk) not in known]
        AttendanceMark.objects.bulk_create(
            AttendanceMark(held=held, enrollment=one, status=status, recorded_by=by) for one in rest
        )
        touch(*(one.pk for one in rest))
    return len(rest)


def take_back_rest(*, occurrence: Occurrence, status: str, by: Membership, at: datetime) -> int:
    """Undo the last time the same was said of everybody left: that group of marks, as far as they still count."""
    with transaction.atomic():
        held = _open(occurrence, at)
        counting = [
            one for one in latest_marks([held]).values() if one.status == status and one.recorded_by_id == by.pk
        ]
        newest = max((one.recorded_at for one in counting), default=None)
        # Marks made in one statement carry the same instant.
        group = [one for one in counting if one.recorded_at == newest]
        AttendanceMark.objects.bulk_create(
            AttendanceMark(held=held, enrollment_id=one.enrollment_id, status="", recorded_by=by) for one in group
        )
        touch(*(one.enrollment_id for one in group))
    return len(group)


def check_open(occurrence: Occurrence, at: datetime) -> None:
    """Raises CohortError `not_yet` or `cancelled`."""
    if occurrence.day > occurrence.gathering.cohort.today(at):
        raise CohortError("not_yet", _("This day is still ahead. Take attendance on the day itself or later."))
    if occurrence.is_cancelled:
        raise CohortError("cancelled", _("This day was called off. Let it take place first."))


def _open(occurrence: Occurrence, at: datetime) -> GatheringDay:
    check_open(occurrence, at)
    held = hold(occurrence)
    check_open(Occurrence(occurrence.gathering, occurrence.day, held), at)
    return held


def _is_expected(occurrence: Occurrence, enrollment: Enrollment) -> bool:
    if enrollment.cohort_id != occurrence.gathering.cohort_id:
        return False
    return statuses_as_of([enrollment], on=occurrence.day).get(enrollment.pk) == Enrollment.Status.ACTIVE


def counts_of(lines: Sequence[Line]) -> dict[str, int]:
    """How many are present, late, absent and excused; and under the empty key how many nothing is said of."""
    counts = dict.fromkeys((*Mark.values, ""), 0)
    for line in lines:
        counts[line.mark.status if line.mark else ""] += 1
    return counts
