from datetime import date
from typing import Any

import pytest

from cohorts.models import Enrollment
from outcomes.collecting.placing import graduation_of, record_placement
from outcomes.errors import OutcomeError
from outcomes.models import Placement
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, enrolled, graduate, record

TODAY = day(900)
JOB: dict[str, Any] = {
    "status": "1A",
    "effective_on": day(650),
    "employer": "Bol",
    "job_title": "ML engineer",
    "is_relevant": True,
    "evidence": "contract",
    "evidence_on": day(660),
}


def place(enrollment: Enrollment, cast: Cast, **changes: Any) -> Placement:
    return record_placement(enrollment=enrollment, on=TODAY, by=cast.ilse, **{**JOB, **changes})


def test_placement_is_recorded_with_who_verified_it(lantaarn: Cast) -> None:
    placement = place(graduate(a_cohort()), lantaarn)
    placement.refresh_from_db()

    assert (placement.status, placement.effective_on, placement.employer, placement.is_relevant) == (
        "1A", day(650), "Bol", True,
    )  # fmt: skip
    assert (placement.recorded_by, placement.verified_by) == (lantaarn.ilse, lantaarn.ilse)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"effective_on": day(599)}, "before_graduation"),
        ({"effective_on": day(901)}, "in_the_future"),
        ({"evidence": ""}, "evidence_missing"),
        ({"evidence_on": None}, "evidence_missing"),
        ({"evidence_on": day(901)}, "evidence_in_the_future"),
        ({"employer": ""}, "employer_missing"),
        ({"job_title": ""}, "employer_missing"),
        ({"status": "2B"}, "not_in_field"),
        ({"status": "4", "is_relevant": False, "evidence": ""}, "evidence_missing"),
    ],
)
def test_rules(lantaarn: Cast, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(OutcomeError) as error:
        place(graduate(a_cohort()), lantaarn, **changes)

    assert (error.value.code, Placement.objects.count()) == (code, 0)


def test_first_and_last_day_are_possible(lantaarn: Cast) -> None:
    learner = graduate(a_cohort())

    assert [place(learner, lantaarn, effective_on=on, evidence_on=on).effective_on for on in (day(600), TODAY)] == [
        day(600), TODAY,
    ]  # fmt: skip


def test_seeking_needs_no_evidence(lantaarn: Cast) -> None:
    seeking = {"status": "3A", "employer": "", "job_title": "", "is_relevant": False, "evidence": ""}
    placement = place(graduate(a_cohort()), lantaarn, **seeking, evidence_on=None)

    assert (placement.verified_by, placement.recorded_by) == (None, lantaarn.ilse)


@pytest.mark.parametrize("moves", [[], [("withdrawn", 500)], [("graduated", 600), ("active", 620)]])
def test_only_graduates_have_one(lantaarn: Cast, moves: list[tuple[str, int]]) -> None:
    with pytest.raises(OutcomeError) as error:
        place(enrolled(a_cohort(), *moves), lantaarn)

    assert error.value.code == "not_graduated"


def test_graduation_that_is_stated_again_was_on_its_first_day(lantaarn: Cast) -> None:
    learner = graduate(a_cohort(), 600)
    record(learner, "graduated", 640)

    assert graduation_of(learner) == day(600)
    assert isinstance(graduation_of(learner), date)
