"""Which mentor a learner has, and had."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import Enrollment, MentorAssignment

Reason = MentorAssignment.Reason

#: Raises a DomainError when the mentor has no place for that learner.
Check = Callable[[Membership, Enrollment], None]
_checks: list[Check] = []
#: How many more learners each of these mentors takes, by membership; who takes any number is missing.
Places = Callable[[Collection[Membership]], Mapping[UUID, int]]
_places: list[Places] = []


def register_check(check: Check) -> None:
    """Let an app above say whether a mentor has a place for one more, once, when it is ready."""
    _checks.append(check)


def register_places(places: Places) -> Places:
    """Let an app above say how many more learners mentors take, once, when it is ready."""
    _places.append(places)
    return places


def places_left(mentors: Collection[Membership]) -> dict[UUID, int]:
    """How many more learners each of the mentors takes, held until the transaction ends.

    Whoever takes any number is missing.
    """
    found: dict[UUID, int] = {}
    for places in _places if mentors else ():
        for pk, left in places(mentors).items():
            found[pk] = min(left, found.get(pk, left))
    return found


def assign_mentor(
    *,
    enrollment: Enrollment,
    mentor: Membership | None,
    by: Membership | None,
    at: datetime,
    reason: str = Reason.BY_HAND,
    goes_over: bool = False,
) -> Enrollment:
    """Give the learner that mentor, or none, from the day of `at` on; the one they have already changes nothing.

    `goes_over` admits more learners than the mentor takes. Raises CohortError `not_a_mentor` or `own_mentor`, and what
    the registered checks raise.
    """
    if mentor is not None and not mentor.is_mentor:
        raise CohortError(
            "not_a_mentor", _("%(name)s is not a mentor. Give them that role first.") % {"name": mentor.name}
        )
    if mentor is not None and mentor.pk == enrollment.learner_id:
        raise CohortError("own_mentor", _("Nobody is their own mentor. Choose somebody else."))
    with transaction.atomic():
        for check in _checks if mentor is not None and not goes_over else ():
            check(mentor, enrollment)  # type: ignore[arg-type]
        locked = Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        if locked.mentor_id != (mentor.pk if mentor else None):
            locked.mentor = mentor
            locked.save(update_fields=["mentor"])
            record_mentors([(locked, enrollment.cohort.today(at))], by=by, reason=reason, at=at)
    enrollment.mentor = mentor
    return enrollment


def record_mentors(
    rows: Iterable[tuple[Enrollment, date]], *, by: Membership | None, reason: str, at: datetime
) -> None:
    """Write down that each has the mentor it names, or none, from the day beside it on."""
    MentorAssignment.objects.bulk_create(
        (
            MentorAssignment(
                enrollment=row, mentor_id=row.mentor_id, effective_on=on, reason=reason, recorded_by=by, recorded_at=at
            )
            for row, on in rows
        ),
        batch_size=1000,
    )


def mentors_as_of(enrollments: Iterable[Enrollment | UUID], *, on: date) -> dict[UUID, Membership]:
    """Each learner's mentor on that day, by enrollment; who had none is missing. One query."""
    keys = [one.pk if isinstance(one, Enrollment) else one for one in enrollments]
    rows = (
        MentorAssignment.objects.filter(enrollment__in=keys, effective_on__lte=on)
        .order_by("enrollment", "-effective_on", "-recorded_at", "-pk")
        .distinct("enrollment")
        .select_related("mentor")
    )
    return {row.enrollment_id: row.mentor for row in rows if row.mentor is not None}
