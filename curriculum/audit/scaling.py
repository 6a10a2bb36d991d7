"""Hours made to fit: the parts of a whole stretched or shrunk to another sum, in proportion and to the last quarter."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from curriculum.audit.changes import HoursChange
from curriculum.audit.tree import hours_of, listed_hours
from curriculum.plan.nodes import PlanModule, PlanProject, PlanTopic, PlanTrack

STEPS = (Decimal(1), Decimal("0.5"), Decimal("0.25"), Decimal("0.01"))
"""Whole hours, halves, quarters, and as fine as hours are kept."""

NONE = Decimal(0)


def scale(parts: Sequence[Decimal], total: Decimal) -> tuple[Decimal, ...] | None:
    """The parts in the same proportions and with that sum exactly, by largest remainder; a larger part stays larger.

    In the coarsest step of `STEPS` in which all come out even, or else in the one that the parts and the total are
    written in already, made finer only to leave each part something. None when it cannot be done: nothing to scale, or
    less than a hundredth for one of the parts.
    """
    before = sum(parts, NONE)
    if before <= 0 or total <= 0:
        return None
    exact = [part * total / before for part in parts]
    for step in STEPS[:3]:
        if all(quota % step == 0 for quota in exact):
            return tuple(exact)
    for step in STEPS[STEPS.index(_written((*parts, total))) :]:
        scaled = _largest_remainder(exact, total, step)
        if sum(scaled, NONE) == total and all(new > 0 for new, old in zip(scaled, parts, strict=True) if old > 0):
            return scaled
    return None


def _largest_remainder(exact: Sequence[Decimal], total: Decimal, step: Decimal) -> tuple[Decimal, ...]:
    scaled = [quota // step * step for quota in exact]
    missing = int((total - sum(scaled, NONE)) / step)
    by_remainder = sorted(range(len(exact)), key=lambda place: scaled[place] - exact[place])
    for place in by_remainder[:missing]:
        scaled[place] += step
    return tuple(scaled)


def scale_module(module: PlanModule, total: Decimal) -> list[HoursChange] | None:
    """What its topics and projects become, sub-topics too, for them to add up to `total`; None when they cannot."""
    parts: list[tuple[PlanTopic | PlanProject, Decimal]] = []
    parts += [(topic, hours) for topic in module.topics if (hours := hours_of(topic)) is not None]
    parts += [(project, project.hours) for project in module.projects if project.hours is not None]
    scaled = scale([hours for _part, hours in parts], total)
    if scaled is None:
        return None
    changes: list[HoursChange] = []
    for (part, before), after in zip(parts, scaled, strict=True):
        if before == after:
            continue
        if isinstance(part, PlanProject):
            changes.append(HoursChange("project", part.code, after))
        elif (inside := _topic_changes(part, before, after)) is not None:
            changes += inside
        else:
            return None
    return changes


def scale_subtopics(topic: PlanTopic, total: Decimal) -> list[HoursChange] | None:
    stated = [(each, each.hours) for each in topic.subtopics if each.hours is not None]
    scaled = scale([hours for _each, hours in stated], total)
    if scaled is None:
        return None
    return [
        HoursChange("topic", each.code, after)
        for (each, before), after in zip(stated, scaled, strict=True)
        if before != after
    ]


def _topic_changes(topic: PlanTopic, before: Decimal, after: Decimal) -> list[HoursChange] | None:
    """The topic and its sub-topics, which keep their share of it."""
    changes = [] if topic.hours is None else [HoursChange("topic", topic.code, after)]
    stated = sum((each.hours for each in topic.subtopics if each.hours is not None), NONE)
    if not stated:
        return changes
    inside = scale_subtopics(topic, _share(stated, before, after))
    return None if inside is None else [*changes, *inside]


def _share(part: Decimal, before: Decimal, after: Decimal) -> Decimal:
    """What `part` of `before` is of `after`, written no finer than both; rounded down, never to outgrow the whole."""
    if part == before:
        return after
    exact = part * after / before
    written = _written((part, after))
    return next((down for step in STEPS if step <= written and (down := exact // step * step)), NONE)


def _written(numbers: Iterable[Decimal]) -> Decimal:
    """The coarsest step that all of them are multiples of."""
    several = tuple(numbers)
    return next((step for step in STEPS if all(each % step == 0 for each in several)), STEPS[-1])


def scale_whole_module(module: PlanModule, tracks: Sequence[PlanTrack], total: Decimal) -> list[HoursChange] | None:
    """The module itself and all in it, which keeps its share; tracks that filled the room still fill it."""
    changes = [HoursChange("module", module.code, total)]
    listed = listed_hours(module)
    after = _share(listed, module.hours, total) if module.hours else listed
    if listed != after:
        parts = scale_module(module, after)
        if parts is None:
            return None
        changes += parts
    full = [track for track in tracks if track.hours == module.hours - listed]
    if full and total < after:
        return None
    return [*changes, *(HoursChange("project", track.code, total - after) for track in full)]
