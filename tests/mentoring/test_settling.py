"""How a 1-on-1 went: who may say so, who may correct it and until when, and what stays of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from mentoring.booking import cancel
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.records import OutcomeEvent
from mentoring.settling import CORRECTION, MOVES, OUTCOMES, correctable_until, settle
from tests.conftest import NOW
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, booked, recorded

MINUTE = timedelta(minutes=1)
Status = OneOnOne.Status


def code_of(call: Any, **values: Any) -> str:
    with pytest.raises(MentoringError) as caught:
        call(**values)
    return caught.value.code


def history() -> list[tuple[str, str, str]]:
    rows = OutcomeEvent.objects.order_by("recorded_at", "id").select_related("recorded_by")
    return [(row.outcome, row.recorded_by.name.split()[0], row.reason) for row in rows]


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("side", ["amira", "joris", "ilse"])
def test_either_side_and_staff_say_how_it_went(given: Mentoring, outcome: str, side: str) -> None:
    one, by = booked(given), getattr(given.cast, side)
    settle(one_on_one=one, outcome=outcome, by=by, now=WEDNESDAY)
    row = OneOnOne.objects.get()
    assert (row.status, row.settled_at, row.settled_by) == (outcome, WEDNESDAY, by)


def test_settle_refuses_before_the_start_by_others_and_what_is_no_outcome(given: Mentoring) -> None:
    one = booked(given)
    said = {"one_on_one": one, "outcome": "held", "by": given.cast.amira, "now": WEDNESDAY}
    assert code_of(settle, **said | {"now": WEDNESDAY - MINUTE}) == "not_begun"
    assert code_of(settle, **said | {"by": given.cast.daan}) == "not_yours"
    assert code_of(settle, **said | {"outcome": "cancelled"}) == "unknown_outcome"
    assert code_of(settle, **said | {"outcome": "booked"}) == "unknown_outcome"
    assert OneOnOne.objects.get().status == "booked"


def test_saying_the_same_again_changes_nothing(given: Mentoring) -> None:
    one = booked(given)
    settle(one_on_one=one, outcome="held", by=given.cast.joris, now=WEDNESDAY)
    settle(one_on_one=one, outcome="held", by=given.cast.amira, now=WEDNESDAY + DAY)
    assert OneOnOne.objects.get().settled_by == given.cast.joris
    assert history() == [("held", "Joris", "")]


@pytest.mark.parametrize("side", ["amira", "joris"])
def test_either_side_corrects_within_three_days_of_the_first_word(given: Mentoring, side: str) -> None:
    one, by = booked(given), getattr(given.cast, side)
    settle(one_on_one=one, outcome="held", by=given.cast.joris, now=WEDNESDAY)
    settle(one_on_one=one, outcome="learner_no_show", by=by, now=WEDNESDAY + CORRECTION - MINUTE)
    assert OneOnOne.objects.get().status == "learner_no_show"
    # A correction does not make the time longer.
    late = {"one_on_one": one, "outcome": "held", "by": by, "now": WEDNESDAY + CORRECTION}
    assert code_of(settle, **late) == "settled"
    assert [outcome for outcome, _name, _reason in history()] == ["held", "learner_no_show"]
    assert correctable_until(OneOnOne.objects.get()) == WEDNESDAY + CORRECTION


def test_staff_correct_later_with_a_reason_that_stays(given: Mentoring) -> None:
    one = booked(given)
    settle(one_on_one=one, outcome="held", by=given.cast.joris, now=WEDNESDAY)
    said = {"one_on_one": one, "outcome": "mentor_no_show", "by": given.cast.ilse, "now": WEDNESDAY + 30 * DAY}
    assert code_of(settle, **said) == "reason_missing"
    assert code_of(settle, **said, reason="x" * 301) == "reason_too_long"
    settle(**said, reason=" Both say so. ")
    assert OneOnOne.objects.get().status == "mentor_no_show"
    assert history() == [("held", "Joris", ""), ("mentor_no_show", "Ilse", "Both say so.")]


def test_what_was_settled_before_there_was_a_history_can_be_corrected_from_then(given: Mentoring) -> None:
    recorded(given, start=NOW - DAY, status="held", settled_at=NOW, settled_by=given.cast.joris)
    one = OneOnOne.objects.get()
    assert correctable_until(one) == NOW + CORRECTION
    settle(one_on_one=one, outcome="mentor_no_show", by=given.cast.amira, now=NOW + DAY)
    assert code_of(settle, one_on_one=one, outcome="held", by=given.cast.daan, now=NOW + DAY) == "not_yours"


def test_history_is_never_changed(given: Mentoring) -> None:
    settle(one_on_one=booked(given), outcome="held", by=given.cast.joris, now=WEDNESDAY)
    with pytest.raises(DatabaseError, match="are facts"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE mentoring_outcomeevent SET outcome = 'learner_no_show'")


def test_cancelled_is_an_end(given: Mentoring) -> None:
    one = booked(given)
    cancel(one_on_one=one, reason="Ill", by=given.cast.amira, now=NOW)
    assert code_of(settle, one_on_one=one, outcome="held", by=given.cast.ilse, now=WEDNESDAY) == "settled"
    assert MOVES.keys() == set(Status)


def test_time_alone_completes_nothing(given: Mentoring) -> None:
    one = booked(given)
    assert one.is_unconfirmed(at=WEDNESDAY + DAY)
    assert OneOnOne.objects.unconfirmed(at=WEDNESDAY + DAY).get() == one
    assert OneOnOne.objects.get().status == "booked"
