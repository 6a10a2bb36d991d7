"""Capstones judged for the portfolio: how many of them can be published as they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from outcomes.cases import Case, Reason, Standing, off_roster, still_in
from outcomes.measures import Measure, share
from outcomes.roster import CHAIN, Entry, records

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


def portfolios_as_of(on: date) -> dict[UUID, list[Judged]]:
    """What was said of each entry's capstones, in one query."""
    found: dict[UUID, list[Judged]] = {}
    for root, title, is_publishable, said_on in records(CHAIN, JUDGED, on=on):
        found.setdefault(root, []).append(Judged(title, is_publishable, said_on))
    return found


def portfolio_quality(key: str, entries: Sequence[Entry], portfolios: Portfolios) -> Measure:
    """Capstones judged ready to be published, of all capstones judged; a case for each, and one for who has none."""
    return share(key, [case for entry in entries for case in _cases(entry, portfolios.get(entry.enrollment_id, ()))])


def _cases(entry: Entry, judged: Sequence[Judged]) -> Iterator[Case]:
    if case := off_roster(entry):
        yield case
    elif judged:
        for one in sorted(judged, key=lambda each: (each.on, each.title)):
            if one.is_publishable:
                yield Case(entry, Standing.MET, Reason.PUBLISHABLE, one.on, about=one.title)
            else:
                yield Case(entry, Standing.MISSED, Reason.NOT_PUBLISHABLE, one.on, about=one.title)
    elif case := still_in(entry):
        yield case
    else:
        yield Case(entry, Standing.EXCLUDED, Reason.NO_PORTFOLIO_REVIEW)
