import itertools
import math
import random
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.measuring import survival
from outcomes.measuring.intervals import Interval, Method, score_interval, wilson
from outcomes.measuring.survival import (
    IncidenceCurve,
    LevelCounts,
    LevelRetention,
    Outcome,
    SurvivalCurve,
    SurvivalPoint,
    retention_by_level,
)
from tests.examples import examples

EVENT, COMPETING, CENSORED = Outcome.EVENT, Outcome.COMPETING, Outcome.CENSORED
QUANTILE = NormalDist().inv_cdf(0.975)
thorough = settings(max_examples=examples(100), deadline=None, derandomize=True)


class Observation(NamedTuple):
    """One learner followed for `time`, and what ended it."""

    time: float
    outcome: Outcome


def observed(outcome: Outcome, *times: float) -> list[Observation]:
    return [Observation(time, outcome) for time in times]


# E. J. Freireich et al. (1963), Blood 21, 699-716: weeks of remission under 6-MP.
SIX_MP = observed(EVENT, 6, 6, 6, 7, 10, 13, 16, 22, 23) + observed(
    CENSORED, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35
)


def cohorts(*outcomes: Outcome) -> st.SearchStrategy[list[Observation]]:
    return st.lists(st.builds(Observation, st.integers(0, 12), st.sampled_from(outcomes)), max_size=40)


def random_cohorts(seed: int, count: int, *outcomes: Outcome) -> Iterator[list[Observation]]:
    chance = random.Random(seed)
    for _ in range(count):
        latest = chance.choice([3, 10, 1000])
        weights = [chance.random() + 0.05 for _ in outcomes]
        yield [
            Observation(chance.randint(0, latest) / chance.choice([1, 2]), chance.choices(outcomes, weights)[0])
            for _ in range(chance.randint(1, 60))
        ]


def columns(cohort: Sequence[Observation]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([one.time for one in cohort], dtype=float), np.array([one.outcome for one in cohort], dtype=int)


def kaplan_meier(cohort: Sequence[Observation]) -> SurvivalCurve:
    return survival.kaplan_meier(*columns(cohort))


def aalen_johansen(cohort: Sequence[Observation]) -> IncidenceCurve:
    return survival.aalen_johansen(*columns(cohort))


def log_log_limits(share: float, standard_error: float) -> tuple[float, float]:
    """Written as the back-transformed interval of log(-log share), not as a power of the share."""
    middle = math.log(-math.log(share))
    spread = QUANTILE * standard_error / (share * -math.log(share))
    return math.exp(-math.exp(middle + spread)), math.exp(-math.exp(middle - spread))


class TestKaplanMeier:
    def test_freireich_6_mp(self) -> None:
        curve = kaplan_meier(SIX_MP)
        point = curve.at(23)

        assert point is not None
        assert (point.at_risk, point.events, point.censored) == (6, 1, 0)
        assert (point.survival, point.interval.low, point.interval.high) == pytest.approx(
            (0.4482, 0.1881, 0.6801), abs=5e-5
        )
        assert point.interval.method is Method.GREENWOOD
        assert curve.median == 23

    def test_freireich_6_mp_step_by_step(self) -> None:
        steps = [
            (point.time, point.at_risk, round(point.survival, 4))
            for point in kaplan_meier(SIX_MP).points
            if point.events
        ]

        assert steps == [
            (6, 21, 0.8571),
            (7, 17, 0.8067),
            (10, 15, 0.7529),
            (13, 12, 0.6902),
            (16, 11, 0.6275),
            (22, 7, 0.5378),
            (23, 6, 0.4482),
        ]

    def test_agrees_with_statsmodels_on_random_cohorts(self) -> None:
        from statsmodels.duration.survfunc import SurvfuncRight

        for cohort in random_cohorts(1, examples(500), EVENT, CENSORED):
            times, status = columns(cohort)
            with np.errstate(all="ignore"):
                judge = SurvfuncRight(times, status)
            curve = kaplan_meier(cohort)
            steps = [point for point in curve.points if point.events]

            assert [point.time for point in steps] == judge.surv_times.tolist()
            assert [point.at_risk for point in steps] == judge.n_risk.tolist()
            assert [point.events for point in steps] == judge.n_events.tolist()
            assert [point.survival for point in steps] == pytest.approx(judge.surv_prob.tolist(), abs=1e-12)
            inner = [
                (point, error) for point, error in zip(steps, judge.surv_prob_se, strict=True) if point.survival > 0
            ]
            limits = [limit for point, error in inner for limit in log_log_limits(point.survival, error)]
            assert [
                limit for point, _ in inner for limit in (point.interval.low, point.interval.high)
            ] == pytest.approx(limits, abs=1e-10)
            assert {point.interval.method for point, _ in inner} <= {Method.GREENWOOD}
            at_most_half = judge.surv_times[judge.surv_prob <= 0.5 + 1e-9].tolist()
            assert curve.median == (at_most_half[0] if at_most_half else None)

    @thorough
    @given(cohorts(EVENT, CENSORED).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
    def test_order_of_the_rows_changes_nothing(self, rows: tuple[list[Observation], list[Observation]]) -> None:
        assert kaplan_meier(rows[0]) == kaplan_meier(rows[1])

    @thorough
    @given(cohorts(EVENT, CENSORED))
    def test_falls_from_one_and_stays_within_its_limits(self, cohort: list[Observation]) -> None:
        points = kaplan_meier(cohort).points

        assert all(before.survival >= after.survival for before, after in itertools.pairwise(points))
        assert all(0 <= point.interval.low <= point.survival <= point.interval.high <= 1 for point in points)
        assert all(point.interval.low < point.interval.high for point in points)
        assert sum(point.events + point.censored for point in points) == len(cohort)

    @thorough
    @given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(0, 12))
    def test_without_censoring_it_is_the_share_still_there(self, times: list[int], time: int) -> None:
        point = kaplan_meier(observed(EVENT, *times)).at(time)

        assert point is not None
        assert point.survival == pytest.approx(sum(other > time for other in times) / len(times))

    def test_nobody(self) -> None:
        curve = kaplan_meier([])

        assert curve == SurvivalCurve(points=())
        assert (curve.at(0), curve.median) == (None, None)

    def test_all_censored_at_once_have_wilson_limits(self) -> None:
        curve = kaplan_meier(observed(CENSORED, *[300] * 30))

        assert curve.points == (
            SurvivalPoint(time=0, at_risk=30, events=0, censored=0, interval=wilson(30, 30)),
            SurvivalPoint(time=300, at_risk=30, events=0, censored=30, interval=wilson(30, 30)),
        )
        assert curve.median is None

    def test_all_leaving_one_by_one_have_wilson_limits_of_the_whole_cohort(self) -> None:
        last = kaplan_meier(observed(EVENT, *range(1, 31))).points[-1]

        assert (last.at_risk, last.survival, last.interval.method) == (1, 0, Method.WILSON)
        assert last.interval.high == pytest.approx(wilson(0, 30).high)

    def test_events_come_before_censorings_at_a_tie(self) -> None:
        point = kaplan_meier(observed(EVENT, 5) + observed(CENSORED, 5, 5, 5)).at(5)

        assert point is not None
        assert (point.at_risk, point.events, point.censored, point.survival) == (4, 1, 3, 0.75)

    def test_leaving_on_the_first_day_counts(self) -> None:
        curve = kaplan_meier(observed(EVENT, 0) + observed(CENSORED, 0, 8, 8))

        assert [(point.time, point.at_risk, point.survival) for point in curve.points] == [(0, 4, 0.75), (8, 2, 0.75)]

    def test_median_counts_exactly_one_half(self) -> None:
        for size in range(2, 100, 2):
            assert kaplan_meier(observed(EVENT, *range(1, size + 1))).median == size / 2

    def test_value_between_two_steps_has_the_number_at_risk_then(self) -> None:
        curve = kaplan_meier(SIX_MP)
        step = curve.at(13)

        assert step is not None
        assert curve.at(14) == SurvivalPoint(time=14, at_risk=11, events=0, censored=0, interval=step.interval)

    def test_limits_without_events_rest_on_those_still_at_risk(self) -> None:
        curve = kaplan_meier(observed(CENSORED, *[1] * 99, 6))

        assert curve.at(5) == SurvivalPoint(time=5, at_risk=1, events=0, censored=0, interval=wilson(1, 1))

    def test_is_not_carried_past_the_last_observation(self) -> None:
        assert kaplan_meier(SIX_MP).at(35.01) is None

    def test_stays_at_zero_when_nobody_survived(self) -> None:
        curve = kaplan_meier(observed(EVENT, 1, 2))

        assert curve.at(9) == SurvivalPoint(time=9, at_risk=0, events=0, censored=0, interval=curve.points[-1].interval)

    def test_rejects_a_competing_outcome(self) -> None:
        with pytest.raises(ValueError, match="no competing outcome"):
            kaplan_meier(observed(COMPETING, 3))

    def test_rejects_a_time_before_the_start(self) -> None:
        with pytest.raises(ValueError, match="No curve has a value at -1"):
            kaplan_meier(SIX_MP).at(-1)

    @pytest.mark.parametrize("time", [-1, math.nan, math.inf])
    def test_rejects_an_observation_of_impossible_length(self, time: float) -> None:
        with pytest.raises(ValueError, match="cannot be followed"):
            kaplan_meier(observed(EVENT, 3, time))


class TestAalenJohansen:
    # The case of statsmodels' own tests, whose standard errors agree with Stata's stcompet.
    CASE_TIMES = (1, 1, 2, 4, 4, 4, 6, 6, 7, 8, 9, 9, 9, 1, 2, 2, 4, 4)
    CASE_CAUSES = (1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    @pytest.mark.parametrize(
        ("cause", "incidence", "errors"),
        [
            (1, [0, 0.11111111, *[0.17037037] * 6], [0, 0.07407407, *[0.08976251] * 6]),
            (2, [0, 0, 0, *[0.20740741] * 5], [0, 0, 0, *[0.10610391] * 5]),
            (3, [0, 0, 0, 0, 0.17777778, *[0.26666667] * 3], [0, 0, 0, 0, 0.11196147, *[0.12787781] * 3]),
        ],
    )
    def test_case_of_three_causes(self, cause: int, incidence: list[float], errors: list[float]) -> None:
        outcomes = {0: CENSORED, cause: EVENT}
        curve = aalen_johansen([
            Observation(time, outcomes.get(code, COMPETING))
            for time, code in zip(self.CASE_TIMES, self.CASE_CAUSES, strict=True)
        ])  # fmt: skip

        assert [point.time for point in curve.points] == [0, 1, 2, 4, 6, 7, 8, 9]
        assert [point.incidence for point in curve.points] == pytest.approx(incidence, abs=1e-8)
        for point, share, error in zip(curve.points, incidence, errors, strict=True):
            if share > 0:
                limits = log_log_limits(share, error)
                assert (point.interval.low, point.interval.high) == pytest.approx(limits, abs=1e-6)
                assert point.interval.method is Method.AALEN_JOHANSEN

    def test_agrees_with_statsmodels_on_random_cohorts(self) -> None:
        from statsmodels.duration.survfunc import CumIncidenceRight

        for cohort in random_cohorts(2, examples(500), EVENT, COMPETING, CENSORED):
            times, status = columns(cohort)
            if not (status == 1).any():
                continue
            with np.errstate(all="ignore"):
                judge = CumIncidenceRight(times, status)
            curve = aalen_johansen(cohort)
            points = [point for point in curve.points if point.time in times]
            at_least_half = judge.times[judge.cinc[0] >= 0.5 - 1e-9].tolist()
            assert curve.half_time == (at_least_half[0] if at_least_half else None)

            assert [point.time for point in points] == judge.times.tolist()
            assert [point.incidence for point in points] == pytest.approx(judge.cinc[0].tolist(), abs=1e-12)
            # statsmodels divides by zero once nobody remains; the test without censoring covers that end.
            inner = [
                (point, error)
                for point, error in zip(points, judge.cinc_se[0], strict=True)
                if point.incidence > 0 and point.remaining > 0
            ]
            limits = [limit for point, error in inner for limit in log_log_limits(point.incidence, error)]
            assert [
                limit for point, _ in inner for limit in (point.interval.low, point.interval.high)
            ] == pytest.approx(limits, abs=1e-9)

    @thorough
    @given(cohorts(EVENT, COMPETING), st.integers(0, 12))
    def test_without_censoring_it_is_a_plain_share_with_binomial_variance(
        self, cohort: list[Observation], time: int
    ) -> None:
        point = aalen_johansen(cohort).at(time)
        if not cohort:
            assert point is None
            return
        reached = sum(row.outcome is EVENT and row.time <= time for row in cohort)
        share, size = reached / len(cohort), len(cohort)

        assert point is not None
        assert point.incidence == pytest.approx(share)
        if 0 < reached < size:
            expected = log_log_limits(share, math.sqrt(share * (1 - share) / size))
        else:
            expected = (score_interval(share, size).low, score_interval(share, size).high)
        assert (point.interval.low, point.interval.high) == pytest.approx(expected, abs=1e-7)

    @thorough
    @given(cohorts(EVENT, COMPETING, CENSORED))
    def test_both_outcomes_and_the_remaining_share_make_one(self, cohort: list[Observation]) -> None:
        swap = {EVENT: COMPETING, COMPETING: EVENT, CENSORED: CENSORED}
        curve = aalen_johansen(cohort)
        opposite = aalen_johansen([Observation(row.time, swap[row.outcome]) for row in cohort])

        for point, other in zip(curve.points, opposite.points, strict=True):
            assert point.incidence + other.incidence + point.remaining == pytest.approx(1)
            assert 0 <= point.interval.low <= point.incidence <= point.interval.high <= 1

    @thorough
    @given(cohorts(EVENT, CENSORED))
    def test_without_competition_it_is_what_kaplan_meier_leaves(self, cohort: list[Observation]) -> None:
        incidence = [1 - point.incidence for point in aalen_johansen(cohort).points]
        survival = [point.survival for point in kaplan_meier(cohort).points]

        assert incidence == pytest.approx(survival)

    @thorough
    @given(cohorts(EVENT, COMPETING, CENSORED).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
    def test_order_of_the_rows_changes_nothing(self, rows: tuple[list[Observation], list[Observation]]) -> None:
        assert aalen_johansen(rows[0]).points == aalen_johansen(rows[1]).points

    def test_half_time_is_the_first_time_at_one_half(self) -> None:
        for size in range(2, 100, 2):
            assert aalen_johansen(observed(EVENT, *range(1, size + 1))).half_time == size / 2

    def test_half_time_interval_is_where_the_limits_hold_one_half(self) -> None:
        for cohort in random_cohorts(3, examples(500), EVENT, COMPETING, CENSORED):
            curve = aalen_johansen(cohort)
            possible = [point.time for point in curve.points if point.interval.low < 0.5 <= point.interval.high]
            interval = curve.half_time_interval

            assert interval is not None
            assert interval.low <= interval.estimate <= interval.high
            assert interval.method is Method.BROOKMEYER_CROWLEY
            assert interval.estimate == (math.inf if curve.half_time is None else curve.half_time)
            if possible:
                assert interval.low == possible[0]

    def test_half_time_of_a_hundred_finishing_one_a_day(self) -> None:
        interval = aalen_johansen(observed(EVENT, *range(1, 101))).half_time_interval

        # Without censoring the share on day d is d / 100 and its variance binomial.
        limits = {day: log_log_limits(day / 100, math.sqrt(day / 100 * (1 - day / 100) / 100)) for day in range(1, 100)}
        assert interval == Interval(
            estimate=50,
            low=min(day for day, (_, high) in limits.items() if high >= 0.5),
            high=min(day for day, (low, _) in limits.items() if low >= 0.5),
            method=Method.BROOKMEYER_CROWLEY,
        )

    def test_half_not_reached_lies_after_the_last_observation(self) -> None:
        curve = aalen_johansen(
            observed(EVENT, *[2] * 10) + observed(COMPETING, *[1] * 40) + observed(CENSORED, *[4] * 50)
        )

        assert curve.half_time is None
        assert curve.half_time_interval == Interval(
            estimate=math.inf, low=4, high=math.inf, method=Method.BROOKMEYER_CROWLEY
        )

    def test_half_is_never_reached_once_nobody_remains(self) -> None:
        curve = aalen_johansen(observed(EVENT, *[2] * 10) + observed(COMPETING, *[1] * 90))

        assert curve.half_time_interval == Interval(
            estimate=math.inf, low=math.inf, high=math.inf, method=Method.BROOKMEYER_CROWLEY
        )

    def test_incidence_without_events_rests_on_those_still_at_risk(self) -> None:
        point = aalen_johansen(observed(CENSORED, *[1] * 99, 6)).at(5)

        assert point is not None
        assert (point.at_risk, point.interval) == (1, wilson(0, 1))

    def test_is_not_carried_past_the_last_observation_while_somebody_remains(self) -> None:
        assert aalen_johansen(observed(EVENT, 1) + observed(CENSORED, 2)).at(2.5) is None

    def test_is_carried_on_once_nobody_remains(self) -> None:
        point = aalen_johansen(observed(EVENT, 1) + observed(COMPETING, 2)).at(5)

        assert point is not None
        assert (point.time, point.at_risk, point.competing, point.incidence) == (5, 0, 0, 0.5)

    def test_nobody(self) -> None:
        curve = aalen_johansen([])

        assert curve.points == ()
        assert (curve.at(2), curve.half_time, curve.half_time_interval) == (None, None, None)


@st.composite
def level_counts(draw: st.DrawFn) -> list[LevelCounts]:
    entered, levels = draw(st.integers(0, 60)), []
    for _ in range(draw(st.integers(1, 5))):
        left = draw(st.integers(0, entered))
        pending = draw(st.integers(0, entered - left))
        levels.append(LevelCounts(completed=entered - left - pending, left=left, pending=pending))
        entered = levels[-1].completed
    return levels


class TestRetentionByLevel:
    def test_worked_example(self) -> None:
        # Pending take no part in a rate: 40/50 · 18/24 = 0.6. They make the bounds: of 60 who began, 18 and 18 + 26.
        first, second = LevelCounts(completed=40, left=10, pending=10), LevelCounts(completed=18, left=6, pending=16)
        low, high = log_log_limits(0.6, 0.6 * math.sqrt(10 / (50 * 40) + 6 / (24 * 18)))

        rows = retention_by_level([first, second])

        through = rows[1].through
        assert through is not None
        assert (through.estimate, through.low, through.high) == pytest.approx((0.6, low, high))
        assert rows[1] == LevelRetention(
            level=2,
            counts=second,
            in_level=wilson(18, 24),
            through=through,
            settled=34,
            pending=26,
            lowest=18 / 60,
            highest=44 / 60,
        )

    @thorough
    @given(level_counts())
    def test_is_kaplan_meier_with_the_level_for_time(self, levels: list[LevelCounts]) -> None:
        cohort = [
            observation
            for level, counts in enumerate(levels, start=1)
            for observation in observed(EVENT, *[level] * counts.left)
            + observed(CENSORED, *[level - 1] * counts.pending)
        ] + observed(CENSORED, *[len(levels)] * levels[-1].completed)
        curve = kaplan_meier(cohort)

        for row in retention_by_level(levels):
            point = curve.at(row.level)
            assert row.through == (point and point.interval)

    @thorough
    @given(level_counts(), st.integers(1, 20))
    def test_a_pending_learner_changes_no_settled_rate(self, levels: list[LevelCounts], newcomers: int) -> None:
        first, *others = levels
        more = LevelCounts(completed=first.completed, left=first.left, pending=first.pending + newcomers)

        before, after = retention_by_level(levels), retention_by_level([more, *others])

        assert [(row.in_level, row.through, row.settled) for row in before] == [
            (row.in_level, row.through, row.settled) for row in after
        ]
        assert [row.pending + newcomers for row in before] == [row.pending for row in after]

    @thorough
    @given(level_counts())
    def test_bounds_are_the_rates_when_all_pending_leave_or_complete(self, levels: list[LevelCounts]) -> None:
        waiting, all_leave, all_complete = 0, [], []
        for counts in levels:
            all_leave.append(LevelCounts(completed=counts.completed, left=counts.left + counts.pending, pending=0))
            all_complete.append(
                LevelCounts(completed=counts.completed + counts.pending + waiting, left=counts.left, pending=0)
            )
            waiting += counts.pending

        for row, worst, best in zip(
            retention_by_level(levels), retention_by_level(all_leave), retention_by_level(all_complete), strict=True
        ):
            if levels[0].entered == 0:
                assert (row.lowest, row.highest, row.through) == (None, None, None)
                continue
            assert row.lowest == pytest.approx(worst.through.estimate)
            assert row.highest == pytest.approx(best.through.estimate)
            if row.through is not None:
                assert row.lowest - 1e-12 <= row.through.estimate <= row.highest + 1e-12

    def test_nobody(self) -> None:
        nobody = LevelCounts(completed=0, left=0, pending=0)

        assert retention_by_level([]) == ()
        assert retention_by_level([nobody]) == (
            LevelRetention(
                level=1,
                counts=nobody,
                in_level=None,
                through=None,
                settled=0,
                pending=0,
                lowest=None,
                highest=None,
            ),
        )

    def test_all_pending_have_bounds_and_no_rate(self) -> None:
        (row,) = retention_by_level([LevelCounts(completed=0, left=0, pending=30)])

        assert (row.in_level, row.through, row.lowest, row.highest) == (None, None, 0, 1)

    def test_a_level_nobody_has_settled_yet_has_no_retention_through_it(self) -> None:
        levels = [LevelCounts(completed=5, left=5, pending=0), LevelCounts(completed=0, left=0, pending=5)]

        assert [row.through and row.through.estimate for row in retention_by_level(levels)] == [0.5, None]

    def test_retention_of_all_keeps_limits_with_a_width(self) -> None:
        levels = [LevelCounts(completed=40, left=0, pending=0), LevelCounts(completed=25, left=0, pending=15)]

        assert [row.through for row in retention_by_level(levels)] == [wilson(40, 40), wilson(25, 25)]

    def test_retention_of_nobody_stays_nobody_in_later_levels(self) -> None:
        levels = [LevelCounts(completed=0, left=25, pending=0), LevelCounts(completed=0, left=0, pending=0)]

        assert [row.through for row in retention_by_level(levels)] == [wilson(0, 25), wilson(0, 25)]
        assert retention_by_level(levels)[1].in_level is None

    def test_rejects_levels_that_lose_learners_between_them(self) -> None:
        levels = [LevelCounts(completed=40, left=10, pending=0), LevelCounts(completed=30, left=9, pending=0)]

        with pytest.raises(ValueError, match="40 completed level 1 and 39 entered the next"):
            retention_by_level(levels)

    def test_rejects_negative_counts(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            LevelCounts(completed=1, left=-1, pending=0)
