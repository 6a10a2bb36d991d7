from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Membership, Role
from cohorts.models import Break, Enrollment
from mentoring.booking import book, cancel, move, open_slots
from mentoring.errors import MentoringError, SlotTaken
from mentoring.models import AvailabilityException, Mentor, OneOnOne, TimeOff
from mentoring.offering import add_time_off
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, Cast, member
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, a_cohort, a_mentor, an_enrollment, booked, recorded

MINUTE = timedelta(minutes=1)
Status = OneOnOne.Status


def slots_on(given: Mentoring, day: date, enrollment: Enrollment | None = None, mentor: Mentor | None = None) -> str:
    """The open slots of a day on Amsterdam's clock, in winter an hour after UTC."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)
    found = open_slots(
        mentor=mentor or given.mentor, enrollment=enrollment or given.amira, start=midnight, end=midnight + DAY, now=NOW
    )
    return " ".join(f"{slot + timedelta(hours=1):%H:%M}" for slot in found)


def code_of(call: Any, **values: Any) -> str:
    with pytest.raises(MentoringError) as caught:
        call(**values)
    return caught.value.code


# -- what is open ------------------------------------------------------------------------------------------------------


def test_slots_follow_the_windows_and_leave_out_what_is_booked(given: Mentoring) -> None:
    whole_day = "09:00 09:45 10:30 11:15 12:00 12:45 13:30 14:15 15:00 15:45"
    assert slots_on(given, date(2026, 11, 25)) == whole_day
    booked(given)
    assert slots_on(given, date(2026, 11, 25), given.daan) == whole_day.replace("10:30 ", "")


def test_slots_respect_notice_horizon_time_off_and_exceptions(given: Mentoring) -> None:
    assert slots_on(given, date(2026, 11, 24)) == "10:30 11:15 12:00 12:45 13:30 14:15 15:00 15:45"
    assert slots_on(given, date(2027, 1, 22)) != ""
    assert slots_on(given, date(2027, 1, 25)) == ""
    add_time_off(mentor=given.mentor, first=date(2026, 11, 26), last=date(2026, 11, 26), note="", today=NOW.date())
    AvailabilityException.objects.create(mentor=given.mentor, date=date(2026, 11, 27), windows=[[1200, 1290]])
    assert slots_on(given, date(2026, 11, 26)) == ""
    assert slots_on(given, date(2026, 11, 27)) == "20:00 20:45"


def test_breaks_of_the_organization_and_of_the_cohort_close_their_days(given: Mentoring) -> None:
    Break.objects.create(name="Holiday", starts_on=date(2026, 11, 26), ends_on=date(2026, 11, 26))
    Break.objects.create(name="Trip", cohort=given.cohort, starts_on=date(2026, 11, 27), ends_on=date(2026, 11, 27))
    other = a_cohort_beside(given)
    Break.objects.create(name="Theirs", cohort=other, starts_on=date(2026, 11, 25), ends_on=date(2026, 11, 25))
    days = [date(2026, 11, day) for day in (25, 26, 27, 30)]
    assert [bool(slots_on(given, day)) for day in days] == [True, False, False, True]
    thursday = WEDNESDAY + DAY
    assert code_of(booked, given=given, start=thursday) == "break"


def a_cohort_beside(given: Mentoring) -> Any:
    cohort = given.cohort
    values = {field: getattr(cohort, field) for field in ("version", "format", "hours_per_week", "starts_on")}
    return type(cohort).objects.create(
        slug="utrecht", name="Utrecht", census_on=cohort.census_on, time_zone="Europe/Amsterdam", **values
    )


def test_learner_is_not_offered_a_time_at_which_they_meet_somebody_else(given: Mentoring) -> None:
    booked(given)
    ilse = given.cast.ilse
    ilse.roles = [Role.STAFF, Role.MENTOR]
    ilse.save()
    other = a_mentor(ilse)
    enrollment = an_enrollment(a_cohort_beside(given), given.cast.amira, ilse)
    assert "10:30" not in slots_on(given, date(2026, 11, 25), enrollment, other)
    said = {"mentor": other, "enrollment": enrollment, "by": given.cast.amira, "now": NOW}
    assert code_of(book, start=WEDNESDAY, **said) == "taken"


def test_mentor_who_learns_elsewhere_in_the_organization_is_one_person(given: Mentoring) -> None:
    joris, ilse = given.cast.joris, given.cast.ilse
    ilse.roles = [Role.STAFF, Role.MENTOR]
    ilse.save()
    enrollment = an_enrollment(a_cohort_beside(given), joris, ilse)
    book(mentor=a_mentor(ilse), enrollment=enrollment, start=WEDNESDAY, by=joris, now=NOW)
    assert "10:30" not in slots_on(given, date(2026, 11, 25))
    assert code_of(booked, given=given) == "taken"


def test_mentor_far_away_is_met_on_their_own_clock(given: Mentoring) -> None:
    given.mentor.time_zone = "Asia/Kathmandu"  # 5:45 ahead of UTC, 4:45 ahead of Amsterdam
    given.mentor.save()
    assert slots_on(given, date(2026, 11, 25)) == "04:15 05:00 05:45 06:30 07:15 08:00 08:45 09:30 10:15 11:00"


def test_meeting_longer_than_any_window_has_no_slot(given: Mentoring) -> None:
    Mentor.objects.filter(pk=given.mentor.pk).update(duration=240)
    given.mentor.windows.update(end_minute=12 * 60)
    assert slots_on(given, date(2026, 11, 25)) == ""


# -- book --------------------------------------------------------------------------------------------------------------


def test_book_keeps_the_time_the_note_and_the_buffers(given: Mentoring) -> None:
    Mentor.objects.update(buffer_after=10)
    made = booked(given, agenda="  Held-out sets  ")
    row = OneOnOne.objects.get()
    assert (row.pk, row.starts_at, row.minutes, row.status, row.agenda, row.booked_by, row.sequence) == (
        made.pk, WEDNESDAY, 45, "booked", "Held-out sets", given.cast.amira, 0,
    )  # fmt: skip
    assert (row.buffer_before, row.buffer_after, row.scheduled_at) == (0, 10, NOW)
    assert (row.mentor_person, row.learner_person) == (given.cast.joris.user, given.cast.amira.user)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (WEDNESDAY + 5 * MINUTE, "outside"),
        (WEDNESDAY + timedelta(seconds=1), "outside"),
        (datetime(2026, 11, 25, 20, 0, tzinfo=UTC), "outside"),
        (NOW - DAY, "too_soon"),
        (NOW + timedelta(hours=23), "too_soon"),
        (datetime(2027, 1, 29, 9, 30, tzinfo=UTC), "too_far"),
        (datetime(9999, 12, 31, 23, 0, tzinfo=UTC), "too_far"),
        (datetime(1, 1, 1, tzinfo=UTC), "too_soon"),
    ],
)
def test_book_refuses_a_time_that_is_not_offered(given: Mentoring, start: datetime, code: str) -> None:
    assert code_of(booked, given=given, start=start) == code
    assert OneOnOne.objects.count() == 0


def test_book_refuses_during_time_off_and_past_the_caps(given: Mentoring) -> None:
    Mentor.objects.update(max_per_day=1)
    booked(given)
    assert code_of(booked, given=given, start=WEDNESDAY + 45 * MINUTE) == "cap_reached"
    TimeOff.objects.create(mentor=given.mentor, during=(WEDNESDAY + DAY, WEDNESDAY + 2 * DAY))
    assert code_of(booked, given=given, start=WEDNESDAY + DAY) == "time_off"


def test_times_that_touch_are_both_booked(given: Mentoring) -> None:
    booked(given)
    booked(given, start=WEDNESDAY + 45 * MINUTE)
    assert OneOnOne.objects.count() == 2


def test_book_refuses_a_time_taken_meanwhile_and_keeps_the_keys_to_itself(given: Mentoring) -> None:
    booked(given)
    with pytest.raises(SlotTaken) as caught:
        booked(given, enrollment=given.daan, by=given.cast.daan)
    assert str(caught.value) == "That time was taken a moment ago. Your note is kept; pick another time."


@pytest.mark.parametrize(
    ("status", "code"),
    [("on_leave", "on_leave"), ("enrolled", "not_active"), ("withdrawn", "not_active"), ("graduated", "not_active")],
)
def test_only_active_learners_book(given: Mentoring, status: str, code: str) -> None:
    Enrollment.objects.filter(pk=given.amira.pk).update(status=status)
    assert code_of(booked, given=given) == code
    given.amira.refresh_from_db()
    assert slots_on(given, date(2026, 11, 25)) == ""


def test_book_needs_the_learners_own_mentor_who_still_mentors(given: Mentoring) -> None:
    ilse = a_mentor(given.cast.ilse)
    assert code_of(booked, given=given, mentor=ilse) == "no_mentor"
    Membership.objects.filter(pk=given.cast.joris.pk).update(joined_at=None)
    given.mentor.membership.refresh_from_db()
    assert code_of(booked, given=given) == "no_mentor"


def test_staff_and_mentor_book_on_behalf_and_nobody_else(given: Mentoring) -> None:
    booked(given, by=given.cast.ilse)
    booked(given, by=given.cast.joris, start=WEDNESDAY + DAY)
    assert code_of(booked, given=given, by=given.cast.daan, start=WEDNESDAY + 2 * DAY) == "not_yours"


def test_nobody_mentors_themselves(given: Mentoring) -> None:
    joris = given.cast.joris
    own = an_enrollment(a_cohort_beside(given), joris, joris)
    assert code_of(book, mentor=given.mentor, enrollment=own, start=WEDNESDAY, by=joris, now=NOW) == "own_mentor"


def test_booking_mails_both_in_the_transaction_that_books(given: Mentoring) -> None:
    one = booked(given)
    rows = Message.objects.order_by("key").values_list("kind", "subject_id", "recipient__email", "expires_at")
    assert sorted(rows) == [
        ("one_on_one_booked", one.pk, "amira@lantaarn.example", one.ends_at),
        ("one_on_one_booked", one.pk, "joris@lantaarn.example", one.ends_at),
    ]


# -- one person, several organizations ---------------------------------------------------------------------------------


def elsewhere(cast: Cast, *, mentor_user: Any = None, learner_user: Any = None) -> dict[str, Any]:
    """A mentor and a learner in the other organization; a given user is that person there too."""
    people = []
    for user, name, role in ((mentor_user, "Mia", Role.MENTOR), (learner_user, "Leo", Role.LEARNER)):
        if user is None:
            people.append(member(name, f"{name.lower()}@elsewhere.example", role))
        else:
            people.append(Membership.objects.create(user=user, name=user.name, roles=[role], joined_at=NOW))
    mentor = a_mentor(people[0])
    return {"mentor": mentor, "enrollment": an_enrollment(a_cohort(), people[1], people[0]), "by": people[1]}


@pytest.mark.parametrize(
    ("as_mentor", "as_learner"),
    [("joris", None), (None, "amira"), ("amira", None), (None, "joris")],
    ids=["mentor twice", "learner twice", "learner here, mentor there", "mentor here, learner there"],
)
def test_nobody_is_booked_twice_at_once_in_two_organizations(
    given: Mentoring, as_mentor: str | None, as_learner: str | None
) -> None:
    booked(given)
    cast = given.cast
    with scope(cast.elsewhere.pk):
        there = elsewhere(
            cast,
            mentor_user=as_mentor and getattr(cast, as_mentor).user,
            learner_user=as_learner and getattr(cast, as_learner).user,
        )
        assert code_of(book, start=WEDNESDAY, now=NOW, **there) == "taken"
        assert OneOnOne.objects.count() == 0
        assert book(start=WEDNESDAY + 45 * MINUTE, now=NOW, **there).starts_at == WEDNESDAY + 45 * MINUTE


def test_what_was_cancelled_takes_nobodys_time_in_another_organization(given: Mentoring) -> None:
    cancel(one_on_one=booked(given), reason="Ill", by=given.cast.amira, now=NOW)
    with scope(given.cast.elsewhere.pk):
        there = elsewhere(given.cast, mentor_user=given.cast.joris.user)
        assert book(start=WEDNESDAY, now=NOW, **there).status == "booked"


def test_database_alone_refuses_two_meetings_at_once(given: Mentoring) -> None:
    recorded(given, start=WEDNESDAY, status="held")
    with pytest.raises(IntegrityError, match="nobody_meets_two_at_once"), transaction.atomic():
        recorded(given, start=WEDNESDAY + 44 * MINUTE, status="booked", enrollment=given.daan)
    recorded(given, start=WEDNESDAY + 45 * MINUTE, status="booked", enrollment=given.daan)


# -- move --------------------------------------------------------------------------------------------------------------


def test_move_keeps_the_row_and_raises_its_sequence(given: Mentoring) -> None:
    one = booked(given)
    moved = move(one_on_one=one, start=WEDNESDAY + DAY, by=given.cast.amira, now=NOW, sequence=0)
    assert (moved.pk, moved.calendar_uid) == (one.pk, one.calendar_uid)
    row = OneOnOne.objects.get()
    assert (row.starts_at, row.minutes, row.sequence, row.status) == (WEDNESDAY + DAY, 45, 1, "booked")
    assert (
        sorted(Message.objects.values_list("kind", flat=True)) == ["one_on_one_booked"] * 2 + ["one_on_one_moved"] * 2
    )


def test_move_into_its_own_time_is_no_conflict(given: Mentoring) -> None:
    Mentor.objects.update(step=15)
    one = booked(given)
    moved = move(one_on_one=one, start=WEDNESDAY + 15 * MINUTE, by=given.cast.joris, now=NOW, sequence=0)
    assert moved.starts_at == WEDNESDAY + 15 * MINUTE


def test_second_of_two_tabs_is_told_that_it_was_moved(given: Mentoring) -> None:
    one = booked(given)
    move(one_on_one=one, start=WEDNESDAY + DAY, by=given.cast.amira, now=NOW, sequence=0)
    late = {"one_on_one": one, "start": WEDNESDAY + 2 * DAY, "by": given.cast.amira, "now": NOW, "sequence": 0}
    assert code_of(move, **late) == "changed"
    assert OneOnOne.objects.get().starts_at == WEDNESDAY + DAY


def test_move_refuses_what_book_refuses_and_what_is_over(given: Mentoring) -> None:
    one = booked(given)
    booked(given, start=WEDNESDAY + DAY, enrollment=given.daan, by=given.cast.daan)
    said = {"one_on_one": one, "by": given.cast.amira, "now": NOW, "sequence": 0}
    assert code_of(move, start=WEDNESDAY + DAY, **said) == "taken"
    assert code_of(move, start=WEDNESDAY + 5 * MINUTE, **said) == "outside"
    assert code_of(move, start=WEDNESDAY + 2 * DAY, **said | {"by": given.cast.daan}) == "not_yours"
    assert code_of(move, start=WEDNESDAY + 2 * DAY, **said | {"now": WEDNESDAY}) == "over"
    assert OneOnOne.objects.get(pk=one.pk).sequence == 0


# -- cancel ------------------------------------------------------------------------------------------------------------


def test_cancel_frees_the_time_and_keeps_why_and_who(given: Mentoring) -> None:
    one = booked(given)
    later = NOW + timedelta(hours=1)
    cancel(one_on_one=one, reason=" Ill ", by=given.cast.joris, now=later)
    row = OneOnOne.objects.get()
    assert (row.status, row.cancel_reason, row.settled_by, row.settled_at, row.sequence) == (
        "cancelled", "Ill", given.cast.joris, later, 1,
    )  # fmt: skip
    assert not row.was_cancelled_late
    assert booked(given, enrollment=given.daan, by=given.cast.daan).starts_at == WEDNESDAY


def test_late_cancel_is_known_as_one(given: Mentoring) -> None:
    one = booked(given)
    row = cancel(one_on_one=one, reason="Ill", by=given.cast.amira, now=WEDNESDAY - DAY + MINUTE)
    assert row.was_cancelled_late


def test_cancel_needs_a_reason_a_side_and_time_left(given: Mentoring) -> None:
    one = booked(given)
    said = {"one_on_one": one, "reason": "Ill", "by": given.cast.amira, "now": NOW}
    assert code_of(cancel, **said | {"reason": "  "}) == "reason_missing"
    assert code_of(cancel, **said | {"by": given.cast.daan}) == "not_yours"
    assert code_of(cancel, **said | {"now": WEDNESDAY}) == "over"
    cancel(**said)
    assert code_of(cancel, **said) == "over"
