"""The tables of this app, a module for each group of nouns."""

from assessments.models.assignment import (
    LevelReviewer,
    ReviewAssignment,
    SecondReaderRule,
    SecondReading,
)
from assessments.models.automated_test import (
    AutomatedTest,
    AutomatedTestPolicy,
    CiKey,
    TestNames,
)
from assessments.models.badge_key import (
    BadgeKey,
)
from assessments.models.benchmark import (
    LARGEST,
    PLACES,
    BenchmarkReport,
    BenchmarkReportManager,
    BenchmarkReportQuerySet,
    BenchmarkVerdict,
)
from assessments.models.carried_attempt import (
    CarriedAttempt,
)
from assessments.models.certificate import (
    Certificate,
    CertificateManager,
    CertificateQuerySet,
    CertificateRevocation,
)
from assessments.models.draft import (
    SubmissionDraft,
)
from assessments.models.gate_ask import (
    GateAsk,
)
from assessments.models.level_decision import (
    LevelDecision,
)
from assessments.models.open_gate import (
    OpenGate,
)
from assessments.models.override import (
    OverrideRequest,
    OverrideRequestManager,
    OverrideRequestQuerySet,
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
from assessments.models.presentation import (
    WAITS,
    PanelQuestion,
    PanelReview,
    PanelScore,
    Presentation,
    PresentationEvent,
    PresentationManager,
    PresentationPolicy,
    PresentationQuerySet,
    PresentationSeat,
)
from assessments.models.repository_look import (
    AutomatedTestState,
    HostAccount,
    RepositoryLook,
)
from assessments.models.rubric import (
    PRESENTED,
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
    "LARGEST",
    "PLACES",
    "PRESENTED",
    "STANDINGS",
    "WAITS",
    "AutomatedTest",
    "AutomatedTestPolicy",
    "AutomatedTestState",
    "BadgeKey",
    "BenchmarkReport",
    "BenchmarkReportManager",
    "BenchmarkReportQuerySet",
    "BenchmarkVerdict",
    "CarriedAttempt",
    "Certificate",
    "CertificateManager",
    "CertificateQuerySet",
    "CertificateRevocation",
    "CiKey",
    "Criterion",
    "GateAsk",
    "HostAccount",
    "LevelDecision",
    "LevelReviewer",
    "LinkCheck",
    "OpenGate",
    "OverrideRequest",
    "OverrideRequestManager",
    "OverrideRequestQuerySet",
    "PanelQuestion",
    "PanelReview",
    "PanelScore",
    "PeerReview",
    "PeerReviewManager",
    "PeerReviewQuerySet",
    "PeerRound",
    "PeerRule",
    "PeerScore",
    "PortfolioReview",
    "Presentation",
    "PresentationEvent",
    "PresentationManager",
    "PresentationPolicy",
    "PresentationQuerySet",
    "PresentationSeat",
    "RepositoryLook",
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
    "TestNames",
]
