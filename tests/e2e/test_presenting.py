"""A presentation from its plan to what the learner reads: staff plan it, the panel scores, the chair decides."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from assessments.models import Presentation, PresentationSeat
from assessments.presenting import cancel
from organizations.scope import scope
from tests.conftest import Cast
from tests.e2e.test_pairs import faults
from tests.world import World, make_world


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def test_presentation_is_planned_scored_and_decided(page_of: Callable[..., Page], world: World) -> None:
    with scope(world.cast.organization.pk):
        cancel(presentation=world.presentation, reason="Ill.", by=world.cast.ilse, at=timezone.now())
    ilse = page_of(world.cast.ilse)
    ilse.goto(f"/o/lantaarn/reviews/{world.submission.pk}/")
    ilse.get_by_role("link", name="Presentation", exact=True).click()
    start = timezone.localtime(timezone.now() + timedelta(days=3))
    ilse.get_by_label("Begins").fill(start.strftime("%Y-%m-%dT14:00"))
    ilse.get_by_label("Chair", exact=True).select_option(label="Joris Hoekema")
    ilse.get_by_role("button", name="Plan and invite").click()
    expect(ilse.get_by_text("Fill in “Place or link”.").first).to_be_visible()
    ilse.get_by_label("Place or link").fill("https://meet.example/capstones")
    ilse.get_by_role("button", name="Plan and invite").click()
    expect(ilse.get_by_text("Planned. Everybody who takes part gets an invitation by email.")).to_be_visible()
    assert faults(ilse) == []

    with scope(world.cast.organization.pk):
        made = Presentation.objects.get(status="planned")
        begun = (timezone.now() - timedelta(hours=1), timezone.now() - timedelta(minutes=15))
        Presentation.objects.filter(pk=made.pk).update(during=begun)
        PresentationSeat.objects.filter(presentation=made).update(during=begun)
    joris = page_of(world.cast.joris)
    joris.goto("/o/lantaarn/reviews/")
    joris.get_by_role("link", name="1 presentation waits for you").click()
    joris.get_by_role("region", name="Waits for you").get_by_role("link").click()
    for criterion in ("Story", "Depth", "Answers"):
        joris.get_by_role("group", name=criterion).get_by_role("radio", name="Proficient").check()
    joris.get_by_label("Question 1", exact=True).fill("What if the input is empty?")
    joris.get_by_label("How question 1 was answered").select_option(label="Answered well")
    joris.get_by_label("Summary").fill("Start with the **result** the next time.")
    joris.get_by_role("button", name="Hand in").click()
    joris.get_by_label("Passed").check()
    joris.get_by_label("For the learner").fill("Well told.")
    joris.get_by_role("button", name="Decide").click()
    expect(joris.get_by_text("Decided. Amira Haddad gets an email and reads what the panel wrote.")).to_be_visible()
    assert faults(joris) == []

    amira = page_of(world.cast.amira)
    amira.goto(f"/o/lantaarn/projects/{world.project.pk}/")
    amira.get_by_role("region", name="Presentations").get_by_role("link").first.click()
    expect(amira.get_by_text("What if the input is empty?")).to_be_visible()
    expect(amira.locator(".prose strong").first).to_have_text("result")
    assert amira.url.endswith(f"/presentations/{made.pk}/")
