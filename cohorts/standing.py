"""Where learners stand on a day: what they earned, how much they study, and which milestone is theirs next.

Three queries for any number of learners, whatever their cohorts. Hours earned are those of `outline`: planned hours
decide about milestones, and count in proportion towards the hours of the level.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from cohorts.models import Break, Cohort, Enrollment, Milestone
from cohorts.models.milestone_title import read_title
from cohorts.outline import Outline, OutlineLevel, outline_by_id, outline_for
from cohorts.pacing import Calendar, DaysOff
from cohorts.progress import monday_of
from organizations.prepared import Prepared, among
from organizations.scope import required_organization_id

PACE_WEEKS = 4
#: Hours are in quarters; what is less apart than this is the same.
SAME_HOURS = 0.01

ActivitySource = Callable[[Sequence[UUID], date], Mapping[UUID, date]]
_activity_sources: list[ActivitySource] = []

# A status lasts since the first of the days, one after another, that show it: what was put right on its own day was
# never there, and who was transferred goes on as what they were. A later "reopened" undoes an earlier fact about the
# same topic or project; without one the fact stands. Work for a track that the learner has left for another is not on
# their path any more.
FACTS = """
WITH asked AS (SELECT unnest(%(ids)s::uuid[]) AS id),
events AS (
  SELECT enrollment_id, sequence, effective_on, to_status, returns_on
  FROM cohorts_enrollmentevent
  WHERE organization_id = %(organization)s AND enrollment_id = ANY(%(ids)s) AND effective_on <= %(on)s
  UNION ALL
  SELECT n.id, e.sequence - 1000000, e.effective_on, e.to_status, e.returns_on
  FROM cohorts_enrollment n
  JOIN cohorts_enrollmentevent e ON e.organization_id = n.organization_id AND e.enrollment_id = n.continues_id
  WHERE n.organization_id = %(organization)s AND n.id = ANY(%(ids)s) AND e.effective_on <= %(on)s
    AND e.to_status <> 'transferred' AND EXISTS (
      SELECT FROM cohorts_enrollmentevent own
      WHERE own.organization_id = n.organization_id AND own.enrollment_id = n.id AND own.effective_on <= %(on)s
    )
),
days AS (
  SELECT DISTINCT ON (enrollment_id, effective_on) enrollment_id, effective_on, to_status, returns_on
  FROM events ORDER BY enrollment_id, effective_on, sequence DESC
),
latest AS (
  SELECT enrollment_id, effective_on, returns_on, first_value(to_status) OVER back AS to_status,
    to_status = first_value(to_status) OVER back AS is_same
  FROM days WINDOW back AS (PARTITION BY enrollment_id ORDER BY effective_on DESC)
),
run AS (
  SELECT enrollment_id, effective_on, returns_on, to_status,
    bool_and(is_same) OVER (PARTITION BY enrollment_id ORDER BY effective_on DESC) AS is_now
  FROM latest
),
history AS (
  SELECT enrollment_id, to_status, min(effective_on) AS effective_on,
    (array_agg(returns_on ORDER BY effective_on DESC))[1] AS returns_on
  FROM run WHERE is_now GROUP BY 1, 2
),
standing AS (
  SELECT e.enrollment_id, coalesce(t.module_id, p.module_id, p.level_id) AS unit, e.kind, count(*) AS parts,
    sum(e.hours) AS hours, max(e.effective_on) AS last_on,
    sum(e.hours) FILTER (WHERE e.effective_on > %(recent)s AND e.effective_on >= coalesce(h.effective_on, %(recent)s))
      AS recent
  FROM cohorts_progressevent e
  LEFT JOIN history h ON h.enrollment_id = e.enrollment_id
  LEFT JOIN curriculum_topic t ON t.organization_id = e.organization_id AND t.id = e.topic_id
  LEFT JOIN curriculum_project p ON p.organization_id = e.organization_id AND p.id = e.project_id
  WHERE e.organization_id = %(organization)s AND e.enrollment_id = ANY(%(ids)s)
    AND e.effective_on <= %(on)s AND e.kind <> 'reopened'
    AND (p.track_id IS NULL OR EXISTS (
      SELECT FROM cohorts_enrollment n
      WHERE n.organization_id = %(organization)s AND n.id = e.enrollment_id
        AND (n.track_id = p.track_id OR n.version_id <> p.version_id)
    ))
    AND NOT EXISTS (
      SELECT FROM cohorts_progressevent r
      WHERE r.organization_id = %(organization)s AND r.enrollment_id = ANY(%(ids)s) AND r.kind = 'reopened'
        AND r.effective_on <= %(on)s AND r.enrollment_id = e.enrollment_id
        AND coalesce(r.topic_id, r.project_id) = coalesce(e.topic_id, e.project_id)
        AND (r.effective_on, r.recorded_at, r.id) > (e.effective_on, e.recorded_at, e.id)
    )
  GROUP BY 1, 2, 3
),
units AS (
  SELECT enrollment_id, unit, sum(parts)::int AS parts, sum(hours)::float8 AS hours,
    coalesce(sum(hours) FILTER (WHERE kind = 'credited'), 0)::float8 AS credited,
    coalesce(sum(recent) FILTER (WHERE kind = 'completed'), 0)::float8 AS recent,
    max(last_on) FILTER (WHERE kind = 'completed') AS last_on
  FROM standing GROUP BY 1, 2
),
progress AS (
  SELECT enrollment_id, array_agg(unit::text) AS units, array_agg(hours) AS hours, array_agg(parts) AS parts,
    array_agg(credited) AS credited, array_agg(recent) AS recent, max(last_on) AS last_on
  FROM units GROUP BY 1
),
study AS (
  SELECT enrollment_id, sum(hours)::float8 AS recent
  FROM (
    SELECT DISTINCT ON (enrollment_id, week) enrollment_id, week, hours
    FROM cohorts_studylog
    WHERE organization_id = %(organization)s AND enrollment_id = ANY(%(ids)s)
      AND week >= %(first_week)s AND week < %(this_week)s
    ORDER BY enrollment_id, week, recorded_at DESC, id DESC
  ) latest GROUP BY 1
)
SELECT asked.id, history.to_status, history.effective_on, history.returns_on, progress.units, progress.hours,
  progress.parts, progress.credited, progress.recent, study.recent, greatest(progress.last_on, studied.last_on)
FROM asked
LEFT JOIN history ON history.enrollment_id = asked.id
LEFT JOIN progress ON progress.enrollment_id = asked.id
LEFT JOIN study ON study.enrollment_id = asked.id
LEFT JOIN LATERAL (
  SELECT least(week + 6, recorded_at::date, %(on)s) AS last_on
  FROM cohorts_studylog
  WHERE organization_id = %(organization)s AND enrollment_id = asked.id AND week <= %(on)s AND hours > 0
  ORDER BY week DESC LIMIT 1
) studied ON true
"""


class Due(NamedTuple):
    """A milestone as it counts for one learner: the cohort's, or one of their own in its place."""

    title: str
    through_hours: float
    due_on: date
    id: UUID
    version_id: UUID

    @property
    def words(self) -> str:
        """The title in the reader's language."""
        return read_title(self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One learner on one day. Hours are curriculum hours, except that `logged` and `expected` are study hours.

    `earned` of `planned` are in the program's hours; `earned_planned` counts as milestones do. `logged` and
    `expected` cover the last four complete weeks as far as the learner was active in them, `weeks` of them;
    `gained` is what work earned in the last 28 days and in this status, `earned_elsewhere` what milestones of versions
    that were followed before count, by version. `level` is the first that is not finished, the last when all are;
    `next_milestone` the first that is not reached, overdue or ahead.
    """

    enrollment: Enrollment
    status: str
    since: date | None
    returns_on: date | None
    earned: float
    credited: float
    planned: float
    earned_planned: float
    level: int
    levels: int
    level_earned: float
    level_hours: float
    logged: float
    expected: float
    weeks: float
    gained: float
    last_active: date | None
    milestones: tuple[Due, ...]
    next_milestone: Due | None
    days_off: tuple[DaysOff, ...]
    earned_elsewhere: Mapping[UUID, float] = field(default_factory=dict)

    @property
    def level_share(self) -> float:
        return self.level_earned / self.level_hours if self.level_hours else 0.0

    @property
    def pace(self) -> float | None:
        """Study hours a week over the last four complete weeks; None in the learner's first week."""
        return self.logged / self.weeks if self.weeks >= 1 else None

    @property
    def is_active(self) -> bool:
        return self.status == Enrollment.Status.ACTIVE

    def has_reached(self, milestone: Due) -> bool:
        """A milestone of another version by what was done in that one."""
        earned = self.earned_planned
        if milestone.version_id != self.enrollment.version_id:
            earned = self.earned_elsewhere.get(milestone.version_id, 0.0)
        return earned >= milestone.through_hours - SAME_HOURS


def register_activity(source: ActivitySource) -> None:
    """Let an app above tell of other activity, such as submissions: per enrollment, its latest day."""
    _activity_sources.append(source)


def standings_of(
    enrollments: Iterable[Enrollment], *, on: date, milestones: "Milestones | None" = None, is_of_work: bool = False
) -> list[Standing]:
    """In the order given. The enrollments come with their cohort.

    `is_of_work` leaves out what apps above know of the last activity, for who does not ask when that was.
    """
    people = list(enrollments)
    if not people:
        return []
    ids = [enrollment.pk for enrollment in people]
    cohorts = {enrollment.cohort_id: enrollment.cohort for enrollment in people}
    days_off = _days_off(list(cohorts))
    milestones = milestones or Milestones(cohorts=list(cohorts), enrollments=ids)
    with connection.cursor() as cursor:
        cursor.execute(FACTS, _moment(on) | {"ids": ids, "organization": required_organization_id()})
        facts = {row[0]: row[1:] for row in cursor.fetchall()}
    standings = [
        _standing(
            enrollment,
            facts[enrollment.pk],
            outline=outline_for(enrollment),
            milestones=milestones.of(enrollment),
            days_off=days_off[enrollment.cohort_id],
            on=on,
        )
        for enrollment in people
    ]
    for source in () if is_of_work else _activity_sources:
        told = source(ids, on)
        standings = [_with_activity(standing, told.get(standing.enrollment.pk)) for standing in standings]
    return standings


def _with_activity(standing: Standing, day: date | None) -> Standing:
    if day is None or (standing.last_active is not None and standing.last_active >= day):
        return standing
    return replace(standing, last_active=day)


def _moment(on: date) -> dict[str, date]:
    this_week = monday_of(on)
    return {
        "on": on,
        "recent": on - timedelta(weeks=PACE_WEEKS),
        "first_week": this_week - timedelta(weeks=PACE_WEEKS),
        "this_week": this_week,
    }


def _standing(
    enrollment: Enrollment,
    facts: tuple,  # type: ignore[type-arg]
    *,
    outline: Outline,
    milestones: tuple[Due, ...],
    days_off: tuple[DaysOff, ...],
    on: date,
) -> Standing:
    status, since, returns_on, units, hours, parts, credits, gained, logged, last_active = facts
    since = since or enrollment.status_since
    levels = outline.of(enrollment.cohort)
    finished = dict(zip(units, zip(hours, parts, credits, strict=True), strict=True)) if units else {}
    walked = [earned_in(level, finished) for level in levels]
    open_levels = (place for place, made in enumerate(walked) if not made.is_done and levels[place].has_parts)
    here = next(open_levels, len(levels) - 1)
    expected, weeks = expected_hours(enrollment, since, days_off, on)
    earned_planned = sum(made.planned for made in walked)
    followed = {unit.key for level in outline.levels for unit in level.units}
    elsewhere = {
        version_id: _earned_in_version(version_id, enrollment.cohort, finished)
        for version_id in {due.version_id for due in milestones} - {enrollment.version_id}
    }
    asked = milestones
    if elsewhere:
        # What another version asked for is history: shown when it was reached, and not asked for any more.
        asked = tuple(due for due in milestones if due.version_id == enrollment.version_id)
        milestones = tuple(
            due
            for due in milestones
            if due.version_id == enrollment.version_id
            or (due.due_on < on and elsewhere[due.version_id] >= due.through_hours - SAME_HOURS)
        )
    return Standing(
        enrollment=enrollment,
        status=status or enrollment.status,
        since=since,
        returns_on=returns_on,
        earned=sum(made.earned for made in walked),
        credited=sum(made.credited for made in walked),
        planned=sum(level.hours for level in levels),
        earned_planned=earned_planned,
        level=levels[here].number if levels else enrollment.cohort.first_level,
        levels=outline.highest,
        level_earned=walked[here].earned if levels else 0.0,
        level_hours=levels[here].hours if levels else 0.0,
        logged=logged or 0.0,
        expected=expected,
        weeks=weeks,
        gained=sum(hours for unit, hours in zip(units or (), gained or (), strict=True) if unit in followed)
        * float(enrollment.cohort.hours_share),
        last_active=last_active,
        milestones=milestones,
        next_milestone=next((due for due in asked if earned_planned < due.through_hours - SAME_HOURS), None),
        days_off=days_off,
        earned_elsewhere=elsewhere,
    )


def _earned_in_version(version_id: UUID, cohort: Cohort, finished: "Finished") -> float:
    """Planned hours that the facts about another version earn there."""
    return sum(earned_in(level, finished).planned for level in outline_by_id(version_id).of(cohort))


class Earned(NamedTuple):
    """What a learner made of a level: in the level's hours, of that by credit, and in planned hours."""

    earned: float
    credited: float
    planned: float
    is_done: bool


NOTHING = Earned(0.0, 0.0, 0.0, False)
#: What was finished per unit, by its key: planned hours, number of parts, and hours of that by credit.
Finished = Mapping[str, tuple[float, int, float]]


def earned_in(level: OutlineLevel, finished: Finished) -> Earned:
    """What that makes of the level. Hours that a unit does not name are earned with the last of its parts."""
    planned = credited = 0.0
    missing = 0
    for unit in level.units:
        found = finished.get(unit.key)
        if found is None:
            missing += unit.parts
            continue
        hours, parts, credit = found
        planned += hours
        credited += credit
        if parts < unit.parts:
            missing += unit.parts - parts
        else:
            planned += unit.unnamed
    if not planned and missing:
        return NOTHING
    is_done = level.has_parts and not missing
    if is_done:
        planned += level.unnamed
    scale = level.hours / level.planned if level.planned else 0.0
    return Earned(min(planned * scale, level.hours), min(credited * scale, level.hours), planned, is_done)


def expected_hours(
    enrollment: Enrollment, since: date | None, days_off: tuple[DaysOff, ...], on: date, *, weeks: int = PACE_WEEKS
) -> tuple[float, float]:
    """Study hours that the plan asks for in the last complete weeks, and how many weeks of them were active."""
    this_week = monday_of(on)
    start = this_week - timedelta(weeks=weeks)
    if since is not None:
        start = max(start, since)
    if start >= this_week:
        return 0.0, 0.0
    days = program_days(start, this_week - timedelta(days=1), days_off)
    return days * float(enrollment.cohort.hours_per_week) / 7, (this_week - start).days / 7


@lru_cache(maxsize=1024)
def program_days(first: date, last: date, days_off: tuple[DaysOff, ...]) -> int:
    """Days from `first` to `last`, both included, on which the program ran."""
    return Calendar(first, days_off).count(last)


def _days_off(cohorts: list[UUID]) -> dict[UUID, tuple[DaysOff, ...]]:
    spans = [(cohort_id, DaysOff(first, last)) for cohort_id, first, last in _BREAKS.rows(cohorts=cohorts)]
    return {pk: tuple(span for cohort_id, span in spans if cohort_id in (None, pk)) for pk in cohorts}


_BREAKS = Prepared(
    lambda cohorts: Break.objects.filter(Q(cohort=None) | Q(among("cohort", cohorts))).values_list(
        "cohort_id", "starts_on", "ends_on"
    )
)


class Milestones:
    """The milestones of some cohorts, and the own ones of their learners. One query."""

    def __init__(self, *, cohorts: list[UUID], enrollments: list[UUID] | None = None) -> None:
        """The own ones of those learners, or of all."""
        shared: dict[UUID, list[Due]] = defaultdict(list)
        self._own: dict[UUID, list[Due]] = defaultdict(list)
        self._replaced: dict[UUID, set[UUID | None]] = defaultdict(set)
        if enrollments is None:
            rows = _MILESTONES.rows(cohorts=cohorts)
        else:
            rows = _MILESTONES_FOR.rows(cohorts=cohorts, enrollments=enrollments)
        for cohort_id, enrollment_id, replaces_id, title, through_hours, due_on, pk, version_id in rows:
            due = Due(title, float(through_hours), due_on, pk, version_id)
            if enrollment_id is None:
                shared[cohort_id].append(due)
            else:
                self._own[enrollment_id].append(due)
                self._replaced[enrollment_id].add(replaces_id)
        self._shared = {cohort_id: tuple(milestones) for cohort_id, milestones in shared.items()}

    def of_cohort(self, cohort_id: UUID) -> tuple[Due, ...]:
        return self._shared.get(cohort_id, ())

    def of(self, enrollment: Enrollment) -> tuple[Due, ...]:
        """By date: the cohort's milestones, with the learner's own in place of those they replace."""
        shared = self.of_cohort(enrollment.cohort_id)
        if enrollment.pk not in self._own:
            return shared
        kept = [due for due in shared if due.id not in self._replaced[enrollment.pk]]
        return tuple(sorted(kept + self._own[enrollment.pk], key=lambda due: due.due_on))


def _milestones(cohorts: Any) -> Any:
    rows = Milestone.objects.filter(among("cohort", cohorts)).order_by("due_on", "position")
    return rows.values_list(
        "cohort_id", "enrollment_id", "replaces_id", "title", "through_hours", "due_on", "id", "level__version"
    )


_MILESTONES: Prepared[Any] = Prepared(_milestones)
_MILESTONES_FOR: Prepared[Any] = Prepared(
    lambda cohorts, enrollments: _milestones(cohorts).filter(Q(enrollment=None) | Q(among("enrollment", enrollments)))
)
