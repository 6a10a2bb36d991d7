from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.measuring.cases import Counts
from outcomes.measuring.intervals import Method, score_interval, wilson
from outcomes.measuring.measures import Measure
from outcomes.measuring.targets import STATED, Goal
from outcomes.models import TargetKey
from outcomes.showing.feasibility import Pace, feasibility, fewest_on_target, sample_needed, too_close

TARGETS = st.floats(min_value=0.05, max_value=0.98)


def counted(key: str, met: int, settled: int, *, pending: int = 0) -> Measure:
    interval = wilson(met, settled)
    assert interval is not None
    counts = Counts(numerator=met, denominator=settled, pending=pending, excluded=0, unknown=0)
    return Measure(
        key=key, value=interval.estimate, low=interval.low, high=interval.high, method=Method.WILSON, counts=counts
    )


@given(target=TARGETS)
def test_fewest_is_the_first_number_whose_whole_sample_can_be_on_target(target: float) -> None:
    fewest = fewest_on_target(target)
    enough, fewer = wilson(fewest, fewest), wilson(fewest - 1, fewest - 1)

    assert enough is not None
    assert enough.low >= target - 1e-12
    assert fewest == 20 or (fewer is not None and fewer.low < target)


@given(share=st.floats(0, 1), target=TARGETS)
def test_sample_needed_is_where_the_interval_leaves_the_target_out(share: float, target: float) -> None:
    needed = sample_needed(share, target)
    if needed is None or needed > 10**8:  # a gap that rounding decides
        return
    found, fewer = score_interval(share, needed + 1), score_interval(share, max(needed - 1, 1))

    assert not found.low <= target <= found.high
    assert needed == 1 or (fewer.low <= target + 1e-9 and target - 1e-9 <= fewer.high)


def test_24_learners_cannot_tell_65_percent_from_80() -> None:
    assert round(too_close(0.8, 24), 3) == 0.16
    assert sample_needed(0.65, 0.8) == 28


def test_verdict_that_can_never_come_says_so_first() -> None:
    found = feasibility(counted(TargetKey.PLACEMENT, 3, 4, pending=8), STATED[TargetKey.PLACEMENT])

    assert found is not None
    assert found.is_out_of_reach
    assert found.sentences == (
        "Even if everyone reached it, on target can be said only from 22 counted on, and here at most 12 learners will "
        "ever count.",
        "With 4 counted, a share from 50.0% to 100.0% can't be told from the target.",
    )


def test_what_is_too_close_says_how_many_it_takes() -> None:
    found = feasibility(counted(TargetKey.PLACEMENT, 24, 30), STATED[TargetKey.PLACEMENT])

    assert found is not None
    assert not found.is_out_of_reach
    assert found.sentences == (
        "With 30 counted, a share from 72.2% to 97.8% can't be told from the target.",
        "If the value stays 80.0%, it takes about 196 counted to tell it from 85%.",
    )


def test_value_on_the_target_is_never_told_from_it() -> None:
    found = feasibility(counted(TargetKey.PLACEMENT, 34, 40), STATED[TargetKey.PLACEMENT])

    assert found is not None
    assert found.sentences[-1] == "The value is the target itself: no number of learners tells them apart."


@pytest.mark.parametrize(
    "goal", [Goal(TargetKey.PLACEMENT, ">=", None), Goal(TargetKey.PLACEMENT, ">=", Decimal("0.8"), is_on=False)]
)
def test_nothing_to_judge_by_says_nothing(goal: Goal) -> None:
    assert feasibility(counted(TargetKey.PLACEMENT, 24, 30), goal) is None


@pytest.mark.parametrize(
    ("weekly", "out_of_reach", "sentences"),
    [
        (
            20,
            True,
            (
                "AI engineer: 10,000 curriculum hours at 20 hours a week take 9.6 years. 2.5 years take 77 hours a "
                "week.",
            ),
        ),
        (80, False, ("The planned hours allow it at the hours a week of every cohort here.",)),
    ],
)
def test_hours_of_the_plan_decide_the_time_to_complete(
    weekly: int, out_of_reach: bool, sentences: tuple[str, ...]
) -> None:
    key = TargetKey.COMPLETION_YEARS
    pace = Pace("AI engineer", Decimal(10_000), Decimal(weekly))
    found = feasibility(counted(key, 1, 1), STATED[key], [pace])

    assert found is not None
    assert (found.is_out_of_reach, found.sentences) == (out_of_reach, sentences)


def test_hours_that_nobody_can_work_say_so() -> None:
    key = TargetKey.COMPLETION_YEARS
    goal = Goal(key, "<=", Decimal("1.5"))
    found = feasibility(counted(key, 1, 1), goal, [Pace("AI engineer", Decimal(10_000), Decimal(40))])

    assert found is not None
    assert found.sentences == (
        "AI engineer: 10,000 curriculum hours at 40 hours a week take 4.8 years. 1.5 years take 129 hours a week. "
        "Nobody can work more than 80.",
    )


def test_cohorts_at_several_paces_are_said_at_once() -> None:
    key = TargetKey.COMPLETION_YEARS
    paces = [Pace("AI engineer", Decimal(10_000), Decimal(weekly)) for weekly in (20, 40, 70)]
    found = feasibility(counted(key, 1, 1), STATED[key], paces)

    assert found is not None
    assert found.sentences == (
        "AI engineer: 10,000 curriculum hours take 9.6 years at 20 hours a week, and 2.7 years at 70. 2.5 years take "
        "77 hours a week.",
    )
