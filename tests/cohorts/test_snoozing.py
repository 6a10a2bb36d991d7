"""A reason can rest, for a while and for something that somebody wrote down."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cohorts.errors import CohortError
from cohorts.flags import flags_of, refresh_flags
from cohorts.models import Enrollment, Milestone, Snooze
from cohorts.progress import log_study
from cohorts.risk import counting, reasons_of
from cohorts.roster import word_for
from cohorts.snoozing import end_snooze, snooze
from cohorts.standing import standings_of
from tests.cohorts.studying import TODAY, active, log, running_cohort
from tests.conftest import Cast

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    """Quiet for 20 days, and nothing else."""
    enrollment = active(running_cohort(), lantaarn.amira)
    Milestone.objects.filter(cohort=enrollment.cohort).delete()
    log(enrollment, 40, weeks=1, until=TODAY - 14 * DAY)
    log(enrollment, 40, weeks=1, until=TODAY - 21 * DAY)
    refresh_flags(enrollments=[enrollment.pk], on=TODAY)
    return enrollment


def reasons(enrollment: Enrollment, *, on: date = TODAY) -> list[tuple[str, str]]:
    """The kept ones, which are those that the rules give: the key, and the note of those that rest."""
    live = reasons_of(standings_of([enrollment], on=on), on=on)
    refresh_flags(enrollments=[enrollment.pk], on=on)
    told = flags_of([enrollment.pk], on=on)
    assert told == live
    return [(one.key, one.snooze.note if one.snooze else "") for one in told.get(enrollment.pk, [])]


def rest(enrollment: Enrollment, cast: Cast, *, until: date = TODAY + 7 * DAY, note: str = "Moving house") -> Snooze:
    return snooze(enrollment=enrollment, key="no_activity", until_on=until, note=note, by=cast.ilse, on=TODAY)


def test_a_snoozed_reason_is_told_and_does_not_count(lantaarn: Cast, amira: Enrollment) -> None:
    assert reasons(amira) == [("no_activity", "")]
    rest(amira, lantaarn, note="  Moving house ")
    assert reasons(amira) == [("no_activity", "Moving house")]
    told = flags_of([amira.pk], on=TODAY)[amira.pk]
    assert counting(told) == []
    [standing] = standings_of([amira], on=TODAY)
    assert word_for(standing, told, on=TODAY) == "on_track"


def test_it_comes_back_by_itself_on_its_day(lantaarn: Cast, amira: Enrollment) -> None:
    rest(amira, lantaarn)
    assert reasons(amira, on=TODAY + 6 * DAY)[0] == ("no_activity", "Moving house")
    assert ("no_activity", "") in reasons(amira, on=TODAY + 7 * DAY)


def test_it_ends_when_the_reason_is_about_something_else(lantaarn: Cast, amira: Enrollment) -> None:
    rest(amira, lantaarn, until=TODAY + 100 * DAY)
    log_study(enrollment=amira, week=TODAY, hours=Decimal(4), by=None)
    told = dict(reasons(amira, on=TODAY + 40 * DAY))
    assert told["no_activity"] == ""


def test_a_reason_that_clears_and_is_the_same_again_rests_on(lantaarn: Cast, amira: Enrollment) -> None:
    rest(amira, lantaarn)
    amira.flags.all().delete()
    assert reasons(amira) == [("no_activity", "Moving house")]


def test_staff_can_end_it_before(lantaarn: Cast, amira: Enrollment) -> None:
    rest(amira, lantaarn)
    end_snooze(enrollment=amira, key="no_activity", by=lantaarn.ada, on=TODAY)
    assert reasons(amira) == [("no_activity", "")]
    assert end_snooze(enrollment=amira, key="no_activity", by=lantaarn.ada, on=TODAY) is None
    rows = Snooze.objects.order_by("recorded_at", "pk").values_list("until_on", "recorded_by__name")
    assert list(rows) == [(TODAY + 7 * DAY, "Ilse Brouwer"), (None, "Ada Visser")]


@pytest.mark.parametrize(
    ("key", "until", "note", "code"),
    [
        ("few_hours", TODAY + DAY, "Fine", "nothing_to_snooze"),
        ("nonsense", TODAY + DAY, "Fine", "nothing_to_snooze"),
        ("no_activity", TODAY + DAY, "  ", "note_missing"),
        ("no_activity", TODAY + DAY, "x" * 501, "note_too_long"),
        ("no_activity", TODAY, "Fine", "snooze_over"),
        ("no_activity", TODAY + 181 * DAY, "Fine", "snooze_too_long"),
    ],
)
def test_it_needs_a_reason_a_note_and_an_end(
    lantaarn: Cast, amira: Enrollment, key: str, until: date, note: str, code: str
) -> None:
    with pytest.raises(CohortError) as refused:
        snooze(enrollment=amira, key=key, until_on=until, note=note, by=lantaarn.ilse, on=TODAY)
    assert refused.value.code == code
    assert not Snooze.objects.exists()
