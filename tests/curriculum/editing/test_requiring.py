"""What modules require, in the editor: typed by number, kept by module."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Membership
from curriculum.editing.content import change
from curriculum.editing.draft import Draft
from curriculum.editing.requiring import numbers_in, read_required
from curriculum.editing.shape import Part, add, delete, move, move_under, renumber
from curriculum.editing.steps import NodeChanged, last_sequence, redo, undo
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, DraftEdit, Requirement
from curriculum.tree import plan_of
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import LATER, TWO_LEVELS, a_draft, node
from tests.curriculum.editing.test_editor_page import Desk, page_of
from tests.curriculum.plans import SMALL

SignIn = Callable[[Membership | None], Client]
CAKE = "### 2.1 Cake (30 hours)"
PLAIN = TWO_LEVELS.replace("Requires: 1.1, 2.1\n\n", "")
BOTH = PLAIN.replace(CAKE, f"{CAKE}\n\nRequires: 1.1, 1.2")


def fresh(version: CurriculumVersion) -> CurriculumVersion:
    return CurriculumVersion.objects.get(pk=version.pk)


def required(version: CurriculumVersion) -> dict[str, tuple[str, ...]]:
    """What modules require, by their numbers; those that require nothing are left out."""
    return {module.code: module.requires for module in plan_of(fresh(version)).modules if module.requires}


def require(cast: Cast, version: CurriculumVersion, title: str, *titles: str, by: Membership | None = None) -> None:
    ids = [node(version, each).pk for each in titles]
    edit = change(version=version, node=node(version, title).pk, values={"requires": ids}, by=by or cast.ilse, at=NOW)
    assert edit is not None


def refused(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(CurriculumError) as told:
        act()
    return told.value.code, str(told.value)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("1.1, 1.2", ("1.1", "1.2")),
        ("Vereist: 1.2 en 1.1", ("1.2", "1.1")),
        ("1.1;1.1\n1.2", ("1.1", "1.2")),
        ("patience, 1.1", ("patience", "1.1")),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, numbers: tuple[str, ...]) -> None:
    assert numbers_in(text) == numbers


def test_a_module_is_given_what_it_requires_as_one_step(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, PLAIN)

    require(lantaarn, version, "Cake", "Oven", "Dough")
    assert required(version) == {"2.1": ("1.2", "1.1")}
    require(lantaarn, version, "Cake", "Dough", "Oven")
    assert required(version) == {"2.1": ("1.1", "1.2")}
    require(lantaarn, version, "Cake", "Oven")
    assert required(version) == {"2.1": ("1.2",)}

    last = DraftEdit.objects.order_by("-sequence")[0]
    assert (str(last), node(version, "Cake").pk in last.touched) == ("texts of 2.1 Cake", True)
    for expected in ({"2.1": ("1.1", "1.2")}, {"2.1": ("1.2", "1.1")}, {}):
        undo(version=version, by=lantaarn.ilse, at=LATER)
        assert required(version) == expected
    for _step in range(3):
        redo(version=version, by=lantaarn.ilse, at=LATER)
    assert required(version) == {"2.1": ("1.2",)}


def test_requirements_follow_modules_to_their_new_numbers(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, BOTH)
    common: dict[str, Any] = {"version": version, "by": lantaarn.ilse, "at": NOW}

    move(node=node(version, "Dough").pk, direction="down", **common)
    assert required(version) == {"2.1": ("1.2", "1.1")}
    move(node=node(version, "Pastry").pk, direction="up", **common)
    assert required(version) == {"1.1": ("2.2", "2.1")}
    move_under(node=node(version, "Oven").pk, parent=node(version, "Pastry").pk, **common)
    assert required(version) == {"1.1": ("2.1", "1.3")}
    rows = {str(row) for row in Requirement.objects.all()}
    assert rows == {"1.1 requires 2.1", "1.1 requires 1.3"}


def test_renumbering_keeps_requirements(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, BOTH.replace("1.2 Oven", "1.7 Oven").replace("1.1, 1.2", "1.1, 1.7"))
    assert required(version) == {"2.1": ("1.1", "1.7")}
    renumber(version=version, level=node(version, "Bread").pk, by=lantaarn.ilse, at=NOW)
    assert required(version) == {"2.1": ("1.1", "1.2")}


@pytest.mark.parametrize(("title", "left"), [("Dough", {"2.1": ("1.1",)}), ("Cake", {}), ("Bread", {}), ("Pastry", {})])
def test_what_is_deleted_takes_its_requirements_along_and_undo_brings_them_back(
    lantaarn: Cast, title: str, left: dict[str, tuple[str, ...]]
) -> None:
    version = a_draft(lantaarn, BOTH)
    before = set(Requirement.objects.values_list("pk", "module", "required", "position"))

    delete(version=version, node=node(version, title).pk, by=lantaarn.ilse, at=NOW)
    assert required(version) == left
    undo(version=version, by=lantaarn.ilse, at=LATER)

    assert required(version) == {"2.1": ("1.1", "1.2")}
    assert set(Requirement.objects.values_list("pk", "module", "required", "position")) == before


@pytest.mark.parametrize(
    ("numbers", "code", "message"),
    [
        (("9.9",), "unknown_requirement", "Module 1.2 requires 9.9, which is no module of this plan. Name modules by"),
        (("1.2",), "requires_itself", "Module 1.2 requires itself. Name only modules that are done before it."),
        (("1.1", "2.1"), "requirements_in_a_circle", "Requirements go round in a circle: 1.2 → 2.1 → 1.2. Leave out"),
    ],
)
def test_what_cannot_be_required_is_refused_as_in_an_import(
    lantaarn: Cast, numbers: tuple[str, ...], code: str, message: str
) -> None:
    draft = Draft(a_draft(lantaarn, BOTH))
    told = refused(lambda: read_required(draft, node(draft.version, "Oven"), numbers, seen=0))
    assert (told[0], told[1][: len(message)]) == (code, message)


def test_circle_that_came_meanwhile_is_refused_under_the_lock(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, BOTH)
    told = refused(lambda: require(lantaarn, version, "Dough", "Cake"))
    assert told[0] == "requirements_in_a_circle"
    assert required(version) == {"2.1": ("1.1", "1.2")}


def test_undo_makes_no_circle(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, BOTH)
    require(lantaarn, version, "Cake", "Oven")
    require(lantaarn, version, "Dough", "Cake", by=lantaarn.ada)

    told = refused(lambda: undo(version=version, by=lantaarn.ilse, at=LATER))

    assert (told[0], "Ada Visser built on it" in told[1]) == ("overtaken", True)
    assert required(version) == {"1.1": ("2.1",), "2.1": ("1.2",)}


@pytest.mark.parametrize(("first", "second"), [("Cake", "Dough"), ("Dough", "Cake"), ("Flour", "Dough")])
def test_undo_brings_nothing_back_to_a_module_that_is_gone(lantaarn: Cast, first: str, second: str) -> None:
    version = a_draft(lantaarn, BOTH)
    delete(version=version, node=node(version, first).pk, by=lantaarn.ilse, at=NOW)
    delete(version=version, node=node(version, second).pk, by=lantaarn.ada, at=LATER)
    before = required(version)

    assert refused(lambda: undo(version=version, by=lantaarn.ilse, at=LATER))[0] == "overtaken"

    assert required(version) == before
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_added_module_that_somebody_requires_is_not_undone(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, PLAIN)
    add(version=version, parent=node(version, "Bread").pk, part=Part.MODULE, title="Shop", by=lantaarn.ilse, at=NOW)
    require(lantaarn, version, "Cake", "Shop", by=lantaarn.ada)

    assert refused(lambda: undo(version=version, by=lantaarn.ilse, at=LATER))[0] == "overtaken"
    assert required(version) == {"2.1": ("1.3",)}


def test_second_of_two_who_say_what_a_module_requires_is_told(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, PLAIN)
    require(lantaarn, version, "Cake", "Oven", by=lantaarn.ada)
    with pytest.raises(NodeChanged):
        change(version=version, node=node(version, "Cake").pk, values={"note": "!"}, seen=0, by=lantaarn.ilse, at=LATER)


def test_numbers_mean_the_modules_that_had_them_on_the_page(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, BOTH)
    seen, dough, oven = last_sequence(version), node(version, "Dough").pk, node(version, "Oven").pk
    move(version=version, node=dough, direction="down", by=lantaarn.ada, at=NOW)

    def read(*numbers: str, seen: int | None) -> list[Any]:
        return read_required(Draft(fresh(version)), node(version, "Cake"), numbers, seen=seen)

    assert read("1.1", "1.2", seen=seen) == [dough, oven]
    assert read("1.1", seen=seen) == [dough]
    assert read("1.1", seen=None) == [oven]
    delete(version=version, node=dough, by=lantaarn.ada, at=NOW)
    assert read("1.1", "1.2", seen=seen) == [oven]  # as it was on the page: nothing is said about it
    assert refused(lambda: read("1.1", seen=seen))[0] == "unknown_requirement"


# -- on the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast, BOTH)


def test_field_stands_at_a_module_and_saves_itself(cast: Cast, sign_in: SignIn, desk: Desk) -> None:
    client, cake = sign_in(cast.ilse), desk.node("Cake")
    page = desk.open(client, open=cake.pk, full=cake.pk)
    assert '<input type="text" name="requires" value="1.1, 1.2"' in page
    assert f'<label class="label" for="{cake.pk}-requires">Requires</label>' in page

    response = desk.send(client, "Cake", full="1", requires="1.2, 1.1, 1.2")

    assert response.status_code == 200
    assert [module.requires for module in desk.plan().modules if module.requires] == [("1.2", "1.1")]
    assert 'value="1.2, 1.1"' in page_of(response)  # what was understood
    assert f'<span id="name-{cake.pk}" hidden hx-swap-oob="true">2.1 Cake</span>' in page_of(response)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1.1, 7.7", "Module 1.1 requires itself."),
        ("7.7", "Module 1.1 requires 7.7, which is no module of this plan."),
        ("2.1", "Requirements go round in a circle: 1.1 → 2.1 → 1.1."),
        ("<b>'\x00", "This has invisible characters that no keyboard writes."),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_what_cannot_be_is_said_beside_the_field_and_stays(
    cast: Cast, sign_in: SignIn, desk: Desk, typed: str, message: str, htmx: bool
) -> None:
    client, dough, before = sign_in(cast.ilse), desk.node("Dough"), desk.plan()

    response = desk.send(client, "Dough", htmx=htmx, full="1", requires=typed, note="Rises.")

    assert response.status_code == 422
    slot = page_of(response).partition(f'id="{dough.pk}-requires-slot"')[2].partition("</div>")[0]
    assert message in slot or "null characters" in slot.lower()
    if not htmx and "\x00" not in typed:
        assert f'name="requires" value="{typed}"' in page_of(response)
    assert desk.plan() == before


def test_row_without_its_texts_leaves_requirements_alone(cast: Cast, sign_in: SignIn, desk: Desk) -> None:
    assert desk.send(sign_in(cast.ilse), "Cake", title="Cakes").status_code == 200
    assert [module.requires for module in desk.plan().modules if module.requires] == [("1.1", "1.2")]


def test_module_that_comes_later_is_remarked_at_once(cast: Cast, sign_in: SignIn) -> None:
    desk = Desk(cast, SMALL)
    response = desk.send(sign_in(cast.ilse), "Dough", full="1", requires="1.2")
    assert "Module 1.1 requires 1.2, which comes after it." in page_of(response)


def test_next_draft_requires_the_same(cast: Cast, sign_in: SignIn, desk: Desk) -> None:
    client = sign_in(cast.ilse)
    client.post(f"/o/lantaarn/curriculum/{desk.version.pk}/publish/", {"reason": "As it is taught."})
    client.post(f"/o/lantaarn/curriculum/{desk.version.pk}/draft/")
    with scope(cast.organization.pk):
        copy = CurriculumVersion.objects.get(curriculum=desk.version.curriculum_id, number=2)
        assert required(copy) == {"2.1": ("1.1", "1.2")}
