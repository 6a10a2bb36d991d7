"""Who is on the roster as of a day, and what became of them, read from dated events alone.

An entry is one learner in the cohort that reports them: a learner who moved to another cohort after the census date
stays an entry of the first one, with one continuous history. docs/metrics.md has the rules.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum
from functools import cached_property
from uuid import UUID

import numpy as np

from accounts.models import Membership
from cohorts.models import Enrollment, EnrollmentEvent
from outcomes.measuring.columns import NO_DAY, Columns, Days, Field, Ids, Mask, Numbers, columns, day_of, uuids

OVERDUE = 90

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
    AND (%(cohorts)s::uuid[] IS NULL OR e.cohort_id = ANY(%(cohorts)s) OR e.continues_id IS NOT NULL)
), chain AS (
  SELECT id AS root_id, first_level AS root_first_level, last_level AS root_last_level, id AS enrollment_id, 0 AS depth,
    cohort_id, learner_id, version_id, first_level, last_level, starts_on, census_on, time_zone, is_not_seeking
  FROM enrollment WHERE continues_id IS NULL AND (%(cohorts)s::uuid[] IS NULL OR cohort_id = ANY(%(cohorts)s))
  UNION ALL
  SELECT chain.root_id, chain.root_first_level, chain.root_last_level, n.id, chain.depth + 1, n.cohort_id, n.learner_id,
    n.version_id, n.first_level, n.last_level, n.starts_on, n.census_on, n.time_zone, n.is_not_seeking
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
  SELECT chain.root_id, chain.root_first_level, chain.root_last_level, chain.enrollment_id,
    coalesce(moved.to_id, moved.from_id, chain.version_id) AS version_id
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
), decision AS MATERIALIZED (
  SELECT followed.*, d.level_id, d.outcome, d.effective_on, d.recorded_at, d.id
  FROM followed
  CROSS JOIN LATERAL (
    SELECT d.level_id, d.outcome, d.effective_on, d.recorded_at, d.id FROM assessments_leveldecision d
    WHERE d.organization_id = %(organization)s AND d.enrollment_id = followed.enrollment_id AND d.effective_on <= %(on)s
    OFFSET 0
  ) AS d
), decided AS (
  SELECT DISTINCT ON (d.root_id, l.number) d.root_id, d.root_first_level, d.root_last_level, l.number, d.outcome,
    d.effective_on
  FROM decision d
  JOIN curriculum_level l ON l.organization_id = %(organization)s AND l.id = d.level_id AND l.version_id = d.version_id
  ORDER BY d.root_id, l.number, d.effective_on DESC, d.recorded_at DESC, d.id DESC
), step AS (
  SELECT root_id, effective_on, number - root_first_level AS before,
    row_number() OVER (PARTITION BY root_id ORDER BY number) - 1 AS passed_before
  FROM decided WHERE outcome = 'passed' AND number BETWEEN root_first_level AND root_last_level
), passed AS (
  SELECT root_id, count(*) AS levels, max(effective_on) AS passed_on FROM step WHERE before = passed_before
  GROUP BY root_id
), entry AS (
  SELECT root_id, any_value(enrollment_id) AS enrollment_id, any_value(to_status) AS to_status,
    any_value(began_on) AS began_on, any_value(returns_on) AS returns_on, any_value(reason) AS reason,
    any_value(at_census) AS at_census, any_value(levels) AS levels, any_value(passed_on) AS passed_on
  FROM (
    SELECT root_id, enrollment_id, to_status, began_on, returns_on, reason, NULL AS at_census, NULL::bigint AS levels,
      NULL::date AS passed_on, false AS was_enrolled FROM standing
    UNION ALL SELECT root_id, NULL, NULL, NULL, NULL, NULL, to_status, NULL, NULL, false FROM census
    UNION ALL SELECT root_id, NULL, NULL, NULL, NULL, NULL, NULL, levels, passed_on, false FROM passed
    UNION ALL SELECT root_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true FROM history
      WHERE to_status IN ('enrolled', 'active', 'on_leave', 'transferred', 'graduated')
  ) AS part
  GROUP BY root_id HAVING bool_or(was_enrolled) AND any_value(began_on) IS NOT NULL
)
"""
FROM_ENTRY = "FROM entry JOIN chain AS root ON root.enrollment_id = entry.root_id"
SELECTED = {
    "enrollment_id": (Field.ID, "entry.root_id"),
    "current_id": (Field.ID, "entry.enrollment_id"),
    "cohort_id": (Field.ID, "root.cohort_id"),
    "learner_id": (Field.ID, "root.learner_id"),
    "first_level": (Field.NUMBER, "root.first_level"),
    "last_level": (Field.NUMBER, "root.last_level"),
    "starts_on": (Field.DAY, "root.starts_on"),
    "census_on": (Field.DAY, "root.census_on"),
    "at_census": (Field.NUMBER, "coalesce(array_position(%(statuses)s, entry.at_census::text), 0) - 1"),
    "status": (Field.NUMBER, "array_position(%(statuses)s, entry.to_status::text) - 1"),
    "began_on": (Field.DAY, "entry.began_on"),
    "returns_on": (Field.DAY, f"coalesce(entry.returns_on, {NO_DAY})"),
    "is_excused": (Field.FLAG, "coalesce(entry.reason = ANY(%(excused)s), false)"),
    "passed": (Field.NUMBER, "coalesce(entry.levels, 0)"),
    "passed_on": (Field.DAY, f"coalesce(entry.passed_on, {NO_DAY})"),
    "is_not_seeking": (Field.FLAG, "coalesce(root.is_not_seeking, false)"),
}

Status = Enrollment.Status
LEAVING = (Status.WITHDRAWN, Status.DISMISSED)


class Place(IntEnum):
    """Whether a learner is on the roster of their cohort, and if not, why."""

    ON_ROSTER = 0
    BEFORE_CENSUS = 1
    NOT_STARTED = 2
    LEFT_BEFORE_CENSUS = 3
    MOVED_BEFORE_CENSUS = 4
    JOINED_LATE = 5
    EXCUSED = 6


class Fate(IntEnum):
    """What became of a learner as of the day."""

    ACTIVE = 0
    ON_LEAVE = 1
    LEAVE_OVERDUE = 2
    IN_TRANSIT = 3
    LEFT = 4
    GRADUATED = 5


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

    @property
    def is_counted(self) -> bool:
        return self.place is Place.ON_ROSTER


@dataclass(frozen=True, kw_only=True, eq=False)
class Roster:
    """Everyone who was ever enrolled by a day, or some of them: a column for each fact, a row for each entry.

    The columns mean what those of an `Entry` do.
    """

    on: int
    enrollment_ids: Ids
    current_ids: Ids
    cohort_ids: Ids
    learner_ids: Ids
    first_level: Numbers
    last_level: Numbers
    starts_on: Days
    census_on: Days
    place: Numbers
    fate: Numbers
    since: Days
    passed: Numbers
    passed_on: Days
    declared_not_seeking: Mask

    def __len__(self) -> int:
        return len(self.place)

    def part(self, rows: Numbers) -> "Roster":
        """Those rows, each as often as it is asked for."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return Roster(on=self.on, **columns)

    @cached_property
    def row_of(self) -> Mapping[bytes, int]:
        """The row of each entry, by the bytes of its first enrollment."""
        return {pk: row for row, pk in enumerate(self.enrollment_ids.tolist())}

    @cached_property
    def rows_by_cohort(self) -> dict[UUID, Numbers]:
        pks, cohort_of = np.unique(self.cohort_ids, return_inverse=True)
        rows, sizes = np.argsort(cohort_of, kind="stable"), np.bincount(cohort_of, minlength=len(pks))
        ends = np.cumsum(sizes)
        return {pk: rows[end - size : end] for pk, size, end in zip(uuids(pks), sizes, ends, strict=True)}

    @cached_property
    def is_counted(self) -> Mask:
        found: Mask = self.place == Place.ON_ROSTER
        return found

    @cached_property
    def has_left(self) -> Mask:
        found: Mask = self.fate == Fate.LEFT
        return found

    @cached_property
    def has_graduated(self) -> Mask:
        found: Mask = self.fate == Fate.GRADUATED
        return found

    @cached_property
    def level(self) -> Numbers:
        """The level they are in, or were in when they left; the last one for who passed all."""
        found: Numbers = np.minimum(self.first_level + self.passed, self.last_level)
        return found

    @cached_property
    def completed_level(self) -> Numbers:
        """The last level completed; the one before the cohort's first for who completed none."""
        return self.first_level + self.passed - 1

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """One by one, in the order of the rows. One query, for the names."""
        return self._entries(self._names)

    @cached_property
    def anonymous(self) -> tuple[Entry, ...]:
        """The same without names, for what tells none."""
        return self._entries({})

    def _entries(self, names: Mapping[UUID, str]) -> tuple[Entry, ...]:
        learner_ids = uuids(self.learner_ids)
        lists = {name: getattr(self, name).tolist() for name in _COLUMNS}
        return tuple(
            Entry(
                enrollment_id=UUID(bytes=lists["enrollment_ids"][row]),
                current_id=UUID(bytes=lists["current_ids"][row]),
                cohort_id=UUID(bytes=lists["cohort_ids"][row]),
                learner_id=learner_id,
                name=names.get(learner_id, ""),
                first_level=lists["first_level"][row],
                last_level=lists["last_level"][row],
                starts_on=date.fromordinal(lists["starts_on"][row]),
                census_on=date.fromordinal(lists["census_on"][row]),
                place=Place(lists["place"][row]),
                fate=Fate(lists["fate"][row]),
                since=date.fromordinal(lists["since"][row]),
                passed=lists["passed"][row],
                passed_on=day_of(lists["passed_on"][row]),
                declared_not_seeking=lists["declared_not_seeking"][row],
            )
            for row, learner_id in enumerate(learner_ids)
        )

    @cached_property
    def by_name(self) -> list[int]:
        """The rows in the order of the learners' names."""
        order = {pk: place for place, pk in enumerate(self._names)}
        keys = list(zip(map(order.__getitem__, uuids(self.learner_ids)), self.enrollment_ids.tolist(), strict=True))
        return sorted(range(len(keys)), key=keys.__getitem__)

    @cached_property
    def _names(self) -> dict[UUID, str]:
        """Of each learner, in the order of the names; one query."""
        people = Membership.objects.filter(pk__in=set(uuids(self.learner_ids)))
        return dict(people.order_by("name", "pk").values_list("pk", "name"))


_COLUMNS = tuple(field.name for field in fields(Roster) if field.name != "on")


def roster_as_of(on: date, cohorts: Collection[UUID] | None = None) -> Roster:
    """Everyone in those cohorts, or in any, who was ever enrolled by that day; applicants never were. One query."""
    found = columns(
        SELECTED, "".join((CHAIN, FOLLOWED, ROSTER)), FROM_ENTRY, on=on, cohorts=cohorts,
        statuses=Status.values, excused=list(EnrollmentEvent.EXCUSED),
    )  # fmt: skip
    today = on.toordinal()
    fate, since = _fates(found, today)
    has_graduated = fate == Fate.GRADUATED
    return Roster(
        on=today,
        enrollment_ids=found["enrollment_id"],
        current_ids=found["current_id"],
        cohort_ids=found["cohort_id"],
        learner_ids=found["learner_id"],
        first_level=found["first_level"],
        last_level=found["last_level"],
        starts_on=found["starts_on"],
        census_on=found["census_on"],
        place=_places(found, fate, today),
        fate=fate,
        since=since,
        passed=np.where(has_graduated, found["last_level"] - found["first_level"] + 1, found["passed"]),
        passed_on=np.where(has_graduated, since, found["passed_on"]),
        declared_not_seeking=found["is_not_seeking"],
    )


def _fates(found: Columns, today: int) -> tuple[Numbers, Days]:
    """What became of each, and since when.

    A leave, or a move without a new enrollment, that nobody followed up for 90 days counts as leaving.
    """
    status: Numbers = found["status"]
    began_on: Days = found["began_on"]
    returns_on: Days = found["returns_on"]
    has_moved, is_on_leave = status == _CODE[Status.TRANSFERRED], status == _CODE[Status.ON_LEAVE]
    is_late = is_on_leave & (returns_on > 0) & (today > returns_on)
    fate: Numbers = np.select(
        (
            status == _CODE[Status.GRADUATED],
            _is_one_of(status, LEAVING)
            | has_moved & (today >= began_on + OVERDUE)
            | is_late & (today >= returns_on + OVERDUE),
            has_moved | _is_one_of(status, (Status.APPLIED, Status.WAITING)),
            is_late,
            is_on_leave,
        ),
        (Fate.GRADUATED, Fate.LEFT, Fate.IN_TRANSIT, Fate.LEAVE_OVERDUE, Fate.ON_LEAVE),
        Fate.ACTIVE,
    )
    return fate, np.where(is_late, returns_on, began_on)


def _places(found: Columns, fate: Numbers, today: int) -> Numbers:
    at_census, is_early = found["at_census"], today < found["census_on"]
    was_on_it = _is_one_of(at_census, (Status.ACTIVE, Status.ON_LEAVE))
    has_graduated = fate == Fate.GRADUATED
    return np.select(
        (
            found["is_excused"] & _is_one_of(found["status"], LEAVING),
            has_graduated & (was_on_it | (at_census == _CODE[Status.GRADUATED])),
            has_graduated,
            _is_one_of(at_census, LEAVING) & (fate == Fate.LEFT),
            _is_one_of(at_census, LEAVING),
            at_census == _CODE[Status.TRANSFERRED],
            was_on_it & is_early,
            was_on_it,
            is_early | _is_one_of(found["status"], _NOT_ACTIVE),
        ),
        (
            Place.EXCUSED,
            Place.ON_ROSTER,
            Place.JOINED_LATE,
            Place.LEFT_BEFORE_CENSUS,
            Place.JOINED_LATE,
            Place.MOVED_BEFORE_CENSUS,
            Place.BEFORE_CENSUS,
            Place.ON_ROSTER,
            Place.NOT_STARTED,
        ),
        Place.JOINED_LATE,
    )


def _is_one_of(codes: Numbers, statuses: Iterable[Status]) -> Mask:
    return np.isin(codes, [_CODE[status] for status in statuses])


_CODE = {status: code for code, status in enumerate(Status)}
_NOT_ACTIVE = (Status.APPLIED, Status.WAITING, Status.ENROLLED, *LEAVING)
