"""Who stays: by level, which is the target, and over time. The two are never mixed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.measuring.cases import Reason, Rule, Standing, Standings, still_in
from outcomes.measuring.columns import Mask
from outcomes.measuring.measures import Measure, limits, measured
from outcomes.measuring.roster import Place, Roster
from outcomes.measuring.survival import (
    LevelCounts,
    LevelRetention,
    Outcome,
    SurvivalCurve,
    kaplan_meier,
    retention_by_level,
)

DAYS_PER_YEAR = 365.25
#: Of a level that no cohort runs through.
NOBODY = retention_by_level([LevelCounts(0, 0, 0)])[0]
#: How many have that (last level of the cohort, last level completed, whether they left).
Tally = Mapping[tuple[int, int, bool], int]


def retention_through(key: str, level: int, on_roster: Standings, levels: Sequence[LevelRetention]) -> Measure:
    """Retention through `level`: the product, over the levels up to it, of completed ÷ (completed + left in it).

    `levels` are those of the same roster. Learners whose cohort does not run from level 1 through `level` are excluded.
    """
    roster = on_roster.roster
    standings = on_roster.then(
        Rule(
            (roster.first_level != 1) | (roster.last_level < level),
            Standing.EXCLUDED,
            Reason.OTHER_LEVELS,
            number=level,
        ),
        Rule(
            roster.is_counted & (roster.completed_level >= level),
            Standing.MET,
            Reason.COMPLETED_LEVEL,
            roster.passed_on,
            roster.completed_level,
        ),
        *still_in(roster),
        Rule(True, Standing.MISSED, Reason.LEFT_IN_LEVEL, roster.since, roster.level),
    )
    through = levels[level - 1] if level <= len(levels) else NOBODY
    return measured(
        key,
        standings,
        through.through,
        lowest=through.lowest,
        highest=through.highest,
        detail={"levels": [_plain(row) for row in levels]},
    )


def by_level(roster: Roster) -> tuple[LevelRetention, ...]:
    """Retention in and through every level that a cohort of the roster reaches.

    Each row is about the cohorts that run through its level, so with cohorts of different length the rows are about
    different learners, and each equals what `retention_through` says of its level.
    """
    tally = _tally(roster)
    rows: list[LevelRetention] = []
    for last_level in sorted({last_level for last_level, _done, _is_left in tally}):
        rows += _up_to(last_level, tally)[len(rows) :]
    return tuple(rows)


def over_time(roster: Roster) -> SurvivalCurve:
    """Share still enrolled or graduated, by years since the cohort's start (Kaplan-Meier).

    The event is leaving. Graduates and excused exits are censored on their day, everybody else on the as-of date;
    leave counts as enrolled.
    """
    followed = is_followed(roster)
    outcomes = np.where(roster.is_counted & roster.has_left, Outcome.EVENT, Outcome.CENSORED)
    return kaplan_meier(years_followed(roster)[followed], outcomes[followed])


def is_followed(roster: Roster) -> Mask:
    """On the roster, or excused after they had been on it."""
    found: Mask = roster.is_counted | ((roster.place == Place.EXCUSED) & (roster.since > roster.census_on))
    return found


def years_followed(roster: Roster) -> NDArray[np.float64]:
    """Years from the cohort's start to what ended the enrollment, or to the as-of date."""
    end = np.where(roster.has_left | roster.has_graduated, roster.since, roster.on)
    return np.maximum(end - roster.starts_on, 0) / DAYS_PER_YEAR


def _up_to(level: int, tally: Tally) -> tuple[LevelRetention, ...]:
    """Of the cohorts that run through `level`."""
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
    return retention_by_level(counts)


def _tally(roster: Roster) -> Tally:
    """Of the cohorts that begin at level 1. Until the census a learner is pending in level 1, whatever they passed."""
    is_on_it = roster.is_counted | (roster.place == Place.BEFORE_CENSUS)
    rows = np.stack((
        roster.last_level,
        np.where(roster.is_counted, roster.completed_level, 0),
        roster.is_counted & roster.has_left,
    ))[:, is_on_it & (roster.first_level == 1)]  # fmt: skip
    kinds, learners = np.unique(rows, axis=1, return_counts=True)
    return {
        (last_level, done, bool(is_left)): number
        for last_level, done, is_left, number in zip(*kinds.tolist(), learners.tolist(), strict=True)
    }


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
