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
from cohorts.models.groups import (
    GroupEvent,
    PairRound,
    PairSeat,
    PeerGroup,
)
from cohorts.models.mentor import (
    MentorAssignment,
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
from cohorts.models.presence import (
    LEAST_MINUTES,
    MOST_MINUTES,
    AttendanceMark,
    CheckInTry,
    Gathering,
    GatheringDay,
    StandUpSwitch,
    WrittenStandUp,
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
    "LEAST_MINUTES",
    "LONGEST_NOTE",
    "MOST_MINUTES",
    "MOST_WEEKLY_HOURS",
    "AttendanceMark",
    "Break",
    "CheckInTry",
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
    "Gathering",
    "GatheringDay",
    "GroupEvent",
    "LearnerNote",
    "LearnerNoteManager",
    "LearnerNoteQuerySet",
    "MapPair",
    "MentorAssignment",
    "Milestone",
    "MilestoneManager",
    "MilestoneQuerySet",
    "PairRound",
    "PairSeat",
    "PeerGroup",
    "ProgressEvent",
    "ProgressManager",
    "ProgressQuerySet",
    "Snooze",
    "StandUpSwitch",
    "StudyLog",
    "Threshold",
    "TrackChoice",
    "VersionMove",
    "WrittenStandUp",
]
