"""What a learner did in versions they followed before, and the word on their path that they went over."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from cohorts.carriers import works_of
from cohorts.models import Enrollment, EnrollmentMove, MapPair, ProgressEvent, VersionMove
from cohorts.version_map import Node, nodes_of
from curriculum.models import CurriculumVersion, Project, Topic

TOLD_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Result:
    """Something done, or work handed in, in an earlier version. `counts_for` are titles in the one followed now.

    `kind` is completed, credited, or empty for work that has not passed; `status` is the work's, or empty.
    """

    node: Node
    kind: str
    on: date
    status: str
    counts_for: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier version with the results recorded in it, by level."""

    version: CurriculumVersion
    levels: tuple[tuple[Node, tuple[Result, ...]], ...]


def latest_move(enrollment: Enrollment) -> VersionMove | None:
    """The last time the version changed that the learner follows, by their cohort's move or their own."""
    legs = EnrollmentMove.objects.filter(enrollment=enrollment).select_related("move__to_version")
    legs = legs.defer("move__schedule")
    leg = legs.order_by("-sequence").first()
    return None if leg is None else leg.move


def recent_move(enrollment: Enrollment, *, on: date) -> VersionMove | None:
    """The move by which the learner came to the version they follow, for a month; None when it was undone."""
    made = latest_move(enrollment)
    if made is None or made.undoes_id is not None or on - made.effective_on > TOLD_FOR:
        return None
    return made


def may_undo(made: VersionMove | None, *, on: date) -> bool:
    """Whether the learner's latest move is their own, of that day, and no undoing itself."""
    return made is not None and made.cohort_id is None and made.undoes_id is None and made.effective_on == on


def earlier_results(enrollment: Enrollment) -> list[Earlier]:
    """Everything that was recorded in other versions than the one followed now, the latest version first."""
    moves = EnrollmentMove.objects.filter(enrollment=enrollment).order_by("sequence")
    versions = CurriculumVersion.objects.filter(pk__in=moves.values("move__from_version"))
    heirs = _heirs(enrollment)
    events = (
        ProgressEvent.objects.filter(enrollment=enrollment, move=None)
        .order_by("topic", "project", "-effective_on", "-recorded_at", "-pk")
        .distinct("topic", "project")
    )
    facts = {event.part_id: event for event in events if event.kind != ProgressEvent.Kind.REOPENED}
    works = {work.project_id: work for work in works_of([enrollment.pk]) if work.is_own}
    told = []
    for version in versions.exclude(pk=enrollment.version_id).order_by("-number"):
        nodes = nodes_of(version)
        by_level: dict[int, list[Result]] = defaultdict(list)
        for node in nodes.all:
            event, work = facts.get(node.id), works.get(node.id)
            if event is not None or work is not None:
                by_level[node.level].append(
                    Result(
                        node=node,
                        kind=event.kind if event else "",
                        on=event.effective_on if event else work.on,  # type: ignore[union-attr]
                        status=work.status if work else "",
                        counts_for=tuple(heirs.get(node.id, ())),
                    )
                )
        levels = [(level, tuple(by_level[level.level])) for level in nodes.of("level") if by_level[level.level]]
        told.append(Earlier(version=version, levels=tuple(levels)))
    return told


def _heirs(enrollment: Enrollment) -> dict[UUID, list[str]]:
    """What each topic and project counts for in the version followed now, by all moves one after the other."""
    rows = MapPair.objects.filter(move__legs__enrollment=enrollment, from_level=None).order_by("move__legs__sequence")
    became: dict[UUID, set[UUID]] = defaultdict(set)
    for from_topic, to_topic, from_project, to_project in rows.values_list(
        "from_topic", "to_topic", "from_project", "to_project"
    ):
        old, new = from_topic or from_project, to_topic or to_project
        for origin in [origin for origin, nodes in became.items() if old in nodes]:
            became[origin].add(new)
        became[old].add(new)
    ends = {node for nodes in became.values() for node in nodes}
    titles: dict[UUID, str] = dict(
        Topic.objects.filter(pk__in=ends, module__level__version=enrollment.version_id).values_list("pk", "title")
    )
    titles |= dict(Project.objects.filter(pk__in=ends, version=enrollment.version_id).values_list("pk", "title"))
    return {old: sorted(titles[node] for node in nodes if node in titles) for old, nodes in became.items()}
