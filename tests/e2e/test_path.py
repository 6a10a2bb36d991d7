"""A learner with a phone: marks a topic without losing her place, and chooses a specialization."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cohorts.models import Enrollment, ProgressEvent
from organizations.scope import scope
from tests.conftest import Cast
from tests.world import World, make_world

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PageOf = Callable[..., Page]


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def test_learner_marks_what_is_next_and_the_page_stays_where_it_is(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.amira, **PHONE)
    page.goto("/o/lantaarn/path/")
    following = page.locator(".next-up")
    expect(following).to_contain_text("Basics 1")
    following.get_by_role("button", name="Mark done").tap()
    expect(following).to_contain_text("Basics 2")
    expect(page.locator("#next-action")).to_be_focused()
    expect(page.locator("#path-h")).to_contain_text("40 of")

    button = page.locator("#levels button", has_text="Mark done: Practice 1")
    page.locator("summary", has_text="1.2 Practice").tap()
    button.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    button.tap()
    undo = page.locator("#levels button", has_text="Undo: Practice 1")
    expect(undo).to_be_focused()
    assert abs(page.evaluate("scrollY") - before) < 100
    with scope(world.cast.organization.pk):
        facts = ProgressEvent.objects.filter(enrollment=world.enrollment).order_by("recorded_at")
        assert [str(fact.topic) for fact in facts] == ["Basics 1", "Practice 1"]


def test_learner_compares_and_chooses_a_specialization(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.amira, **PHONE)
    page.goto("/o/lantaarn/path/?level=2")
    page.locator("#level-2").get_by_role("link", name="Compare the specializations").tap()
    for words in ("Do research", "Do operations", "at least 20 papers"):
        expect(page.get_by_text(words).first).to_be_visible()
    page.locator("a", has_text="Choose this one: Operations").tap()
    page.get_by_role("button", name="Choose this specialization").tap()
    expect(page.locator(".notice.ok")).to_contain_text("Operations")
    with scope(world.cast.organization.pk):
        assert str(Enrollment.objects.get(pk=world.enrollment.pk).track) == "Operations"
    page.locator("a", has_text="Open project: Operations").tap()
    expect(page.locator("h1")).to_have_text("Operations work")


def test_all_of_the_path_is_on_paper(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.amira, java_script_enabled=False)
    page.goto("/o/lantaarn/path/")
    page.get_by_role("link", name="Print").click()
    page.emulate_media(media="print")
    for title in ("Basics 1", "Practice 2 ", "Stage 2"):
        expect(page.get_by_text(title).first).to_be_visible()
    expect(page.locator("nav")).to_have_count(0)
    expect(page.get_by_role("button", name="Mark done")).to_have_count(0)
    assert page.locator("details:not([open])").count() == 0
