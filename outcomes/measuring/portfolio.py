"""Capstones judged for the portfolio: how many of them can be published as they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from outcomes.measuring.cases import OFF_ROSTER, Reason, Rule, Standing, off_roster, still_in
from outcomes.measuring.columns import records
from outcomes.measuring.measures import Measure, share
from outcomes.measuring.roster import CHAIN, Roster

# Of each capstone of an entry the last word up to the day, on the cohort's clock. A capstone that became another one as
# a whole, when its learner went over to another version, is one with it.
JUDGED = """
SELECT DISTINCT ON (judged.root_id, judged.project_id) judged.root_id, p.title, judged.is_publishable, judged.said_on
FROM (
  SELECT chain.root_id, r.is_publishable, r.recorded_at, r.id,
    (r.recorded_at AT TIME ZONE c.time_zone)::date AS said_on, coalesce((
      SELECT a.project_id FROM assessments_carriedattempt a
      JOIN cohorts_versionmove m ON m.organization_id = %(organization)s AND m.id = a.move_id
      JOIN cohorts_enrollmentmove g ON g.organization_id = %(organization)s AND g.move_id = a.move_id
        AND g.enrollment_id = s.enrollment_id
      WHERE a.organization_id = %(organization)s AND a.submission_id = s.id AND a.is_whole AND m.effective_on <= %(on)s
      ORDER BY g.sequence DESC LIMIT 1
    ), s.project_id) AS project_id
  FROM chain
  JOIN assessments_submission s ON s.organization_id = %(organization)s AND s.enrollment_id = chain.enrollment_id
  JOIN assessments_portfolioreview r ON r.organization_id = %(organization)s AND r.submission_id = s.id
  JOIN cohorts_enrollment e ON e.organization_id = %(organization)s AND e.id = chain.enrollment_id
  JOIN cohorts_cohort c ON c.organization_id = %(organization)s AND c.id = e.cohort_id
) AS judged
JOIN curriculum_project p ON p.organization_id = %(organization)s AND p.id = judged.project_id
WHERE judged.said_on <= %(on)s
ORDER BY judged.root_id, judged.project_id, judged.recorded_at DESC, judged.id DESC
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """The last word on one capstone, and the day it was said."""

    title: str
    is_publishable: bool
    on: date


Portfolios = Mapping[UUID, Sequence[Judged]]


def portfolios_as_of(on: date, cohorts: Collection[UUID] | None = None) -> dict[UUID, list[Judged]]:
    """What was said of each entry's capstones, in one query."""
    found: dict[UUID, list[Judged]] = {}
    for root, title, is_publishable, said_on in records(CHAIN, JUDGED, on=on, cohorts=cohorts):
        found.setdefault(root, []).append(Judged(title, is_publishable, said_on))
    return found


def portfolio_quality(key: str, roster: Roster, portfolios: Portfolios) -> Measure:
    """Capstones judged ready to be published, of all capstones judged; a row for each, and one for who has none."""
    counted = ~np.isin(roster.place, list(OFF_ROSTER))
    told = [
        (row, one)
        for pk, judged in portfolios.items()
        if (row := roster.row_of.get(pk.bytes)) is not None and counted[row]
        for one in sorted(judged, key=lambda each: (each.on, each.title))
    ]
    whose = np.array([row for row, _one in told], dtype=np.int64)
    alone = np.setdiff1d(np.arange(len(roster)), whose)
    judged: list[Judged | None] = [*(one for _row, one in told), *[None] * len(alone)]
    works = roster.part(np.concatenate((whose, alone)))
    since = np.array([one.on.toordinal() if one else 0 for one in judged], dtype=np.int64)
    is_judged = np.array([one is not None for one in judged], dtype=bool)
    is_publishable = np.array([one is not None and one.is_publishable for one in judged], dtype=bool)
    standings = off_roster(works).then(
        Rule(is_publishable, Standing.MET, Reason.PUBLISHABLE, since),
        Rule(is_judged, Standing.MISSED, Reason.NOT_PUBLISHABLE, since),
        *still_in(works),
        Rule(True, Standing.EXCLUDED, Reason.NO_PORTFOLIO_REVIEW),
    )
    return share(key, standings, about=[one.title if one else "" for one in judged])
