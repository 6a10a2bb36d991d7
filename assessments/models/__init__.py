"""The tables of this app, a module for each group of nouns."""

from assessments.models.assignment import (
    LevelReviewer,
    ReviewAssignment,
    SecondReaderRule,
    SecondReading,
)
from assessments.models.carried_attempt import (
    CarriedAttempt,
)
from assessments.models.draft import (
    SubmissionDraft,
)
from assessments.models.level_decision import (
    LevelDecision,
)
from assessments.models.rubric import (
    Criterion,
    Rubric,
    RubricArchival,
    RubricChoice,
)
from assessments.models.submission import (
    STANDINGS,
    LinkCheck,
    Review,
    ReviewManager,
    ReviewQuerySet,
    Score,
    Submission,
    SubmissionLink,
    SubmissionManager,
    SubmissionQuerySet,
)

__all__ = [
    "STANDINGS",
    "CarriedAttempt",
    "Criterion",
    "LevelDecision",
    "LevelReviewer",
    "LinkCheck",
    "Review",
    "ReviewAssignment",
    "ReviewManager",
    "ReviewQuerySet",
    "Rubric",
    "RubricArchival",
    "RubricChoice",
    "Score",
    "SecondReaderRule",
    "SecondReading",
    "Submission",
    "SubmissionDraft",
    "SubmissionLink",
    "SubmissionManager",
    "SubmissionQuerySet",
]
