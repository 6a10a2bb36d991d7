from outcomes.measuring.cases import Counts, Reason, Standing
from outcomes.measuring.intervals import Method
from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.retention import over_time
from outcomes.measuring.targets import STATED, judge
from outcomes.measuring.verdicts import Verdict
from outcomes.models import TargetKey
from outcomes.scopes import Scope
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_version, day, decide, enrolled, record

LEVEL_3, LEVEL_5 = TargetKey.RETENTION_LEVEL_3, TargetKey.RETENTION_LEVEL_5
FIRST_THREE = ((1, 100), (2, 200), (3, 300))


def reasons(measure: Measure) -> list[tuple[Standing, Reason, int | None]]:
    return sorted((case.standing, case.reason, case.number) for case in measure.cases)


def test_nobody_is_not_available(lantaarn: Cast) -> None:
    a_cohort()
    measure = AsOf(day(100)).measure(LEVEL_3)

    assert (measure.value, measure.low, measure.high, measure.counts) == (None, None, None, Counts(0, 0, 0, 0, 0))
    assert judge(measure, STATED[LEVEL_3]) is Verdict.NOT_AVAILABLE


def test_retention_is_the_product_over_the_levels(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for _ in range(6):
        enrolled(cohort, levels=FIRST_THREE)
    for _ in range(2):
        enrolled(cohort, ("withdrawn", 250), levels=FIRST_THREE[:1])
    enrolled(cohort, ("dismissed", 50))
    enrolled(cohort, levels=FIRST_THREE[:2])
    measure = AsOf(day(400)).measure(LEVEL_3)

    # Level 1: 9 of 10. Level 2: 7 of 9. Level 3: 6 of 6, one still in it.
    assert measure.value is not None
    assert round(measure.value, 6) == round(9 / 10 * 7 / 9, 6)
    assert (measure.method, measure.counts) == (Method.GREENWOOD, Counts(6, 9, 1, 0, 0))
    assert (measure.lowest, measure.highest) == (0.6, 0.7)
    assert set(reasons(measure)) == {
        (Standing.MET, Reason.COMPLETED_LEVEL, 3),
        (Standing.MISSED, Reason.LEFT_IN_LEVEL, 1),
        (Standing.MISSED, Reason.LEFT_IN_LEVEL, 2),
        (Standing.PENDING, Reason.UNDER_WAY, 3),
    }


def test_one_learner(lantaarn: Cast) -> None:
    enrolled(a_cohort(), levels=FIRST_THREE)

    values = [
        (AsOf(day(on)).measure(LEVEL_3).value, AsOf(day(on)).measure(LEVEL_3).settled) for on in (-1, 5, 299, 300)
    ]
    assert values == [(None, 0), (None, 0), (None, 0), (1.0, 1)]


def test_pending_learners_never_change_a_settled_rate(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for _ in range(5):
        enrolled(cohort, levels=FIRST_THREE)
    enrolled(cohort, ("withdrawn", 30))
    before = AsOf(day(400)).measure(LEVEL_3)
    for _ in range(4):
        enrolled(cohort)
        enrolled(a_cohort(cohort.version, starts_on=day(395)), ("active", 395))
    after = AsOf(day(400)).measure(LEVEL_3)

    assert (after.value, after.low, after.high, after.settled) == (
        before.value,
        before.low,
        before.high,
        before.settled,
    )
    assert (before.counts.pending, after.counts.pending) == (0, 8)
    assert (before.lowest, after.lowest) == (5 / 6, 5 / 14)


def test_waiting_for_the_census_is_pending(lantaarn: Cast) -> None:
    cohort = a_cohort()
    enrolled(cohort)
    enrolled(cohort, ("withdrawn", 10))

    assert [reasons(AsOf(day(on)).measure(LEVEL_3)) for on in (5, 12)] == [
        [(Standing.PENDING, Reason.BEFORE_CENSUS, None)] * 2,
        [(Standing.EXCLUDED, Reason.LEFT_BEFORE_CENSUS, None), (Standing.PENDING, Reason.BEFORE_CENSUS, None)],
    ]


def test_leavers_settle_first_and_so_there_is_no_verdict_yet(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for number in range(100):
        enrolled(cohort, *([("withdrawn", 60)] if number < 25 else []))
    measure = AsOf(day(90)).measure(LEVEL_3)

    assert (measure.value, measure.counts, measure.lowest, measure.highest) == (
        0.0, Counts(0, 25, 75, 0, 0), 0.0, 0.75,
    )  # fmt: skip
    assert judge(measure, STATED[LEVEL_3]) is Verdict.TOO_EARLY


def test_verdict_comes_once_the_pending_ones_cannot_turn_it(lantaarn: Cast) -> None:
    cohort = a_cohort()
    learners = [enrolled(cohort) for _ in range(40)]
    for learner in learners[:16]:
        record(learner, "withdrawn", 60)

    assert [judge(AsOf(day(on)).measure(LEVEL_3), STATED[LEVEL_3]) for on in (59, 60)] == [
        Verdict.NOT_AVAILABLE,
        Verdict.TOO_EARLY,
    ]
    for learner in learners[16:20]:
        record(learner, "withdrawn", 70)
    assert judge(AsOf(day(70)).measure(LEVEL_3), STATED[LEVEL_3]) is Verdict.BELOW_TARGET


def test_good_news_is_withheld_just_as_long(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for _ in range(69):
        enrolled(cohort, levels=FIRST_THREE)
    waiting = [enrolled(cohort) for _ in range(31)]
    found = [judge(AsOf(day(300)).measure(LEVEL_3), STATED[LEVEL_3])]
    for number in (1, 2, 3):
        decide(waiting[0], number, 300)
    found.append(judge(AsOf(day(300)).measure(LEVEL_3), STATED[LEVEL_3]))

    assert found == [Verdict.TOO_EARLY, Verdict.ON_TARGET]


def test_excused_learners_are_in_no_denominator(lantaarn: Cast) -> None:
    cohort = a_cohort()
    enrolled(cohort, levels=FIRST_THREE)
    enrolled(cohort, ("withdrawn", 60, {"reason": "died"}))
    measure = AsOf(day(400)).measure(LEVEL_3)

    assert (measure.value, measure.counts) == (1.0, Counts(1, 1, 0, 1, 0))


def test_cohort_that_stops_before_the_level_is_left_out_of_it(lantaarn: Cast) -> None:
    version = a_version()
    for _ in range(3):
        enrolled(a_cohort(version), levels=FIRST_THREE)
    enrolled(a_cohort(version, last_level=3), ("graduated", 300))
    enrolled(a_cohort(version, first_level=3), levels=[(3, 100)])
    known = AsOf(day(400))

    assert known.measure(LEVEL_3).counts == Counts(4, 4, 0, 1, 0)
    assert known.measure(LEVEL_5).counts == Counts(0, 0, 3, 2, 0)
    assert [row["entered"] for row in known.measure(LEVEL_3).detail["levels"]] == [4, 4, 4, 3, 0]


def test_cohorts_add_up_to_the_organization(lantaarn: Cast) -> None:
    version = a_version()
    cohorts = [a_cohort(version) for _ in range(3)]
    for number, cohort in enumerate(cohorts):
        for _ in range(number + 2):
            enrolled(cohort, levels=FIRST_THREE)
        enrolled(cohort, ("withdrawn", 50 + number))
        enrolled(cohort, ("withdrawn", 10))
        enrolled(cohort)
    moved = enrolled(cohorts[0], ("transferred", 100))
    enrolled(cohorts[1], learner=moved.learner, continues=moved, levels=FIRST_THREE)
    known = AsOf(day(400))
    parts = [known.measure(LEVEL_3, Scope(cohort_id=cohort.pk)).counts for cohort in cohorts]
    whole = known.measure(LEVEL_3).counts

    assert whole == Counts(
        *(sum(getattr(part, name) for part in parts) for name in Counts.__slots__),
    )
    assert whole == Counts(10, 13, 3, 3, 0)


def test_backdated_leaving_changes_the_past(lantaarn: Cast) -> None:
    cohort = a_cohort()
    learner = enrolled(cohort)
    enrolled(cohort, levels=FIRST_THREE)
    before = AsOf(day(400)).measure(LEVEL_3).value
    record(learner, "withdrawn", 350)

    assert (before, AsOf(day(400)).measure(LEVEL_3).value) == (1.0, 0.5)


def test_over_time_counts_leavers_and_censors_everybody_else(lantaarn: Cast) -> None:
    cohort = a_cohort()
    enrolled(cohort, ("withdrawn", 100))
    enrolled(cohort, ("withdrawn", 200, {"reason": "died"}))
    enrolled(cohort, ("graduated", 300))
    enrolled(cohort, ("on_leave", 150, {"returns_on": day(500)}))
    enrolled(cohort, ("withdrawn", 5))
    curve = over_time(AsOf(day(400)).roster)

    steps = [(point.time * 365.25, str(point.at_risk), str(point.events), point.survival) for point in curve.points]
    assert steps == [
        (0, "4", "0", 1.0),
        (100, "4", "1", 0.75),
        (200, "3", "0", 0.75),
        (300, "2", "0", 0.75),
        (400, "1", "0", 0.75),
    ]
