import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.measuring.intervals import (
    Interval,
    Method,
    mean_interval,
    median,
    score_interval,
    student_t_quantile,
    wilson,
)
from tests.examples import examples

finite = st.floats(min_value=-1e6, max_value=1e6)
thorough = settings(max_examples=examples(150), deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("successes", "trials", "expected"),
    [
        (55, 78, (0.7051, 0.5962, 0.7948)),
        (0, 10, (0.0, 0.0, 0.2775)),
        (10, 10, (1.0, 0.7225, 1.0)),
        (1, 1, (1.0, 0.2065, 1.0)),
    ],
)
def test_wilson_of_known_cases(successes: int, trials: int, expected: tuple[float, float, float]) -> None:
    interval = wilson(successes, trials)

    assert interval is not None
    assert (interval.estimate, interval.low, interval.high) == pytest.approx(expected, abs=5e-5)
    assert interval.method == "Wilson 95 %"


def test_wilson_agrees_with_statsmodels_for_every_count_up_to_100() -> None:
    from statsmodels.stats.proportion import proportion_confint  # not for whoever runs other tests: it takes a second

    for trials in range(1, 101):
        for successes in range(trials + 1):
            interval = wilson(successes, trials)
            assert interval is not None
            low, high = proportion_confint(successes, trials, alpha=0.05, method="wilson")
            assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)


def test_wilson_without_trials_is_not_available() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("successes", "trials"), [(-1, 10), (11, 10), (0, -1)])
def test_wilson_rejects_what_is_no_proportion(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(successes, trials)


@thorough
@given(st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_wilson_holds_its_estimate_and_mirrors(counts: tuple[int, int]) -> None:
    successes, trials = counts
    interval, mirrored = wilson(successes, trials), wilson(trials - successes, trials)

    assert interval is not None
    assert mirrored is not None
    assert 0 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.low < interval.high
    assert (interval.low, interval.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-12)


def test_score_interval_of_an_effective_sample_size_lies_between_its_whole_neighbors() -> None:
    assert wilson(0, 10).high > score_interval(0.0, 10.5).high > wilson(0, 11).high


@pytest.mark.parametrize("probability", [0.5, 0.75, 0.9, 0.975, 0.995, 0.9999])
def test_student_t_quantile_agrees_with_scipy(probability: float) -> None:
    from scipy import stats

    for degrees in [*range(1, 301), 1_000, 4_999, 20_000]:
        expected = stats.t.ppf(probability, degrees)
        assert student_t_quantile(probability, degrees) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(("probability", "degrees"), [(0.49, 5), (1.0, 5), (0.975, 0), (math.nan, 5)])
def test_student_t_quantile_rejects_what_it_cannot_answer(probability: float, degrees: int) -> None:
    with pytest.raises(ValueError, match="No t quantile"):
        student_t_quantile(probability, degrees)


def test_mean_interval_and_median_agree_with_scipy_and_numpy_on_random_surveys() -> None:
    import numpy as np
    from scipy import stats

    chance = random.Random(20)
    for _ in range(examples(500)):
        scores = [chance.randint(1, 5) + chance.random() for _ in range(chance.randint(2, 80))]
        interval = mean_interval(scores)
        assert median(scores) == pytest.approx(np.median(scores))
        assert interval is not None
        expected = stats.ttest_1samp(scores, 0).confidence_interval(0.95)
        assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
        assert interval.estimate == pytest.approx(sum(scores) / len(scores))


def test_mean_interval_of_equal_scores_has_no_width() -> None:
    assert mean_interval([5] * 25) == Interval(estimate=5.0, low=5.0, high=5.0, method=Method.STUDENT_T)


@pytest.mark.parametrize("scores", [[], [4.0]])
def test_mean_interval_under_two_scores_is_not_available(scores: list[float]) -> None:
    assert mean_interval(scores) is None


@thorough
@given(st.lists(finite, min_size=2, max_size=40).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_order_of_the_values_changes_nothing(rows: tuple[list[float], list[float]]) -> None:
    values, shuffled = rows

    assert mean_interval(values) == mean_interval(shuffled)
    assert median(values) == median(shuffled)


@pytest.mark.parametrize(("values", "expected"), [([], None), ([3], 3), ([9, 1, 4], 4), ([4, 1, 9, 2], 3)])
def test_median(values: list[float], expected: float | None) -> None:
    assert median(values) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_rejected(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        mean_interval([1.0, value])
    with pytest.raises(ValueError, match="finite"):
        median([1.0, value])
