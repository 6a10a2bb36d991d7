"""How long work waits for its first review, with what still waits counted in."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from assessments.models import Submission
from assessments.submissions import withdraw
from assessments.waiting import WaitingTimes, first_review_times, in_words, quantiles
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge

HOUR = timedelta(hours=1)


def test_waiting_ones_count_for_as_long_as_they_have_waited(school: School) -> None:
    judge(hand_in(school), school, at=SUBMITTED + 10 * HOUR)
    judge(hand_in(school, enrollment=school.daan), school, at=SUBMITTED + 30 * HOUR)
    hand_in(school, project=school.practice)
    gone = hand_in(school, enrollment=school.daan, project=school.practice)
    withdraw(submission=gone, by=school.cast.daan, at=SUBMITTED + 5 * HOUR)
    hand_in(school, project=school.final, at=SUBMITTED - timedelta(days=200))
    at = SUBMITTED + 100 * HOUR
    # Of four, one left at hour 5; then one of three is reviewed at 10, one of two at 30: a third still waits.
    assert first_review_times(Submission.objects.all(), at=at) == WaitingTimes(
        median=30, ninth_decile=None, attempts=4, pending=1
    )
    assert first_review_times(Submission.objects.none(), at=at) == WaitingTimes(
        median=None, ninth_decile=None, attempts=0, pending=0
    )


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=20))
def test_quantiles_are_those_of_the_product_limit(waits: list[tuple[int, bool]]) -> None:
    """Against the definition, patient by patient; and without anybody waiting, the plain order statistics."""
    rows = [
        (hours, sum(done for each, done in waits if each == hours), sum(each == hours for each, _done in waits))
        for hours in sorted({hours for hours, _done in waits})
    ]
    expected: list[int | None] = []
    for share in (0.5, 0.9):
        left, found = 1.0, None
        for hours in sorted({each for each, done in waits if done}):
            at_risk = sum(each >= hours for each, _done in waits)
            left *= 1 - sum(each == hours and done for each, done in waits) / at_risk
            if found is None and left <= 1 - share + 1e-9:
                found = hours
        expected.append(found)
    assert quantiles(rows) == expected
    if waits and all(done for _hours, done in waits):
        in_order = sorted(hours for hours, _done in waits)
        assert quantiles(rows) == [in_order[-(-len(in_order) // 2) - 1], in_order[-(-9 * len(in_order) // 10) - 1]]


def test_times_are_told_in_hours_then_in_days() -> None:
    assert [in_words(hours) for hours in (None, 1, 47, 60)] == ["", "1 hour", "47 hours", "2.5 days"]
