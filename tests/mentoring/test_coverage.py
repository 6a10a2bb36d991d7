from collections.abc import Callable
from datetime import date, timedelta

from django.test import Client

from accounts.models import Membership
from cohorts.models import Enrollment
from cohorts.panels import panels_for
from cohorts.standing import Standing, standings_of
from cohorts.thresholds import limits_on
from mentoring.coverage import coverage_of, no_one_on_one
from mentoring.next_up import first_slots
from mentoring.slot_days import Offer
from mentoring.waiting import waiting_for
from tests.conftest import NOW
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, booked, recorded

SignIn = Callable[[Membership | None], Client]
MINUTE = timedelta(minutes=1)


# -- this month --------------------------------------------------------------------------------------------------------


def test_coverage_counts_what_was_held_and_shows_booked_apart(given: Mentoring) -> None:
    recorded(given, start=NOW - 40 * DAY, status="held")
    recorded(given, start=NOW - 3 * DAY, status="learner_no_show")
    booked(given)
    recorded(given, start=NOW - 2 * DAY, status="held", enrollment=given.daan)
    coverage = coverage_of(given.cast.joris, now=NOW)
    assert (coverage.month, coverage.learners, coverage.met, coverage.share) == (date(2026, 11, 1), 2, 1, 0.5)
    [amira] = coverage.unseen
    assert (amira.enrollment, amira.last, amira.booked) == (given.amira, NOW - 40 * DAY, WEDNESDAY)


def test_month_begins_at_the_viewers_midnight(given: Mentoring) -> None:
    midnight = NOW.replace(day=1, hour=0) - timedelta(hours=1)
    recorded(given, start=midnight - 45 * MINUTE, status="held")
    recorded(given, start=midnight, status="held", enrollment=given.daan)
    assert [met.enrollment for met in coverage_of(given.cast.joris, now=NOW).unseen] == [given.amira]


def test_coverage_is_of_those_who_take_part_and_of_this_mentor(given: Mentoring) -> None:
    Enrollment.objects.filter(pk=given.amira.pk).update(status="withdrawn")
    Enrollment.objects.filter(pk=given.daan.pk).update(mentor=given.cast.ilse)
    coverage = coverage_of(given.cast.joris, now=NOW)
    assert (coverage.learners, coverage.unseen, coverage.share) == (0, [], 1.0)


# -- at risk -----------------------------------------------------------------------------------------------------------


def standing(given: Mentoring, enrollment: Enrollment, on: date) -> Standing:
    fresh = Enrollment.objects.for_page().get(pk=enrollment.pk)
    return standings_of([fresh], on=on)[0]


def said(given: Mentoring, on: date) -> list[tuple[str, date]]:
    reasons = no_one_on_one([standing(given, given.amira, on)], on, limits_on(on))
    return [(reason.text, reason.since) for _pk, reason in reasons]


def test_thirty_five_days_without_a_held_one_is_a_reason(given: Mentoring) -> None:
    held = WEDNESDAY.date()
    recorded(given, start=WEDNESDAY, status="held")
    recorded(given, start=WEDNESDAY + DAY, status="mentor_no_show")
    assert said(given, held + 34 * DAY) == []
    assert said(given, held + 35 * DAY) == [("No 1-on-1 for 35 days", held)]


def test_who_never_met_counts_from_the_start(given: Mentoring) -> None:
    start = given.cohort.starts_on
    assert said(given, start + 34 * DAY) == []
    assert said(given, start + 36 * DAY) == [("No 1-on-1 yet in 36 days", start)]


def test_what_is_held_later_does_not_count_yet(given: Mentoring) -> None:
    recorded(given, start=WEDNESDAY, status="held")
    before = WEDNESDAY.date() - DAY
    assert said(given, before) == [("No 1-on-1 yet in 78 days", given.cohort.starts_on)]


def test_day_of_a_one_on_one_is_that_of_the_cohorts_clock(given: Mentoring) -> None:
    late = WEDNESDAY.replace(hour=23, minute=30)  # half past midnight on Thursday in Amsterdam
    recorded(given, start=late, status="held")
    assert said(given, date(2026, 12, 30)) == []
    assert said(given, date(2026, 12, 31)) == [("No 1-on-1 for 35 days", date(2026, 11, 26))]


def test_on_leave_is_no_reason(given: Mentoring) -> None:
    Enrollment.objects.filter(pk=given.amira.pk).update(status="on_leave")
    assert said(given, given.cohort.starts_on + 60 * DAY) == []


# -- beside other things -----------------------------------------------------------------------------------------------


def test_next_up_is_the_one_that_is_on_or_comes_next(given: Mentoring) -> None:
    assert waiting_for(given.amira, now=NOW).next is None
    recorded(given, start=WEDNESDAY - DAY, status="cancelled")
    soon, later = booked(given), booked(given, start=WEDNESDAY + DAY)
    assert waiting_for(given.amira, now=NOW).next == soon
    assert waiting_for(given.amira, now=WEDNESDAY + 44 * MINUTE).next == soon
    assert waiting_for(given.amira, now=WEDNESDAY + 45 * MINUTE).next == later


def test_first_slots_are_those_that_can_be_booked(given: Mentoring) -> None:
    booked(given, start=WEDNESDAY - 45 * MINUTE)
    first = first_slots(given.amira, WEDNESDAY - DAY - 90 * MINUTE, 3)
    assert [slot.value for day in first.days for slot in day.slots] == [
        "2026-11-25T08:00Z", "2026-11-25T09:30Z", "2026-11-25T10:15Z",
    ]  # fmt: skip
    given.amira.status = Enrollment.Status.ON_LEAVE
    assert first_slots(given.amira, NOW) == Offer()
    given.daan.mentor = None
    assert first_slots(given.daan, NOW) == Offer()


def test_learners_page_shows_the_next_and_the_last_ones(given: Mentoring) -> None:
    coming = booked(given)
    asked = recorded(given, start=NOW - DAY, status="booked")
    held = recorded(given, start=NOW - 2 * DAY, status="held")
    for viewer in (given.cast.ilse, given.cast.joris):
        [panel] = [panel for panel in panels_for(given.amira, viewer=viewer, now=NOW) if panel.key == "one_on_ones"]
        assert panel.content["coming"] == [coming]
        assert [(row["meeting"], row["may_settle"]) for row in panel.content["past"]] == [(asked, True), (held, False)]


def test_panel_stands_on_the_learners_page(given_page: Mentoring, sign_in: SignIn) -> None:
    page = sign_in(given_page.cast.ilse).get(f"/o/lantaarn/learners/{given_page.amira.pk}/")
    assert page.status_code == 200
    assert "Nothing booked." in page.content.decode()
