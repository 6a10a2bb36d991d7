import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from cohorts.models import PlannedEnd
from outcomes.collecting.salaries import Pay
from outcomes.measuring.cases import Counts, Reason
from outcomes.measuring.intervals import wilson
from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.placement import Occupation
from outcomes.measuring.roster import Entry, Fate, Place
from outcomes.measuring.targets import STATED
from outcomes.models import TargetKey
from outcomes.reports.disclosing import bounded, withheld, withheld_beside, withheld_of_cohorts, withheld_sizes
from outcomes.reports.graduate_lines import (
    GROUPS,
    MEDIAN,
    REPORTED,
    TOP,
    categories_of,
    hidden_of,
    lines_of,
    report_as_of,
    report_rows,
    salary_in_a_sentence,
    withheld_salaries,
)
from outcomes.reports.graduates import (
    GraduateReport,
    HalfYear,
    graduate_report,
    half_years,
    latest_with_graduates,
)
from outcomes.scopes import Scope
from outcomes.showing.scorecards import bounded_card
from tests.conftest import Cast
from tests.examples import examples
from tests.outcomes.given import a_cohort, day, enrolled, graduate, placed

PUBLISHED = json.loads(Path("tests/data/published_report.json").read_text())
PERIOD = HalfYear(2025, 1)
GRADUATED, START = date(2025, 3, 3), date(2023, 1, 2)
SETTLED = date(2025, 12, 31)
COHORT = uuid4()
STATUSES = ("1A", "1B", "1C", "1D", "1E", "2A", "2B", "3A", "3B", "4")


def entry(
    fate: Fate = Fate.GRADUATED, since: date = GRADUATED, place: Place = Place.ON_ROSTER, **values: bool
) -> Entry:
    return Entry(
        enrollment_id=uuid4(), current_id=uuid4(), cohort_id=COHORT, learner_id=uuid4(), name="Somebody",
        first_level=1, last_level=5, starts_on=START, census_on=START + timedelta(days=14), place=place, fate=fate,
        since=since, passed=5, passed_on=None, declared_not_seeking=values.get("declared", False),
    )  # fmt: skip


def report_of(
    situations: dict[str, int], *others: Entry, planned_end: date = date(2025, 2, 1), on: date = SETTLED
) -> GraduateReport:
    people = {one: status for status, number in situations.items() for one in [entry() for _ in range(number)]}
    occupations = {
        one.enrollment_id: (Occupation(GRADUATED + timedelta(days=100), status, status.startswith("1")),)
        for one, status in people.items()
        if status != "3A"
    }
    return graduate_report(PERIOD, [*people, *others], occupations, {COHORT: planned_end}, on=on)


def test_published_report_is_recomputed() -> None:
    report = report_of(PUBLISHED["situations"])
    lines = {line.key: line.cells for line in lines_of(report, is_hiding=False).situations}

    assert report.graduates == PUBLISHED["graduates"]
    assert {key: lines[key][1].share for key in PUBLISHED["percent"]} == {
        key: f"{share:.2f}%" for key, share in PUBLISHED["percent"].items()
    }
    # Work began 100 days after graduating: on day 90 everybody was seeking.
    assert (lines["3A"][0].count, lines["placed"][0].share) == ("78", "0.00%")


def test_published_report_for_others_hides_what_is_small_and_one_more() -> None:
    lines = lines_of(report_of(PUBLISHED["situations"]), is_hiding=True)
    shown = {line.key: line.cells[1].count for line in lines.situations}

    assert shown == {
        "placed": "63", "employed": "55", "1A": "43", "1B": "–", "1C": "–", "independent": "8", "1D": "–", "1E": "–",
        "not_placed": "15", "2A": "–", "2B": "–", "3A": "7", "3B": "–", "4": "–",
    }  # fmt: skip
    assert (lines.counted[1].count, lines.graduates, lines.declared) == ("78", "–", "–")


def test_csv_leaves_hidden_cells_empty() -> None:
    rows = [row[3:8] for row in report_rows(report_of(PUBLISHED["situations"]), is_hiding=True)]

    assert ["situations", "180", "1A", "43", "78"] in rows
    assert ["situations", "180", "1C", "", ""] in rows
    assert ["graduates", "", "not_seeking", "", ""] in rows


@given(
    numbers=st.tuples(*[st.integers(0, 30)] * 10),
    declared=st.integers(0, 8),
    pending=st.integers(0, 8),
)
def test_report_for_others_never_tells_a_small_count(numbers: tuple[int, ...], declared: int, pending: int) -> None:
    """Whatever the groups, what is shown of a group lets nobody subtract their way to a hidden part of it."""
    late = date(2025, 6, 30)
    report = report_of(
        dict(zip(STATUSES, numbers, strict=True)),
        *(entry(declared=True) for _ in range(declared)),
        *(entry(since=late) for _ in range(pending)),
        on=late + timedelta(days=120),
    )
    hidden = hidden_of(report)
    for at in report.situations:
        for key, group in [*((key, group.parts) for key, group in GROUPS.items()), ("counted", TOP)]:
            hidden_parts = [part for part in group if (at.days, part) in hidden]
            assert (at.days, key) in hidden or len(hidden_parts) != 1
    shown = [row for row in report_rows(report, is_hiding=True) if row[3] in ("graduates", "situations") and row[6]]
    assert all(not row[6].isdecimal() or int(row[6]) >= 5 or row[5] == "pending" for row in shown[1:])


def test_only_counted_graduates_of_the_half_year_are_in_it() -> None:
    report = report_of(
        {"1A": 2},
        entry(since=date(2024, 12, 31)),
        entry(since=date(2025, 7, 1)),
        entry(place=Place.JOINED_LATE),
        entry(declared=True),
        entry(Fate.ACTIVE),
    )

    assert (report.graduates, report.declared, report.at(180).graduates) == (3, 1, 2)
    assert report.left_out == {Reason.JOINED_LATE: 1}


def test_graduates_are_pending_until_the_window_is_over() -> None:
    at = {
        days: [
            (one.graduates, one.pending) for one in report_of({"1A": 6}, on=GRADUATED + timedelta(days=days)).situations
        ]
        for days in (89, 90, 179, 180)
    }

    assert at == {89: [(0, 6)] * 2, 90: [(6, 0), (0, 6)], 179: [(6, 0), (0, 6)], 180: [(6, 0), (6, 0)]}


def test_work_that_nobody_called_relevant_is_out_of_field() -> None:
    people = [entry(), entry()]
    occupations = {
        person.enrollment_id: (Occupation(GRADUATED, status, is_relevant=False),)
        for person, status in zip(people, ("1A", "1C"), strict=True)
    }
    at = graduate_report(PERIOD, people, occupations, {}, on=SETTLED).at(180)

    assert {status: number for status, number in at.by_status.items() if number} == {"2A": 1, "2B": 1}


def test_time_in_which_those_who_began_graduated() -> None:
    """Planned are 761 days, half as much again ends in February 2026: until then the slower rate says nothing."""
    people = [
        entry(since=date(2025, 2, 1)),
        entry(since=date(2025, 2, 2)),
        entry(Fate.LEFT, since=date(2024, 1, 1)),
        entry(Fate.ACTIVE),
        entry(Fate.LEFT, place=Place.LEFT_BEFORE_CENSUS),
    ]
    early, late = (
        graduate_report(PERIOD, people, {}, {COHORT: date(2025, 2, 1)}, on=on).completions
        for on in (SETTLED, date(2026, 3, 1))
    )

    assert [(row.percent, row.graduated, row.began, row.is_settled) for row in (*early, *late)] == [
        (100, 1, 4, True), (150, 2, 4, False), (100, 1, 4, True), (150, 2, 4, True),
    ]  # fmt: skip
    assert early[1].settles_on == START + timedelta(days=761 * 3 // 2)


def test_graduating_in_time_is_by_the_plan_of_that_day(lantaarn: Cast) -> None:
    """The end moved to the next half-year once the first of them had graduated: the older report stays as it was."""
    cohort = a_cohort()
    PlannedEnd.objects.create(cohort=cohort, ends_on=day(600), effective_on=day(0))
    PlannedEnd.objects.create(cohort=cohort, ends_on=day(800), effective_on=day(650))
    graduate(cohort, 590)
    graduate(cohort, 700)
    found = [
        [row.graduated for row in report_as_of(AsOf(day(on)), HalfYear.holding(day(ends))).completions]
        for on, ends in ((649, 600), (649, 800), (2000, 600), (2000, 800))
    ]

    assert found == [[1, 1], [0, 0], [0, 0], [2, 2]]


# -- salaries ----------------------------------------------------------------------------------------------------------


def report_with_salaries(
    placed: int,
    reported: int,
    *,
    not_placed: int = 9,
    on: date = SETTLED,
    everybody: bool = True,
) -> GraduateReport:
    """Salaries of 40,100, 41,100 and so on: the median of five is 42,100."""
    people = [entry() for _ in range(placed)]
    work = {one.enrollment_id: (Occupation(GRADUATED + timedelta(days=100), "1A", True),) for one in people}
    pay = {
        one.enrollment_id: (Pay(GRADUATED + timedelta(days=100), 40_100 + 1000 * number, "EUR"),)
        for number, one in enumerate(people[:reported])
    }
    others = [entry() for _ in range(not_placed)]
    return graduate_report(
        PERIOD, [*people, *others], work, {}, on=on, reported=pay, is_of_everybody=everybody
    )  # fmt: skip


@pytest.mark.parametrize(
    ("report", "withheld"),
    [
        (report_with_salaries(20, 5), set()),
        (report_with_salaries(20, 4), {MEDIAN, REPORTED}),
        (report_with_salaries(9, 5), {REPORTED}),  # four did not
        (report_with_salaries(9, 9), {REPORTED}),
        (report_with_salaries(6, 5), {REPORTED}),
        (report_with_salaries(5, 5), {MEDIAN, REPORTED}),  # it would be said of each that they told it
        (report_with_salaries(20, 9, not_placed=4), {REPORTED}),  # 20 is hidden itself
        (report_with_salaries(15, 9, not_placed=4), {MEDIAN, REPORTED}),  # so is 15, of 19
        (report_with_salaries(20, 9, on=GRADUATED + timedelta(days=179)), {MEDIAN, REPORTED}),
        (report_with_salaries(20, 9, on=date(2025, 6, 30)), {MEDIAN, REPORTED}),  # more may graduate
        (report_with_salaries(20, 9, everybody=False), {MEDIAN, REPORTED}),
        (report_with_salaries(0, 0), {MEDIAN, REPORTED}),
    ],
)
def test_salaries_that_others_are_told(report: GraduateReport, withheld: set[object]) -> None:
    lines = lines_of(report, is_hiding=True)
    row = list(report_rows(report, is_hiding=True))[-1]

    assert withheld_salaries(report) == withheld
    assert (lines.salary.is_told, bool(salary_in_a_sentence(report)), bool(row[-1])) == (MEDIAN not in withheld,) * 3
    assert bool(row[6]) == (REPORTED not in withheld)


def test_only_who_sees_salaries_reads_the_median_to_the_unit() -> None:
    report = report_with_salaries(20, 5)
    exact, staff, others = (
        lines_of(report, is_hiding=hiding, sees_salaries=sees).salary
        for hiding, sees in ((False, True), (False, False), (True, True))
    )
    partial = report_with_salaries(20, 5, everybody=False)

    assert (exact.median, exact.words) == ("EUR 42,100", "told by 5 of 20 placed in field, 25.00%")
    assert (staff.median, staff.words) == ("EUR 42,000", "to the thousand, told by 5 of 20 placed in field, 25.00%")
    assert others == staff
    assert lines_of(partial, is_hiding=False, sees_salaries=True).salary == exact
    assert [list(report_rows(report, is_hiding=False, sees_salaries=sees))[-1][3:] for sees in (True, False)] == [
        ["salary", "180", "EUR", "5", "20", "0.250000", "", "", "42100"],
        ["salary", "180", "EUR", "5", "20", "0.250000", "", "", "42000"],
    ]
    assert "July" not in salary_in_a_sentence(report)
    assert "January to June 2025" in salary_in_a_sentence(report)


@settings(max_examples=examples(30))
@given(placed=st.lists(st.integers(0, 4), min_size=20, max_size=50), not_placed=st.lists(st.integers(5, 9), max_size=4))
def test_median_does_not_tell_what_is_hidden(placed: list[int], not_placed: list[int]) -> None:
    """Whoever sees it knows that fewer than five were not placed: linear programs find two values for each dash."""
    tally = Counter([*placed, *not_placed])
    numbers = [tally[place] for place in range(len(STATUSES))]
    report = report_of(dict(zip(STATUSES, numbers, strict=True)))
    hidden = hidden_of(report)
    groups = {key: [float(one in categories_of(key)) for one in STATUSES] for key in (*GROUPS, *STATUSES)}
    shown = [key for key in groups if (180, key) not in hidden]
    known: dict[str, Any] = {
        "A_eq": [[1.0] * len(STATUSES), *(groups[key] for key in shown)],
        "b_eq": [sum(numbers), *(report.at(180).number(categories_of(key)) for key in shown)],
        "A_ub": [groups["not_placed"]],
        "b_ub": [4],
    }
    for key in groups.keys() - set(shown):
        least, most = (linprog([sign * one for one in groups[key]], **known).fun * sign for sign in (1, -1))
        assert most - least > 0.5, (key, least, most)


def test_graduates_who_are_not_placed_earn_nothing_here() -> None:
    people = [entry() for _ in range(12)]
    work = {
        one.enrollment_id: (Occupation(GRADUATED, "1A" if number < 6 else "2B", number < 6),)
        for number, one in enumerate(people)
    }
    pay = {one.enrollment_id: (Pay(GRADUATED, 50_000, "EUR"),) for one in people[4:]}
    report = graduate_report(PERIOD, people, work, {}, on=SETTLED, reported=pay)

    assert report.salaries is None  # of the six placed two told one


def test_nobody_graduated_and_nobody_was_to() -> None:
    lines = lines_of(graduate_report(PERIOD, [], {}, {}, on=SETTLED), is_hiding=False)

    assert {cell.share for line in lines.situations for cell in line.cells} == {"–"}
    assert [words for _label, _cell, words in lines.completions] == ["Nobody was to finish in this half-year."] * 2


def test_half_years() -> None:
    assert [period.code for period in half_years(date(2024, 7, 1), date(2025, 6, 30))] == ["2025-1", "2024-2"]
    assert HalfYear.holding(date(2025, 12, 31)).ends_on + timedelta(days=1) == HalfYear(2026, 1).starts_on
    assert HalfYear(2026, 1).before == HalfYear(2025, 2)


def test_latest_half_year_with_so_many_graduates() -> None:
    people = [entry(since=date(2025, 3, 1)), *(entry(since=date(2024, 9, 1)) for _ in range(5)), entry(declared=True)]
    last = HalfYear(2025, 2)

    assert [latest_with_graduates(people, last=last, fewest=fewest).code for fewest in (1, 5, 6)] == [
        "2025-1", "2024-2", "2025-2",
    ]  # fmt: skip
    assert latest_with_graduates(people, last=HalfYear(2024, 2), fewest=1) == HalfYear(2024, 2)


def test_size_of_a_small_cohort_is_not_told_by_the_others() -> None:
    small, large, larger, nobody = uuid4(), uuid4(), uuid4(), uuid4()

    assert withheld_sizes({small: 3, large: 20, larger: 30, nobody: 0}, 53) == {small, large}
    assert withheld_sizes({large: 20, larger: 30}, 50) == set()


@pytest.mark.parametrize(
    ("others", "is_told"),
    [
        ((0, 0), True),  # the very same people: both say the same
        ((5, 5), True),
        ((4, 9), False),
        ((9, 0), False),
    ],
)
def test_placement_of_all_beside_a_half_year(lantaarn: Cast, others: tuple[int, int], is_told: bool) -> None:
    """Of the half-year 6 were placed and 5 were not, which is told: the others are what is left."""
    cohort, earlier = a_cohort(), 300
    for on, (met, missed) in ((500, (6, 5)), (earlier, others)):
        for number in range(met + missed):
            learner = graduate(cohort, on)
            if number < met:
                placed(learner, "1A", on + 30)
    known = AsOf(day(900))
    report = report_as_of(known, HalfYear.holding(day(500)))

    assert ("placement" not in withheld_beside(known.measures(), report)) == is_told


def test_report_reads_graduations_placements_and_plans(lantaarn: Cast) -> None:
    cohort = a_cohort()
    PlannedEnd.objects.create(cohort=cohort, ends_on=day(600), effective_on=day(0))
    placed(graduate(cohort, 590), "1A", 640)
    graduate(cohort, 601)
    enrolled(cohort, ("withdrawn", 100))
    enrolled(cohort, ("withdrawn", 5))
    period = HalfYear.holding(day(600))
    report = report_as_of(AsOf(day(900)), period)

    assert {status: number for status, number in report.at(90).by_status.items() if number} == {"1A": 1, "3A": 1}
    assert [(row.graduated, row.began) for row in report.completions] == [(1, 3), (2, 3)]
    assert report.left_out == {Reason.LEFT_BEFORE_CENSUS: 1}


def test_numbers_that_tell_of_few_are_withheld(lantaarn: Cast) -> None:
    def of(met: int, missed: int) -> AsOf:
        cohort = a_cohort()
        for number in range(met + missed):
            learner = graduate(cohort)
            if number < met:
                placed(learner, "1A", 650)
        return AsOf(day(900))

    known = of(6, 5)
    assert "placement" not in withheld({"placement": known.measure("placement")})
    # A second cohort in which all six are placed: its "not placed" is small, and so the first one's is told by the sum.
    known = of(6, 0)
    measures = known.measures()
    by_cohort = {pk: {"placement": known.measure("placement", scope)} for pk, scope in _scopes(known).items()}
    whole, single = withheld_of_cohorts(measures, by_cohort, ["placement"])

    assert "placement" not in whole
    assert single == {(pk, "placement") for pk in by_cohort}


@pytest.mark.parametrize(
    ("total", "high", "low", "verdict"),
    [
        (20, "80% or more", "20% or less", "not_available"),
        (78, "94% or more", "6% or less", "on_target"),
        (1000, "99% or more", "1% or less", "on_target"),
    ],
)
def test_share_of_nearly_all_is_told_without_how_many(total: int, high: str, low: str, verdict: str) -> None:
    """Any number from none to four makes the very same card."""
    goal = STATED[TargetKey.CODE_REVIEW]
    nearly_all, nearly_none = (
        [bounded_card(share_of(number if is_low else total - number, total), goal) for number in range(5)]
        for is_low in (False, True)
    )

    assert (len(set(nearly_all)), len(set(nearly_none))) == (1, 1)
    assert (nearly_all[0].value, nearly_all[0].verdict, nearly_all[0].interval) == (high, verdict, "")
    assert (nearly_none[0].value, nearly_none[0].verdict) == (low, "below_target")
    # Every one of them at 100%, or not: none of five and four of five say different things.
    assert bounded_card(share_of(total, total), STATED[TargetKey.PRODUCTION_PROJECT]).verdict == "not_available"


def test_only_large_groups_that_stand_alone_are_told_so() -> None:
    def keys(met: int, total: int, *, report: GraduateReport | None = None) -> set[str]:
        parts = (TargetKey.CAPSTONES, TargetKey.PLACEMENT, TargetKey.RETENTION_LEVEL_5, TargetKey.PORTFOLIO_QUALITY)
        measures = {key.value: share_of(met, total, key) for key in (*parts, TargetKey.COMPLETION_YEARS)}
        return bounded(measures, report)

    alone = {"capstones", "portfolio_quality"}
    assert [keys(met, total) for met, total in ((16, 20), (15, 20), (4, 20), (19, 19), (0, 20))] == [
        alone, set(), alone, set(), alone,
    ]  # fmt: skip
    # The report hides how many graduated, as two declared: the number of all graduates is not told beside it.
    report = report_of({"1A": 12, "3A": 8}, entry(declared=True), entry(declared=True))
    assert keys(22, 22, report=report) == {"portfolio_quality"}
    assert keys(30, 30, report=report) == alone


def share_of(met: int, total: int, key: str = TargetKey.CODE_REVIEW) -> Measure:
    found = wilson(met, total)
    assert found
    return Measure(
        key=key, value=found.estimate, low=found.low, high=found.high, method=found.method.value,
        counts=Counts(numerator=met, denominator=total, pending=0, excluded=0, unknown=0),
    )  # fmt: skip


def _scopes(known: AsOf) -> dict[UUID, Scope]:
    return {pk: Scope(cohort_id=pk) for pk in known.cohorts}
