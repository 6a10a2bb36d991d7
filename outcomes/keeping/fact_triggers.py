"""What `migrate` does after isolating the tables: let the database note the cohorts whose numbers are out of date.

The note is written in the transaction of the change and costs one small insert for each statement. `READ` names every
table that the queries of `roster`, `projects`, `placement` and `portfolio` in `outcomes.measuring` read and that can
change; a test compares it with them. A published curriculum cannot.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction

from cohorts.roster_triggers import EVENTS, watched
from organizations.isolation import COLUMNS, Columns

READ = frozenset({
    "assessments_benchmarkreport", "assessments_benchmarkverdict", "assessments_carriedattempt",
    "assessments_leveldecision", "assessments_linkcheck", "assessments_portfolioreview", "assessments_repositorylook",
    "assessments_review", "assessments_submission", "assessments_submissionlink", "cohorts_cohort",
    "cohorts_enrollment", "cohorts_enrollmentevent", "cohorts_enrollmentmove", "cohorts_progressevent",
    "cohorts_trackchoice", "cohorts_versionmove", "outcomes_placement", "outcomes_placementverdict",
})  # fmt: skip
OF_LINK = (
    "SELECT s.enrollment_id FROM assessments_submissionlink k "
    "JOIN assessments_submission s ON s.organization_id = k.organization_id AND s.id = k.submission_id "
    "WHERE k.organization_id = changed.organization_id AND k.id = changed.link_id"
)
#: Whose a row is where it does not say so itself, as SQL: the enrollment, and the cohort.
WHOSE = {
    "assessments_benchmarkverdict": (
        "SELECT s.enrollment_id FROM assessments_benchmarkreport r "
        "JOIN assessments_submission s ON s.organization_id = r.organization_id AND s.id = r.submission_id "
        "WHERE r.organization_id = changed.organization_id AND r.id = changed.report_id",
        "NULL",
    ),
    "assessments_linkcheck": (OF_LINK, "NULL"),
    "assessments_repositorylook": (OF_LINK, "NULL"),
    # One that is removed is found by its cohort alone.
    "cohorts_enrollment": ("id", "cohort_id"),
    "outcomes_placementverdict": (
        "SELECT p.enrollment_id FROM outcomes_placement p "
        "WHERE p.organization_id = changed.organization_id AND p.id = changed.placement_id",
        "NULL",
    ),
}
NOTE = """
CREATE OR REPLACE FUNCTION "{table}_note_facts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outcomes_factchange (id, organization_id, enrollment_id, cohort_id)
  SELECT gen_random_uuid(), found.organization_id, found.enrollment, found.cohort FROM (
    SELECT DISTINCT changed.organization_id, ({enrollment})::uuid AS enrollment, ({cohort})::uuid AS cohort FROM changed
  ) found;
  RETURN NULL;
END $$
"""


def note_changes_after_migrate(using: str, **kwargs: Any) -> None:
    """Give every table its triggers; safe to repeat, and nothing for a role that does not own the tables."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = 'outcomes_factchange'"
        )
        if cursor.fetchone() != (True,):  # not so while migrating backwards, either
            return
        cursor.execute(COLUMNS)
        for table, enrollment, cohort in noted(set(cursor.fetchall())):
            cursor.execute(NOTE.format(table=table, enrollment=enrollment, cohort=cohort))
            for event, rows in EVENTS.items():
                cursor.execute(
                    f'CREATE OR REPLACE TRIGGER "{table}_facts_{event.lower()}" AFTER {event} ON "{table}" '
                    f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
                    f'EXECUTE FUNCTION "{table}_note_facts"()'
                )


def noted(columns: Columns) -> Iterator[tuple[str, str, str]]:
    """Table by table: which enrollment a row of it is about, and which cohort, as SQL."""
    known = {table: (enrollment, cohort) for table, enrollment, cohort in watched(columns)} | WHOSE
    for table in sorted(READ):
        yield table, *known[table]
