"""Satisfaction as one of the targets: the latest wave of each cohort, leavers beside it, nobody in particular."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from organizations.scope import scope
from outcomes.keeping.snapshots import kept_on, take_snapshots
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.targets import Goal, Targets, judge
from outcomes.models import TargetKey
from outcomes.scopes import Scope
from outcomes.showing.wording import interval_of, target_of, value_of
from outcomes.surveys.box import open_box
from outcomes.surveys.results import mean_of, net_of
from tests.conftest import Cast
from tests.outcomes.asking import a_survey, a_wave, heard, learners, say
from tests.outcomes.given import a_cohort, day

KEY = TargetKey.SATISFACTION


def measure(on: int, scope: Scope | None = None) -> Any:
    return AsOf(day(on)).measure(KEY, scope or Scope())


def test_nobody_asked_is_not_available(lantaarn: Cast) -> None:
    found = measure(100)

    assert (found.value, found.counts.denominator, value_of(found)) == (None, 0, "–")
    assert judge(found, Targets(day(100)).goal(KEY)) == "not_available"


def test_mean_of_the_latest_wave_within_a_year(lantaarn: Cast) -> None:
    survey, people = a_survey(), learners(a_cohort(), 8)
    heard(survey, people, [1, 1, 1, 1, 1])
    heard(survey, people, [5, 5, 4, 4, 3, 3], on=100)

    assert [measure(on).value for on in (14, 15, 114, 115, 479, 480)] == [None, 1, 1, 4, 4, None]
    found = measure(200)
    counts = found.counts
    assert (counts.numerator, counts.denominator, counts.pending, counts.excluded, counts.unknown) == (4, 6, 0, 0, 0)
    # 4 ± t(0.975, 5) · 0.8944/√6
    assert (round(found.low, 4), round(found.high, 4), found.method) == (3.0614, 4.9386, "Student t 95 %")
    assert (value_of(found), interval_of(found)) == ("4.00", "3.06–4.94")
    assert (found.detail["asked"], found.detail["answered"], found.detail["scores"]) == (8, 6, [0, 0, 2, 2, 2])
    assert judge(found, Targets(day(200)).goal(KEY)) == "too_early"


def test_cohorts_keep_their_latest_wave_and_crowds_stay_whole(lantaarn: Cast) -> None:
    survey, cohorts = a_survey(), [a_cohort() for _number in range(3)]
    first, second, small = (learners(cohort, number) for cohort, number in zip(cohorts, (6, 5, 2), strict=True))
    heard(survey, [*first, *second, *small], [2] * 13)
    heard(survey, first, [5] * 6, on=60)

    assert measure(40).value == 2
    everybody = measure(100)
    assert (everybody.counts.denominator, everybody.value) == (13, (6 * 5 + 7 * 2) / 13)
    scopes = [Scope(cohort_id=cohort.pk) for cohort in cohorts]
    found = [measure(100, scope) for scope in scopes]
    assert [(one.value, one.counts.denominator, one.counts.excluded) for one in found] == [
        (5, 6, 0), (None, 0, 7), (None, 0, 7),
    ]  # fmt: skip


def test_leavers_stand_beside(lantaarn: Cast) -> None:
    people = learners(a_cohort(), 12)
    heard(a_survey(), people[:6], [5] * 6)
    heard(a_survey(), people[6:], [1] * 6, group="left")

    found = measure(30)
    assert (found.value, found.counts.denominator) == (5, 6)
    assert found.detail["left"] == {"n": 6, "mean": 1, "low": 1, "high": 1}


def test_snapshot_is_old_once_a_box_was_opened_for_its_day(lantaarn: Cast) -> None:
    survey, people = a_survey(), learners(a_cohort(), 6)
    heard(survey, people, [4] * 6)
    asked = a_wave(survey, people, on=60)
    soon, later = (timezone.now() + timedelta(hours=hours) for hours in (1, 2))
    take_snapshots(on=day(75), at=soon)
    kept = kept_on(day(75))

    assert (kept.measures[None, KEY].value, kept.computed_at) == (4, soon)
    for one in asked:
        say(one, 5)
    open_box(wave=asked[0].wave, on=day(75), at=later)
    assert kept_on(day(75)).computed_at is None


def test_target_of_more_than_twenty_answers_is_judged(lantaarn: Cast) -> None:
    heard(a_survey(), learners(a_cohort(), 24), [5] * 22 + [4] * 2)

    found, goal = measure(30), Targets(day(30)).goal(KEY)
    assert (judge(found, goal), target_of(goal)) == ("on_target", "4.5 of 5")
    assert found.high == 5  # the interval ends with the scale
    assert judge(found, Goal(KEY, ">=", Decimal("4.99"))) == "too_close"


def test_other_organizations_answers_do_not_count(cast: Cast) -> None:
    with scope(cast.organization.pk):
        heard(a_survey(), learners(a_cohort(), 5), [5] * 5)
    with scope(cast.elsewhere.pk):
        assert measure(30).counts.denominator == 0


@pytest.mark.parametrize(
    ("tally", "expected"),
    [({9: 4, 7: 3, 2: 3}, 10), ({10: 5}, 100), ({0: 5}, -100), ({8: 5}, 0)],
)
def test_recommending_less_not(tally: dict[int, int], expected: float) -> None:
    found = net_of(tally)
    assert found is not None
    assert found.estimate == expected
    assert -100 <= found.low <= expected <= found.high <= 100


def test_mean_ends_with_the_scale() -> None:
    found = mean_of({5: 9, 1: 1})
    assert found is not None
    assert (found.estimate, round(found.low, 4), found.high) == (4.6, 3.6951, 5)
