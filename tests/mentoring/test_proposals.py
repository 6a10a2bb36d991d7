"""Times proposed to a learner: they fit both, hold nothing, and one tap books one."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from cohorts.models import Enrollment
from mentoring.booking import book
from mentoring.errors import MentoringError
from mentoring.models import AvailabilityWindow, OneOnOne
from mentoring.proposals import LASTS, accept, fitting_times, pending_proposal, propose, starts_left
from mentoring.records import Proposal
from mentoring.slot_days import slot_value
from notifications.delivery import send_due
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mail import MailServer
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, booked

SignIn = Callable[[Membership | None], Client]
#: The first free time of each of the next days: a day's notice is needed.
TUESDAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def learner(given: Mentoring) -> Enrollment:
    return Enrollment.objects.for_page().get(pk=given.amira.pk)


def proposed(given: Mentoring, **values: Any) -> Proposal:
    enrollment = learner(given)
    said: dict[str, Any] = {
        "enrollment": enrollment, "starts": fitting_times(enrollment, now=NOW), "note": "", "by": given.cast.joris,
        "now": NOW,
    }  # fmt: skip
    made = propose(**said | values)
    return Proposal.objects.with_people().get(pk=made.pk)


def code_of(call: Any, *args: Any, **values: Any) -> str:
    with pytest.raises(MentoringError) as caught:
        call(*args, **values)
    return caught.value.code


def test_fitting_times_are_the_first_of_three_days(given: Mentoring) -> None:
    found = fitting_times(learner(given), now=NOW)
    assert [f"{start:%a %H:%M}" for start in found] == ["Tue 09:30", "Wed 08:00", "Thu 08:00"]


def test_fitting_times_are_by_day_for_the_learner_when_there_are_any(given: Mentoring) -> None:
    User.objects.filter(pk=given.cast.amira.user_id).update(time_zone="America/New_York")
    found = fitting_times(learner(given), now=NOW)
    assert [f"{start:%a %H:%M}" for start in found] == ["Tue 13:15", "Wed 13:15", "Thu 13:15"]
    AvailabilityWindow.objects.all().delete()
    AvailabilityWindow.objects.create(mentor=given.mentor, weekday=2, start_minute=540, end_minute=600)
    assert [f"{start:%a %H:%M}" for start in fitting_times(learner(given), now=NOW)][:1] == ["Wed 08:00"]


def test_one_tap_books_and_answers(given: Mentoring) -> None:
    proposal = proposed(given)
    assert pending_proposal(given.amira, now=NOW) == proposal
    made = accept(proposal=proposal, start=proposal.starts[1], by=given.cast.amira, now=NOW)
    proposal.refresh_from_db()
    assert (made.starts_at, made.booked_by, proposal.one_on_one, proposal.closed_at) == (
        proposal.starts[1], given.cast.amira, made, NOW,
    )  # fmt: skip
    assert code_of(accept, proposal=proposal, start=proposal.starts[0], by=given.cast.amira, now=NOW) == "answered"
    assert OneOnOne.objects.count() == 1
    assert starts_left(proposal, now=NOW) == []


def test_what_somebody_else_books_drops_out_until_it_is_void(given: Mentoring) -> None:
    proposal = proposed(given)
    for start in proposal.starts:
        book(mentor=given.mentor, enrollment=given.daan, start=start, by=given.cast.daan, now=NOW)
        assert start not in starts_left(proposal, now=NOW)
    assert starts_left(proposal, now=NOW) == []
    assert code_of(accept, proposal=proposal, start=proposal.starts[0], by=given.cast.amira, now=NOW) == "taken"
    proposal.refresh_from_db()
    assert proposal.closed_at is None


def test_only_the_learner_picks_only_what_was_proposed_only_in_time(given: Mentoring) -> None:
    proposal = proposed(given)
    said: dict[str, Any] = {
        "proposal": proposal, "start": proposal.starts[0], "by": given.cast.amira, "now": NOW
    }  # fmt: skip
    for person in (given.cast.daan, given.cast.joris, given.cast.ilse):
        assert code_of(accept, **said | {"by": person}) == "not_yours"
    assert code_of(accept, **said | {"start": WEDNESDAY}) == "not_proposed"
    assert proposal.expires_at == proposal.starts[-1]
    assert code_of(accept, **said | {"now": NOW + LASTS}) == "expired"
    assert pending_proposal(given.amira, now=NOW + LASTS) is None


def test_another_proposal_replaces_the_open_one(given: Mentoring) -> None:
    first, second = proposed(given), proposed(given, starts=[WEDNESDAY])
    first.refresh_from_db()
    assert first.closed_at == NOW
    assert pending_proposal(given.amira, now=NOW) == second


def test_who_booked_meanwhile_is_not_asked_anymore(given: Mentoring) -> None:
    proposed(given)
    booked(given, start=WEDNESDAY + 7 * DAY)
    assert pending_proposal(given.amira, now=NOW) is None


def test_propose_refuses_others_too_many_and_what_is_not_free(given: Mentoring) -> None:
    free = fitting_times(learner(given), now=NOW)
    assert code_of(proposed, given, starts=[]) == "no_times"
    assert code_of(proposed, given, starts=[*free, WEDNESDAY]) == "too_many_times"
    assert code_of(proposed, given, starts=[NOW]) == "taken"
    assert code_of(proposed, given, note="x" * 501) == "too_long"
    for person in (given.cast.daan, given.cast.amira):
        assert code_of(proposed, given, by=person) == "not_yours"
    Enrollment.objects.update(status="on_leave")
    assert code_of(proposed, given) == "no_times"
    assert code_of(proposed, given, starts=free) == "on_leave"
    Enrollment.objects.update(status="active", mentor=None)
    assert code_of(proposed, given, starts=free, by=given.cast.ilse) == "no_mentor"
    assert not Proposal.objects.exists()
    assert not Message.objects.exists()


# -- the mail and the pages --------------------------------------------------------------------------------------------


def test_the_learner_gets_one_mail_while_a_time_is_left(given_page: Mentoring, mail_server: MailServer) -> None:
    organization = given_page.cast.organization.pk
    with scope(organization):
        proposed(given_page, note="Shall we talk about <tests>?")
    send_due(organization_id=organization, now=NOW)
    send_due(organization_id=organization, now=NOW)
    [mail] = mail_server.messages
    body = mail.get_body(("plain",))
    assert body is not None
    text = str(body.get_content())
    assert mail["Subject"] == "Times for a 1-on-1 with Joris Hoekema"
    assert "- Wednesday 25 November 2026, 09:00 (Amsterdam)" in text
    assert "Shall we talk about <tests>?" in text
    assert "/o/lantaarn/sessions/proposals/" in text


def test_no_mail_when_it_was_answered_or_is_void_before(given_page: Mentoring, mail_server: MailServer) -> None:
    cast = given_page.cast
    with scope(cast.organization.pk):
        proposal = proposed(given_page)
        accept(proposal=proposal, start=proposal.starts[0], by=cast.amira, now=NOW)
        Message.objects.exclude(kind="one_on_one_proposed").delete()
    send_due(organization_id=cast.organization.pk, now=NOW)
    assert mail_server.messages == []
    with scope(cast.organization.pk):
        assert Message.objects.get().state == "skipped"


def test_staff_propose_on_a_page_and_the_learner_books_on_hers(given_page: Mentoring, sign_in: SignIn) -> None:
    cast, path = given_page.cast, f"/o/lantaarn/coverage/{given_page.amira.pk}/propose/"
    staff = sign_in(cast.ilse)
    page = unescape(staff.get(path).content.decode())
    assert page.count(" checked") == 3
    with scope(cast.organization.pk), timezone.override("Europe/Amsterdam"):
        starts = [slot_value(start) for start in fitting_times(learner(given_page), now=NOW)]
    response = staff.post(path, {"starts": starts, "note": "Pick one"})
    assert (response.status_code, response["Location"]) == (302, "/o/lantaarn/coverage/")
    amira = sign_in(cast.amira)
    with scope(cast.organization.pk):
        found = Proposal.objects.get()
    address = f"/o/lantaarn/sessions/proposals/{found.pk}/"
    for where in ("home/", "sessions/"):
        assert address in amira.get(f"/o/lantaarn/{where}").content.decode()
    assert amira.get(address).content.decode().count('name="start"') == 3
    response = amira.post(address, {"start": starts[1]}, follow=True)
    assert "Your 1-on-1 is booked: Wed 25 Nov, 09:00." in unescape(response.content.decode())
    assert "You picked one of these times." in unescape(amira.get(address).content.decode())


def test_bad_choices_are_answered_with_the_page(given_page: Mentoring, sign_in: SignIn) -> None:
    cast, path = given_page.cast, f"/o/lantaarn/coverage/{given_page.amira.pk}/propose/"
    client = sign_in(cast.joris)
    for starts in ([], ["x"], ["2026-11-25T09:30"], ["9999-12-31T23:59Z"], [slot_value(TUESDAY)] * 80):
        response = client.post(path, {"starts": starts, "note": "My <note>"})
        expected = 302 if starts and starts[0] == slot_value(TUESDAY) else 422
        assert response.status_code == expected
        if expected == 422:
            assert "My <note></textarea>" in unescape(response.content.decode())
    with scope(cast.organization.pk):
        proposal = Proposal.objects.get()
        booked(given_page, enrollment=given_page.daan, by=cast.daan, start=proposal.starts[0])
    address = f"/o/lantaarn/sessions/proposals/{proposal.pk}/"
    assert sign_in(cast.daan).get(address).status_code == 404
    response = sign_in(cast.amira).post(address, {"start": slot_value(proposal.starts[0])})
    assert response.status_code == 422
    page = unescape(response.content.decode())
    assert "That time was taken a moment ago." in page
    assert "None of these times is free anymore." in page


def test_a_mentor_proposes_to_own_learners_only(given_page: Mentoring, sign_in: SignIn) -> None:
    cast: Cast = given_page.cast
    with scope(cast.organization.pk):
        Enrollment.objects.filter(pk=given_page.daan.pk).update(mentor=None)
    assert sign_in(cast.joris).get(f"/o/lantaarn/coverage/{given_page.daan.pk}/propose/").status_code == 404
    page = sign_in(cast.ilse).get(f"/o/lantaarn/coverage/{given_page.daan.pk}/propose/")
    assert "There is no mentor yet. Ask program staff to assign one." in page.content.decode()
