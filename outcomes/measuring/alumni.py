"""Who came back: graduates who mentor a later cohort."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import numpy as np

from outcomes.measuring.cases import Reason, Rule, Standing, Standings
from outcomes.measuring.columns import records
from outcomes.measuring.measures import Measure, share

YEAR = 365

MENTORED = """
SELECT mentor.membership_id, max(c.starts_on)
FROM mentoring_oneonone o
JOIN mentoring_mentor mentor ON mentor.organization_id = o.organization_id AND mentor.id = o.mentor_id
JOIN cohorts_enrollment e ON e.organization_id = o.organization_id AND e.id = o.enrollment_id
JOIN cohorts_cohort c ON c.organization_id = o.organization_id AND c.id = e.cohort_id
WHERE o.organization_id = %(organization)s AND o.status = 'held'
  AND (upper(o.during) AT TIME ZONE c.time_zone)::date <= %(on)s
GROUP BY mentor.membership_id
"""

Mentoring = Mapping[UUID, date]


def mentoring_as_of(on: date) -> dict[UUID, date]:
    """For each member who held a 1-on-1 as mentor, the start of the latest cohort they held one in; one query."""
    return dict(records(MENTORED, on=on))


def alumni_mentoring(key: str, graduates: Standings, mentoring: Mentoring) -> Measure:
    """Graduates of at least 12 months who held a 1-on-1 in a cohort that started after they graduated."""
    roster = graduates.roster
    last_start = np.zeros(len(roster), dtype=np.int64)
    if latest := {pk.bytes: started.toordinal() for pk, started in mentoring.items()}:
        last_start[:] = [latest.get(pk, 0) for pk in roster.learner_ids.tolist()]
    standings = graduates.then(
        Rule(roster.on < roster.since + YEAR, Standing.PENDING, Reason.WINDOW_OPEN, roster.since, YEAR),
        Rule(last_start > roster.since, Standing.MET, Reason.MENTORED),
        Rule(True, Standing.MISSED, Reason.NOT_MENTORED),
    )
    return share(key, standings)
