"""Pairs that meet regularly: set up, continued every night, moved in part, stopped, ended by themselves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cohorts.models import Break, Enrollment
from mentoring.booking import book, cancel, move
from mentoring.errors import MentoringError, SlotTaken
from mentoring.models import Mentor, OneOnOne, TimeOff
from mentoring.series import continue_series, plan_series, start_series, stop_series
from mentoring.series_records import Series
from mentoring.tasks import continue_organization_series
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring
from tests.mentoring.test_booking import code_of, elsewhere

FORTNIGHT = timedelta(days=14)


def started(given: Mentoring, **values: Any) -> Series:
    """Amira and Joris every other Wednesday at half past ten, from 25 November on."""
    options: dict[str, Any] = {
        "mentor": given.mentor, "enrollment": given.amira, "rhythm": "fortnightly", "first": WEDNESDAY, "choices": {},
        "by": given.cast.amira, "now": NOW, **values,
    }  # fmt: skip
    return start_series(**options)


def booked_days(series: Series) -> list[tuple[date | None, datetime]]:
    rows = OneOnOne.objects.booked().filter(series=series).order_by("during")
    return [(row.series_day, row.starts_at) for row in rows]


def on(day: int, hour: int = 9, minute: int = 30, month: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_dates_up_to_the_horizon_are_ordinary_one_on_ones(given: Mentoring) -> None:
    series = started(given)
    assert booked_days(series) == [
        (date(2026, 11, 25), WEDNESDAY),
        (date(2026, 12, 9), on(9)),
        (date(2026, 12, 23), on(23)),
        (date(2027, 1, 6), on(6, month=1, year=2027)),
        (date(2027, 1, 20), on(20, month=1, year=2027)),
    ]
    assert (series.first_day, series.minute, series.planned_through) == (date(2026, 11, 25), 630, date(2027, 1, 20))
    assert Message.objects.filter(kind="one_on_one_booked").count() == 10


def test_break_is_skipped_or_another_time_taken_as_the_person_chose(given: Mentoring) -> None:
    Break.objects.create(name="Winter", starts_on=date(2026, 12, 23), ends_on=date(2027, 1, 1))
    plan = plan_series(mentor=given.mentor, enrollment=given.amira, rhythm="fortnightly", first=WEDNESDAY, now=NOW)
    assert [one.fate for one in plan] == ["open", "open", "break", "open", "open"]
    nearest = plan[2].nearest
    assert nearest == on(22, 14, 45)
    series = started(given, choices={date(2026, 12, 23): nearest, date(2026, 12, 9): None})
    assert [day for day, _start in booked_days(series)] == [
        date(2026, 11, 25), date(2026, 12, 23), date(2027, 1, 6), date(2027, 1, 20)
    ]  # fmt: skip
    assert OneOnOne.objects.get(series_day=date(2026, 12, 23)).starts_at == nearest


def test_nothing_is_booked_when_one_date_was_taken_meanwhile(given: Mentoring) -> None:
    book(mentor=given.mentor, enrollment=given.daan, start=on(9), by=given.cast.daan, now=NOW)
    with pytest.raises(SlotTaken, match="Wed 9 Dec, 10:30: That time was taken a moment ago"):
        started(given, choices={date(2026, 12, 9): on(9)})
    assert (Series.objects.count(), OneOnOne.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"rhythm": "daily"}, "unknown_rhythm"),
        ({"choices": {date(2026, 11, 25): on(9)}}, "too_far_off"),
        ({"first": datetime(2026, 11, 25, 9, 35, tzinfo=UTC)}, "no_dates"),
    ],
)
def test_start_refuses(given: Mentoring, values: dict[str, Any], code: str) -> None:
    assert code_of(started, given=given, **values) == code
    assert (Series.objects.count(), OneOnOne.objects.count()) == (0, 0)


def test_learner_mentor_and_staff_start_one_and_nobody_else(given: Mentoring) -> None:
    assert code_of(started, given=given, by=given.cast.daan) == "not_yours"
    started(given, by=given.cast.joris)
    started(given, by=given.cast.ilse, enrollment=given.daan, first=WEDNESDAY + DAY)
    assert code_of(started, given=given, first=WEDNESDAY + 2 * DAY) == "series_running"


def test_on_leave_or_without_mentor_there_is_no_series(given: Mentoring) -> None:
    Enrollment.objects.filter(pk=given.amira.pk).update(status="on_leave")
    given.amira.refresh_from_db()
    assert code_of(started, given=given) == "on_leave"


# -- every night -------------------------------------------------------------------------------------------------------


def test_continues_as_the_horizon_reaches_further_and_only_once(given: Mentoring) -> None:
    series = started(given)
    assert continue_series(series=series, now=NOW) == []
    later = NOW + 2 * FORTNIGHT
    assert continue_series(series=series, now=later) == []
    assert continue_series(series=series, now=later) == []
    assert [day for day, _start in booked_days(series)][-2:] == [date(2027, 2, 3), date(2027, 2, 17)]


def test_what_cannot_be_booked_is_mailed_once_with_the_nearest_time(given: Mentoring) -> None:
    series = started(given)
    TimeOff.objects.create(mentor=given.mentor, during=(on(2, 0, 0, 2, 2027), on(5, 0, 0, 2, 2027)))
    later = NOW + FORTNIGHT
    [missed] = continue_series(series=series, now=later)
    assert (missed.day, missed.fate) == (date(2027, 2, 3), "time_off")
    assert continue_series(series=series, now=later) == []
    mails = Message.objects.filter(kind="series_missed").order_by("recipient__email")
    assert [row.recipient.email for row in mails] == ["amira@lantaarn.example", "joris@lantaarn.example"]
    assert mails[0].payload["dates"][0]["fate"] == "time_off"
    assert mails[0].payload["dates"][0]["nearest"].startswith("2027-02-01T14:45")


def test_what_somebody_else_took_elsewhere_is_told_as_taken(given: Mentoring) -> None:
    series = started(given)
    cast = given.cast
    with scope(cast.elsewhere.pk):
        there = elsewhere(cast, learner_user=cast.amira.user)
        book(start=on(3, month=2, year=2027), now=NOW + FORTNIGHT, **there)
    [missed] = continue_series(series=series, now=NOW + FORTNIGHT)
    assert missed.is_open
    assert Message.objects.filter(kind="series_missed")[0].payload["dates"][0]["fate"] == "taken"


def test_during_leave_nothing_happens_and_afterwards_it_goes_on(given: Mentoring) -> None:
    series = started(given)
    Enrollment.objects.filter(pk=given.amira.pk).update(status="on_leave")
    assert continue_series(series=series, now=NOW + 3 * FORTNIGHT) == []
    assert Message.objects.filter(kind__startswith="series").count() == 0
    Enrollment.objects.filter(pk=given.amira.pk).update(status="active")
    continue_series(series=series, now=NOW + 3 * FORTNIGHT)
    assert booked_days(series)[-1][0] == date(2027, 3, 3)


def test_ends_by_itself_when_the_pair_is_none_any_more_and_both_are_told(given: Mentoring) -> None:
    series = started(given)
    Enrollment.objects.filter(pk=given.amira.pk).update(status="graduated")
    continue_series(series=series, now=NOW + FORTNIGHT)
    continue_series(series=series, now=NOW + FORTNIGHT)
    series.refresh_from_db()
    assert series.stopped_from == date(2026, 12, 7)
    assert Message.objects.filter(kind="series_ended").count() == 2


def test_nightly_task_goes_on_with_every_series(given: Mentoring, monkeypatch: pytest.MonkeyPatch) -> None:
    series = started(given)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + FORTNIGHT)
    continue_organization_series(str(given.cast.organization.pk))
    assert booked_days(series)[-1][0] == date(2027, 2, 3)


# -- one of them, and the end ------------------------------------------------------------------------------------------


def test_moving_or_cancelling_one_leaves_the_rest_and_is_not_booked_again(given: Mentoring) -> None:
    series = started(given)
    first, second, *_rest = (
        OneOnOne.objects.filter(series=series).order_by("during").select_related("mentor_person", "learner_person")
    )
    move(one_on_one=first, start=WEDNESDAY + DAY, by=given.cast.amira, now=NOW, sequence=0)
    cancel(one_on_one=second, reason="Ill", by=given.cast.amira, now=NOW)
    continue_series(series=series, now=NOW + timedelta(hours=1))
    assert booked_days(series)[:2] == [
        (date(2026, 11, 25), WEDNESDAY + DAY), (date(2026, 12, 23), on(23))
    ]  # fmt: skip


def test_stop_from_a_date_cancels_what_is_booked_for_it_and_later(given: Mentoring) -> None:
    series = started(given)
    stopped = stop_series(series=series, from_day=date(2026, 12, 20), reason="Exams", by=given.cast.joris, now=NOW)
    assert stopped == 3
    assert [day for day, _start in booked_days(series)] == [date(2026, 11, 25), date(2026, 12, 9)]
    assert continue_series(series=series, now=NOW + FORTNIGHT) == []
    assert set(OneOnOne.objects.filter(status="cancelled").values_list("cancel_reason", flat=True)) == {"Exams"}
    started(given, first=WEDNESDAY + DAY)


def test_stop_refuses_others_and_days_gone_by(given: Mentoring) -> None:
    series = started(given)
    said = {"series": series, "from_day": date(2026, 12, 20), "reason": "Exams", "by": given.cast.amira, "now": NOW}
    assert code_of(stop_series, **said | {"by": given.cast.daan}) == "not_yours"
    assert code_of(stop_series, **said | {"from_day": date(2026, 1, 1)}) == "date_over"
    assert code_of(stop_series, **said | {"reason": " "}) == "reason_missing"
    series.refresh_from_db()
    assert series.stopped_from is None


def test_series_of_a_mentor_far_away_keeps_the_mentors_clock(given: Mentoring) -> None:
    Mentor.objects.filter(pk=given.mentor.pk).update(time_zone="America/New_York", max_days_ahead=130)
    given.mentor.refresh_from_db()
    series = started(given, first=datetime(2026, 11, 25, 15, 30, tzinfo=UTC), rhythm="four_weekly")
    starts = [start for _day, start in booked_days(series)]
    assert starts[-1] == datetime(2027, 3, 17, 14, 30, tzinfo=UTC)  # New York has put its clock forward by then
    with pytest.raises(MentoringError):
        started(given)
