"""What `migrate` does after isolating the tables: let the database note the cohorts whose numbers are out of date.

`READ` names every table that the queries of `roster`, `projects`, `placement` and `portfolio` in `outcomes.measuring`
read and that can change; a test compares it with them. A published curriculum cannot.
"""

from collections.abc import Iterator
from typing import Any

from cohorts.change_notes import Noted, note_changes
from cohorts.roster_triggers import watched
from organizations.isolation import Columns

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


def note_changes_after_migrate(using: str, **kwargs: Any) -> None:
    """Give every table its triggers; safe to repeat."""
    note_changes(using, notes="outcomes_factchange", name="facts", tables=noted)


def noted(columns: Columns) -> Iterator[Noted]:
    """Of the tables that are read: which enrollment a row is about, and which cohort."""
    known = {each.table: each for each in watched(columns)}
    for table in sorted(READ):
        yield Noted(table, *WHOSE[table]) if table in WHOSE else known[table]._replace(more="")
