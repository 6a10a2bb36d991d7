"""A pair that meets regularly, set up on a phone; and staff who hand a leaving mentor's 1-on-1s to somebody else."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role
from mentoring.booking import book, open_slots
from mentoring.models import AvailabilityWindow, Mentor, OneOnOne
from mentoring.series_records import Series
from organizations.scope import scope
from tests.conftest import Cast, member
from tests.e2e.test_accessibility import WCAG
from tests.mentoring.given import DAY
from tests.world import World, make_world

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def world(cast: Cast) -> World:
    """Amira and Joris do not meet regularly any more."""
    made = make_world(cast)
    with scope(cast.organization.pk):
        Series.objects.update(stopped_from=timezone.localdate())
    return made


def faults(page: Page) -> list[str]:
    return [each["id"] for each in Axe().run(page, options=WCAG).response["violations"]]


def test_pair_meets_regularly_from_a_phone(page_of: Callable[..., Page], world: World) -> None:
    amira = page_of(world.cast.amira, **PHONE)
    amira.goto("/o/lantaarn/sessions/")
    amira.get_by_role("link", name="Meet regularly").click()
    expect(amira.get_by_role("heading", name="Meet regularly")).to_be_visible()
    assert faults(amira) == []
    amira.get_by_role("button", name="Show the dates").click()
    expect(amira.get_by_text("Choose how often you meet.").first).to_be_visible()
    amira.get_by_label("Every 2 weeks").check()
    amira.locator("details.day[open] label.choice").first.click()
    amira.get_by_role("button", name="Show the dates").click()

    expect(amira.get_by_role("heading", name="Every 2 weeks on")).to_be_visible()
    assert faults(amira) == []
    assert not amira.evaluate("document.documentElement.scrollWidth > innerWidth")
    choices = amira.locator("select[name^=on-]")
    shown = choices.count()
    choices.nth(1).select_option(label="Skip this one")
    amira.get_by_role("button", name="Book these dates").click()
    expect(amira.get_by_text(f"{shown - 1} 1-on-1s are booked, later ones follow by themselves.")).to_be_visible()
    expect(amira.get_by_role("link", name="Stop it")).to_be_visible()
    with scope(world.cast.organization.pk):
        assert OneOnOne.objects.filter(series__stopped_from=None, status="booked").exclude(series=None).count() == (
            shown - 1
        )

    amira.get_by_role("link", name="Stop it").click()
    amira.get_by_label("Reason").fill("Exams")
    amira.get_by_role("button", name="Stop and cancel").click()
    expect(amira.get_by_text("The regular 1-on-1s stop.")).to_be_visible()
    with scope(world.cast.organization.pk):
        assert OneOnOne.objects.exclude(series=None).booked().count() == 0


def test_staff_hand_over_from_a_mentor_who_leaves(page_of: Callable[..., Page], world: World) -> None:
    with scope(world.cast.organization.pk):
        sofia = member("Sofia Marchetti", "sofia@lantaarn.example", Role.MENTOR)
        offer = Mentor.objects.create(membership=sofia, time_zone="Europe/Amsterdam", languages=["en"], capacity=3)
        for weekday in range(5):
            AvailabilityWindow.objects.create(mentor=offer, weekday=weekday, start_minute=540, end_minute=720)
        joris, now = Mentor.objects.select_related("membership__user").get(membership=world.cast.joris), timezone.now()
        amira = world.cast.amira.enrollments.select_related("learner__user", "mentor__user", "cohort").get()
        start = open_slots(mentor=joris, enrollment=amira, start=now, end=now + 20 * DAY, now=now)[-1]
        book(mentor=joris, enrollment=amira, start=start, by=world.cast.ilse, now=now)
    ilse = page_of(world.cast.ilse)
    ilse.goto("/o/lantaarn/mentors/")
    ilse.get_by_role("row", name="Joris Hoekema").get_by_role("link", name="Hand over").click()
    expect(ilse.get_by_role("heading", name="Hand over from Joris Hoekema")).to_be_visible()
    expect(ilse.get_by_text("speaks English")).to_be_visible()
    expect(ilse.get_by_label("Time with the new mentor")).to_contain_text("Same time")
    assert faults(ilse) == []
    ilse.get_by_role("button", name="Ask them").click()
    expect(ilse.get_by_text("You asked for 1 learner.").first).to_be_visible()
    expect(ilse.get_by_text("From Joris Hoekema to Sofia Marchetti")).to_be_visible()
    assert faults(ilse) == []
    colleague = page_of(sofia)
    colleague.goto("/o/lantaarn/week/")
    colleague.get_by_role("link", name="Accept or decline").click()
    expect(colleague.get_by_label("Time with you")).to_contain_text("Same time")
    assert faults(colleague) == []
    colleague.get_by_role("button", name="Take over Amira Haddad").click()
    expect(colleague.get_by_text("You take over Amira Haddad.").first).to_be_visible()
    ilse.goto("/o/lantaarn/mentors/")
    expect(ilse.get_by_role("row", name="Sofia Marchetti")).to_contain_text("1 of 3 taken")
    with scope(world.cast.organization.pk):
        moved = OneOnOne.objects.upcoming(at=now).get()
        assert (moved.mentor, moved.starts_at) == (offer, start)
