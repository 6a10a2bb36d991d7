import random
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership
from curriculum.editing.content import change
from curriculum.editing.draft import TREE, Draft
from curriculum.editing.shape import Part, add, delete, destinations, may_hold, move, move_under
from curriculum.editing.sharing import split_hours
from curriculum.editing.steps import NodeChanged, clock, last_sequence, next_redo, next_undo, redo, undo
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, DraftEdit, FindingAcceptance, Module, Requirement, Topic
from curriculum.plan.from_yaml import read_yaml
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan
from curriculum.plan.references import requirement_faults
from curriculum.plan.to_markdown import write_markdown
from curriculum.plan.to_yaml import write_yaml
from curriculum.tree import branches_of, plan_of
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import LATER, TWO_LEVELS, a_draft, node, outline
from tests.curriculum.plans import real_plan
from tests.examples import examples


def rename(version: CurriculumVersion, title: str, to: str, by: Membership, **options: Any) -> DraftEdit | None:
    return change(version=version, node=node(version, title).pk, values={"title": to}, by=by, at=NOW, **options)


def plan_now(version: CurriculumVersion) -> Plan:
    return plan_of(CurriculumVersion.objects.get(pk=version.pk))


def rows_now(version: CurriculumVersion) -> dict[Any, Any]:
    draft = Draft(CurriculumVersion.objects.get(pk=version.pk))
    return {row.pk: {name: value for name, value in vars(row).items() if name != "_state"} for row in draft.rows()}


# -- undo and redo -----------------------------------------------------------------------------------------------------


def test_last_steps_are_taken_back_and_done_again_one_by_one(lantaarn: Cast) -> None:
    version, ilse = a_draft(lantaarn), lantaarn.ilse
    rename(version, "Flour", "Grain", ilse)
    delete(version=version, node=node(version, "Oven").pk, by=ilse, at=NOW)
    after = outline(version)

    assert str(next_undo(version=version, by=ilse)) == "delete 1.2 Oven"
    assert next_redo(version=version, by=ilse) is None
    assert str(undo(version=version, by=ilse, at=NOW)) == "undone: delete 1.2 Oven"
    assert str(undo(version=version, by=ilse, at=NOW)) == "undone: rename “1.1.1 Flour” to “Grain”"
    assert outline(version) == outline(a_draft(lantaarn))
    assert next_undo(version=version, by=ilse) is None
    assert str(next_redo(version=version, by=ilse)) == "rename “1.1.1 Flour” to “Grain”"
    redo(version=version, by=ilse, at=NOW)
    redo(version=version, by=ilse, at=NOW)
    assert next_redo(version=version, by=ilse) is None
    assert outline(version) == after
    undo(version=version, by=ilse, at=NOW)
    rename(version, "Oven", "Stove", ilse)

    assert next_redo(version=version, by=ilse) is None
    assert [edit.kind for edit in DraftEdit.objects.order_by("sequence")] == [
        "rename", "delete", "undo", "undo", "redo", "redo", "undo", "rename",
    ]  # fmt: skip


def test_nothing_is_left_to_undo_or_redo(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    for act, code in ((undo, "nothing_to_undo"), (redo, "nothing_to_redo")):
        with pytest.raises(CurriculumError) as refused:
            act(version=version, by=lantaarn.ilse, at=NOW)
        assert refused.value.code == code


def test_undo_keeps_the_ids_of_the_rows(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, real_plan())
    before = rows_now(version)

    delete(version=version, node=Module.objects.get(level__version=version, code="2.1").pk, by=lantaarn.ilse, at=NOW)
    assert len(rows_now(version)) < len(before)
    undo(version=version, by=lantaarn.ilse, at=NOW)

    assert rows_now(version) == before


def test_each_undoes_their_own_steps(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    rename(version, "Flour", "Grain", lantaarn.ilse)
    rename(version, "Water", "Milk", lantaarn.ada)

    undo(version=version, by=lantaarn.ilse, at=LATER)

    assert [line for line in outline(version) if line.startswith("1.1.") and line.count(".") == 2] == [
        "1.1.1 Flour (40)", "1.1.2 Milk (20)",
    ]  # fmt: skip
    assert str(next_undo(version=version, by=lantaarn.ada)) == "rename “1.1.2 Water” to “Milk”"


@pytest.mark.parametrize(
    "then",
    [
        lambda version, ada: rename(version, "Grain", "Meal", ada),
        lambda version, ada: delete(version=version, node=node(version, "Grain").pk, by=ada, at=LATER),
    ],
)
def test_step_that_somebody_built_on_is_not_undone(lantaarn: Cast, then: Callable[..., object]) -> None:
    version = a_draft(lantaarn)
    rename(version, "Flour", "Grain", lantaarn.ilse)
    then(version, lantaarn.ada)
    before = outline(version)

    with pytest.raises(CurriculumError) as refused:
        undo(version=version, by=lantaarn.ilse, at=LATER)

    assert refused.value.code == "overtaken"
    assert "Ada Visser built on it at" in str(refused.value)
    assert outline(version) == before


def test_added_node_that_somebody_filled_is_not_undone(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    pk, _edit = add(
        version=version, parent=node(version, "Bread").pk, part=Part.MODULE, title="Shop", by=lantaarn.ilse, at=NOW
    )
    add(version=version, parent=pk, part=Part.TOPIC, title="Till", by=lantaarn.ada, at=LATER)

    with pytest.raises(CurriculumError) as refused:
        undo(version=version, by=lantaarn.ilse, at=LATER)

    assert refused.value.code == "overtaken"
    assert node(version, "Till").module_id == pk


def test_place_that_somebody_took_is_not_taken_back(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    delete(version=version, node=node(version, "Water").pk, by=lantaarn.ilse, at=NOW)
    add(version=version, parent=node(version, "Dough").pk, part=Part.TOPIC, title="Salt", by=lantaarn.ada, at=LATER)

    with pytest.raises(CurriculumError) as refused:
        undo(version=version, by=lantaarn.ilse, at=LATER)

    assert refused.value.code == "overtaken"
    assert node(version, "Salt").position == 4


# -- somebody else was here --------------------------------------------------------------------------------------------


def test_second_of_two_on_one_node_is_told_and_nothing_is_overwritten(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    seen = last_sequence(version)
    pk = node(version, "Flour").pk
    rename(version, "Flour", "Grain", lantaarn.ada, seen=seen)

    with pytest.raises(NodeChanged) as refused:
        change(version=version, node=pk, values={"title": "Meal"}, seen=seen, by=lantaarn.ilse, at=LATER)

    assert (refused.value.code, refused.value.is_conflict) == ("node_changed", True)
    assert str(refused.value) == (
        f"Ada Visser changed this at {clock(NOW)}: rename “1.1.1 Flour” to “Grain”. Yours is not saved."
    )
    assert node(version, "Grain").pk == pk
    change(version=version, node=pk, values={"title": "Meal"}, seen=1, by=lantaarn.ilse, at=LATER)
    assert node(version, "Meal").pk == pk


def test_two_tabs_of_one_person_are_told_as_two_people_are(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    pk = node(version, "Flour").pk
    rename(version, "Flour", "Grain", lantaarn.ilse, seen=0)
    with pytest.raises(NodeChanged):
        change(version=version, node=pk, values={"hours": Decimal(1)}, seen=0, by=lantaarn.ilse, at=LATER)


def test_two_people_on_two_nodes_both_succeed(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    flour, water = node(version, "Flour").pk, node(version, "Water").pk

    move(version=version, node=flour, direction="down", seen=0, by=lantaarn.ada, at=NOW)
    change(version=version, node=water, values={"title": "Milk"}, seen=0, by=lantaarn.ilse, at=LATER)

    assert outline(version)[2:4] == ["1.1.1 Milk (20)", "1.1.2 Flour (40)"]


def test_node_that_is_gone_says_who_deleted_it(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    wheat = node(version, "Wheat").pk
    delete(version=version, node=node(version, "Flour").pk, by=lantaarn.ada, at=NOW)

    with pytest.raises(NodeChanged) as refused:
        change(version=version, node=wheat, values={"title": "Spelt"}, seen=0, by=lantaarn.ilse, at=LATER)

    assert (refused.value.code, str(refused.value)) == (
        "node_gone", f"Ada Visser deleted this at {clock(NOW)}, so it was not saved.",
    )  # fmt: skip


def test_what_somebody_is_writing_in_is_not_deleted_unseen(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    rename(version, "Wheat", "Spelt", lantaarn.ada)
    with pytest.raises(NodeChanged):
        delete(version=version, node=node(version, "Dough").pk, seen=0, by=lantaarn.ilse, at=LATER)
    assert node(version, "Spelt")


# -- the log -----------------------------------------------------------------------------------------------------------


def test_log_is_never_changed_and_goes_with_its_draft_only(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    rename(version, "Flour", "Grain", lantaarn.ilse)

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        DraftEdit.objects.update(sequence=9)
    CurriculumVersion.objects.filter(pk=version.pk).update(status="published", published_at=NOW)
    for statement in (
        "DELETE FROM curriculum_draftedit",
        "INSERT INTO curriculum_draftedit SELECT * FROM curriculum_draftedit",
    ):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_every_table_under_a_version_is_part_of_the_tree() -> None:
    """What is missing here would be lost by an undo."""
    under = {CurriculumVersion, *TREE}
    found = {
        model
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and field.related_model in under
        and field.remote_field.on_delete is models.CASCADE
    }
    assert found - under == {DraftEdit, FindingAcceptance}


# -- any sequence of edits ---------------------------------------------------------------------------------------------


def some_edit(version: CurriculumVersion, choice: random.Random, by: Membership) -> None:
    """Any edit that the editor offers, of any node."""
    draft = Draft(CurriculumVersion.objects.get(pk=version.pk))
    nodes = draft.within(draft.version)
    chosen = choice.choice(nodes)
    common: dict[str, Any] = {"version": version, "by": by, "at": NOW}
    kind = choice.randrange(7)
    if kind == 0:
        change(node=chosen.pk, values={"title": choice.choice("ABCDE") + " of it"}, **common)
    elif kind == 1 and hasattr(chosen, "hours"):
        change(node=chosen.pk, values={"hours": Decimal(choice.randrange(1000)) / 4}, **common)
    elif kind == 2 and (parts := may_hold(draft, chosen)):
        add(parent=chosen.pk, part=choice.choice(parts), title="New", hours=Decimal(choice.randrange(50)), **common)
    elif kind == 3 and chosen is not draft.version:
        delete(node=chosen.pk, **common)
    elif kind == 4 and chosen is not draft.version:
        move(node=chosen.pk, direction=choice.choice(["up", "down"]), **common)
    elif kind == 5 and (places := destinations(draft, chosen)):
        move_under(node=chosen.pk, parent=choice.choice(places).pk, **common)
    elif kind == 6 and (modules := [each for each in draft.module_list() if each is not chosen]):
        required = choice.sample(modules, min(len(modules), choice.randrange(4)))
        target = chosen if isinstance(chosen, Module) else choice.choice(modules)
        change(node=target.pk, values={"requires": [each.pk for each in required]}, **common)
    else:
        split_hours(node=chosen.pk, share=choice.choice(["evenly", "in_proportion"]), **common)


@pytest.fixture
def drafts(lantaarn: Cast) -> Callable[[], CurriculumVersion]:
    return lambda: a_draft(lantaarn, TWO_LEVELS)


@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), count=st.integers(1, 12))
def test_undoing_any_edits_restores_the_plan_exactly_and_redoing_them_too(
    drafts: Callable[[], CurriculumVersion], lantaarn: Cast, seed: int, count: int
) -> None:
    version, choice = drafts(), random.Random(seed)
    before, rows = plan_now(version), rows_now(version)
    for _number in range(count):
        with suppress(CurriculumError), transaction.atomic():  # such as for the only level
            some_edit(version, choice, lantaarn.ilse)
    after = plan_now(version)
    check_is_sound(version, after)

    steps = 0
    while next_undo(version=version, by=lantaarn.ilse):
        undo(version=version, by=lantaarn.ilse, at=LATER)
        steps += 1
    assert plan_now(version) == before
    assert rows_now(version) == rows
    for _number in range(steps):
        redo(version=version, by=lantaarn.ilse, at=LATER)
    assert plan_now(version) == after


@settings(max_examples=examples(5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), count=st.integers(2, 12))
def test_whatever_two_people_do_and_undo_the_plan_stays_sound(
    drafts: Callable[[], CurriculumVersion], lantaarn: Cast, seed: int, count: int
) -> None:
    version, choice = drafts(), random.Random(seed)
    for _number in range(count):
        by = choice.choice([lantaarn.ilse, lantaarn.ada])
        with suppress(CurriculumError), transaction.atomic():
            if choice.randrange(3):
                some_edit(version, choice, by)
            else:
                choice.choice([undo, undo, redo])(version=version, by=by, at=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    check_is_sound(version, plan_now(version))


def check_is_sound(version: CurriculumVersion, plan: Plan) -> None:
    """Numbered by place, every row in one place, requirements that can be met, the totals those of the rows, and
    nothing of it lost in an export."""
    assert read_plan(write_markdown(plan)) == read_yaml(write_yaml(plan)) == plan
    draft = Draft(CurriculumVersion.objects.get(pk=version.pk))
    assert [level.number for level in plan.levels] == list(range(1, len(plan.levels) + 1))
    for level in plan.levels:
        assert [each.code for each in level.modules] == [f"{level.number}.{n + 1}" for n in range(len(level.modules))]
    codes = [project.code for project in plan.projects]
    assert len(codes) == len(set(codes))
    assert [track.code for track in plan.tracks] == draft._track_codes()
    assert not any(requirement_faults({module.code: module.requires for module in plan.modules}, called=str))
    stored = Requirement.objects.filter(module__level__version=version)
    assert stored.count() == sum(len(module.requires) for module in plan.modules)
    topics = Topic.objects.filter(module__level__version=version)
    assert topics.count() == sum(1 + len(topic.subtopics) for module in plan.modules for topic in module.topics)
    assert plan.hours == sum(level.hours for level in draft.levels)
    for branch in branches_of(plan):
        assert (branch.listed or 0) == sum(module.hours for module in branch.level.modules)
