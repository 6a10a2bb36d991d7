"""A learner hears of what staff do without reloading, reads it, and decides what comes by mail."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from assessments.reviewing import claim, decide
from mentoring.mails import tell_cancelled
from mentoring.models import OneOnOne
from notifications.delivery import send_due
from notifications.models import Message
from notifications.preferring import preferences_of
from organizations.scope import scope
from tests.assessments.conftest import PROFICIENT
from tests.conftest import Cast
from tests.e2e.conftest import NewContext
from tests.mail import MailServer
from tests.world import World, make_world

PageOf = Callable[..., Page]
MINUTE = 60_000


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def deliver(world: World) -> None:
    send_due(organization_id=world.cast.organization.pk, now=timezone.now())


def decide_on_her_work(world: World) -> None:
    now = timezone.now()
    with scope(world.cast.organization.pk):
        review = claim(submission=world.submission, reviewer=world.cast.ilse, at=now)
        decide(review=review, scores=PROFICIENT, summary="Well tested.", verdict="pass", at=now)
    deliver(world)


def test_learner_sees_the_bell_ring_opens_it_and_reads(page_of: PageOf, world: World, mail_server: MailServer) -> None:
    page = page_of(world.cast.amira)
    page.clock.install()
    page.goto("/o/lantaarn/path/")
    bell = page.locator("#bell")
    expect(bell).to_have_text("Notifications, 1 unread1")
    decide_on_her_work(world)
    page.clock.run_for(MINUTE + 1000)
    expect(bell).to_have_text("Notifications, 2 unread2")
    bell.click()
    page.locator(".is-new a").first.click()
    expect(page).to_have_url(re.compile(f"/projects/{world.project.pk}/"))
    expect(bell).to_have_text("Notifications, 1 unread1")
    bell.click()
    page.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_text("Notifications")


def test_looking_for_news_stops_while_nobody_looks_and_never_leads_away(
    page_of: PageOf, world: World, mail_server: MailServer
) -> None:
    page = page_of(world.cast.amira)
    page.clock.install()
    page.goto("/o/lantaarn/notifications/settings/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/bell/" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.run_for(3 * MINUTE)
    assert asked == []
    with page.expect_response(re.compile("/bell/")):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.context.clear_cookies()  # signed out meanwhile, with something typed
    page.get_by_label("From", exact=True).fill("22:00")
    with page.expect_response(re.compile("/bell/")):
        page.clock.run_for(MINUTE + 1000)
    expect(page.get_by_label("From", exact=True)).to_have_value("22:00")
    expect(page).to_have_url(re.compile("/notifications/settings/"))
    expect(page.locator(".toast")).to_have_count(0)


def test_learner_switches_a_kind_off_without_a_script_and_leaves_another_by_one_click(
    page_of: PageOf, new_context: NewContext, world: World, mail_server: MailServer
) -> None:
    cast = world.cast
    page = page_of(cast.amira, java_script_enabled=False)
    page.goto("/o/lantaarn/path/")
    page.locator("#bell").click()
    page.get_by_role("link", name="Choose what you get").click()
    page.get_by_role("group", name="Your work was reviewed", exact=True).get_by_label("By email").select_option("off")
    page.get_by_role("button", name="Save what you get").click()
    expect(page.locator(".toast, .notice.ok").first).to_contain_text("What you get is saved.")
    decide_on_her_work(world)
    assert [mail["Subject"] for mail in mail_server.messages if mail["To"] == cast.amira.user.email] == []

    with scope(cast.organization.pk):
        now = timezone.now()
        OneOnOne.objects.update(during=(now + timedelta(hours=1), now + timedelta(hours=2)))
        tell_cancelled(OneOnOne.objects.get(), now=now)
    deliver(world)
    (mail,) = [mail for mail in mail_server.messages if mail["To"] == cast.amira.user.email]
    address = re.sub(r"[<>\s]", "", mail["List-Unsubscribe"]).partition("8000")[2]
    stranger = new_context().new_page()
    stranger.goto(address)
    expect(stranger.locator("h1")).to_have_text("Stop these mails?")
    stranger.get_by_role("button", name="Stop these mails").click()
    expect(stranger.locator("h1")).to_have_text("These mails have stopped")
    with scope(cast.organization.pk):
        assert preferences_of(cast.amira.user).email("one_on_one_cancelled") == "off"
    stranger.get_by_role("button", name="Undo").click()
    expect(stranger.locator("h1")).to_have_text("These mails come again")
    with scope(cast.organization.pk):
        assert preferences_of(cast.amira.user).email("one_on_one_cancelled") == "now"
        assert Message.objects.filter(kind="review_decided", state="skipped").count() == 1
