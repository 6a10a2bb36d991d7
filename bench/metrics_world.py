"""What the metrics are measured on: 200 organizations of 20 cohorts of 100 learners each, with their histories.

Written by set-based SQL as the owner, ten organizations at a time, each batch whole or not at all: a run that was
stopped goes on where it was. Numbers stand in the keys, so that rows can be made without looking others up.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from organizations.models import Organization

ORGANIZATIONS, COHORTS, LEARNERS = 200, 20, 100
BATCH = 10
#: The last day of the story, as of which everything is measured.
LAST_DAY = date(2026, 6, 30)
SLUG = "bench-metrics-"

# A key made of a kind and a number.
KEY = """
CREATE FUNCTION pg_temp.key(kind text, number bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
$$ SELECT (rpad(kind, 8, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid $$
"""

# A life for each learner: how many days a level takes them, the day they leave if they do, and how.
LIVES = """
SELECT setseed(%(first)s / 1000.0);
CREATE TEMPORARY TABLE life ON COMMIT DROP AS
SELECT o, o * 100 + c AS cohort, (o * 100 + c) * 1000 + n AS learner, n, starts_on, speed, kind, dice,
  starts_on + leaves_after AS left_on, starts_on + 5 * speed AS done_on
FROM (
  SELECT o, c, n, date '2018-09-03' + c * 133 AS starts_on, 110 + (random() * 110)::int AS speed, random() AS dice,
    CASE WHEN kind < 0.05 THEN 'early' WHEN kind < 0.30 THEN 'withdrawn' WHEN kind < 0.34 THEN 'dismissed'
         WHEN kind < 0.35 THEN 'excused' WHEN kind < 0.38 THEN 'on_leave' ELSE 'stays' END AS kind,
    CASE WHEN kind < 0.05 THEN 3 + (random() * 8)::int ELSE 20 + (random() * 500)::int END AS leaves_after
  FROM generate_series(%(first)s, %(last)s) AS o, generate_series(1, %(cohorts)s) AS c,
    generate_series(1, %(learners)s) AS n, LATERAL (SELECT random() + 0 * n AS kind) AS fate
) AS drawn;
ALTER TABLE life ADD COLUMN leaves boolean;
UPDATE life SET leaves = kind <> 'stays' AND left_on < least(done_on, %(last_day)s);
CREATE TEMPORARY TABLE step ON COMMIT DROP AS
SELECT life.o, life.cohort, life.learner, life.dice, level, starts_on + level * speed AS passed_on
FROM life, generate_series(1, 5) AS level
WHERE starts_on + level * speed <= %(last_day)s AND (NOT leaves OR starts_on + level * speed < left_on);
ANALYZE life; ANALYZE step;
"""

# (what, into which table, how) in the order of the foreign keys.
ROWS: tuple[tuple[str, str, str], ...] = (
    ("users", "accounts_user", """
INSERT INTO accounts_user (id, password, is_superuser, email, name, language, time_zone, wished_organization, is_active)
SELECT pg_temp.key('aa', c * 1000 + n), '!', false, 'metrics' || c * 1000 + n || '@lantaarn.example', 'Learner', 'en',
  'UTC', '', true
FROM generate_series(1, %(cohorts)s) AS c, generate_series(1, %(learners)s) AS n ON CONFLICT DO NOTHING"""),
    ("organizations", "organizations_organization", """
INSERT INTO organizations_organization (id, slug, name, brand_hue, language, time_zone)
SELECT pg_temp.key('00', o), %(slug)s || lpad(o::text, 3, '0'), 'Bench ' || o, 218, 'en', 'Europe/Amsterdam'
FROM generate_series(%(first)s, %(last)s) AS o"""),
    ("members", "accounts_membership", """
INSERT INTO accounts_membership (id, organization_id, user_id, name, roles, joined_at)
SELECT pg_temp.key('ab', learner), pg_temp.key('00', o), pg_temp.key('aa', learner %% 100000), 'Learner ' || learner,
  '{learner}', starts_on FROM life"""),
    ("curricula", "curriculum_curriculum", """
INSERT INTO curriculum_curriculum (id, organization_id, slug, title)
SELECT pg_temp.key('c0', o), pg_temp.key('00', o), 'engineer', 'AI engineer'
FROM generate_series(%(first)s, %(last)s) AS o"""),
    ("versions", "curriculum_curriculumversion", """
INSERT INTO curriculum_curriculumversion (id, organization_id, curriculum_id, number, status, title, summary, source,
  claims, published_at, publish_reason)
SELECT pg_temp.key('c1', o), pg_temp.key('00', o), pg_temp.key('c0', o), 1, 'published', 'AI engineer', '', '', '{}',
  '2018-01-01', '' FROM generate_series(%(first)s, %(last)s) AS o"""),
    ("levels", "curriculum_level", """
INSERT INTO curriculum_level (id, organization_id, version_id, number, title, hours, description, focus, technologies,
  goal, milestone, key_assessment, graduation_criteria, stated_breakdown)
SELECT pg_temp.key('c2', o * 10 + l), pg_temp.key('00', o), pg_temp.key('c1', o), l, 'Level ' || l, 400, '', '', '', '',
  '', '', '', '{}' FROM generate_series(%(first)s, %(last)s) AS o, generate_series(1, 5) AS l"""),
    ("projects", "curriculum_project", """
INSERT INTO curriculum_project (id, organization_id, version_id, level_id, position, kind, code, title, description,
  checklist)
SELECT pg_temp.key('c3', o * 10 + l), pg_temp.key('00', o), pg_temp.key('c1', o), pg_temp.key('c2', o * 10 + l), l,
  'module_capstone', '', 'Capstone ' || l, '', '[]'
FROM generate_series(%(first)s, %(last)s) AS o, generate_series(1, 5) AS l"""),
    ("rubrics", "assessments_rubric", """
INSERT INTO assessments_rubric (id, organization_id, title, version, standard, family)
SELECT pg_temp.key('c4', o), pg_temp.key('00', o), 'Default', 1, 1, pg_temp.key('c5', o)
FROM generate_series(%(first)s, %(last)s) AS o"""),
    ("cohorts", "cohorts_cohort", """
INSERT INTO cohorts_cohort (id, organization_id, version_id, slug, name, format, status, hours_per_week, hours_share,
  first_level, last_level, starts_on, census_on, offer_days, offers_itself, time_zone)
SELECT DISTINCT pg_temp.key('d0', cohort), pg_temp.key('00', o), pg_temp.key('c1', o), 'cohort-' || cohort,
  'Cohort ' || cohort, 'blended', 'running', 20, 1, 1, 5, starts_on, starts_on + 14, 7, false, 'Europe/Amsterdam'
FROM life"""),
    ("enrollments", "cohorts_enrollment", """
INSERT INTO cohorts_enrollment (id, organization_id, cohort_id, learner_id, version_id, external_id, status,
  status_since, seeks_job, seeks_job_declared_at)
SELECT pg_temp.key('e0', learner), pg_temp.key('00', o), pg_temp.key('d0', cohort), pg_temp.key('ab', learner),
  pg_temp.key('c1', o), '', CASE WHEN NOT leaves THEN CASE WHEN done_on <= %(last_day)s THEN 'graduated' ELSE 'active'
  END WHEN kind IN ('early', 'excused') THEN 'withdrawn' ELSE kind END, starts_on, dice > 0.03, starts_on FROM life"""),
    ("status events", "cohorts_enrollmentevent", """
INSERT INTO cohorts_enrollmentevent (id, organization_id, enrollment_id, sequence, from_status, to_status, effective_on,
  returns_on, reason, decision, note, recorded_at)
SELECT pg_temp.key('e1', learner * 4 + sequence), pg_temp.key('00', o), pg_temp.key('e0', learner), sequence, from_,
  to_, on_, CASE to_ WHEN 'on_leave' THEN on_ + 60 END, reason,
  CASE to_ WHEN 'graduated' THEN pg_temp.key('e9', learner) END, '', on_ + time '17:00'
FROM (
  SELECT o, learner, 1 AS sequence, '' AS from_, 'active' AS to_, starts_on AS on_, '' AS reason FROM life
  UNION ALL
  SELECT o, learner, 2, 'active', CASE WHEN kind IN ('early', 'excused') THEN 'withdrawn' ELSE kind END, left_on,
    CASE kind WHEN 'excused' THEN 'military' WHEN 'on_leave' THEN '' ELSE 'work' END FROM life WHERE leaves
  UNION ALL
  SELECT o, learner, 2, 'active', 'graduated', done_on, '' FROM life WHERE NOT leaves AND done_on <= %(last_day)s
) AS each"""),
    ("level decisions", "assessments_leveldecision", """
INSERT INTO assessments_leveldecision (id, organization_id, enrollment_id, level_id, outcome, evidence, override_reason,
  effective_on, recorded_at)
SELECT pg_temp.key('e2', learner * 10 + level), pg_temp.key('00', o), pg_temp.key('e0', learner),
  pg_temp.key('c2', o * 10 + level), 'passed', '{}', '', passed_on, passed_on + time '17:00' FROM step"""),
    ("progress events", "cohorts_progressevent", """
INSERT INTO cohorts_progressevent (id, organization_id, enrollment_id, project_id, kind, hours, effective_on, evidence,
  recorded_at)
SELECT pg_temp.key('e3', learner * 10 + level), pg_temp.key('00', o), pg_temp.key('e0', learner),
  pg_temp.key('c3', o * 10 + level), 'completed', 40, passed_on, '', passed_on + time '17:00'
FROM step WHERE dice < 0.97 OR level <> 4"""),
    ("attempts", "assessments_submission", """
INSERT INTO assessments_submission (id, organization_id, enrollment_id, project_id, attempt, commit, note, checklist,
  submitted_at, readings, decided_at)
SELECT pg_temp.key('e4', learner), pg_temp.key('00', o), pg_temp.key('e0', learner), pg_temp.key('c3', o * 10 + 5), 1,
  '', '', '[]', passed_on + time '12:00', 1, passed_on + time '13:00' FROM step WHERE level = 5"""),
    ("reviews", "assessments_review", """
INSERT INTO assessments_review (id, organization_id, submission_id, reviewer_id, rubric_id, verdict, summary,
  claimed_at, claim_expires_at, submitted_at, is_final)
SELECT pg_temp.key('e5', learner), pg_temp.key('00', o), pg_temp.key('e4', learner),
  pg_temp.key('ab', (o * 100 + 1) * 1000 + 1), pg_temp.key('c4', o),
  CASE WHEN dice < 0.9 THEN 'pass' ELSE 'changes_requested' END, '', passed_on + time '12:30',
  passed_on + time '18:00', passed_on + time '13:00', true FROM step WHERE level = 5"""),
    ("links", "assessments_submissionlink", """
INSERT INTO assessments_submissionlink (id, organization_id, submission_id, position, kind, url, normalized_url)
SELECT pg_temp.key('e6', learner * 2 + k), pg_temp.key('00', o), pg_temp.key('e4', learner), k + 1, kind, url, url
FROM step, (VALUES (0, 'repository', 'https://github.com/bench/'), (1, 'deployment', 'https://bench.example/'))
  AS each (k, kind, address), LATERAL (SELECT address || learner AS url) AS made WHERE level = 5"""),
    ("looks at links", "assessments_linkcheck", """
INSERT INTO assessments_linkcheck (id, organization_id, link_id, outcome, detail, final_url, checked_at)
SELECT pg_temp.key('e7', learner * 2 + k), pg_temp.key('00', o), pg_temp.key('e6', learner * 2 + k),
  CASE WHEN dice < 0.8 THEN 'reachable' ELSE 'unreachable' END, '', '', passed_on + time '14:00'
FROM step, generate_series(0, 1) AS k WHERE level = 5"""),
    ("placements", "outcomes_placement", """
INSERT INTO outcomes_placement (id, organization_id, enrollment_id, status, effective_on, employer, job_title,
  is_relevant, evidence, evidence_on, note, needs_second, recorded_at)
SELECT pg_temp.key('e8', learner), pg_temp.key('00', o), pg_temp.key('e0', learner),
  (array['1A', '1A', '1A', '1B', '1C', '1D', '1E', '2B'])[1 + learner %% 8], on_, 'Bol', 'Engineer',
  learner %% 8 < 7, 'contract', on_, '', false, on_ + time '17:00'
FROM step, LATERAL (SELECT passed_on + (dice * 240)::int AS on_) AS placed
WHERE level = 5 AND dice < 0.85 AND on_ <= %(last_day)s"""),
)  # fmt: skip


def make_world(organizations: int = ORGANIZATIONS) -> None:
    """Make the organizations that are missing, and say how far it is."""
    have = Organization.objects.filter(slug__startswith=SLUG).count()
    for first in range(have + 1, organizations + 1, BATCH):
        last, began = min(first + BATCH - 1, organizations), time.monotonic()
        with as_owner() as owner, _without_triggers(owner):
            values = {
                "first": first, "last": last, "cohorts": COHORTS, "learners": LEARNERS, "slug": SLUG,
                "last_day": LAST_DAY,
            }  # fmt: skip
            owner.execute(KEY)
            owner.execute(LIVES, values)
            made = sum(owner.execute(sql, values).rowcount for _what, _table, sql in ROWS)
        print(f"organizations {first}–{last} of {organizations}: {made} rows in {time.monotonic() - began:.1f} s")


@contextmanager
def as_owner() -> Iterator[psycopg.Connection[Any]]:
    """The application's own role may neither write for many organizations at once nor leave triggers out."""
    login = {key: settings.OWNER_DATABASE[key.upper()] for key in ("user", "password")}
    with psycopg.connect(
        **{**connection.get_connection_params(), **login, "cursor_factory": psycopg.ClientCursor}
    ) as owner:
        yield owner


@contextmanager
def _without_triggers(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """What notes old roster rows and freezes curricula has nothing to do here; foreign keys are checked."""
    tables = [table for _what, table, _sql in ROWS]
    for table in tables:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
