"""The review queue with 10,000 open reviews, against one raw SQL page of the same queue in the same run."""

from datetime import timedelta

import httpx
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Membership
from assessments.models import ReviewAssignment, Submission
from bench.known import analyze
from bench.pages import Page, cohort_of, compare, report, server
from cohorts.models import Enrollment
from curriculum.models import Project
from home.demonstration.loading import insert
from organizations.models import Organization
from organizations.scope import scope

LEARNERS, OPEN = 5_000, 10_000
GOAL = 3


def measure() -> None:
    call_command("migrate", verbosity=0)
    call_command("demonstrate")
    organization = Organization.objects.get(slug="lantaarn")
    with scope(organization.pk):
        joris = Membership.objects.get(user__email="joris@lantaarn.example")
        submission = _fill(joris)
    analyze()
    limit = f"/limit/{organization.pk}/{joris.pk}/queue/"
    here, email = "/o/lantaarn/reviews/", "joris@lantaarn.example"
    pages = [
        Page("queue of 10,000, first page", here, GOAL, email, limit),
        Page("its page 300", f"{here}?page=300", GOAL, email, limit),
        Page("one's own of them", f"{here}?show=mine", GOAL, email, limit),
        Page("a level's overdue", f"{here}?level=2&due=overdue", GOAL, email, limit),
        Page("a review among 10,000", f"{here}{submission.pk}/", GOAL, email, limit),
        Page("page of it from the API", "/o/lantaarn/api/reviews/", GOAL, email, limit),
    ]
    with server() as address, httpx.Client(base_url=address, timeout=30) as client:
        for page in pages:
            report(page, *compare(client, page))


def _fill(reviewer: Membership) -> Submission:
    """Open attempts up to 10,000 over the last 60 days, one in forty asked of the reviewer; made when missing."""
    cohort = cohort_of(LEARNERS)
    missing = OPEN - Submission.objects.awaiting_review().count()
    if missing > 0:
        projects = Project.objects.filter(version=cohort.version_id, track=None).order_by("level__number", "position")
        first, now = list(projects[:20]), timezone.now()
        people = list(Enrollment.objects.filter(cohort=cohort).order_by("pk").values_list("pk", flat=True))
        made = [
            Submission(
                enrollment_id=people[n % LEARNERS],
                project=first[n // LEARNERS * 7 + n % 7],
                attempt=1,
                submitted_at=now - timedelta(minutes=n * 8),
                assignee=reviewer if n % 40 == 0 else None,
                assigned_at=now if n % 40 == 0 else None,
            )
            for n in range(missing)
        ]
        insert(made)
        insert(
            ReviewAssignment(submission=one, reviewer=reviewer, reason="level", assigned_at=now)
            for one in made
            if one.assignee is not None
        )
    return Submission.objects.awaiting_review().filter(assignee=reviewer)[0]
