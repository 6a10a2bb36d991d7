"""What graduates reached on the benchmarks that the curriculum sets for their projects; read along with those."""

# `measured` has one row per entry that any benchmark was set for: by a project that is required and was not credited. A
# benchmark is reached when one report reached it whose last verdict up to the day, on the cohort's clock, verified it.
# A report on a benchmark of another version counts for the one that says the same of a project with which its attempt
# shows since the move, as it was measured: `assessments.benchmark_standing.counts_for`.
BENCHMARKS = """
, credited AS (
  SELECT root_id, project_id FROM (
    SELECT DISTINCT ON (placed.root_id, v.project_id) placed.root_id, v.project_id, v.kind
    FROM placed
    JOIN cohorts_progressevent v ON v.organization_id = %(organization)s AND v.enrollment_id = placed.enrollment_id
    LEFT JOIN cohorts_versionmove m ON m.organization_id = %(organization)s AND m.id = v.move_id
    WHERE v.project_id IS NOT NULL AND v.kind IN ('credited', 'reopened')
      AND v.effective_on <= %(on)s AND (v.move_id IS NULL OR m.effective_on <= %(on)s)
    ORDER BY placed.root_id, v.project_id, v.effective_on DESC, v.recorded_at DESC, v.id DESC
  ) AS latest WHERE kind = 'credited'
), asked AS (
  SELECT required.root_id, b.id AS benchmark_id, b.project_id, lower(b.metric) AS metric, b.comparison, b.unit
  FROM required
  JOIN curriculum_benchmark b ON b.organization_id = %(organization)s AND b.project_id = required.project_id
  LEFT JOIN credited ON credited.root_id = required.root_id AND credited.project_id = required.project_id
  WHERE credited.project_id IS NULL
), judged AS (
  SELECT placed.root_id, r.submission_id, s.project_id AS made_at, b.id AS benchmark_id, b.project_id,
    lower(b.metric) AS metric, b.comparison, b.unit, said.is_verified AND CASE b.comparison
      WHEN '>=' THEN r.value >= b.threshold ELSE r.value <= b.threshold END AS reached
  FROM placed
  JOIN assessments_submission s ON s.organization_id = %(organization)s AND s.enrollment_id = placed.enrollment_id
    AND (s.withdrawn_at IS NULL OR (s.withdrawn_at AT TIME ZONE placed.time_zone)::date > %(on)s)
  JOIN assessments_benchmarkreport r ON r.organization_id = %(organization)s AND r.submission_id = s.id
  JOIN curriculum_benchmark b ON b.organization_id = %(organization)s AND b.id = r.benchmark_id
  JOIN LATERAL (
    SELECT d.is_verified FROM assessments_benchmarkverdict d
    WHERE d.organization_id = %(organization)s AND d.report_id = r.id
      AND (d.decided_at AT TIME ZONE placed.time_zone)::date <= %(on)s
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
  ) AS said ON true
), shown AS (
  SELECT judged.*, judged.made_at AS shown_at FROM judged
  UNION
  SELECT judged.*, a.project_id FROM judged
  JOIN assessments_carriedattempt a ON a.organization_id = %(organization)s AND a.submission_id = judged.submission_id
  JOIN cohorts_versionmove m ON m.organization_id = %(organization)s AND m.id = a.move_id AND m.effective_on <= %(on)s
), compared AS (
  SELECT asked.root_id, asked.benchmark_id, count(shown.benchmark_id) > 0 AS told,
    coalesce(bool_or(shown.reached), false) AS reached
  FROM asked
  LEFT JOIN shown ON shown.root_id = asked.root_id AND shown.shown_at = asked.project_id AND CASE
    WHEN shown.project_id = asked.project_id THEN shown.benchmark_id = asked.benchmark_id
    ELSE (shown.metric, shown.comparison, shown.unit) = (asked.metric, asked.comparison, asked.unit) END
  GROUP BY asked.root_id, asked.benchmark_id
), measured AS (
  SELECT root_id, count(*) AS asked, count(*) FILTER (WHERE told) AS judged, count(*) FILTER (WHERE reached) AS reached
  FROM compared GROUP BY root_id
)
"""
