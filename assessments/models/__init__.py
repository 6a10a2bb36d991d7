"""The tables of this app, a module for each group of nouns."""

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
    "LinkCheck",
    "PeerReview",
    "PeerReviewManager",
    "PeerReviewQuerySet",
    "PeerRound",
    "PeerRule",
    "PeerScore",
    "PortfolioReview",
    "Review",
    "ReviewManager",
    "ReviewQuerySet",
    "Rubric",
    "Score",
    "Submission",
    "SubmissionLink",
    "SubmissionManager",
    "SubmissionQuerySet",
]
