"""What graduates showed: capstones accepted, reviews passed, a production project on GitHub."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

import numpy as np

from outcomes.measuring.benchmarks import BENCHMARKS
from outcomes.measuring.cases import Reason, Rule, Standing, Standings
from outcomes.measuring.columns import Field, Numbers, columns
from outcomes.measuring.intervals import wilson
from outcomes.measuring.measures import Measure, limits, share
from outcomes.measuring.roster import CHAIN, FOLLOWED, Roster

# What is asked for are the capstones of the enrollment that the learner is in last, and the work of the track chosen in
# it: what `required_in_levels` says. Where there are tracks and none was chosen by that day, one accepted project is
# missing, whose id is that of the level. Asked for is what the version followed on the day asks for.
REQUIRED = """
, placed AS (
  SELECT chain.root_id, chain.enrollment_id, followed.version_id, chain.first_level, chain.last_level, chain.time_zone,
    chain.depth = max(chain.depth) FILTER (WHERE chain.depth = 0 OR EXISTS (
      SELECT FROM cohorts_enrollmentevent v WHERE v.organization_id = %(organization)s
        AND v.enrollment_id = chain.enrollment_id AND v.effective_on <= %(on)s
    )) OVER (PARTITION BY chain.root_id) AS is_last
  FROM chain
  JOIN followed ON followed.enrollment_id = chain.enrollment_id
), last_placed AS MATERIALIZED (
  SELECT placed.*, (
    SELECT c.track_id FROM cohorts_trackchoice c
    JOIN curriculum_track t ON t.organization_id = %(organization)s AND t.id = c.track_id
    JOIN curriculum_level l ON l.organization_id = %(organization)s AND l.id = t.level_id
    WHERE c.organization_id = %(organization)s AND c.enrollment_id = placed.enrollment_id AND c.effective_on <= %(on)s
      AND l.version_id = placed.version_id
    ORDER BY c.effective_on DESC, c.recorded_at DESC, c.id DESC LIMIT 1
  ) AS track_id
  FROM placed WHERE placed.is_last
), path AS MATERIALIZED (
  SELECT DISTINCT version_id, first_level, last_level, track_id FROM last_placed
), asked_on_path AS MATERIALIZED (
  SELECT path.*, p.id AS project_id
  FROM path
  JOIN curriculum_level l ON l.organization_id = %(organization)s AND l.version_id = path.version_id
    AND l.number BETWEEN path.first_level AND path.last_level
  JOIN curriculum_project p ON p.organization_id = %(organization)s AND p.level_id = l.id
    AND (p.kind IN ('module_capstone', 'final_capstone') OR p.track_id = path.track_id)
  UNION ALL (
    SELECT DISTINCT ON (path.version_id, path.first_level, path.last_level) path.*, l.id
    FROM path
    JOIN curriculum_level l ON l.organization_id = %(organization)s AND l.version_id = path.version_id
      AND l.number BETWEEN path.first_level AND path.last_level
    JOIN curriculum_track t ON t.organization_id = %(organization)s AND t.level_id = l.id
    WHERE path.track_id IS NULL
    ORDER BY path.version_id, path.first_level, path.last_level, l.number DESC
  )
), required AS (
  SELECT last_placed.root_id, asked_on_path.project_id
  FROM last_placed
  JOIN asked_on_path ON asked_on_path.version_id = last_placed.version_id
    AND asked_on_path.first_level = last_placed.first_level AND asked_on_path.last_level = last_placed.last_level
    AND asked_on_path.track_id IS NOT DISTINCT FROM last_placed.track_id
)
"""

# One row per entry that has any project on record, or any capstone to make. A project is accepted when its latest
# progress event says so; without such an event, when a review passed it.
#
# Who went over to another version has facts about the projects of both: what was carried counts from the day of the
# move on. A reviewed project that became another one is one with it (`is_whole`); one that was split or merged stays by
# itself, and has passed when all that it counts for have. All is brought together by grouping, as in the roster.
PROJECTS = """
, reported AS (
  SELECT DISTINCT ON (placed.root_id, v.project_id) placed.root_id, v.project_id,
    v.kind IN ('completed', 'credited') AS accepted,
    bool_or(v.move_id IS NULL) OVER (PARTITION BY placed.root_id, v.project_id) AS is_own
  FROM placed
  JOIN cohorts_progressevent v ON v.organization_id = %(organization)s AND v.enrollment_id = placed.enrollment_id
  LEFT JOIN cohorts_versionmove m ON m.organization_id = %(organization)s AND m.id = v.move_id
  WHERE v.project_id IS NOT NULL AND v.effective_on <= %(on)s AND (v.move_id IS NULL OR m.effective_on <= %(on)s)
  ORDER BY placed.root_id, v.project_id, v.effective_on DESC, v.recorded_at DESC, v.id DESC
), verdict AS (
  SELECT placed.root_id, s.id AS submission_id, coalesce((
      SELECT a.project_id FROM assessments_carriedattempt a
      JOIN cohorts_versionmove m ON m.organization_id = %(organization)s AND m.id = a.move_id
      JOIN cohorts_enrollmentmove g ON g.organization_id = %(organization)s AND g.move_id = a.move_id
        AND g.enrollment_id = s.enrollment_id
      WHERE a.organization_id = %(organization)s AND a.submission_id = s.id AND a.is_whole AND m.effective_on <= %(on)s
      ORDER BY g.sequence DESC LIMIT 1
    ), s.project_id) AS project_id, s.project_id AS made_at, s.attempt, r.verdict = 'pass' AS passed, r.submitted_at,
    placed.time_zone
  FROM placed
  JOIN assessments_submission s ON s.organization_id = %(organization)s AND s.enrollment_id = placed.enrollment_id
  JOIN assessments_review r ON r.organization_id = %(organization)s AND r.submission_id = s.id AND r.is_final
  WHERE (r.submitted_at AT TIME ZONE placed.time_zone)::date <= %(on)s
    AND (s.withdrawn_at IS NULL OR (s.withdrawn_at AT TIME ZONE placed.time_zone)::date > %(on)s)
), reviewed AS (
  SELECT root_id, project_id, bool_or(passed) AS passed,
    (array_agg(passed ORDER BY submitted_at, attempt))[1] AS passed_first
  FROM verdict GROUP BY root_id, project_id
), recorded AS (
  SELECT root_id, count(*) AS projects FROM (
    SELECT root_id, project_id FROM reported WHERE is_own UNION SELECT root_id, made_at FROM verdict
  ) AS each GROUP BY root_id
), heir AS (
  SELECT verdict.root_id, verdict.project_id, bool_and(coalesce(reviewed.passed, false)) AS passed
  FROM verdict
  JOIN assessments_carriedattempt a ON a.organization_id = %(organization)s AND a.submission_id = verdict.submission_id
    AND NOT a.is_whole
  JOIN cohorts_versionmove m ON m.organization_id = %(organization)s AND m.id = a.move_id
    AND m.effective_on <= %(on)s
  LEFT JOIN reviewed ON reviewed.root_id = verdict.root_id AND reviewed.project_id = a.project_id
  WHERE a.project_id <> verdict.project_id
  GROUP BY verdict.root_id, verdict.project_id
), looked_at AS (
  SELECT verdict.root_id, verdict.submission_id, k.kind, coalesce((
    SELECT CASE o.outcome WHEN 'found' THEN 'reachable' ELSE 'unreachable' END FROM assessments_repositorylook o
    WHERE o.organization_id = %(organization)s AND o.link_id = k.id AND o.outcome <> 'unknown'
      AND (o.looked_at AT TIME ZONE verdict.time_zone)::date <= %(on)s
    ORDER BY o.looked_at DESC, o.id DESC LIMIT 1
  ), (
    SELECT h.outcome FROM assessments_linkcheck h
    WHERE h.organization_id = %(organization)s AND h.link_id = k.id AND h.outcome <> 'unknown'
      AND (h.checked_at AT TIME ZONE verdict.time_zone)::date <= %(on)s
    ORDER BY h.checked_at DESC, h.id DESC LIMIT 1
  )) AS outcome
  FROM verdict
  JOIN assessments_submissionlink k
    ON k.organization_id = %(organization)s AND k.submission_id = verdict.submission_id
  WHERE verdict.passed AND (k.kind = 'deployment'
    OR k.kind = 'repository' AND k.normalized_url ~* '^https?://(www\\.)?github\\.com/[^/]+/[^/]+')
), answering AS (
  SELECT root_id, submission_id, kind, CASE
    WHEN outcome IS NULL THEN 1 WHEN outcome = 'reachable' THEN 2 ELSE 0 END AS found
  FROM looked_at
), production AS (
  SELECT root_id, max(standing) AS standing FROM (
    SELECT root_id, submission_id, least(
      max(CASE WHEN kind = 'repository' THEN found END), max(CASE WHEN kind = 'deployment' THEN found END)
    ) AS standing
    FROM answering GROUP BY root_id, submission_id
    HAVING count(DISTINCT kind) = 2
  ) AS each GROUP BY root_id
), each_project AS (
  SELECT root_id, project_id, bool_or(is_required) AS is_required, bool_or(accepted) AS accepted,
    bool_or(passed) AS passed, bool_or(passed_first) AS passed_first, bool_or(heir_passed) AS heir_passed
  FROM (
    SELECT root_id, project_id, true AS is_required, NULL::boolean AS accepted, NULL::boolean AS passed,
      NULL::boolean AS passed_first, NULL::boolean AS heir_passed FROM required
    UNION ALL SELECT root_id, project_id, NULL, accepted, NULL, NULL, NULL FROM reported
    UNION ALL SELECT root_id, project_id, NULL, NULL, passed, passed_first, NULL FROM reviewed
    UNION ALL SELECT root_id, project_id, NULL, NULL, NULL, NULL, passed FROM heir
  ) AS part
  GROUP BY root_id, project_id
), counted AS (
  SELECT root_id, sum(required) AS required, sum(accepted) AS accepted, sum(recorded) AS recorded,
    sum(reviewed) AS reviewed, sum(passed) AS passed, sum(passed_first) AS passed_first, sum(production) AS production,
    sum(benchmarks) AS benchmarks, sum(judged) AS judged, sum(reached) AS reached
  FROM (
    SELECT root_id, count(*) FILTER (WHERE is_required) AS required,
      count(*) FILTER (WHERE is_required AND coalesce(accepted, passed, false)) AS accepted, 0 AS recorded,
      count(passed) AS reviewed, count(passed) FILTER (WHERE passed OR heir_passed) AS passed,
      count(passed) FILTER (WHERE passed_first) AS passed_first, 0 AS production, 0 AS benchmarks, 0 AS judged,
      0 AS reached
    FROM each_project GROUP BY root_id
    UNION ALL SELECT root_id, 0, 0, projects, 0, 0, 0, 0, 0, 0, 0 FROM recorded
    UNION ALL SELECT root_id, 0, 0, 0, 0, 0, 0, standing, 0, 0, 0 FROM production
    UNION ALL SELECT root_id, 0, 0, 0, 0, 0, 0, 0, asked, judged, reached FROM measured
  ) AS part
  GROUP BY root_id
)
"""

FOUND, UNCHECKED = 2, 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Projects:
    """Counts of the projects of each entry of a roster, in its order.

    Those asked for and accepted, those with any record, reviewed, passed in the end and at the first verdict.
    `production` is how far an accepted project's GitHub repository and deployment were verified. The last three are of
    benchmarks: those set for their projects, those with a verdict on a result, those reached.
    """

    required: Numbers
    accepted: Numbers
    recorded: Numbers
    reviewed: Numbers
    passed: Numbers
    passed_first: Numbers
    production: Numbers
    benchmarks: Numbers
    judged: Numbers
    reached: Numbers

    def part(self, rows: Numbers) -> "Projects":
        return Projects(**{name: getattr(self, name)[rows] for name in _COUNTS})


_COUNTS = tuple(field.name for field in fields(Projects))
SELECTED: Mapping[str, tuple[Field, str]] = {
    "root_id": (Field.ID, "root_id"),
    **{name: (Field.NUMBER, name) for name in _COUNTS},
}


def projects_as_of(roster: Roster, on: date, cohorts: Collection[UUID] | None = None) -> Projects:
    """What each entry of the roster, which is of those cohorts or of all, has on record. One query."""
    found = columns(
        SELECTED, "".join((CHAIN, FOLLOWED, REQUIRED, BENCHMARKS, PROJECTS)), "FROM counted", on=on, cohorts=cohorts
    )  # fmt: skip
    whose = np.array([roster.row_of.get(pk, len(roster)) for pk in found["root_id"].tolist()], dtype=np.int64)
    counts = {}
    for name in _COUNTS:
        column = np.zeros(len(roster) + 1, dtype=np.int64)
        column[whose] = found[name]
        counts[name] = column[:-1]
    return Projects(**counts)


def capstones(key: str, graduates: Standings, projects: Projects) -> Measure:
    """Graduates whose required capstones were all accepted, of all graduates."""
    missing = projects.required - projects.accepted
    standings = graduates.then(
        Rule(projects.required == 0, Standing.EXCLUDED, Reason.NO_CAPSTONES_ASKED),
        Rule(missing == 0, Standing.MET, Reason.ALL_CAPSTONES, number=projects.required),
        Rule(projects.recorded == 0, Standing.UNKNOWN, Reason.NO_PROJECT_RECORD),
        Rule(True, Standing.MISSED, Reason.MISSING_CAPSTONES, number=missing),
    )
    return share(key, standings)


def code_review(key: str, graduates: Standings, projects: Projects) -> Measure:
    """Graduates whose reviewed projects all reached a passing verdict, of all graduates.

    Beside it, of all projects of the roster that were reviewed, those that passed at the first verdict.
    """
    failed = projects.reviewed - projects.passed
    standings = graduates.then(
        Rule(projects.reviewed == 0, Standing.UNKNOWN, Reason.NO_REVIEW),
        Rule(failed == 0, Standing.MET, Reason.REVIEWS_PASSED, number=projects.reviewed),
        Rule(True, Standing.MISSED, Reason.REVIEWS_NOT_PASSED, number=failed),
    )
    first, reviewed = (
        int(counts[graduates.roster.is_counted].sum()) for counts in (projects.passed_first, projects.reviewed)
    )
    return share(key, standings, detail={"first_attempt": [first, reviewed, *limits(wilson(first, reviewed))]})


def production_project(key: str, graduates: Standings, projects: Projects) -> Measure:
    """Graduates with an accepted project whose GitHub repository and deployment answered when last looked at."""
    standings = graduates.then(
        Rule(projects.recorded == 0, Standing.UNKNOWN, Reason.NO_PROJECT_RECORD),
        Rule(projects.production == FOUND, Standing.MET, Reason.PRODUCTION_FOUND),
        Rule(projects.production == UNCHECKED, Standing.UNKNOWN, Reason.PRODUCTION_UNCHECKED),
        Rule(True, Standing.MISSED, Reason.PRODUCTION_MISSING),
    )
    return share(key, standings)


def benchmark(key: str, graduates: Standings, projects: Projects) -> Measure:
    """Graduates who reached every benchmark set for their projects, of the graduates with any."""
    missing = projects.benchmarks - projects.reached
    standings = graduates.then(
        Rule(projects.benchmarks == 0, Standing.EXCLUDED, Reason.NO_BENCHMARKS_ASKED),
        Rule(missing == 0, Standing.MET, Reason.ALL_BENCHMARKS, number=projects.benchmarks),
        Rule(projects.judged == 0, Standing.UNKNOWN, Reason.NO_BENCHMARK_RECORD),
        Rule(True, Standing.MISSED, Reason.MISSING_BENCHMARKS, number=missing),
    )
    return share(key, standings)
