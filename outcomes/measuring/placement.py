"""Where graduates are at 90 and 180 days, and how soon they got there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from outcomes.measuring.cases import COUNTED, Reason, Rule, Standing, Standings
from outcomes.measuring.columns import Days, Field, Mask, Numbers, columns, records
from outcomes.measuring.intervals import wilson
from outcomes.measuring.measures import Measure, limits, share
from outcomes.measuring.roster import CHAIN, Roster
from outcomes.measuring.survival import IncidenceCurve, Outcome, aalen_johansen
from outcomes.models import PlacementStatus

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
OCCUPATIONS = """
, occupation AS (
  SELECT DISTINCT ON (chain.root_id, p.effective_on) chain.root_id, p.effective_on AS since,
    CASE WHEN stands.counts THEN p.status ELSE '3A' END AS status, p.is_relevant AND stands.counts AS is_relevant,
    CASE WHEN stands.counts THEN p.employer ELSE '' END AS employer, stands.counts AS is_verified
  FROM chain
  JOIN outcomes_placement p ON p.organization_id = %(organization)s AND p.enrollment_id = chain.enrollment_id
  LEFT JOIN outcomes_placementverdict v ON v.organization_id = %(organization)s AND v.placement_id = p.id
    AND v.effective_on <= %(on)s
  CROSS JOIN LATERAL (SELECT NOT p.needs_second OR v.is_verified IS TRUE AS counts) stands
  WHERE p.effective_on <= %(on)s AND v.is_verified IS NOT FALSE
  ORDER BY chain.root_id, p.effective_on, p.recorded_at DESC, p.id DESC
)
"""
LISTED = """
SELECT root_id, since, status, is_relevant, employer, is_verified FROM occupation ORDER BY root_id, since
"""


@dataclass(frozen=True, slots=True)
class Occupation:
    """What a graduate does from a day on. One that waits for a second person is told as seeking, without more."""

    since: date
    status: str
    is_relevant: bool
    employer: str = ""
    is_verified: bool = True


Occupations = Mapping[UUID, Sequence[Occupation]]
_CODE = {status.value: code for code, status in enumerate(Status)}
#: Of who has nothing on record.
NOTHING = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Careers:
    """What the learners of a roster do, in columns: a record each, those of one learner oldest first.

    `whose` is the row of the learner in the roster.
    """

    whose: Numbers
    since: Days
    status: Numbers
    is_placed: Mask
    is_verified: Mask
    employers: Sequence[str]

    def part(self, rows: Numbers, size: int) -> "Careers":
        """Those of some rows of a roster of that size, which are renumbered."""
        renumbered = np.full(size, NOTHING)
        renumbered[rows] = np.arange(len(rows))
        whose = renumbered[self.whose]
        kept = np.flatnonzero(whose != NOTHING)
        return Careers(
            whose=whose[kept],
            since=self.since[kept],
            status=self.status[kept],
            is_placed=self.is_placed[kept],
            is_verified=self.is_verified[kept],
            employers=[self.employers[record] for record in kept.tolist()],
        )

    def latest(self, by: Days) -> Numbers:
        """For each learner the record that holds on their day; -1 for who has none by then."""
        found = np.full(len(by), NOTHING)
        rows = np.flatnonzero(self.since <= by[self.whose])
        np.maximum.at(found, self.whose[rows], rows)
        return found

    def first_placed(self, after: Days) -> Numbers:
        """For each learner the first record after their day that counts as placed; -1 for who has none."""
        rows = np.flatnonzero(self.is_placed & (self.since > after[self.whose]))
        found = np.full(len(after), len(self.since))
        np.minimum.at(found, self.whose[rows], rows)
        return np.where(found < len(self.since), found, NOTHING)

    def employers_of(self, records: Numbers) -> list[str]:
        return [self.employers[record] if record != NOTHING else "" for record in records.tolist()]


def occupations_as_of(on: date) -> dict[UUID, tuple[Occupation, ...]]:
    """What was recorded of each entry, one by one and oldest first. One query."""
    rows = records(CHAIN, OCCUPATIONS, LISTED, on=on)
    return {
        enrollment_id: tuple(Occupation(*row[1:]) for row in found)
        for enrollment_id, found in groupby(rows, key=lambda row: row[0])
    }


def careers_as_of(roster: Roster, on: date, cohorts: Collection[UUID] | None = None) -> Careers:
    """The same in columns, of a roster that is of those cohorts or of all. One query."""
    found = columns(
        SELECTED, "".join((CHAIN, OCCUPATIONS)), "FROM occupation", on=on, cohorts=cohorts, statuses=Status.values
    )
    whose = np.array([roster.row_of.get(pk, NOTHING) for pk in found["root_id"].tolist()], dtype=np.int64)
    order = np.lexsort((found["since"], whose))[np.count_nonzero(whose == NOTHING) :]
    return Careers(
        whose=whose[order],
        since=found["since"][order],
        status=found["status"][order],
        is_placed=(found["is_relevant"] & np.isin(found["status"], [_CODE[status] for status in IN_FIELD]))[order],
        is_verified=found["is_verified"][order],
        employers=[found["employer"][row] for row in order.tolist()],
    )


SELECTED = {
    "root_id": (Field.ID, "root_id"),
    "since": (Field.DAY, "since"),
    "status": (Field.NUMBER, "array_position(%(statuses)s, status::text) - 1"),
    "is_relevant": (Field.FLAG, "is_relevant"),
    "is_verified": (Field.FLAG, "is_verified"),
    "employer": (Field.TEXT, "employer"),
}


def placement(key: str, graduates: Standings, careers: Careers) -> Measure:
    """Graduates in a relevant role in field on the 180th day after graduating, of all who are that far.

    Only who declared at intake not to seek a job is left out; not seeking and not reached count as not placed.
    """
    roster = graduates.roster
    standings, early = (placed_after(days, graduates, careers) for days in (WINDOW, EARLY_WINDOW))
    statuses, settled = _statuses_after(WINDOW, roster, careers), standings.are(*COUNTED)
    placed = np.bincount(statuses[standings.are(Standing.MET)], minlength=len(Status)).tolist()
    by_status = np.bincount(statuses[settled], minlength=len(Status)).tolist()
    variants = {}
    for name, allowed in VARIANTS.items():
        count = sum(placed[_CODE[status]] for status in allowed)
        variants[name] = [count, *limits(wilson(count, standings.counts.denominator))]
    counts = early.counts
    return share(
        key,
        standings,
        detail={
            "statuses": {status: by_status[code] for status, code in sorted(_CODE.items()) if by_status[code]},
            "variants": variants,
            "early": [counts.numerator, counts.denominator, *limits(wilson(counts.numerator, counts.denominator))],
            "curve": _plain(placement_curve(roster, careers)),
            "graduates": int(_are_seeking_graduates(roster).sum()),
        },
    )


def placement_curve(roster: Roster, careers: Careers) -> IncidenceCurve:
    """Share of graduates that has been placed for the first time, by days since graduation (Aalen-Johansen).

    It uses graduates who are not 180 days out yet. Nothing ends the search: who works out of field, does not seek or
    was not reached stays unplaced until the as-of date, as in the rate.
    """
    seeking = _are_seeking_graduates(roster)
    first = careers.first_placed(np.zeros_like(roster.since))
    is_placed = first != NOTHING
    ends = _chosen(careers.since, first, otherwise=roster.on)
    days = np.maximum(ends - roster.since, 0)
    return aalen_johansen(days[seeking], np.where(is_placed, Outcome.EVENT, Outcome.CENSORED)[seeking])


def _are_seeking_graduates(roster: Roster) -> Mask:
    return roster.is_counted & roster.has_graduated & ~roster.declared_not_seeking


def placed_after(days: int, graduates: Standings, careers: Careers) -> Standings:
    """Who counts as placed so many days after graduating."""
    roster = graduates.roster
    until = roster.since + days
    now, late = careers.latest(by=until), careers.first_placed(after=until)
    has_now, has_late = now != NOTHING, late != NOTHING
    status = _chosen(careers.status, now, otherwise=NOTHING)
    since, late_since = (_chosen(careers.since, rows, otherwise=0) for rows in (now, late))
    return graduates.then(
        Rule(roster.declared_not_seeking, Standing.EXCLUDED, Reason.NOT_SEEKING_DECLARED),
        Rule(roster.on < until, Standing.PENDING, Reason.WINDOW_OPEN, roster.since, days),
        Rule(has_now & ~_chosen(careers.is_verified, now, otherwise=True), Standing.UNKNOWN, Reason.UNVERIFIED, since),
        Rule(_chosen(careers.is_placed, now, otherwise=False), Standing.MET, Reason.PLACED, since),
        Rule(has_late, Standing.MISSED, Reason.STARTED_LATE, late_since),
        Rule(~has_now, Standing.UNKNOWN, Reason.NO_PLACEMENT_RECORD),
        *(Rule(status == _CODE[each], standing, reason, since) for each, (standing, reason) in _NOT_PLACED.items()),
        Rule(True, Standing.MISSED, Reason.OUT_OF_FIELD, since),
    )


_NOT_PLACED: dict[str, tuple[Standing, Reason]] = {
    **dict.fromkeys(IN_FIELD, (Standing.MISSED, Reason.NOT_RELEVANT)),
    Status.SEEKING: (Standing.MISSED, Reason.SEEKING),
    Status.NOT_SEEKING: (Standing.MISSED, Reason.NOT_SEEKING),
    Status.NOT_REACHED: (Standing.UNKNOWN, Reason.NOT_REACHED),
}


def _statuses_after(days: int, roster: Roster, careers: Careers) -> Numbers:
    """The status of each so many days after graduating; seeking, which is the default, when nothing was recorded."""
    return _chosen(careers.status, careers.latest(by=roster.since + days), otherwise=_CODE[Status.SEEKING])


def _chosen(column: NDArray[Any], rows: Numbers, *, otherwise: int | bool) -> NDArray[Any]:
    """The value of each of the rows; `otherwise` for none."""
    padded = np.concatenate((column, np.array([otherwise], dtype=column.dtype)))
    return padded[rows]


def _plain(curve: IncidenceCurve) -> list[list[Any]]:
    """The curve on its grid, as [day, incidence, low, high, at risk], up to the last day anybody was followed."""
    told = curve.at_each(CURVE_GRID)
    low, high = told.limits
    columns = (told.time.astype(int), told.incidence, low, high, told.at_risk.astype(int))
    return [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]
