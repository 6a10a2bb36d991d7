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
from assessments.models.level_decision import (
    LevelDecision,
)
from assessments.models.peer_review import (
    EACH,
    PeerReview,
    PeerReviewManager,
    PeerReviewQuerySet,
    PeerRound,
    PeerRule,
    PeerScore,
)
from assessments.models.portfolio_review import (
    PortfolioReview,
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
    "EACH",
    "STANDINGS",
    "CarriedAttempt",
    "Criterion",
    "LevelDecision",
    "LevelReviewer",
    "LinkCheck",
    "PeerReview",
    "PeerReviewManager",
    "PeerReviewQuerySet",
    "PeerRound",
    "PeerRule",
    "PeerScore",
    "PortfolioReview",
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
    "SubmissionLink",
    "SubmissionManager",
    "SubmissionQuerySet",
]
