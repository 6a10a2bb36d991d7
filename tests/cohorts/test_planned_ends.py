"""By which day cohorts planned to be done, as of any day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from cohorts.breaks import add_break, remove_break
from cohorts.due_dates import release_due, set_due
from cohorts.lifecycle import change_cohort
from cohorts.models import Break, Cohort, Milestone, PlannedEnd
from cohorts.planned_ends import planned_ends_as_of
from curriculum.models import CurriculumVersion, Level
from tests.cohorts.given import START, a_cohort
from tests.cohorts.moves import AT, back, copy_of, go, pairs_by
from tests.cohorts.studying import running_cohort
from tests.conftest import Cast

DAY = timedelta(days=1)
END = date(2027, 1, 24)


def noted(cohort: Cohort) -> list[tuple[date | None, date]]:
    rows = PlannedEnd.objects.filter(cohort=cohort).order_by("effective_on", "recorded_at")
    return list(rows.values_list("ends_on", "effective_on"))


def test_each_change_of_the_last_milestone_is_noted_on_its_day(lantaarn: Cast) -> None:
    cohort = a_cohort()
    days = [START + number * 7 * DAY for number in range(6)]
    add_break(name="Winter", starts_on=date(2026, 12, 21), ends_on=date(2027, 1, 3), cohort=cohort, today=days[0])
    change_cohort(cohort=cohort, changes={"hours_per_week": Decimal(40)}, today=days[1])
    remove_break(pause=Break.objects.get(), today=days[2])  # after the end by now: nothing moves
    last = cohort.milestones.order_by("position").last()
    assert last is not None
    set_due(milestone=last, due_on=date(2027, 6, 1), today=days[3])
    release_due(milestone=last, today=days[4])
    first = cohort.milestones.order_by("position")[0]
    set_due(milestone=first, due_on=first.due_on + DAY, today=days[5])  # not the last one

    halved = START + 10 * 7 * DAY - DAY
    assert noted(cohort) == [
        (END, date(2026, 9, 1)), (END + 14 * DAY, days[0]), (halved, days[1]), (date(2027, 6, 1), days[3]),
        (halved, days[4]),
    ]  # fmt: skip
    assert [planned_ends_as_of(on)[cohort.pk] for on in (date(2020, 1, 1), START - DAY, days[0], days[3], END)] == [
        END, END, END + 14 * DAY, date(2027, 6, 1), halved,
    ]  # fmt: skip


def test_move_to_another_version_and_its_undoing_are_noted(lantaarn: Cast) -> None:
    """The other version takes ten weeks more."""
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old, published=False)
    Level.objects.filter(version=new, number=1).update(hours=400)
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)
    new.refresh_from_db()
    go(cohort, new, pairs_by(became, old))
    back(cohort)

    assert [ends_on for ends_on, _since in noted(cohort)] == [END, date(2027, 4, 4), END]


def test_notes_stay_as_they_are(lantaarn: Cast) -> None:
    cohort = a_cohort()
    with pytest.raises(DatabaseError), transaction.atomic():
        PlannedEnd.objects.filter(cohort=cohort).update(ends_on=START)
    Milestone.objects.filter(cohort=cohort).delete()

    assert noted(cohort) == [(END, date(2026, 9, 1))]
