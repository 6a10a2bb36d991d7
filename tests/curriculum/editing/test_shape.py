from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from curriculum.editing.content import change
from curriculum.editing.draft import Draft
from curriculum.editing.shape import Part, add, delete, destinations, move, move_under, renumber
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, Project, Topic
from curriculum.publishing import publish
from curriculum.tree import plan_of
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import LATER, TWO_LEVELS, a_draft, node, outline
from tests.curriculum.plans import SMALL


def test_outline_is_the_plan_in_order(lantaarn: Cast) -> None:
    assert outline(a_draft(lantaarn, TWO_LEVELS)) == [
        "1. Bread (100)",
        "1.1 Dough (60)",
        "1.1.1 Flour (40)",
        "1.1.1.1 Wheat (30)",
        "1.1.1.2 Rye (10)",
        "1.1.2 Water (20)",
        "1.1-C A loaf",
        "1.2 Oven (40)",
        "1.2-P1 Build an oven (40)",
        "2. Pastry (50)",
        "2.1 Cake (30)",
        "2.1.1 Sponge (20)",
        "2.1.2 Icing (10)",
        "2.2 Specializations (20)",
        "2.2-T1 Pies (20)",
        "2.2-T2 Tarts (20)",
    ]


@pytest.mark.parametrize(
    ("under", "part", "expected"),
    [
        ("Dough", Part.TOPIC, "1.1.3 New (5)"),
        ("Flour", Part.SUBTOPIC, "1.1.1.3 New (5)"),
        ("Bread", Part.MODULE, "1.3 New (5)"),
        ("Baking", Part.LEVEL, "2. New (5)"),
        ("Dough", Part.CAPSTONE, "1.1-C2 New (5)"),
        ("Oven", Part.PRACTICE, "1.2-P2 New (5)"),
        ("Oven", Part.TRACK, "1.2-T1 New (5)"),
        ("Baking", Part.FINAL, "New (5)"),
        ("Baking", Part.METHOD, "New"),
    ],
)
def test_node_is_added_as_the_last_of_its_kind(lantaarn: Cast, under: str, part: Part, expected: str) -> None:
    version = a_draft(lantaarn)
    before = outline(version)

    pk, edit = add(
        version=version,
        parent=node(version, under).pk,
        part=part,
        title=" New ",
        hours=Decimal(5),
        by=lantaarn.ilse,
        at=NOW,
    )

    assert [line for line in outline(version) if line not in before] == [expected]
    assert node(version, "New").pk == pk
    assert str(edit) == f"add {expected.removesuffix(' (5)')}"
    assert plan_of(version).title == "Baking"


def test_track_comes_with_its_work_and_in_the_order_of_tracks(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)

    add(version=version, parent=node(version, "Cake").pk, part=Part.TRACK, title="Eclairs", hours=None, by=None, at=NOW)

    plan = plan_of(CurriculumVersion.objects.get(pk=version.pk))
    assert [(track.code, track.title, track.project.title, track.project.kind) for track in plan.tracks] == [
        ("2.1-T1", "Eclairs", "Eclairs", "track"),
        ("2.2-T1", "Pies", "Pies", "track"),
        ("2.2-T2", "Tarts", "Tarts", "track"),
    ]


def test_what_follows_a_deleted_module_is_numbered_again(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)

    delete(version=version, node=node(version, "Dough").pk, by=lantaarn.ilse, at=NOW)

    assert outline(version)[:4] == ["1. Bread (100)", "1.1 Oven (40)", "1.1-P1 Build an oven (40)", "2. Pastry (50)"]
    assert [project.position for project in Project.objects.filter(version=version).order_by("position")] == [1, 2, 3]


def test_deleted_level_takes_all_it_has_with_it_and_what_was_claimed_of_it(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)
    version.claims = version.claims | {
        "claims": [
            {"kind": "level_duration", "source": "overview", "text": "one", "place": "1"},
            {"kind": "level_duration", "source": "overview", "text": "two", "place": "2"},
        ]
    }
    version.save()

    delete(version=version, node=node(version, "Bread").pk, by=lantaarn.ilse, at=NOW)

    assert outline(version)[:3] == ["1. Pastry (50)", "1.1 Cake (30)", "1.1.1 Sponge (20)"]
    plan = plan_of(CurriculumVersion.objects.get(pk=version.pk))
    assert [(claim.text, claim.place) for claim in plan.claims] == [("two", "1")]
    assert [track.code for track in plan.tracks] == ["1.2-T1", "1.2-T2"]


def test_only_level_stays(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    with pytest.raises(CurriculumError) as refused:
        delete(version=version, node=node(version, "Bread").pk, by=lantaarn.ilse, at=NOW)
    assert refused.value.code == "only_level"


@pytest.mark.parametrize(
    ("title", "direction", "expected"),
    [
        ("Water", "up", ["1.1.1 Water (20)", "1.1.2 Flour (40)", "1.1.2.1 Wheat (30)", "1.1.2.2 Rye (10)"]),
        ("Rye", "up", ["1.1.1 Flour (40)", "1.1.1.1 Rye (10)", "1.1.1.2 Wheat (30)", "1.1.2 Water (20)"]),
        ("Water", "down", ["1.1.1 Flour (40)", "1.1.1.1 Wheat (30)", "1.1.1.2 Rye (10)", "1.1.2 Water (20)"]),
    ],
)
def test_topic_moves_one_place(lantaarn: Cast, title: str, direction: Any, expected: list[str]) -> None:
    version = a_draft(lantaarn)
    move(version=version, node=node(version, title).pk, direction=direction, by=lantaarn.ilse, at=NOW)
    assert outline(version)[2:6] == expected


def test_level_that_moves_takes_its_numbers_along(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)
    ids = {each.title: each.pk for each in Topic.objects.all()}

    move(version=version, node=node(version, "Pastry").pk, direction="up", by=lantaarn.ilse, at=NOW)

    assert outline(version)[:3] == ["1. Pastry (50)", "1.1 Cake (30)", "1.1.1 Sponge (20)"]
    assert outline(version)[7:9] == ["2. Bread (100)", "2.1 Dough (60)"]
    plan = plan_of(CurriculumVersion.objects.get(pk=version.pk))
    assert [level.title for level in plan.levels] == ["Pastry", "Bread"]
    assert [track.code for track in plan.tracks] == ["1.2-T1", "1.2-T2"]
    assert {each.title: each.pk for each in Topic.objects.all()} == ids


@pytest.mark.parametrize(
    ("title", "under", "expected"),
    [
        ("Wheat", "Dough", ["1.1.1 Flour (40)", "1.1.1.1 Rye (10)", "1.1.2 Wheat (30)", "1.1.3 Water (20)"]),
        ("Water", "Flour", ["1.1.1 Flour (40)", "1.1.1.1 Wheat (30)", "1.1.1.2 Rye (10)", "1.1.1.3 Water (20)"]),
        ("Flour", "Oven", ["1.2 Oven (40)", "1.2.1 Flour (40)", "1.2.1.1 Wheat (30)", "1.2.1.2 Rye (10)"]),
        ("Rye", "Cake", ["2.1 Cake (30)", "2.1.1 Sponge (20)", "2.1.2 Icing (10)", "2.1.3 Rye (10)"]),
        ("Oven", "Pastry", ["2.3 Oven (40)", "2.3-P1 Build an oven (40)"]),
        ("A loaf", "Cake", ["2.1-C A loaf"]),
        ("Pies", "Oven", ["1.2-T1 Pies (20)", "2. Pastry (50)"]),
    ],
)
def test_node_moves_under_another_parent(lantaarn: Cast, title: str, under: str, expected: list[str]) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)
    pk = node(version, title).pk

    edit = move_under(version=version, node=pk, parent=node(version, under).pk, by=lantaarn.ilse, at=NOW)

    found = outline(version)
    start = found.index(expected[0])
    assert found[start : start + len(expected)] == expected
    assert edit is not None
    assert pk in edit.touched
    assert node(version, title).pk == pk
    assert plan_of(CurriculumVersion.objects.get(pk=version.pk)).hours == 150


@pytest.mark.parametrize(
    ("title", "under", "code"),
    [
        ("Flour", "Flour", "under_itself"),
        ("Flour", "Wheat", "under_itself"),
        ("Flour", "Water", "not_there"),
        ("Bread", "Dough", "under_itself"),
        ("Pastry", "Dough", "not_there"),
        ("Water", "Bread", "not_there"),
        ("Dough", "Water", "under_itself"),
        ("A loaf", "Water", "not_there"),
    ],
)
def test_node_goes_only_where_it_can(lantaarn: Cast, title: str, under: str, code: str) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)
    before = outline(version)

    with pytest.raises(CurriculumError) as refused:
        move_under(
            version=version, node=node(version, title).pk, parent=node(version, under).pk, by=lantaarn.ilse, at=NOW
        )

    assert refused.value.code == code
    assert outline(version) == before


def test_places_to_go_are_those_where_it_can_stand(lantaarn: Cast) -> None:
    draft = Draft(a_draft(lantaarn, TWO_LEVELS))
    by_title = {each.title: each for each in draft.within(draft.version)}

    found = {title: [each.title for each in destinations(draft, each)] for title, each in by_title.items()}

    assert {title: places for title, places in found.items() if places} == {
        "Dough": ["Pastry"],
        "Oven": ["Pastry"],
        "Cake": ["Bread"],
        "Specializations": ["Bread"],
        "Flour": ["Oven", "Cake", "Specializations"],
        "Wheat": ["Dough", "Water", "Oven", "Cake", "Specializations"],
        "Rye": ["Dough", "Water", "Oven", "Cake", "Specializations"],
        "Water": ["Flour", "Oven", "Cake", "Specializations"],
        "A loaf": ["Oven", "Cake", "Specializations"],
        "Build an oven": ["Dough", "Cake", "Specializations"],
        "Sponge": ["Icing", "Dough", "Oven", "Specializations"],
        "Icing": ["Sponge", "Dough", "Oven", "Specializations"],
        "Pies": ["Dough", "Oven", "Cake"],
        "Tarts": ["Dough", "Oven", "Cake"],
    }


def test_numbers_of_the_plan_s_own_stay_until_they_are_made_to_follow(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, SMALL.replace("1.2 Oven", "1.7 Oven"))
    level = node(version, "Bread")

    add(version=version, parent=level.pk, part=Part.MODULE, title="Shop", by=None, at=NOW)
    move(version=version, node=node(version, "Shop").pk, direction="up", by=None, at=NOW)
    assert [each.code for each in Draft(version).module_list()] == ["1.1", "1.3", "1.7"]

    renumber(version=version, level=level.pk, by=lantaarn.ilse, at=LATER)
    assert [each.code for each in Draft(version).module_list()] == ["1.1", "1.2", "1.3"]
    assert node(version, "Build an oven").code == "1.3-P1"


def test_nothing_is_edited_after_publishing(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    flour, water, dough = (node(version, title).pk for title in ("Flour", "Water", "Dough"))
    publish(version=version, by=lantaarn.ilse, at=NOW, reason="As it is taught.")
    common: dict[str, Any] = {"version": version, "by": lantaarn.ilse, "at": LATER}

    edits: list[Any] = [
        lambda: change(node=flour, values={"title": "Grain"}, **common),
        lambda: add(parent=dough, part=Part.TOPIC, title="Salt", **common),
        lambda: delete(node=flour, **common),
        lambda: move(node=water, direction="up", **common),
        lambda: move_under(node=water, parent=flour, **common),
    ]

    for edit in edits:
        with pytest.raises(CurriculumError) as refused:
            edit()
        assert refused.value.code == "version_frozen"


def test_node_of_another_version_is_not_here(lantaarn: Cast) -> None:
    version, other = a_draft(lantaarn), a_draft(lantaarn)
    for pk in (node(other, "Flour").pk, uuid4()):
        with pytest.raises(CurriculumError) as refused:
            delete(version=version, node=pk, by=lantaarn.ilse, at=NOW)
        assert refused.value.code == "not_here"
