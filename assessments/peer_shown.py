"""What the two sides of peer review see. Whoever receives a review sees no name, no id and no time of it.

All reviews of a round are shown at once, when it is closed, in an order that depends on chance alone: otherwise the
moment at which one appears would tell who wrote it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Membership
from assessments.carrying import attempts_for
from assessments.models import PeerReview, PeerReviewQuerySet, PeerRound, PeerScore, Score
from cohorts.models import Enrollment
from curriculum.models import Project
from organizations.prepared import Prepared


@dataclass(frozen=True, kw_only=True)
class Told:
    """A review as its receiver sees it."""

    label: str
    is_staff: bool
    summary: str
    scores: Sequence[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class PeerView:
    """What a learner sees of peer review at a project: what came in, and what is still under way."""

    told: Sequence[Told]
    open_until: date | None
    waits_for_staff: bool

    def __bool__(self) -> bool:
        return bool(self.told or self.open_until or self.waits_for_staff)


def peer_view(project: Project, enrollment: Enrollment) -> PeerView:
    """Of the learner's attempts that show with the project. Three queries."""
    rows = list(
        PeerReview.objects.filter(submission__in=attempts_for(project.pk, enrollment), released_at=None)
        .select_related("round__cohort")
        .prefetch_related("scores__criterion")
    )
    closed = [row for row in rows if row.round.closed_at is not None]
    still = [row.round for row in rows if row.round.closed_at is None]
    return PeerView(
        told=told(row for row in closed if row.submitted_at is not None),
        open_until=still[0].due_on if still else None,
        waits_for_staff=any(row.giver_id is None and row.submitted_at is None for row in closed),
    )


def told(rows: Iterable[PeerReview]) -> list[Told]:
    """The newest round first; within one by chance."""
    shuffled = sorted(rows, key=lambda row: (row.round.opened_at, _chance(row)), reverse=True)
    peers = [row for row in shuffled if row.giver_id is not None]
    labels = {row.pk: _("Peer %(number)s") % {"number": number} for number, row in enumerate(peers, start=1)}
    return [
        Told(
            label=labels.get(row.pk, _("Program staff")),
            is_staff=row.giver_id is None,
            summary=row.summary,
            scores=[_score(score) for score in sorted(row.scores.all(), key=lambda each: each.criterion.position)],
        )
        for row in shuffled
    ]


def _chance(row: PeerReview) -> bytes:
    # An id holds the time it was made at, and ids of one round stand in the order of its people.
    return hashlib.sha256(str(row.round.seed).encode() + row.pk.bytes).digest()


def _score(score: PeerScore) -> dict[str, Any]:
    return {
        "criterion": score.criterion.title,
        "label": score.get_value_display(),
        "is_below": score.value is not None and score.value < Score.Value.PROFICIENT,
        "comment": score.comment,
    }


@dataclass(frozen=True, kw_only=True)
class Task:
    """A review that a learner is asked to write, and its last day."""

    review: PeerReview
    due_on: date


def to_write(learner: Membership) -> list[Task]:
    """What the learner is asked to review, the soonest due first; one query."""
    return [Task(review=row, due_on=row.round.due_on) for row in _TO_WRITE.rows(learner=learner.pk)]


def asked_of(learner: Any) -> PeerReviewQuerySet:
    """What the learner with that id is asked to review."""
    return PeerReview.objects.to_write().filter(giver__learner=learner)


_TO_WRITE = Prepared(
    lambda learner: asked_of(learner).select_related("round__project", "round__cohort", "receiver__learner")
)


def given(review: PeerReview) -> list[PeerReview]:
    """The others that the same learner gives in the round."""
    same = PeerReview.objects.filter(round=review.round_id, giver=review.giver_id, released_at=None)
    return list(same.exclude(pk=review.pk).select_related("receiver__learner").order_by("pk"))


@dataclass(frozen=True, kw_only=True)
class RoundRow:
    """A round in the list of staff, with how much of it is written."""

    round: PeerRound
    due_on: date
    written: int
    asked: int
    for_staff: int


def round_rows(rounds: Sequence[PeerRound]) -> list[RoundRow]:
    """One query for all of them."""
    found = PeerReview.objects.filter(round__in=rounds, released_at=None)
    facts = list(found.values_list("round", "giver", "submitted_at"))
    return [
        RoundRow(
            round=one,
            due_on=one.due_on,
            written=sum(pk == one.pk and giver is not None and at is not None for pk, giver, at in facts),
            asked=sum(pk == one.pk and giver is not None for pk, giver, _at in facts),
            for_staff=sum(pk == one.pk and giver is None and at is None for pk, giver, at in facts),
        )
        for one in rounds
    ]
