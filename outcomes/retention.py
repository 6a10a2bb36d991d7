"""Who stays: by level, which is the target, and over time. The two are never mixed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from outcomes.cases import Case, Reason, Standing, off_roster, once, still_in
from outcomes.measures import Measure, limits, measured
from outcomes.roster import Entry, Fate, Place
from outcomes.survival import (
    LevelCounts,
    LevelRetention,
    Observation,
    Outcome,
    SurvivalCurve,
    kaplan_meier,
    retention_by_level,
)

DAYS_PER_YEAR = 365.25
#: How many have that (last level of the cohort, last level completed, whether they left).
Tally = Counter[tuple[int, int, bool]]


def retention_through(key: str, level: int, entries: Sequence[Entry]) -> Measure:
    """Retention through `level`: the product, over the levels up to it, of completed ÷ (completed + left in it).

    Learners whose cohort does not run from level 1 through `level` are excluded.
    """
    cases = [_case(entry, level) for entry in entries]
    tally = _tally(entries)
    row = _through(level, tally)
    return measured(
        key,
        cases,
        row.through,
        lowest=row.lowest,
        highest=row.highest,
        detail={"levels": [_plain(row) for row in _by_level(entries, tally)]},
    )


def by_level(entries: Sequence[Entry]) -> tuple[LevelRetention, ...]:
    """Retention in and through every level that a cohort of the entries reaches.

    Each row is about the cohorts that run through its level, so with cohorts of different length the rows are about
    different learners, and each equals what `retention_through` says of its level.
    """
    return _by_level(entries, _tally(entries))


def _by_level(entries: Sequence[Entry], tally: Tally) -> tuple[LevelRetention, ...]:
    deepest = max((entry.last_level for entry in entries if entry.first_level == 1), default=0)
    return tuple(_through(level, tally) for level in range(1, deepest + 1))


def over_time(entries: Sequence[Entry], *, on: date) -> SurvivalCurve:
    """Share still enrolled or graduated, by years since the cohort's start (Kaplan-Meier).

    The event is leaving. Graduates and excused exits are censored on their day, everybody else on the as-of date;
    leave counts as enrolled.
    """
    return kaplan_meier(
        Observation(
            years_followed(entry, on),
            Outcome.EVENT if entry.is_counted and entry.fate is Fate.LEFT else Outcome.CENSORED,
        )
        for entry in entries
        if is_followed(entry)
    )


def is_followed(entry: Entry) -> bool:
    """On the roster, or excused after they had been on it."""
    return entry.is_counted or (entry.place is Place.EXCUSED and entry.since > entry.census_on)


def years_followed(entry: Entry, on: date) -> float:
    """Years from the cohort's start to what ended the enrollment, or to the as-of date."""
    end = entry.since if entry.fate is Fate.LEFT or entry.fate is Fate.GRADUATED else on
    return max((end - entry.starts_on).days, 0) / DAYS_PER_YEAR


@once
def _case(entry: Entry, level: int) -> Case:
    if case := off_roster(entry):
        return case
    if entry.first_level != 1 or entry.last_level < level:
        return Case(entry, Standing.EXCLUDED, Reason.OTHER_LEVELS, number=level)
    if entry.is_counted and entry.completed_level >= level:
        return Case(entry, Standing.MET, Reason.COMPLETED_LEVEL, entry.passed_on, entry.completed_level)
    return still_in(entry) or Case(entry, Standing.MISSED, Reason.LEFT_IN_LEVEL, entry.since, entry.level)


def _through(level: int, tally: Tally) -> LevelRetention:
    completed, left, entered = [0] * (level + 1), [0] * (level + 1), 0
    for (last_level, done, is_left), learners in tally.items():
        if last_level < level:
            continue
        entered += learners
        through = min(done, level)
        for number in range(1, through + 1):
            completed[number] += learners
        if through < level and is_left:
            left[through + 1] += learners
    counts = []
    for number in range(1, level + 1):
        counts.append(LevelCounts(completed[number], left[number], entered - completed[number] - left[number]))
        entered = completed[number]
    return retention_by_level(counts)[-1]


def _tally(entries: Sequence[Entry]) -> Tally:
    """Of the cohorts that begin at level 1. Until the census a learner is pending in level 1, whatever they passed."""
    return Counter([
        (
            entry.last_level,
            entry.completed_level if entry.place is Place.ON_ROSTER else 0,
            entry.place is Place.ON_ROSTER and entry.fate is Fate.LEFT,
        )
        for entry in entries
        if entry.first_level == 1 and off_roster(entry) is None
    ])  # fmt: skip


def _plain(row: LevelRetention) -> dict[str, Any]:
    return {
        "level": row.level,
        "entered": row.counts.entered,
        "completed": row.counts.completed,
        "left": row.counts.left,
        "pending": row.counts.pending,
        "in_level": limits(row.in_level)[0],
        "through": list(limits(row.through)),
        "settled": row.settled,
        "all_pending": row.pending,
        "lowest": row.lowest,
        "highest": row.highest,
    }
