from typing import Any

import pytest

from outcomes.measuring.cases import Counts, Reason, Standing
from outcomes.measuring.metrics import AsOf
from outcomes.models import TargetKey
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, enrolled, graduate, noon, placed

KEY, GRADUATED = TargetKey.PLACEMENT, 600
WINDOW = GRADUATED + 180


def test_published_report_is_recomputed(lantaarn: Cast) -> None:
    """In the form of the Council on Integrity in Results Reporting: 78 graduates, after 180 days."""
    cohort = a_cohort()
    for status, number in (("1A", 43), ("1B", 9), ("1C", 3), ("1D", 2), ("1E", 6), ("2B", 4), ("3A", 7), ("4", 4)):
        for _ in range(number):
            placed(graduate(cohort, GRADUATED), status, GRADUATED + 120)
    measure = AsOf(day(WINDOW)).measure(KEY)
    variants = measure.detail["variants"]

    assert measure.counts == Counts(numerator=63, denominator=78, pending=0, excluded=0, unknown=4)
    assert [round(100 * share, 2) for share in (measure.value or 0, variants["employed"][1])] == [80.77, 70.51]
    assert {name: row[0] for name, row in variants.items()} == {"without_school": 60, "employed": 55, "full_time": 43}
    assert measure.detail["statuses"] == {
        "1A": 43, "1B": 9, "1C": 3, "1D": 2, "1E": 6, "2B": 4, "3A": 7, "4": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], (Standing.UNKNOWN, Reason.NO_PLACEMENT_RECORD)),
        ([("1A", 60)], (Standing.MET, Reason.PLACED)),
        ([("1A", 180)], (Standing.MET, Reason.PLACED)),
        ([("1A", 181)], (Standing.MISSED, Reason.STARTED_LATE)),
        ([("1A", 60, {"is_relevant": False})], (Standing.MISSED, Reason.NOT_RELEVANT)),
        ([("1A", 60), ("3A", 150)], (Standing.MISSED, Reason.SEEKING)),
        ([("1A", 60), ("3A", 181)], (Standing.MET, Reason.PLACED)),
        ([("2B", 60)], (Standing.MISSED, Reason.OUT_OF_FIELD)),
        ([("2A", 60)], (Standing.MISSED, Reason.OUT_OF_FIELD)),
        ([("3B", 60)], (Standing.MISSED, Reason.NOT_SEEKING)),
        ([("4", 60)], (Standing.UNKNOWN, Reason.NOT_REACHED)),
        ([("2B", 60), ("1E", 90)], (Standing.MET, Reason.PLACED)),
    ],
)
def test_status_on_day_180_decides(
    lantaarn: Cast, records: list[tuple[Any, ...]], expected: tuple[Standing, Reason]
) -> None:
    learner = graduate(a_cohort(), GRADUATED)
    for status, after, *extra in records:
        placed(learner, status, GRADUATED + after, **(extra[0] if extra else {}))
    [case] = AsOf(day(WINDOW + 100)).measure(KEY).cases

    assert (case.standing, case.reason) == expected


def test_graduates_are_pending_until_day_180(lantaarn: Cast) -> None:
    placed(graduate(a_cohort(), GRADUATED), "1A", GRADUATED + 10)

    assert [AsOf(day(on)).measure(KEY).counts for on in (GRADUATED - 1, WINDOW - 1, WINDOW)] == [
        Counts(0, 0, 1, 0, 0),
        Counts(0, 0, 1, 0, 0),
        Counts(1, 1, 0, 0, 0),
    ]


def test_only_a_declaration_at_intake_takes_a_graduate_out(lantaarn: Cast) -> None:
    cohort = a_cohort()
    graduate(cohort, GRADUATED, seeks_job=False, seeks_job_declared_at=noon(3))
    graduate(cohort, GRADUATED, seeks_job=False, seeks_job_declared_at=noon(400))
    placed(graduate(cohort, GRADUATED), "3B", GRADUATED + 30)

    assert AsOf(day(WINDOW)).measure(KEY).counts == Counts(0, 2, 0, 1, 1)


def test_learners_who_are_no_graduates_are_pending_or_excluded(lantaarn: Cast) -> None:
    cohort = a_cohort()
    enrolled(cohort)
    enrolled(cohort, ("withdrawn", 100))
    enrolled(cohort, ("withdrawn", 5))
    enrolled(cohort, ("graduated", GRADUATED), ("active", GRADUATED + 20))

    assert AsOf(day(WINDOW)).measure(KEY).counts == Counts(0, 0, 2, 2, 0)


def test_later_record_of_a_day_corrects_the_earlier_one(lantaarn: Cast) -> None:
    learner = graduate(a_cohort(), GRADUATED)
    placed(learner, "1A", GRADUATED + 30)
    before = AsOf(day(WINDOW)).measure(KEY).value
    placed(learner, "2B", GRADUATED + 30)

    assert (before, AsOf(day(WINDOW)).measure(KEY).value) == (1.0, 0.0)


def test_backdated_placement_changes_the_past(lantaarn: Cast) -> None:
    learner = graduate(a_cohort(), GRADUATED)
    before = AsOf(day(WINDOW)).measure(KEY)
    placed(learner, "1A", GRADUATED + 30)
    after = AsOf(day(WINDOW)).measure(KEY)

    assert (before.value, before.counts.unknown, after.value, after.counts.unknown) == (0.0, 1, 1.0, 0)


def test_placement_recorded_on_the_continuing_enrollment_counts_in_the_first_cohort(lantaarn: Cast) -> None:
    first = enrolled(a_cohort(), ("transferred", 100))
    second = enrolled(a_cohort(first.cohort.version), ("graduated", GRADUATED), learner=first.learner, continues=first)
    placed(second, "1A", GRADUATED + 30)
    [case] = AsOf(day(WINDOW)).measure(KEY).cases

    assert (case.entry.cohort_id, case.standing) == (first.cohort_id, Standing.MET)


def test_curve_uses_graduates_who_are_not_180_days_out_and_the_rate_does_not(lantaarn: Cast) -> None:
    cohort = a_cohort()
    placed(graduate(cohort, GRADUATED), "1A", GRADUATED + 30)
    graduate(cohort, GRADUATED)
    placed(graduate(cohort, WINDOW - 60), "1A", WINDOW - 40)
    graduate(cohort, WINDOW - 60)
    measure = AsOf(day(WINDOW)).measure(KEY)
    curve = {row[0]: (row[1], row[4]) for row in measure.detail["curve"]}

    assert (measure.value, measure.counts.pending, measure.detail["graduates"]) == (0.5, 2, 4)
    assert (curve[0], curve[28], curve[30], curve[180]) == ((0.0, 4), (0.25, 3), (0.5, 3), (0.5, 1))
    assert max(curve) == 180


def test_status_after_ninety_days_stands_beside_it(lantaarn: Cast) -> None:
    cohort = a_cohort()
    placed(graduate(cohort, GRADUATED), "1A", GRADUATED + 91)
    placed(graduate(cohort, GRADUATED), "1A", GRADUATED + 90)

    assert AsOf(day(WINDOW)).measure(KEY).detail["early"][:3] == [1, 2, 0.5]
