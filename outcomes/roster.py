"""Who is on the roster as of a day, and what became of them, read from dated events alone.

An entry is one learner in the cohort that reports them: a learner who moved to another cohort after the census date
stays an entry of the first one, with one continuous history. docs/metrics.md has the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from cohorts.models import Enrollment, EnrollmentEvent
from organizations.scope import required_organization_id

OVERDUE = timedelta(days=90)

# Each enrollment with the entry (root) it belongs to, and with what is asked of it again and again. A transfer up to
# the census date starts a new entry: by then the learner is on no roster of the cohort they left. A transfer that was
# undone on its day never was. What was declared of seeking a job holds by the census date.
#
# PostgreSQL takes an organization for a handful of rows, since the policy of a table and the query both name it. Where
# it would compare every learner with every other one, later parts take columns along from here, group instead of
# joining, or ask for one row at a time (OFFSET 0).
CHAIN = """
WITH RECURSIVE enrollment AS (
  SELECT e.id, e.cohort_id, e.learner_id, e.version_id, c.first_level, c.last_level, c.starts_on, c.census_on,
    c.time_zone, e.seeks_job IS FALSE
      AND (e.seeks_job_declared_at AT TIME ZONE c.time_zone)::date <= least(c.census_on, %(on)s) AS is_not_seeking,
    CASE WHEN NOT EXISTS (
    SELECT FROM cohorts_enrollment earlier
    JOIN cohorts_cohort c ON c.organization_id = earlier.organization_id AND c.id = earlier.cohort_id
    JOIN cohorts_enrollmentevent v ON v.organization_id = earlier.organization_id AND v.enrollment_id = earlier.id
    WHERE earlier.organization_id = e.organization_id AND earlier.id = e.continues_id
      AND v.to_status = 'transferred' AND v.effective_on <= c.census_on
      AND NOT EXISTS (
        SELECT FROM cohorts_enrollmentevent w
        WHERE w.organization_id = v.organization_id AND w.enrollment_id = v.enrollment_id
          AND w.effective_on = v.effective_on AND w.sequence > v.sequence
      )
  ) THEN e.continues_id END AS continues_id
  FROM cohorts_enrollment e
  JOIN cohorts_cohort c ON c.organization_id = %(organization)s AND c.id = e.cohort_id
  WHERE e.organization_id = %(organization)s AND e.void_since IS NULL
), chain AS (
  SELECT id AS root_id, id AS enrollment_id, 0 AS depth, cohort_id, learner_id, version_id, first_level, last_level,
    starts_on, census_on, time_zone, is_not_seeking
  FROM enrollment WHERE continues_id IS NULL
  UNION ALL
  SELECT chain.root_id, n.id, chain.depth + 1, n.cohort_id, n.learner_id, n.version_id, n.first_level, n.last_level,
    n.starts_on, n.census_on, n.time_zone, n.is_not_seeking
  FROM chain JOIN enrollment n ON n.continues_id = chain.enrollment_id
)
"""

# The version that each enrollment followed on the day: moves take effect on a day, the last of a day counts.
FOLLOWED = """
, moved AS (
  SELECT g.enrollment_id,
    (array_agg(m.to_version_id ORDER BY g.sequence DESC) FILTER (WHERE m.effective_on <= %(on)s))[1] AS to_id,
    (array_agg(m.from_version_id ORDER BY g.sequence) FILTER (WHERE m.effective_on > %(on)s))[1] AS from_id
  FROM cohorts_enrollmentmove g
  JOIN cohorts_versionmove m ON m.organization_id = %(organization)s AND m.id = g.move_id
  WHERE g.organization_id = %(organization)s
  GROUP BY g.enrollment_id
), followed AS MATERIALIZED (
  SELECT chain.root_id, chain.enrollment_id, coalesce(moved.to_id, moved.from_id, chain.version_id) AS version_id
  FROM chain LEFT JOIN moved ON moved.enrollment_id = chain.enrollment_id
)
"""

# A transfer is no status once the enrollment that continues it has begun. Of several events on one day the last one
# counts, and a status may be stated again on a later day (a leave prolonged, a plan overtaken): it began with the
# first of them. The census looks at the first enrollment alone: the second one may have been prepared before the move.
ROSTER = """
, history AS (
  SELECT chain.root_id, chain.enrollment_id, chain.depth, chain.census_on, v.sequence, v.to_status, v.effective_on,
         v.returns_on, v.reason, max(chain.depth) OVER (PARTITION BY chain.root_id) AS last_depth
  FROM chain
  JOIN cohorts_enrollmentevent v ON v.organization_id = %(organization)s AND v.enrollment_id = chain.enrollment_id
  WHERE v.effective_on <= %(on)s
), daily AS (
  SELECT DISTINCT ON (root_id, effective_on) * FROM history WHERE to_status <> 'transferred' OR depth = last_depth
  ORDER BY root_id, effective_on, depth DESC, sequence DESC
), marked AS (
  SELECT *, lag(to_status) OVER (PARTITION BY root_id ORDER BY effective_on) IS DISTINCT FROM to_status AS begins
  FROM daily
), spell AS (
  SELECT *, max(effective_on) FILTER (WHERE begins) OVER (PARTITION BY root_id) AS began_on FROM marked
), standing AS (
  SELECT root_id,
    (array_agg(enrollment_id ORDER BY effective_on DESC))[1] AS enrollment_id,
    (array_agg(to_status ORDER BY effective_on DESC))[1] AS to_status,
    (array_agg(reason ORDER BY effective_on DESC))[1] AS reason,
    (array_agg(returns_on ORDER BY effective_on DESC) FILTER (WHERE returns_on IS NOT NULL))[1] AS returns_on,
    began_on
  FROM spell WHERE effective_on >= began_on GROUP BY root_id, began_on
), census AS (
  SELECT DISTINCT ON (root_id) root_id, to_status
  FROM history WHERE depth = 0 AND effective_on <= census_on
  ORDER BY root_id, effective_on DESC, sequence DESC
), decided AS (
  SELECT DISTINCT ON (followed.root_id, d.number) followed.root_id, d.number, d.outcome, d.effective_on
  FROM followed
  CROSS JOIN LATERAL (
    SELECT l.number, d.outcome, d.effective_on, d.recorded_at, d.id
    FROM assessments_leveldecision d
    JOIN curriculum_level l ON l.organization_id = %(organization)s AND l.id = d.level_id
      AND l.version_id = followed.version_id
    WHERE d.organization_id = %(organization)s AND d.enrollment_id = followed.enrollment_id AND d.effective_on <= %(on)s
    OFFSET 0
  ) AS d
  ORDER BY followed.root_id, d.number, d.effective_on DESC, d.recorded_at DESC, d.id DESC
), passed AS (
  SELECT root_id, array_agg(number ORDER BY number) AS levels, array_agg(effective_on ORDER BY number) AS dates
  FROM decided WHERE outcome = 'passed' GROUP BY root_id
), entry AS (
  SELECT root_id, any_value(enrollment_id) AS enrollment_id, any_value(to_status) AS to_status,
    any_value(began_on) AS began_on, any_value(returns_on) AS returns_on, any_value(reason) AS reason,
    any_value(at_census) AS at_census, any_value(levels) AS levels, any_value(dates) AS dates
  FROM (
    SELECT root_id, enrollment_id, to_status, began_on, returns_on, reason, NULL AS at_census,
      NULL::smallint[] AS levels, NULL::date[] AS dates, false AS was_enrolled FROM standing
    UNION ALL SELECT root_id, NULL, NULL, NULL, NULL, NULL, to_status, NULL, NULL, false FROM census
    UNION ALL SELECT root_id, NULL, NULL, NULL, NULL, NULL, NULL, levels, dates, false FROM passed
    UNION ALL SELECT root_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true FROM history
      WHERE to_status IN ('enrolled', 'active', 'on_leave', 'transferred', 'graduated')
  ) AS part
  GROUP BY root_id HAVING bool_or(was_enrolled) AND any_value(began_on) IS NOT NULL
)
SELECT entry.root_id, entry.enrollment_id, root.cohort_id, root.learner_id, m.name, root.first_level, root.last_level,
       root.starts_on, root.census_on, entry.at_census, entry.to_status, entry.began_on, entry.returns_on, entry.reason,
       coalesce(entry.levels, '{}'), coalesce(entry.dates, '{}'), root.is_not_seeking
FROM entry
JOIN chain AS root ON root.enrollment_id = entry.root_id
CROSS JOIN LATERAL (
  SELECT m.name FROM accounts_membership m WHERE m.organization_id = %(organization)s AND m.id = root.learner_id
  OFFSET 0
) AS m
ORDER BY m.name, entry.root_id
"""

Status = Enrollment.Status
LEAVING = (Status.WITHDRAWN, Status.DISMISSED)


class Place(StrEnum):
    """Whether a learner is on the roster of their cohort, and if not, why."""

    ON_ROSTER = "on_roster"
    BEFORE_CENSUS = "before_census"
    NOT_STARTED = "not_started"
    LEFT_BEFORE_CENSUS = "left_before_census"
    MOVED_BEFORE_CENSUS = "moved_before_census"
    JOINED_LATE = "joined_late"
    EXCUSED = "excused"


class Fate(StrEnum):
    """What became of a learner as of the day."""

    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    LEAVE_OVERDUE = "leave_overdue"
    IN_TRANSIT = "in_transit"
    LEFT = "left"
    GRADUATED = "graduated"


@dataclass(frozen=True, slots=True)
class Entry:
    """A learner as of a day, in the cohort that reports them.

    `enrollment_id` is the first enrollment, `current_id` the one they are in now; `since` is the day of their fate.
    `passed` counts the levels passed without a gap from the cohort's first; all of them for a graduate.
    """

    enrollment_id: UUID
    current_id: UUID
    cohort_id: UUID
    learner_id: UUID
    name: str
    first_level: int
    last_level: int
    starts_on: date
    census_on: date
    place: Place
    fate: Fate
    since: date
    passed: int
    passed_on: date | None
    declared_not_seeking: bool
    #: What was worked out of this entry alone, so that thirteen numbers of two scopes do not each do so again.
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_counted(self) -> bool:
        return self.place is Place.ON_ROSTER

    @property
    def level(self) -> int:
        """The level they are in, or were in when they left; the last one for who passed all."""
        return min(self.first_level + self.passed, self.last_level)

    @property
    def completed_level(self) -> int:
        """The last level completed; the one before the cohort's first for who completed none."""
        return self.first_level + self.passed - 1


def records(*parts: str, on: date) -> list[tuple[Any, ...]]:
    """The rows of a query, given in parts, on `%(organization)s`, the one in scope, as of `%(on)s`."""
    with connection.cursor() as cursor:
        cursor.execute("".join(parts), {"organization": required_organization_id(), "on": on})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def roster_as_of(on: date) -> tuple[Entry, ...]:
    """Everyone who was ever enrolled by that day, by name, in one query. Applicants who never were are not in it."""
    return tuple(_entries(records(CHAIN, FOLLOWED, ROSTER, on=on), on))


def _entries(rows: list[tuple[Any, ...]], on: date) -> Iterator[Entry]:
    for (
        enrollment_id, current_id, cohort_id, learner_id, name, first_level, last_level, starts_on, census_on,
        at_census, status, effective_on, returns_on, reason, levels, dates, declared_not_seeking,
    ) in rows:  # fmt: skip
        fate, since = _fate(status, effective_on, returns_on, on)
        place = Place.EXCUSED
        if not (status in LEAVING and reason in EnrollmentEvent.EXCUSED):
            place = _place(at_census, fate, status, before_census=on < census_on)
        passed, passed_on = _without_a_gap(dict(zip(levels, dates, strict=True)), first_level, last_level)
        if fate is Fate.GRADUATED:
            passed, passed_on = last_level - first_level + 1, since
        yield Entry(
            enrollment_id=enrollment_id,
            current_id=current_id,
            cohort_id=cohort_id,
            learner_id=learner_id,
            name=name,
            first_level=first_level,
            last_level=last_level,
            starts_on=starts_on,
            census_on=census_on,
            place=place,
            fate=fate,
            since=since,
            passed=passed,
            passed_on=passed_on,
            declared_not_seeking=bool(declared_not_seeking),
        )


def _fate(status: str, effective_on: date, returns_on: date | None, on: date) -> tuple[Fate, date]:
    """A leave, or a move without a new enrollment, that nobody followed up for 90 days counts as leaving."""
    if status == Status.GRADUATED:
        return Fate.GRADUATED, effective_on
    if status in LEAVING:
        return Fate.LEFT, effective_on
    if status == Status.TRANSFERRED:
        return (Fate.LEFT if on >= effective_on + OVERDUE else Fate.IN_TRANSIT), effective_on
    if status in (Status.APPLIED, Status.WAITING):
        return Fate.IN_TRANSIT, effective_on
    if status == Status.ON_LEAVE:
        if returns_on is None or on <= returns_on:
            return Fate.ON_LEAVE, effective_on
        return (Fate.LEFT if on >= returns_on + OVERDUE else Fate.LEAVE_OVERDUE), returns_on
    return Fate.ACTIVE, effective_on


def _place(at_census: str | None, fate: Fate, status: str, *, before_census: bool) -> Place:
    if fate is Fate.GRADUATED:
        return Place.ON_ROSTER if at_census in _ON_ROSTER or at_census == Status.GRADUATED else Place.JOINED_LATE
    if at_census in LEAVING:
        return Place.LEFT_BEFORE_CENSUS if fate is Fate.LEFT else Place.JOINED_LATE
    if at_census == Status.TRANSFERRED:
        return Place.MOVED_BEFORE_CENSUS
    if at_census in _ON_ROSTER:
        return Place.BEFORE_CENSUS if before_census else Place.ON_ROSTER
    return Place.NOT_STARTED if status in _NOT_ACTIVE or before_census else Place.JOINED_LATE


_ON_ROSTER = (Status.ACTIVE, Status.ON_LEAVE)
_NOT_ACTIVE = (Status.APPLIED, Status.WAITING, Status.ENROLLED, *LEAVING)


def _without_a_gap(passed: dict[int, date], first: int, last: int) -> tuple[int, date | None]:
    dates: list[date] = []
    while first + len(dates) <= last and first + len(dates) in passed:
        dates.append(passed[first + len(dates)])
    return len(dates), max(dates, default=None)
