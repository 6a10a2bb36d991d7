"""What the editor shows: the tree with what is open in it, its totals, its audit, and what can be undone."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Membership
from curriculum.accepting import JudgedFinding, judge
from curriculum.audit.findings import Finding
from curriculum.audit.fixes import Fix, fixes
from curriculum.editing.content import values_of
from curriculum.editing.draft import Draft, Node
from curriculum.editing.requiring import written
from curriculum.editing.shape import Part, destinations, may_hold, part_of
from curriculum.editing.sharing import shared_parts
from curriculum.editing.steps import last_sequence, next_redo, next_undo, recent
from curriculum.models import CurriculumVersion, DraftEdit, Level, Module, Topic
from curriculum.plan.nodes import Plan
from curriculum.tree import branches_of, claim_names, plan_of

#: Findings that the totals beside a node show already.
SHOWN_AS_TOTAL = {"level_hours", "module_hours", "topic_hours"}
EDITS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One node of the tree. `listed` are the hours of its parts, None when none are stated."""

    node: Node
    part: Part | None
    code: str
    values: dict[str, Any]
    listed: Decimal | None
    remarks: tuple[Finding, ...]
    is_first: bool = False
    is_last: bool = False
    is_open: bool = False
    is_full: bool = False
    can_split: bool = False
    can_renumber: bool = False
    parts: tuple["Place", ...] = ()
    addable: tuple[Part, ...] = ()
    destinations: tuple[tuple[UUID, str], ...] = ()

    @property
    def pk(self) -> UUID:
        return self.node.pk

    @property
    def title(self) -> str:
        return self.node.title

    @property
    def hours(self) -> Decimal | None:
        return getattr(self.node, "hours", None)

    @property
    def excess(self) -> Decimal | None:
        """Hours listed beyond those stated; negative when too few; None where there is nothing to compare."""
        return None if self.hours is None or self.listed is None else self.listed - self.hours

    @property
    def shortfall(self) -> Decimal | None:
        return None if self.excess is None else -self.excess

    def walk(self) -> Iterator["Place"]:
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Remark:
    """An open finding with the name of its place, the node to open for it, and what can be done about it."""

    finding: Finding
    place: str
    pk: UUID | None
    fixes: tuple[Fix, ...]


@dataclass(frozen=True)
class Desk:
    version: CurriculumVersion
    plan: Plan
    seen: int
    whole: Place
    levels: tuple[Place, ...]
    final_capstones: tuple[Place, ...]
    methods: tuple[Place, ...]
    remarks: tuple[Remark, ...]
    judged: tuple[JudgedFinding, ...]
    next_undo: DraftEdit | None
    next_redo: DraftEdit | None
    recent: Sequence[DraftEdit]
    opened: UUID | None
    full: UUID | None
    above: dict[UUID, UUID] = field(default_factory=dict)

    @property
    def places(self) -> Iterator[Place]:
        """All that is shown, in order."""
        yield self.whole
        for place in (*self.levels, *self.final_capstones, *self.methods):
            yield from place.walk()

    def place(self, pk: UUID) -> Place | None:
        return next((place for place in self.places if place.pk == pk), None)

    def around(self, pk: UUID) -> list[Place]:
        """The node, and what it is part of: where totals follow its own."""
        found: list[Place] = []
        at: UUID | None = pk
        while at is not None:
            found += [place] if (place := self.place(at)) and (place.part or place.is_full) else []
            at = self.above.get(at)
        return found


def desk_of(
    version: CurriculumVersion, *, by: Membership, opened: UUID | None = None, full: UUID | None = None
) -> Desk:
    """The editor with one level or module open, and the texts of one node.

    What is open are also the parts around it. An id that is not in the version opens nothing.
    """
    draft, plan = Draft(version), plan_of(version)
    judged = judge(version, plan)
    return _Builder(draft, plan, judged, opened, full).build(by)


class _Builder:
    def __init__(
        self, draft: Draft, plan: Plan, judged: list[JudgedFinding], opened: UUID | None, full: UUID | None
    ) -> None:
        self.draft, self.plan, self.judged = draft, plan, judged
        self.codes = draft.codes()
        self.above = {part.pk: node.pk for node in draft.within(draft.version) for part in draft.parts(node)}
        self.full = full
        self.opened = self._openable(opened, full)
        self.open = {self.opened} | set(self._around(self.opened))
        self.listed = _listed(draft, plan)
        self.remarks: dict[str, list[Finding]] = defaultdict(list)
        for each in judged:
            if each.is_open and each.finding.code not in SHOWN_AS_TOTAL:
                self.remarks[each.finding.place].append(each.finding)

    def _around(self, pk: UUID | None) -> Iterator[UUID]:
        while pk is not None and (pk := self.above.get(pk)) is not None:
            yield pk

    def _openable(self, opened: UUID | None, full: UUID | None) -> UUID | None:
        """Levels and modules open, and the whole; a topic or project opens what it stands in."""
        for asked in (opened, full):
            for pk in () if asked is None else (asked, *self._around(asked)):
                if isinstance(self.draft.find(pk), Level | Module | CurriculumVersion):
                    return pk
        return None

    def build(self, by: Membership) -> Desk:
        draft, version = self.draft, self.draft.version
        places = {code: pk for pk, code in reversed(self.codes.items())}
        names = claim_names(self.plan)
        offered = fixes(self.plan, [each.finding for each in self.judged])
        return Desk(
            version=version,
            plan=self.plan,
            seen=last_sequence(version),
            whole=self._place(version, 0, 1),
            levels=tuple(self._places(draft.levels)),
            final_capstones=tuple(self._places(draft.final_capstones)),
            methods=tuple(self._places(draft.methods)) if version.pk == self.opened else (),
            remarks=tuple(
                Remark(
                    finding=each.finding,
                    place=self._named(places.get(each.finding.place))
                    or str(names.get(each.finding.place, each.finding.place)),
                    pk=places.get(each.finding.place),
                    fixes=offered.get(each.finding.key, ()),
                )
                for each in self.judged
                if each.is_open
            ),
            judged=tuple(self.judged),
            next_undo=next_undo(version=version, by=by),
            next_redo=next_redo(version=version, by=by),
            recent=recent(version, EDITS_SHOWN),
            opened=self.opened,
            full=self.full,
            above=self.above,
        )

    def _named(self, pk: UUID | None) -> str:
        found = None if pk is None else self.draft.find(pk)
        return "" if found is None else self.draft.name(found, self.codes)

    def _places(self, nodes: Sequence[Node]) -> list[Place]:
        return [self._place(node, number, len(nodes)) for number, node in enumerate(nodes)]

    def _place(self, node: Node, number: int, count: int) -> Place:
        draft, is_open, is_whole = self.draft, node.pk in self.open, isinstance(node, CurriculumVersion)
        is_full = node.pk in (self.full, self.opened) if is_whole else node.pk == self.full
        code = self.codes.get(node.pk, "")
        return Place(
            node=node,
            part=part_of(node),
            code=code,
            values=shown_values(draft, node),
            listed=self.listed.get(node.pk),
            remarks=tuple(self.remarks.get(code, ())) if code else (),
            is_first=number == 0,
            is_last=number == count - 1,
            is_open=is_open,
            is_full=is_full,
            can_split=bool(shared_parts(draft, node)),
            can_renumber=isinstance(node, Level) and not draft.is_numbered_by_place(node),
            parts=tuple(self._parts(node)) if is_open and not is_whole else (),
            addable=may_hold(draft, node),
            destinations=tuple(
                (each.pk, draft.name(each, self.codes)) for each in (destinations(draft, node) if is_full else ())
            ),
        )

    def _parts(self, node: Node) -> list[Place]:
        if not isinstance(node, Module):
            return self._places(self.draft.parts(node))
        topics: list[Place] = []
        for place in self._places(self.draft.topics[node.pk]):
            topics += [place, *self._places(self.draft.subtopics[place.pk])]
        return [*topics, *self._places(self.draft.projects[node.pk]), *self._places(self.draft.tracks[node.pk])]


def shown_values(draft: Draft, node: Node) -> dict[str, Any]:
    """What the node says: with every column of the module's table, also those that are empty here, and modules by
    their numbers."""
    values = values_of(draft, node)
    if isinstance(node, Module):
        values["requires"] = written(draft, node)
    if isinstance(node, Topic):
        texts = {cell["heading"]: cell["text"] for cell in node.cells}
        headings = [cell["heading"] for topic in draft.topics[node.module_id] for cell in topic.cells]
        values["cells"] = [
            {"heading": heading, "text": texts.get(heading, "")} for heading in dict.fromkeys([*headings, *texts])
        ]
    return values


def _listed(draft: Draft, plan: Plan) -> dict[UUID, Decimal | None]:
    """What the parts of every node add up to. Both trees list the same nodes in the same order."""
    listed: dict[UUID, Decimal | None] = {draft.version.pk: plan.hours}
    branches = {branch.level.number: branch for branch in branches_of(plan)}
    for level in draft.levels:
        branch = branches[level.number]
        listed[level.pk] = branch.listed
        for module, under in zip(draft.modules[level.pk], branch.modules, strict=True):
            listed[module.pk] = under.listed
            pairs = zip(draft.topics[module.pk], under.topics, strict=True)
            listed |= {topic.pk: each.listed for topic, each in pairs}
    return listed
