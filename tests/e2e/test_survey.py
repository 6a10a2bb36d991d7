"""A survey on a phone, from the link in a mail, without signing in."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from organizations.scope import scope
from outcomes.surveys.answering import path_of
from outcomes.surveys.records import Envelope
from tests.conftest import Cast
from tests.world import make_world

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NewContext = Callable[..., BrowserContext]


def test_a_learner_answers_from_the_mail_with_three_taps(new_context: NewContext, cast: Cast) -> None:
    world = make_world(cast)
    with scope(cast.organization.pk):
        link = path_of(world.participation)
    page = new_context(**PHONE).new_page()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("How is it going?")
    page.get_by_role("button", name="Send without my name").tap()
    expect(page.get_by_role("alert").or_(page.locator(".error-summary")).first).to_contain_text("Choose one")

    score = page.get_by_role("group", name="All in all")
    size = score.locator("label", has_text="4").bounding_box()
    assert size is not None
    assert min(size["width"], size["height"]) >= 44
    score.locator("label", has_text="4").tap()
    page.get_by_role("group", name="How likely").locator("label", has_text="9").tap()
    page.get_by_role("button", name="Send without my name").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("You have answered this survey")
    with scope(cast.organization.pk):
        assert Envelope.objects.count() == 1
