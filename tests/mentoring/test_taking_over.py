"""Colleagues who are asked to take over: what is accepted goes, what is declined or not answered comes back."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role
from cohorts.models import Enrollment, MentorAssignment
from mentoring.handing_over import Away, Choice, apply_hand_over, plan_hand_over
from mentoring.models import Mentor, OneOnOne
from mentoring.relief import stand_ins
from mentoring.taking_over import accept, ask, asked_of, came_back, decline, waiting, withdraw
from mentoring.taking_over_records import HandOver, HandOverAnswer
from notifications.delivery import send_due
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mail import MailServer
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, a_mentor, booked
from tests.mentoring.test_booking import code_of
from tests.mentoring.test_pair_pages import more_learners, queries

SignIn = Callable[[Membership | None], Client]
SLOT, PAGE = "2026-11-25T09:30Z", "/o/lantaarn/mentors/asked/"
TODAY = date(2026, 11, 23)
TOMORROW = TODAY + DAY
WEEK = Away(first_day=date(2026, 11, 24), last_day=date(2026, 11, 30))


def a_colleague(name: str = "Sofia Marchetti", **values: Any) -> Mentor:
    return a_mentor(member(name, f"{name.split()[0].lower()}@lantaarn.example", Role.MENTOR), **values)


@pytest.fixture
def sofia(given: Mentoring) -> Mentor:
    """A mentor who takes anybody, from half past ten to half past one."""
    return a_colleague(windows=[(weekday, 10 * 60 + 30, 13 * 60 + 30) for weekday in range(5)])


def asked(
    given: Mentoring,
    to: Mentor,
    *enrollments: Enrollment,
    times: dict[UUID, datetime | None] | None = None,
    **values: Any,
) -> Any:
    choices = [
        Choice(enrollment=row.pk, mentor=to.membership_id, times=times or {}) for row in enrollments or (given.amira,)
    ]
    options: dict[str, Any] = {
        "leaving": given.cast.joris, "choices": choices, "answer_by": TOMORROW, "note": "", "by": given.cast.ilse,
        "now": NOW, **values,
    }  # fmt: skip
    return ask(**options)


def last() -> HandOver:
    return HandOver.objects.with_people().latest("asked_at", "pk")


def answers() -> list[tuple[str, str, str]]:
    rows = HandOverAnswer.objects.order_by("answered_at", "pk")
    return list(rows.values_list("answer", "reason", "answered_by__name"))


def told() -> list[tuple[str, str]]:
    rows = Message.objects.exclude(kind="one_on_one_booked").order_by("kind", "recipient__email")
    return list(rows.values_list("kind", "recipient__email"))


# -- asking ------------------------------------------------------------------------------------------------------------


def test_asking_changes_nothing_but_tells_the_colleague(given: Mentoring, sofia: Mentor) -> None:
    one = booked(given)
    assert asked(given, sofia, given.amira, given.daan, times={one.pk: WEDNESDAY}) == []
    assert set(Enrollment.objects.values_list("mentor", flat=True)) == {given.cast.joris.pk}
    assert OneOnOne.objects.get().mentor == given.mentor
    assert told() == [("hand_over_asked", "sofia@lantaarn.example"), ("hand_over_unanswered", "ilse@lantaarn.example")]
    assert [row.to for row in waiting(now=NOW)] == [sofia.membership, sofia.membership]
    [amira, daan] = sorted(asked_of(sofia.membership, now=NOW), key=lambda row: row.hand_over.enrollment.learner.name)
    assert [plan.times[0] for plan in amira.sessions] == [WEDNESDAY]
    assert daan.sessions == ()


def test_time_that_staff_chose_is_proposed_and_what_they_leave_is_not_asked_about(
    given: Mentoring, sofia: Mentor
) -> None:
    one, left = booked(given), booked(given, start=WEDNESDAY + DAY)
    later = WEDNESDAY + timedelta(minutes=90)
    asked(given, sofia, times={one.pk: later, left.pk: None})
    [offered] = asked_of(sofia.membership, now=NOW)
    assert [(plan.one_on_one, plan.proposed) for plan in offered.sessions] == [(one, later)]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"answer_by": TODAY - DAY}, "date_over"),
        ({"answer_by": TODAY + 31 * DAY}, "too_far"),
        ({"note": "x" * 501}, "too_long"),
        ({"choices": []}, "nobody_chosen"),
    ],
)
def test_ask_refuses(given: Mentoring, sofia: Mentor, values: dict[str, Any], code: str) -> None:
    assert code_of(asked, given=given, to=sofia, **values) == code
    assert code_of(asked, given=given, to=sofia, by=given.cast.joris) == "not_staff"
    assert asked(given, given.mentor) == []
    assert not HandOver.objects.exists()


def test_nobody_is_asked_twice_for_one_learner_nor_handed_over_meanwhile(given: Mentoring, sofia: Mentor) -> None:
    wessel = a_colleague("Wessel Postma")
    asked(given, sofia)
    sentence = "Sofia Marchetti is being asked since a moment ago. Withdraw that first, or wait for the answer."
    assert [left.why for left in asked(given, wessel)] == [sentence]
    choice = Choice(enrollment=given.amira.pk, mentor=wessel.membership_id, times={})
    left = apply_hand_over(leaving=given.cast.joris, choices=[choice], by=given.cast.ilse, now=NOW)
    assert [row.why for row in left] == [sentence]
    assert asked(given, wessel, now=NOW + 2 * DAY, answer_by=TOMORROW + 2 * DAY) == []


def test_places_that_somebody_is_asked_for_count(given: Mentoring, sofia: Mentor) -> None:
    Mentor.objects.filter(pk=sofia.pk).update(capacity=1)
    [left] = asked(given, sofia, given.amira, given.daan)
    assert left.enrollment == given.daan
    assert left.why.startswith("All places of Sofia Marchetti are taken: 1 of 1")
    plans = plan_hand_over(leaving=given.cast.joris, now=NOW)
    assert [(plan.enrollment, plan.chosen) for plan in plans] == [(given.amira, None), (given.daan, None)]


# -- accepting ---------------------------------------------------------------------------------------------------------


def test_what_is_accepted_moves_with_its_row_and_everybody_is_told(given: Mentoring, sofia: Mentor) -> None:
    one = booked(given, agenda="Held-out sets")
    asked(given, sofia, times={one.pk: WEDNESDAY})
    Message.objects.all().delete()
    assert accept(hand_over=last(), times={one.pk: WEDNESDAY}, by=sofia.membership, now=NOW) == []
    row = OneOnOne.objects.get()
    assert (row.pk, row.calendar_uid, row.sequence, row.mentor, row.agenda, row.starts_at) == (
        one.pk, one.calendar_uid, 1, sofia, "Held-out sets", WEDNESDAY,
    )  # fmt: skip
    given.amira.refresh_from_db()
    assert given.amira.mentor_id == sofia.membership_id
    assigned = MentorAssignment.objects.latest("recorded_at", "pk")
    assert (assigned.reason, assigned.recorded_by) == ("handed_over", sofia.membership)
    assert answers() == [("accepted", "", "Sofia Marchetti")]
    assert told() == [
        ("hand_over_settled", "amira@lantaarn.example"),
        ("one_on_one_handed_away", "joris@lantaarn.example"),
        ("one_on_one_handed_over", "amira@lantaarn.example"),
        ("one_on_one_handed_over", "sofia@lantaarn.example"),
    ]


def test_who_stands_in_accepts_the_days_alone(given: Mentoring, sofia: Mentor) -> None:
    one, later = booked(given), booked(given, start=WEDNESDAY + 14 * DAY)
    asked(given, sofia, away=WEEK)
    [offered] = asked_of(sofia.membership, now=NOW)
    assert [plan.one_on_one for plan in offered.sessions] == [one]
    accept(hand_over=last(), times={one.pk: WEDNESDAY, later.pk: WEDNESDAY}, by=sofia.membership, now=NOW)
    given.amira.refresh_from_db()
    assert given.amira.mentor_id == given.cast.joris.pk
    assert [relief.mentor for relief in stand_ins(given.amira, now=NOW)] == [sofia.membership]
    assert list(OneOnOne.objects.order_by("during").values_list("mentor", flat=True)) == [sofia.pk, given.mentor.pk]


def test_time_that_is_gone_accepts_nothing(given: Mentoring, sofia: Mentor) -> None:
    one = booked(given)
    asked(given, sofia)
    outside = {one.pk: WEDNESDAY - timedelta(minutes=45)}
    assert code_of(accept, hand_over=last(), times=outside, by=sofia.membership, now=NOW) == "outside"
    given.amira.refresh_from_db()
    assert given.amira.mentor_id == given.cast.joris.pk
    assert answers() == []


def test_session_without_a_time_stays_and_staff_hear_of_it(given: Mentoring, sofia: Mentor) -> None:
    one = booked(given)
    asked(given, sofia)
    Message.objects.all().delete()
    assert accept(hand_over=last(), times={}, by=sofia.membership, now=NOW) == [one.pk]
    assert OneOnOne.objects.get().mentor == given.mentor
    assert told() == [("hand_over_returned", "ilse@lantaarn.example"), ("hand_over_settled", "amira@lantaarn.example")]


def test_accepting_never_goes_over_the_places(given: Mentoring, sofia: Mentor) -> None:
    asked(given, sofia)
    Mentor.objects.filter(pk=sofia.pk).update(capacity=0)
    assert code_of(accept, hand_over=last(), times={}, by=sofia.membership, now=NOW) == "full"
    assert answers() == []


def test_only_who_is_asked_answers_once_and_in_time(given: Mentoring, sofia: Mentor) -> None:
    asked(given, sofia)
    said: dict[str, Any] = {"hand_over": last(), "times": {}, "by": sofia.membership, "now": NOW}
    assert code_of(accept, **said | {"by": given.cast.joris}) == "not_asked"
    assert code_of(accept, **said | {"now": NOW + 2 * DAY}) == "expired"
    accept(**said)
    assert code_of(accept, **said) == "answered"
    assert code_of(decline, hand_over=last(), reason="No", by=sofia.membership, now=NOW) == "answered"
    assert code_of(withdraw, hand_over=last(), by=given.cast.ilse, now=NOW) == "answered"


def test_what_was_withdrawn_or_has_another_mentor_cannot_be_accepted(given: Mentoring, sofia: Mentor) -> None:
    asked(given, sofia)
    assert code_of(withdraw, hand_over=last(), by=given.cast.joris, now=NOW) == "not_staff"
    withdraw(hand_over=last(), by=given.cast.ilse, now=NOW)
    assert code_of(accept, hand_over=last(), times={}, by=sofia.membership, now=NOW) == "withdrawn"
    asked(given, sofia, given.daan, now=NOW + timedelta(minutes=1))
    Enrollment.objects.filter(pk=given.daan.pk).update(mentor=None)
    assert code_of(accept, hand_over=last(), times={}, by=sofia.membership, now=NOW) == "changed"
    assert (waiting(now=NOW), asked_of(sofia.membership, now=NOW)) == ([], [])


# -- what comes back ---------------------------------------------------------------------------------------------------


def test_declined_comes_back_with_the_reason_and_somebody_else_is_proposed(given: Mentoring, sofia: Mentor) -> None:
    asked(given, sofia)
    assert code_of(decline, hand_over=last(), reason=" ", by=sofia.membership, now=NOW) == "reason_missing"
    assert code_of(decline, hand_over=last(), reason="x" * 501, by=sofia.membership, now=NOW) == "too_long"
    Message.objects.all().delete()
    decline(hand_over=last(), reason="My Wednesdays are full.", by=sofia.membership, now=NOW)
    assert told() == [("hand_over_returned", "ilse@lantaarn.example")]
    [back] = came_back(now=NOW)
    assert (back.enrollment, back.answer.reason) == (given.amira, "My Wednesdays are full.")
    [amira, daan] = plan_hand_over(leaving=given.cast.joris, now=NOW)
    assert (amira.chosen, [match.candidate.name for match in amira.matches]) == (None, ["Sofia Marchetti"])
    assert daan.chosen is not None
    assert daan.chosen.candidate.name == "Sofia Marchetti"
    wessel = a_colleague("Wessel Postma")
    asked(given, wessel, now=NOW + timedelta(minutes=1))
    assert came_back(now=NOW + timedelta(minutes=1)) == []


def test_what_nobody_answers_comes_back_when_the_day_is_over(given: Mentoring, sofia: Mentor) -> None:
    asked(given, sofia)
    end = datetime.fromisoformat("2026-11-24T23:00Z")
    assert (came_back(now=end - timedelta(seconds=1)), [row.answer for row in came_back(now=end)]) == ([], [None])
    assert (asked_of(sofia.membership, now=end), waiting(now=end)) == ([], [])
    assert came_back(now=end + 31 * DAY) == []


def test_settling_without_asking_leaves_the_same_trace(given: Mentoring, sofia: Mentor) -> None:
    choice = Choice(enrollment=given.amira.pk, mentor=sofia.membership_id, times={})
    assert apply_hand_over(leaving=given.cast.joris, choices=[choice], by=given.cast.ilse, now=NOW) == []
    assert answers() == [("not_asked", "", given.cast.ilse.name)]
    assert told() == [("hand_over_settled", "amira@lantaarn.example")]


# -- the mails ---------------------------------------------------------------------------------------------------------


def test_mails_say_who_is_asked_what_came_of_it_and_where_to_click(
    given_page: Mentoring, mail_server: MailServer
) -> None:
    def mails(now: datetime) -> list[tuple[str, str, str]]:
        mail_server.messages.clear()
        send_due(organization_id=given_page.cast.organization.pk, now=now)
        found = [(str(mail["To"]), str(mail["Subject"]), mail.get_body(("plain",))) for mail in mail_server.messages]
        return [(to, subject, str(body.get_content())) for to, subject, body in found if body is not None]

    with scope(given_page.cast.organization.pk):
        sofia = a_colleague()
        one = booked(given_page)
        Message.objects.all().delete()
        asked(given_page, sofia, given_page.amira, given_page.daan, note="Amira likes mornings.")
    [(to, subject, text)] = mails(NOW)
    assert (to, subject) == ("sofia@lantaarn.example", "Can you take over learners from Joris Hoekema?")
    for part in ("- Amira Haddad (Rotterdam 2026)", "- Daan Kuiper", "Amira likes mornings.", "Tuesday 24 November"):
        assert part in text
    assert PAGE in text
    with scope(given_page.cast.organization.pk):
        rows = {row.enrollment_id: row for row in HandOver.objects.with_people()}
        accept(hand_over=rows[given_page.amira.pk], times={one.pk: WEDNESDAY}, by=sofia.membership, now=NOW)
    settled = {subject: text for to, subject, text in mails(NOW) if to.startswith("amira")}
    text = settled["Sofia Marchetti is your mentor now"]
    assert "- Wednesday 25 November 2026, 10:30 (Amsterdam)" in text
    assert f"/o/lantaarn/sessions/{one.pk}/move/" in text
    [(to, subject, text)] = mails(NOW + 2 * DAY)
    assert (to, subject) == ("ilse@lantaarn.example", "No answer about learners of Joris Hoekema")
    assert "- Daan Kuiper: Sofia Marchetti did not answer" in text
    assert "Amira" not in text


# -- the pages ---------------------------------------------------------------------------------------------------------


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def test_staff_ask_the_colleague_declines_and_another_accepts(given_page: Mentoring, sign_in: SignIn) -> None:
    with scope(given_page.cast.organization.pk):
        sofia, wessel = a_colleague(), a_colleague("Wessel Postma")
        one = booked(given_page)
    client, amira = sign_in(given_page.cast.ilse), given_page.amira.pk
    path = f"/o/lantaarn/mentors/{given_page.cast.joris.pk}/hand-over/"

    def sent(to: Mentor) -> dict[str, Any]:
        pair = {f"mentor-{amira}": to.membership_id, f"seen-{amira}": to.membership_id, f"time-{one.pk}": SLOT}
        day = (timezone.localdate() + 2 * DAY).isoformat()
        return {**pair, "do": "ask", "answer_by": day, "note": "Thanks"}

    bad = client.post(path, {**sent(sofia), "answer_by": "soon"})
    assert bad.status_code == 422
    assert "Thanks" in text_of(bad)
    done = client.post(path, sent(sofia), follow=True)
    assert "You asked for 1 learner. The mentors get a mail; nothing changes until they accept." in text_of(done)
    assert "From Joris Hoekema to Sofia Marchetti; answer by" in text_of(done)
    with scope(given_page.cast.organization.pk):
        first = HandOver.objects.get().pk

    client = sign_in(sofia.membership)
    assert "You are asked to take over 1 learner." in text_of(client.get("/o/lantaarn/week/"))
    assert f'name="time-{one.pk}"' in text_of(client.get(PAGE))
    silent = client.post(f"{PAGE}{first}/decline/", {"reason": ""})
    assert silent.status_code == 422
    assert "Write a reason" in text_of(silent)
    declined = client.post(f"{PAGE}{first}/decline/", {"reason": "No room"}, follow=True)
    assert "You declined Amira Haddad." in text_of(declined)

    client = sign_in(given_page.cast.ilse)
    assert "“No room”" in text_of(client.get("/o/lantaarn/mentors/"))
    assert "“No room”" in text_of(client.get(path))
    client.post(path, sent(wessel))
    with scope(given_page.cast.organization.pk):
        second = HandOver.objects.get(to=wessel.membership).pk
    assert sign_in(sofia.membership).post(f"{PAGE}{second}/accept/").status_code == 404

    client = sign_in(wessel.membership)
    late = client.post(f"{PAGE}{second}/accept/", {f"time-{one.pk}": "2026-11-25T03:00Z"})
    assert late.status_code == 422
    assert "Wessel Postma does not offer that time." in text_of(late)
    taken = client.post(f"{PAGE}{second}/accept/", {f"time-{one.pk}": SLOT}, follow=True)
    assert "You take over Amira Haddad." in text_of(taken)
    with scope(given_page.cast.organization.pk):
        assert OneOnOne.objects.get().mentor == wessel
    again = client.post(f"{PAGE}{second}/accept/")
    assert again.status_code == 422
    assert "Wessel Postma answered this already." in text_of(again)


def test_staff_withdraw_and_the_learner_is_on_the_list_again(given_page: Mentoring, sign_in: SignIn) -> None:
    with scope(given_page.cast.organization.pk):
        asked(given_page, a_colleague(), now=timezone.now(), answer_by=timezone.localdate() + 2 * DAY)
        row = HandOver.objects.get().pk
    client, path = sign_in(given_page.cast.ilse), f"{PAGE}{row}/withdraw/"
    page = f"/o/lantaarn/mentors/{given_page.cast.joris.pk}/hand-over/"
    assert f'name="mentor-{given_page.amira.pk}"' not in text_of(client.get(page))
    done = client.post(path, follow=True)
    assert "Sofia Marchetti is no longer asked about Amira Haddad." in text_of(done)
    assert f'name="mentor-{given_page.amira.pk}"' in text_of(done)
    assert "withdrew this a moment ago." in text_of(client.post(path, follow=True))


def test_pages_ask_the_same_number_of_questions_for_one_and_for_three(given_page: Mentoring, sign_in: SignIn) -> None:
    now = timezone.now()
    with scope(given_page.cast.organization.pk):
        sofia = a_colleague()
        booked(given_page)
        asked(given_page, sofia, now=now, answer_by=timezone.localdate() + DAY)
        asked(given_page, sofia, given_page.daan, now=now, answer_by=timezone.localdate() + DAY)
        row = HandOver.objects.with_people().get(enrollment=given_page.daan)
        decline(hand_over=row, reason="No", by=sofia.membership, now=now)
    paths = {PAGE: sofia.membership, "/o/lantaarn/mentors/": given_page.cast.ilse}
    few = [queries(sign_in(who), path) for path, who in paths.items()]
    theirs = more_learners(given_page, given_page.cast.joris, 4)
    with scope(given_page.cast.organization.pk):
        for place, enrollment in enumerate(theirs, start=1):
            booked(given_page, start=WEDNESDAY + 7 * place * DAY, enrollment=enrollment, by=enrollment.learner)
        asked(given_page, sofia, *theirs, now=now, answer_by=timezone.localdate() + DAY)
        for enrollment in theirs[:2]:
            row = HandOver.objects.with_people().get(enrollment=enrollment)
            decline(hand_over=row, reason="No", by=sofia.membership, now=now)
    assert [queries(sign_in(who), path) for path, who in paths.items()] == few
