"""Making surveys and holding them: who is asked when, once, and reminded."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from cohorts.models import Enrollment
from mentoring.models import Mentor, OneOnOne
from notifications.kinds import KINDS
from notifications.models import Message
from outcomes.surveys import waves as survey_waves
from outcomes.surveys.editing import (
    Own,
    change_survey,
    close_survey,
    latest_version,
    make_survey,
    months_later,
    open_survey,
    own_of,
    period_of,
    questions_of,
)  # fmt: skip
from outcomes.surveys.mails import queue_reminders
from outcomes.surveys.records import Envelope, Participation, Release, Survey, Wave
from outcomes.surveys.waves import Held, call_off, end_wave, hold_surveys, plan_wave, preview_end
from tests.conftest import Cast
from tests.outcomes.asking import a_survey, a_wave, learners, refuses, say
from tests.outcomes.given import a_cohort, a_member, day, enrolled, noon, record


def hold(on: int) -> Held:
    return hold_surveys(now=noon(on))


def asked() -> list[tuple[Any, str]]:
    return list(Participation.objects.order_by("wave__asks_from", "pk").values_list("enrollment", "group"))


def left(enrollment: Enrollment, on: int, reason: str = "work") -> Enrollment:
    record(enrollment, "withdrawn", on, {"reason": reason})
    Enrollment.objects.filter(pk=enrollment.pk).update(status="withdrawn", status_since=day(on))
    return enrollment


# -- making ------------------------------------------------------------------------------------------------------------

CHOICE = Own("choice", "Which room?", ("A", "B"))


def test_a_version_stays_once_a_wave_has_it(lantaarn: Cast) -> None:
    survey = make_survey(kind="satisfaction", title="How?", own=[CHOICE], recommends=True, by=lantaarn.ilse)
    change_survey(survey=survey, own=[], recommends=False)
    assert [one.key for one in questions_of(latest_version(survey))] == ["satisfaction", "comment"]
    a_wave(open_survey(survey=survey, on=day(0)), [])
    change_survey(survey=survey, own=[], recommends=False, title="How are you?")
    assert latest_version(survey).number == 1

    change_survey(survey=survey, own=[CHOICE, Own("score", "Which room?", is_required=True)], recommends=False)

    version = latest_version(survey)
    assert version.number == 2
    assert [(one.key, one.kind) for one in questions_of(version)] == [
        ("satisfaction", "score"), ("comment", "text"), ("which-room", "choice"), ("which-room-2", "score"),
    ]  # fmt: skip
    assert own_of(version)[0] == Own("choice", "Which room?", ("A", "B"), key="which-room")


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("own", {"own": []}, "no_questions"),
        ("own", {"own": [Own("text", "Why?")] * 11}, "too_many_questions"),
        ("own", {"own": [Own("choice", "Which?", ("A",))]}, "options_missing"),
        ("own", {"own": [Own("choice", "Which?", tuple("ABCDEFGHIJKLM"))]}, "too_many_options"),
        ("exit", {"own": []}, "months_missing"),
        ("satisfaction", {"own": [], "every_months": 3}, "first_day_missing"),
    ],
)
def test_what_makes_no_survey(lantaarn: Cast, kind: str, values: dict[str, Any], code: str) -> None:
    with refuses(code):
        make_survey(kind=kind, title="How?", recommends=True, by=lantaarn.ilse, **values)
    assert Survey.objects.count() == 0


def test_only_a_draft_opens_and_only_an_open_one_closes(lantaarn: Cast) -> None:
    survey = a_survey()
    people = a_wave(survey, learners(a_cohort(), 5))
    plan_wave(survey=survey, asks_on=day(40), closes_on=day(50), cohorts=[], by=None, on=day(0))
    for one in people:
        say(one, 4)

    with refuses("move_not_allowed"):
        open_survey(survey=survey, on=day(0))
    close_survey(survey=survey, by=lantaarn.ilse, on=day(3), at=noon(3))
    with refuses("move_not_allowed"):
        close_survey(survey=survey, by=lantaarn.ilse, on=day(3), at=noon(3))
    with refuses("survey_closed"):
        change_survey(survey=survey, own=[], recommends=True)

    assert [(wave.status, wave.ended_on, wave.ended_by) for wave in Wave.objects.all()] == [
        ("closed", day(3), lantaarn.ilse)
    ]
    assert [(one.last_on, one.answered) for one in Release.objects.all()] == [(day(3), 5)]


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_months_of_the_calendar(on: date, months: int) -> None:
    first, last = period_of(on, months)
    assert first <= on <= last
    assert (first.day, (last + timedelta(days=1)).day) == (1, 1)
    assert months_later(first, months) == last + timedelta(days=1)
    assert months_later(on, months) > on


# -- planning ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [(-1, 9, "in_the_past"), (5, 5, "closes_too_soon"), (5, 66, "closes_too_late"), (10, 20, "wave_overlaps")],
)
def test_wave_that_cannot_be_planned(lantaarn: Cast, first: int, last: int, code: str) -> None:
    survey = a_survey()
    plan_wave(survey=survey, asks_on=day(20), closes_on=day(30), cohorts=[], by=lantaarn.ilse, on=day(0))
    with refuses(code):
        plan_wave(survey=survey, asks_on=day(first), closes_on=day(last), cohorts=[], by=lantaarn.ilse, on=day(0))


def test_other_surveys_that_plan_nothing(lantaarn: Cast) -> None:
    draft = make_survey(kind="own", title="How?", own=[CHOICE], recommends=False, by=lantaarn.ilse)
    for survey, code in ((draft, "not_open"), (a_survey("exit", every_months=3), "rolling")):
        with refuses(code):
            plan_wave(survey=survey, asks_on=day(2), closes_on=day(9), cohorts=[], by=None, on=day(0))


def test_planned_wave_asks_its_cohorts_once_and_ends(lantaarn: Cast) -> None:
    cohort, other = a_cohort(), a_cohort()
    people, survey = learners(cohort, 2), a_survey()
    learners(other, 1)
    enrolled(other, learner=people[0].learner)
    wave = plan_wave(survey=survey, asks_on=day(5), closes_on=day(9), cohorts=[cohort], by=lantaarn.ilse, on=day(0))

    assert hold(4) == Held()
    assert hold(5) == Held(asked=2)
    assert hold(5) == hold(9) == Held()
    assert sorted(asked()) == sorted((one.pk, "here") for one in people)
    with refuses("wave_begun"):
        call_off(wave=wave)
    assert hold(10) == Held(closed=1)


def test_wave_that_is_called_off_asks_nobody(lantaarn: Cast) -> None:
    learners(a_cohort(), 1)
    call_off(wave=plan_wave(
        survey=a_survey(), asks_on=day(5), closes_on=day(9), cohorts=[], by=None, on=day(0)
    ))  # fmt: skip
    assert (hold(6), asked()) == (Held(), [])


def test_wave_that_staff_end_early_shows_what_came_in_or_nothing(lantaarn: Cast) -> None:
    survey = a_survey(every_months=3, first_on=day(0), asks_leavers=True)
    learning, gone = learners(a_cohort(), 7), learners(a_cohort(), 6)
    asked = a_wave(survey, learning)
    leavers = a_wave(survey, gone, group="left")
    for one in [*asked[:5], *leavers[:4]]:
        say(one, 4)
    wave = asked[0].wave
    ending = preview_end(wave=wave, on=day(3))
    assert [(one.group, one.asked, one.answered, one.missing, one.is_shown) for one in ending.groups] == [
        ("here", 7, 5, 2, True), ("left", 6, 4, 2, False),
    ]  # fmt: skip
    assert (ending.missing, ending.next_from) == (4, months_later(day(0), 3))

    [release] = end_wave(wave=wave, by=lantaarn.ilse, on=day(3), at=noon(3))
    assert (release.group, release.asked, release.answered, release.last_on) == ("here", 7, 5, day(3))
    wave.refresh_from_db()
    assert (wave.status, wave.ended_on, wave.last_day, wave.ended_by) == ("closed", day(3), day(3), lantaarn.ilse)
    assert wave.closed_at == noon(3)
    assert Envelope.objects.count() == 4
    for refused in (lambda: end_wave(wave=wave, by=lantaarn.ilse, on=day(3), at=noon(3)),
                    lambda: preview_end(wave=wave, on=day(3))):  # fmt: skip
        with refuses("wave_not_open"):
            refused()
    with refuses("survey_over"):
        say(asked[5], 1)
    assert (hold(4), queue_reminders(noon(11))) == (Held(), 0)
    # One more who left makes five, with those whose answers were left sealed.
    again = a_wave(survey, gone[4:5], on=92, group="left")
    say(again[0], 2)
    told = preview_end(wave=again[0].wave, on=day(93))
    assert [(one.asked, one.answered, one.people, one.is_shown) for one in told.groups] == [(1, 1, 5, True)]
    assert [one.answered for one in end_wave(wave=again[0].wave, by=lantaarn.ada, on=day(93), at=noon(93))] == [5]


@pytest.mark.parametrize(
    ("kind", "months", "on", "following"),
    [("own", None, 3, None), ("satisfaction", 1, 40, 40), ("exit", 3, 3, 1), ("exit", 3, 10, None)],
)
def test_next_wave_after_an_early_end(
    lantaarn: Cast, kind: str, months: int | None, on: int, following: int | None
) -> None:
    own = [CHOICE] if kind == "own" else []
    first_on = day(0) if kind == "satisfaction" else None
    [asked] = a_wave(a_survey(kind, own=own, every_months=months, first_on=first_on), learners(a_cohort(), 1))
    Wave.objects.update(closes_on=day(50), asks_until=day(5) if kind == "exit" else day(0))
    wave = Wave.objects.select_related("survey").get(pk=asked.wave_id)
    expected = {None: None, 1: day(6), 40: day(40)}[following]
    assert preview_end(wave=wave, on=day(on)).next_from == expected


def test_only_a_wave_that_takes_answers_ends_early(lantaarn: Cast) -> None:
    wave = plan_wave(
        survey=a_survey(), asks_on=day(5), closes_on=day(9), cohorts=[], by=None, on=day(0)
    )  # fmt: skip
    with refuses("wave_not_open"):
        end_wave(wave=wave, by=lantaarn.ilse, on=day(3), at=noon(3))
    with pytest.raises(IntegrityError, match="wave_ended_early_by_somebody"), transaction.atomic():
        Wave.objects.filter(pk=wave.pk).update(ended_on=day(6), ended_by=lantaarn.ilse)


# -- by itself ---------------------------------------------------------------------------------------------------------


def test_satisfaction_is_asked_again_after_its_months(lantaarn: Cast) -> None:
    people = learners(a_cohort(), 2)
    Enrollment.objects.filter(pk=people[1].pk).update(status="on_leave")
    a_survey(every_months=3, first_on=day(10), answer_days=14)

    done = {on: hold(on) for on in (9, 10, 24, 25, 100, 101, 102, 200)}

    assert done == {
        9: Held(), 10: Held(planned=1, asked=2), 24: Held(), 25: Held(closed=1), 100: Held(),
        101: Held(planned=1, asked=2), 102: Held(), 200: Held(planned=1, asked=2, closed=1),
    }  # fmt: skip
    assert Message.objects.filter(kind="survey_asked").count() == 6


def test_leavers_are_asked_too_when_wanted_once_and_apart(lantaarn: Cast) -> None:
    people = learners(a_cohort(), 4)
    left(people[0], 20)
    left(people[1], 20, "died")
    left(people[2], 20)
    enrolled(a_cohort(), learner=people[2].learner)
    Enrollment.objects.filter(learner=people[2].learner, status="applied").update(status="active")
    a_survey(every_months=3, first_on=day(30), asks_leavers=True)
    hold(30)

    assert {pk: group for pk, group in asked() if group == "left"} == {people[0].pk: "left"}
    assert len(asked()) == 3
    hold(150)
    assert [group for _pk, group in asked()].count("left") == 1


def test_exit_is_asked_once_of_who_left_since_it_opened(lantaarn: Cast) -> None:
    people = learners(a_cohort(), 5)
    left(people[0], 5)
    a_survey("exit", every_months=3, on=day(10))
    assert hold(10) == Held(planned=1)
    left(people[1], 12)
    left(people[2], 13, "incarcerated")

    assert hold(14) == Held(asked=1)
    assert hold(14) == Held()
    left(people[3], 89)
    # The quarter ends on day 90: who leaves at its end has the days to answer that everybody has.
    assert hold(90) == Held(asked=1)
    left(people[4], 90)
    assert hold(91) == Held(planned=1, asked=1)
    assert Participation.objects.get(enrollment=people[3]).answer_by == day(104)
    assert [wave.closes_on for wave in Wave.objects.order_by("asks_from")] == [day(104), date(2024, 7, 14)]
    assert {group for _pk, group in asked()} == {"left"}


def met(enrollment: Enrollment, mentor: Mentor, when: datetime, status: str = "held") -> OneOnOne:
    return OneOnOne.objects.create(
        mentor=mentor, enrollment=enrollment, mentor_person=mentor.membership.user,
        learner_person=enrollment.learner.user, during=(when - timedelta(hours=1), when), status=status,
    )  # fmt: skip


def test_one_on_ones_are_asked_about_when_held_and_not_again_soon(lantaarn: Cast) -> None:
    first, second, third = learners(a_cohort(), 3)
    mentor = Mentor.objects.create(membership=lantaarn.joris, time_zone="Europe/Amsterdam")
    a_survey("one_on_one", every_months=1, on=day(5))
    met(first, mentor, noon(4))
    met(second, mentor, noon(20))
    met(third, mentor, noon(20) + timedelta(hours=2), "learner_no_show")

    assert [hold(on) for on in (19, 20, 20)] == [Held(planned=1), Held(asked=1), Held()]
    met(second, mentor, noon(32))
    met(first, mentor, noon(32) + timedelta(hours=2))
    # Another month is another wave, and 13 days are no rest.
    assert hold(33) == Held(planned=1, asked=1)
    assert [pk for pk, _group in asked()] == [second.pk, first.pk]


# -- mails -------------------------------------------------------------------------------------------------------------


def test_reminder_comes_before_the_end_while_there_is_no_answer(lantaarn: Cast) -> None:
    people = [*learners(a_cohort(), 2), enrolled(a_cohort(), learner=a_member("Nobody Joined"))]
    first, second, _third = a_wave(a_survey(), people)
    say(first, 5)

    assert [queue_reminders(noon(on)) for on in (10, 11, 11, 12)] == [0, 2, 0, 0]
    sent = Message.objects.get(key=f"survey_waiting:{second.pk}")
    kind = KINDS["survey_waiting"]
    assert (kind.reason_untrue(sent, noon(11)), sent.expires_at.date()) == ("", day(14))
    say(second, 4)
    assert kind.reason_untrue(sent, noon(11)) == "The survey is answered, or over."


def test_who_is_asked_late_is_not_reminded_at_once(lantaarn: Cast) -> None:
    a_wave(a_survey(answer_days=14), learners(a_cohort(), 1))
    Participation.objects.update(asked_on=day(12))

    assert [queue_reminders(noon(on)) for on in (12, 13)] == [0, 0]


def test_one_person_in_two_cohorts_is_asked_once(lantaarn: Cast) -> None:
    [one] = learners(a_cohort(), 1)
    enrolled(a_cohort(), learner=one.learner)
    Enrollment.objects.update(status="active", status_since=day(0))
    plan_wave(survey=a_survey(), asks_on=day(0), closes_on=day(9), cohorts=[], by=None, on=day(0))

    assert hold(0) == Held(asked=1)
    assert survey_waves.hold_surveys(now=noon(1)) == Held()
