from datetime import date, timedelta
from typing import Any

import pytest

from cohorts.breaks import add_break, preview_break, preview_removal, remove_break
from cohorts.errors import CohortError
from cohorts.models import Break, Cohort
from tests.cohorts.given import NOW, START, a_cohort, published_version
from tests.conftest import Cast

TODAY = NOW.date()
CHRISTMAS: dict[str, Any] = {"name": "Christmas", "starts_on": date(2026, 12, 21), "ends_on": date(2027, 1, 3)}


def due(cohort: Cohort) -> list[date]:
    return list(cohort.milestones.order_by("position").values_list("due_on", flat=True))


PLAIN = [date(2026, 10, 11), date(2026, 11, 15), date(2026, 12, 20), date(2027, 1, 24)]
LATE = [*PLAIN[:3], date(2027, 2, 7)]


def test_break_of_everyone_moves_every_cohort_that_is_not_over(lantaarn: Cast) -> None:
    version = published_version()
    planned, running = a_cohort(version=version), a_cohort(version=version, name="Runs", status=Cohort.Status.RUNNING)
    over = a_cohort(version=version, name="Over", status=Cohort.Status.COMPLETED)

    effects = preview_break(**CHRISTMAS, cohort=None, today=TODAY)

    assert {effect.cohort: [move.due_on for move in effect.difference.moved] for effect in effects} == {
        planned: [date(2027, 2, 7)],
        running: [date(2027, 2, 7)],
    }
    assert not Break.objects.exists()
    assert due(planned) == PLAIN

    add_break(**CHRISTMAS, cohort=None, today=TODAY)
    assert [due(planned), due(running), due(over)] == [LATE, LATE, PLAIN]


def test_break_of_one_cohort_moves_that_one_alone(lantaarn: Cast) -> None:
    version = published_version()
    ours, theirs = a_cohort(version=version), a_cohort(version=version, name="Theirs")

    add_break(**CHRISTMAS, cohort=ours, today=TODAY)

    assert [due(ours), due(theirs)] == [LATE, PLAIN]


def test_removing_a_break_moves_back_what_it_moved(lantaarn: Cast) -> None:
    cohort = a_cohort()
    pause = add_break(**CHRISTMAS, cohort=cohort, today=TODAY)

    [effect] = preview_removal(pause=pause, today=TODAY)
    assert [move.due_on for move in effect.difference.moved] == [date(2027, 1, 24)]
    assert due(cohort) == LATE

    remove_break(pause=pause, today=TODAY)
    assert due(cohort) == PLAIN
    assert not Break.objects.exists()


def test_overlapping_breaks_count_once(lantaarn: Cast) -> None:
    cohort = a_cohort()
    add_break(**CHRISTMAS, cohort=None, today=TODAY)
    add_break(name="Snow", starts_on=date(2026, 12, 28), ends_on=date(2027, 1, 10), cohort=cohort, today=TODAY)

    assert due(cohort) == [*PLAIN[:3], date(2027, 2, 14)]


def test_break_in_a_running_cohort_leaves_what_was_due(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Cohort.Status.RUNNING)

    add_break(
        name="Strike", starts_on=date(2026, 10, 5), ends_on=date(2026, 11, 1), cohort=cohort, today=date(2026, 11, 2)
    )

    # The first was due during the break and is history; four weeks are lost for the others.
    assert due(cohort) == [date(2026, 10, 11), date(2026, 12, 6), date(2027, 1, 10), date(2027, 2, 14)]


def test_cohort_that_would_begin_in_a_break_begins_after_it(lantaarn: Cast) -> None:
    cohort = a_cohort()

    add_break(name="Late summer", starts_on=START, ends_on=START + timedelta(days=6), cohort=cohort, today=TODAY)

    assert due(cohort) == [day + timedelta(days=7) for day in PLAIN]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "name_missing"),
        ({"starts_on": date(1900, 1, 1)}, "date_out_of_range"),
        ({"ends_on": date(9999, 12, 31)}, "date_out_of_range"),
        ({"ends_on": date(2026, 12, 20)}, "break_not_in_order"),
        ({"ends_on": date(2027, 12, 22)}, "break_too_long"),
    ],
)
def test_break_that_is_no_break_is_refused(lantaarn: Cast, values: dict[str, Any], code: str) -> None:
    with pytest.raises(CohortError) as refused:
        add_break(**{**CHRISTMAS, **values}, cohort=None, today=TODAY)

    assert refused.value.code == code
    assert not Break.objects.exists()
