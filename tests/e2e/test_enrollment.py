"""Ilse puts a learner on leave, corrects a date, and readmits one who left, without a script and with one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from cohorts.history import record_status
from cohorts.models import Enrollment
from organizations.scope import scope
from tests.conftest import Cast
from tests.e2e.test_accessibility import WCAG
from tests.world import World, make_world

AXE = Axe()
DAY = timedelta(days=1)


@pytest.fixture
def world(cast: Cast) -> World:
    """Daan left five days ago."""
    made = make_world(cast)
    with scope(cast.organization.pk):
        daan = Enrollment.objects.get(learner=cast.daan)
        record_status(
            enrollment=daan, to="withdrawn", effective_on=timezone.localdate() - 5 * DAY, by=cast.ilse, reason="work"
        )
    return made


def faults(page: Page) -> list[str]:
    found = AXE.run(page, options=WCAG).response["violations"]
    return [f"{page.url}: {each['id']} {each['nodes'][0]['target']}" for each in found]


def test_leave_correction_and_readmission(world: World, page_of: Callable[..., Page]) -> None:
    page, today = page_of(world.cast.ilse), timezone.localdate()
    page.goto(f"/o/lantaarn/learners/{world.enrollment.pk}/")
    page.get_by_role("link", name="Record status").click()
    page.get_by_role("radio", name="On leave").check()
    page.get_by_label("Planned return").fill((today + 30 * DAY).isoformat())
    page.get_by_role("button", name="Record status").click()
    history = page.get_by_role("region", name="Status history")
    expect(history.get_by_role("row").nth(1)).to_contain_text("On leave")

    page.get_by_role("link", name="Correct the history").click()
    problems = faults(page)
    page.get_by_role("radio", name="On leave").check()
    page.get_by_label("In effect since").fill((today - 3 * DAY).isoformat())
    page.get_by_label("Planned return").fill(today.isoformat())
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("heading", name="After")).to_be_visible()
    problems += faults(page)
    page.get_by_role("button", name="Record it").click()
    expect(history.get_by_role("row").nth(2)).to_contain_text("Ilse Brouwer")
    expect(history.get_by_role("row").nth(2)).to_contain_text("Recorded")

    with scope(world.cast.organization.pk):
        daan = Enrollment.objects.get(learner=world.cast.daan)
    page.goto(f"/o/lantaarn/learners/{daan.pk}/status/")
    expect(page.get_by_text("the same enrollment goes on")).to_be_visible()
    page.get_by_role("radio", name="Active").check()
    page.get_by_role("button", name="Record status").click()
    expect(history.get_by_role("row").nth(1)).to_contain_text("Active")
    expect(history.get_by_role("row").nth(2)).to_contain_text("Work or money")
    assert problems == []
