"""One whole 1-on-1 in a browser, as Joris and as Amira: agenda, notes at the same time, something to do, a rating."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from mentoring.models import Mentor, OneOnOne
from mentoring.notes import shared_notes_of
from mentoring.records import ActionItem, Rating
from organizations.scope import scope
from tests.conftest import Cast
from tests.world import World, make_world

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def world(cast: Cast) -> World:
    """Their 1-on-1 is on right now."""
    made = make_world(cast)
    with scope(cast.organization.pk):
        start = timezone.now() - timedelta(minutes=20)
        Mentor.objects.update(video_link="https://meet.example/joris")
        OneOnOne.objects.filter(pk=made.one_on_one.pk).update(during=(start, start + timedelta(minutes=45)))
    return made


def test_a_whole_session(page_of: Callable[..., Page], world: World) -> None:
    address = f"/o/lantaarn/sessions/{world.one_on_one.pk}/"
    amira, joris = page_of(world.cast.amira, **PHONE), page_of(world.cast.joris)
    amira.goto(address)
    amira.get_by_label("What would help most?").fill("How do I hold out data?")
    amira.get_by_role("button", name="Save the agenda").click()
    joris.goto(address)
    expect(joris.get_by_text("How do I hold out data?")).to_be_visible()
    expect(joris.get_by_role("link", name="Join")).to_have_attribute("href", "https://meet.example/joris")
    expect(joris.get_by_text("waits for a review since")).to_be_visible()

    write_at_once(amira, joris, world)
    keep_private(amira, joris, address)
    agree(joris, amira, world)

    joris.get_by_role("button", name="It was held").click()
    expect(joris.locator(".page-head").get_by_text("Held", exact=True)).to_be_visible()
    amira.goto(address)
    amira.locator("#rating label.choice").nth(3).click()  # one tap
    expect(amira.locator("#rating [role=status]")).to_contain_text("Saved")
    with scope(world.cast.organization.pk):
        assert Rating.objects.get().score == 4


def write_at_once(amira: Page, joris: Page, world: World) -> None:
    """His words are saved while he types; hers meet them, and she puts them below."""
    amira.reload()
    joris.get_by_role("textbox", name="Shared notes").press_sequentially("Keep forty apart.")
    expect(joris.locator("#shared-state [role=status]")).to_contain_text("Saved")
    joris.get_by_role("textbox", name="Shared notes").press_sequentially(" And never look.")
    expect(joris.locator("#id_shared-revision")).to_have_value("2")

    hers = amira.get_by_role("textbox", name="Shared notes")
    hers.fill("I will ask Daan.")
    conflict = amira.locator("#shared-state [role=alert]")
    expect(conflict).to_contain_text("Joris Hoekema changed these notes meanwhile.")
    expect(conflict).to_contain_text("Keep forty apart. And never look.")
    expect(hers).to_have_value("I will ask Daan.")
    amira.get_by_role("button", name="Add mine below it").click()
    expect(hers).to_have_value("Keep forty apart. And never look.\n\nI will ask Daan.")
    expect(conflict).to_have_count(0)
    with scope(world.cast.organization.pk):
        kept = shared_notes_of(world.one_on_one)
        assert kept is not None
        assert kept.text == "Keep forty apart. And never look.\n\nI will ask Daan."


def keep_private(amira: Page, joris: Page, address: str) -> None:
    amira.get_by_role("textbox", name="Your private notes").fill("He was right.")
    expect(amira.locator("#private-state [role=status]")).to_contain_text("Saved")
    amira.goto(address)
    expect(amira.get_by_role("textbox", name="Your private notes")).to_have_value("He was right.")
    joris.goto(address)
    assert "He was right." not in joris.content()


def agree(joris: Page, amira: Page, world: World) -> None:
    """He adds something to do; she finds it at home and ticks it there."""
    joris.get_by_text("Add an action item").click()
    joris.get_by_label("What needs doing").fill("Collect forty examples")
    joris.get_by_role("button", name="Add it").click()
    expect(joris.get_by_text("Collect forty examples", exact=True)).to_be_visible()
    amira.goto("/o/lantaarn/home/")
    amira.get_by_role("button", name=re.compile("Done.*Collect forty examples")).click()
    expect(amira.locator(".toast")).to_contain_text("Collect forty examples")
    with scope(world.cast.organization.pk):
        assert ActionItem.objects.get(text="Collect forty examples").done_by == world.cast.amira


def test_a_session_without_scripts(page_of: Callable[..., Page], world: World) -> None:
    page = page_of(world.cast.amira, java_script_enabled=False, **PHONE)
    page.goto(f"/o/lantaarn/sessions/{world.one_on_one.pk}/")
    page.get_by_role("textbox", name="Shared notes").fill("By button")
    page.locator("#shared").get_by_role("button", name="Save notes").click()
    expect(page.locator("#shared-state")).to_contain_text("Last saved")
    page.get_by_role("button", name="It was held").click()
    page.locator("#rating label.choice").nth(4).click()
    page.get_by_role("button", name="Save rating").click()
    expect(page.get_by_text("You gave 5 of 5.")).to_be_visible()
