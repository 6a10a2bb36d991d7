from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.errors import CohortError
from cohorts.holidays import MOST_BYTES, compare_holidays, import_holidays, preview_holidays, read_calendar
from cohorts.models import Break
from tests.cohorts.given import NOW, START, a_cohort
from tests.conftest import Cast
from tests.examples import examples

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FIRST = date(2026, 9, 1)


def ics(*events: str, head: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{head}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def event(uid: str, name: str, *lines: str) -> str:
    return "\n".join([f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{name}", *lines])


def days(first: str, last: str = "") -> tuple[str, ...]:
    return (f"DTSTART;VALUE=DATE:{first}", *([f"DTEND;VALUE=DATE:{last}"] if last else []))


def read(data: bytes) -> list[tuple[str, str, str]]:
    found = read_calendar(data, first=FIRST, zone=AMSTERDAM)
    return [(one.name, one.starts_on.isoformat(), one.ends_on.isoformat()) for one in found.holidays]


def left_out(data: bytes) -> list[tuple[str, str]]:
    return [(one.name, one.reason) for one in read_calendar(data, first=FIRST, zone=AMSTERDAM).left_out]


def code(data: bytes) -> str:
    with pytest.raises(CohortError) as caught:
        read_calendar(data, first=FIRST, zone=AMSTERDAM)
    return caught.value.code


def test_whole_days_end_the_day_before_the_end_and_old_ones_are_left_out() -> None:
    assert read(
        ics(
            event("a", "Autumn\\, north", *days("20261017", "20261026")),
            event("b", "One day", *days("20261205")),
            event("c", "Over", *days("20260101", "20260105")),
            event("d", "Two by duration", "DTSTART;VALUE=DATE:20270105", "DURATION:P2D"),
        )
    ) == [
        ("Autumn, north", "2026-10-17", "2026-10-25"),
        ("One day", "2026-12-05", "2026-12-05"),
        ("Two by duration", "2027-01-05", "2027-01-06"),
    ]


def test_timed_entries_are_the_days_that_they_touch_on_the_cohorts_clock() -> None:
    assert read(
        ics(
            event("a", "Evening", "DTSTART:20261005T210000Z", "DTEND:20261005T230000Z"),
            event("b", "Until midnight", "DTSTART;TZID=Europe/Amsterdam:20261101T000000", "DTEND:20261102T230000Z"),
            event(
                "c", "No such zone", "DTSTART;TZID=Mars/Base:20261207T090000", "DTEND;TZID=Mars/Base:20261207T170000"
            ),
            event("d", "No end", "DTSTART:20261210T090000"),
        )
    ) == [
        ("Evening", "2026-10-05", "2026-10-06"),
        ("Until midnight", "2026-11-01", "2026-11-02"),
        ("No such zone", "2026-12-07", "2026-12-07"),
        ("No end", "2026-12-10", "2026-12-10"),
    ]


def test_yearly_holidays_are_taken_for_the_years_ahead_without_what_the_file_takes_out() -> None:
    found = read(
        ics(
            event("a", "King's Day", *days("20140427", "20140428"), "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20280427"),
            event("b", "Twice", *days("20261225", "20261227"), "RRULE:FREQ=YEARLY;COUNT=2"),
            event("c", "Until", *days("20261231"), "RRULE:FREQ=YEARLY;UNTIL=20271231T000000Z"),
            event("d", "Thanksgiving", *days("20201126"), "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=8"),
        )
    )
    assert [row[:2] for row in found] == [
        ("Thanksgiving", "2026-11-26"), ("Twice", "2026-12-25"), ("Until", "2026-12-31"), ("King's Day", "2027-04-27"),
        ("Thanksgiving", "2027-11-25"), ("Twice", "2027-12-25"), ("Until", "2027-12-31"), ("King's Day", "2029-04-27"),
        ("King's Day", "2030-04-27"), ("King's Day", "2031-04-27"), ("King's Day", "2032-04-27"),
    ]  # fmt: skip


def test_what_cannot_be_a_break_is_told_with_its_reason() -> None:
    assert left_out(
        ics(
            event("a", "Every week", *days("20261005"), "RRULE:FREQ=WEEKLY"),
            event("b", "Every second", "DTSTART:19700101T000000Z", "RRULE:FREQ=SECONDLY;COUNT=999999999"),
            event("c", "Two years", *days("20261005", "20281005")),
            event("d", "No start"),
            event("e", "Off", *days("20261005"), "STATUS:CANCELLED"),
            event("f", "Ancient", *days("15000101"), "RRULE:FREQ=YEARLY"),
        )
    ) == [
        ("Every week", "It repeats in another way than once a year. Enter it by hand."),
        ("Every second", "It repeats in another way than once a year. Enter it by hand."),
        ("Two years", "It is longer than a year."),
        ("No start", "Its days cannot be read."),
        ("Off", "It is cancelled."),
        ("Ancient", "Its days cannot be read."),
    ]


def test_bombs_end_soon() -> None:
    never = event("a", "Never", *days("20260101"), "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=999999999")
    daily = event("b", "Daily", *days("20260101"), "RRULE:FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 366))))

    assert code(ics(never)) == "nothing_in_file"
    assert code(ics(daily)) == "too_many_events"
    assert code(ics(*[event(str(n), "x", *days("20261005")) for n in range(2001)])) == "too_many_events"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"x" * (MOST_BYTES + 1), "file_too_large"),
        (b"", "not_a_calendar"),
        (b"\x00\xff\xfe", "not_a_calendar"),
        (b"Name,First day\nChristmas,2026-12-25", "not_a_calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR", "not_a_calendar"),
        (b"BEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:20261225\r\nEND:VEVENT\r\n", "not_a_calendar"),
        (ics(), "nothing_in_file"),
    ],
)
def test_file_that_holds_no_holidays_is_refused(data: bytes, expected: str) -> None:
    assert code(data) == expected


LINES = st.sampled_from([
    "DTSTART:20261225T000000Z", "DTSTART;VALUE=DATE:20261225", "DTSTART;VALUE=DATE:99991231", "DTSTART:garbage", "UID:",
    "DTEND;VALUE=DATE:00010101", "DTEND;VALUE=DATE:99991231", "DTEND;TZID=Nowhere/At/All:20261226T000000",
    "SUMMARY:\x07",
    "RRULE:FREQ=YEARLY;INTERVAL=0", "RRULE:FREQ=YEARLY;COUNT=-1", "RRULE:FREQ=YEARLY;UNTIL=99991231",
    "RRULE:", "RDATE:x",
    "RRULE:FREQ=YEARLY;BYSETPOS=400", "EXDATE:20261225", "EXDATE;VALUE=DATE:20271225",
    "DURATION:P99999999W", "DTSTART:",
    "RRULE:FREQ=YEARLY;INTERVAL=99999999999", "RRULE:FREQ=YEARLY;BYEASTER=0", "DURATION:-P3D", "RRULE:FREQ=BANANA",
])  # fmt: skip


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(LINES, max_size=6))
def test_any_entry_is_read_or_left_out_and_never_a_surprise(lines: list[str]) -> None:
    try:
        found = read_calendar(ics("\n".join(["UID:x", *lines])), first=FIRST, zone=AMSTERDAM)
    except CohortError:
        return
    assert all(one.starts_on <= one.ends_on and one.ends_on >= FIRST for one in found.holidays)


# -- beside what is there ----------------------------------------------------------------------------------------------


def found(data: bytes) -> list[tuple[str, str]]:
    calendar = read_calendar(data, first=FIRST, zone=AMSTERDAM)
    return [(one.holiday.name, one.state) for one in compare_holidays(calendar.holidays, cohort=None)]


def take(data: bytes) -> int:
    calendar = read_calendar(data, first=FIRST, zone=AMSTERDAM)
    return import_holidays(findings=compare_holidays(calendar.holidays, cohort=None), cohort=None, today=NOW.date())


def test_newer_file_changes_what_an_older_one_brought_and_removes_nothing(lantaarn: Cast) -> None:
    cohort = a_cohort()
    Break.objects.create(name="By hand", starts_on=date(2026, 12, 5), ends_on=date(2026, 12, 5))
    old = ics(
        event("x", "Christmas", *days("20261221", "20270104")),
        event("s", "Sinterklaas", *days("20261205")),
        event("a", "Autumn", *days("20261019", "20261024")),
    )
    new = ics(event("x", "Christmas", *days("20261221", "20270111")), event("k", "King's Day", *days("20270427")))
    assert found(old) == [("Autumn", "new"), ("Sinterklaas", "same"), ("Christmas", "new")]
    calendar = read_calendar(old, first=FIRST, zone=AMSTERDAM)
    findings = compare_holidays(calendar.holidays, cohort=None)
    [effect] = preview_holidays(findings=findings, cohort=None, today=NOW.date())
    ends = cohort.milestones.order_by("-position")[0].due_on

    assert take(old) == 2
    last = cohort.milestones.order_by("-position")[0].due_on
    # Christmas, autumn, and the day by hand that no schedule knew of yet.
    assert (effect.ends_on, (last - ends).days) == (last, 14 + 5 + 1)
    assert (take(old), found(old)) == (0, [("Autumn", "same"), ("Sinterklaas", "same"), ("Christmas", "same")])
    assert found(new) == [("Christmas", "changed"), ("King's Day", "new")]
    assert take(new) == 2

    kept = [
        (one.name, one.starts_on.isoformat(), one.ends_on.isoformat()) for one in Break.objects.order_by("starts_on")
    ]
    assert kept == [
        ("Autumn", "2026-10-19", "2026-10-23"),
        ("By hand", "2026-12-05", "2026-12-05"),
        ("Christmas", "2026-12-21", "2027-01-10"),
        ("King's Day", "2027-04-27", "2027-04-27"),
    ]
    assert (cohort.milestones.order_by("-position")[0].due_on - last).days == 7


def test_break_that_covers_all_of_a_cohort_is_refused_with_its_dates(lantaarn: Cast) -> None:
    a_cohort(name="Short")
    whole = ics(event("x", "Everything", *days("20260901", "20270301")))

    with pytest.raises(CohortError) as caught:
        take(whole)

    assert str(caught.value) == "This covers all of Short, from 7 Sep 2026 to 24 Jan 2027. Choose fewer days."
    assert (Break.objects.count(), START) == (0, date(2026, 9, 7))
