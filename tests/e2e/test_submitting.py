"""Handing work in on a phone, with what is lost on other sites kept; and peers who review each other without a name."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from assessments.models import PeerReview, SubmissionDraft
from assessments.peer_rounds import settle_round
from curriculum.models import Project
from organizations.scope import scope
from tests.conftest import Cast
from tests.e2e.test_pairs import PHONE, faults
from tests.world import World, make_world


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def test_attempt_is_written_on_a_phone_and_nothing_is_lost(page_of: Callable[..., Page], world: World) -> None:
    with scope(world.cast.organization.pk):
        project = Project.objects.filter(version=world.version, level__number=1).exclude(pk=world.project.pk)[0]
    amira, here = page_of(world.cast.amira, **PHONE), f"/o/lantaarn/projects/{project.pk}/"
    amira.goto(here)
    assert faults(amira) == []
    assert not amira.evaluate("document.documentElement.scrollWidth > innerWidth")
    amira.get_by_label("Link to your repository").fill("https://github.com/amira/story?utm_source=mail")
    note = amira.locator("#id_note")
    note.fill("Read the tests fi")
    expect(amira.get_by_text("Draft saved")).to_be_visible()
    amira.reload()
    expect(note).to_have_value("Read the tests fi")

    # The train enters a tunnel.
    amira.context.set_offline(True)
    note.fill("Read the tests first.")
    expect(amira.get_by_text("Not saved: there is no connection.")).to_be_visible()
    amira.context.set_offline(False)
    expect(amira.get_by_text("Draft saved")).to_be_visible()
    with scope(world.cast.organization.pk):
        assert SubmissionDraft.objects.get().given["note"] == "Read the tests first."

    for box in amira.get_by_role("group", name="Before you send it").get_by_role("checkbox").all():
        box.check()
    amira.get_by_role("button", name="Submit attempt 1").click()
    expect(amira.get_by_role("button", name="Withdraw attempt 1")).to_be_visible()
    link = amira.get_by_role("link", name="github.com/amira/story").first
    assert link.get_attribute("href") == "https://github.com/amira/story"

    # Whose repository it is follows from the account that she states.
    amira.goto("/o/lantaarn/projects/accounts/")
    assert faults(amira) == []
    amira.get_by_label("github.com").fill("https://github.com/amira")
    amira.get_by_role("button", name="Save").click()
    expect(amira.get_by_text("Your accounts are saved.")).to_be_visible()
    expect(amira.get_by_label("github.com")).to_have_value("amira")


def test_peers_review_without_a_name_and_staff_write_what_is_left(page_of: Callable[..., Page], world: World) -> None:
    daan = page_of(world.cast.daan, **PHONE)
    daan.goto("/o/lantaarn/home/")
    daan.get_by_role("region", name="Review a peer’s work").get_by_role("link").click()
    expect(daan.get_by_role("heading", name="Peer review: ")).to_be_visible()
    expect(daan.get_by_text("They never learn that it was you")).to_be_visible()
    assert faults(daan) == []
    assert not daan.evaluate("document.documentElement.scrollWidth > innerWidth")
    summary = daan.get_by_label("Summary")
    summary.fill("Runs at once. <b>Test</b> the empty folder.")
    expect(daan.get_by_text("Draft saved")).to_be_visible()
    daan.reload()
    daan.get_by_role("button", name="Hand in").click()
    expect(daan.get_by_text("Choose a score for quality").first).to_be_visible()
    expect(summary).to_have_value("Runs at once. <b>Test</b> the empty folder.")
    for group in daan.locator(".rubric fieldset").all():
        group.locator("input[value='3']").check()
    daan.get_by_role("button", name="Hand in").click()
    expect(daan.get_by_text("Handed in. Thank you.")).to_be_visible()

    # Amira was to get two; the round ended, and staff find the other one on Today.
    with scope(world.cast.organization.pk):
        settle_round(opened=world.peer_review.round, at=timezone.now() + timedelta(days=8))
        assert PeerReview.objects.unwritten_by_staff().count() == 1
    ilse = page_of(world.cast.ilse)
    ilse.goto("/o/lantaarn/today/")
    ilse.get_by_role("link", name="Write it").click()
    expect(ilse.get_by_text("The learner reads it as from program staff.")).to_be_visible()
    ilse.get_by_label("Summary").fill("Name the folder that you expect.")
    for group in ilse.locator(".rubric fieldset").all():
        group.locator("input[value='2']").check()
    ilse.get_by_role("button", name="Hand in").click()
    expect(ilse.get_by_text("Handed in. Thank you.")).to_be_visible()

    amira = page_of(world.cast.amira)
    amira.goto(f"/o/lantaarn/projects/{world.project.pk}/")
    told = amira.get_by_role("region", name="What peers say")
    expect(told.get_by_role("heading", name="Peer 1")).to_be_visible()
    expect(told.get_by_text("Runs at once. <b>Test</b> the empty folder.")).to_be_visible()
    expect(told.get_by_role("heading", name="Program staff")).to_be_visible()
    html = amira.content()
    assert "Daan" not in html
    assert str(world.peer_review.pk) not in html
    assert faults(amira) == []
