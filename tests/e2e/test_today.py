"""The staff day: staff sign in, read who needs a person and why, let one thing rest, act on another, and are done."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cohorts.models import Enrollment, Milestone
from mentoring.models import OneOnOne
from organizations.scope import scope
from tests.conftest import Cast
from tests.e2e.test_pairs import faults
from tests.world import World, make_world

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def world(cast: Cast) -> World:
    """Daan never began; Amira works. Neither has anything due."""
    made = make_world(cast)
    with scope(cast.organization.pk):
        Milestone.objects.all().delete()
        OneOnOne.objects.update(status=OneOnOne.Status.HELD)
    return made


def test_the_staff_day(page_of: Callable[..., Page], world: World) -> None:
    ilse = page_of(world.cast.ilse)
    ilse.goto("/")
    expect(ilse).to_have_url("/o/lantaarn/today/")
    daan = ilse.locator(".needs > li").filter(has_text="Daan Kuiper")
    expect(daan.locator(".why").get_by_text("Not started: nothing in 30 days").first).to_be_visible()
    expect(daan.get_by_text("since").first).to_be_visible()
    assert faults(ilse) == []

    # One thing can rest: the form opens in place, by keyboard, and needs a note.
    ilse.keyboard.press("j")
    expect(daan.get_by_role("link", name="Daan Kuiper", exact=True)).to_be_focused()
    ilse.keyboard.press("s")
    daan.get_by_role("button", name="Snooze").click()
    expect(daan.get_by_text("Fill in “Why it can rest”.").first).to_be_visible()
    assert faults(ilse) == []
    daan.get_by_label("Why it can rest").fill("Starts after the exams")
    daan.get_by_role("button", name="Snooze").click()
    expect(daan.get_by_text("Starts after the exams")).to_be_visible()
    expect(daan.get_by_role("button", name="End snooze")).to_have_count(1)
    assert faults(ilse) == []

    # Another needs an act: on the learner's page, and back.
    daan.get_by_role("link", name="Daan Kuiper", exact=True).click()
    ilse.get_by_role("link", name="Record status").click()
    ilse.get_by_label("On leave").check()
    ilse.get_by_label("In effect since").fill(timezone.localdate().isoformat())
    ilse.get_by_label("Planned return").fill((timezone.localdate() + timedelta(days=30)).isoformat())
    ilse.get_by_role("button", name="Record status").click()
    expect(ilse.get_by_role("heading", name="Daan Kuiper")).to_be_visible()
    ilse.get_by_role("link", name="Today", exact=True).click()
    expect(ilse.get_by_role("heading", name="Today", level=1)).to_be_visible()
    expect(ilse.locator(".needs > li").filter(has_text="Daan Kuiper")).to_have_count(0)
    expect(ilse.get_by_text("is now on leave")).to_be_visible()
    with scope(world.cast.organization.pk):
        assert Enrollment.objects.get(learner=world.cast.daan).status == "on_leave"


def test_the_staff_day_without_a_script_on_a_phone(page_of: Callable[..., Page], world: World) -> None:
    ilse = page_of(world.cast.ilse, java_script_enabled=False, **PHONE)
    ilse.goto("/")
    ilse.locator(".needs > li").filter(has_text="Daan Kuiper").get_by_role("link", name="Snooze Not started").click()
    ilse.get_by_label("Why it can rest").fill("Starts after the exams")
    ilse.get_by_role("button", name="Snooze").click()
    expect(ilse).to_have_url("/o/lantaarn/today/")
    expect(ilse.get_by_text("Daan Kuiper snoozed: no activity")).to_be_visible()
    ilse.get_by_role("link", name="1 snoozed").click()
    expect(ilse.get_by_text("Starts after the exams")).to_be_visible()
    ilse.get_by_role("button", name="End snooze").click()
    expect(ilse.locator(".needs > li").filter(has_text="Daan Kuiper")).to_have_count(1)
