"""An attempt told step by step: what was given, what came back, what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.difference import differences
from assessments.link_facts import Beside, beside, can_look_again, describe
from assessments.models import STANDINGS, Review, Score, Submission
from assessments.reviewing import review_due_on
from cohorts.models import Enrollment
from curriculum.models import Project


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the way to a verdict. `state` is done, now or empty."""

    title: str
    detail: str
    state: str


def steps(current: Submission | None, enrollment: Enrollment, *, at: datetime) -> list[Step]:
    """The way of the next attempt, or of the one under way."""
    under_way = current is not None and current.verdict is None
    reviewer = _reviewer(current, enrollment, at=at) if under_way else (enrollment.mentor and enrollment.mentor.name)
    review = _("%(name)s reviews") % {"name": reviewer} if reviewer else _("A mentor reviews")
    if current is not None and under_way and current.other_readings:
        review = _("A second reader reads it too")
    within = _("Within five working days.")
    here = 0
    if current is not None and under_way:
        checked = any(link.checks.all() for link in current.links.all())
        here = 2 if checked or current.other_readings or current.live_claim(at=at) else 1
        due = date_format(review_due_on(current), "l j F")
        within = _("Within five working days: by %(day)s.") % {"day": due}
    told = [
        (_("You submit"), _("Name a commit or tag, so that later pushes don’t change what is reviewed.")),
        (_("Links are checked"), _("Within a few minutes.")),
        (review, within),
        (_("You hear the result"), _("By email and here.")),
    ]
    return [
        Step(title=title, detail=detail, state="done" if place < here else "now" if place == here else "")
        for place, (title, detail) in enumerate(told)
    ]


def attempt_rows(
    submissions: Sequence[Submission], *, at: datetime, shown_with: Project | None = None
) -> list[dict[str, Any]]:
    """Attempts as the pages show them, each with what changed since the one before.

    Takes submissions `with_feedback`, newest first; two queries for all of them.
    """
    known, changed = beside(submissions), differences(submissions)
    rows = (_attempt_row(submission, known, at=at, shown_with=shown_with) for submission in submissions)
    return [row | {"difference": changed.get(row["pk"])} for row in rows]


def _attempt_row(submission: Submission, known: Beside, *, at: datetime, shown_with: Project | None) -> dict[str, Any]:
    """An attempt as the pages show it.

    `made_at` is the project it was made at, where that is of another version than the one it is `shown_with`.
    """
    verdict = submission.verdict
    made_at = None if shown_with is None or shown_with.pk == submission.project_id else submission.project
    return {
        "pk": submission.pk,
        "number": submission.attempt,
        "anchor": f"{submission.attempt}-{submission.pk}" if made_at else str(submission.attempt),
        "made_at": made_at,
        "standing": submission.standing(at=at),
        "submitted_at": submission.submitted_at,
        "commit": submission.commit,
        "note": submission.note,
        "checklist": submission.checklist,
        "links": [describe(link, submission, known, at=at) for link in submission.links.all()],
        "can_look_again": can_look_again(submission, at=at),
        "verdict": verdict,
        "scores": [_score(score) for score in verdict.scores.all()] if verdict else [],
        "readings": [reading_row(review) for review in submission.other_readings] if verdict else [],
    }


def reading_row(review: Review) -> dict[str, Any]:
    """A review, or the draft of one, with what was given on each criterion. Takes it with its scores."""
    scores = sorted(review.scores.all(), key=lambda score: score.criterion.position)
    rows = [_score(score) for score in scores if score.value is not None or score.comment]
    return {
        "review": review,
        "standing": STANDINGS.get(review.verdict, ""),
        "scores": rows,
        "text": _as_text(review, rows),
    }


def _reviewer(current: Submission | None, enrollment: Enrollment, *, at: datetime) -> str:
    claim: Review | None = current.live_claim(at=at) if current else None
    if claim is not None:
        return str(claim.reviewer.name)
    if current is not None and current.assignee is not None:
        return str(current.assignee.name)
    return str(enrollment.mentor.name) if enrollment.mentor else ""


def _as_text(review: Review, scores: list[dict[str, Any]]) -> str:
    """All of it in one piece, to copy."""
    parts = [f"{score['criterion']}: {score['label'] or '–'}\n{score['comment']}".strip() for score in scores]
    return "\n\n".join([*parts, review.summary] if review.summary else parts)


def _score(score: Score) -> dict[str, Any]:
    return {
        "criterion": score.criterion.title,
        "label": score.get_value_display() if score.value is not None else "",
        "is_below": score.value is not None and score.value < Score.Value.PROFICIENT,
        "comment": score.comment,
    }
