"""The waiting list: its order, offers that hold a seat, and what becomes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Membership, Role
from cohorts.errors import CohortError
from cohorts.history import enroll, record_status
from cohorts.lifecycle import change_cohort
from cohorts.models import Cohort, Enrollment, Offer, OfferAnswer, QueueChange
from cohorts.offering import (
    accept_offer,
    decline_offer,
    line_of,
    move_in_line,
    offer_seat,
    open_offers_of,
    places_of,
    settle_offers,
    withdraw_offer,
)
from cohorts.tasks import settle_organization_offers
from cohorts.team import add_to_team
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast, member

NOW = datetime(2026, 9, 10, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def waiting(cohort: Cohort, *names: str) -> list[Enrollment]:
    """One seat, which Daan has; the others wait in this order."""
    people = [member(name, f"{name.lower()}@lantaarn.example", Role.LEARNER) for name in names]
    return [enroll(cohort=cohort, learner=one, by=None, effective_on=START + DAY * number, at=NOW)
            for number, one in enumerate(people)]  # fmt: skip


@pytest.fixture
def cohort(lantaarn: Cast) -> Cohort:
    made = a_cohort(capacity=1, status=Cohort.Status.ENROLLING, lead=lantaarn.ilse)
    enroll(cohort=made, learner=lantaarn.daan, by=None, effective_on=START, at=NOW)
    return made


def leave(cohort: Cohort, learner: Membership, *, days: int = 0) -> None:
    enrollment, at = cohort.enrollments.get(learner=learner), NOW + days * DAY
    record_status(enrollment=enrollment, to="withdrawn", reason="work", effective_on=at.date(), by=None, at=at)


def code(call: Any, **values: Any) -> str:
    with pytest.raises(CohortError) as caught:
        call(**values)
    return caught.value.code


def names(cohort: Cohort) -> list[str]:
    return [one.learner.name for one in line_of(cohort)]


def answers() -> list[tuple[str, str]]:
    return [(one.offer.enrollment.learner.name, one.kind) for one in OfferAnswer.objects.order_by("recorded_at", "pk")]


def test_line_is_by_day_until_somebody_is_moved_with_a_reason(lantaarn: Cast, cohort: Cohort) -> None:
    _ann, _bob, cas = waiting(cohort, "Ann", "Bob", "Cas")
    assert names(cohort) == ["Ann", "Bob", "Cas"]

    assert code(move_in_line, enrollment=cas, to_place=1, reason=" ", by=lantaarn.ilse) == "queue_reason_missing"
    assert code(move_in_line, enrollment=cas, to_place=0, reason="x", by=lantaarn.ilse) == "no_such_place"
    change = move_in_line(enrollment=cas, to_place=1, reason="Moves house first", by=lantaarn.ilse)
    waiting(cohort, "Dee")

    assert (change.from_place, change.to_place, change.reason) == (3, 1, "Moves house first")
    assert names(cohort) == ["Cas", "Ann", "Bob", "Dee"]
    move_in_line(enrollment=cas, to_place=99, reason="Back again", by=lantaarn.ilse)
    assert names(cohort) == ["Ann", "Bob", "Dee", "Cas"]
    assert QueueChange.objects.count() == 2


def test_offer_needs_a_free_seat_and_a_reason_out_of_turn(lantaarn: Cast, cohort: Cohort) -> None:
    ann, bob = waiting(cohort, "Ann", "Bob")
    assert code(offer_seat, enrollment=ann, by=lantaarn.ilse, at=NOW) == "no_free_seat"
    leave(cohort, lantaarn.daan)

    assert code(offer_seat, enrollment=bob, by=lantaarn.ilse, at=NOW) == "queue_reason_missing"
    offer = offer_seat(enrollment=bob, by=lantaarn.ilse, at=NOW, reason="Ann is abroad")

    assert (offer.expires_at, offer.reason) == (NOW + 3 * DAY, "Ann is abroad")
    assert code(offer_seat, enrollment=bob, by=lantaarn.ilse, at=NOW) == "offered_already"
    assert code(offer_seat, enrollment=ann, by=lantaarn.ilse, at=NOW) == "no_free_seat"
    assert [place.is_open for place in places_of(cohort, at=NOW)] == [False, True]


def test_offer_holds_its_seat_against_everybody_else(lantaarn: Cast, cohort: Cohort) -> None:
    ann, bob = waiting(cohort, "Ann", "Bob")
    leave(cohort, lantaarn.daan)
    offer_seat(enrollment=ann, by=lantaarn.ilse, at=NOW)

    later = enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, at=NOW)
    assert later.status == "waiting"
    enrolled = {"to": "enrolled", "effective_on": NOW.date(), "by": None}
    assert code(record_status, enrollment=bob, at=NOW, **enrolled) == "cohort_full"
    assert code(change_cohort, cohort=cohort, changes={"capacity": 0}, today=NOW.date()) == "no_seats"
    record_status(enrollment=ann, at=NOW, **enrolled)  # by hand, it is theirs
    assert list(Offer.objects.standing(NOW)) == []


def test_capacity_cannot_go_under_what_is_taken_and_offered(lantaarn: Cast, cohort: Cohort) -> None:
    change_cohort(cohort=cohort, changes={"capacity": 2}, today=NOW.date())
    cohort.refresh_from_db()
    first, second = waiting(cohort, "Ann", "Bob")
    assert (first.status, second.status) == ("enrolled", "waiting")
    leave(cohort, first.learner)
    offer_seat(enrollment=second, by=lantaarn.ilse, at=NOW)

    with pytest.raises(CohortError) as caught:
        change_cohort(cohort=cohort, changes={"capacity": 1}, today=NOW.date())

    assert str(caught.value) == (
        "2 seats are taken or offered. Choose at least as many, or let learners go on elsewhere first."
    )


@pytest.mark.parametrize(("status", "becomes"), [("enrolling", "enrolled"), ("running", "active")])
def test_accepting_takes_the_seat(lantaarn: Cast, cohort: Cohort, status: str, becomes: str) -> None:
    [ann] = waiting(cohort, "Ann")
    leave(cohort, lantaarn.daan)
    offer = offer_seat(enrollment=ann, by=lantaarn.ilse, at=NOW)
    Cohort.objects.filter(pk=cohort.pk).update(status=status)
    assert open_offers_of(ann.learner, at=NOW) == [offer]

    accept_offer(offer=offer, by=ann.learner, at=NOW + DAY)

    ann.refresh_from_db()
    assert ann.status == becomes
    assert open_offers_of(ann.learner, at=NOW + DAY) == []
    assert answers() == [("Ann", "accepted")]
    assert code(decline_offer, offer=offer, by=ann.learner, at=NOW + DAY) == "offer_over"
    assert code(accept_offer, offer=offer, by=ann.learner, at=NOW + DAY) == "offer_over"


def test_offer_that_expired_is_over_before_any_job_says_so(lantaarn: Cast, cohort: Cohort) -> None:
    ann, bob = waiting(cohort, "Ann", "Bob")
    leave(cohort, lantaarn.daan)
    offer = offer_seat(enrollment=ann, by=lantaarn.ilse, at=NOW)

    assert code(accept_offer, offer=offer, by=ann.learner, at=NOW + 3 * DAY) == "offer_over"
    assert offer_seat(enrollment=bob, by=lantaarn.ilse, at=NOW + 3 * DAY).enrollment == bob


def test_seat_goes_down_the_line_by_itself_and_twice_is_as_once(lantaarn: Cast, cohort: Cohort) -> None:
    change_cohort(cohort=cohort, changes={"offers_itself": True}, today=NOW.date())
    ann, _bob, cas = waiting(cohort, "Ann", "Bob", "Cas")
    assert settle_offers(cohort=cohort, at=NOW) == (0, 0)
    leave(cohort, lantaarn.daan)

    assert [settle_offers(cohort=cohort, at=NOW) for _again in range(2)] == [(0, 1), (0, 0)]
    decline_offer(offer=Offer.objects.get(enrollment=ann), by=ann.learner, at=NOW + DAY, note="Found work")
    assert [settle_offers(cohort=cohort, at=NOW + 4 * DAY) for _again in range(2)] == [(1, 1), (0, 0)]
    accept_offer(offer=Offer.objects.get(enrollment=cas), by=cas.learner, at=NOW + 5 * DAY)

    assert answers() == [("Ann", "declined"), ("Bob", "expired"), ("Cas", "accepted")]
    # Who declined or let it pass stays in line and is asked again by staff alone.
    assert names(cohort) == ["Ann", "Bob"]
    leave(cohort, cas.learner, days=5)
    assert settle_offers(cohort=cohort, at=NOW + 6 * DAY) == (0, 0)


def test_by_hand_nothing_is_offered_on(lantaarn: Cast, cohort: Cohort) -> None:
    ann, _bob = waiting(cohort, "Ann", "Bob")
    leave(cohort, lantaarn.daan)
    decline_offer(offer=offer_seat(enrollment=ann, by=lantaarn.ilse, at=NOW), by=ann.learner, at=NOW)

    assert settle_offers(cohort=cohort, at=NOW + DAY) == (0, 0)


def test_job_settles_every_cohort_in_which_somebody_waits(cast: Cast) -> None:
    with scope(cast.organization.pk):
        cohort = a_cohort(capacity=1, status=Cohort.Status.RUNNING)
        change_cohort(cohort=cohort, changes={"offers_itself": True}, today=START)
        for learner in (cast.daan, cast.amira):
            enroll(cohort=cohort, learner=learner, by=None, effective_on=START)
        enrolled = cohort.enrollments.get(learner=cast.daan)
        record_status(enrollment=enrolled, to="active", effective_on=START, by=None)
        record_status(enrollment=enrolled, to="withdrawn", reason="work", effective_on=START, by=None)

    settle_organization_offers(str(cast.organization.pk))
    settle_organization_offers(str(cast.organization.pk))

    with scope(cast.organization.pk):
        assert [offer.enrollment.learner for offer in Offer.objects.all()] == [cast.amira]


# -- mails -------------------------------------------------------------------------------------------------------------


def reason(message: Message, at: datetime) -> str:
    return KINDS[message.kind].reason_untrue(message, at)


def test_offer_is_mailed_as_long_as_it_stands(lantaarn: Cast, cohort: Cohort) -> None:
    [ann] = waiting(cohort, "Ann")
    leave(cohort, lantaarn.daan)
    offer = offer_seat(enrollment=ann, by=lantaarn.ilse, at=NOW)
    mail = Message.objects.get(kind="seat_offered")

    assert (mail.recipient, mail.expires_at, mail.due_at) == (ann.learner.user, offer.expires_at, NOW)
    assert reason(mail, NOW) == ""
    assert reason(mail, NOW + 3 * DAY) == "The offer does not stand any more."
    withdraw_offer(offer=offer, by=lantaarn.ilse, at=NOW, note="The seat is needed for a transfer.")
    assert reason(mail, NOW) == "The offer does not stand any more."
    withdrawn = Message.objects.get(kind="seat_withdrawn")
    assert reason(withdrawn, NOW) == "The learner was never told of the offer."
    Message.objects.filter(pk=mail.pk).update(state="sent", settled_at=NOW)
    assert reason(withdrawn, NOW) == ""
    assert KINDS["seat_withdrawn"].context(withdrawn)["note"] == "The seat is needed for a transfer."
    offer_seat(enrollment=ann, by=lantaarn.ilse, at=NOW)
    assert reason(withdrawn, NOW) == "The learner has another offer."


def test_lead_and_the_staff_of_the_team_hear_what_became_of_it(lantaarn: Cast, cohort: Cohort) -> None:
    add_to_team(cohort=cohort, member=lantaarn.ada, role="staff", starts_on=START)
    add_to_team(cohort=cohort, member=lantaarn.joris, role="mentor", starts_on=START)
    [ann] = waiting(cohort, "Ann")
    leave(cohort, lantaarn.daan)
    decline_offer(offer=offer_seat(enrollment=ann, by=lantaarn.ilse, at=NOW), by=ann.learner, at=NOW, note="No time")

    told = Message.objects.filter(kind="seat_answered")

    assert {message.recipient_id for message in told} == {lantaarn.ada.user_id, lantaarn.ilse.user_id}
    context = KINDS["seat_answered"].context(told[0])
    assert (context["learner"], context["answer"], context["note"]) == ("Ann", "declined", "No time")
    assert [reason(message, NOW) for message in told] == ["", ""]
    cohort.team.filter(member=lantaarn.ada).update(ends_on=START)
    assert sorted(reason(message, NOW) for message in told) == ["", "The recipient is not on the team any more."]
