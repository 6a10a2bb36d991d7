"""What was recorded after the numbers of a day were worked out, although it had taken effect by that day.

Every kind of record that a number is made of is here: the same queries tell whether a snapshot is still true, and which
events made it untrue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.models import LevelDecision, Review
from cohorts.models import Enrollment, ProgressEvent
from mentoring.models import OneOnOne
from organizations.scope import required_organization_id
from outcomes.measuring.roster import CHAIN
from outcomes.models import DEFINITION_VERSION, PlacementStatus
from outcomes.scopes import Scope

#: So many events are listed, the latest first.
LISTED = 50


class Kind(TextChoices):
    STATUS = "status", _("Status")
    TAKEN_BACK = "taken_back", _("Enrollment taken back")
    LEVEL = "level", _("Level decision")
    MOVE = "move", _("Move to another version")
    TRACK = "track", _("Specialization")
    PROJECT = "project", _("Project")
    REVIEW = "review", _("Review")
    PORTFOLIO = "portfolio", _("Portfolio review")
    BENCHMARK = "benchmark", _("Benchmark verdict")
    LINK = "link", _("Look at a link")
    REPOSITORY = "repository", _("Look at a repository")
    INTENT = "intent", _("Job intent")
    PLACEMENT = "placement", _("Placement")
    VERIFICATION = "verification", _("Placement verified")
    MENTORING = "mentoring", _("1-on-1 as mentor")
    EMPLOYER = "employer", _("Listed employer")
    RANK = "rank", _("Local rank")
    SURVEY = "survey", _("Survey")


# A row about an attempt: whose it is, on which clock, and at which project.
OF_ATTEMPT = """
  JOIN assessments_submission s ON s.organization_id = {organization} AND s.id = {submission}
  JOIN cohorts_enrollment e ON e.organization_id = {organization} AND e.id = s.enrollment_id
  JOIN cohorts_cohort c ON c.organization_id = {organization} AND c.id = e.cohort_id
  JOIN curriculum_project p ON p.organization_id = {organization} AND p.id = s.project_id
"""

# Of each kind: whose (an enrollment, or nobody's), the day, the instant, by whom, and what as (code, about).
SOURCES: Mapping[Kind, str] = {
    Kind.STATUS: """SELECT v.enrollment_id, v.effective_on, v.recorded_at, v.recorded_by_id, v.to_status, ''
  FROM cohorts_enrollmentevent v WHERE v.organization_id = {organization} AND v.effective_on <= {on}
    AND v.recorded_at > {at}""",
    Kind.TAKEN_BACK: """SELECT e.id, e.status_since, e.void_since, NULL::uuid, '', ''
  FROM cohorts_enrollment e WHERE e.organization_id = {organization} AND e.void_since > {at} AND EXISTS (
    SELECT FROM cohorts_enrollmentevent v
    WHERE v.organization_id = {organization} AND v.enrollment_id = e.id AND v.effective_on <= {on})""",
    Kind.LEVEL: """SELECT v.enrollment_id, v.effective_on, v.recorded_at, v.recorded_by_id, v.outcome, l.number::text
  FROM assessments_leveldecision v
  JOIN curriculum_level l ON l.organization_id = {organization} AND l.id = v.level_id
  WHERE v.organization_id = {organization} AND v.effective_on <= {on} AND v.recorded_at > {at} AND v.move_id IS NULL""",
    Kind.MOVE: """SELECT g.enrollment_id, v.effective_on, v.recorded_at, v.recorded_by_id, '', ''
  FROM cohorts_versionmove v
  JOIN cohorts_enrollmentmove g ON g.organization_id = {organization} AND g.move_id = v.id
  WHERE v.organization_id = {organization} AND v.effective_on <= {on} AND v.recorded_at > {at}""",
    Kind.TRACK: """SELECT v.enrollment_id, v.effective_on, v.recorded_at, v.recorded_by_id, '', t.title
  FROM cohorts_trackchoice v
  JOIN curriculum_track t ON t.organization_id = {organization} AND t.id = v.track_id
  WHERE v.organization_id = {organization} AND v.effective_on <= {on} AND v.recorded_at > {at}""",
    Kind.PROJECT: """SELECT v.enrollment_id, v.effective_on, v.recorded_at, v.recorded_by_id, v.kind, p.title
  FROM cohorts_progressevent v
  JOIN curriculum_project p ON p.organization_id = {organization} AND p.id = v.project_id
  WHERE v.organization_id = {organization} AND v.effective_on <= {on} AND v.recorded_at > {at} AND v.move_id IS NULL""",
    Kind.REVIEW: """SELECT s.enrollment_id, (v.submitted_at AT TIME ZONE c.time_zone)::date, v.submitted_at,
    v.reviewer_id, v.verdict, p.title
  FROM assessments_review v {of_v}
  WHERE v.organization_id = {organization} AND v.is_final AND v.submitted_at > {at}
    AND (v.submitted_at AT TIME ZONE c.time_zone)::date <= {on}""",
    Kind.PORTFOLIO: """SELECT s.enrollment_id, (v.recorded_at AT TIME ZONE c.time_zone)::date, v.recorded_at,
    v.reviewer_id, '', p.title
  FROM assessments_portfolioreview v {of_v}
  WHERE v.organization_id = {organization} AND v.recorded_at > {at}
    AND (v.recorded_at AT TIME ZONE c.time_zone)::date <= {on}""",
    Kind.BENCHMARK: """SELECT s.enrollment_id, (v.decided_at AT TIME ZONE c.time_zone)::date, v.decided_at,
    v.decided_by_id, '', p.title
  FROM assessments_benchmarkverdict v
  JOIN assessments_benchmarkreport r ON r.organization_id = {organization} AND r.id = v.report_id
  {of_r}
  WHERE v.organization_id = {organization} AND v.decided_at > {at}
    AND (v.decided_at AT TIME ZONE c.time_zone)::date <= {on}""",
    Kind.LINK: """SELECT s.enrollment_id, (v.checked_at AT TIME ZONE c.time_zone)::date, v.checked_at, NULL::uuid, '',
    p.title
  FROM assessments_linkcheck v
  JOIN assessments_submissionlink k ON k.organization_id = {organization} AND k.id = v.link_id
  {of_k}
  WHERE v.organization_id = {organization} AND v.checked_at > {at}
    AND (v.checked_at AT TIME ZONE c.time_zone)::date <= {on}""",
    Kind.REPOSITORY: """SELECT s.enrollment_id, (v.looked_at AT TIME ZONE c.time_zone)::date, v.looked_at, NULL::uuid,
    '', p.title
  FROM assessments_repositorylook v
  JOIN assessments_submissionlink k ON k.organization_id = {organization} AND k.id = v.link_id
  {of_k}
  WHERE v.organization_id = {organization} AND v.looked_at > {at}
    AND (v.looked_at AT TIME ZONE c.time_zone)::date <= {on}""",
    Kind.INTENT: """SELECT v.enrollment_id, (v.recorded_at AT TIME ZONE c.time_zone)::date, v.recorded_at,
    v.recorded_by_id, '', ''
  FROM outcomes_jobintent v
  JOIN cohorts_enrollment e ON e.organization_id = {organization} AND e.id = v.enrollment_id
  JOIN cohorts_cohort c ON c.organization_id = {organization} AND c.id = e.cohort_id
  WHERE v.organization_id = {organization} AND v.recorded_at > {at}
    AND (v.recorded_at AT TIME ZONE c.time_zone)::date <= {on}""",
    Kind.PLACEMENT: """SELECT v.enrollment_id, v.effective_on, v.recorded_at, v.recorded_by_id, v.status, v.employer
  FROM outcomes_placement v WHERE v.organization_id = {organization} AND v.effective_on <= {on}
    AND v.recorded_at > {at}""",
    Kind.VERIFICATION: """SELECT p.enrollment_id, v.effective_on, v.recorded_at, v.recorded_by_id,
    CASE WHEN v.is_verified THEN 'verified' ELSE 'sent_back' END, p.employer
  FROM outcomes_placementverdict v
  JOIN outcomes_placement p ON p.organization_id = {organization} AND p.id = v.placement_id
  WHERE v.organization_id = {organization} AND v.effective_on <= {on} AND v.recorded_at > {at}""",
    Kind.MENTORING: """SELECT g.id, (upper(v.during) AT TIME ZONE c.time_zone)::date, v.settled_at, v.settled_by_id,
    v.status, ''
  FROM mentoring_oneonone v
  JOIN mentoring_mentor m ON m.organization_id = {organization} AND m.id = v.mentor_id
  JOIN cohorts_enrollment g ON g.organization_id = {organization} AND g.learner_id = m.membership_id
    AND g.void_since IS NULL AND g.status = 'graduated'
  JOIN cohorts_enrollment e ON e.organization_id = {organization} AND e.id = v.enrollment_id
  JOIN cohorts_cohort c ON c.organization_id = {organization} AND c.id = e.cohort_id
  WHERE v.organization_id = {organization} AND v.settled_at > {at}
    AND (upper(v.during) AT TIME ZONE c.time_zone)::date <= {on}""",
    Kind.EMPLOYER: """SELECT NULL::uuid, v.effective_on, v.recorded_at, v.recorded_by_id, '', v.name
  FROM outcomes_listedemployer v WHERE v.organization_id = {organization} AND v.effective_on <= {on}
    AND v.recorded_at > {at}""",
    Kind.RANK: """SELECT NULL::uuid, v.effective_on, v.recorded_at, v.recorded_by_id, '', v.ranking
  FROM outcomes_rankrecord v WHERE v.organization_id = {organization} AND v.effective_on <= {on}
    AND v.recorded_at > {at}""",
    Kind.SURVEY: """SELECT NULL::uuid, v.released_on, v.released_at, NULL::uuid, '', q.title
  FROM outcomes_release v
  JOIN outcomes_surveyversion w ON w.organization_id = {organization} AND w.id = v.version_id
  JOIN outcomes_survey q ON q.organization_id = {organization} AND q.id = w.survey_id
  WHERE v.organization_id = {organization} AND v.released_on <= {on} AND v.released_at > {at}""",
}


def _sources(on: str, at: str) -> list[tuple[Kind, str]]:
    places = {"organization": "%(organization)s", "on": on, "at": at}
    places |= {f"of_{row}": OF_ATTEMPT.format(submission=f"{row}.submission_id", **places) for row in "vrk"}
    return [(kind, sql.format(**places)) for kind, sql in SOURCES.items()]


# Each day of which numbers are kept: when they were worked out, and whether anything late was recorded since.
DAYS = "".join((
    "SELECT day.as_of, day.computed_at, ",
    " OR ".join(f"EXISTS ({sql})" for _kind, sql in _sources("day.as_of", "day.computed_at")),
    """
FROM outcomes_snapshotday day
WHERE day.organization_id = %(organization)s AND day.definition = %(definition)s
  AND (%(only)s::date IS NULL OR day.as_of = %(only)s)
""",
))  # fmt: skip

LATE = "".join((
    CHAIN,
    ", late (kind, enrollment_id, effective_on, recorded_at, recorded_by_id, code, about) AS (",
    " UNION ALL ".join(
        "".join(("SELECT '", kind, "', found.* FROM (", sql, ") AS found"))
        for kind, sql in _sources("%(on)s", "%(at)s")
    ),
    """
)
SELECT late.kind, late.enrollment_id, m.name, late.effective_on, late.recorded_at, r.name, late.code, late.about,
  count(*) OVER ()
FROM late
LEFT JOIN cohorts_enrollment e ON e.organization_id = %(organization)s AND e.id = late.enrollment_id
LEFT JOIN accounts_membership m ON m.organization_id = %(organization)s AND m.id = e.learner_id
LEFT JOIN accounts_membership r ON r.organization_id = %(organization)s AND r.id = late.recorded_by_id
WHERE %(cohort)s::uuid IS NULL OR e.id IS NULL OR e.cohort_id = %(cohort)s OR e.id IN (
  SELECT chain.enrollment_id FROM chain
  JOIN cohorts_enrollment root ON root.organization_id = %(organization)s AND root.id = chain.root_id
  WHERE root.cohort_id = %(cohort)s
)
ORDER BY late.recorded_at DESC, late.effective_on DESC, m.name LIMIT %(listed)s
""",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEvent:
    """Something recorded after the day's numbers were. `learner` and `by` are empty where it is nobody's."""

    kind: Kind
    enrollment_id: UUID | None
    learner: str
    effective_on: date
    recorded_at: datetime
    by: str
    code: str
    about: str

    @property
    def words(self) -> str:
        """What it says, beside its kind."""
        labels = _LABELS.get(self.kind, {})
        said = [_number_of_level(self.about) if self.kind is Kind.LEVEL else self.about, labels.get(self.code, "")]
        return ": ".join(str(part) for part in said if part)


_LABELS: dict[Kind, dict[str, str | Promise]] = {
    Kind.STATUS: dict(Enrollment.Status.choices),
    Kind.LEVEL: dict(LevelDecision.Outcome.choices),
    Kind.PROJECT: dict(ProgressEvent.Kind.choices),
    Kind.REVIEW: dict(Review.Verdict.choices),
    Kind.PLACEMENT: dict(PlacementStatus.choices),
    Kind.VERIFICATION: {"verified": _("Verified"), "sent_back": _("Sent back")},
    Kind.MENTORING: dict(OneOnOne.Status.choices),
}


def _number_of_level(number: str) -> str:
    return str(_("Level %(number)s")) % {"number": number}


def kept_days(only: date | None = None) -> dict[date, tuple[datetime, bool]]:
    """Of each day kept, or of this one: when its numbers were worked out, and whether they still hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            DAYS, {"organization": required_organization_id(), "definition": DEFINITION_VERSION, "only": only}
        )
        return {on: (computed_at, not is_old) for on, computed_at, is_old in cursor.fetchall()}


def late_events(*, scope: Scope, on: date, at: datetime) -> tuple[list[LateEvent], int]:
    """What was recorded after `at` about days up to `on`, of one cohort's learners or all, and how much there is."""
    with connection.cursor() as cursor:
        cursor.execute(
            LATE,
            {
                "organization": required_organization_id(), "cohorts": None, "cohort": scope.cohort_id, "on": on,
                "at": at, "listed": LISTED,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    events = [
        LateEvent(
            kind=Kind(kind), enrollment_id=enrollment_id, learner=learner or "", effective_on=effective_on,
            recorded_at=recorded_at, by=by or "", code=code, about=about,
        )
        for kind, enrollment_id, learner, effective_on, recorded_at, by, code, about, _total in rows
    ]  # fmt: skip
    return events, rows[0][-1] if rows else 0
