"""Nodes of two plans are paired: the same with the same, through renaming, reordering and moving."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from curriculum.codes import ids_by_code
from curriculum.importing import import_plan
from curriculum.matching import Kind, Matching, Pair, match
from curriculum.models import Level, Module, Project, Topic, Track
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan, PlanLevel, PlanModule, PlanTopic
from curriculum.tree import plan_of
from tests.conftest import NOW, Cast
from tests.curriculum.plans import DRAWN, SMALL, random_plans, real_plan, renumbered, with_line

NOTHING: dict[Kind, tuple[str, ...]] = {"level": (), "module": (), "topic": (), "project": ()}


def small(old: str, new: str) -> Plan:
    return read_plan(with_line(old, new))


def changed(matching: Matching) -> list[tuple[str, str, str]]:
    """What is not simply the same under the same number."""
    return [
        (pair.old, pair.new, pair.sureness)
        for pair in matching.pairs
        if pair.old != pair.new or pair.sureness != "same"
    ]


def codes(plan: Plan) -> list[tuple[Kind, str]]:
    topics = [each for module in plan.modules for topic in module.topics for each in (topic, *topic.subtopics)]
    return [
        *(("level", str(level.number)) for level in plan.levels),
        *(("module", module.code) for module in plan.modules),
        *(("topic", topic.code) for topic in topics),
        *(("project", project.code) for project in plan.projects),
    ]  # type: ignore[list-item]


def test_a_plan_is_paired_with_itself_node_by_node() -> None:
    matching = match(real_plan(), real_plan())

    assert sorted((pair.kind, pair.old) for pair in matching.pairs) == sorted(codes(real_plan()))
    assert changed(matching) == []
    assert (matching.removed, matching.added) == (NOTHING, NOTHING)


def test_a_pair_is_found_from_both_sides() -> None:
    matching = match(read_plan(SMALL), small("| **Water** | 20 |", "| **Waters** | 20 |"))

    expected = Pair("topic", "1.1.2", "1.1.2", "renamed")
    assert matching.of_old("topic", "1.1.2") == matching.of_new("topic", "1.1.2") == expected
    assert matching.codes("module") == {"1.1": "1.1", "1.2": "1.2"}
    assert matching.of_old("topic", "1.1.9") is None


@pytest.mark.parametrize(
    ("old", "new", "expected", "removed", "added"),
    [
        ("| **Water** | 20 |", "| **Water, salt** | 20 |", [("1.1.2", "1.1.2", "renamed")], [], []),
        ("| **Water** | 20 |", "| **Yeast** | 20 |", [], ["1.1.2"], ["1.1.2"]),
        ("| **Flour** | 40 |", "| **Grain** | 40 |", [("1.1.1", "1.1.1", "renamed")], [], []),
        ("### 1.1 Dough (60 hours)", "### 1.1 Starter (60 hours)", [("1.1", "1.1", "renamed")], [], []),
        ("### 1.2 Oven (40 hours)", "### 1.2 Fire (40 hours)", [("1.2", "1.2", "renamed")], [], []),
        ("## Level 1: Bread (100 hours)", "## Level 1: Loaves (100 hours)", [("1", "1", "renamed")], [], []),
        ("**Capstone Project (1.1)**: **A loaf**", "**Capstone Project (1.1)**: **Buns**",
         [("1.1-C", "1.1-C", "number")], [], []),
        ("- **Project 1 (40h)**: **Build an oven**", "- **Project 1 (40h)**: **Chop wood**",
         [], ["1.2-P1"], ["1.2-P1"]),
        ("| - Rye | 10 |", "| **Rye** | 10 |", [("1.1.2", "1.1.3", "same"), ("1.1.1.2", "1.1.2", "moved")], [], []),
    ],
)  # fmt: skip
def test_one_change_is_one_difference(
    old: str, new: str, expected: list[tuple[str, str, str]], removed: list[str], added: list[str]
) -> None:
    matching = match(read_plan(SMALL), small(old, new))

    assert changed(matching) == expected
    assert [code for each in matching.removed.values() for code in each] == removed
    assert [code for each in matching.added.values() for code in each] == added


def test_an_inserted_module_renumbers_the_others_and_takes_nothing_from_them() -> None:
    plan = real_plan()
    first, *rest = plan.levels
    inserted = PlanModule("1.1", "Learning to learn", Decimal(50), topics=(PlanTopic("1.1.1", "Notes", Decimal(50)),))
    after = renumbered(replace(plan, levels=(replace(first, modules=(inserted, *first.modules)), *rest)))

    matching = match(plan, after)

    assert matching.removed == NOTHING
    assert matching.added == {"level": (), "module": ("1.1",), "topic": ("1.1.1",), "project": ()}
    assert {pair.sureness for pair in matching.pairs} == {"same"}
    assert matching.codes("module")["1.1"] == "1.2"
    assert matching.codes("topic")["1.1.3"] == "1.2.3"


def test_a_topic_that_moved_to_another_module_is_followed() -> None:
    plan = read_plan(SMALL)
    [level] = plan.levels
    dough, oven = level.modules
    water = dough.topics[1]
    modules = (replace(dough, topics=dough.topics[:1]), replace(oven, topics=(water,)))

    matching = match(plan, renumbered(replace(plan, levels=(replace(level, modules=modules),))))

    assert changed(matching) == [("1.1.2", "1.2.1", "moved")]
    assert (matching.removed, matching.added) == (NOTHING, NOTHING)


def test_titles_are_compared_whatever_their_capitals_and_spaces() -> None:
    assert changed(match(read_plan(SMALL), small("| **Water** | 20 |", "| **WATER** | 20 |"))) == []


def test_another_language_keeps_levels_and_modules_by_their_number() -> None:
    after = read_plan(SMALL.replace("Bread", "Deeg").replace("Dough", "Q").replace("Flour", "X").replace("Water", "Z"))

    assert [pair for pair in match(read_plan(SMALL), after).pairs if pair.kind == "module"] == [
        Pair("module", "1.1", "1.1", "number"),
        Pair("module", "1.2", "1.2", "same"),
    ]


def test_large_plans_that_share_nothing_are_paired_by_number() -> None:
    def crowded(word: str) -> Plan:
        topics = tuple(PlanTopic(f"1.1.{n}", f"{word} {n}") for n in range(1, 1001))
        return Plan(
            "", levels=(PlanLevel(1, "A", Decimal(1), modules=(PlanModule("1.1", "B", Decimal(1), topics=topics),)),)
        )

    matching = match(crowded("Reading"), crowded("Readings"))

    assert {pair.sureness for pair in matching.pairs if pair.kind == "topic"} == {"renamed"}
    assert all(pair.old == pair.new for pair in matching.pairs)


# -- properties --------------------------------------------------------------------------------------------------------


@DRAWN
@given(random_plans())
def test_any_plan_is_paired_with_itself(plan: Plan) -> None:
    matching = match(plan, plan)

    assert (changed(matching), matching.removed, matching.added) == ([], NOTHING, NOTHING)


@DRAWN
@given(random_plans(), random_plans())
def test_every_node_is_paired_once_or_left_once(old: Plan, new: Plan) -> None:
    matching = match(old, new)
    left = [(kind, code) for kind, several in matching.removed.items() for code in several]
    come = [(kind, code) for kind, several in matching.added.items() for code in several]

    assert sorted([*((pair.kind, pair.old) for pair in matching.pairs), *left]) == sorted(codes(old))
    assert sorted([*((pair.kind, pair.new) for pair in matching.pairs), *come]) == sorted(codes(new))
    assert match(old, new) == matching


def _titled_apart(plan: Plan) -> Plan:
    """Every title its own, so that there is one right answer."""
    count = iter(range(10_000))

    def topic(each: PlanTopic) -> PlanTopic:
        return replace(each, title=f"T{next(count)}", subtopics=tuple(topic(sub) for sub in each.subtopics))

    def module(each: PlanModule) -> PlanModule:
        projects = tuple(replace(project, title=f"P{next(count)}") for project in each.projects)
        return replace(each, title=f"M{next(count)}", topics=tuple(map(topic, each.topics)), projects=projects)

    levels = tuple(
        replace(level, title=f"L{next(count)}", modules=tuple(map(module, level.modules))) for level in plan.levels
    )
    return replace(plan, levels=levels)


def _titles(plan: Plan) -> dict[str, str]:
    return {
        each.title: each.code
        for module in plan.modules
        for each in (module, *(one for topic in module.topics for one in (topic, *topic.subtopics)))
    }


Change = Callable[[Plan, st.DataObject], tuple[Plan, str]]


def _permute(plan: Plan, data: st.DataObject) -> tuple[Plan, str]:
    levels = [
        replace(
            level,
            modules=tuple(
                replace(module, topics=tuple(data.draw(st.permutations(module.topics))))
                for module in data.draw(st.permutations(level.modules))
            ),
        )
        for level in plan.levels
    ]
    return replace(plan, levels=tuple(levels)), ""


def _rename(plan: Plan, data: st.DataObject) -> tuple[Plan, str]:
    title = data.draw(st.sampled_from(sorted(_titles(plan)) or [""]))

    def topic(each: PlanTopic) -> PlanTopic:
        subtopics = tuple(topic(sub) for sub in each.subtopics)
        return replace(each, title="Something else" if each.title == title else each.title, subtopics=subtopics)

    levels = tuple(
        replace(level, modules=tuple(
            replace(module, title="Something else" if module.title == title else module.title,
                    topics=tuple(map(topic, module.topics)))
            for module in level.modules
        ))
        for level in plan.levels
    )  # fmt: skip
    return replace(plan, levels=levels), title


def _move(plan: Plan, data: st.DataObject) -> tuple[Plan, str]:
    """One topic to the end of some module."""
    topics = [topic for module in plan.modules for topic in module.topics]
    if not topics:
        return plan, ""
    moved = data.draw(st.sampled_from(topics))
    to = data.draw(st.sampled_from([module.code for module in plan.modules]))

    def module(each: PlanModule) -> PlanModule:
        left = tuple(topic for topic in each.topics if topic is not moved)
        return replace(each, topics=(*left, moved) if each.code == to else left)

    levels = tuple(replace(level, modules=tuple(map(module, level.modules))) for level in plan.levels)
    return replace(plan, levels=levels), ""


@pytest.mark.parametrize("change", [_permute, _rename, _move])
@DRAWN
@given(data=st.data())
def test_a_change_keeps_every_other_node_paired(change: Change, data: st.DataObject) -> None:
    plan = _titled_apart(data.draw(random_plans()))
    after, but = change(plan, data)
    after = renumbered(after)

    matching = match(plan, after)

    pairs = {(pair.kind, pair.old): pair.new for pair in matching.pairs}
    new = _titles(after)
    for title, code in _titles(plan).items():
        if title != but:
            kind = "module" if title.startswith("M") else "topic"
            assert pairs.get((kind, code)) == new[title]


# -- rows --------------------------------------------------------------------------------------------------------------


def test_every_code_of_a_stored_plan_leads_to_its_row(lantaarn: Cast) -> None:
    version = import_plan(plan=real_plan(), by=None, at=NOW)
    plan = plan_of(version)

    ids = ids_by_code(version)

    assert {code: Level.objects.get(pk=pk).title for code, pk in ids.levels.items()} == {
        str(level.number): level.title for level in plan.levels
    }
    assert {code: Module.objects.get(pk=pk).title for code, pk in ids.modules.items()} == {
        module.code: module.title for module in plan.modules
    }
    titles = {each.pk: each.title for each in Topic.objects.all()}
    assert {code: titles[pk] for code, pk in ids.topics.items()} == {
        each.code: each.title
        for module in plan.modules
        for topic in module.topics
        for each in (topic, *topic.subtopics)
    }
    rows = {each.pk: each.title for each in Project.objects.all()}
    assert {code: rows[pk] for code, pk in ids.projects.items()} == {each.code: each.title for each in plan.projects}
    tracks = {track.code: track.title for track in plan.tracks}
    assert {code: Track.objects.get(pk=pk).title for code, pk in ids.tracks.items()} == tracks


def test_ids_take_five_queries_however_large_the_version_is(lantaarn: Cast) -> None:
    for plan in (read_plan(SMALL), real_plan()):
        version = import_plan(plan=plan, by=None, at=NOW)
        with CaptureQueriesContext(connection) as queries:
            ids_by_code(version)
        assert len(queries) == 5
