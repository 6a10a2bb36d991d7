"""An organization says from when on something is a reason, from a day on; what held before stays known."""

from datetime import date, timedelta

import pytest

from cohorts.errors import CohortError
from cohorts.models import Enrollment, Milestone, Threshold
from cohorts.risk import reasons_of
from cohorts.standing import standings_of
from cohorts.thresholds import Limits, change_thresholds, limits_on, threshold_history
from tests.cohorts.given import START
from tests.cohorts.studying import TODAY, active, log, running_cohort
from tests.conftest import Cast

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    enrollment = active(running_cohort(), lantaarn.amira)
    Milestone.objects.filter(cohort=enrollment.cohort).delete()
    return enrollment


def keys(enrollment: Enrollment, *, on: date = TODAY) -> list[str]:
    found = reasons_of(standings_of([enrollment], on=on), on=on)
    return [reason.key for reason in found.get(enrollment.pk, [])]


def test_without_a_word_the_stated_numbers_hold(lantaarn: Cast) -> None:
    assert limits_on(TODAY) == Limits()


def test_a_number_holds_from_its_day_on(lantaarn: Cast, amira: Enrollment) -> None:
    change_thresholds(values={"quiet_days": 10}, by=lantaarn.ilse, on=START + 12 * DAY)
    assert keys(amira, on=START + 11 * DAY) == []
    assert keys(amira, on=START + 12 * DAY) == ["no_activity"]


def test_each_number_moves_its_reason(lantaarn: Cast, amira: Enrollment) -> None:
    log(amira, 9)  # 36 of 80 hours in four weeks
    log(amira, 20, weeks=2)
    assert keys(amira) == []
    change_thresholds(values={"hours_percent": 80}, by=None, on=TODAY)
    assert keys(amira) == ["few_hours"]
    change_thresholds(values={"hours_weeks": 2}, by=None, on=TODAY)
    assert keys(amira) == []
    change_thresholds(values={"hours_weeks": 3}, by=None, on=TODAY)
    assert keys(amira) == []
    change_thresholds(values={"hours_percent": 100}, by=None, on=TODAY)
    assert keys(amira) == ["few_hours"]


def test_what_stays_the_same_is_not_recorded_and_the_default_is_told_as_such(lantaarn: Cast) -> None:
    change_thresholds(values={"quiet_days": 14, "leave_days": None}, by=lantaarn.ilse, on=TODAY)
    assert not Threshold.objects.exists()
    change_thresholds(values={"quiet_days": 21}, by=lantaarn.ilse, on=TODAY)
    change_thresholds(values={"quiet_days": None}, by=lantaarn.ada, on=TODAY + DAY)
    assert limits_on(TODAY).quiet_days == 21
    assert limits_on(TODAY + DAY) == Limits()
    told = [(one.before, one.after, one.row.recorded_by.name, one.row.effective_on) for one in threshold_history()]
    assert told == [(21, 14, "Ada Visser", TODAY + DAY), (14, 21, "Ilse Brouwer", TODAY)]


@pytest.mark.parametrize(("key", "value"), [("quiet_days", 0), ("hours_percent", 101), ("hours_weeks", 13)])
def test_a_number_out_of_range_changes_nothing(lantaarn: Cast, key: str, value: int) -> None:
    with pytest.raises(CohortError) as refused:
        change_thresholds(values={"leave_days": 3, key: value}, by=None, on=TODAY)
    assert refused.value.code == "threshold_out_of_range"
    assert not Threshold.objects.exists()
