"""The tables of this app, a module for each group of nouns."""

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
    EnrollmentManager,
    EnrollmentQuerySet,
    TrackChoice,
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
    "LONGEST_NOTE",
    "MOST_OFFER_DAYS",
    "MOST_WEEKLY_HOURS",
    "OFFER_DAYS",
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
    "LearnerNote",
    "LearnerNoteManager",
    "LearnerNoteQuerySet",
    "MapPair",
    "Milestone",
    "MilestoneManager",
    "MilestoneQuerySet",
    "Offer",
    "OfferAnswer",
    "OfferManager",
    "OfferQuerySet",
    "ProgressEvent",
    "ProgressManager",
    "ProgressQuerySet",
    "QueueChange",
    "StudyLog",
    "TeamMember",
    "TeamMemberManager",
    "TeamMemberQuerySet",
    "TrackChoice",
    "VersionMove",
]
