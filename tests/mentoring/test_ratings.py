"""Ratings: by the learner alone, and never to be traced to one."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Role
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.ratings import Average, averages_of, comments_on, rate
from mentoring.records import RATING_CHANGES, Rating
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mentoring.given import DAY, Mentoring, an_enrollment, recorded


@pytest.fixture
def held(given: Mentoring) -> OneOnOne:
    return recorded(given, start=NOW - DAY, status="held")


def code_of(**values: Any) -> str:
    with pytest.raises(MentoringError) as caught:
        rate(**values)
    return caught.value.code


def rated_by(given: Mentoring, learners: int, *, each: int = 1, score: int = 4, comment: str = "") -> None:
    day = 2
    for number in range(learners):
        learner = member(f"Learner {number}", f"learner{number}-{score}@lantaarn.example", Role.LEARNER)
        enrollment = an_enrollment(given.cohort, learner, given.cast.joris)
        for _time in range(each):
            one = recorded(given, start=NOW - day * DAY, status="held", enrollment=enrollment)
            rate(one_on_one=one, score=score, comment=comment and f"{comment} {number}", by=learner, now=NOW)
            day += 1


def test_the_learner_rates_and_changes_it_for_fourteen_days(given: Mentoring, held: OneOnOne) -> None:
    said: dict[str, Any] = {"one_on_one": held, "comment": " Good\r\nquestions ", "by": given.cast.amira}
    rate(score=4, now=NOW, **said)
    rate(score=2, now=NOW + RATING_CHANGES - DAY, **said)
    rating = Rating.objects.get()
    assert (rating.score, rating.comment, rating.rated_at) == (2, "Good\nquestions", NOW)
    assert code_of(score=5, now=NOW + RATING_CHANGES, **said) == "rating_closed"


def test_only_the_learner_only_what_was_held_only_one_to_five(given: Mentoring, held: OneOnOne) -> None:
    said: dict[str, Any] = {"one_on_one": held, "score": 5, "comment": "", "by": given.cast.amira, "now": NOW}
    for person in (given.cast.joris, given.cast.daan, given.cast.ilse, given.cast.ada):
        assert code_of(**said | {"by": person}) == "not_yours"
    for score in (0, 6, -1):
        assert code_of(**said | {"score": score}) == "unknown_score"
    assert code_of(**said | {"comment": "x" * 2001}) == "too_long"
    OneOnOne.objects.update(status="mentor_no_show")
    assert code_of(**said) == "not_held"
    assert not Rating.objects.exists()


def test_four_learners_are_too_few_however_often_they_rate(given: Mentoring) -> None:
    rated_by(given, 4, each=3, comment="Clear")
    assert averages_of([given.cast.joris.pk]) == {}
    assert comments_on(given.cast.joris.pk) == []


def test_from_five_learners_on_there_is_an_average_that_moves_by_fives(given: Mentoring, held: OneOnOne) -> None:
    rated_by(given, 5, score=4, comment="Clear")
    five = {given.cast.joris.pk: Average(mean=4.0, ratings=5)}
    assert averages_of([given.cast.joris.pk, given.cast.ilse.pk]) == five
    assert comments_on(given.cast.joris.pk) == [f"Clear {number}" for number in range(5)]
    rate(one_on_one=held, score=1, comment="", by=given.cast.amira, now=NOW)
    assert averages_of([given.cast.joris.pk]) == five


def test_a_rating_of_what_turned_out_not_to_be_held_does_not_count(given: Mentoring) -> None:
    rated_by(given, 5)
    first = OneOnOne.objects.order_by("pk")[0]
    OneOnOne.objects.filter(pk=first.pk).update(status="learner_no_show")
    assert averages_of([given.cast.joris.pk]) == {}


@pytest.mark.parametrize(("learners", "shown"), [(4, False), (5, True)])
def test_pages_of_mentor_and_staff_show_an_average_of_five_learners_or_more(
    given_page: Mentoring, sign_in: Callable[[Membership | None], Client], learners: int, shown: bool
) -> None:
    cast = given_page.cast
    with scope(cast.organization.pk):
        rated_by(given_page, learners, score=4, comment="Clear")
    week = unescape(sign_in(cast.joris).get("/o/lantaarn/week/").content.decode())
    assert ("Learners rated your 1-on-1s 4.0 of 5, in 5 ratings." in week) == shown
    assert "Clear 0" not in week
    staff = sign_in(cast.ilse)
    page = unescape(staff.get("/o/lantaarn/coverage/", {"mentor": str(cast.joris.pk)}).content.decode())
    assert ("4.0 <small>(5)</small>" in page) == shown
    assert ("What learners wrote" in page) == shown
    assert ("Clear 0" in page) == shown
