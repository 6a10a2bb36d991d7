"""What happens to the 1-on-1s in a mentor's time off: kept, moved, handed to somebody who stands in, cancelled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Membership, Role
from mentoring.models import Mentor, OneOnOne, TimeOff
from mentoring.relief import Relief
from mentoring.time_off_sessions import Decision, Do, affected_by, decide
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, a_mentor, booked
from tests.mentoring.test_booking import code_of

WEEK = (datetime(2026, 11, 24, 23, tzinfo=UTC), datetime(2026, 11, 27, 23, tzinfo=UTC))


@pytest.fixture
def off(given: Mentoring) -> TimeOff:
    """Joris is away from Wednesday to Friday; Sofia offers every working day."""
    a_mentor(member("Sofia Marchetti", "sofia@lantaarn.example", Role.MENTOR))
    return a_time_off(given)


def a_time_off(given: Mentoring) -> TimeOff:
    """As the database gives it."""
    made = TimeOff.objects.create(mentor=given.mentor, during=WEEK)
    return TimeOff.objects.select_related("mentor__membership__user").get(pk=made.pk)


def sofia() -> Mentor:
    return Mentor.objects.select_related("membership__user").get(membership__name="Sofia Marchetti")


def test_each_has_times_outside_the_time_off_and_others_at_the_same_time(given: Mentoring) -> None:
    one = booked(given)
    booked(given, start=WEDNESDAY + 7 * DAY)
    a_mentor(member("Sofia Marchetti", "sofia@lantaarn.example", Role.MENTOR))
    off = a_time_off(given)
    [affected] = affected_by(off, now=NOW)
    assert affected.one_on_one == one
    assert affected.times[0] == datetime(2026, 11, 24, 14, 45, tzinfo=UTC)
    assert not any(WEEK[0] <= start < WEEK[1] for start in affected.times)
    [other] = affected.others
    assert (other.match.candidate.name, other.start) == ("Sofia Marchetti", WEDNESDAY)


def test_each_decision_is_carried_out(given: Mentoring) -> None:
    sessions = [booked(given, start=WEDNESDAY + number * 45 * timedelta(minutes=1)) for number in range(4)]
    a_mentor(member("Sofia Marchetti", "sofia@lantaarn.example", Role.MENTOR))
    off = a_time_off(given)
    keep, moved, handed, cancelled = sessions
    decisions = {
        keep.pk: Decision(do=Do.KEEP),
        moved.pk: Decision(do=Do.MOVE, start=WEDNESDAY - DAY),
        handed.pk: Decision(do=Do.HAND_OVER, start=handed.starts_at, mentor=sofia().membership_id),
        cancelled.pk: Decision(do=Do.CANCEL),
    }
    said = {"time_off": off, "decisions": decisions, "by": given.cast.joris, "now": NOW + timedelta(hours=2)}
    assert code_of(decide, reason=" ", **said) == "reason_missing"
    # A day before is too soon for Joris to prepare; everything else is done.
    [left] = decide(reason="Holiday", **said)
    assert left.one_on_one == moved
    rows = {row.pk: row for row in OneOnOne.objects.select_related("mentor")}
    assert (rows[keep.pk].starts_at, rows[keep.pk].mentor) == (keep.starts_at, given.mentor)
    assert (rows[handed.pk].starts_at, rows[handed.pk].mentor) == (handed.starts_at, sofia())
    assert (rows[cancelled.pk].status, rows[cancelled.pk].cancel_reason) == ("cancelled", "Holiday")
    relief = Relief.objects.get()
    assert (relief.mentor, relief.first_day.day, relief.last_day.day) == (sofia().membership, 25, 27)


def test_only_the_mentor_and_staff_decide(given: Mentoring, off: TimeOff) -> None:
    assert code_of(decide, time_off=off, decisions={}, reason="", by=given.cast.amira, now=NOW) == "not_yours"
    assert decide(time_off=off, decisions={}, reason="", by=given.cast.ilse, now=NOW) == []


def test_hand_over_to_nobody_is_told(given: Mentoring) -> None:
    one = booked(given)
    off = a_time_off(given)
    for decision in (Decision(do=Do.HAND_OVER, start=WEDNESDAY), Decision(do=Do.MOVE)):
        [left] = decide(time_off=off, decisions={one.pk: decision}, reason="", by=given.cast.joris, now=NOW)
        assert left.why.endswith(("Choose somebody else.", "Pick one of the times."))


# -- the page ----------------------------------------------------------------------------------------------------------


def test_adding_time_off_with_sessions_in_it_leads_to_them(
    given_page: Mentoring, sign_in: Callable[[Membership | None], Client]
) -> None:
    with scope(given_page.cast.organization.pk):
        one = booked(given_page)
    client = sign_in(given_page.cast.joris)
    sent = {"part": "time_off", "time_off-first": "2026-11-25", "time_off-last": "2026-11-27", "time_off-note": ""}
    response = client.post("/o/lantaarn/availability/", sent, follow=True)
    with scope(given_page.cast.organization.pk):
        off = TimeOff.objects.get()
    assert response.redirect_chain == [(f"/o/lantaarn/availability/off/{off.pk}/", 302)]
    page = response.content.decode()
    assert "1-on-1s in your time off" in page
    assert f'name="do-{one.pk}"' in page
    refused = client.post(f"/o/lantaarn/availability/off/{off.pk}/", {f"do-{one.pk}": "cancel", "reason": ""})
    assert refused.status_code == 422
    assert "Write a reason, so that the other knows why." in refused.content.decode()
    assert 'value="cancel" selected' in refused.content.decode()
    done = client.post(f"/o/lantaarn/availability/off/{off.pk}/", {f"do-{one.pk}": "cancel", "reason": "Ski"})
    assert (done.status_code, done.headers["Location"]) == (302, "/o/lantaarn/availability/")
    with scope(given_page.cast.organization.pk):
        assert OneOnOne.objects.get().cancel_reason == "Ski"


def test_time_off_without_sessions_leads_back(
    given_page: Mentoring, sign_in: Callable[[Membership | None], Client]
) -> None:
    sent = {"part": "time_off", "time_off-first": "2026-11-25", "time_off-last": "2026-11-27", "time_off-note": ""}
    response = sign_in(given_page.cast.joris).post("/o/lantaarn/availability/", sent)
    assert response.headers["Location"] == "/o/lantaarn/availability/"
