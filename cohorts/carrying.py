"""Carrying progress over to another version: what stands there is written as new facts on the nodes of this one.

Nothing that was recorded is changed. A carried fact keeps the day and the kind of the fact it comes from, names that
one (`carries`) and the move that brought it (`move`), and earns the planned hours of the node it is on. So every fact
is about a node of one version, and whoever reads those of the version a learner follows reads each result once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import Enrollment, EnrollmentMove, MapPair, ProgressEvent, VersionMove
from curriculum.models import Project, Topic
from organizations.models import Organization, uuid7
from organizations.scope import required_organization_id

if TYPE_CHECKING:
    from django.db.models import QuerySet

Kind = ProgressEvent.Kind
Stamp = tuple[datetime, UUID]
#: Titles named in the evidence of a fact that several were carried into.
TITLES_NAMED = 3
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Fact:
    """The latest about a topic or project. `root` is the fact that somebody's work made, however often it was carried.

    A result that an app above vouches for has none; `stamp` says when the root was recorded.
    """

    kind: str
    on: date
    evidence: str
    root: UUID | None
    stamp: Stamp
    hours: float = 0.0

    @property
    def is_done(self) -> bool:
        return self.kind != Kind.REOPENED


#: Per enrollment, the latest fact about each topic and project.
Facts = Mapping[UUID, Mapping[UUID, Fact]]
#: Per topic or project, those of the other version that count for it.
Sources = Mapping[UUID, Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class Carry:
    """A fact to be written on `node`: what `sources` are together."""

    node: UUID
    kind: str
    on: date
    sources: tuple[UUID, ...]
    root: UUID | None
    evidence: str
    stamp: Stamp


def facts_of(enrollments: Iterable[UUID]) -> dict[UUID, dict[UUID, Fact]]:
    """In one query, whatever versions they are about."""
    rows = (
        ProgressEvent.objects.filter(enrollment__in=list(enrollments))
        .order_by("enrollment", "topic", "project", "-effective_on", "-recorded_at", "-pk")
        .distinct("enrollment", "topic", "project")
        .values_list(
            "enrollment", "topic", "project", "kind", "effective_on", "hours",
            Coalesce("carries__evidence", "evidence"), Coalesce("carries", "pk"),
            Coalesce("carries__recorded_at", "recorded_at"),
        )
    )  # fmt: skip
    facts: dict[UUID, dict[UUID, Fact]] = defaultdict(dict)
    for enrollment, topic, project, kind, on, hours, evidence, root, recorded_at in rows:
        facts[enrollment][topic or project] = Fact(kind, on, evidence, root, (recorded_at, root), float(hours))
    return facts


def planned_carries(
    facts: Mapping[UUID, Fact], sources_of: Sources, *, left_at: Stamp | None = None, is_undo: bool = False
) -> Iterator[Carry]:
    """What to write for one learner so that `facts` about the sources count for the nodes they are mapped to.

    A node is done when all of its sources are, on the last of their days, credited when all of them were. One that is
    done already stays as it is. `left_at` is when the learner last left the version entered, if they followed it
    before: what stands there is reopened only by a reopening since. Undoing a move brings back what happened since
    and nothing else, so that without any the learner stands exactly where they stood.
    """
    for node, sources in sources_of.items():
        found = [facts.get(source) for source in sources]
        known = [fact for fact in found if fact is not None]
        fresh = [fact for fact in known if left_at is None or fact.stamp > left_at]
        present = facts.get(node)
        done = present is not None and present.is_done
        floor = present.on if present is not None else date.min
        if known and len(known) == len(found) and all(fact.is_done for fact in known):
            if not done and (fresh or not is_undo):
                yield _carry(node, sources, known, floor)
        elif done and left_at is not None:
            reopened = [fact for fact in fresh if not fact.is_done]
            if reopened:
                last = max(reopened, key=lambda fact: fact.stamp)
                yield Carry(
                    node, Kind.REOPENED, max(last.on, floor), tuple(sources), last.root, last.evidence, last.stamp
                )


def _carry(node: UUID, sources: Sequence[UUID], facts: Sequence[Fact], floor: date) -> Carry:
    last = max(facts, key=lambda fact: (fact.on, fact.stamp))
    kind = Kind.CREDITED if all(fact.kind == Kind.CREDITED for fact in facts) else Kind.COMPLETED
    evidence = "\n".join(dict.fromkeys(fact.evidence for fact in facts if fact.evidence))
    return Carry(node, kind, max(last.on, floor), tuple(sources), last.root, evidence, last.stamp)


INSERT = """
INSERT INTO cohorts_progressevent (
  id, organization_id, enrollment_id, topic_id, project_id, kind, hours, effective_on, evidence, move_id, carries_id,
  recorded_by_id
)
SELECT row.id, %(organization)s, row.enrollment_id, row.topic_id, row.project_id, row.kind, row.hours,
  row.effective_on, row.evidence, %(move)s, row.carries_id, %(by)s
FROM unnest(
  %(ids)s::uuid[], %(enrollments)s::uuid[], %(topics)s::uuid[], %(projects)s::uuid[], %(kinds)s::text[],
  %(hours)s::numeric[], %(days)s::date[], %(evidence)s::text[], %(roots)s::uuid[]
) AS row (id, enrollment_id, topic_id, project_id, kind, hours, effective_on, evidence, carries_id)
"""


def write_carries(carries: Iterable[tuple[UUID, Carry]], *, move: VersionMove, by: Membership | None) -> None:
    """Record them, each for its enrollment: one statement for one learner as for a hundred, who may have 10,000."""
    carries = list(carries)
    nodes = {node for _enrollment, carry in carries for node in (carry.node, *carry.sources)}
    topics = {pk: (title, hours) for pk, title, hours in _told(Topic.objects.filter(pk__in=nodes))}
    projects = {pk: (title, hours) for pk, title, hours in _told(Project.objects.filter(pk__in=nodes))}
    known = topics | projects
    titles = {pk: title for pk, (title, _hours) in known.items()}
    values: dict[str, Any] = {
        "organization": required_organization_id(),
        "move": move.pk,
        "by": by and by.pk,
        "ids": [uuid7() for _carry in carries],
        "enrollments": [enrollment for enrollment, _carry in carries],
        "topics": [carry.node if carry.node in topics else None for _enrollment, carry in carries],
        "projects": [carry.node if carry.node in projects else None for _enrollment, carry in carries],
        "kinds": [str(carry.kind) for _enrollment, carry in carries],
        "hours": [known[carry.node][1] or Decimal() for _enrollment, carry in carries],
        "days": [carry.on for _enrollment, carry in carries],
        "evidence": list(_evidence(carries, titles, move)),
        "roots": [carry.root for _enrollment, carry in carries],
    }
    if carries:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, values)


def _told(nodes: "QuerySet[Any]") -> Iterable[tuple[UUID, str, Decimal | None]]:
    return nodes.values_list("pk", "title", "hours")


def _evidence(carries: Sequence[tuple[UUID, Carry]], titles: Mapping[UUID, str], move: VersionMove) -> Iterator[str]:
    """What showed it, and where it stands on record. Everybody reads the same: in the organization's language."""
    language = Organization.in_scope().language
    with translation.override(language):
        where = _("Carried over from version %(number)s: %(titles)s")
        for _enrollment, carry in carries:
            named = [f"“{titles[source]}”" for source in carry.sources[:TITLES_NAMED]]
            told = ", ".join(named) + ("…" if len(carry.sources) > TITLES_NAMED else "")
            told = where % {"number": move.from_version.number, "titles": told}
            yield f"{carry.evidence}\n{told}" if carry.evidence else told


def carry_on(*, enrollment: Enrollment, project: Project, by: Membership | None) -> None:
    """Let a project of a version that the learner left count where they are now, by all maps since.

    For work that was under review when they moved. The caller holds the enrollment's lock.
    """
    moves = list(
        EnrollmentMove.objects.filter(enrollment=enrollment).select_related("move__from_version").order_by("sequence")
    )
    left = max((leg.sequence for leg in moves if leg.move.from_version_id == project.version_id), default=None)
    changed = {project.pk}
    for leg in moves:
        if left is None or leg.sequence < left:
            continue
        pairs = MapPair.objects.filter(move=leg.move, from_project__isnull=False)
        sources: dict[UUID, list[UUID]] = defaultdict(list)
        for old, new in pairs.order_by("pk").values_list("from_project", "to_project"):
            sources[new].append(old)
        concerned = {new: olds for new, olds in sources.items() if changed & set(olds)}
        facts = facts_of([enrollment.pk])[enrollment.pk]
        carries = list(planned_carries(facts, concerned))
        write_carries([(enrollment.pk, carry) for carry in carries], move=leg.move, by=by)
        changed = {carry.node for carry in carries}
