"""Ilse moves a cohort to the next version with the keyboard, undoes it, and moves it for good without a script."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from cohorts.progress import complete_topic
from curriculum.models import CurriculumVersion, Topic
from organizations.scope import scope
from tests.cohorts.moves import copy_of
from tests.conftest import Cast
from tests.e2e.conftest import NewContext, sign_in
from tests.e2e.test_accessibility import WCAG
from tests.world import World, make_world

AXE = Axe()


@pytest.fixture
def world(cast: Cast) -> World:
    """Amira has finished the first topic, which the next version calls otherwise."""
    made = make_world(cast)
    with scope(cast.organization.pk):
        complete_topic(
            enrollment=made.enrollment, topic=made.topic, by=cast.amira, on=timezone.localdate(timezone.now())
        )
        new, became = copy_of(made.version, published=False)
        Topic.objects.filter(pk=became[made.topic.pk]).update(title="Something else entirely")
        CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=timezone.now())
    return made


def faults(page: Page) -> list[str]:
    found = AXE.run(page, options=WCAG).response["violations"]
    return [f"{page.url}: {each['id']} {each['nodes'][0]['target']}" for each in found]


def test_cohort_is_moved_and_moved_back(world: World, page_of: Callable[..., Page]) -> None:
    page = page_of(world.cast.ilse)
    page.goto(f"/o/lantaarn/cohorts/{world.cohort.slug}/settings/")
    page.get_by_role("link", name="Move to another version").press("Enter")
    problems = faults(page)
    page.get_by_role("button", name="Compare the versions").press("Enter")
    expect(page.get_by_text("1 row to look at")).to_be_visible()
    problems += faults(page)

    field = page.get_by_label("Counts for: 1.1.1 Basics 1")
    field.fill("nothing of this version")
    page.get_by_role("button", name="Show what is carried over").press("Enter")
    page.get_by_role("link", name="1.1.1 Basics 1: Choose a topic of version 2").press("Enter")
    expect(field).to_be_focused()
    problems += faults(page)
    field.fill("1.1.1")
    page.get_by_role("button", name="Show what is carried over").press("Enter")

    expect(page.get_by_text("Everything that was finished, passed or handed in counts.")).to_be_visible()
    problems += faults(page)
    page.get_by_role("button", name="Move to version 2").press("Enter")
    expect(page.get_by_text("Rotterdam 2026 follows version 2 now.")).to_be_visible()

    page.get_by_role("link", name="Undo the move").press("Enter")
    expect(page.get_by_role("heading", name="Back to version 1")).to_be_visible()
    problems += faults(page)
    page.get_by_role("button", name="Undo the move").press("Enter")
    expect(page.get_by_text("The move is undone.")).to_be_visible()
    assert problems == []


def test_cohort_is_moved_without_a_script(world: World, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False, viewport={"width": 390, "height": 900}).new_page()
    sign_in(page, world.cast.ilse.user.email)
    page.goto(f"/o/lantaarn/cohorts/{world.cohort.slug}/version/")
    page.get_by_role("button", name="Compare the versions").click()
    page.get_by_role("button", name="Show what is carried over").click()
    page.get_by_role("button", name="Move to version 2").click()

    expect(page.get_by_text("Moved from version 1 on")).to_be_visible()
    amira = new_context().new_page()
    sign_in(amira, world.cast.amira.user.email)
    amira.goto("/o/lantaarn/path/")
    amira.get_by_role("link", name="See what it counts for").click()
    expect(amira.get_by_text("Has no place in the version followed now. It stays on record.")).to_be_visible()
    assert faults(amira) == []
