"""What assessment tells other systems: attempts, verdicts and levels to webhooks, levels to the chats of a cohort."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import LevelDecision, Review, Submission
from cohorts.models import Enrollment
from notifications.chat_news import ChatNews, Item, Post, register_news, tell_chats
from notifications.endpoints import Delivery
from notifications.event_types import Event, EventType, announce, register_event_type

ENROLLED = {
    "enrollment": "01a209d3-5b1c-7c3e-8f00-2a51c1b0a111",
    "cohort": "01a209d3-1f00-7d11-9a4e-77d0c1b0a222",
    "learner": "01a209d2-0c44-7aa0-b3c2-90f4c1b0a333",
}
ATTEMPT = {
    "submission": "01a20a11-7700-7f21-8e0d-15a2c1b0a444",
    "project": "01a209d2-6e10-7b5c-a1d0-44e9c1b0a555",
    "attempt": 2,
    **ENROLLED,
}
LEVEL = {
    "decision": "01a20b31-0b00-7a17-9c33-8a66c1b0a666",
    "level": "01a209d2-6a00-7c90-b7f1-3be1c1b0a777",
    "number": 1,
    "effective_on": "2026-11-27",
    **ENROLLED,
}

MADE = register_event_type(EventType(name="submission.made", title=gettext_lazy("Work was submitted"), example=ATTEMPT))
DECIDED = register_event_type(
    EventType(
        name="review.decided",
        title=gettext_lazy("A review was decided"),
        example={"review": "01a20a4f-2200-7d0e-8b5a-6c1fc1b0a888", "verdict": "changes_requested", **ATTEMPT},
    )
)
PASSED = register_event_type(EventType(name="level.passed", title=gettext_lazy("A level was passed"), example=LEVEL))
REVOKED = register_event_type(
    EventType(name="level.revoked", title=gettext_lazy("The pass of a level was taken back"), example=LEVEL)
)
LEVEL_NEWS = "level_passed"


def announce_submission(submission: Submission) -> None:
    announce([Event(name=MADE.name, key=str(submission.pk), at=submission.submitted_at, data=_attempt(submission))])


def announce_verdict(review: Review, submission: Submission) -> None:
    """`review` has been submitted."""
    if review.submitted_at is None:
        raise ValueError("A review without a verdict is nobody's news.")
    data = {"review": review.pk, "verdict": review.verdict, **_attempt(submission)}
    announce([Event(name=DECIDED.name, key=str(review.pk), at=review.submitted_at, data=data)])


def announce_level(decision: LevelDecision, *, at: datetime) -> None:
    """A pass goes to the cohort's chats too; that one was taken back is nobody's business there."""
    passed = decision.outcome == LevelDecision.Outcome.PASSED
    data = {
        "decision": decision.pk,
        "level": decision.level_id,
        "number": decision.level.number,
        "effective_on": decision.effective_on,
        **_enrolled(decision.enrollment),
    }
    announce([Event(name=(PASSED if passed else REVOKED).name, key=str(decision.pk), at=at, data=data)])
    if passed:
        group_id = decision.enrollment.cohort_id
        tell_chats([Item(name=LEVEL_NEWS, group_id=group_id, key=str(decision.pk), at=at, subject_id=decision.pk)])


def _attempt(submission: Submission) -> dict[str, object]:
    return {
        "submission": submission.pk,
        "project": submission.project_id,
        "attempt": submission.attempt,
        **_enrolled(submission.enrollment),
    }


def _enrolled(enrollment: Enrollment) -> dict[str, object]:
    return {"enrollment": enrollment.pk, "cohort": enrollment.cohort_id, "learner": enrollment.learner_id}


def _pass_untrue(delivery: Delivery, now: datetime) -> str:
    """Empty while nothing was decided on the level since."""
    decision = LevelDecision.objects.get(pk=str(delivery.subject_id))
    since = LevelDecision.objects.filter(enrollment=decision.enrollment_id, level=decision.level_id)
    is_last = not since.filter(recorded_at__gt=decision.recorded_at).exists()
    return "" if is_last else _("The pass was taken back.")


def _pass_post(deliveries: Sequence[Delivery]) -> Post:
    rows = LevelDecision.objects.filter(pk__in=[one.subject_id for one in deliveries])
    lines = [
        _("%(name)s passed level %(number)s, %(title)s")
        % {"name": row.enrollment.learner.name, "number": row.level.number, "title": row.level.title}
        for row in rows.select_related("enrollment__learner", "level").order_by("level__number", "recorded_at")
    ]
    return Post(title=_("Level passed"), lines=lines)


register_news(
    ChatNews(
        name=LEVEL_NEWS,
        title=gettext_lazy("Levels passed"),
        explanation=gettext_lazy("Who passed which level."),
        reason_untrue=_pass_untrue,
        compose=_pass_post,
    )
)
