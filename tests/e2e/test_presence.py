"""A mentor with a phone takes attendance, a learner checks in with the code, staff balance groups by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from cohorts.attendance import latest_marks
from cohorts.groups import grouping_of
from cohorts.history import enroll
from organizations.scope import scope
from tests.conftest import Cast, member
from tests.world import World, make_world

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PageOf = Callable[..., Page]


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def marks_of(world: World) -> dict[str, str]:
    with scope(world.cast.organization.pk):
        marks = latest_marks(world.gathering.days.all(), with_people=True).values()
        return {mark.enrollment.learner.name.split()[0]: mark.status for mark in marks}


def test_a_mentor_taps_who_is_here_and_a_learner_checks_in(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.joris, **PHONE)
    page.goto("/o/lantaarn/gatherings/")
    page.get_by_role("link", name="Take attendance").tap()
    daan = page.locator(".marks", has_text="Daan Kuiper")
    daan.get_by_role("button", name="Late").tap()
    expect(daan.get_by_role("button", name="Late")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#sheet-counts")).to_contain_text("1 late")
    expect(page.get_by_role("button", name="The others present")).to_be_visible()
    daan.get_by_role("button", name="Undo").tap()
    expect(daan.get_by_role("button", name="Late")).to_have_attribute("aria-pressed", "false")
    daan.get_by_role("button", name="Absent").tap()
    expect(page.locator("#sheet-counts")).to_contain_text("1 absent")
    size = daan.get_by_role("button", name="Absent").bounding_box()
    assert size is not None
    assert min(size["width"], size["height"]) >= 44

    page.get_by_role("button", name="Show a code").tap()
    code = page.locator(".code-shown").inner_text()
    phone = page_of(world.cast.amira, **PHONE)
    phone.goto("/o/lantaarn/home/")
    phone.get_by_role("link", name="Check in with a code").tap()
    expect(phone.get_by_label("Code")).to_be_focused()
    phone.get_by_label("Code").fill(code)
    phone.get_by_role("button", name="Check in").tap()
    expect(phone.locator("#toasts")).to_contain_text("You are checked in")
    assert marks_of(world) == {"Daan": "absent", "Amira": "present"}
    page.reload()
    expect(page.locator(".marks", has_text="Amira Haddad")).to_contain_text("Checked in")


def test_attendance_needs_no_script(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.joris, java_script_enabled=False, **PHONE)
    page.goto(f"/o/lantaarn/gatherings/{world.gathering.pk}/{world.gathering.first_day.isoformat()}/")
    page.get_by_role("button", name="All present").click()
    expect(page.get_by_role("button", name="Undo for everybody who was left")).to_be_visible()
    page.locator(".marks", has_text="Daan Kuiper").get_by_role("button", name="Excused").click()
    assert marks_of(world) == {"Amira": "present", "Daan": "excused"}


def test_staff_balance_groups_and_move_one_by_keyboard(page_of: PageOf, world: World) -> None:
    with scope(world.cast.organization.pk):
        for name in ("Bo", "Cas", "Dina", "Eva"):
            learner = member(f"{name} Peer", f"{name.lower()}@lantaarn.example", Role.LEARNER)
            enroll(cohort=world.cohort, learner=learner, by=None, effective_on=world.cohort.starts_on, status="active")
    page = page_of(world.cast.ilse)
    page.goto(f"/o/lantaarn/cohorts/{world.cohort.slug}/groups/")
    page.get_by_label("Learners in a group").select_option("3")
    page.get_by_role("button", name="Show a proposal").click()
    mover = page.get_by_label("Group of Bo Peer")
    before = mover.input_value()
    other = "2" if before == "1" else "1"
    group = page.locator("section", has=page.get_by_role("heading", name=f"Group {other}", exact=True))
    expect(group.locator("select")).to_have_count(3)
    mover.focus()
    mover.press("ArrowDown" if other == "2" else "ArrowUp")
    expect(group.locator("select")).to_have_count(4)
    expect(page.get_by_label("Group of Bo Peer")).to_be_focused()
    page.get_by_role("button", name="Apply these groups").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Group {other}", exact=True)).to_be_visible()
    with scope(world.cast.organization.pk):
        groups = grouping_of(world.cohort, on=world.gathering.first_day).groups
        sizes = {str(each.group.number): len(each.members) for each in groups}
    assert sizes == {before: 2, other: 4}
