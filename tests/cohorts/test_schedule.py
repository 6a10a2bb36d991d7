from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.errors import CohortError
from cohorts.models import Milestone
from cohorts.pacing import Calendar, DaysOff, ends_on
from cohorts.schedule import Difference, Draft, Move, Standing, apply_schedule, compare, generate, key_of, paced_hours
from cohorts.stages import Stage, Step, stages_of
from curriculum.models import Format, Level, Module, Topic
from tests.cohorts.given import START, a_cohort, draft_version, published_version
from tests.conftest import Cast
from tests.examples import examples

PYTHON = [
    ("Variables", 80), ("Control flow", 100), ("Functions", 120), ("Data structures", 100), ("Files", 80),
    ("Error handling & debugging", 100), ("Classes", 100), ("Modules", 40), ("Virtual environments", 40),
    ("Testing", 40),
]  # fmt: skip
MATH = [("Vectors", 60), ("Eigenvalues", 40), ("Decomposition", 50), ("Applications", 50)]


def stage(number: int, hours: int, modules: dict[str, list[tuple[str, int]]]) -> Stage:
    steps = [
        Step(title, Decimal(planned), module, UUID(int=number * 1000 + place), ends_module=place == len(topics))
        for module, topics in modules.items()
        for place, (title, planned) in enumerate(topics, start=1)
    ]
    return Stage(number, UUID(int=number), Decimal(hours), tuple(steps))


FOUNDATIONS = stage(1, 900, {"1.1 Python Programming": PYTHON, "1.2 Mathematics": MATH})


def planned(*stages: Stage, format: str, hours: int = 20, days_off: tuple[DaysOff, ...] = ()) -> list[Draft]:
    return generate(
        stages=stages, format=format, hours_per_week=Decimal(hours), standing=Standing(Calendar(START, days_off))
    )


def shown(drafts: list[Draft]) -> list[tuple[str, str, int]]:
    return [(draft.due_on.isoformat(), draft.title, int(draft.through_hours)) for draft in drafts]


# -- what a schedule looks like ----------------------------------------------------------------------------------------


def test_blended_cohort_has_a_milestone_every_four_to_six_weeks_where_topics_end() -> None:
    # The topics add up to 1,000 hours and the level takes 900: 45 weeks at 20 hours.
    assert shown(planned(FOUNDATIONS, format=Format.BLENDED)) == [
        ("2026-10-02", "1.1 Python Programming: up to Variables", 80),
        ("2026-11-02", "1.1 Python Programming: up to Control flow", 180),
        ("2026-12-10", "1.1 Python Programming: up to Functions", 300),
        ("2027-01-10", "1.1 Python Programming: up to Data structures", 400),
        ("2027-02-05", "1.1 Python Programming: up to Files", 480),
        ("2027-03-08", "1.1 Python Programming: up to Error handling & debugging", 580),
        ("2027-04-09", "1.1 Python Programming: up to Classes", 680),
        ("2027-05-16", "1.1 Python Programming: complete", 800),
        ("2027-06-17", "1.2 Mathematics: up to Eigenvalues", 900),
        ("2027-07-18", "Level 1 gate", 1000),
    ]


def test_self_paced_cohort_has_a_milestone_about_every_month_where_topics_end() -> None:
    assert shown(planned(FOUNDATIONS, format=Format.SELF_PACED, hours=40)) == [
        ("2026-10-05", "1.1 Python Programming: up to Control flow", 180),
        ("2026-11-08", "1.1 Python Programming: up to Data structures", 400),
        ("2026-12-07", "1.1 Python Programming: up to Error handling & debugging", 580),
        ("2027-01-04", "1.1 Python Programming: up to Virtual environments", 760),
        ("2027-02-11", "Level 1 gate", 1000),
    ]


def test_bootcamp_has_a_milestone_every_week() -> None:
    assert shown(planned(FOUNDATIONS, format=Format.BOOTCAMP, hours=166)) == [
        ("2026-09-13", "1.1 Python Programming: up to Control flow", 180),
        ("2026-09-20", "1.1 Python Programming: up to Functions", 300),
        ("2026-09-27", "1.1 Python Programming: up to Files", 480),
        ("2026-10-04", "1.1 Python Programming: up to Modules", 720),
        ("2026-10-14", "Level 1 gate", 1000),
    ]


def test_bootcamp_week_in_which_no_topic_ends_asks_for_a_part_of_one() -> None:
    drafts = planned(stage(1, 80, {"1.1 Python": [("Variables", 80)]}), format=Format.BOOTCAMP, hours=30)

    assert shown(drafts) == [
        ("2026-09-13", "1.1 Python, Variables: 30 of 80 hours", 30),
        ("2026-09-20", "1.1 Python, Variables: 60 of 80 hours", 60),
        ("2026-09-25", "Level 1 gate", 80),
    ]
    assert [draft.kind for draft in drafts] == ["checkpoint", "checkpoint", "gate"]


def test_break_moves_what_is_behind_it_and_nothing_else() -> None:
    christmas = DaysOff(date(2026, 12, 21), date(2027, 1, 3))
    without = planned(FOUNDATIONS, format=Format.BLENDED)
    behind = [replace(draft, due_on=draft.due_on + timedelta(weeks=2)) for draft in without[3:]]

    assert planned(FOUNDATIONS, format=Format.BLENDED, days_off=(christmas,)) == without[:3] + behind


def test_level_of_which_nothing_is_known_but_its_hours_has_its_gate_alone() -> None:
    empty = Stage(2, UUID(int=2), Decimal(140), ())

    assert shown(planned(FOUNDATIONS, empty, format=Format.BLENDED))[-2:] == [
        ("2027-07-18", "Level 1 gate", 1000),
        ("2027-09-05", "Level 2 gate", 1000),
    ]


def test_long_names_are_cut_to_fit() -> None:
    module = {"M" * 200: [("T" * 300, 100), ("U", 100)]}
    [first, _gate] = planned(stage(1, 200, module), format=Format.BLENDED)

    assert len(first.title) == 300
    assert first.title.endswith("T…")


@pytest.mark.parametrize(("hours", "code"), [(0, "weekly_hours_out_of_range"), (500, "weekly_hours_out_of_range")])
def test_weekly_hours_that_no_week_has_are_refused(hours: int, code: str) -> None:
    with pytest.raises(CohortError) as refused:
        planned(FOUNDATIONS, format=Format.BLENDED, hours=hours)

    assert refused.value.code == code


# -- what holds for every schedule -------------------------------------------------------------------------------------

quarters = st.integers(1, 800).map(lambda number: Decimal(number) / 4)
stages = st.lists(
    st.tuples(st.integers(1, 900), st.lists(quarters, max_size=9)), min_size=1, max_size=3
).map(
    lambda levels: [
        Stage(
            number,
            UUID(int=number),
            Decimal(taken),
            tuple(
                Step(f"Topic {place}", hours, f"{number}.1", UUID(int=100 * number + place), place == len(topics))
                for place, hours in enumerate(topics, start=1)
            ),
        )
        for number, (taken, topics) in enumerate(levels, start=1)
    ]
)  # fmt: skip
pauses = st.lists(
    st.builds(
        lambda offset, length: DaysOff(START + timedelta(days=offset), START + timedelta(days=offset + length)),
        st.integers(-50, 900),
        st.integers(0, 60),
    ),
    max_size=6,
)
paces = st.decimals(2, 168, places=1)
formats = st.sampled_from(Format.values)


def made(levels: list[Stage], format: str, hours: Decimal, days_off: list[DaysOff]) -> list[Draft]:
    return generate(stages=levels, format=format, hours_per_week=hours, standing=Standing(Calendar(START, days_off)))


@settings(deadline=None, max_examples=examples(50))
@given(levels=stages, format=formats, hours=paces, days_off=pauses)
def test_schedule_is_in_order_adds_up_and_spares_breaks(
    levels: list[Stage], format: str, hours: Decimal, days_off: list[DaysOff]
) -> None:
    drafts = made(levels, format, hours, days_off)

    assert drafts == made(levels, format, hours, days_off)
    assert [draft.due_on for draft in drafts] == sorted(draft.due_on for draft in drafts)
    assert not any(pause.first <= draft.due_on <= pause.last for draft in drafts for pause in days_off)
    assert len({draft.key for draft in drafts}) == len(drafts)
    through = [draft.through_hours for draft in drafts]
    assert through == sorted(through)
    assert through[-1] == sum(level.planned_hours for level in levels)
    assert [draft.level_id for draft in drafts if draft.kind == Milestone.Kind.GATE] == [one.level_id for one in levels]
    total = sum((level.hours for level in levels), Decimal())
    assert drafts[-1].due_on == ends_on(hours=total, hours_per_week=hours, starts_on=START, days_off=days_off)


@settings(deadline=None, max_examples=examples(50))
@given(levels=stages, format=formats, hours=paces, days_off=pauses)
def test_breaks_change_dates_alone(levels: list[Stage], format: str, hours: Decimal, days_off: list[DaysOff]) -> None:
    paused, plain = made(levels, format, hours, days_off), made(levels, format, hours, [])

    assert [replace(draft, due_on=START) for draft in paused] == [replace(draft, due_on=START) for draft in plain]
    assert all(late.due_on >= early.due_on for late, early in zip(paused, plain, strict=True))


@settings(deadline=None, max_examples=examples(50))
@given(levels=stages, format=st.sampled_from([Format.BLENDED, Format.SELF_PACED]), hours=paces)
def test_outside_a_bootcamp_milestones_stand_where_topics_end(levels: list[Stage], format: str, hours: Decimal) -> None:
    ends, done = set(), Decimal()
    for level in levels:
        for step in level.steps:
            done += step.hours
            ends.add((level.level_id, done))

    drafts = made(levels, format, hours, [])

    assert {(draft.level_id, draft.through_hours) for draft in drafts if draft.kind == Milestone.Kind.TOPIC} <= ends
    assert not any(draft.kind == Milestone.Kind.CHECKPOINT for draft in drafts)


@settings(deadline=None, max_examples=examples(50))
@given(hours=st.integers(200, 900), topics=st.integers(20, 60))
def test_blended_intervals_are_four_to_six_weeks_when_topics_are_short(hours: int, topics: int) -> None:
    level = stage(1, hours, {"1.1 Module": [(f"Topic {place}", 10) for place in range(topics)]})

    drafts = planned(level, format=Format.BLENDED, hours=20)

    days = [START - timedelta(days=1), *(draft.due_on for draft in drafts)]
    intervals = [(late - early).days for early, late in pairwise(days)]
    assert all(27 <= interval <= 43 for interval in intervals[:-1])
    assert intervals[-1] <= 43


@settings(deadline=None, max_examples=examples(50))
@given(levels=stages, hours=paces)
def test_bootcamp_milestones_are_a_week_apart(levels: list[Stage], hours: Decimal) -> None:
    drafts = made(levels, Format.BOOTCAMP, hours, [])

    for early, late in pairwise(drafts):
        if late.level_id == early.level_id and late.kind != Milestone.Kind.GATE:
            assert (late.due_on - early.due_on).days % 7 == 0


@settings(deadline=None, max_examples=examples(50))
@given(levels=stages, format=formats, hours=paces, faster=paces, days_off=pauses, passed=st.integers(0, 400))
def test_any_schedule_turns_into_any_other(
    levels: list[Stage], format: str, hours: Decimal, faster: Decimal, days_off: list[DaysOff], passed: int
) -> None:
    today = START + timedelta(days=passed)
    existing = [row(draft, position) for position, draft in enumerate(made(levels, format, hours, []), start=1)]
    drafts = made(levels, format, faster, days_off)

    free = compare(existing, drafts, settled_before=None)
    assert sorted(after(free)) == sorted((draft.key, draft.due_on) for draft in drafts)

    settled = compare(existing, drafts, settled_before=today)
    assert {one for one in existing if one.due_on < today} <= set(settled.kept)
    assert not compare(existing, made(levels, format, hours, []), settled_before=today)


def row(draft: Draft, position: int, *, is_fixed: bool = False) -> Milestone:
    return Milestone(
        position=position,
        kind=draft.kind,
        title=draft.title,
        level_id=draft.level_id,
        last_topic_id=draft.last_topic_id,
        through_hours=draft.through_hours,
        due_on=draft.due_on,
        is_fixed=is_fixed,
    )


def after(difference: Difference) -> list[tuple[tuple[str, UUID, Decimal], date]]:
    return [
        *((draft.key, draft.due_on) for draft in difference.added),
        *((key_of(move.milestone), move.due_on) for move in difference.moved),
        *((key_of(kept), kept.due_on) for kept in difference.kept),
    ]


# -- the schedule there is ---------------------------------------------------------------------------------------------


def test_what_was_set_by_hand_stays_and_stands_for_what_would_be_generated() -> None:
    drafts = planned(FOUNDATIONS, format=Format.BLENDED)
    rows = [row(draft, position) for position, draft in enumerate(drafts, start=1)]
    rows[2].is_fixed, rows[2].due_on = True, date(2026, 12, 18)
    later = [replace(draft, due_on=draft.due_on + timedelta(days=7)) for draft in drafts]

    assert compare(rows, later, settled_before=None) == Difference(
        moved=tuple(Move(one, one.due_on + timedelta(days=7)) for one in rows if not one.is_fixed), kept=(rows[2],)
    )


def test_what_was_due_stays_and_what_asks_for_less_is_not_added() -> None:
    rows = [row(draft, position) for position, draft in enumerate(planned(FOUNDATIONS, format=Format.BLENDED), start=1)]
    weekly = planned(FOUNDATIONS, format=Format.BOOTCAMP)

    difference = compare(rows, weekly, settled_before=date(2027, 3, 1))

    assert set(rows[:5]) <= set(difference.kept)
    assert min(draft.through_hours for draft in difference.added) > rows[4].through_hours


def test_paced_hours_of_a_milestone_share_the_hours_of_the_level() -> None:
    second = stage(2, 500, {"2.1 Models": [("Regression", 100), ("Trees", 150)]})
    drafts = planned(FOUNDATIONS, second, format=Format.BLENDED)
    gate = next(row(draft, 1) for draft in drafts if draft.title == "Level 1 gate")
    trees = Milestone(level_id=second.level_id, through_hours=Decimal(1100), kind=Milestone.Kind.TOPIC)

    assert paced_hours([FOUNDATIONS, second], gate) == Fraction(900)
    assert paced_hours([FOUNDATIONS, second], trees) == Fraction(900 + 200)


# -- in the database ---------------------------------------------------------------------------------------------------


def test_stages_take_the_hours_of_the_level_and_name_what_is_in_it(lantaarn: Cast) -> None:
    version = published_version(levels=1)
    [found] = stages_of(version, 1, 1)

    assert (found.number, found.hours) == (1, Decimal(200))
    assert [(step.title, step.hours, step.module, step.ends_module) for step in found.steps] == [
        ("Basics 1", Decimal(40), "1.1 Basics", False),
        ("Basics 2", Decimal(60), "1.1 Basics", True),
        ("Practice 1", Decimal(60), "1.2 Practice", False),
        ("Practice 2", Decimal(40), "1.2 Practice", True),
    ]


def test_stages_count_sub_topics_instead_of_their_parent_and_hours_that_nothing_names(lantaarn: Cast) -> None:
    version = draft_version(levels=1, modules=())
    level = Level.objects.get(version=version)
    module = Module.objects.create(level=level, position=1, code="1.1", title="Mathematics", hours=Decimal(120))
    algebra = Topic.objects.create(module=module, position=1, title="Algebra", hours=Decimal(100))
    for position, hours in ((2, 60), (3, 40)):
        Topic.objects.create(module=module, parent=algebra, position=position, title=f"Part {position}", hours=hours)
    Module.objects.create(level=level, position=2, code="1.2", title="Specialization", hours=Decimal(50))

    [found] = stages_of(version, 1, 1)

    assert [(step.title, step.hours, step.ends_module) for step in found.steps] == [
        ("Part 2", Decimal(60), False),
        ("Part 3", Decimal(40), False),
        ("Mathematics", Decimal(20), True),
        ("Specialization", Decimal(50), True),
    ]


@pytest.mark.parametrize(("first", "last"), [(1, 3), (3, 3), (2, 1), (0, 1)])
def test_levels_that_a_version_lacks_are_refused(lantaarn: Cast, first: int, last: int) -> None:
    with pytest.raises(CohortError) as refused:
        stages_of(published_version(), first, last)

    assert refused.value.code == "unknown_levels"


def test_applying_a_difference_renumbers_the_milestones(lantaarn: Cast) -> None:
    cohort = a_cohort()
    first, second, *others = cohort.milestones.order_by("position")
    between = Draft("topic", first.level_id, "In between", None, first.through_hours + 1, first.due_on)

    apply_schedule(
        cohort=cohort,
        difference=Difference(
            added=(between,),
            moved=(Move(second, date(2026, 12, 1)),),
            removed=tuple(others[1:]),
            kept=(first, others[0]),
        ),
        today=date(2026, 10, 1),
    )

    assert list(cohort.milestones.order_by("position").values_list("position", "title", "due_on")) == [
        (1, first.title, first.due_on),
        (2, "In between", first.due_on),
        (3, second.title, date(2026, 12, 1)),
        (4, others[0].title, others[0].due_on),
    ]


@settings(deadline=None, max_examples=50)
@given(
    levels=stages, format=formats, hours=paces, faster=paces, days_off=pauses,
    starts_on=st.dates(date(2000, 1, 1), date(2040, 12, 31)), passed=st.integers(0, 400), data=st.data(),
)  # fmt: skip
def test_locked_and_completed_stay_and_the_rest_spares_breaks_from_any_start(
    levels: list[Stage], format: str, hours: Decimal, faster: Decimal, days_off: list[DaysOff], starts_on: date,
    passed: int, data: st.DataObject,
) -> None:  # fmt: skip
    later = starts_on - START
    moved = [DaysOff(pause.first + later, pause.last + later) for pause in days_off]
    today = starts_on + timedelta(days=passed)

    def at(pace: Decimal, off: list[DaysOff]) -> list[Draft]:
        standing = Standing(Calendar(starts_on, off))
        return generate(stages=levels, format=format, hours_per_week=pace, standing=standing)

    before = at(hours, [])
    locked = data.draw(st.sets(st.integers(1, len(before))))
    existing = [row(draft, place, is_fixed=place in locked) for place, draft in enumerate(before, start=1)]

    difference = compare(existing, at(faster, moved), settled_before=today)

    assert {one for one in existing if one.is_fixed or one.due_on < today} <= set(difference.kept)
    changed = [move.due_on for move in difference.moved] + [draft.due_on for draft in difference.added]
    assert all(day >= starts_on for day in changed)
    assert not any(pause.first <= day <= pause.last for day in changed for pause in moved)
