"""Who came back: graduates who mentor a later cohort."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from outcomes.cases import Case, Reason, Standing, not_a_graduate, once
from outcomes.measures import Measure, share
from outcomes.roster import Entry, records

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


def alumni_mentoring(key: str, entries: Sequence[Entry], mentoring: Mentoring, *, on: date) -> Measure:
    """Graduates of at least 12 months who held a 1-on-1 in a cohort that started after they graduated."""
    return share(key, [_case(entry, mentoring, on) for entry in entries])


@once
def _case(entry: Entry, mentoring: Mentoring, on: date) -> Case:
    if case := not_a_graduate(entry):
        return case
    if on < entry.since + timedelta(days=YEAR):
        return Case(entry, Standing.PENDING, Reason.WINDOW_OPEN, entry.since, YEAR)
    latest = mentoring.get(entry.learner_id)
    if latest is not None and latest > entry.since:
        return Case(entry, Standing.MET, Reason.MENTORED)
    return Case(entry, Standing.MISSED, Reason.NOT_MENTORED)
