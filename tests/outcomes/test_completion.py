import pytest

from outcomes.measuring.cases import Counts
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.targets import STATED, judge
from outcomes.measuring.verdicts import Verdict
from outcomes.models import TargetKey
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, enrolled, graduate

KEY = TargetKey.COMPLETION_YEARS


def test_half_of_all_who_started_not_of_those_who_finished(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for on in (365, 700, 731):
        graduate(cohort, on)
    for on in (30, 60, 90):
        enrolled(cohort, ("withdrawn", on))
    measure = AsOf(day(1000)).measure(KEY)

    assert (measure.counts, round(measure.value or 0, 4)) == (Counts(3, 6, 0, 0, 0), round(731 / 365.25, 4))
    assert measure.detail["mean"][0] == pytest.approx((365 + 700 + 731) / 3 / 365.25)
    assert [row[:2] for row in measure.detail["incidence"]] == [
        [2.0, pytest.approx(2 / 6)],
        [2.5, pytest.approx(3 / 6)],
        [3.0, pytest.approx(3 / 6)],
        [5.0, pytest.approx(3 / 6)],
    ]


def test_time_is_not_reached_while_fewer_than_half_have_graduated(lantaarn: Cast) -> None:
    cohort = a_cohort()
    graduate(cohort, 700)
    for _ in range(3):
        enrolled(cohort)
    measure = AsOf(day(800)).measure(KEY)

    assert (measure.value, measure.high, measure.counts) == (None, None, Counts(1, 1, 3, 0, 0))


def test_all_still_under_way(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for _ in range(30):
        enrolled(cohort)
    measure = AsOf(day(300)).measure(KEY)

    assert (measure.value, measure.counts) == (None, Counts(0, 0, 30, 0, 0))
    assert judge(measure, STATED[KEY]) is Verdict.NOT_AVAILABLE


def test_most_left_so_the_target_is_missed(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for _ in range(40):
        enrolled(cohort, ("withdrawn", 100))
    graduate(cohort, 500)
    measure = AsOf(day(1000)).measure(KEY)

    assert (measure.value, measure.low, measure.high, measure.settled) == (None, None, None, 41)
    assert judge(measure, STATED[KEY]) is Verdict.BELOW_TARGET


def test_fast_graduates_meet_the_target(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for number in range(40):
        graduate(cohort, 500 + number)
    measure = AsOf(day(1000)).measure(KEY)

    assert judge(measure, STATED[KEY]) is Verdict.ON_TARGET
    assert (measure.value or 0) < (measure.high or 0) < 2.5


def test_graduation_taken_back_is_no_graduation(lantaarn: Cast) -> None:
    enrolled(a_cohort(), ("graduated", 600), ("active", 650))

    assert [AsOf(day(on)).measure(KEY).counts for on in (640, 650)] == [
        Counts(1, 1, 0, 0, 0),
        Counts(0, 0, 1, 0, 0),
    ]


def test_nobody_at_all(lantaarn: Cast) -> None:
    measure = AsOf(day(100)).measure(KEY)

    assert (measure.value, measure.method, measure.counts) == (None, "", Counts(0, 0, 0, 0, 0))
    assert judge(measure, STATED[KEY]) is Verdict.NOT_AVAILABLE
