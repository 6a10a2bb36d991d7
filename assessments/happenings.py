"""What assessment tells of a learner's history: attempts, verdicts and levels."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import LevelDecision, Review, Submission
from cohorts.chronicle import Happening, Question, Source, day_of, register

VERDICT_ICONS = {"pass": "circle-check", "changes_requested": "rotate-ccw", "fail": "triangle-alert"}


def submissions(question: Question) -> Iterator[Happening]:
    rows = Submission.objects.filter(enrollment__in=question.ids).select_related("project", "submitted_by")
    for attempt in rows.order_by("-submitted_at")[: question.most]:
        words = _("Handed in %(project)s, attempt %(number)s")
        if attempt.withdrawn_at:
            words = _("Handed in %(project)s, attempt %(number)s, and withdrew it")
        yield Happening(
            on=day_of(attempt.submitted_at),
            at=attempt.submitted_at,
            title=words % {"project": attempt.project.title, "number": attempt.attempt},
            icon="send",
            text=attempt.note,
            by=attempt.submitted_by.name if attempt.submitted_by else "",
            url=reverse("assessments:review", args=[question.slug, attempt.pk]),
        )


def reviews(question: Question) -> Iterator[Happening]:
    # What one of two readers found is told once it is decided: the other reads without knowing it.
    rows = Review.objects.submitted().filter(
        submission__enrollment__in=question.ids, submission__decided_at__isnull=False
    )
    rows = rows.select_related("submission__project", "reviewer").order_by("-submitted_at")
    for review in rows[: question.most]:
        if review.submitted_at is None:
            continue
        yield Happening(
            on=day_of(review.submitted_at),
            at=review.submitted_at,
            title=_title(review),
            icon=VERDICT_ICONS[review.verdict],
            text=review.summary,
            by=review.reviewer.name,
            url=reverse("assessments:review", args=[question.slug, review.submission_id]),
        )


def _title(review: Review) -> str:
    words = {"project": review.submission.project.title, "verdict": review.get_verdict_display()}
    return (
        _("%(project)s: %(verdict)s") % words if review.is_final else _("%(project)s, a reading: %(verdict)s") % words
    )


def levels(question: Question) -> Iterator[Happening]:
    rows = LevelDecision.objects.filter(enrollment__in=question.ids, move=None).select_related("level", "recorded_by")
    for decision in rows.order_by("-effective_on", "-recorded_at")[: question.most]:
        passed = decision.outcome == LevelDecision.Outcome.PASSED
        words = _("Passed level %(number)s") if passed else _("The pass of level %(number)s was taken back")
        yield Happening(
            on=decision.effective_on,
            title=words % {"number": decision.level.number},
            icon="award" if passed else "rotate-ccw",
            text=decision.override_reason,
            by=decision.recorded_by.name if decision.recorded_by else "",
        )


register(Source(key="submissions", title=gettext_lazy("Submissions"), tell=submissions))
register(Source(key="reviews", title=gettext_lazy("Reviews"), tell=reviews))
register(Source(key="levels", title=gettext_lazy("Levels"), tell=levels))
