"""From a node's code, as `tree.plan_of` gives it, to its row: a plan says what changes, the database wants ids."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from curriculum.models import CurriculumVersion, Level, Module, Project, Topic, Track


@dataclass(frozen=True, slots=True)
class NodeIds:
    """Ids by code. Levels go by their number as text; `topics` holds sub-topics too; a track has a row of its own
    and one for its work under the same code."""

    levels: dict[str, UUID]
    modules: dict[str, UUID]
    topics: dict[str, UUID]
    projects: dict[str, UUID]
    tracks: dict[str, UUID]


def ids_by_code(version: CurriculumVersion) -> NodeIds:
    """In five queries, however large the version is. A code used twice stands for its first row."""
    levels = Level.objects.filter(version=version).order_by("number").values_list("number", "pk")
    modules = Module.objects.filter(level__version=version).order_by("level__number", "position")
    module_codes = dict(modules.values_list("pk", "code"))
    tracks = Track.objects.filter(level__version=version).order_by("level__number", "number")
    track_codes = {
        pk: f"{module_codes.get(module, '')}-T{number}"
        for pk, module, number in tracks.values_list("pk", "module", "number")
    }
    projects = Project.objects.filter(version=version).order_by("position").values_list("pk", "code", "track")
    return NodeIds(
        levels={str(number): pk for number, pk in levels},
        modules=_first(module_codes),
        topics=_first(_topic_codes(version, module_codes)),
        projects=_first({pk: track_codes.get(track, code) for pk, code, track in projects}),
        tracks=_first(track_codes),
    )


def _topic_codes(version: CurriculumVersion, modules: dict[UUID, str]) -> dict[UUID, str]:
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
    return codes


def _first(codes: dict[UUID, str]) -> dict[str, UUID]:
    ids: dict[str, UUID] = {}
    for pk, code in codes.items():
        ids.setdefault(code, pk)
    return ids
