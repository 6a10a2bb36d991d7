"""What hosts told of the demonstration's repositories and their tests."""

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from accounts.models import Membership
from assessments.models import AutomatedTest, HostAccount, RepositoryLook, Submission, SubmissionLink
from assessments.repositories import key_of
from home.demonstration.story import SEED
from organizations.models import TenantModel

#: Of work that was handed in longer ago nothing more is told than whether its links open.
TOLD_OF = timedelta(days=120)
#: Share of learners who stated their account.
STATED = 0.8
HOST = "github.com"


def states_account(account: str) -> bool:
    return _dice(account).random() < STATED


def stated_account(learner: Membership, account: str, at: datetime) -> HostAccount:
    return HostAccount(membership=learner, host=HOST, name=account, stated_at=at)


def told_of(link: SubmissionLink, submission: Submission, account: str, *, failing: bool) -> Iterator[TenantModel]:
    """One look, a minute after the work was handed in, and how the workflow of its last commit went before that."""
    dice, at = _dice(link.normalized_url + str(submission.attempt)), submission.submitted_at
    commit = hashlib.sha1(f"{link.normalized_url} {submission.attempt}".encode(), usedforsecurity=False).hexdigest()
    state = "failed" if failing and dice.random() < 0.5 else "passed"
    yield RepositoryLook(
        link=link,
        outcome=RepositoryLook.Outcome.FOUND,
        owner=account,
        is_private=False,
        license="MIT" if dice.random() < 0.7 else "",
        pushed_at=at - timedelta(hours=2),
        commit=commit,
        has_readme=True,
        has_tests=not failing or dice.random() < 0.6,
        tests_state=state,
        looked_at=at + timedelta(minutes=1),
    )
    yield AutomatedTest(
        repository=key_of(link.normalized_url),
        commit=commit,
        state=state,
        source=AutomatedTest.Source.WEBHOOK,
        name="tests",
        evidence_url=f"{link.normalized_url}/actions",
        delivery=f"demonstration-{commit}-{submission.enrollment_id.hex[:12]}",
        reported_at=at - timedelta(hours=2) + timedelta(minutes=4),
    )


def _dice(key: str) -> random.Random:
    return random.Random(f"{SEED} repository {key}")
