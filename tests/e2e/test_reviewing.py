"""A mentor's review by keyboard: from the queue to the decision, and what the learner then reads."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from assessments.models import Review
from organizations.scope import scope
from tests.conftest import Cast
from tests.e2e.test_pairs import faults
from tests.world import World, make_world


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def test_mentor_reviews_by_keyboard(page_of: Callable[..., Page], world: World) -> None:
    joris = page_of(world.cast.joris)
    joris.goto("/o/lantaarn/reviews/")
    expect(joris.get_by_text("Of them still waiting")).to_be_visible()
    joris.keyboard.press("j")
    expect(joris.get_by_role("link", name=world.project.title)).to_be_focused()
    joris.keyboard.press("Enter")
    joris.get_by_role("button", name="Start review").click()
    expect(joris.get_by_role("heading", name="Your review")).to_be_visible()

    # Keys score the criterion in focus, and do nothing while somebody types.
    joris.get_by_text("Keyboard shortcuts").click()
    joris.locator("body").press("j")
    for score in ("3", "j", "2", "c"):
        joris.keyboard.press(score)
    joris.keyboard.type("Line 41 leaks **3** keys <script>document.title = 1</script>")
    expect(joris.get_by_label("Comment on testing")).to_have_value(
        "Line 41 leaks **3** keys <script>document.title = 1</script>"
    )
    expect(joris.get_by_text("documentation has no score")).to_be_visible()
    joris.get_by_role("group", name="Testing").locator("input:checked").focus()
    joris.keyboard.press("j")
    joris.keyboard.press("4")
    expect(joris.get_by_text("Draft saved")).to_be_visible()
    joris.get_by_label("Summary for Amira").fill("Nearly there.")
    joris.get_by_role("group", name="Testing").locator("input:checked").focus()
    joris.keyboard.press("v")
    preview = joris.get_by_role("status").filter(has_text="As Amira Haddad would read it")
    expect(preview.locator("strong").filter(has_text="3")).to_have_text("3")
    assert faults(joris) == []

    joris.get_by_role("group", name="Testing").locator("input:checked").focus()
    joris.keyboard.press("d")
    expect(joris.get_by_role("button", name="Request changes")).to_be_focused()
    joris.keyboard.press("Enter")
    expect(joris.get_by_text("Decided. Amira Haddad gets an email with your feedback.")).to_be_visible()
    with scope(world.cast.organization.pk):
        review = Review.objects.get()
        scores = dict(review.scores.values_list("criterion__key", "value"))
    assert (review.verdict, scores) == ("changes_requested", {"quality": 3, "testing": 2, "documentation": 4})

    amira = page_of(world.cast.amira)
    amira.goto(f"/o/lantaarn/projects/{world.project.pk}/")
    expect(amira.get_by_text("Line 41 leaks 3 keys <script>document.title = 1</script>")).to_be_visible()
    expect(amira.locator(".prose strong").first).to_have_text("3")
    assert amira.title() != "1"
