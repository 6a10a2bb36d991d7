from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, Role
from cohorts.errors import CohortError
from cohorts.history import (
    LEAVING,
    MOVES,
    Entry,
    activate_enrolled,
    enroll,
    enroll_many,
    events_as_of,
    record_status,
    refresh_statuses,
    statuses_as_of,
)
from cohorts.models import Cohort, Enrollment, EnrollmentEvent
from cohorts.standing import standings_of
from cohorts.timeline import deciding, spans
from cohorts.transferring import transfer
from organizations.models import uuid7
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast, member
from tests.examples import examples

Status = Enrollment.Status
DAY = timedelta(days=1)
#: The instant at which the tests record: well after what they record.
LATER = datetime(2027, 6, 1, 9, 0, tzinfo=UTC)


def enrolled(cast: Cast, **values: object) -> Enrollment:
    cohort = a_cohort(status=Cohort.Status.RUNNING)
    return enroll(
        cohort=cohort, learner=cast.amira, by=cast.ilse, effective_on=START, status=Status.ACTIVE, at=LATER, **values
    )  # type: ignore[arg-type]


def told(enrollment: Enrollment) -> list[tuple[int, str, str, date]]:
    return list(
        enrollment.events.order_by("sequence").values_list("sequence", "from_status", "to_status", "effective_on")
    )


def learners(count: int) -> list[Membership]:
    return [member(f"Learner {number}", f"learner{number}@lantaarn.example", Role.LEARNER) for number in range(count)]


# -- entering ----------------------------------------------------------------------------------------------------------


def test_enroll_puts_a_learner_on_the_roster_with_the_first_event(lantaarn: Cast) -> None:
    cohort = a_cohort()

    enrollment = enroll(
        cohort=cohort, learner=lantaarn.amira, by=lantaarn.ilse, effective_on=START, external_id="A-1", seeks_job=True,
        at=LATER,
    )  # fmt: skip

    stored = Enrollment.objects.get(pk=enrollment.pk)
    assert (stored.status, stored.status_since, stored.external_id) == ("enrolled", START, "A-1")
    assert (stored.seeks_job, stored.seeks_job_declared_at) == (True, LATER)
    assert told(enrollment) == [(1, "", "enrolled", START)]
    assert enrollment.events.get().recorded_by == lantaarn.ilse


def test_enroll_refuses_who_is_in_the_cohort_already(lantaarn: Cast) -> None:
    enrollment = enrolled(lantaarn)

    with pytest.raises(CohortError) as refused:
        enroll(cohort=enrollment.cohort, learner=lantaarn.amira, by=lantaarn.ilse, effective_on=START)

    assert refused.value.code == "already_enrolled"
    assert Enrollment.objects.count() == EnrollmentEvent.objects.count() == 1


def test_enroll_refuses_an_external_id_of_somebody_else(lantaarn: Cast) -> None:
    enrollment = enrolled(lantaarn, external_id="A-1")

    with pytest.raises(CohortError) as refused:
        enroll(cohort=enrollment.cohort, learner=lantaarn.daan, by=None, effective_on=START, external_id="A-1")

    assert refused.value.code == "external_id_taken"


def test_enroll_refuses_a_member_who_is_no_learner_and_a_cohort_that_is_over(lantaarn: Cast) -> None:
    cohort = a_cohort()

    with pytest.raises(CohortError) as refused:
        enroll(cohort=cohort, learner=lantaarn.joris, by=lantaarn.ilse, effective_on=START)
    assert refused.value.code == "not_a_learner"

    over = a_cohort(name="Over", status=Cohort.Status.COMPLETED)
    with pytest.raises(CohortError, match="Over is completed"):
        enroll(cohort=over, learner=lantaarn.amira, by=lantaarn.ilse, effective_on=START)


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(9999, 12, 31)])
def test_enroll_refuses_a_day_that_no_program_has(lantaarn: Cast, day: date) -> None:
    with pytest.raises(CohortError) as refused:
        enroll(cohort=a_cohort(), learner=lantaarn.amira, by=lantaarn.ilse, effective_on=day)

    assert refused.value.code == "date_out_of_range"


def test_full_cohort_lets_those_who_come_after_wait(lantaarn: Cast) -> None:
    cohort = a_cohort(capacity=2)
    entries = [Entry(learner=learner, effective_on=START) for learner in learners(4)]

    made = enroll_many(cohort=cohort, entries=entries, by=lantaarn.ilse, at=LATER)

    assert [enrollment.status for enrollment in made] == ["enrolled", "enrolled", "waiting", "waiting"]
    with pytest.raises(CohortError, match="All 2 seats are taken"):
        record_status(enrollment=made[2], to=Status.ENROLLED, effective_on=START, by=lantaarn.ilse, at=LATER)

    record_status(
        enrollment=made[0], to=Status.WITHDRAWN, effective_on=START, by=lantaarn.ilse, reason="work", at=LATER
    )  # fmt: skip
    record_status(enrollment=made[2], to=Status.ENROLLED, effective_on=START, by=lantaarn.ilse, at=LATER)
    assert made[2].status == "enrolled"


def test_thousand_learners_take_a_handful_of_queries(lantaarn: Cast) -> None:
    cohort, people = a_cohort(), learners(30)

    with CaptureQueriesContext(connection) as few:
        enroll_many(
            cohort=cohort, entries=[Entry(learner=one, effective_on=START) for one in people[:2]], by=None, at=LATER
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        enroll_many(
            cohort=cohort, entries=[Entry(learner=one, effective_on=START) for one in people[2:]], by=None, at=LATER
        )  # fmt: skip

    assert len(few) == len(many)


# -- moving ------------------------------------------------------------------------------------------------------------


def test_record_status_adds_an_event_and_changes_the_status(lantaarn: Cast) -> None:
    enrollment = enrolled(lantaarn)
    leave, back = date(2026, 12, 1), date(2027, 1, 4)

    record_status(
        enrollment=enrollment, to=Status.ON_LEAVE, effective_on=leave, by=lantaarn.ilse, returns_on=back,
        note=" Surgery ", at=LATER,
    )  # fmt: skip

    stored = Enrollment.objects.get(pk=enrollment.pk)
    assert (stored.status, stored.status_since) == (enrollment.status, enrollment.status_since) == ("on_leave", leave)
    assert told(enrollment) == [(1, "", "active", START), (2, "active", "on_leave", leave)]
    event = enrollment.events.get(sequence=2)
    assert (event.returns_on, event.note, event.recorded_by) == (back, "Surgery", lantaarn.ilse)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"to": Status.GRADUATED}, "move_not_allowed"),
        ({"to": Status.WITHDRAWN}, "reason_missing"),
        ({"to": Status.DISMISSED, "reason": ""}, "reason_missing"),
        ({"to": Status.WITHDRAWN, "reason": "boredom"}, "reason_missing"),
        ({"to": Status.ON_LEAVE}, "return_missing"),
        ({"to": Status.ON_LEAVE, "returns_on": date(2026, 12, 1)}, "return_before_leave"),
        ({"to": Status.ACTIVE, "returns_on": date(2027, 12, 1)}, "return_without_leave"),
        ({"to": Status.ACTIVE, "effective_on": date(1900, 1, 1)}, "date_out_of_range"),
        ({"to": Status.ON_LEAVE, "returns_on": date(9999, 12, 31)}, "date_out_of_range"),
        ({"to": Status.ACTIVE, "effective_on": date(2026, 11, 30)}, "before_last_event"),
    ],
)
def test_record_status_refuses_what_is_not_allowed_or_not_complete(
    lantaarn: Cast, values: dict[str, object], code: str
) -> None:
    enrollment = enrolled(lantaarn)
    record_status(
        enrollment=enrollment, to=Status.ON_LEAVE, effective_on=date(2026, 12, 1), by=None, at=LATER,
        returns_on=date(2027, 1, 4),
    )  # fmt: skip

    with pytest.raises(CohortError) as refused:
        record_status(
            **{"enrollment": enrollment, "effective_on": date(2026, 12, 1), "by": lantaarn.ilse, "at": LATER, **values}
        )  # type: ignore[arg-type]

    assert refused.value.code == code
    assert enrollment.events.count() == 2


def test_moves_are_those_of_the_table(lantaarn: Cast) -> None:
    cohort, day = a_cohort(), START + DAY
    possible: dict[str, set[str]] = {before: set() for before in MOVES if before}
    for before in possible:
        for to in Status.values:
            with transaction.atomic():
                enrollment = Enrollment.objects.create(
                    cohort=cohort, version_id=cohort.version_id, learner=lantaarn.amira, status=before
                )
                reason = "work" if before in LEAVING else ""
                EnrollmentEvent.objects.create(
                    enrollment=enrollment, sequence=1, to_status=before, effective_on=START, reason=reason,
                    decision=uuid7() if before == Status.GRADUATED else None,
                )  # fmt: skip
                reason, returns_on = "work" if to in LEAVING else "", day + DAY if to == Status.ON_LEAVE else None
                try:
                    record_status(
                        enrollment=enrollment, to=to, effective_on=day, by=None, at=LATER, reason=reason,
                        returns_on=returns_on, decision=uuid7(),
                    )  # fmt: skip
                    possible[before].add(enrollment.status)
                except CohortError as error:
                    possible[before] |= {error.code} - {"move_not_allowed"}
                transaction.set_rollback(True)

    assert possible == {before: set(after) for before, after in MOVES.items() if before}


def test_who_comes_back_goes_on_in_the_same_enrollment(lantaarn: Cast) -> None:
    enrollment = enrolled(lantaarn)
    left, back = date(2026, 12, 1), date(2027, 2, 1)

    record_status(
        enrollment=enrollment, to=Status.WITHDRAWN, effective_on=left, by=lantaarn.ilse, reason="health", at=LATER
    )  # fmt: skip
    record_status(enrollment=enrollment, to=Status.ACTIVE, effective_on=back, by=lantaarn.ilse, at=LATER)

    assert [statuses_as_of([enrollment], on=day).get(enrollment.pk) for day in (START - DAY, START, left, back)] == [
        None, "active", "withdrawn", "active",
    ]  # fmt: skip


def test_history_is_never_changed_or_removed(lantaarn: Cast) -> None:
    event = enrolled(lantaarn).events.get()

    for attempt in (event.delete, lambda: EnrollmentEvent.objects.update(to_status="graduated")):
        with pytest.raises(DatabaseError, match="record another one"), transaction.atomic():
            attempt()


def test_transfer_goes_on_in_the_other_cohort(lantaarn: Cast) -> None:
    enrollment, other = enrolled(lantaarn, seeks_job=False), a_cohort(name="Utrecht 2026")
    day = date(2027, 1, 11)

    there = transfer(enrollment=enrollment, cohort=other, effective_on=day, by=lantaarn.ilse, note="Moved", at=LATER)

    assert (enrollment.status, there.status, there.cohort, there.continues) == (
        "transferred",
        "active",
        other,
        enrollment,
    )
    assert there.seeks_job is False
    assert told(there) == [(1, "", "active", day)]


# -- corrections and plans ---------------------------------------------------------------------------------------------


def test_correction_on_the_same_day_replaces_what_was_recorded(lantaarn: Cast) -> None:
    enrollment, day = enrolled(lantaarn), date(2026, 12, 1)
    record_status(enrollment=enrollment, to=Status.WITHDRAWN, effective_on=day, by=None, reason="work", at=LATER)
    record_status(enrollment=enrollment, to=Status.ACTIVE, effective_on=day, by=None, note="Another Amira", at=LATER)

    assert statuses_as_of([enrollment], on=day) == {enrollment.pk: "active"}
    assert enrollment.status == "active"


def test_correction_in_between_must_be_asked_for_and_fit(lantaarn: Cast) -> None:
    enrollment = enrolled(lantaarn)
    record_status(
        enrollment=enrollment, to=Status.WITHDRAWN, effective_on=date(2027, 3, 1), by=None, reason="work", at=LATER
    )  # fmt: skip
    leave = {"enrollment": enrollment, "effective_on": date(2027, 1, 4), "by": None, "at": LATER}

    with pytest.raises(CohortError) as refused:
        record_status(**leave, to=Status.ON_LEAVE, returns_on=date(2027, 2, 1))  # type: ignore[arg-type]
    assert refused.value.code == "before_last_event"
    with pytest.raises(CohortError, match="on 1 March 2027 the learner became withdrawn"):
        record_status(**leave, to=Status.DISMISSED, reason="conduct", corrects=True)  # type: ignore[arg-type]

    record_status(**leave, to=Status.ON_LEAVE, returns_on=date(2027, 2, 1), corrects=True)  # type: ignore[arg-type]

    days = (date(2027, 1, 3), date(2027, 1, 4), date(2027, 3, 1))
    assert [statuses_as_of([enrollment], on=day)[enrollment.pk] for day in days] == ["active", "on_leave", "withdrawn"]
    assert enrollment.status == "withdrawn"


def test_plan_takes_effect_on_its_day_when_statuses_are_refreshed(lantaarn: Cast) -> None:
    enrollment, leave = enrolled(lantaarn), date(2027, 7, 1)
    record_status(
        enrollment=enrollment, to=Status.ON_LEAVE, effective_on=leave, by=None, returns_on=date(2027, 9, 1), at=LATER
    )  # fmt: skip
    assert enrollment.status == "active"

    assert refresh_statuses(on=leave - DAY) == 0
    with CaptureQueriesContext(connection) as queries:
        assert refresh_statuses(on=leave) == 1
    assert len(queries) == 1
    assert refresh_statuses(on=leave) == 0

    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.status_since) == ("on_leave", leave)


def test_earlier_event_overtakes_what_was_planned(lantaarn: Cast) -> None:
    enrollment, leave = enrolled(lantaarn), date(2027, 7, 1)
    record_status(
        enrollment=enrollment, to=Status.ON_LEAVE, effective_on=leave, by=None, returns_on=date(2027, 9, 1), at=LATER
    )  # fmt: skip

    record_status(
        enrollment=enrollment, to=Status.WITHDRAWN, effective_on=date(2027, 5, 1), by=None, reason="work", at=LATER
    )  # fmt: skip

    assert statuses_as_of([enrollment], on=date(2027, 4, 30)) == {enrollment.pk: "active"}
    assert statuses_as_of([enrollment], on=date(2027, 5, 1)) == {enrollment.pk: "withdrawn"}
    assert statuses_as_of([enrollment], on=leave) == {enrollment.pk: "withdrawn"}
    assert refresh_statuses(on=leave) == 1  # the same status, since another day
    enrollment.refresh_from_db()
    assert enrollment.status == "withdrawn"


def test_before_the_first_event_the_status_is_the_one_it_brings(lantaarn: Cast) -> None:
    cohort = a_cohort(capacity=1)
    soon = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)

    enrollment = enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, at=soon)

    assert (enrollment.status, enrollment.status_since) == ("enrolled", START)
    assert statuses_as_of([enrollment], on=soon.date()) == {}
    assert enroll(cohort=cohort, learner=lantaarn.daan, by=None, effective_on=START, at=soon).status == "waiting"


def test_start_of_the_cohort_makes_everyone_enrolled_active_who_has_no_day_of_their_own(lantaarn: Cast) -> None:
    cohort, [one, two, late] = a_cohort(), learners(3)
    early = START - 30 * DAY
    entries = [
        Entry(learner=one, effective_on=early),
        Entry(learner=two, effective_on=START + DAY),
        Entry(learner=late, effective_on=early, active_on=START + 90 * DAY),
    ]
    soon = datetime(2026, 9, 8, 9, 0, tzinfo=UTC)
    made = enroll_many(cohort=cohort, entries=entries, by=None, at=soon)

    assert activate_enrolled(cohort=cohort, effective_on=START, by=None) == 2

    on = {day: statuses_as_of(made, on=day) for day in (START, START + DAY, START + 90 * DAY)}
    assert [[day.get(enrollment.pk) for enrollment in made] for day in on.values()] == [
        ["active", None, "enrolled"],
        ["active", "active", "enrolled"],
        ["active", "active", "active"],
    ]


def test_events_as_of_is_one_query_for_any_number_of_enrollments(lantaarn: Cast) -> None:
    cohort = a_cohort()
    made = enroll_many(
        cohort=cohort, entries=[Entry(learner=one, effective_on=START) for one in learners(5)], by=None, at=LATER
    )  # fmt: skip

    with CaptureQueriesContext(connection) as queries:
        found = events_as_of([*made[:4], made[4].pk], on=START)

    assert len(queries) == 1
    assert {pk: event.to_status for pk, event in found.items()} == {enrollment.pk: "enrolled" for enrollment in made}


# -- any history -------------------------------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Allowed moves with the days that pass before each; nobody stays in a status that ends before the list does."""
    status, moves = "", []
    while MOVES[status] and len(moves) < 8:
        status = draw(st.sampled_from(sorted(MOVES[status])))
        moves.append((status, draw(st.integers(0, 60))))
    return moves


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=histories(), looks=st.lists(st.integers(-5, 500), min_size=3, max_size=6))
def test_status_of_any_day_is_that_of_the_last_move_until_then(
    lantaarn: Cast, moves: list[tuple[str, int]], looks: list[int]
) -> None:
    with transaction.atomic():
        check_history(lantaarn, moves, looks)
        transaction.set_rollback(True)


def check_history(cast: Cast, moves: Sequence[tuple[str, int]], looks: Sequence[int]) -> None:
    cohort, recorded = a_cohort(), datetime(2030, 1, 1, tzinfo=UTC)
    day, expected = START, {}
    (first, _pause), *rest = moves
    enrollment = enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=day, status=first, at=recorded)
    expected[day] = first
    for status, pause in rest:
        day += pause * DAY
        record_status(
            enrollment=enrollment,
            to=status,
            effective_on=day,
            by=None,
            reason="work" if status in LEAVING else "",
            returns_on=day + 5 * DAY if status == Status.ON_LEAVE else None,
            decision=uuid7() if status == Status.GRADUATED else None,
            at=recorded,
        )
        expected[day] = status

    events = list(enrollment.events.all())
    assert sorted(event.sequence for event in events) == list(range(1, len(moves) + 1))
    assert enrollment.status == moves[-1][0]
    for offset in looks:
        on = START + offset * DAY
        past = [status for since, status in sorted(expected.items()) if since <= on]
        want = past[-1] if past else None
        assert statuses_as_of([enrollment], on=on).get(enrollment.pk) == want
        found = deciding(events, on)
        assert (found.to_status if found else None) == want
        if want:
            refresh_statuses(on=on)
            assert Enrollment.objects.get(pk=enrollment.pk).status == want


def test_leave_that_began_earlier_than_recorded_becomes_one(lantaarn: Cast) -> None:
    """To the same return and with nothing in between; a status lasts since the first of its days."""
    amira = enrolled(lantaarn)
    leave = {"to": "on_leave", "returns_on": START + 60 * DAY, "by": lantaarn.ilse, "at": LATER}
    record_status(enrollment=amira, effective_on=START + 20 * DAY, **leave)
    earlier = {**leave, "effective_on": START + 10 * DAY, "corrects": True}
    with pytest.raises(CohortError) as refused:
        record_status(enrollment=amira, **{**earlier, "returns_on": START + 40 * DAY})
    assert refused.value.code == "leave_overlaps"
    assert "Enter 6 November 2026 as the planned return" in str(refused.value)

    record_status(enrollment=amira, **earlier)

    assert [(span.status, span.since) for span in spans(amira.events.all())] == [
        ("active", START), ("on_leave", START + 10 * DAY),
    ]  # fmt: skip
    [standing] = standings_of([amira], on=START + 30 * DAY)
    assert (standing.status, standing.since, standing.returns_on) == (
        "on_leave", START + 10 * DAY, START + 60 * DAY,
    )  # fmt: skip

    record_status(enrollment=amira, to="active", effective_on=START + 15 * DAY, corrects=True, by=None, at=LATER)
    with pytest.raises(CohortError):
        record_status(enrollment=amira, **{**earlier, "effective_on": START + 5 * DAY})


def test_what_counts_is_the_latest_day_and_not_what_was_recorded_last(lantaarn: Cast) -> None:
    amira = enrolled(lantaarn)
    record_status(enrollment=amira, to="withdrawn", effective_on=START + 50 * DAY, reason="work", by=None, at=LATER)
    record_status(
        enrollment=amira, to="on_leave", effective_on=START + 10 * DAY, returns_on=START + 20 * DAY, corrects=True,
        by=None, at=LATER,
    )  # fmt: skip
    [standing] = standings_of([amira], on=START + 60 * DAY)
    assert (standing.status, standing.since) == ("withdrawn", START + 50 * DAY)
