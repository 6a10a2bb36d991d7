"""Amira and Daan in a running cohort, both mentored by Joris, who offers every working day from 9 to 17."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Membership
from cohorts.mentors import record_mentors
from cohorts.models import Cohort, Enrollment, MentorAssignment
from curriculum.models import Curriculum, CurriculumVersion, Format
from mentoring.booking import book
from mentoring.models import AvailabilityWindow, Mentor, OneOnOne
from tests.conftest import NOW, Cast

WORKDAYS = tuple((weekday, 9 * 60, 17 * 60) for weekday in range(5))
DAY = timedelta(days=1)
#: Wednesday, half past ten in Amsterdam.
WEDNESDAY = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Mentoring:
    """What `mentoring` made."""

    cast: Cast
    cohort: Cohort
    mentor: Mentor
    amira: Enrollment
    daan: Enrollment


def a_cohort(**values: Any) -> Cohort:
    curriculum = Curriculum.objects.create(slug="engineer", title="AI engineer")
    version = CurriculumVersion.objects.create(curriculum=curriculum, number=1, title="AI engineer")
    options: dict[str, Any] = {
        "slug": "rotterdam", "name": "Rotterdam 2026", "version": version, "format": Format.BLENDED,
        "status": Cohort.Status.RUNNING, "hours_per_week": Decimal(20), "starts_on": date(2026, 9, 7),
        "census_on": date(2026, 9, 21), "time_zone": "Europe/Amsterdam", **values,
    }  # fmt: skip
    return Cohort.objects.create(**options)


def an_enrollment(
    cohort: Cohort, learner: Membership, mentor: Membership | None, *, status: str = Enrollment.Status.ACTIVE
) -> Enrollment:
    enrollment = Enrollment.objects.create(
        cohort=cohort, version_id=cohort.version_id, learner=learner, mentor=mentor, status=status,
        status_since=cohort.starts_on,
    )  # fmt: skip
    if mentor is not None:
        record_mentors([(enrollment, cohort.starts_on)], by=None, reason=MentorAssignment.Reason.ENROLLED, at=NOW)
    return enrollment


def a_mentor(membership: Membership, *, windows: Iterable[tuple[int, int, int]] = WORKDAYS, **values: Any) -> Mentor:
    mentor = Mentor.objects.create(membership=membership, **{"time_zone": "Europe/Amsterdam", **values})
    for weekday, start, end in windows:
        AvailabilityWindow.objects.create(mentor=mentor, weekday=weekday, start_minute=start, end_minute=end)
    return mentor


def mentoring(cast: Cast) -> Mentoring:
    """In the scope of Lantaarn."""
    cohort = a_cohort()
    mentor = a_mentor(cast.joris)
    amira = an_enrollment(cohort, cast.amira, cast.joris)
    return Mentoring(cast, cohort, mentor, amira, an_enrollment(cohort, cast.daan, cast.joris))


def booked(given: Mentoring, *, start: datetime = WEDNESDAY, **values: Any) -> OneOnOne:
    """A 1-on-1 of Amira and Joris, booked by her."""
    options: dict[str, Any] = {
        "mentor": given.mentor, "enrollment": given.amira, "start": start, "by": given.cast.amira, "now": NOW, **values,
    }  # fmt: skip
    return book(**options)


def recorded(
    given: Mentoring, *, start: datetime, status: str, enrollment: Enrollment | None = None, **values: Any
) -> OneOnOne:
    """A 1-on-1 as it stands in the database, also in the past."""
    enrollment = enrollment or given.amira
    return OneOnOne.objects.create(
        mentor=given.mentor,
        enrollment=enrollment,
        mentor_person=given.mentor.membership.user,
        learner_person=enrollment.learner.user,
        during=(start, start + timedelta(minutes=45)),
        status=status,
        **values,
    )
