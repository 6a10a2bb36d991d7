"""Which of the numbers may be told to who is not of the staff, so that no small group is told of with them."""

from collections.abc import Collection, Mapping
from uuid import UUID

from outcomes.graduate_lines import hidden_of
from outcomes.graduates import GraduateReport
from outcomes.hiding import SMALLEST_CELL, Key, Sum, hidden_cells, table_sums
from outcomes.measures import Measure
from outcomes.models import TargetKey
from outcomes.placement import IN_FIELD, WINDOW

#: Numbers that say of nobody whether they reached something.
OF_NOBODY = (TargetKey.SATISFACTION, TargetKey.REPUTATION)
#: Numbers whose total is that of all graduates.
OF_GRADUATES = (
    TargetKey.COMPLETION_YEARS, TargetKey.CAPSTONES, TargetKey.CODE_REVIEW, TargetKey.BENCHMARK,
    TargetKey.PRODUCTION_PROJECT, TargetKey.ALUMNI_MENTORING,
)  # fmt: skip
RETENTION = (TargetKey.RETENTION_LEVEL_3, TargetKey.RETENTION_LEVEL_5)
MET, MISSED, TOTAL = "met", "missed", "total"


def withheld(measures: Mapping[str, Measure]) -> set[str]:
    """The numbers, by key, that would tell of fewer than five: who reached it, who did not, or all of them.

    Retention through level 5 knows who left before level 4 too: the difference of the two is a group as well. So is
    who left after the last level counted, where time to complete stands beside them.
    """
    counts: dict[Key, int] = {}
    sums = []
    for key, measure in measures.items():
        if key not in OF_NOBODY:
            counts |= {(key, part): number for part, number in _parts(measure).items()}
            sums.append(Sum((key, TOTAL), ((key, MET), (key, MISSED))))
    early, late = (measures.get(key) for key in RETENTION)
    if early and late and _excluded(early) == _excluded(late):
        counts["left between"] = _missed(late) - _missed(early)
        sums.append(Sum((late.key, MISSED), ((early.key, MISSED), "left between")))
    hidden = hidden_cells(counts, sums, unpublished=["left between"] if "left between" in counts else [])
    found = {key for key in measures if {(key, part) for part in (MET, MISSED, TOTAL)} & hidden}
    completion = measures.get(TargetKey.COMPLETION_YEARS)
    if completion and late and 0 < _missed(completion) - _missed(late) < SMALLEST_CELL:
        found.add(completion.key)
    satisfaction = measures.get(TargetKey.SATISFACTION)
    if satisfaction and satisfaction.settled < SMALLEST_CELL:
        found.add(satisfaction.key)
    return found


def withheld_beside(measures: Mapping[str, Measure], report: GraduateReport) -> set[str]:
    """The same where the report on one half-year's graduates stands beside them: it tells the rest by difference."""
    hidden, at = hidden_of(report), report.at(WINDOW)
    found = withheld({key: measure for key, measure in measures.items() if key != TargetKey.PLACEMENT})
    if {(WINDOW, "placed"), (WINDOW, "not_placed"), (WINDOW, "counted")} & hidden:
        found.add(TargetKey.PLACEMENT.value)
    employers = measures.get(TargetKey.TOP_EMPLOYERS)
    if employers and at.graduates:
        others = employers.settled - at.number(IN_FIELD)
        if TargetKey.PLACEMENT in found or others < SMALLEST_CELL:
            found.add(employers.key)
    everybody = max(
        (measures[key].counts.numerator for key in [TargetKey.COMPLETION_YEARS] if key in measures), default=0
    )
    if "graduates" in hidden and report.graduates and everybody - report.graduates < SMALLEST_CELL:
        found.update(key.value for key in OF_GRADUATES if key in measures)
    return found


def withheld_of_cohorts(
    measures: Mapping[str, Measure], by_cohort: Mapping[UUID, Mapping[str, Measure]], keys: Collection[str]
) -> tuple[set[str], set[tuple[UUID, str]]]:
    """What may not be told where cohorts stand beside what they add up to: whole numbers, and those of one cohort.

    Once the number of all is withheld, so are those of the cohorts: they would add up to it.
    """
    whole, single = withheld(measures), set()
    for key in keys:
        rows = {owner: found[key] for owner, found in by_cohort.items()}
        if not rows:
            continue
        total = _parts(measures[key])
        counts: dict[Key, int] = {("all", "all" if part == TOTAL else part): number for part, number in total.items()}
        for owner, measure in rows.items():
            counts |= {(owner, "all" if part == TOTAL else part): number for part, number in _parts(measure).items()}
        hidden = hidden_cells(counts, table_sums(list(rows), (MET, MISSED), "all"))
        cells = (MET, MISSED, "all")
        if {("all", cell) for cell in cells} & hidden:
            whole.add(key)
        single |= {(owner, key) for owner in rows if key in whole or {(owner, cell) for cell in cells} & hidden}
    return whole, single


def _parts(measure: Measure) -> dict[str, int]:
    counts = measure.counts
    return {MET: counts.numerator, MISSED: _missed(measure), TOTAL: counts.denominator}


def _missed(measure: Measure) -> int:
    return measure.counts.denominator - measure.counts.numerator


def _excluded(measure: Measure) -> int:
    return measure.counts.excluded
