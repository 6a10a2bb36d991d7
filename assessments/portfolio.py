"""Whether a capstone that passed can be published. What was said stays; the last word counts."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import portfolio_mails
from assessments.carrying import attempts_for
from assessments.errors import AssessmentError
from assessments.models import PortfolioReview, Review, Submission
from assessments.submissions import lock
from cohorts.models import Enrollment
from curriculum.models import Project


def judge_portfolio(
    *, submission: Submission, is_publishable: bool, note: str = "", missing: str = "", by: Membership, at: datetime
) -> PortfolioReview:
    """Say whether a capstone that passed is ready to be published; the learner gets a mail.

    Raises AssessmentError: `missing_needed`, `nothing_missing`, or as `check_may_judge` does.
    """
    missing = missing.strip()
    if not is_publishable and not missing:
        raise AssessmentError("missing_needed", _("Write what is missing before it can be published."))
    if is_publishable and missing:
        raise AssessmentError(
            "nothing_missing", _("Something is missing, so it is not ready to publish. Change one of the two.")
        )
    with transaction.atomic():
        locked = lock(submission)
        check_may_judge(locked, by=by)
        made = PortfolioReview.objects.create(
            submission=locked,
            reviewer=by,
            is_publishable=is_publishable,
            note=note.strip(),
            missing=missing,
            recorded_at=at,
        )
        portfolio_mails.tell_judged(made, locked, at=at)
    return made


def check_may_judge(submission: Submission, *, by: Membership) -> None:
    """Raise AssessmentError: `not_a_reviewer`, `own_work`, `no_capstone` or `not_passed`."""
    if not (by.is_mentor or by.is_staff):
        raise AssessmentError("not_a_reviewer", _("Only mentors and program staff review work."))
    if submission.enrollment.learner_id == by.pk:
        raise AssessmentError("own_work", _("This is your own work. Somebody else reviews it."))
    if submission.project.kind not in Project.CAPSTONES:
        raise AssessmentError("no_capstone", _("Only capstones are judged for the portfolio."))
    if not Review.objects.filter(submission=submission, verdict=Review.Verdict.PASS).exists():
        raise AssessmentError(
            "not_passed", say("This attempt has not passed. It is judged for the portfolio once it has.")
        )


def to_judge(viewer: Membership) -> "QuerySet[Submission]":
    """Capstones that passed and that nobody judged yet, never the viewer's own; their own learners' first.

    Only of learners who are in the program or finished it.
    """
    passed = Review.objects.filter(submission=OuterRef("pk"), verdict=Review.Verdict.PASS)
    judged = PortfolioReview.objects.filter(submission=OuterRef("pk"))
    stays = (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE, Enrollment.Status.GRADUATED)
    found = (
        Submission.objects.filter(Exists(passed), ~Exists(judged), project__kind__in=Project.CAPSTONES)
        .filter(enrollment__status__in=stays)
        .exclude(enrollment__learner=viewer)
        .select_related("enrollment__learner", "enrollment__cohort", "project__level")
    )
    return found.order_by("-submitted_at", "-pk")


def judgements_of(submission: Submission) -> list[PortfolioReview]:
    """The last one first."""
    rows = PortfolioReview.objects.filter(submission=submission).select_related("reviewer")
    return list(rows.order_by("-recorded_at", "-pk"))


def portfolio_view(project: Project, enrollment: Enrollment) -> list[PortfolioReview]:
    """What was said of the learner's attempts that show with the project, the last word first. One query."""
    rows = PortfolioReview.objects.filter(submission__in=attempts_for(project.pk, enrollment))
    return list(rows.select_related("reviewer", "submission").order_by("-recorded_at", "-pk"))
