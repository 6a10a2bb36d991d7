"""What `migrate` does after isolating the tables: let the database note which rows of the roster are out of date.

Every tenant table that refers to an enrollment, a cohort or a submission is found in the catalog, in whichever app it
stands; a new one cannot be forgotten. Nothing that a rule of `cohorts.risk` or a source of `cohorts.standing` reads
escapes it.
"""

from collections.abc import Iterator
from typing import Any

from cohorts.change_notes import Noted, note_changes
from organizations.isolation import Columns

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


def note_changes_after_migrate(using: str, **kwargs: Any) -> None:
    """Give every table its triggers; safe to repeat."""
    note_changes(using, notes="cohorts_rosterchange", name="roster", tables=watched)


def watched(columns: Columns) -> Iterator[Noted]:
    """Table by table: which enrollment a row of it is about, and of which cohort it is about everyone, as SQL."""
    for table in sorted({table for table, _column in columns} - OWN):
        if (table, "organization_id") not in columns:
            continue
        if table in WHO:
            yield Noted(table, *WHO[table])
        elif (table, "enrollment_id") in columns:
            has_cohort = (table, "cohort_id") in columns
            everyone = "CASE WHEN enrollment_id IS NULL THEN cohort_id END" if has_cohort else "NULL"
            yield Noted(table, "enrollment_id", everyone, MORE.get(table, ""))
        elif (table, "cohort_id") in columns:
            yield Noted(table, "NULL", "cohort_id")
        elif (table, "submission_id") in columns:
            yield Noted(
                table,
                "SELECT s.enrollment_id FROM assessments_submission s "
                "WHERE s.organization_id = changed.organization_id AND s.id = changed.submission_id",
                "NULL",
            )
