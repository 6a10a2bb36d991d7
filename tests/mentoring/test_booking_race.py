"""Many people on one slot at once, over connections of their own."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any, Self

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role
from accounts.roles import close_access
from cohorts.models import Enrollment
from mentoring.booking import book, move
from mentoring.errors import MentoringError, SlotTaken
from mentoring.handing_over import Choice, apply_hand_over
from mentoring.models import Mentor, OneOnOne
from mentoring.taking_over import accept, ask, withdraw
from mentoring.taking_over_records import HandOver, HandOverAnswer
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.examples import examples
from tests.mentoring.given import DAY, WEDNESDAY, a_cohort, a_mentor, an_enrollment

pytestmark = pytest.mark.django_db(transaction=True)

ATTEMPTS, FEW, AT_ONCE = 100, 40, 20
#: Seven slots a day, from half past ten on, on three days.
SLOTS = [WEDNESDAY + number // 7 * DAY + number % 7 * timedelta(minutes=45) for number in range(20)]
ROUNDS = min(examples(6), len(SLOTS))
Attempt = Callable[[], str]


@pytest.fixture(autouse=True)
def _without_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivery of the mails is not what races here."""
    monkeypatch.setattr("notifications.outbox.start_delivery", lambda organization_id, lane: None)


class Racers:
    """`AT_ONCE` threads, each with a connection of its own that it keeps from one race to the next."""

    def __enter__(self) -> Self:
        self.gate = Barrier(AT_ONCE)
        self.pool = ThreadPoolExecutor(AT_ONCE)
        return self

    def __exit__(self, *_error: object) -> None:
        self._each(lambda _number: connection.close())
        self.pool.shutdown()

    def race(self, attempts: Sequence[Attempt]) -> Counter[str]:
        """Start the attempts together, a share of them on every connection, and count how they ended."""
        found = self._each(lambda number: [attempt() for attempt in attempts[number::AT_ONCE]])
        return Counter(outcome for outcomes in found for outcome in outcomes)

    def _each(self, work: Callable[[int], Any]) -> list[Any]:
        """Nobody begins before all have: so each thread gets one of the calls."""

        def run(number: int) -> Any:
            connection.ensure_connection()
            self.gate.wait(timeout=60)
            return work(number)

        return list(self.pool.map(run, range(AT_ONCE)))


def race(attempts: Sequence[Attempt]) -> Counter[str]:
    with Racers() as racers:
        return racers.race(attempts)


def attempt_of(
    organization: Organization, mentor: Mentor, enrollment: Enrollment, learner: Membership, start: datetime
) -> Attempt:
    def attempt() -> str:
        try:
            with scope(organization.pk):
                book(mentor=mentor, enrollment=enrollment, start=start, by=learner, now=NOW)
        except SlotTaken:
            return "taken"
        return "booked"

    return attempt


def an_organization(slug: str) -> Organization:
    return Organization.objects.create(slug=slug, name=slug)


def test_of_a_hundred_attempts_on_one_slot_exactly_one_books_round_after_round() -> None:
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        joris = member("Joris", "joris@lantaarn.example", Role.MENTOR)
        mentor, cohort = a_mentor(joris), a_cohort()
        learners = [member(f"L{n}", f"l{n}@lantaarn.example", Role.LEARNER) for n in range(AT_ONCE)]
        rows = [(an_enrollment(cohort, learner, joris), learner) for learner in learners]
    with Racers() as racers:
        for start in SLOTS[:ROUNDS]:
            attempts = [attempt_of(lantaarn, mentor, *rows[n % AT_ONCE], start) for n in range(ATTEMPTS)]
            assert racers.race(attempts) == {"booked": 1, "taken": ATTEMPTS - 1}
    with scope(lantaarn.pk):
        starts = OneOnOne.objects.order_by("during").values_list("during__startswith", flat=True)
        assert list(starts) == SLOTS[:ROUNDS]


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
        attempts += [attempt_of(organization, mentor, enrollment, learner, WEDNESDAY)] * (FEW // 2)
    assert race(attempts) == {"booked": 1, "taken": FEW - 1}


def test_crossed_pairs_that_need_each_others_people_do_not_deadlock() -> None:
    """A mentors B and B mentors A, at overlapping times: whoever locks first wins, and nobody waits in a circle."""
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        cohort = a_cohort()
        anna, bram = (member(n, f"{n}@lantaarn.example", Role.MENTOR, Role.LEARNER) for n in ("anna", "bram"))
        crossed = []
        for mentor, learner in ((anna, bram), (bram, anna)):
            crossed.append((a_mentor(mentor), an_enrollment(cohort, learner, mentor), learner))
    attempts = [attempt_of(lantaarn, *crossed[n % 2], WEDNESDAY) for n in range(FEW)]
    assert race(attempts) == {"booked": 1, "taken": FEW - 1}


def test_of_two_tabs_that_move_one_session_the_second_is_told() -> None:
    """Each tab saw the session at its first time; only one of all moves is carried out."""
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        joris = member("Joris", "joris@lantaarn.example", Role.MENTOR)
        amira = member("Amira", "amira@lantaarn.example", Role.LEARNER)
        mentor, enrollment = a_mentor(joris), an_enrollment(a_cohort(), amira, joris)
        one = book(mentor=mentor, enrollment=enrollment, start=WEDNESDAY, by=amira, now=NOW)

    def attempt_to(start: datetime) -> Attempt:
        def attempt() -> str:
            try:
                with scope(lantaarn.pk):
                    move(one_on_one=one, start=start, by=amira, now=NOW, sequence=0)
            except MentoringError as error:
                return error.code
            return "moved"

        return attempt

    assert race([attempt_to(SLOTS[1 + n % 6]) for n in range(AT_ONCE)]) == {"moved": 1, "changed": AT_ONCE - 1}
    with scope(lantaarn.pk):
        assert OneOnOne.objects.get().sequence == 1


def test_mentor_removed_meanwhile_is_booked_before_or_not_at_all() -> None:
    """Whoever closes access while attempts run: each is either booked before or refused, and none is half done."""
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        ada = member("Ada", "ada@lantaarn.example", Role.ADMIN)
        joris = member("Joris", "joris@lantaarn.example", Role.MENTOR)
        amira = member("Amira", "amira@lantaarn.example", Role.LEARNER)
        mentor, enrollment = a_mentor(joris), an_enrollment(a_cohort(), amira, joris)

    def remove() -> str:
        with scope(lantaarn.pk):
            close_access(membership=joris, by=ada)
        return "removed"

    def attempt_at(start: datetime) -> Attempt:
        def attempt() -> str:
            try:
                with scope(lantaarn.pk):
                    fresh = Mentor.objects.select_related("membership__user").get(pk=mentor.pk)
                    book(mentor=fresh, enrollment=enrollment, start=start, by=amira, now=NOW)
            except MentoringError as error:
                return error.code
            return "booked"

        return attempt

    ended = race([attempt_at(start) for start in SLOTS[:-1]] + [remove])
    assert set(ended) <= {"booked", "no_mentor", "removed"}
    with scope(lantaarn.pk):
        assert OneOnOne.objects.count() == ended["booked"]
        fresh = Mentor.objects.select_related("membership__user").get(pk=mentor.pk)
        with pytest.raises(MentoringError, match="Joris is not the mentor now"):
            book(mentor=fresh, enrollment=enrollment, start=SLOTS[-1], by=amira, now=NOW)


def test_two_hand_overs_at_once_do_not_deadlock_and_never_go_over_capacity() -> None:
    """Two mentors who leave hand all their learners to each other's successor, which has one place only."""
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        cohort = a_cohort()
        ilse = member("Ilse", "ilse@lantaarn.example", Role.STAFF)
        sofia = a_mentor(member("Sofia", "sofia@lantaarn.example", Role.MENTOR), capacity=1)
        leaving = [member(name, f"{name}@lantaarn.example", Role.MENTOR) for name in ("anna", "bram")]
        enrollments = [
            an_enrollment(cohort, member(f"L{n}", f"l{n}@lantaarn.example", Role.LEARNER), leaving[n % 2]).pk
            for n in range(AT_ONCE)
        ]

    def attempt_of_one(number: int) -> Attempt:
        def attempt() -> str:
            with scope(lantaarn.pk):
                choice = Choice(enrollment=enrollments[number], mentor=sofia.membership_id, times={})
                left = apply_hand_over(leaving=leaving[number % 2], choices=[choice], by=ilse, now=NOW)
            return "full" if left else "handed over"

        return attempt

    assert race([attempt_of_one(n) for n in range(AT_ONCE)]) == {"handed over": 1, "full": AT_ONCE - 1}


def test_of_two_who_ask_accept_and_withdraw_at_once_one_decides() -> None:
    """Two of staff ask two colleagues for one learner: one is asked. Then accepting and withdrawing: one counts."""
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        joris, sofia, wessel = (member(n, f"{n}@lantaarn.example", Role.MENTOR) for n in ("joris", "sofia", "wessel"))
        ilse = member("Ilse", "ilse@lantaarn.example", Role.STAFF)
        amira = an_enrollment(a_cohort(), member("Amira", "amira@lantaarn.example", Role.LEARNER), joris)
        for one in (joris, sofia, wessel):
            a_mentor(one)

    def asking(number: int) -> Attempt:
        def attempt() -> str:
            choice = Choice(enrollment=amira.pk, mentor=(sofia, wessel)[number % 2].pk, times={})
            with scope(lantaarn.pk):
                left = ask(leaving=joris, choices=[choice], answer_by=NOW.date() + DAY, note="", by=ilse, now=NOW)
            return "asked already" if left else "asked"

        return attempt

    assert race([asking(n) for n in range(AT_ONCE)]) == {"asked": 1, "asked already": AT_ONCE - 1}
    with scope(lantaarn.pk):
        hand_over = HandOver.objects.with_people().get()

    def answering(number: int) -> Attempt:
        def attempt() -> str:
            try:
                with scope(lantaarn.pk):
                    if number % 2:
                        withdraw(hand_over=hand_over, by=ilse, now=NOW)
                    else:
                        accept(hand_over=hand_over, times={}, by=hand_over.to, now=NOW)
            except MentoringError as error:
                return "too late" if error.code in ("answered", "withdrawn") else error.code
            return "decided"

        return attempt

    assert race([answering(n) for n in range(AT_ONCE)]) == {"decided": 1, "too late": AT_ONCE - 1}
    with scope(lantaarn.pk):
        answer = HandOverAnswer.objects.get().answer
        amira.refresh_from_db()
        assert amira.mentor_id == (hand_over.to_id if answer == "accepted" else joris.pk)


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
