"""Two who write, tap or settle at the same moment, over connections of their own."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Membership, Role
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.notes import save_shared_notes
from mentoring.proposals import accept, fitting_times, propose
from mentoring.records import OutcomeEvent, Proposal, SharedNotes
from mentoring.settling import settle
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mentoring.given import WEDNESDAY, a_cohort, a_mentor, an_enrollment
from tests.mentoring.test_booking_race import AT_ONCE, Attempt, _without_tasks, an_organization, race

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["_without_tasks"]


def trying(organization: Organization, call: Any, **values: Any) -> Attempt:
    def attempt() -> str:
        try:
            with scope(organization.pk):
                call(**values)
        except MentoringError as error:
            return error.code
        return "done"

    return attempt


@pytest.fixture
def session() -> tuple[Organization, OneOnOne, Membership, Membership]:
    lantaarn = an_organization("lantaarn")
    with scope(lantaarn.pk):
        joris = member("Joris", "joris@lantaarn.example", Role.MENTOR)
        amira = member("Amira", "amira@lantaarn.example", Role.LEARNER)
        one = OneOnOne.objects.create(
            mentor=a_mentor(joris), enrollment=an_enrollment(a_cohort(), amira, joris), mentor_person=joris.user,
            learner_person=amira.user, during=(WEDNESDAY, WEDNESDAY + timedelta(minutes=45)),
        )  # fmt: skip
        return lantaarn, OneOnOne.objects.with_people().get(pk=one.pk), joris, amira


def test_of_many_first_words_one_is_kept_and_all_others_are_told(session: Any) -> None:
    lantaarn, one, joris, amira = session
    said = {"one_on_one": one, "revision": 0, "now": NOW}
    attempts = [
        trying(lantaarn, save_shared_notes, **said, text=f"{number}", by=(joris, amira)[number % 2])
        for number in range(AT_ONCE)
    ]
    assert race(attempts) == Counter({"changed": AT_ONCE - 1, "done": 1})
    with scope(lantaarn.pk):
        assert SharedNotes.objects.get().revision == 1


def test_of_many_taps_on_a_proposal_one_books(session: Any) -> None:
    lantaarn, one, joris, _amira = session
    with scope(lantaarn.pk):
        enrollment = one.enrollment
        starts = fitting_times(enrollment, now=NOW)
        proposal = propose(enrollment=enrollment, starts=starts, note="", by=joris, now=NOW)
        proposal = Proposal.objects.with_people().get(pk=proposal.pk)
        OneOnOne.objects.all().delete()
    attempts = [
        trying(lantaarn, accept, proposal=proposal, start=starts[number % 3], by=proposal.enrollment.learner, now=NOW)
        for number in range(AT_ONCE)
    ]
    assert race(attempts) == Counter({"answered": AT_ONCE - 1, "done": 1})
    with scope(lantaarn.pk):
        assert OneOnOne.objects.count() == 1


def test_the_same_outcome_from_both_sides_at_once_is_one_fact(session: Any) -> None:
    lantaarn, one, joris, amira = session
    said = {"one_on_one": one, "outcome": "held", "now": WEDNESDAY}
    attempts = [trying(lantaarn, settle, **said, by=(joris, amira)[number % 2]) for number in range(AT_ONCE)]
    assert race(attempts) == Counter({"done": AT_ONCE})
    with scope(lantaarn.pk):
        assert OutcomeEvent.objects.count() == 1
