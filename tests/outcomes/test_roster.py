from datetime import timedelta
from typing import Any

import pytest

from cohorts.models import Enrollment
from organizations.scope import scope
from outcomes.measuring.roster import Entry, Fate, Place, roster_as_of
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_member, day, decide, enrolled, noon, record

pytestmark = pytest.mark.usefixtures("lantaarn")


def seen(enrollment: Enrollment, on: int) -> Entry:
    [entry] = [entry for entry in roster_as_of(day(on)).entries if entry.enrollment_id == enrollment.pk]
    return entry


def level_of(enrollment: Enrollment, on: int) -> int:
    roster = roster_as_of(day(on))
    return int(roster.level[roster.row_of[enrollment.pk.bytes]])


def what(entry: Entry) -> tuple[Place, Fate, int]:
    return entry.place, entry.fate, (entry.since - day(0)).days


def history(*moves: Any, first: tuple[str, int] = ("active", 0)) -> Enrollment:
    cohort = a_cohort()
    enrollment = Enrollment.objects.create(cohort=cohort, version_id=cohort.version_id, learner=a_member())
    for move in (first, *moves):
        record(enrollment, *move)
    return enrollment


ON, CENSUS = Place.ON_ROSTER, 14


@pytest.mark.parametrize(
    ("moves", "on", "expected"),
    [
        ([], 13, (Place.BEFORE_CENSUS, Fate.ACTIVE, 0)),
        ([], 14, (ON, Fate.ACTIVE, 0)),
        ([("withdrawn", 14)], 14, (Place.LEFT_BEFORE_CENSUS, Fate.LEFT, 14)),
        ([("withdrawn", 15)], 14, (ON, Fate.ACTIVE, 0)),
        ([("withdrawn", 15)], 15, (ON, Fate.LEFT, 15)),
        ([("dismissed", 200)], 900, (ON, Fate.LEFT, 200)),
        ([("on_leave", 10, {"returns_on": day(60)})], 14, (ON, Fate.ON_LEAVE, 10)),
        ([("withdrawn", 40), ("active", 50)], 45, (ON, Fate.LEFT, 40)),
        ([("withdrawn", 40), ("active", 50)], 60, (ON, Fate.ACTIVE, 50)),
        ([("withdrawn", 10), ("active", 20)], 60, (Place.JOINED_LATE, Fate.ACTIVE, 20)),
        ([("graduated", 600)], 599, (ON, Fate.ACTIVE, 0)),
        ([("graduated", 600)], 600, (ON, Fate.GRADUATED, 600)),
        ([("graduated", 600), ("active", 650)], 640, (ON, Fate.GRADUATED, 600)),
        ([("graduated", 600), ("active", 650)], 650, (ON, Fate.ACTIVE, 650)),
        ([("withdrawn", 40, {"reason": "died"})], 50, (Place.EXCUSED, Fate.LEFT, 40)),
        ([("withdrawn", 40, {"reason": "military"}), ("active", 400)], 400, (ON, Fate.ACTIVE, 400)),
    ],
)
def test_roster_reads_the_history_as_of_the_day(
    moves: list[tuple[Any, ...]], on: int, expected: tuple[Place, Fate, int]
) -> None:
    assert what(seen(history(*moves), on)) == expected


def test_enrolled_before_the_start_is_no_place_on_the_roster() -> None:
    never_began = history(first=("enrolled", -20))
    began_late = history(("active", 15), first=("enrolled", -20))

    assert what(seen(never_began, 5)) == (Place.NOT_STARTED, Fate.ACTIVE, -20)
    assert what(seen(never_began, 300)) == (Place.NOT_STARTED, Fate.ACTIVE, -20)
    assert what(seen(began_late, 300)) == (Place.JOINED_LATE, Fate.ACTIVE, 15)


def test_applicants_are_not_learners() -> None:
    history(first=("applied", -40))
    history(("withdrawn", -10), first=("waiting", -40))

    assert roster_as_of(day(300)).entries == ()


def test_nobody_is_there_before_the_first_event() -> None:
    history(("withdrawn", 40))

    assert roster_as_of(day(-1)).entries == ()


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (100, (ON, Fate.ON_LEAVE, 50)),
        (101, (ON, Fate.LEAVE_OVERDUE, 100)),
        (189, (ON, Fate.LEAVE_OVERDUE, 100)),
        (190, (ON, Fate.LEFT, 100)),
    ],
)
def test_leave_ninety_days_overdue_counts_as_leaving_on_the_day_it_ended(
    on: int, expected: tuple[Place, Fate, int]
) -> None:
    assert what(seen(history(("on_leave", 50, {"returns_on": day(100)})), on)) == expected


def test_prolonged_leave_is_overdue_from_its_last_return_date() -> None:
    prolonged = history(("on_leave", 50, {"returns_on": day(100)}), ("on_leave", 90, {"returns_on": day(300)}))

    assert what(seen(prolonged, 250)) == (ON, Fate.ON_LEAVE, 50)
    assert what(seen(prolonged, 310)) == (ON, Fate.LEAVE_OVERDUE, 300)


def test_status_that_is_stated_again_began_with_the_first_statement() -> None:
    overtaken = history(("active", 120), ("withdrawn", 60), ("withdrawn", 120))

    assert what(seen(overtaken, 200)) == (ON, Fate.LEFT, 60)


def test_leave_stated_again_without_a_return_date_keeps_the_one_it_had() -> None:
    overtaken = history(("on_leave", 50, {"returns_on": day(100)}), ("on_leave", 110))

    assert what(seen(overtaken, 120)) == (ON, Fate.LEAVE_OVERDUE, 100)


def test_last_event_of_a_day_counts() -> None:
    corrected = history(("withdrawn", 60), ("active", 60))

    assert what(seen(corrected, 200)) == (ON, Fate.ACTIVE, 0)


def test_backdated_event_changes_the_past_once_it_is_recorded() -> None:
    learner = history()
    before = what(seen(learner, 100))
    record(learner, "withdrawn", 80)

    assert (before, what(seen(learner, 100))) == ((ON, Fate.ACTIVE, 0), (ON, Fate.LEFT, 80))


class TestTransfers:
    def moved(self, on: int, *, joins: str = "active", starts: int = 0) -> tuple[Enrollment, Enrollment]:
        first = history(("transferred", on))
        second = Enrollment.objects.create(
            cohort=a_cohort(first.version, starts_on=day(starts)),
            version_id=first.version_id,
            learner=first.learner,
            continues=first,
        )
        record(second, joins, on)
        return first, second

    def test_transfer_stays_in_the_cohort_it_began_in(self) -> None:
        first, second = self.moved(100)
        record(second, "withdrawn", 300)
        decide(first, 1, 90)
        decide(second, 2, 200)

        [entry] = roster_as_of(day(400)).entries
        assert (entry.cohort_id, entry.enrollment_id, entry.current_id, *what(entry), entry.passed) == (
            first.cohort_id, first.pk, second.pk, ON, Fate.LEFT, 300, 2,
        )  # fmt: skip

    def test_day_before_the_transfer_shows_the_first_enrollment(self) -> None:
        first, _ = self.moved(100)

        assert (seen(first, 99).current_id, what(seen(first, 99))) == (first.pk, (ON, Fate.ACTIVE, 0))

    def test_transfer_by_the_census_date_starts_anew_in_the_other_cohort(self) -> None:
        first, second = self.moved(14)

        assert {entry.enrollment_id: entry.place for entry in roster_as_of(day(100)).entries} == {
            first.pk: Place.MOVED_BEFORE_CENSUS,
            second.pk: Place.ON_ROSTER,
        }

    def test_transfer_to_a_cohort_that_starts_later_is_still_in(self) -> None:
        first, second = self.moved(100, joins="enrolled", starts=200)
        record(second, "active", 200)

        assert what(seen(first, 150)) == (ON, Fate.ACTIVE, 100)
        assert what(seen(first, 250)) == (ON, Fate.ACTIVE, 200)

    def test_transfer_that_nothing_continues_counts_as_leaving_after_ninety_days(self) -> None:
        lost = history(("transferred", 100))

        assert what(seen(lost, 189)) == (ON, Fate.IN_TRANSIT, 100)
        assert what(seen(lost, 190)) == (ON, Fate.LEFT, 100)


class TestLevels:
    def test_levels_count_without_a_gap(self) -> None:
        learner = history()
        decide(learner, 1, 50)
        decide(learner, 3, 90)

        assert [(seen(learner, on).passed, level_of(learner, on)) for on in (49, 50, 100)] == [(0, 1), (1, 2), (1, 2)]

    def test_pass_that_was_taken_back_does_not_count(self) -> None:
        learner = history()
        decide(learner, 1, 50)
        decide(learner, 1, 70, "revoked")

        assert [seen(learner, on).passed for on in (60, 70)] == [1, 0]

    def test_graduate_has_passed_all_levels(self) -> None:
        learner = history(("graduated", 600))

        assert (seen(learner, 600).passed, level_of(learner, 600)) == (5, 5)


@pytest.mark.parametrize(
    ("seeks_job", "declared", "expected"),
    [(False, 14, True), (False, 15, False), (False, None, False), (True, 0, False), (None, None, False)],
)
def test_declaration_counts_when_made_by_the_census_date(
    seeks_job: bool | None, declared: int | None, expected: bool
) -> None:
    at = None if declared is None else noon(declared)
    learner = enrolled(a_cohort(), seeks_job=seeks_job, seeks_job_declared_at=at)

    assert seen(learner, 100).declared_not_seeking is expected


def test_declaration_late_on_the_census_date_is_in_time_on_the_cohorts_clock() -> None:
    in_time = noon(15) - timedelta(hours=13, minutes=30)  # 22:30 UTC, 23:30 in Amsterdam
    too_late = noon(15) - timedelta(hours=12, minutes=30)  # 23:30 UTC, past midnight in Amsterdam
    learners = [enrolled(a_cohort(), seeks_job=False, seeks_job_declared_at=at) for at in (in_time, too_late)]

    assert [seen(learner, 100).declared_not_seeking for learner in learners] == [True, False]


def test_other_organizations_learners_are_not_on_it(lantaarn: Cast) -> None:
    learner = history()
    with scope(lantaarn.elsewhere.pk):
        elsewhere = history()
        assert [entry.enrollment_id for entry in roster_as_of(day(100)).entries] == [elsewhere.pk]

    assert [entry.enrollment_id for entry in roster_as_of(day(100)).entries] == [learner.pk]
