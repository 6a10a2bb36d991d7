"""Where graduates are at 90 and 180 days, and how soon they got there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from outcomes.cases import COUNTED, Case, Counts, Reason, Standing, not_a_graduate, once
from outcomes.intervals import wilson
from outcomes.measures import Measure, limits, share
from outcomes.models import PlacementStatus
from outcomes.roster import CHAIN, Entry, Fate, records
from outcomes.survival import IncidenceCurve, Observation, Outcome, aalen_johansen

WINDOW = 180
EARLY_WINDOW = 90
CURVE_DAYS = 365
#: Days since graduation at which the curve is drawn and told.
CURVE_GRID = tuple(sorted({*range(0, CURVE_DAYS, 7), 30, EARLY_WINDOW, WINDOW, 270, CURVE_DAYS}))
TOLD_DAYS = (30, EARLY_WINDOW, WINDOW, 270, CURVE_DAYS)

Status = PlacementStatus
IN_FIELD = (Status.FULL_TIME, Status.CONTRACT, Status.SCHOOL_IN_FIELD, Status.OWN_VENTURE, Status.PART_TIME)
#: Narrower readings of "placed", shown beside the rate.
VARIANTS: dict[str, tuple[PlacementStatus, ...]] = {
    "without_school": tuple(status for status in IN_FIELD if status != Status.SCHOOL_IN_FIELD),
    "employed": (Status.FULL_TIME, Status.CONTRACT, Status.SCHOOL_IN_FIELD),
    "full_time": (Status.FULL_TIME,),
}

# Of two records with the same date the later one corrects the earlier one. What was sent back by the day is as if it
# had not been recorded; what waits for a second person stands for seeking, whatever it says, until it is verified.
PLACEMENTS = """
SELECT DISTINCT ON (chain.root_id, p.effective_on) chain.root_id, p.effective_on,
  CASE WHEN stands.counts THEN p.status ELSE '3A' END, p.is_relevant AND stands.counts,
  CASE WHEN stands.counts THEN p.employer ELSE '' END, stands.counts
FROM chain
JOIN outcomes_placement p ON p.organization_id = %(organization)s AND p.enrollment_id = chain.enrollment_id
LEFT JOIN outcomes_placementverdict v ON v.organization_id = %(organization)s AND v.placement_id = p.id
  AND v.effective_on <= %(on)s
CROSS JOIN LATERAL (SELECT NOT p.needs_second OR v.is_verified IS TRUE AS counts) stands
WHERE p.effective_on <= %(on)s AND v.is_verified IS NOT FALSE
ORDER BY chain.root_id, p.effective_on, p.recorded_at DESC, p.id DESC
"""


@dataclass(frozen=True, slots=True)
class Occupation:
    """What a graduate does from a day on. One that waits for a second person is told as seeking, without more."""

    since: date
    status: str
    is_relevant: bool
    employer: str = ""
    is_verified: bool = True

    @property
    def is_placed(self) -> bool:
        return self.status in IN_FIELD and self.is_relevant


Occupations = Mapping[UUID, Sequence[Occupation]]


def occupations_as_of(on: date) -> dict[UUID, tuple[Occupation, ...]]:
    """What was recorded of each entry, oldest first, in one query."""
    rows = records(CHAIN, PLACEMENTS, on=on)
    return {
        enrollment_id: tuple(Occupation(*row[1:]) for row in found)
        for enrollment_id, found in groupby(rows, key=lambda row: row[0])
    }


def placement(key: str, entries: Sequence[Entry], occupations: Occupations, *, on: date) -> Measure:
    """Graduates in a relevant role in field on the 180th day after graduating, of all who are that far.

    Only who declared at intake not to seek a job is left out; not seeking and not reached count as not placed.
    """
    cases = [placement_case(entry, occupations.get(entry.enrollment_id, ()), on, WINDOW) for entry in entries]
    early = Counts.of(
        placement_case(entry, occupations.get(entry.enrollment_id, ()), on, EARLY_WINDOW) for entry in entries
    )
    placed = Counter(_status_on_day(case.entry, occupations, WINDOW) for case in cases if case.standing is Standing.MET)
    settled = [case for case in cases if case.standing in COUNTED]
    statuses = Counter(_status_on_day(case.entry, occupations, WINDOW) for case in settled)
    variants = {}
    for name, allowed in VARIANTS.items():
        count = sum(placed[status] for status in allowed)
        variants[name] = [count, *limits(wilson(count, len(settled)))]
    curve = placement_curve(entries, occupations, on=on)
    return share(
        key,
        cases,
        detail={
            "statuses": {status: statuses[status] for status in sorted(statuses)},
            "variants": variants,
            "early": [early.numerator, early.denominator, *limits(wilson(early.numerator, early.denominator))],
            "curve": _plain(curve),
            "graduates": sum(_is_seeking_graduate(entry) for entry in entries),
        },
    )


def placement_curve(entries: Sequence[Entry], occupations: Occupations, *, on: date) -> IncidenceCurve:
    """Share of graduates that has been placed for the first time, by days since graduation (Aalen-Johansen).

    It uses graduates who are not 180 days out yet. Nothing ends the search: who works out of field, does not seek or
    was not reached stays unplaced until the as-of date, as in the rate.
    """
    observations = []
    for entry in filter(_is_seeking_graduate, entries):
        first = next((o.since for o in occupations.get(entry.enrollment_id, ()) if o.is_placed), None)
        days = max(((first or on) - entry.since).days, 0)
        observations.append(Observation(days, Outcome.EVENT if first else Outcome.CENSORED))
    return aalen_johansen(observations)


def _is_seeking_graduate(entry: Entry) -> bool:
    return entry.is_counted and entry.fate is Fate.GRADUATED and not entry.declared_not_seeking


@once
def placement_case(entry: Entry, occupations: Sequence[Occupation], on: date, window: int) -> Case:
    """How a learner counts among those placed on the day so many days after graduating."""
    if case := not_a_graduate(entry):
        return case
    if entry.declared_not_seeking:
        return Case(entry, Standing.EXCLUDED, Reason.NOT_SEEKING_DECLARED)
    day = entry.since + timedelta(days=window)
    if on < day:
        return Case(entry, Standing.PENDING, Reason.WINDOW_OPEN, entry.since, window)
    then = [occupation for occupation in occupations if occupation.since <= day]
    if then and not then[-1].is_verified:
        return Case(entry, Standing.UNKNOWN, Reason.UNVERIFIED, then[-1].since)
    if then and then[-1].is_placed:
        return Case(entry, Standing.MET, Reason.PLACED, then[-1].since)
    if late := next((o for o in occupations if o.since > day and o.is_placed), None):
        return Case(entry, Standing.MISSED, Reason.STARTED_LATE, late.since)
    if not then:
        return Case(entry, Standing.UNKNOWN, Reason.NO_PLACEMENT_RECORD)
    standing, reason = _NOT_PLACED.get(then[-1].status, (Standing.MISSED, Reason.OUT_OF_FIELD))
    return Case(entry, standing, reason, then[-1].since)


_NOT_PLACED: dict[str, tuple[Standing, Reason]] = {
    **dict.fromkeys(IN_FIELD, (Standing.MISSED, Reason.NOT_RELEVANT)),
    Status.SEEKING: (Standing.MISSED, Reason.SEEKING),
    Status.NOT_SEEKING: (Standing.MISSED, Reason.NOT_SEEKING),
    Status.NOT_REACHED: (Standing.UNKNOWN, Reason.NOT_REACHED),
}


def _status_on_day(entry: Entry, occupations: Occupations, window: int) -> str:
    """The status `window` days after graduation; seeking, which is the default, when nothing was recorded."""
    day = entry.since + timedelta(days=window)
    then = [o.status for o in occupations.get(entry.enrollment_id, ()) if o.since <= day]
    return then[-1] if then else Status.SEEKING.value


def _plain(curve: IncidenceCurve) -> list[list[Any]]:
    """The curve on its grid, as [day, incidence, low, high, at risk], up to the last day anybody was followed."""
    points = [(day, curve.at(day)) for day in CURVE_GRID]
    return [[day, *limits(point.interval), point.at_risk] for day, point in points if point]
