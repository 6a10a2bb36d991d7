"""Sharing the hours of a node out over its parts."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.audit.scaling import scale
from curriculum.editing.content import put
from curriculum.editing.draft import Draft, Node
from curriculum.editing.steps import Kind, step
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, DraftEdit, Level, Module, Topic, Track

Share = Literal["evenly", "in_proportion"]


def shared_parts(draft: Draft, node: Node) -> list[Any]:
    """The parts that make up the hours of the node.

    Of the tracks a learner does one, so where there are tracks only what lies outside them is shared out. A capstone
    without hours is done within the topics, and stays without.
    """
    if not isinstance(node, Level | Module | Topic):
        return []
    parts: list[Any] = draft.parts(node)
    return [each for each in parts if not isinstance(each, Track) and (isinstance(each, Topic | Module) or each.hours)]


def split_hours(
    *,
    version: CurriculumVersion,
    node: UUID,
    share: Share,
    seen: int | None = None,
    by: Membership | None,
    at: datetime,
) -> DraftEdit | None:
    """Give the parts of a node hours that add up to its own, evenly or in proportion to what they have.

    Raises CurriculumError for a node without hours or parts, or with too few for them, and NodeChanged when one of
    them changed since it was `seen`.
    """
    with step(version) as taken:
        found = taken.find(node)
        parts = shared_parts(taken.draft, found)
        hours = getattr(found, "hours", None)
        if not parts or hours is None:
            raise CurriculumError("nothing_to_split", _("There are no hours here to share out over parts."))
        taken.check([found, *parts], seen=seen)
        room = hours - _chosen_track(taken.draft, found)
        weights = [part.hours or Decimal() for part in parts]
        if share == "evenly" or not any(weights):
            weights = [Decimal(1)] * len(parts)
        else:  # what has no hours is no part of the proportion
            parts = [part for part in parts if part.hours is not None]
            weights = [part.hours for part in parts]
        shares = scale(weights, room)
        if shares is None:
            raise CurriculumError("no_room", _("There are too few hours to give each part some."))
        for part, own in zip(parts, shares, strict=True):
            put(taken.draft, part, "hours", own)
        return taken.record(Kind.SPLIT, by=by, at=at, words={"name": taken.draft.name(found)})


def _chosen_track(draft: Draft, node: Node) -> Decimal:
    tracks = draft.tracks[node.pk] if isinstance(node, Module) else []
    return max((track.hours for track in tracks if track.hours is not None), default=Decimal())
