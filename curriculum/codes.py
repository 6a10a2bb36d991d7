"""From a node's code, as `tree.plan_of` gives it, to its row: a plan says what changes, the database wants ids."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from curriculum.models import CurriculumVersion, Level, Module, Project, Topic, Track


@dataclass(frozen=True, slots=True)
class NodeIds:
    """Ids by code. Levels go by their number as text; `topics` holds sub-topics too; a track has a row of its own."""

    levels: dict[str, UUID]
    modules: dict[str, UUID]
    topics: dict[str, UUID]
    projects: dict[str, UUID]
    tracks: dict[str, UUID]


def ids_by_code(version: CurriculumVersion) -> NodeIds:
    """In five queries, however large the version is. A code used twice stands for its first row."""
    levels = Level.objects.filter(version=version).order_by("number").values_list("number", "pk")
    modules = list(
        Module.objects.filter(level__version=version).order_by("level__number", "position").values_list("code", "pk")
    )
    projects = Project.objects.filter(version=version).order_by("position").values_list("code", "pk")
    codes = {pk: code for code, pk in modules}
    tracks = Track.objects.filter(level__version=version, module__isnull=False).order_by("number")
    return NodeIds(
        levels={str(number): pk for number, pk in levels},
        modules=_first(modules),
        topics=_topics(version, codes),
        projects=_first(projects),
        tracks=_first(
            (f"{codes[module]}-T{number}", pk) for module, number, pk in tracks.values_list("module", "number", "pk")
        ),
    )


def _topics(version: CurriculumVersion, modules: dict[UUID, str]) -> dict[str, UUID]:
    """Numbered as `plan_of` does: by position under the module, sub-topics under their topic."""
    rows = (
        Topic.objects.filter(module__level__version=version).order_by("position").values_list("pk", "module", "parent")
    )
    codes: dict[UUID, str] = {}
    last: Counter[UUID] = Counter()
    for pk, module, parent in sorted(rows, key=lambda row: row[2] is not None):  # topics before sub-topics
        above = module if parent is None else parent
        last[above] += 1
        codes[pk] = f"{modules[module] if parent is None else codes[parent]}.{last[above]}"
    return _first((code, pk) for pk, code in codes.items())


def _first(rows: Iterable[tuple[str, UUID]]) -> dict[str, UUID]:
    ids: dict[str, UUID] = {}
    for code, pk in rows:
        ids.setdefault(code, pk)
    return ids
