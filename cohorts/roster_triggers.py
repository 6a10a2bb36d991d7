"""What `migrate` does after isolating the tables: let the database note which rows of the roster are out of date.

Every tenant table that refers to an enrollment, a cohort or a submission is found in the catalog, in whichever app it
stands; a new one cannot be forgotten. The note is written in the transaction of the fact and costs one small insert
for each statement. Nothing that a rule of `cohorts.risk` or a source of `cohorts.standing` reads escapes it.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction

from organizations.isolation import COLUMNS, Columns

#: What the notes lead to, the notes themselves, and what follows from what other tables say.
OWN = frozenset({
    "cohorts_rosterrow", "cohorts_rosterchange", "cohorts_bulkitem", "cohorts_flag", "cohorts_flagevent",
    "outcomes_snapshot", "outcomes_keptfacts", "outcomes_factchange",
})  # fmt: skip
#: Tables whose own id is what others refer to, and those that are about everyone.
WHO = {
    "cohorts_enrollment": ("id", "NULL"),
    "cohorts_cohort": ("NULL", "id"),
    "cohorts_threshold": ("NULL", "NULL"),
}
#: Who was transferred goes on with the history of the enrollment before.
MORE = {
    "cohorts_enrollmentevent": "UNION SELECT n.organization_id, n.id, NULL::uuid FROM cohorts_enrollment n "
    "JOIN changed c ON n.organization_id = c.organization_id AND n.continues_id = c.enrollment_id"
}
EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
#: A function for each table, so that PostgreSQL plans its statement once for each connection.
NOTE = """
CREATE OR REPLACE FUNCTION "{table}_note_roster"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cohorts_rosterchange (id, organization_id, enrollment_id, cohort_id)
  SELECT gen_random_uuid(), found.organization_id, found.enrollment, found.cohort FROM (
    SELECT DISTINCT changed.organization_id, ({enrollment})::uuid AS enrollment, ({cohort})::uuid AS cohort FROM changed
    {more}
  ) found;
  RETURN NULL;
END $$
"""


def note_changes_after_migrate(using: str, **kwargs: Any) -> None:
    """Give every table its triggers; safe to repeat, and nothing for a role that does not own the tables."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = 'cohorts_rosterchange'"
        )
        if cursor.fetchone() != (True,):  # not so while migrating backwards, either
            return
        cursor.execute(COLUMNS)
        for table, enrollment, cohort in watched(set(cursor.fetchall())):
            cursor.execute(NOTE.format(table=table, enrollment=enrollment, cohort=cohort, more=MORE.get(table, "")))
            for event, rows in EVENTS.items():
                cursor.execute(
                    f'CREATE OR REPLACE TRIGGER "{table}_roster_{event.lower()}" AFTER {event} ON "{table}" '
                    f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
                    f'EXECUTE FUNCTION "{table}_note_roster"()'
                )


def watched(columns: Columns) -> Iterator[tuple[str, str, str]]:
    """Table by table: which enrollment a row of it is about, and of which cohort it is about everyone, as SQL."""
    for table in sorted({table for table, _column in columns} - OWN):
        if (table, "organization_id") not in columns:
            continue
        if table in WHO:
            yield table, *WHO[table]
        elif (table, "enrollment_id") in columns:
            has_cohort = (table, "cohort_id") in columns
            yield table, "enrollment_id", "CASE WHEN enrollment_id IS NULL THEN cohort_id END" if has_cohort else "NULL"
        elif (table, "cohort_id") in columns:
            yield table, "NULL", "cohort_id"
        elif (table, "submission_id") in columns:
            yield (
                table,
                "SELECT s.enrollment_id FROM assessments_submission s "
                "WHERE s.organization_id = changed.organization_id AND s.id = changed.submission_id",
                "NULL",
            )
