"""Sharing the hours of a node out over its parts."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
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

    In whole hours where the node has whole hours; the last parts get what is left of the division. Raises
    CurriculumError for a node without hours or parts, and NodeChanged when one of them changed since it was `seen`.
    """
    with step(version) as taken:
        found = taken.find(node)
        parts = shared_parts(taken.draft, found)
        hours = getattr(found, "hours", None)
        if not parts or hours is None:
            raise CurriculumError("nothing_to_split", _("There are no hours here to share out over parts."))
        taken.check([found, *parts], seen=seen)
        room = hours - _chosen_track(taken.draft, found)
        if room < 0:
            raise CurriculumError(
                "no_room", _("The specialization takes more hours than there are. Give it fewer hours first.")
            )
        weights = [part.hours or Decimal() for part in parts]
        if share == "evenly" or not any(weights):
            weights = [Decimal(1)] * len(parts)
        else:  # what has no hours is no part of the proportion
            parts = [part for part in parts if part.hours is not None]
            weights = [part.hours for part in parts]
        for part, own in zip(parts, split(room, weights), strict=True):
            put(taken.draft, part, "hours", own)
        return taken.record(Kind.SPLIT, by=by, at=at, words={"name": taken.draft.name(found)})


def _chosen_track(draft: Draft, node: Node) -> Decimal:
    tracks = draft.tracks[node.pk] if isinstance(node, Module) else []
    return max((track.hours for track in tracks if track.hours is not None), default=Decimal())


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """The total in parts like the weights, which are not all 0: they add up to it exactly.

    In steps of a whole unit when the total is whole, else of a hundredth; what rounding down leaves goes by the largest
    remainder, the first of equals first.
    """
    step = Decimal(1) if total == total.to_integral_value() else Decimal("0.01")
    whole = sum(weights, Decimal())
    exact = [total * weight / whole for weight in weights]
    shares = [each.quantize(step, ROUND_DOWN) for each in exact]
    left = int((total - sum(shares, Decimal())) / step)
    for place in sorted(range(len(shares)), key=lambda at: shares[at] - exact[at])[:left]:
        shares[place] += step
    return shares
