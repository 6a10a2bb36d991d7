"""Both directions of the pace: hours a week to an end, an end to hours a week, and what plans say about themselves."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cohorts.errors import CohortError
from cohorts.models import Milestone
from cohorts.outlook import needed_for, outlook_of, timetable
from cohorts.pacing import Calendar, DaysOff, ends_on, weekly_hours
from cohorts.promises import StatedPace, stated_paces, target_years
from cohorts.schedule import Standing, generate
from cohorts.stages import LevelHours, Stage, Step
from curriculum.importing import import_plan
from curriculum.models import Format
from curriculum.publishing import publish
from curriculum.sentences import Span
from tests.cohorts.given import NOW, START, a_cohort, published_version
from tests.cohorts.test_pacing import breaks
from tests.cohorts.test_schedule import FOUNDATIONS
from tests.conftest import Cast
from tests.curriculum.plans import real_plan

TENTH = Decimal("0.1")
hours = st.decimals(1, 20_000, places=2)
paces = st.decimals(12, 168, places=1)
shares = st.integers(10, 1000).map(lambda tenths: Decimal(tenths) / 1000)
CHRISTMAS = DaysOff(date(2026, 12, 21), date(2027, 1, 3))


def of(*sizes: int | Decimal) -> list[LevelHours]:
    return [LevelHours(number, f"Stage {number}", Decimal(size)) for number, size in enumerate(sizes, start=1)]


# -- hours a week and ends are two sides of one thing ------------------------------------------------------------------


@settings(deadline=None)
@given(hours=hours, days=st.integers(0, 6000), days_off=breaks)
def test_a_tenth_of_an_hour_less_a_week_would_end_later(hours: Decimal, days: int, days_off: list[DaysOff]) -> None:
    by = START + timedelta(days=days)
    available = Calendar(START, days_off).count(by)
    assume(available and hours * 7 / available <= 168)
    needed = weekly_hours(hours=hours, starts_on=START, ends_on=by, days_off=days_off)

    assert ends_on(hours=hours, hours_per_week=needed, starts_on=START, days_off=days_off) <= by
    if needed > 1:
        assert _end(hours, needed - TENTH, days_off) > by


@settings(deadline=None)
@given(hours=hours, pace=paces, days_off=breaks)
def test_the_end_at_a_pace_asks_for_no_more_than_that_pace(
    hours: Decimal, pace: Decimal, days_off: list[DaysOff]
) -> None:
    end = ends_on(hours=hours, hours_per_week=pace, starts_on=START, days_off=days_off)
    assume(end.year < 2100)

    assert weekly_hours(hours=hours, starts_on=START, ends_on=end, days_off=days_off) <= pace


@settings(deadline=None)
@given(hours=hours, more=st.decimals(0, 500, places=2), pace=paces, days_off=breaks, pause=breaks)
def test_more_hours_or_breaks_end_no_earlier_and_more_hours_a_week_no_later(
    hours: Decimal, more: Decimal, pace: Decimal, days_off: list[DaysOff], pause: list[DaysOff]
) -> None:
    end = _end(hours, pace, days_off)

    assert _end(hours + more, pace, days_off) >= end
    assert _end(hours, pace, [*days_off, *pause]) >= end
    assert _end(hours, min(pace + more, Decimal(168)), days_off) <= end


def _end(hours: Decimal, pace: Decimal, days_off: Sequence[DaysOff]) -> date:
    """As a date that compares: past all others when it would take too long."""
    try:
        return ends_on(hours=hours, hours_per_week=pace, starts_on=START, days_off=days_off)
    except CohortError:
        return date.max


# -- level by level ----------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    sizes=st.lists(st.decimals(1, 3000, places=2), min_size=1, max_size=5),
    pace=paces,
    days_off=breaks,
    share=shares,
    format=st.sampled_from(Format.values),
)
def test_levels_end_on_the_days_of_the_gates(
    sizes: list[Decimal], pace: Decimal, days_off: list[DaysOff], share: Decimal, format: str
) -> None:
    stages = [
        Stage(number, FOUNDATIONS.level_id, size, (Step("All of it", size),))
        for number, size in enumerate(sizes, start=1)
    ]
    table = timetable([level._replace(hours=level.hours * share) for level in of(*sizes)], pace, START, days_off)
    drafts = generate(
        stages=[each.scaled(share) for each in stages],
        format=format,
        hours_per_week=pace,
        standing=Standing(Calendar(START, days_off)),
    )

    assert [row.ends_on for row in table.levels] == [d.due_on for d in drafts if d.kind == Milestone.Kind.GATE]
    assert table.ends_on == ends_on(
        hours=sum(sizes, Decimal()) * share, hours_per_week=pace, starts_on=START, days_off=days_off
    )
    assert table.whole.hours == sum(row.hours for row in table.levels)


def test_levels_follow_each_other_and_count_their_days_off() -> None:
    table = timetable(of(400, 200), Decimal(20), START, [CHRISTMAS])

    assert [
        (row.number, row.starts_on, row.ends_on, row.program_weeks, row.weeks, row.days_off) for row in table.levels
    ] == [
        (1, START, date(2027, 2, 7), 20, 22, 14),
        (2, date(2027, 2, 8), date(2027, 4, 18), 10, 10, 0),
    ]
    assert (table.whole.program_weeks, table.whole.weeks, table.whole.days_off) == (30, 32, 14)


@settings(deadline=None)
@given(pace=paces, share=shares, days_off=breaks, format=st.sampled_from(Format.values))
def test_a_share_is_the_same_as_a_curriculum_with_so_many_hours(
    pace: Decimal, share: Decimal, days_off: list[DaysOff], format: str
) -> None:
    """What milestones ask for stays; when they are due is as if the level stated the share of its hours."""
    smaller = FOUNDATIONS.scaled(share)
    standing = Standing(Calendar(START, days_off))
    scaled = generate(stages=[smaller], format=format, hours_per_week=pace, standing=standing)

    assert smaller.hours == FOUNDATIONS.hours * share
    assert smaller.planned_hours == FOUNDATIONS.planned_hours
    assert smaller.ends() == [end * Fraction(share) for end in FOUNDATIONS.ends()]
    assert scaled[-1].through_hours == FOUNDATIONS.planned_hours
    assert scaled[-1].due_on == ends_on(
        hours=FOUNDATIONS.hours * share, hours_per_week=pace, starts_on=START, days_off=days_off
    )


# -- an end that is wanted ---------------------------------------------------------------------------------------------


def test_end_that_can_be_worked_needs_no_advice() -> None:
    needed = needed_for(Decimal(400), START, date(2026, 11, 15), [])

    assert (needed.hours_per_week, needed.problem, needed.soonest, needed.share) == (40, "", None, None)


def test_end_that_nobody_keeps_up_says_what_would_work() -> None:
    needed = needed_for(Decimal(1000), START, START + timedelta(days=69), [])

    assert needed.hours_per_week == 100
    assert (needed.soonest, needed.share) == (START + timedelta(days=87), 0.8)


def test_end_that_no_week_reaches_says_so_and_what_would_work() -> None:
    needed = needed_for(Decimal(10_000), START, START + timedelta(days=83), [])

    assert needed.hours_per_week is None
    assert needed.problem.startswith("Finishing by 29 Nov 2026 would take 833.4 hours a week, and a week has 168.")
    assert (needed.soonest, needed.share) == (date(2029, 1, 28), 0.096)


# -- what the plan says ------------------------------------------------------------------------------------------------

FIVE = of(2000, 2000, 2000, 2000, 2000)


def told(pace: StatedPace) -> tuple[str, str, str, list[str], bool]:
    return str(pace.label), str(pace.says), str(pace.reaches or ""), [str(one) for one in pace.takes], pace.holds


def test_the_real_plan_says_more_than_its_hours_allow() -> None:
    plan = real_plan()

    assert target_years(plan) == Decimal("2.5")
    assert [told(pace) for pace in stated_paces(plan, FIVE)] == [
        (
            "Self-paced", "500 weeks at 20 hours a week", "10,000 hours: enough",
            ["9.6 years (500 weeks) at 20 hours a week", "20 hours a week in 500 weeks"], True,
        ),
        (
            "Bootcamp", "12 weeks at 166 hours a week", "1,992 hours: level 1 alone",
            ["1.2 years (61 weeks) at 166 hours a week", "834 hours a week in 12 weeks"], False,
        ),
        (
            "Blended", "2–3 years at 20–30 hours a week", "2,080–4,680 hours: levels 1–2",
            ["6.4–9.6 years (334–500 weeks) at 20–30 hours a week", "65–97 hours a week in 2–3 years"], False,
        ),
        (
            "Target", "2.5 years at 20 hours a week", "2,600 hours: level 1 alone",
            ["9.6 years (500 weeks) at 20 hours a week", "77 hours a week in 2.5 years"], False,
        ),
    ]  # fmt: skip


def test_what_the_plan_says_is_held_against_the_levels_in_question() -> None:
    bootcamp = stated_paces(real_plan(), FIVE[:1])[1]
    scaled = stated_paces(real_plan(), of(480))[1]

    assert (bootcamp.holds, str(bootcamp.reaches)) == (True, "1,992 hours: enough")
    assert (scaled.holds, str(scaled.reaches)) == (False, "1,992 hours: more than enough")
    assert str(bootcamp.warning) == "Nobody can work 166 hours a week; a week has 168 hours, sleep included."


@pytest.mark.parametrize(
    ("pace", "weeks", "years", "expected"),
    [
        (20, None, None, ("20 hours a week", "", ["1.9 years (100 weeks) at 20 hours a week"], True)),
        (None, None, 1, ("1 years", "", ["39 hours a week in 1 years"], True)),
        (None, 12, None, ("12 weeks", "", ["167 hours a week in 12 weeks"], False)),
        (40, 10, None, (
            "10 weeks at 40 hours a week", "400 hours: not all of level 1",
            ["50 weeks at 40 hours a week", "200 hours a week in 10 weeks"], False,
        )),
        (0, 0, None, ("0 weeks at 0 hours a week", "0 hours: not all of level 1", [], False)),
    ],
)  # fmt: skip
def test_half_a_statement_is_half_an_answer(
    pace: int | None, weeks: int | None, years: int | None, expected: tuple[str, str, list[str], bool]
) -> None:
    spans = [None if number is None else Span.of(number) for number in (pace, weeks, years)]

    assert told(StatedPace("note", *spans, tuple(of(2000))))[1:] == expected


def test_outlook_of_the_real_plan_takes_its_target_from_the_plan(lantaarn: Cast) -> None:
    version = import_plan(plan=real_plan(), title="Engineer", by=lantaarn.ilse, at=NOW)
    publish(version=version, by=lantaarn.ilse, at=NOW, reason="As it is taught.")

    outlook = outlook_of(
        version=version, first_level=1, last_level=5, starts_on=START, days_off=[], hours_per_week=Decimal(25)
    )

    assert outlook.at_pace is not None
    assert outlook.at_pace.ends_on == date(2034, 5, 7)
    assert outlook.target is not None
    assert (outlook.target_years, outlook.target.by) == (Decimal("2.5"), date(2029, 3, 7))
    assert (outlook.target.hours_per_week, outlook.meets_target) == (Decimal("76.7"), False)


def test_outlook_without_a_target_compares_with_none(lantaarn: Cast) -> None:
    outlook = outlook_of(
        version=published_version(), first_level=1, last_level=2, starts_on=START, days_off=[],
        by=date(2026, 11, 15), share=Decimal("0.6"),
    )  # fmt: skip

    assert (outlook.target, outlook.target_years, outlook.stated) == (None, None, ())
    assert (outlook.hours, outlook.planned, outlook.percent) == (240, 400, 60)
    assert outlook.timetable is not None
    assert (outlook.timetable.hours_per_week, outlook.timetable.ends_on) == (24, date(2026, 11, 15))


def test_outlook_of_a_cohort_ends_with_its_last_gate(lantaarn: Cast) -> None:
    cohort = a_cohort(hours_share=Decimal("0.6"))

    outlook = outlook_of(
        version=cohort.version, first_level=1, last_level=2, starts_on=START, days_off=[],
        hours_per_week=cohort.hours_per_week, share=cohort.hours_share,
    )  # fmt: skip

    assert outlook.timetable is not None
    gates = cohort.milestones.filter(kind=Milestone.Kind.GATE).order_by("position")
    assert [row.ends_on for row in outlook.timetable.levels] == list(gates.values_list("due_on", flat=True))
