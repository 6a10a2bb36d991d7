"""The search box by keyboard: `/`, a few letters, an arrow, Enter."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import Cast
from tests.e2e.conftest import NewContext, sign_in
from tests.world import World, make_world

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def test_from_a_key_to_a_learner(world: World, page_of: Callable[..., Page]) -> None:
    page = page_of(world.cast.ilse)
    page.goto("/o/lantaarn/messages/")
    box = page.get_by_role("combobox", name="Search people, cohorts and projects")

    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("amira")
    option = page.get_by_role("option", name="Amira Haddad")
    expect(option).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    assert Axe().run(page, options=WCAG).response["violations"] == []

    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/o/lantaarn/learners/{world.enrollment.pk}/")


def test_escape_closes_and_enter_without_a_choice_opens_the_page(world: World, page_of: Callable[..., Page]) -> None:
    page = page_of(world.cast.ilse)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("rotter")
    expect(page.get_by_role("option", name="Rotterdam 2026")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()

    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search/\?q=rotter"))
    expect(page.get_by_text("1 result for “rotter”")).to_be_visible()
    page.locator("main").get_by_role("link", name="Rotterdam 2026").click()
    page.wait_for_url("**/cohorts/rotterdam-2026/")


def test_learner_reaches_the_page_by_the_same_key(world: World, page_of: Callable[..., Page]) -> None:
    page = page_of(world.cast.amira)
    page.goto("/o/lantaarn/home/")
    page.keyboard.press("/")
    page.wait_for_url("**/o/lantaarn/search/")
    page.get_by_role("searchbox").fill("1.1")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^1.1 Basics")).click()
    page.wait_for_url(re.compile(r"/path/\?level=1"))


def test_search_without_a_script(world: World, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, world.cast.ilse.user.email)
    page.locator("#search").fill("amira")
    page.keyboard.press("Enter")

    expect(page.locator("main").get_by_role("link", name="Amira Haddad")).to_be_visible()
