"""The tables of this app, a module for each group of nouns."""

from assessments.models.automated_test import (
    AutomatedTest,
    AutomatedTestPolicy,
    CiKey,
)
from assessments.models.carried_attempt import (
    CarriedAttempt,
)
from assessments.models.level_decision import (
    LevelDecision,
)
from assessments.models.repository_look import (
    AutomatedTestState,
    HostAccount,
    RepositoryLook,
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
    "STANDINGS",
    "AutomatedTest",
    "AutomatedTestPolicy",
    "AutomatedTestState",
    "CarriedAttempt",
    "CiKey",
    "Criterion",
    "HostAccount",
    "LevelDecision",
    "LinkCheck",
    "RepositoryLook",
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
