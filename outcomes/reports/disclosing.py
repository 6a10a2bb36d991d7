"""Which of the numbers may be told to who is not of the staff, so that no small group is told of with them."""

from collections.abc import Collection, Mapping
from uuid import UUID

from outcomes.measuring.measures import SMALLEST_CELL, Measure
from outcomes.measuring.placement import IN_FIELD, WINDOW
from outcomes.measuring.verdicts import MINIMUM_SETTLED
from outcomes.models import TargetKey
from outcomes.reports.graduate_lines import hidden_of
from outcomes.reports.graduates import GraduateReport, Situations
from outcomes.reports.hiding import Key, Sum, hidden_cells, table_sums

#: Numbers that say of nobody whether they reached something.
OF_NOBODY = (TargetKey.SATISFACTION, TargetKey.REPUTATION)
#: Numbers whose total is that of all graduates.
OF_GRADUATES = (
    TargetKey.COMPLETION_YEARS, TargetKey.CAPSTONES, TargetKey.CODE_REVIEW, TargetKey.BENCHMARK,
    TargetKey.PRODUCTION_PROJECT, TargetKey.ALUMNI_MENTORING,
)  # fmt: skip
#: Shares whose groups stand in no sum with those of another number: what is told of one tells of no other.
ALONE = (
    TargetKey.CAPSTONES, TargetKey.CODE_REVIEW, TargetKey.BENCHMARK, TargetKey.PRODUCTION_PROJECT,
    TargetKey.PORTFOLIO_QUALITY, TargetKey.ALUMNI_MENTORING,
)  # fmt: skip
RETENTION = (TargetKey.RETENTION_LEVEL_3, TargetKey.RETENTION_LEVEL_5)
MET, MISSED, TOTAL = "met", "missed", "all"


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
    return _with_employers(found)


def withheld_beside(measures: Mapping[str, Measure], report: GraduateReport) -> set[str]:
    """The same where the report on one half-year's graduates stands beside them: the rest is told by difference."""
    hidden, found = hidden_of(report), withheld(measures)
    if _tells_of_others(measures[TargetKey.PLACEMENT], report.at(WINDOW), hidden):
        found.add(TargetKey.PLACEMENT.value)
    if _total_tells_of_others(measures, report):
        found.update(key.value for key in OF_GRADUATES)
    return _with_employers(found)


def bounded(measures: Mapping[str, Measure], report: GraduateReport | None = None) -> set[str]:
    """Withheld shares, by key, that may be told as "so much or more": of 20 or more, fewer than five did not reach it.

    Or as "so much or less". Any count from none to four looks the same, and a dash in their place says no less than
    that it is one of these. `report` is what stands beside them.
    """
    untold = OF_GRADUATES if report is not None and _total_tells_of_others(measures, report) else ()
    return {
        key
        for key, measure in measures.items()
        if key in ALONE
        and key not in untold
        and measure.settled >= MINIMUM_SETTLED
        and min(measure.counts.numerator, _missed(measure)) < SMALLEST_CELL
    }


def _total_tells_of_others(measures: Mapping[str, Measure], report: GraduateReport) -> bool:
    """Whether the number of all graduates would tell of a hidden number of those of the half-year."""
    graduates = measures[TargetKey.COMPLETION_YEARS].counts.numerator
    is_hidden = "graduates" in hidden_of(report) and report.graduates > 0
    return is_hidden and graduates - report.graduates < SMALLEST_CELL


def _tells_of_others(everybody: Measure, at: Situations, hidden: frozenset[Key]) -> bool:
    """Whether the number of all graduates would tell of few, who graduated in other half-years, or of this one.

    What is hidden of this half-year stays open while others of either fate could make up for it.
    """
    placed = at.number(IN_FIELD)
    others_placed = everybody.counts.numerator - placed
    others_missed = _missed(everybody) - (at.graduates - placed)
    is_open = bool({(WINDOW, "placed"), (WINDOW, "not_placed"), (WINDOW, "counted")} & hidden)
    if not others_placed and not others_missed:
        return is_open
    fewest = 1 if is_open else SMALLEST_CELL
    return min(others_placed, others_missed) < fewest or others_placed + others_missed < SMALLEST_CELL


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
        counts: dict[Key, int] = _row(TOTAL, total)
        for owner, measure in rows.items():
            counts |= _row(owner, _parts(measure))
        # Learners of cohorts that are in the total and not on the list.
        rest = {part: number - sum(_parts(one)[part] for one in rows.values()) for part, number in total.items()}
        beyond = _row("rest", rest) if any(rest.values()) else {}
        owners = [*rows, *(["rest"] if beyond else [])]
        hidden = hidden_cells(counts | beyond, table_sums(owners, (MET, MISSED), TOTAL), unpublished=list(beyond))
        if _row(TOTAL, total).keys() & hidden:
            whole.add(key)
        single |= {
            (owner, key) for owner, one in rows.items() if key in whole or _row(owner, _parts(one)).keys() & hidden
        }
    return _with_employers(whole), single


def withheld_sizes(sizes: Mapping[UUID, int], total: int) -> frozenset[Key]:
    """The cohorts, and TOTAL where need be, whose number of learners would tell of one with fewer than five.

    A cohort without anybody is nobody's secret.
    """
    counts: dict[Key, int] = {owner: number for owner, number in sizes.items() if number}
    rest = total - sum(counts.values())
    beyond: dict[Key, int] = {"rest": rest} if rest else {}
    sums = [Sum(TOTAL, (*counts, *beyond))]
    return hidden_cells({**counts, **beyond, TOTAL: total}, sums, unpublished=list(beyond))


def _with_employers(found: set[str]) -> set[str]:
    """Who is hired by a listed employer is told of all who are placed: their number is the one withheld."""
    return found | {TargetKey.TOP_EMPLOYERS.value} if TargetKey.PLACEMENT in found else found


def _row(owner: Key, parts: Mapping[str, int]) -> dict[Key, int]:
    return {(owner, part): number for part, number in parts.items()}


def _parts(measure: Measure) -> dict[str, int]:
    counts = measure.counts
    return {MET: counts.numerator, MISSED: _missed(measure), TOTAL: counts.denominator}


def _missed(measure: Measure) -> int:
    return measure.counts.denominator - measure.counts.numerator


def _excluded(measure: Measure) -> int:
    return measure.counts.excluded
