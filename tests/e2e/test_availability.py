"""A mentor in Amsterdam paints a week by keyboard, mouse and finger; a learner in Kathmandu books in three taps."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from mentoring.models import AvailabilityWindow, Mentor, OneOnOne
from mentoring.zones import load_zone
from organizations.scope import scope
from tests.world import World, make_world

PageOf = Callable[..., Page]
PAGE = "/o/lantaarn/availability/"
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 2, 3, 5, 6


@pytest.fixture
def world(cast: Any) -> World:
    world = make_world(cast)
    for person, zone in ((cast.joris, "Europe/Amsterdam"), (cast.amira, "Asia/Kathmandu")):
        person.user.time_zone = zone
        person.user.save(update_fields=["time_zone"])
    return world


def windows(world: World) -> list[tuple[int, str]]:
    """The saved week as (weekday, "09:00-12:00")."""
    with scope(world.cast.organization.pk):
        rows = AvailabilityWindow.objects.order_by("weekday", "start_minute").values_list(
            "weekday", "start_minute", "end_minute"
        )
        return [
            (day, "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (start, end)))
            for day, start, end in rows
        ]


def cell(page: Page, name: str) -> Locator:
    """The cell that is called "Monday 09:00", whatever its state."""
    return page.get_by_role("gridcell", name=re.compile(f"^{name}, "))


def drag(page: Page, first: str, last: str) -> None:
    for name, press in ((first, page.mouse.down), (last, page.mouse.up)):
        cell(page, name).scroll_into_view_if_needed()
        box = cell(page, name).bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        press()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save weekly hours").click()
    expect(page.get_by_text("Your weekly hours are saved.")).to_be_visible()


def test_mentor_paints_a_week_by_keyboard(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.joris, timezone_id="Europe/Amsterdam")
    page.goto(PAGE)
    status = page.locator("[data-said]")
    cell(page, "Monday 09:00").focus()
    page.keyboard.press("Space")
    expect(status).to_have_text("Monday, 09:00 to 09:30: closed")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    expect(status).to_have_text("Monday to Friday, 09:00 to 12:00: closed")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    page.keyboard.press("Home")
    expect(cell(page, "Monday 11:30")).to_be_focused()
    page.keyboard.press("PageDown")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(cell(page, "Tuesday 16:00")).to_be_focused()
    page.keyboard.press("Space")
    expect(cell(page, "Tuesday 16:00")).to_have_attribute("aria-label", "Tuesday 16:00, open")
    page.keyboard.press("Control+z")
    expect(status).to_have_text("Undone.")
    save(page)
    assert windows(world) == [(MONDAY, "15:30-16:30")]


def test_mentor_paints_a_week_by_mouse(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.joris, timezone_id="Europe/Amsterdam")
    page.goto(PAGE)
    drag(page, "Monday 11:00", "Friday 11:30")  # an hour off every day
    page.get_by_label("Day", exact=True).select_option("Friday")
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Steps of the grid").select_option("Quarter hours")
    drag(page, "Thursday 13:15", "Thursday 13:45")
    drag(page, "Saturday 22:00", "Saturday 23:45")
    drag(page, "Sunday 00:00", "Sunday 01:45")  # goes on after midnight
    page.get_by_label("Day", exact=True).select_option("Saturday")
    page.get_by_label("Copy to").select_option("to Sunday")
    page.get_by_role("button", name="Copy").click()
    expect(cell(page, "Monday 01:45")).to_have_attribute("aria-selected", "true")
    save(page)
    assert windows(world) == [
        (MONDAY, "09:00-11:00"), (TUESDAY, "09:00-11:00"), (WEDNESDAY, "09:00-11:00"), (THURSDAY, "09:00-11:00"),
        (THURSDAY, "13:15-14:00"), (SATURDAY, "22:00-02:00"), (SUNDAY, "22:00-02:00"),
    ]  # fmt: skip
    drag(page, "Sunday 00:30", "Sunday 00:45")  # cuts what began on Saturday, after midnight
    save(page)
    assert windows(world)[-3:] == [(SATURDAY, "22:00-00:30"), (SUNDAY, "01:00-02:00"), (SUNDAY, "22:00-02:00")]


def test_mentor_paints_a_week_with_a_finger(page_of: PageOf, world: World) -> None:
    page = page_of(
        world.cast.joris, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
        timezone_id="Europe/Amsterdam",
    )  # fmt: skip
    page.goto(PAGE)
    cell(page, "Monday 11:30").tap()
    expect(cell(page, "Monday 11:30")).to_have_attribute("aria-selected", "false")
    page.get_by_role("button", name="Undo").tap()
    expect(cell(page, "Monday 11:30")).to_have_attribute("aria-selected", "true")
    cell(page, "Sunday 11:30").tap()
    save(page)
    assert windows(world)[-2:] == [(4, "09:00-12:00"), (SUNDAY, "11:30-12:00")]


def test_painting_and_typing_are_one_and_show_at_once_what_learners_see(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.joris, timezone_id="Europe/Amsterdam")
    page.goto(PAGE)
    page.get_by_label("On a clock in").select_option("Asia/Kathmandu")
    expect(page.locator("#preview")).to_contain_text("on the clock of Kathmandu. In brackets your own, Amsterdam.")
    page.get_by_text("Type the hours").click()
    page.get_by_label("Wednesday, from").nth(1).fill("20:10")
    page.get_by_label("Wednesday, until").nth(1).fill("21:00")
    page.keyboard.press("Tab")
    expect(cell(page, "Wednesday 20:00")).to_have_attribute("aria-label", "Wednesday 20:00, partly open")
    expect(page.locator("#preview")).to_contain_text("20:10)")
    cell(page, "Wednesday 20:00").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Wednesday, from").nth(1)).to_have_value("20:00")
    expect(page.locator("#preview")).to_contain_text("20:00)")
    assert (WEDNESDAY, "20:00-21:00") not in windows(world)
    save(page)
    assert (WEDNESDAY, "20:00-21:00") in windows(world)


def test_hours_are_typed_and_previewed_without_a_script(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.joris, java_script_enabled=False)
    page.goto(PAGE)
    expect(page.get_by_role("grid")).to_have_count(0)
    page.get_by_label("Sunday, from").fill("22:00")
    page.get_by_label("Sunday, until").fill("02:00")
    save(page)
    assert windows(world)[-1] == (SUNDAY, "22:00-02:00")
    page.get_by_label("On a clock in").select_option("Asia/Kathmandu")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#preview")).to_contain_text("on the clock of Kathmandu.")


def next_change_of_clocks(zone: ZoneInfo) -> date:
    """The first day, from a week ahead, on whose evening the offset is another than the evening before."""
    day = timezone.localdate() + timedelta(days=7)
    while offset_on(day, zone) == offset_on(day - timedelta(days=1), zone):
        day += timedelta(days=1)
    return day


def offset_on(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime(day.year, day.month, day.day, 20, tzinfo=zone).utcoffset()


def test_learner_in_kathmandu_books_in_three_taps_on_either_side_of_a_change_of_clocks(
    page_of: PageOf, world: World
) -> None:
    amsterdam, kathmandu = load_zone("Europe/Amsterdam"), load_zone("Asia/Kathmandu")
    change = next_change_of_clocks(amsterdam)
    friday, monday = change - timedelta(days=2), change + timedelta(days=1)
    with scope(world.cast.organization.pk):
        Mentor.objects.update(max_days_ahead=366)
    learner = page_of(
        world.cast.amira, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
        timezone_id="Asia/Kathmandu",
    )  # fmt: skip
    for day in (friday, monday):
        start = datetime(day.year, day.month, day.day, 9, tzinfo=amsterdam)
        there = f"{start.astimezone(kathmandu):%H:%M}"
        learner.goto(f"/o/lantaarn/sessions/?from={day}")
        slot = learner.locator(".day[open] .choice").first
        expect(slot).to_have_text(f"{there}09:00")
        expect(
            learner.get_by_text("Your time, Kathmandu. Below it the clock of Joris Hoekema, Amsterdam.")
        ).to_be_visible()
        slot.tap()
        book = learner.get_by_role("button", name=re.compile(f"^Book .+, {there}$"))
        book.tap()
        expect(learner.locator(".notice.ok", has_text=f"{there} (Kathmandu)").last).to_contain_text("09:00 (Amsterdam)")
        with scope(world.cast.organization.pk):
            assert OneOnOne.objects.booked().filter(during__startswith=start).count() == 1
        mentor = page_of(world.cast.joris, timezone_id="Europe/Amsterdam")
        mentor.goto(f"/o/lantaarn/week/?week={day}")
        expect(mentor.locator(".ev", has_text="Amira Haddad")).to_contain_text("09:00")
    friday_there, monday_there = (
        datetime(day.year, day.month, day.day, 9, tzinfo=amsterdam).astimezone(kathmandu).hour
        for day in (friday, monday)
    )
    assert abs(friday_there - monday_there) == 1


def test_learner_books_from_the_first_page_in_two_taps(page_of: PageOf, world: World) -> None:
    page = page_of(
        world.cast.amira, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
        timezone_id="Asia/Kathmandu",
    )  # fmt: skip
    page.goto("/o/lantaarn/home/")
    expect(page.locator(".slots .choice").first).to_contain_text("09:00")  # the mentor's clock, below
    page.locator(".slots .choice").nth(1).tap()
    page.get_by_role("button", name=re.compile("^Book ")).tap()
    expect(page.locator(".notice.ok").first).to_contain_text("(Kathmandu)")
    with scope(world.cast.organization.pk):
        assert OneOnOne.objects.booked().filter(enrollment=world.enrollment).count() == 2
