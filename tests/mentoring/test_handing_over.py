"""A mentor who leaves, or is away: learners and booked 1-on-1s go to others, and what cannot stays on the list."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Membership, Role
from cohorts.models import Enrollment
from mentoring.booking import book, hand_over, why_not
from mentoring.handing_over import Away, Choice, apply_hand_over, needing_hand_over, plan_hand_over
from mentoring.mails import REMINDER
from mentoring.models import Mentor, OneOnOne, TimeOff
from mentoring.relief import Relief, relieve, stand_ins, stands_in
from mentoring.series import start_series
from mentoring.series_records import Series
from notifications.models import Message
from tests.conftest import NOW, member
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, a_mentor, booked
from tests.mentoring.test_booking import code_of

MINUTE = timedelta(minutes=1)
WEEK = Away(first_day=date(2026, 11, 24), last_day=date(2026, 11, 30))


@pytest.fixture
def sofia(given: Mentoring) -> Mentor:
    """A mentor who takes anybody, from ten to noon."""
    return a_mentor(
        member("Sofia Marchetti", "sofia@lantaarn.example", Role.MENTOR),
        windows=[(weekday, 10 * 60 + 30, 13 * 60 + 30) for weekday in range(5)],
    )


def planned(given: Mentoring, **values: Any) -> list[tuple[str, str, list[list[datetime]]]]:
    plans = plan_hand_over(leaving=given.cast.joris, now=NOW, **values)
    return [
        (
            plan.enrollment.learner.name,
            plan.chosen.candidate.name if plan.chosen else "",
            [list(one.times) for one in plan.sessions],
        )
        for plan in plans
    ]


def applied(
    given: Mentoring, enrollment: Enrollment, to: Mentor, times: dict[UUID, datetime | None], **values: Any
) -> Any:
    choice = Choice(enrollment=enrollment.pk, mentor=to.membership_id, times=times)
    options: dict[str, Any] = {"leaving": given.cast.joris, "choices": [choice], "by": given.cast.ilse, "now": NOW}
    return apply_hand_over(**options | values)


# -- one 1-on-1 --------------------------------------------------------------------------------------------------------


def test_session_keeps_its_row_and_agenda_and_tells_all_three(given: Mentoring, sofia: Mentor) -> None:
    one = booked(given, agenda="Held-out sets")
    Message.objects.all().delete()
    relieve(
        enrollment=given.amira, mentor=sofia.membership, first_day=WEEK.first_day, last_day=WEEK.last_day,
        by=given.cast.ilse, now=NOW,
    )  # fmt: skip
    hand_over(one_on_one=one, to=sofia, start=WEDNESDAY + 45 * MINUTE, by=given.cast.ilse, now=NOW)
    row = OneOnOne.objects.get()
    assert (row.pk, row.mentor, row.mentor_person, row.agenda, row.sequence, row.calendar_uid) == (
        one.pk, sofia, sofia.membership.user, "Held-out sets", 1, one.calendar_uid,
    )  # fmt: skip
    assert row.starts_at == WEDNESDAY + 45 * MINUTE
    told = Message.objects.order_by("recipient__email").values_list("kind", "recipient__email")
    assert list(told) == [
        ("one_on_one_handed_over", "amira@lantaarn.example"),
        ("one_on_one_handed_away", "joris@lantaarn.example"),
        ("one_on_one_handed_over", "sofia@lantaarn.example"),
    ]
    assert Message.objects.filter(kind=REMINDER).count() == 0


def test_session_goes_only_to_whom_the_learner_may_meet_and_who_is_free(given: Mentoring, sofia: Mentor) -> None:
    one = booked(given)
    said = {"one_on_one": one, "to": sofia, "start": WEDNESDAY, "by": given.cast.ilse, "now": NOW}
    assert code_of(hand_over, **said) == "no_mentor"
    Enrollment.objects.update(mentor=sofia.membership)
    assert code_of(hand_over, **said | {"by": given.cast.amira}) == "not_yours"
    assert code_of(hand_over, **said | {"start": WEDNESDAY - 45 * MINUTE}) == "outside"
    book(mentor=sofia, enrollment=given.daan, start=WEDNESDAY + 0 * MINUTE, by=sofia.membership, now=NOW)
    assert code_of(hand_over, **said) == "taken"
    assert OneOnOne.objects.get(pk=one.pk).sequence == 0


# -- the plan ----------------------------------------------------------------------------------------------------------


def test_plan_keeps_the_time_where_the_new_mentor_is_open_else_the_nearest(given: Mentoring, sofia: Mentor) -> None:
    booked(given)
    booked(given, start=WEDNESDAY + DAY - 90 * MINUTE, enrollment=given.daan, by=given.cast.daan)
    [(_, _, [same]), (_, _, [near])] = planned(given)
    assert same[0] == WEDNESDAY
    assert near[0] == WEDNESDAY + DAY


def test_no_time_of_a_mentor_is_proposed_twice(given: Mentoring, sofia: Mentor) -> None:
    for early in (90, 45):
        one, by = (given.amira, given.cast.amira) if early == 90 else (given.daan, given.cast.daan)
        booked(given, start=WEDNESDAY - early * MINUTE, enrollment=one, by=by)
    [(_, _, [first]), (_, _, [second])] = planned(given)
    assert (first[0], second[0]) == (WEDNESDAY, WEDNESDAY + 45 * MINUTE)


def test_plan_never_proposes_over_capacity(given: Mentoring, sofia: Mentor) -> None:
    Mentor.objects.filter(pk=sofia.pk).update(capacity=1)
    assert sorted(name for _learner, name, _times in planned(given)) == ["", "Sofia Marchetti"]


def test_a_mentor_chosen_by_hand_is_looked_up(given: Mentoring, sofia: Mentor) -> None:
    wessel = a_mentor(member("Wessel Postma", "wessel@lantaarn.example", Role.MENTOR))
    booked(given)
    found = planned(given, chosen={given.amira.pk: wessel.membership_id, given.daan.pk: None})
    assert [(mentor, times and times[0][0]) for _learner, mentor, times in found] == [
        ("Wessel Postma", WEDNESDAY), ("", []),
    ]  # fmt: skip


# -- for good ----------------------------------------------------------------------------------------------------------


def test_learner_gets_the_new_mentor_with_sessions_and_series(given: Mentoring, sofia: Mentor) -> None:
    series = start_series(
        mentor=given.mentor, enrollment=given.amira, rhythm="four_weekly", first=WEDNESDAY, choices={},
        by=given.cast.amira, now=NOW,
    )  # fmt: skip
    sessions = list(OneOnOne.objects.order_by("during"))
    left = applied(given, given.amira, sofia, {one.pk: one.starts_at for one in sessions})
    assert left == []
    given.amira.refresh_from_db()
    assert given.amira.mentor_id == sofia.membership_id
    assert set(OneOnOne.objects.values_list("mentor", flat=True)) == {sofia.pk}
    assert Series.objects.get(pk=series.pk).mentor_id == sofia.pk


def test_what_cannot_be_handed_over_stays_and_is_told(given: Mentoring, sofia: Mentor) -> None:
    one, kept = booked(given), booked(given, start=WEDNESDAY + DAY)
    TimeOff.objects.create(mentor=sofia, during=(WEDNESDAY - DAY, WEDNESDAY + DAY / 2))
    [left] = applied(given, given.amira, sofia, {one.pk: WEDNESDAY, kept.pk: None})
    assert (left.one_on_one, left.why) == (one, "Sofia Marchetti is away then. Pick another time.")
    assert set(OneOnOne.objects.values_list("mentor", flat=True)) == {given.mentor.pk}
    assert [name for name, _mentor, _times in planned(given)] == ["Amira Haddad", "Daan Kuiper"]


def test_full_mentor_takes_nobody_and_the_others_are_handed_over_all_the_same(given: Mentoring, sofia: Mentor) -> None:
    Mentor.objects.filter(pk=sofia.pk).update(capacity=1)
    choices = [Choice(enrollment=row.pk, mentor=sofia.membership_id, times={}) for row in (given.amira, given.daan)]
    [left] = apply_hand_over(leaving=given.cast.joris, choices=choices, by=given.cast.ilse, now=NOW)
    assert left.enrollment == given.daan
    assert left.why.startswith("All places of Sofia Marchetti are taken: 1 of 1")
    assert list(Enrollment.objects.filter(mentor=sofia.membership)) == [given.amira]


def test_only_staff_hand_over(given: Mentoring, sofia: Mentor) -> None:
    assert code_of(applied, given=given, enrollment=given.amira, to=sofia, times={}, by=given.cast.joris) == "not_staff"
    assert code_of(applied, given=given, enrollment=given.amira, to=sofia, times={}, choices=[]) == "nobody_chosen"


@pytest.mark.parametrize("change", [{"roles": [Role.LEARNER]}, {"joined_at": None}])
def test_mentor_who_left_leaves_sessions_that_staff_see(
    given: Mentoring, sofia: Mentor, change: dict[str, Any]
) -> None:
    one = booked(given)
    assert list(needing_hand_over(now=NOW)) == []
    Membership.objects.filter(pk=given.cast.joris.pk).update(**change)
    assert list(needing_hand_over(now=NOW)) == [one]
    assert list(needing_hand_over(now=WEDNESDAY)) == []
    assert applied(given, given.amira, sofia, {one.pk: WEDNESDAY}) == []
    assert list(needing_hand_over(now=NOW)) == []


# -- while away --------------------------------------------------------------------------------------------------------


def test_relief_is_for_the_days_alone(given: Mentoring, sofia: Mentor) -> None:
    one, later = booked(given), booked(given, start=WEDNESDAY + 14 * DAY)
    assert [len(times) for _learner, _mentor, times in planned(given, away=WEEK)] == [1, 0]
    assert applied(given, given.amira, sofia, {one.pk: WEDNESDAY, later.pk: later.starts_at}, away=WEEK) == []
    given.amira.refresh_from_db()
    assert given.amira.mentor_id == given.cast.joris.pk
    assert list(OneOnOne.objects.order_by("during").values_list("mentor", flat=True)) == [sofia.pk, given.mentor.pk]
    assert [relief.mentor for relief in stand_ins(given.amira, now=NOW)] == [sofia.membership]
    assert stand_ins(given.amira, now=NOW + 14 * DAY) == []


def test_learner_books_with_who_stands_in_on_those_days(given: Mentoring, sofia: Mentor) -> None:
    applied(given, given.amira, sofia, {}, away=WEEK)
    said = {"mentor": sofia, "enrollment": given.amira, "by": given.cast.amira, "now": NOW}
    assert book(start=WEDNESDAY, **said).mentor == sofia
    assert code_of(book, start=WEDNESDAY + 7 * DAY, **said) == "no_mentor"
    assert why_not(mentor=sofia.membership, enrollment=given.daan) is not None
    assert book(mentor=given.mentor, enrollment=given.amira, start=WEDNESDAY + DAY, by=given.cast.amira, now=NOW)


def test_who_stands_in_sees_the_learner(given: Mentoring, sofia: Mentor) -> None:
    seen = Enrollment.objects.visible_to(sofia.membership)
    assert list(seen) == []
    first = datetime.now(tz=WEDNESDAY.tzinfo).date()
    relieve(
        enrollment=given.amira, mentor=sofia.membership, first_day=first, last_day=first, by=given.cast.ilse, now=NOW
    )
    assert list(seen.all()) == [given.amira]
    Relief.objects.update(first_day=first - 20 * DAY, last_day=first - 10 * DAY)
    assert list(seen.all()) == []


def test_relieve_refuses_and_does_not_repeat(given: Mentoring, sofia: Mentor) -> None:
    said: dict[str, Any] = {
        "enrollment": given.amira, "mentor": sofia.membership, "first_day": WEEK.first_day, "last_day": WEEK.last_day,
        "by": given.cast.ilse, "now": NOW,
    }  # fmt: skip
    assert code_of(relieve, **said | {"last_day": date(2026, 11, 1)}) == "not_in_order"
    assert code_of(relieve, **said | {"last_day": date(2029, 11, 1)}) == "too_long"
    assert code_of(relieve, **said | {"mentor": given.cast.ilse}) == "no_mentor"
    assert relieve(**said) == relieve(**said | {"first_day": date(2026, 11, 25)})
    assert stands_in(mentor=sofia.membership, enrollment=given.amira, at=WEDNESDAY)
    assert not stands_in(mentor=sofia.membership, enrollment=given.amira, at=WEDNESDAY + 7 * DAY)
