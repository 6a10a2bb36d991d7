"""Ilse imports the holidays, sees what they move, and plans the next edition of the cohort, with the keyboard."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from cohorts.models import Break, Cohort
from organizations.scope import scope
from tests.cohorts.test_holidays import days, event, ics
from tests.conftest import Cast
from tests.e2e.test_accessibility import WCAG
from tests.world import World, make_world

AXE = Axe()


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def faults(page: Page) -> list[str]:
    found = AXE.run(page, options=WCAG).response["violations"]
    return [f"{page.url}: {each['id']} {each['nodes'][0]['target']}" for each in found]


def test_cohort_is_planned_around_holidays_and_cloned(world: World, page_of: Callable[..., Page]) -> None:
    page, year = page_of(world.cast.ilse), timezone.localdate().year + 1
    file = ics(event("x", "Spring break", *days(f"{year}0201", f"{year}0208")), event("w", "W", "RRULE:FREQ=WEEKLY"))
    page.goto("/o/lantaarn/cohorts/")
    page.get_by_role("link", name="Holidays").press("Enter")
    page.get_by_role("link", name="Import a calendar").first.press("Enter")
    page.get_by_label("Calendar file (.ics)").set_input_files(
        {"name": "holidays.ics", "mimeType": "text/calendar", "buffer": file}
    )
    page.get_by_role("button", name="Read the file").press("Enter")
    expect(page.get_by_role("heading", name="1 is new or changed")).to_be_visible()
    expect(page.get_by_text("1 entry is left out")).to_be_visible()
    problems = faults(page)
    page.get_by_role("button", name="Take over what is chosen").press("Enter")
    expect(page.get_by_text("1 break is taken over.")).to_be_visible()
    problems += faults(page)

    page.goto(f"/o/lantaarn/cohorts/{world.cohort.slug}/")
    page.get_by_role("link", name="Next edition").press("Enter")
    page.get_by_role("button", name="Show what it would be").press("Enter")
    expect(page.get_by_text("Nothing is made yet.")).to_be_visible()
    problems += faults(page)
    page.get_by_role("button", name="Make cohort").press("Enter")
    expect(page.get_by_text("is planned. Add its learners next.")).to_be_visible()

    assert problems == []
    with scope(world.cast.organization.pk):
        assert ([one.name for one in Break.objects.all()], Cohort.objects.count()) == (["Spring break"], 2)
