from decimal import Decimal

import pytest
from django.utils.translation import override

from outcomes.measuring.intervals import Interval, Method, mean_interval, wilson
from outcomes.measuring.survival import LevelCounts, retention_by_level
from outcomes.measuring.verdicts import AT_LEAST, AT_MOST, Verdict, verdict
from outcomes.models import Target


def between(low: float, high: float, method: Method = Method.WILSON) -> Interval:
    return Interval(estimate=(low + high) / 2, low=low, high=high, method=method)


@pytest.mark.parametrize(
    ("low", "high", "at_least", "at_most"),
    [
        (0.71, 0.90, Verdict.ON_TARGET, Verdict.BELOW_TARGET),
        (0.70, 0.90, Verdict.ON_TARGET, Verdict.TOO_CLOSE),
        (0.60, 0.80, Verdict.TOO_CLOSE, Verdict.TOO_CLOSE),
        (0.50, 0.70, Verdict.TOO_CLOSE, Verdict.ON_TARGET),
        (0.50, 0.69, Verdict.BELOW_TARGET, Verdict.ON_TARGET),
    ],
)
def test_verdict_follows_the_whole_interval(low: float, high: float, at_least: Verdict, at_most: Verdict) -> None:
    interval = between(low, high)

    assert verdict(interval, target=0.7, comparison=AT_LEAST, settled=20) is at_least
    assert verdict(interval, target=0.7, comparison=AT_MOST, settled=20) is at_most


@pytest.mark.parametrize(
    ("settled", "minimum", "expected"),
    [
        (0, 20, Verdict.NOT_AVAILABLE),
        (0, 0, Verdict.NOT_AVAILABLE),
        (1, 20, Verdict.TOO_EARLY),
        (19, 20, Verdict.TOO_EARLY),
        (20, 20, Verdict.ON_TARGET),
        (19, 10, Verdict.ON_TARGET),
    ],
)
def test_verdict_waits_for_the_minimum(settled: int, minimum: int, expected: Verdict) -> None:
    interval = between(0.9, 1.0)

    assert verdict(interval, target=0.7, comparison=AT_LEAST, settled=settled, minimum=minimum) is expected


def test_verdict_without_an_interval_is_too_early_once_somebody_settled() -> None:
    assert verdict(None, target=0.7, comparison=AT_LEAST, settled=0) is Verdict.NOT_AVAILABLE
    assert verdict(None, target=0.7, comparison=AT_LEAST, settled=25) is Verdict.TOO_EARLY


@pytest.mark.parametrize(
    ("successes", "trials", "expected"),
    [
        (40, 40, Verdict.ON_TARGET),
        (39, 40, Verdict.BELOW_TARGET),
        (19, 19, Verdict.TOO_EARLY),
        (0, 0, Verdict.NOT_AVAILABLE),
    ],
)
def test_a_target_of_all_is_judged_on_the_counts(successes: int, trials: int, expected: Verdict) -> None:
    everybody = verdict(wilson(successes, trials), target=1, comparison=AT_LEAST, settled=trials)
    nobody = verdict(wilson(trials - successes, trials), target=0, comparison=AT_MOST, settled=trials)

    assert (everybody, nobody) == (expected, expected)


def test_a_retention_target_of_all_is_judged_on_the_counts() -> None:
    kept, lost = (retention_by_level([LevelCounts(completed=30, left=left, pending=4)])[0].through for left in (0, 1))

    assert verdict(kept, target=1.0, comparison=AT_LEAST, settled=30) is Verdict.ON_TARGET
    assert verdict(lost, target=1.0, comparison=AT_LEAST, settled=31) is Verdict.BELOW_TARGET


def test_a_mean_of_one_is_no_share_of_all() -> None:
    interval = mean_interval([0, 1, 2, 3] * 10)

    assert verdict(interval, target=1, comparison=AT_LEAST, settled=40) is Verdict.ON_TARGET


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        (Target.Comparison.AT_LEAST, "0.700", Verdict.ON_TARGET),
        (Target.Comparison.AT_MOST, "0.700", Verdict.BELOW_TARGET),
        (Target.Comparison.AT_LEAST, "1.000", Verdict.ON_TARGET),
    ],
)
def test_a_stored_target_is_judged_as_it_is(comparison: Target.Comparison, value: str, expected: Verdict) -> None:
    assert verdict(wilson(40, 40), target=Decimal(value), comparison=comparison, settled=40) is expected


def test_an_unknown_comparison_is_rejected() -> None:
    with pytest.raises(ValueError, match="No verdict compares by 'at_least'"):
        verdict(wilson(40, 40), target=0.7, comparison="at_least", settled=40)


def test_labels() -> None:
    with override("en"):
        assert [str(outcome.label_for(AT_LEAST)) for outcome in Verdict] == [
            "On target",
            "Too close to call",
            "Below target",
            "Too early to say",
            "Not available",
        ]
        assert [str(outcome.label_for(AT_MOST)) for outcome in Verdict] == [
            "On target",
            "Too close to call",
            "Above target",
            "Too early to say",
            "Not available",
        ]
