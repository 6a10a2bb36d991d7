"""A plan to move, told: sums over everyone, what does not count with how many it concerns, and a row per learner."""

from collections import Counter
from dataclasses import dataclass

from cohorts.models import Enrollment
from cohorts.move_plan import STILL_HERE, Leg, MovePlan
from cohorts.version_map import Node


@dataclass(frozen=True, kw_only=True)
class Left:
    """A result that does not count after the move, of so many learners. `waits`: once others are done too, it does."""

    node: Node
    learners: int
    waits: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Counts are of results: topics and projects that are done, work that is under way, levels passed.

    `tracks_left` learners have a specialization that has become none of the other version's.
    """

    done: int
    carried: int
    hours_before: float
    hours_after: float
    projects: int
    projects_carried: int
    works: int
    works_carried: int
    levels: int
    levels_carried: int
    left: tuple[Left, ...]
    work_left: tuple[Left, ...]
    levels_left: tuple[Left, ...]
    legs: tuple[Leg, ...]
    tracks_left: int
    apart: tuple[Enrollment, ...]
    ended: tuple[Enrollment, ...]

    @property
    def is_whole(self) -> bool:
        """Whether everything counts."""
        return not (self.left or self.work_left or self.levels_left or self.tracks_left)


def summary_of(plan: MovePlan) -> Summary:
    legs = plan.legs
    ended = tuple(one for one in plan.staying if one.status not in STILL_HERE)
    return Summary(
        done=sum(leg.done for leg in legs),
        carried=sum(leg.carried for leg in legs),
        hours_before=sum(leg.hours_before for leg in legs),
        hours_after=sum(leg.hours_after for leg in legs),
        projects=sum(leg.projects_passed for leg in legs),
        projects_carried=sum(leg.projects_carried for leg in legs),
        works=sum(len(leg.works) for leg in legs),
        works_carried=sum(leg.works_carried for leg in legs),
        levels=sum(len(leg.levels) for leg in legs),
        levels_carried=sum(len(leg.levels_carried) for leg in legs),
        left=_left(plan, Counter(node for leg in legs for node in leg.left)),
        work_left=_left(plan, Counter(work.project_id for leg in legs for work in leg.works_left)),
        levels_left=_left(plan, Counter(level for leg in legs for level in set(leg.levels) - set(leg.levels_carried))),
        legs=legs,
        tracks_left=sum(leg.from_track is not None and leg.to_track is None for leg in legs),
        apart=tuple(one for one in plan.staying if one not in ended),
        ended=ended,
    )


def _left(plan: MovePlan, counts: "Counter[object]") -> tuple[Left, ...]:
    """In the order of the version."""
    targets: dict[object, list[object]] = {}
    sources: dict[object, list[object]] = {}
    for pair in plan.pairs:
        targets.setdefault(pair.old, []).append(pair.new)
        sources.setdefault(pair.new, []).append(pair.old)
    names = {node.id: node.label for node in plan.old.all}
    return tuple(
        Left(
            node=node,
            learners=counts[node.id],
            waits=tuple(
                names[other]  # type: ignore[index]
                for target in targets.get(node.id, ())
                for other in sources[target]
                if other != node.id
            ),
        )
        for node in plan.old.all
        if node.id in counts
    )
