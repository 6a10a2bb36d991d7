"""Action items: agreed by either side, back until they are done."""

from datetime import date
from typing import Any

import pytest

from cohorts.models import Enrollment
from mentoring.actions import MOST_OPEN, actions_at, add_action, open_actions, tick_action
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.records import ActionItem
from tests.conftest import NOW
from tests.mentoring.given import DAY, Mentoring, booked, recorded

TODAY = date(2026, 11, 23)


def add(given: Mentoring, one: OneOnOne, **values: Any) -> ActionItem:
    said: dict[str, Any] = {
        "text": "Read the paper", "doer": "learner", "due_on": None, "by": given.cast.joris, "now": NOW, "today": TODAY,
    }  # fmt: skip
    return add_action(one_on_one=one, **said | values)


def a_month_ago(given: Mentoring) -> OneOnOne:
    return OneOnOne.objects.get(pk=recorded(given, start=NOW - 30 * DAY, status="held").pk)


def code_of(call: Any, *args: Any, **values: Any) -> str:
    with pytest.raises(MentoringError) as caught:
        call(*args, **values)
    return caught.value.code


def test_open_ones_come_back_next_time_until_they_are_done(given: Mentoring) -> None:
    before = a_month_ago(given)
    paper, tests = add(given, before), add(given, before, text="Write tests", due_on=TODAY, by=given.cast.amira)
    one = booked(given)
    assert list(actions_at(one)) == [tests, paper]
    assert list(open_actions(given.amira)) == [tests, paper]
    tick_action(item=tests, done=True, by=given.cast.joris, now=NOW)
    assert list(actions_at(one)) == [paper]
    assert [item.pk for item in actions_at(before)] == [paper.pk, tests.pk]
    tests.refresh_from_db()
    assert (tests.done_by, tests.done_at) == (given.cast.joris, NOW)


def test_what_is_agreed_later_does_not_show_on_earlier_ones(given: Mentoring) -> None:
    before, one = a_month_ago(given), booked(given)
    add(given, one)
    assert actions_at(before) == []


def test_either_side_ticks_and_takes_it_back(given: Mentoring) -> None:
    item = add(given, booked(given))
    tick_action(item=item, done=True, by=given.cast.amira, now=NOW)
    tick_action(item=item, done=True, by=given.cast.joris, now=NOW + DAY)
    item.refresh_from_db()
    assert (item.done_by, item.done_at) == (given.cast.amira, NOW)
    tick_action(item=item, done=False, by=given.cast.joris, now=NOW + DAY)
    assert list(open_actions(given.amira)) == [item]


def test_a_new_mentor_ticks_what_the_one_before_agreed(given: Mentoring) -> None:
    item = add(given, booked(given))
    assert code_of(tick_action, item=item, done=True, by=given.cast.ilse, now=NOW) == "not_yours"
    Enrollment.objects.filter(pk=given.amira.pk).update(mentor=given.cast.ilse)
    tick_action(item=item, done=True, by=given.cast.ilse, now=NOW)
    assert open_actions(given.amira) == []


def test_adding_the_same_twice_adds_one(given: Mentoring) -> None:
    one = booked(given)
    assert add(given, one) == add(given, one, text=" Read  the paper ", by=given.cast.amira)
    assert ActionItem.objects.count() == 1


def test_add_refuses_what_makes_no_sense(given: Mentoring) -> None:
    one = booked(given)
    assert code_of(add, given, one, text="  ") == "text_missing"
    assert code_of(add, given, one, doer="staff") == "unknown_doer"
    assert code_of(add, given, one, due_on=TODAY - DAY) == "date_over"
    for person in (given.cast.daan, given.cast.ilse):
        assert code_of(add, given, one, by=person) == "not_yours"
    for number in range(MOST_OPEN):
        add(given, one, text=f"Thing {number}")
    assert code_of(add, given, one) == "too_many"
    OneOnOne.objects.update(status="cancelled")
    assert code_of(add, given, one) == "cancelled"
    assert ActionItem.objects.count() == MOST_OPEN
