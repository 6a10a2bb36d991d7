"""The tables of this app, a module for each group of nouns."""

from cohorts.models.bulk import BulkAction, BulkItem
from cohorts.models.cohort import (
    CENSUS_DAYS,
    MOST_WEEKLY_HOURS,
    Break,
    Cohort,
    CohortManager,
    CohortQuerySet,
    CohortStatusChange,
)
from cohorts.models.enrollment import (
    Enrollment,
    EnrollmentEvent,
    EnrollmentManager,
    EnrollmentQuerySet,
    TrackChoice,
)
from cohorts.models.milestone import (
    Milestone,
    MilestoneManager,
    MilestoneQuerySet,
)
from cohorts.models.progress import (
    ProgressEvent,
    ProgressManager,
    ProgressQuerySet,
    StudyLog,
)
from cohorts.models.roster import RosterChange, RosterPreference, RosterRow, RosterView
from cohorts.models.version_move import (
    EnrollmentMove,
    MapPair,
    VersionMove,
)

__all__ = [
    "CENSUS_DAYS",
    "MOST_WEEKLY_HOURS",
    "Break",
    "BulkAction",
    "BulkItem",
    "Cohort",
    "CohortManager",
    "CohortQuerySet",
    "CohortStatusChange",
    "Enrollment",
    "EnrollmentEvent",
    "EnrollmentManager",
    "EnrollmentMove",
    "EnrollmentQuerySet",
    "MapPair",
    "Milestone",
    "MilestoneManager",
    "MilestoneQuerySet",
    "ProgressEvent",
    "ProgressManager",
    "ProgressQuerySet",
    "RosterChange",
    "RosterPreference",
    "RosterRow",
    "RosterView",
    "StudyLog",
    "TrackChoice",
    "VersionMove",
]
