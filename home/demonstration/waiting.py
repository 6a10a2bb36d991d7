"""The waiting list of the demonstration: who declined a seat, for whom one is held, and who comes next."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment, EnrollmentEvent
from cohorts.offering import decline_offer, line_of, move_in_line, offer_seat
from home.demonstration.records import at_noon

DECLINED = "I start in a new job that month. Please keep my place for the next edition."
MOVED = "The employer pays for the course if it starts this winter."


def wait_in_line(cohort: Cohort, people: Sequence[Membership], *, by: Membership, now: datetime, until: date) -> None:
    """The first declined, the second has an offer that stands, and the last one moved up."""
    for place, person in enumerate(people):
        _wait(cohort, person, by=by, since=until - timedelta(days=4 * (len(people) - place) + 2))
    first, second, *others = line_of(cohort)
    offered = offer_seat(enrollment=first, by=by, at=at_noon(until - timedelta(days=2)))
    decline_offer(offer=offered, by=first.learner, at=at_noon(until - timedelta(days=1)), note=DECLINED)
    if len(others) > 1:
        move_in_line(enrollment=others[-1], to_place=3, reason=MOVED, by=by)
    offer_seat(enrollment=second, by=by, at=now - timedelta(hours=16))


def _wait(cohort: Cohort, person: Membership, *, by: Membership, since: date) -> None:
    """As it would have been recorded on that day."""
    waiting, at = Enrollment.Status.WAITING, at_noon(since)
    enrollment = Enrollment.objects.create(
        cohort=cohort, version_id=cohort.version_id, learner=person, status=waiting, status_since=since, created_at=at
    )
    EnrollmentEvent.objects.create(
        enrollment=enrollment, sequence=1, to_status=waiting, effective_on=since, recorded_by=by, recorded_at=at
    )
