"""Several people on the last seat at once, over connections of their own."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Role
from cohorts.errors import CohortError
from cohorts.history import SEATED, enroll, record_status
from cohorts.lifecycle import change_cohort
from cohorts.models import Cohort, Enrollment, Offer, OfferAnswer
from cohorts.offering import accept_offer, decline_offer, offer_seat, settle_offers
from organizations.models import Organization
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort
from tests.conftest import NOW, member

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8
Call = Callable[[], object]


@pytest.fixture(autouse=True)
def _without_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivery of the mails is not what races here."""
    monkeypatch.setattr("notifications.outbox.start_delivery", lambda organization_id, lane: None)


def race(organization: Organization, calls: list[Call]) -> Counter[str]:
    gate = Barrier(len(calls))

    def run(call: Call) -> str:
        try:
            gate.wait(timeout=30)
            with scope(organization.pk):
                call()
        except CohortError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def given(organization: Organization, people: int) -> tuple[Cohort, list[Enrollment]]:
    """One free seat, and everybody waits."""
    with scope(organization.pk):
        cohort = a_cohort(capacity=1, status=Cohort.Status.ENROLLING)
        learners = [member(f"L{n}", f"l{n}@lantaarn.example", Role.LEARNER) for n in range(people)]
        enrolled = [enroll(cohort=cohort, learner=one, by=None, effective_on=START, at=NOW) for one in learners]
        first = enrolled.pop(0)
        record_status(enrollment=first, to="withdrawn", reason="work", effective_on=START, by=None, at=NOW)
    return cohort, enrolled


def test_last_seat_is_offered_or_taken_once() -> None:
    organization = Organization.objects.create(slug="lantaarn", name="Lantaarn")
    cohort, people = given(organization, AT_ONCE + 1)
    offers: list[Call] = [lambda one=one: offer_seat(enrollment=one, by=None, at=NOW, reason="r") for one in people[:5]]
    enrolls: list[Call] = [
        lambda one=one: record_status(enrollment=one, to="enrolled", effective_on=START, by=None, at=NOW)
        for one in people[5:]
    ]

    ended = race(organization, [*offers, *enrolls])

    assert ended["done"] == 1
    assert set(ended) == {"done", "no_free_seat", "cohort_full"}
    with scope(organization.pk):
        seated = cohort.enrollments.filter(status__in=SEATED).count()
        assert seated + Offer.objects.standing(NOW).count() == 1


def test_offer_is_answered_once_and_the_job_runs_beside_it() -> None:
    organization = Organization.objects.create(slug="lantaarn", name="Lantaarn")
    cohort, people = given(organization, 4)
    with scope(organization.pk):
        change_cohort(cohort=cohort, changes={"offers_itself": True}, today=START)
        offer = offer_seat(enrollment=people[0], by=None, at=NOW, reason="r")
    at = NOW + timedelta(days=1)
    accepts: list[Call] = [lambda: accept_offer(offer=offer, by=None, at=at) for _n in range(3)]
    declines: list[Call] = [lambda: decline_offer(offer=offer, by=None, at=at) for _n in range(3)]
    jobs: list[Call] = [lambda: settle_offers(cohort=cohort, at=at) for _n in range(2)]

    ended = race(organization, [*accepts, *declines, *jobs])

    assert ended == {"done": 3, "offer_over": 5}
    with scope(organization.pk):
        assert OfferAnswer.objects.filter(offer=offer).count() == 1
        seated = cohort.enrollments.filter(status__in=SEATED).count()
        assert seated + Offer.objects.standing(at).count() == 1
