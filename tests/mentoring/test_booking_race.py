"""Many people on one slot at once, over connections of their own."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role
from mentoring.booking import book
from mentoring.errors import SlotTaken
from mentoring.models import Mentor, OneOnOne
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mentoring.given import DAY, WEDNESDAY, a_cohort, a_mentor, an_enrollment

pytestmark = pytest.mark.django_db(transaction=True)

ATTEMPTS, FEW, AT_ONCE, ROUNDS = 100, 40, 20, 2
Attempt = Callable[[], str]


@pytest.fixture(autouse=True)
def _without_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivery of the mails is not what races here."""
    monkeypatch.setattr("notifications.outbox._start_delivery", lambda organization_id: None)


def race(attempts: Sequence[Attempt]) -> Counter[str]:
    """Start the attempts together, `AT_ONCE` connections at a time, and count how they ended."""
    gate = Barrier(AT_ONCE)

    def run(own: Sequence[Attempt]) -> list[str]:
        try:
            gate.wait(timeout=30)
            return [attempt() for attempt in own]
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        shares = [attempts[number::AT_ONCE] for number in range(AT_ONCE)]
        return Counter(outcome for outcomes in pool.map(run, shares) for outcome in outcomes)


def attempt_of(
    organization: Organization, mentor: Mentor, enrollment_id: UUID, learner: Membership, day: int
) -> Attempt:
    def attempt() -> str:
        try:
            with scope(organization.pk):
                enrollment = learner.enrollments.select_related("learner__user").get(pk=enrollment_id)
                book(mentor=mentor, enrollment=enrollment, start=WEDNESDAY + day * DAY, by=learner, now=NOW)
        except SlotTaken:
            return "taken"
        return "booked"

    return attempt


def an_organization(slug: str) -> Organization:
    return Organization.objects.create(slug=slug, name=slug)


def test_of_a_hundred_attempts_on_one_slot_exactly_one_books() -> None:
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        joris = member("Joris", "joris@lantaarn.example", Role.MENTOR)
        mentor, cohort = a_mentor(joris), a_cohort()
        learners = [member(f"L{n}", f"l{n}@lantaarn.example", Role.LEARNER) for n in range(AT_ONCE)]
        rows = [(an_enrollment(cohort, learner, joris).pk, learner) for learner in learners]
    for day in range(ROUNDS):
        attempts = [attempt_of(lantaarn, mentor, *rows[n % AT_ONCE], day) for n in range(ATTEMPTS)]
        assert race(attempts) == {"booked": 1, "taken": ATTEMPTS - 1}
    with scope(lantaarn.pk):
        starts = OneOnOne.objects.order_by("during").values_list("during__startswith", flat=True)
        assert list(starts) == [WEDNESDAY + day * DAY for day in range(ROUNDS)]


@pytest.mark.parametrize("shared", [Role.MENTOR, Role.LEARNER])
def test_one_person_in_two_organizations_is_booked_once(shared: Role) -> None:
    attempts: list[Attempt] = []
    person: Membership | None = None
    organizations = [an_organization("lantaarn"), an_organization("elsewhere")]
    for organization in organizations:
        with scope(organization.pk):
            people = {}
            for role in (Role.MENTOR, Role.LEARNER):
                if role == shared and person is not None:
                    people[role] = Membership.objects.create(
                        user=person.user, name=person.name, roles=[role], joined_at=NOW
                    )
                else:
                    people[role] = member(role.label, f"{role}@{organization.slug}.example", role)
            person = people[shared]
            mentor = a_mentor(people[Role.MENTOR])
            learner = people[Role.LEARNER]
            enrollment = an_enrollment(a_cohort(), learner, people[Role.MENTOR])
        attempts += [attempt_of(organization, mentor, enrollment.pk, learner, 0)] * (FEW // 2)
    assert race(attempts) == {"booked": 1, "taken": FEW - 1}


def test_crossed_pairs_that_need_each_others_people_do_not_deadlock() -> None:
    """A mentors B and B mentors A, at overlapping times: whoever locks first wins, and nobody waits in a circle."""
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        cohort = a_cohort()
        anna, bram = (member(n, f"{n}@lantaarn.example", Role.MENTOR, Role.LEARNER) for n in ("anna", "bram"))
        crossed = []
        for mentor, learner in ((anna, bram), (bram, anna)):
            crossed.append((a_mentor(mentor), an_enrollment(cohort, learner, mentor).pk, learner))
    attempts = [attempt_of(lantaarn, *crossed[n % 2], 0) for n in range(FEW)]
    assert race(attempts) == {"booked": 1, "taken": FEW - 1}


def test_booking_waits_for_whoever_has_the_persons_time_in_hand() -> None:
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        joris = member("Joris", "joris@lantaarn.example", Role.MENTOR)
        amira = member("Amira", "amira@lantaarn.example", Role.LEARNER)
        mentor, enrollment = a_mentor(joris), an_enrollment(a_cohort(), amira, joris)
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT FROM accounts_user WHERE id = %s FOR NO KEY UPDATE", [joris.user_id])
        with scope(lantaarn.pk), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
                book(mentor=mentor, enrollment=enrollment, start=WEDNESDAY, by=amira, now=NOW)


def test_people_are_locked_in_id_order_before_anything_is_read() -> None:
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        joris = member("Joris", "joris@lantaarn.example", Role.MENTOR)
        amira = member("Amira", "amira@lantaarn.example", Role.LEARNER)
        mentor, enrollment = a_mentor(joris), an_enrollment(a_cohort(), amira, joris)
        with CaptureQueriesContext(connection) as captured:
            book(mentor=mentor, enrollment=enrollment, start=WEDNESDAY, by=amira, now=NOW)
    first = next(query["sql"] for query in captured if query["sql"].startswith("SELECT"))
    assert first.startswith('SELECT "accounts_user"."id"')
    assert first.endswith("ORDER BY 1 ASC FOR NO KEY UPDATE")
