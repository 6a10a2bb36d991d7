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
    EnrollmentManager,
    EnrollmentQuerySet,
    TrackChoice,
)
from cohorts.models.flag import (
    Flag,
    FlagEvent,
    FlagManager,
    FlagQuerySet,
    Snooze,
    Threshold,
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
    "EnrollmentManager",
    "EnrollmentMove",
    "EnrollmentQuerySet",
    "Flag",
    "FlagEvent",
    "FlagManager",
    "FlagQuerySet",
    "LearnerNote",
    "LearnerNoteManager",
    "LearnerNoteQuerySet",
    "MapPair",
    "Milestone",
    "MilestoneManager",
    "MilestoneQuerySet",
    "ProgressEvent",
    "ProgressManager",
    "ProgressQuerySet",
    "Snooze",
    "StudyLog",
    "Threshold",
    "TrackChoice",
    "VersionMove",
]
