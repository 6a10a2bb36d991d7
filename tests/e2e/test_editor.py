"""Editing a draft in a browser: by keyboard, by two people at once, and without a script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from curriculum.editing.shape import Part, add
from curriculum.models import CurriculumVersion
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import a_draft, node, outline
from tests.curriculum.plans import real_plan
from tests.e2e.test_accessibility import dutch as dutch
from tests.e2e.test_accessibility import faults_of

PageOf = Callable[..., Page]


@pytest.fixture
def draft(cast: Cast) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return a_draft(cast)


@pytest.fixture
def outlined(cast: Cast, draft: CurriculumVersion) -> Callable[[], list[str]]:
    def now() -> list[str]:
        with scope(cast.organization.pk):
            return outline(draft)

    return now


def open_module(page: Page, cast: Cast, draft: CurriculumVersion, title: str = "Dough") -> None:
    with scope(cast.organization.pk):
        pk = node(draft, title).pk
    page.goto(f"/o/lantaarn/curriculum/{draft.pk}/edit/?open={pk}")


def focused(page: Page) -> Any:
    return page.evaluate("[document.activeElement.name, document.activeElement.value]")


def test_staff_edit_by_keyboard(
    page_of: PageOf, cast: Cast, draft: CurriculumVersion, outlined: Callable[[], list[str]]
) -> None:
    page = page_of(cast.ilse)
    open_module(page, cast, draft)
    state = page.locator("#state")

    title = page.get_by_label("1.1.2 Title", exact=True)
    title.fill("Milk")
    page.keyboard.press("Tab")
    expect(state).to_contain_text("Saved")
    assert focused(page) == ["hours", "20"]
    page.keyboard.type("35")
    page.keyboard.press("Tab")
    expect(page.locator("#audit")).to_contain_text("lists 75 hours")
    expect(page.get_by_text("lists 75 h, 15 too many")).to_be_visible()
    assert outlined()[5] == "1.1.2 Milk (35)"

    title.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_label("1.1.1 Title", exact=True)).to_have_value("Milk")
    assert focused(page) == ["title", "Milk"]
    page.keyboard.type("!")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_label("1.1.2 Title", exact=True)).to_have_value("Milk!")
    assert outlined()[2:6] == ["1.1.1 Flour (40)", "1.1.1.1 Wheat (30)", "1.1.1.2 Rye (10)", "1.1.2 Milk! (35)"]

    undo = page.locator("#undo")
    for step in (
        "move 1.1.1 Milk!",
        "rename “1.1.1 Milk” to “Milk!”",
        "move 1.1.2 Milk",
        "hours of 1.1.2 Milk: 20 to 35",
    ):
        expect(undo).to_have_text(f"Undo: {step}")
        undo.focus()
        page.keyboard.press("Enter")
    expect(undo).to_have_text("Undo: rename “1.1.2 Water” to “Milk”")
    expect(undo).to_be_focused()
    assert outlined()[5] == "1.1.2 Milk (20)"

    page.get_by_label("Title of what you add").first.focus()
    for word in ("Salt", "Yeast"):
        page.keyboard.type(word)
        page.keyboard.press("Enter")
        expect(page.get_by_role("form", name=word)).to_be_visible()
        assert focused(page) == ["title", ""]
    assert outlined()[6:8] == ["1.1.3 Salt", "1.1.4 Yeast"]


def test_wrong_hours_are_said_at_the_field_and_stay(
    page_of: PageOf, cast: Cast, draft: CurriculumVersion, outlined: Callable[[], list[str]]
) -> None:
    page = page_of(cast.ilse)
    open_module(page, cast, draft)
    hours = page.get_by_label("1.1.2 Hours", exact=True)

    hours.fill("-3")
    page.keyboard.press("Tab")

    expect(page.get_by_text("Hours cannot be less than 0.")).to_be_visible()
    expect(hours).to_have_value("-3")
    expect(hours).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#state")).to_contain_text("Not saved")
    hours.fill("2.000")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Hours cannot be less than 0.")).to_have_count(0)
    expect(hours).to_have_value("2000")
    assert outlined()[5] == "1.1.2 Water (2000)"


def test_second_of_two_browsers_is_told_and_decides(
    page_of: PageOf, cast: Cast, draft: CurriculumVersion, outlined: Callable[[], list[str]]
) -> None:
    ilse, ada = page_of(cast.ilse), page_of(cast.ada)
    for page in (ilse, ada):
        open_module(page, cast, draft)

    ada.get_by_label("1.1.2 Title", exact=True).fill("Milk")
    ada.keyboard.press("Tab")
    expect(ada.locator("#state")).to_contain_text("Saved")
    ilse.get_by_label("1.1.1.1 Title", exact=True).fill("Spelt")
    ilse.keyboard.press("Tab")
    expect(ilse.locator("#state")).to_contain_text("Saved")
    ilse.get_by_label("1.1.2 Title", exact=True).fill("Cold water")
    ilse.keyboard.press("Tab")

    told = ilse.get_by_role("alert").filter(has_text="Ada Visser changed this at")
    expect(told).to_contain_text("Milk")
    expect(told).to_contain_text("Cold water")
    expect(ilse.get_by_label("1.1.2 Title", exact=True)).to_have_value("Cold water")
    assert outlined()[3:6] == ["1.1.1.1 Spelt (30)", "1.1.1.2 Rye (10)", "1.1.2 Milk (20)"]

    ilse.get_by_role("button", name="Save mine").click()
    expect(told).to_have_count(0)
    expect(ilse.locator("#state")).to_contain_text("Saved")
    assert outlined()[5] == "1.1.2 Cold water (20)"


def test_what_a_module_requires_saves_itself_and_is_checked(
    page_of: PageOf, cast: Cast, draft: CurriculumVersion
) -> None:
    page = page_of(cast.ilse)
    with scope(cast.organization.pk):
        oven = node(draft, "Oven").pk
    page.goto(f"/o/lantaarn/curriculum/{draft.pk}/edit/?full={oven}")
    requires, state = page.get_by_label("Requires", exact=True), page.locator("#state")

    requires.fill("1.2, 1.1")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Module 1.2 requires itself.")).to_be_visible()
    expect(state).to_contain_text("Not saved")
    expect(requires).to_have_value("1.2, 1.1")
    expect(requires).to_have_attribute("aria-invalid", "true")
    requires.fill("module 1.1")
    page.keyboard.press("Tab")
    expect(state).to_contain_text("Saved")
    expect(page.get_by_text("Module 1.2 requires itself.")).to_have_count(0)
    expect(requires).to_have_value("1.1")

    requires.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_label("Requires", exact=True)).to_have_value("1.2")
    expect(page.get_by_text("Module 1.1 requires 1.2, which comes after it.").first).to_be_visible()


def test_row_is_called_by_its_new_title_and_two_quick_presses_move_it_twice(
    page_of: PageOf, cast: Cast, draft: CurriculumVersion, outlined: Callable[[], list[str]]
) -> None:
    with scope(cast.organization.pk):
        add(version=draft, parent=node(draft, "Dough").pk, part=Part.TOPIC, title="Salt", by=cast.ilse, at=NOW)
        add(version=draft, parent=node(draft, "Dough").pk, part=Part.TOPIC, title="Yeast", by=cast.ilse, at=NOW)
    page = page_of(cast.ilse)
    open_module(page, cast, draft)

    page.get_by_label("1.1.4 Title", exact=True).fill("Starter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("form", name="1.1.4 Starter")).to_be_visible()
    page.evaluate("""() => { for (let press = 0; press < 3; press++) document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", {key: "ArrowUp", altKey: true, bubbles: true, cancelable: true})) }""")

    expect(page.get_by_role("form", name="1.1.1 Starter")).to_be_visible()
    assert [line for line in outlined() if line.count(".") == 2] == [
        "1.1.1 Starter", "1.1.2 Flour (40)", "1.1.3 Water (20)", "1.1.4 Salt",
    ]  # fmt: skip


def test_what_just_came_in_answers_a_press_at_once(
    page_of: PageOf, cast: Cast, draft: CurriculumVersion, outlined: Callable[[], list[str]]
) -> None:
    """Also in the moment in which an answer replaced the button, a press goes by htmx: page and focus stay."""
    page = page_of(cast.ilse)
    open_module(page, cast, draft)
    page.get_by_label("1.1.2 Title", exact=True).fill("Milk")
    page.keyboard.press("Tab")
    undo = page.locator("#undo")
    expect(undo).to_have_text("Undo: rename “1.1.2 Water” to “Milk”")
    page.get_by_label("1.1.2 Title", exact=True).focus()
    page.evaluate("""() => { window.isTheSame = true; const seen = document.getElementById("undo");
        new MutationObserver((_changes, observer) => {
          const undo = document.getElementById("undo");
          if (undo && undo !== seen) { observer.disconnect(); undo.focus(); undo.click(); }
        }).observe(document.body, { childList: true, subtree: true }) }""")
    page.keyboard.press("Alt+ArrowUp")

    expect(page.locator("#redo")).to_have_text("Redo: move 1.1.2 Milk")
    expect(undo).to_have_text("Undo: rename “1.1.2 Water” to “Milk”")
    expect(undo).to_be_focused()
    assert page.evaluate("window.isTheSame")
    assert outlined()[5] == "1.1.2 Milk (20)"


def test_editor_needs_no_script(
    page_of: PageOf, cast: Cast, draft: CurriculumVersion, outlined: Callable[[], list[str]]
) -> None:
    page = page_of(cast.ilse, java_script_enabled=False)
    page.goto(f"/o/lantaarn/curriculum/{draft.pk}/edit/")
    page.get_by_role("link", name="1. Bread").click()
    page.get_by_role("link", name="1.1 Dough", exact=True).click()

    page.get_by_label("1.1.2 Title", exact=True).fill("Milk")
    page.get_by_role("button", name=re.compile("Save ?: Water")).click()
    expect(page.get_by_text("Saved: rename")).to_be_visible()
    page.get_by_role("button", name="Move up: Milk").click()
    page.get_by_role("link", name="Texts, moving and deleting: Milk").click()
    page.get_by_label("Resources").fill("A cow")
    page.get_by_label("Move to").select_option(label="1.2 Oven")
    page.get_by_role("button", name="Move", exact=True).click()

    assert outlined()[6:8] == ["1.2 Oven (40)", "1.2.1 Milk (20)"]
    with scope(cast.organization.pk):
        assert node(draft, "Milk").resources == "A cow"
    page.get_by_role("button", name="Undo: move").click()
    assert outlined()[2] == "1.1.1 Milk (20)"


def test_editor_is_accessible(page_of: PageOf, cast: Cast, dutch: dict[str, str]) -> None:
    with scope(cast.organization.pk):
        version = a_draft(cast, real_plan())
        module, topic = (
            node(version, "ML Fundamentals & Algorithms"),
            node(version, "Supervised Learning - Classification"),
        )
    path = f"/o/lantaarn/curriculum/{version.pk}"
    pages = {
        f"{path}/edit/": None,
        f"{path}/edit/?open={module.pk}&full={topic.pk}": None,
        f"{path}/edit/?open={version.pk}": None,
        f"{path}/discard/": "Discard this draft",
    }
    assert "\n".join(faults_of(page_of(cast.ilse), pages, dutch)) == ""
