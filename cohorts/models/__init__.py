"""The tables of this app, a module for each group of nouns."""

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
    EnrollmentEventManager,
    EnrollmentEventQuerySet,
    EnrollmentManager,
    EnrollmentQuerySet,
    TrackChoice,
)
from cohorts.models.leaving_reason import (
    LeavingReason,
    LeavingReasonManager,
    LeavingReasonQuerySet,
)
from cohorts.models.milestone import (
    Milestone,
    MilestoneManager,
    MilestoneQuerySet,
)
from cohorts.models.note import (
    LONGEST_NOTE,
    LearnerNote,
    LearnerNoteManager,
    LearnerNoteQuerySet,
)
from cohorts.models.progress import (
    ProgressEvent,
    ProgressManager,
    ProgressQuerySet,
    StudyLog,
)
from cohorts.models.version_move import (
    EnrollmentMove,
    MapPair,
    VersionMove,
)

__all__ = [
    "CENSUS_DAYS",
    "LONGEST_NOTE",
    "MOST_WEEKLY_HOURS",
    "Break",
    "Cohort",
    "CohortManager",
    "CohortQuerySet",
    "CohortStatusChange",
    "Enrollment",
    "EnrollmentEvent",
    "EnrollmentEventManager",
    "EnrollmentEventQuerySet",
    "EnrollmentManager",
    "EnrollmentMove",
    "EnrollmentQuerySet",
    "LearnerNote",
    "LearnerNoteManager",
    "LearnerNoteQuerySet",
    "LeavingReason",
    "LeavingReasonManager",
    "LeavingReasonQuerySet",
    "MapPair",
    "Milestone",
    "MilestoneManager",
    "MilestoneQuerySet",
    "ProgressEvent",
    "ProgressManager",
    "ProgressQuerySet",
    "StudyLog",
    "TrackChoice",
    "VersionMove",
]
