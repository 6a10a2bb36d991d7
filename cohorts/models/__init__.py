"""The tables of this app, a module for each group of nouns."""

from cohorts.models.bulk import (
    BulkAction,
    BulkItem,
)
from cohorts.models.cohort import (
    CENSUS_DAYS,
    MOST_OFFER_DAYS,
    MOST_WEEKLY_HOURS,
    OFFER_DAYS,
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
from cohorts.models.flag import (
    KEY_LENGTH,
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
from cohorts.models.learner_import import (
    ColumnReading,
    ImportedRow,
    ImportFile,
    LearnerImport,
    LearnerImportManager,
    LearnerImportQuerySet,
)
from cohorts.models.leaving_reason import (
    LeavingReason,
    LeavingReasonManager,
    LeavingReasonQuerySet,
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
from cohorts.models.planned_end import (
    PlannedEnd,
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
from cohorts.models.roster import (
    RosterChange,
    RosterPreference,
    RosterRow,
    RosterView,
)
from cohorts.models.staff_message import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    AddressedCohort,
    StaffMessage,
    StaffMessageManager,
    StaffMessageQuerySet,
    StaffMessageRecipient,
    StaffMessageStep,
)
from cohorts.models.team import (
    TeamMember,
    TeamMemberManager,
    TeamMemberQuerySet,
)
from cohorts.models.version_move import (
    EnrollmentMove,
    MapPair,
    VersionMove,
)
from cohorts.models.waiting import (
    Offer,
    OfferAnswer,
    OfferManager,
    OfferQuerySet,
    QueueChange,
)

__all__ = [
    "CENSUS_DAYS",
    "KEY_LENGTH",
    "LEAST_MINUTES",
    "LONGEST_NOTE",
    "LONGEST_SUBJECT",
    "LONGEST_TEXT",
    "MOST_MINUTES",
    "MOST_OFFER_DAYS",
    "MOST_WEEKLY_HOURS",
    "OFFER_DAYS",
    "AddressedCohort",
    "AttendanceMark",
    "Break",
    "BulkAction",
    "BulkItem",
    "CheckInTry",
    "Cohort",
    "CohortManager",
    "CohortQuerySet",
    "CohortStatusChange",
    "ColumnReading",
    "Enrollment",
    "EnrollmentEvent",
    "EnrollmentEventManager",
    "EnrollmentEventQuerySet",
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
    "ImportFile",
    "ImportedRow",
    "LearnerImport",
    "LearnerImportManager",
    "LearnerImportQuerySet",
    "LearnerNote",
    "LearnerNoteManager",
    "LearnerNoteQuerySet",
    "LeavingReason",
    "LeavingReasonManager",
    "LeavingReasonQuerySet",
    "MapPair",
    "MentorAssignment",
    "Milestone",
    "MilestoneManager",
    "MilestoneQuerySet",
    "Offer",
    "OfferAnswer",
    "OfferManager",
    "OfferQuerySet",
    "PairRound",
    "PairSeat",
    "PeerGroup",
    "PlannedEnd",
    "ProgressEvent",
    "ProgressManager",
    "ProgressQuerySet",
    "QueueChange",
    "RosterChange",
    "RosterPreference",
    "RosterRow",
    "RosterView",
    "Snooze",
    "StaffMessage",
    "StaffMessageManager",
    "StaffMessageQuerySet",
    "StaffMessageRecipient",
    "StaffMessageStep",
    "StandUpSwitch",
    "StudyLog",
    "TeamMember",
    "TeamMemberManager",
    "TeamMemberQuerySet",
    "Threshold",
    "TrackChoice",
    "VersionMove",
    "WrittenStandUp",
]
