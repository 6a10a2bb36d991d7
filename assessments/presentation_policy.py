"""Which capstones have to be presented: where the curriculum and the organization both ask for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.models import Presentation, PresentationPolicy, Review, Submission
from cohorts.models import Cohort, Enrollment
from curriculum.models import Project, VerificationMethod

#: How curricula call it among their ways of verification, in both languages.
NAMED = Q(title__iregex=r"presentation|presentatie")


@dataclass(frozen=True)
class Policy:
    """In cohorts that start on that day or later, capstones of these kinds; without a day in none."""

    asked_from: date | None
    only_final: bool

    @property
    def kinds(self) -> Collection[str]:
        return (Project.Kind.FINAL_CAPSTONE,) if self.only_final else Project.CAPSTONES


def policy_in_force() -> Policy:
    """One query."""
    last = PresentationPolicy.objects.order_by("-recorded_at", "-pk").first()
    return Policy(last.asked_from, last.only_final) if last else Policy(None, only_final=True)


def ask_from(*, day: date | None, only_final: bool, by: Membership, today: date) -> PresentationPolicy:
    """Let the gates of cohorts that start on that day or later ask for presentations, or none.

    Raises AssessmentError for a day that has passed: no gate of a cohort that runs asks for more than it did. What was
    chosen before may stay as it is, and may come to ask for fewer projects.
    """
    before = policy_in_force()
    asks_no_more = day == before.asked_from and (only_final or not before.only_final)
    if day is not None and day <= today and not asks_no_more:
        raise AssessmentError(
            "policy_in_the_past",
            _("Choose a day to come: the gates of cohorts that have started ask for no more than they did."),
        )
    with transaction.atomic():
        return PresentationPolicy.objects.create(asked_from=day, only_final=only_final, recorded_by=by)


def versions_that_ask() -> "QuerySet[Any, Any]":
    """The ids of the versions whose ways of verification name presentations."""
    return VerificationMethod.objects.filter(NAMED).values("version")


def to_schedule(viewer: Membership | None = None) -> "QuerySet[Submission]":
    """Accepted attempts at capstones that have to be presented, and neither were nor are planned to be.

    The longest accepted first, of active learners; for a viewer those that they may plan, never their own. One query.
    """
    last = PresentationPolicy.objects.order_by("-recorded_at", "-pk")
    presented = Presentation.objects.filter(
        Presentation.UNDECIDED | Q(outcome=Presentation.Outcome.PASS),
        submission__enrollment=OuterRef("enrollment"),
        submission__project=OuterRef("project"),
    )
    passed = Review.objects.final().filter(submission=OuterRef("pk"), verdict=Review.Verdict.PASS)
    works = Submission.objects.alias(only_final=Subquery(last.values("only_final")[:1])).filter(
        Q(project__kind=Project.Kind.FINAL_CAPSTONE) | Q(project__kind__in=Project.CAPSTONES, only_final=False)
    )
    found = works.filter(
        Exists(passed),
        ~Exists(presented),
        project__version__in=versions_that_ask(),
        enrollment__status=Enrollment.Status.ACTIVE,
        enrollment__cohort__starts_on__gte=Subquery(last.values("asked_from")[:1]),
    ).exclude(enrollment__cohort__status=Cohort.Status.CANCELLED)
    if viewer is not None:
        found = found.exclude(enrollment__learner=viewer)
        if not viewer.is_staff:
            found = found.filter(enrollment__mentor=viewer)
    return found.select_related("enrollment__learner", "enrollment__cohort", "project__level").order_by(
        "decided_at", "pk"
    )
