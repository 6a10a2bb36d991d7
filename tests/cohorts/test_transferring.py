"""Going on in another cohort: what goes along, what the numbers make of it, and undoing it on the same day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.chronicle import chronicle_of
from cohorts.errors import CohortError
from cohorts.history import enroll, record_status, statuses_as_of
from cohorts.models import Cohort, Enrollment
from cohorts.path import path_of
from cohorts.progress import complete_topic, log_study
from cohorts.standing import standings_of
from cohorts.transferring import may_undo_transfer, plan_transfer, transfer, undo_transfer
from outcomes.measuring.roster import Fate, roster_as_of
from tests.cohorts.given import START
from tests.cohorts.moves import AT, copy_of
from tests.cohorts.studying import TODAY, active, finish, running_cohort, topics_of
from tests.conftest import Cast

DAY = timedelta(days=1)


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    """In the eleventh week, with one topic of 40 hours done and ten hours logged."""
    enrollment = active(running_cohort(), lantaarn.amira, mentor=lantaarn.joris)
    finish(enrollment, topics_of(enrollment.cohort)[:1])
    log_study(enrollment=enrollment, week=TODAY, hours=Decimal(10), by=lantaarn.amira)
    return Enrollment.objects.select_related("cohort", "version", "learner", "mentor").get(pk=enrollment.pk)


def other(amira: Enrollment, **values: object) -> Cohort:
    return running_cohort(**{"name": "Utrecht", "version": amira.version, **values})


def go(amira: Enrollment, cohort: Cohort, on: date = TODAY) -> Enrollment:
    return transfer(enrollment=amira, cohort=cohort, effective_on=on, by=None, at=AT)


def code_of(amira: Enrollment, cohort: Cohort, on: date = TODAY) -> str:
    with pytest.raises(CohortError) as refused:
        go(amira, cohort, on)
    with pytest.raises(CohortError) as foreseen:
        plan_transfer(enrollment=Enrollment.objects.get(pk=amira.pk), cohort=cohort, effective_on=on, at=AT)
    assert foreseen.value.code == refused.value.code
    return refused.value.code


def test_work_and_mentor_go_along(lantaarn: Cast, amira: Enrollment) -> None:
    cohort = other(amira)

    plan = plan_transfer(enrollment=amira, cohort=cohort, effective_on=TODAY, at=AT)
    there = go(amira, cohort)

    path = path_of(there, on=TODAY)
    # The pace goes on as what they were before, from the day on which they came and not before it.
    assert (path.standing.since, path.standing.weeks) == (START, 4)
    [before] = standings_of([there], on=TODAY - DAY)
    assert before.since != START
    assert (plan.done, plan.summary, path.earned, there.mentor, there.status) == (1, None, 40, lantaarn.joris, "active")
    [fact], [log] = there.progress_events.all(), there.study_logs.all()
    assert (fact.effective_on, fact.recorded_by, log.hours) == (TODAY, lantaarn.amira, 10)
    assert amira.progress_events.count() == amira.study_logs.count() == 1


def test_numbers_stay_with_the_cohort_it_began_in(amira: Enrollment) -> None:
    there = go(amira, other(amira))

    [entry] = roster_as_of(TODAY + DAY).entries

    assert (entry.enrollment_id, entry.current_id, entry.cohort_id, entry.fate) == (
        amira.pk, there.pk, amira.cohort_id, Fate.ACTIVE,
    )  # fmt: skip


def test_work_counts_in_another_version_by_the_map(amira: Enrollment) -> None:
    new, _became = copy_of(amira.version)
    cohort = other(amira, version=new)

    plan = plan_transfer(enrollment=amira, cohort=cohort, effective_on=TODAY, at=AT)
    there = go(amira, cohort)

    assert plan.summary is not None
    assert (plan.summary.done, plan.summary.carried) == (1, 1)
    assert (there.version, path_of(there, on=TODAY).earned) == (new, 40)
    assert amira.version.pk in set(there.moves.values_list("move__from_version", flat=True))


def test_nothing_counts_in_another_curriculum_and_the_plan_says_so(amira: Enrollment) -> None:
    cohort = running_cohort(name="Design")

    plan = plan_transfer(enrollment=amira, cohort=cohort, effective_on=TODAY, at=AT)
    there = go(amira, cohort)

    assert (plan.is_other_program, path_of(there, on=TODAY).earned, there.version) == (True, 0, cohort.version)


def test_leave_goes_on_there(amira: Enrollment) -> None:
    back = TODAY + 30 * DAY
    record_status(enrollment=amira, to="on_leave", effective_on=TODAY - DAY, returns_on=back, by=None, at=AT)

    there = go(amira, other(amira))

    assert there.status == "on_leave"
    assert there.events.order_by("sequence").last().returns_on == back  # type: ignore[union-attr]


def test_transfer_is_refused_whole(lantaarn: Cast, amira: Enrollment) -> None:
    full = other(amira, capacity=1)
    enroll(cohort=full, learner=lantaarn.daan, by=None, effective_on=START, at=AT)
    over = other(amira, name="Over")
    Cohort.objects.filter(pk=over.pk).update(status=Cohort.Status.COMPLETED)
    over.refresh_from_db()

    assert code_of(amira, full) == "cohort_full"
    assert code_of(amira, other(amira, name="Later"), TODAY + DAY) == "transfer_ahead"
    assert code_of(amira, other(amira, name="Old"), date(1900, 1, 1)) == "date_out_of_range"
    with pytest.raises(CohortError, match="Over is completed"):
        go(amira, over)
    assert (Enrollment.objects.get(pk=amira.pk).status, amira.events.count()) == ("active", 1)


def test_undone_on_its_day_the_learner_is_back_with_what_was_done_since(lantaarn: Cast, amira: Enrollment) -> None:
    there = go(amira, other(amira))
    complete_topic(enrollment=there, topic=topics_of(there.cohort)[1], by=lantaarn.amira, on=TODAY)

    here = undo_transfer(enrollment=there, by=lantaarn.ilse, at=AT)

    there.refresh_from_db()
    assert (here.pk, here.status, there.status, there.void_since) == (amira.pk, "active", "transferred", AT)
    assert path_of(Enrollment.objects.get(pk=amira.pk), on=TODAY).earned == 100
    assert statuses_as_of([here], on=TODAY) == {here.pk: "active"}
    [entry] = roster_as_of(TODAY + 100 * DAY).entries
    assert (entry.enrollment_id, entry.current_id, entry.fate) == (amira.pk, amira.pk, Fate.ACTIVE)


def test_undone_transfer_to_another_version_goes_back_over(amira: Enrollment) -> None:
    new, _became = copy_of(amira.version)
    there = go(amira, other(amira, version=new))

    undo_transfer(enrollment=there, by=None, at=AT)

    here = Enrollment.objects.get(pk=amira.pk)
    assert (here.version, path_of(here, on=TODAY).earned) == (amira.version, 40)


def test_undone_transfer_can_be_made_again(amira: Enrollment) -> None:
    cohort = other(amira)
    undo_transfer(enrollment=go(amira, cohort), by=None, at=AT)

    there = go(Enrollment.objects.get(pk=amira.pk), cohort)

    assert (there.status, path_of(there, on=TODAY).earned, cohort.enrollments.count()) == ("active", 40, 1)


def test_transfer_is_not_undone_on_another_day_or_twice(amira: Enrollment) -> None:
    there = go(amira, other(amira))
    assert may_undo_transfer(there, at=AT)
    assert not may_undo_transfer(there, at=AT + DAY)
    with pytest.raises(CohortError, match="on the day it was recorded"):
        undo_transfer(enrollment=there, by=None, at=AT + DAY)
    undo_transfer(enrollment=there, by=None, at=AT)
    with pytest.raises(CohortError, match="on the day it was recorded"):
        undo_transfer(enrollment=there, by=None, at=AT)


def test_seat_taken_meanwhile_keeps_the_transfer(lantaarn: Cast, amira: Enrollment) -> None:
    there = go(amira, other(amira))
    Cohort.objects.filter(pk=amira.cohort_id).update(capacity=1)
    enroll(cohort=amira.cohort, learner=lantaarn.daan, by=None, effective_on=START, at=AT)

    with pytest.raises(CohortError, match="Raise its capacity"):
        undo_transfer(enrollment=there, by=None, at=AT)

    there.refresh_from_db()
    assert (there.status, there.void_since) == ("active", None)


def test_much_work_takes_no_more_queries(lantaarn: Cast, amira: Enrollment) -> None:
    daan = active(amira.cohort, lantaarn.daan, mentor=lantaarn.joris)
    finish(daan, topics_of(amira.cohort))
    log_study(enrollment=daan, week=TODAY, hours=Decimal(10), by=lantaarn.daan)
    cohort, counts = other(amira), []
    for pk in (amira.pk, daan.pk):
        enrollment = Enrollment.objects.select_related("cohort", "version", "learner", "mentor").get(pk=pk)
        with CaptureQueriesContext(connection) as queries:
            go(enrollment, cohort)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_went_along_is_told_once(lantaarn: Cast, amira: Enrollment) -> None:
    titles = [told(amira, lantaarn), told(go(amira, other(amira)), lantaarn)]

    assert [sum("Basics 1" in title for title in each) for each in titles] == [1, 1]


def told(enrollment: Enrollment, cast: Cast) -> list[str]:
    days = chronicle_of(enrollment, viewer=cast.ilse, at=AT).days
    return [happening.title for _day, happenings in days for happening in happenings]
