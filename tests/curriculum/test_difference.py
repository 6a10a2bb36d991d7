"""A difference tells everything that changed, and nothing that did not."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given

from curriculum.difference import Difference, Entry, difference
from curriculum.difference.rewording import Run, reworded
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import (
    Interval,
    Plan,
    PlanBenchmark,
    PlanCell,
    PlanClaim,
    PlanFormat,
    PlanMethod,
    PlanModule,
    PlanNote,
    PlanTarget,
    PlanTopic,
    Unparsed,
)
from curriculum.sentences import Span
from tests.curriculum.plans import DRAWN, SMALL, random_plans, real_plan, renumbered, with_line


def small(old: str, new: str) -> Difference:
    return difference(read_plan(SMALL), read_plan(with_line(old, new)))


def told(entry: Entry) -> str:
    """On one line: `changed Topic 1.1.2 Water, 20 > 25; remark; Label: same -removed- +added+`."""
    marks = {"same": "", "removed": "-", "added": "+"}
    before, after = entry.hours
    parts = [" ".join(part for part in (entry.what, str(entry.kind), entry.code, str(entry.title)) if part)]
    parts += [f"{before} > {after}"] if (before, after) != (None, None) else []
    parts += [str(remark) for remark in entry.remarks]
    for detail in entry.details:
        lines = ("".join(f"{marks[run.kind]}{run.text}{marks[run.kind]}" for run in line) for line in detail.lines)
        parts.append(f"{detail.label}: {' / '.join(lines)}")
    return "; ".join(parts)


def everything(found: Difference) -> list[str]:
    return [told(entry) for entry in found.entries]


def test_a_plan_does_not_differ_from_itself() -> None:
    found = difference(real_plan(), real_plan())

    assert (found.is_empty, found.entries, found.hours) == (True, (), (Decimal(10000), Decimal(10000)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("| **Water** | 20 |", "| **Water** | 25 |", ["changed Topic 1.1.2 Water; 20 > 25"]),
        ("| **Water** | 20 |", "| **Water** | |", ["changed Topic 1.1.2 Water; 20 > None"]),
        ("| **Water** | 20 |", "| **Waters** | 20 |", ["changed Topic 1.1.2 Waters; It was called “Water”."]),
        ("| **Water** | 20 |", "| **Yeast** | 20 |",
         ["added Topic 1.1.2 Yeast; None > 20", "removed Topic 1.1.2 Water; 20 > None"]),
        ("| - Rye | 10 |", "| - Spelt | 10 |",
         ["added Topic 1.1.1.2 Spelt; None > 10", "removed Topic 1.1.1.2 Rye; 10 > None"]),
        ("| - Rye | 10 |", "| **Rye** | 10 |",
         ["changed Topic 1.1.2 Rye; It stood under 1.1.1 Flour."]),
        ("**Goal**: Learners bake bread.", "**Goal**: Learners bake good bread.",
         ["changed Level 1 Bread; Goal: Learners bake +good +bread."]),
        ("### 1.2 Oven (40 hours)", "### 1.3 Oven (40 hours)", ["changed Module 1.3 Oven; Its number was 1.2."]),
        ("## Level 1: Bread (100 hours)", "## Level 1: Bread (90 hours)",
         ["changed Level 1 Bread; 100 > 90"]),
        ("- Bake 3+ loaves", "- Bake 5+ loaves",
         ["changed Module capstone 1.1-C A loaf; Checklist: Bake -3-+5++ loaves; To reach: loaves ≥ -3-+5+"]),
        ("    - To scale", "  - To scale",
         ["changed Practice project 1.2-P1 Build an oven; Checklist: -– -To scale"]),
        ("# Baking", "# Baking bread", ["changed Plan Baking bread; Title: Baking+ bread+"]),
        ("| 1: Bread | A loaf | It is eaten |", "| 1: Bread | Two loaves | It is eaten |",
         ["changed Level 1 Bread; Key assessment: -A loaf- / +Two loaves+"]),
    ],
)  # fmt: skip
def test_a_change_is_told_in_one_entry(old: str, new: str, expected: list[str]) -> None:
    assert everything(small(old, new)) == expected


def test_benchmarks_are_told_with_sign_and_unit() -> None:
    plan = read_plan(SMALL)
    [level] = plan.levels
    dough = level.modules[0]
    loaf = replace(dough.projects[0], benchmarks=(PlanBenchmark("loaves", ">=", Decimal(5), "count"),))
    water = replace(dough.topics[1], benchmarks=(PlanBenchmark("salt", "<=", Decimal("1.50"), "%"),))
    dough = replace(dough, projects=(loaf,), topics=(dough.topics[0], water))

    found = difference(plan, replace(plan, levels=(replace(level, modules=(dough, level.modules[1])),)))

    assert everything(found) == [
        "changed Topic 1.1.2 Water; To reach: +salt ≤ 1.5 %+",
        "changed Module capstone 1.1-C A loaf; To reach: loaves ≥ -3-+5+",
    ]


def test_differences_stand_in_their_level_and_module_with_the_hours_before_and_after() -> None:
    after = SMALL.replace("(100 hours)", "(130 hours)").replace("### 1.1 Dough (60 hours)", "### 1.1 Dough (90 hours)")
    found = difference(read_plan(SMALL), read_plan(after.replace("| **Water** | 20 |", "| **Water** | 50 |")))

    [level] = found.levels
    [module] = level.modules
    assert (found.hours, level.hours, module.hours) == ((100, 130), (100, 130), (60, 90))
    assert (level.number, level.title, module.code, module.title) == (1, "Bread", "1.1", "Dough")
    assert [entry.title for entry in module.entries] == ["Water"]
    assert found.counts == {"added": 0, "removed": 0, "changed": 3}


def test_an_inserted_topic_is_one_entry_although_it_renumbers_those_after_it() -> None:
    found = small("| **Water** | 20 |", "| **Salt** | 5 |\n| **Water** | 20 |")

    assert everything(found) == ["added Topic 1.1.2 Salt; None > 5"]


def test_a_topic_that_changed_places_is_told_and_those_that_stayed_are_not() -> None:
    plan = real_plan()
    first, *rest = plan.levels
    module, *others = first.modules
    moved = renumbered(
        replace(plan, levels=(
            replace(first, modules=(replace(module, topics=(*module.topics[1:], module.topics[0])), *others)), *rest,
        ))
    )  # fmt: skip

    [entry] = difference(plan, moved).entries

    assert [str(remark) for remark in entry.remarks] == [f"It went from place 1 to place {len(module.topics)}."]


def test_a_new_topic_tells_its_sub_topics_and_a_new_module_its_topics() -> None:
    plan = read_plan(SMALL)
    [level] = plan.levels
    topics = (PlanTopic("", "Fire", Decimal(9), subtopics=(PlanTopic("", "Wood"), PlanTopic("", "Coal"))),)
    module = PlanModule("1.3", "Heat", Decimal(9), topics=topics)
    after = renumbered(replace(plan, levels=(replace(level, modules=(*level.modules, module)),)))

    told_of = ["Module 1.3 Heat; {}", "Topic 1.3.1 Fire; {}; Sub-topics: {}Wood{} / {}Coal{}"]
    assert everything(difference(plan, after)) == [f"added {each}".format("None > 9", *"++++") for each in told_of]
    assert everything(difference(after, plan)) == [f"removed {each}".format("9 > None", *"----") for each in told_of]


def test_a_level_that_is_gone_stands_after_the_others_with_its_modules() -> None:
    plan = real_plan()
    found = difference(plan, replace(plan, levels=plan.levels[1:]))

    [gone] = found.levels
    assert (gone.number, gone.hours, gone.entry and gone.entry.what) == (1, (2000, None), "removed")
    assert [module.code for module in gone.modules] == [module.code for module in plan.levels[0].modules]
    assert {entry.what for module in gone.modules for entry in module.entries} == {"removed"}


def with_target(**changes: object) -> Plan:
    target = PlanTarget("placement", ">=", Decimal(85), "%", "85% placed", months=Decimal(6))
    return replace(read_plan(SMALL), targets=(replace(target, **changes),))  # type: ignore[arg-type]


def with_format(**changes: object) -> Plan:
    form = PlanFormat("blended", "Blended", hours_per_week=Span.of(20, 30), notes=("At home", "Together"))
    return replace(read_plan(SMALL), formats=(replace(form, **changes),))  # type: ignore[arg-type]


def with_claim(**changes: object) -> Plan:
    claim = PlanClaim("people", "resources", "For 20 people", amount=Span.of(20))
    return replace(read_plan(SMALL), claims=(replace(claim, **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (with_target(), with_target(value=Decimal(80)), ["changed Target 85% placed; Value: ≥ -85-+80+ %"]),
        (with_target(), with_target(text="Placed in a year", months=Decimal(12)),
         ["changed Target Placed in a year; Text: -85% placed- / +Placed in a year+; Months: -6- / +12+"]),
        (with_target(), with_target(hours_per_week=Span.of(20)), ["changed Target 85% placed; Hours a week: +20+"]),
        (read_plan(SMALL), with_target(), ["added Target 85% placed"]),
        (with_target(), read_plan(SMALL), ["removed Target 85% placed"]),
        (with_format(), with_format(notes=("At home",)), ["changed Format Blended; Text: -Together-"]),
        (with_format(), with_format(hours_per_week=Span.of(25, 30), weeks=Span.of(12)),
         ["changed Format Blended; Hours a week: -20-+25+–30; Weeks: +12+"]),
        (with_format(), with_format(milestone_every=Interval(Decimal(4), Decimal(6), "week")),
         ["changed Format Blended; Milestones: +4–6 week+"]),
        (with_format(), with_format(theory_hours_per_week=Decimal(12), practice_hours_per_week=Decimal(8)),
         ["changed Format Blended; Theory and practice a week: +12 + 8+"]),
        (with_claim(), with_claim(text="For 30 people", amount=Span.of(30)),
         ["changed Claims Resources; Text: For -20-+30+ people"]),
        (with_claim(), with_claim(amount=Span.of(30)), ["changed Claims Resources; Numbers: -20- / +30+"]),
        (read_plan(SMALL), replace(read_plan(SMALL), notes=(PlanNote("Why", "Bread", "It is good."),)),
         ["added Note Bread"]),
        (read_plan(SMALL), replace(read_plan(SMALL), verification_methods=(PlanMethod("Eating", "All of it"),)),
         ["added Way of judging Eating"]),
        (read_plan(SMALL), replace(read_plan(SMALL), unparsed=(Unparsed(9, "???"),)),
         ["changed Source Lines that were not understood; Text: +???+"]),
        (replace(read_plan(SMALL), unparsed=(Unparsed(9, "???"),)),
         replace(read_plan(SMALL), unparsed=(Unparsed(8, "???"),)), []),
        (read_plan(SMALL), replace(read_plan(SMALL), language="nl"), ["changed Plan Baking; Language: -en- / +nl+"]),
    ],
)  # fmt: skip
def test_what_stands_beside_the_tree_is_told_too(old: Plan, new: Plan, expected: list[str]) -> None:
    assert everything(difference(old, new)) == expected


def test_a_summary_with_a_claim_in_it_is_told_once() -> None:
    found = small("**Summary**: Bread in 100 hours.", "**Summary**: Bread in 2 weeks at 50 hours/week.")

    assert len(found.entries) == 1


def test_other_columns_are_told_under_their_heading() -> None:
    plan = read_plan(SMALL)
    [level] = plan.levels
    dough = level.modules[0]
    water = replace(dough.topics[1], cells=(PlanCell("Tools", "A jug"),))
    after = replace(level, modules=(replace(dough, topics=(dough.topics[0], water)), level.modules[1]))

    assert everything(difference(plan, replace(plan, levels=(after,)))) == [
        "changed Topic 1.1.2 Water; Other columns: +Tools: A jug+"
    ]


def test_it_is_told_in_the_language_of_the_reader() -> None:
    found = small("| **Water** | 20 |", "| **Waters** | 20 |")

    with translation.override("nl"):
        assert everything(found) == ["changed Onderwerp 1.1.2 Waters; De titel was “Water”."]


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("Bake a loaf", "Bake a loaf", []),
        ("Bake a  loaf\n", " Bake a loaf", []),
        ("Bake a loaf", "Bake two loaves",
         [[Run("same", "Bake "), Run("removed", "a loaf"), Run("added", "two loaves")]]),
        ("Flour", "Salt", [[Run("removed", "Flour")], [Run("added", "Salt")]]),
        ("", "Salt", [[Run("added", "Salt")]]),
        ("One\nTwo\nThree", "One\nThree", [[Run("removed", "Two")]]),
        ("Add 200 g", "Add 250 g",
         [[Run("same", "Add "), Run("removed", "200"), Run("added", "250"), Run("same", " g")]]),
    ],
)  # fmt: skip
def test_words_are_marked_where_they_changed(before: str, after: str, lines: list[list[Run]]) -> None:
    assert [list(line) for line in reworded(before, after)] == lines


@pytest.mark.parametrize("break_", [" ", "\n"])
def test_a_very_long_text_is_replaced_whole(break_: str) -> None:
    lines = reworded(break_.join(["flour"] * 2000), break_.join(["water"] * 2000))

    assert {run.kind for line in lines for run in line} == {"removed", "added"}
    assert all(len(line) == 1 for line in lines)


# -- properties --------------------------------------------------------------------------------------------------------


@DRAWN
@given(random_plans(), random_plans())
def test_nothing_is_told_exactly_when_nothing_changed(old: Plan, new: Plan) -> None:
    assert difference(old, new).is_empty == (old == new)
    assert difference(old, old).is_empty


@DRAWN
@given(random_plans(), random_plans())
def test_what_is_told_as_added_one_way_is_removed_the_other_way(old: Plan, new: Plan) -> None:
    there, back = difference(old, new), difference(new, old)

    assert (there.hours, there.is_empty) == (back.hours[::-1], back.is_empty)
