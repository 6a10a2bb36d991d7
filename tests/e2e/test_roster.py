"""A roster in a real browser: choosing by keyboard and by range, doing something for many, and undoing it."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.conftest import Cast
from tests.e2e.conftest import NewContext, sign_in
from tests.e2e.test_accessibility import WCAG, PageOf
from tests.world import World, make_world

AXE = Axe()
HERE = "/o/lantaarn/learners/?sort=name"


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def faults(page: Page) -> list[str]:
    found = AXE.run(page, options=WCAG).response["violations"]
    return [f"{page.url}: {each['id']} {each['nodes'][0]['target']}" for each in found]


def test_many_are_put_on_leave_by_keyboard_and_brought_back(world: World, page_of: PageOf) -> None:
    page = page_of(world.cast.ilse)
    page.goto(HERE)
    problems = faults(page)
    amira, daan = page.get_by_label("Select Amira Haddad"), page.get_by_label("Select Daan Kuiper")
    amira.press("Space")
    expect(page.get_by_text("1 chosen")).to_be_visible()
    amira.press("ArrowDown")
    expect(daan).to_be_focused()
    daan.press("Space")
    expect(page.get_by_text("2 chosen")).to_be_visible()
    daan.press("Escape")
    expect(amira).not_to_be_checked()
    page.get_by_label("Select everyone on this page").press("Space")
    expect(daan).to_be_checked()
    page.get_by_role("button", name="Change status").press("Enter")

    page.get_by_label("On leave").press("Space")
    page.get_by_label("Planned return").fill((timezone.localdate() + timedelta(days=30)).isoformat())
    problems += faults(page)
    page.get_by_role("button", name="Show what will happen").press("Enter")
    expect(page.get_by_text("Active → On leave")).to_have_count(2)
    problems += faults(page)
    page.get_by_role("button", name="Do it for 2 learners").press("Enter")
    expect(page.get_by_text("Done for 2 learners.")).to_be_visible()
    problems += faults(page)
    page.get_by_role("button", name="Undo for everyone").press("Enter")
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    page.goto(HERE)
    expect(page.get_by_text("On leave")).to_have_count(0)
    assert problems == []


def test_a_message_is_sent_without_a_script(world: World, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False, viewport={"width": 390, "height": 900}).new_page()
    sign_in(page, world.cast.ilse.user.email)
    page.goto(HERE)
    page.get_by_label("Select Amira Haddad").check()
    page.get_by_role("button", name="Send message").click()
    page.get_by_label("Subject").fill("Hello {{ first_name }}")
    page.get_by_label("Message", exact=True).fill("See you in {{ cohort }}.")
    page.get_by_role("button", name="Save and look").click()
    expect(page.get_by_text("Hello Amira", exact=True)).to_be_visible()
    expect(page.frame_locator("iframe.mail").get_by_text("See you in Rotterdam 2026.")).to_be_visible()
    page.get_by_role("button", name="Send now to 1 learner").click()
    expect(page.get_by_text("It is on its way.")).to_be_visible()
    expect(page.get_by_role("row", name="Amira Haddad Cohort Rotterdam 2026")).to_be_visible()


def test_searching_swaps_the_table_and_keeps_the_address(world: World, page_of: PageOf) -> None:
    page = page_of(world.cast.ilse)
    page.goto(HERE)
    page.get_by_role("searchbox", name="Name, email or external id").fill("daan")
    expect(page.get_by_text("1 of 2 learners")).to_be_visible()
    expect(page.get_by_label("Select Amira Haddad")).to_have_count(0)
    assert "q=daan" in page.url
