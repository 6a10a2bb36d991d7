"""Which nodes there are and where they stand: adding, deleting and moving them."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.editing.content import check_hours, check_title, longest_title, may_lack_hours
from curriculum.editing.draft import Draft, Node
from curriculum.editing.steps import Kind, Step, step
from curriculum.errors import CurriculumError
from curriculum.models import (
    CurriculumVersion,
    DraftEdit,
    Level,
    Module,
    Project,
    Topic,
    Track,
    VerificationMethod,
)


class Part(models.TextChoices):
    """What can be added to a draft."""

    LEVEL = "level", _("Level")
    MODULE = "module", _("Module")
    TOPIC = "topic", _("Topic")
    SUBTOPIC = "subtopic", _("Sub-topic")
    CAPSTONE = "module_capstone", _("Module capstone")
    PRACTICE = "practice_project", _("Practice project")
    TRACK = "track", _("Specialization")
    FINAL = "final_capstone", _("Final capstone")
    METHOD = "method", _("Way of judging work")


#: What goes under what; the first is what is added most.
PARTS: dict[type, tuple[Part, ...]] = {
    CurriculumVersion: (Part.LEVEL, Part.FINAL, Part.METHOD),
    Level: (Part.MODULE,),
    Module: (Part.TOPIC, Part.PRACTICE, Part.CAPSTONE, Part.TRACK),
    Topic: (Part.SUBTOPIC,),
}

Direction = Literal["up", "down"]


def part_of(node: Node) -> Part | None:
    """What the node is; None for the version itself."""
    match node:
        case Level():
            return Part.LEVEL
        case Module():
            return Part.MODULE
        case Topic():
            return Part.TOPIC if node.parent_id is None else Part.SUBTOPIC
        case Project():
            return Part(node.kind)
        case Track():
            return Part.TRACK
        case VerificationMethod():
            return Part.METHOD
        case _:
            return None


def may_hold(draft: Draft, node: Node) -> tuple[Part, ...]:
    """What can be added under the node. There is one final capstone, and it stands in a level."""
    parts = PARTS.get(type(node), ())
    if isinstance(node, Topic) and node.parent_id is not None:
        return ()
    if isinstance(node, CurriculumVersion) and (draft.final_capstones or not draft.levels):
        return tuple(part for part in parts if part != Part.FINAL)
    return parts


def add(
    *,
    version: CurriculumVersion,
    parent: UUID,
    part: Part,
    title: str,
    hours: Decimal | None = None,
    by: Membership | None,
    at: datetime,
) -> tuple[UUID, DraftEdit]:
    """Add a node as the last of its kind under its parent; gives its id. A level or module without hours gets 0.

    Raises CurriculumError for a title or hours that cannot be, and for a parent that cannot hold it.
    """
    with step(version) as taken:
        found = taken.find(parent)
        if part not in may_hold(taken.draft, found):
            raise CurriculumError("not_there", _("That cannot be added there."))
        node = _new(taken.draft, found, part)
        node.title = check_title(title, limit=longest_title(node))
        if not isinstance(node, VerificationMethod):
            _set_hours(taken.draft, node, hours)
        taken.draft.settle()
        edit = taken.record(Kind.ADD, by=by, at=at, words={"name": taken.draft.name(node)})
        assert edit is not None  # noqa: S101 - a new row is a change
        return node.pk, edit


def _set_hours(draft: Draft, node: Any, hours: Decimal | None) -> None:
    checked = check_hours(hours, required=False)
    node.hours = checked if checked is not None or may_lack_hours(node) else Decimal()
    if isinstance(node, Track):
        draft.work[node.pk].title, draft.work[node.pk].hours = node.title, node.hours


def _new(draft: Draft, parent: Any, part: Part) -> Any:
    """The new row at the end of its list; its place and number come when the tree is settled."""
    match part:
        case Part.LEVEL:
            node: Any = Level(version=draft.version)
            draft.levels.append(node)
        case Part.MODULE:
            node = Module(level=parent)
            draft.modules[parent.pk].append(node)
        case Part.TOPIC:
            node = Topic(module=parent)
            draft.topics[parent.pk].append(node)
        case Part.SUBTOPIC:
            node = Topic(module_id=parent.module_id, parent=parent)
            draft.subtopics[parent.pk].append(node)
        case Part.TRACK:
            node = Track(module=parent, level_id=parent.level_id)
            draft.tracks[parent.pk].append(node)
            draft.work[node.pk] = Project(version=draft.version, track=node, kind=Project.Kind.TRACK)
        case Part.METHOD:
            node = VerificationMethod(version=draft.version)
            draft.methods.append(node)
        case Part.FINAL:
            node = Project(version=draft.version, kind=Project.Kind.FINAL_CAPSTONE)
            draft.final_capstones.append(node)
        case Part.CAPSTONE | Part.PRACTICE:
            node = Project(version=draft.version, module=parent, kind=part.value)
            draft.projects[parent.pk].append(node)
    return node


def delete(
    *, version: CurriculumVersion, node: UUID, seen: int | None = None, by: Membership | None, at: datetime
) -> DraftEdit:
    """Delete a node with all that is under it.

    Raises NodeChanged when somebody changed any of it since it was `seen`, CurriculumError for the only level.
    """
    with step(version) as taken:
        found = taken.find(node)
        taken.check(taken.draft.within(found), seen=seen)
        if isinstance(found, CurriculumVersion):
            raise CurriculumError("not_there", _("A draft is discarded on a page of its own."))
        if taken.draft.levels == [found]:
            raise CurriculumError(
                "only_level", _("This is the only level, and a curriculum has at least one. Add another one first.")
            )
        name = taken.draft.name(found)
        taken.draft.siblings(found).remove(found)
        edit = taken.record(Kind.DELETE, by=by, at=at, words={"name": name})
        assert edit is not None  # noqa: S101 - a row less is a change
        return edit


def move(
    *,
    version: CurriculumVersion,
    node: UUID,
    direction: Direction,
    seen: int | None = None,
    by: Membership | None,
    at: datetime,
) -> DraftEdit | None:
    """Move a node one place within its parent; None when it is the first or last there already."""
    with step(version) as taken:
        found = _movable(taken, node, seen)
        siblings = taken.draft.siblings(found)
        place = siblings.index(found)
        other = place + (-1 if direction == "up" else 1)
        if not 0 <= other < len(siblings):
            return None
        name = taken.draft.name(found)
        siblings[place], siblings[other] = siblings[other], siblings[place]
        return taken.record(Kind.MOVE, by=by, at=at, about=[found], words={"name": name})


def destinations(draft: Draft, node: Node) -> list[Node]:
    """The nodes that it can be moved under, in the order of the tree."""
    modules = list(draft.module_list())
    match node:
        case Module():
            return [level for level in draft.levels if level.pk != node.level_id]
        case Topic():
            own = next(module for module in modules if module.pk == node.module_id)
            near: list[Node] = [topic for topic in draft.topics[own.pk] if topic.pk not in (node.pk, node.parent_id)]
            if draft.subtopics[node.pk]:
                near = []  # a topic with sub-topics stays a topic
            return [*([own] if node.parent_id else []), *near, *(each for each in modules if each.pk != own.pk)]
        case Track():
            return [module for module in modules if module.pk != node.module_id]
        case Project() if node.module_id is not None:
            return [module for module in modules if module.pk != node.module_id]
        case _:
            return []


def move_under(
    *,
    version: CurriculumVersion,
    node: UUID,
    parent: UUID,
    seen: int | None = None,
    by: Membership | None,
    at: datetime,
) -> DraftEdit | None:
    """Move a node to the end of another parent; a sub-topic that leaves its topic stands right behind it.

    Raises CurriculumError for a parent that cannot hold it, itself and what is under it included.
    """
    with step(version) as taken:
        draft, found = taken.draft, _movable(taken, node, seen)
        target = taken.find(parent)
        if target in draft.within(found):
            raise CurriculumError("under_itself", _("A part cannot go under itself. Choose another place."))
        if target not in destinations(draft, found):
            raise CurriculumError("not_there", _("It cannot go there. Choose a place from the list."))
        name = draft.name(found)
        draft.siblings(found).remove(found)
        _put_under(draft, found, target)
        return taken.record(Kind.MOVE, by=by, at=at, about=[found], words={"name": name})


def _put_under(draft: Draft, node: Any, target: Any) -> None:
    match node, target:
        case Module(), Level():
            draft.modules[target.pk].append(node)
        case Topic(), Topic():
            draft.subtopics[target.pk].append(node)
        case Topic(), Module():
            topics = draft.topics[target.pk]
            behind = [place for place, topic in enumerate(topics, start=1) if topic.pk == node.parent_id]
            topics.insert(behind[0] if behind else len(topics), node)
        case Track(), Module():
            draft.tracks[target.pk].append(node)
        case _:
            draft.projects[target.pk].append(node)


def _movable(taken: Step, pk: UUID, seen: int | None) -> Any:
    found = taken.find(pk)
    if isinstance(found, CurriculumVersion):
        raise CurriculumError("not_there", _("The whole cannot be moved."))
    taken.check([found], seen=seen)
    return found


def renumber(*, version: CurriculumVersion, level: UUID, by: Membership | None, at: datetime) -> DraftEdit | None:
    """Number the modules of a level by their place, where the plan numbered them in a way of its own."""
    with step(version) as taken:
        found = taken.find(level)
        if not isinstance(found, Level):
            raise CurriculumError("not_there", _("Only the modules of a level are numbered."))
        taken.draft.number_by_place(found)
        return taken.record(Kind.NUMBER, by=by, at=at, words={"name": taken.draft.name(found)})
