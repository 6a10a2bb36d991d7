"""Numbers that follow the place of a node, unless the plan numbers its nodes in a way of its own."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from curriculum.models import Level, Module, Project, Track

if TYPE_CHECKING:
    from curriculum.editing.draft import Draft

_PROJECT_CODE = re.compile(r"-(?P<letter>[CP])(?P<number>\d*)$")
_LETTERS = {Project.Kind.MODULE_CAPSTONE: "C", Project.Kind.PRACTICE: "P"}


class Numbering:
    """How a tree is numbered before it is changed: what went by place then, goes by place afterwards.

    Levels and modules that come new into the tree number their own parts by place.
    """

    def __init__(self, draft: "Draft") -> None:
        self.first_level = draft.levels[0].number if draft.levels else 1
        numbers = [level.number for level in draft.levels]
        self.levels_by_place = numbers == list(range(self.first_level, self.first_level + len(numbers)))
        self.odd_modules = {
            level.pk
            for level in draft.levels
            if [each.code for each in draft.modules[level.pk]] != module_codes(level, draft.modules[level.pk])
        }
        modules = list(draft.module_list())
        self.odd_tracks = {
            module.pk
            for module in modules
            if [track.number for track in draft.tracks[module.pk]] != _counted(draft.tracks[module.pk])
        }
        self.odd_projects = {
            module.pk
            for module in modules
            if [each.code for each in draft.projects[module.pk]] != project_codes(draft.projects[module.pk], module)
        }

    def level_numbers(self, levels: Sequence[Level]) -> list[int]:
        if self.levels_by_place:
            return [number for number, _level in enumerate(levels, start=self.first_level)]
        return _kept([None if level._state.adding else level.number for level in levels])

    def module_code(self, module: Module, level: Level, position: int, taken: set[str]) -> str:
        """Where modules have numbers of their own, a new one gets the first free number from its place on."""
        if level.pk not in self.odd_modules:
            return f"{level.number}.{position}"
        if module.code and module.level_id == level.pk:
            return module.code
        free = (f"{level.number}.{number}" for number in range(position, position + len(taken) + 1))
        return next(code for code in free if code not in taken)

    def track_numbers(self, tracks: Sequence[Track], module: Module) -> list[int]:
        if module.pk not in self.odd_tracks:
            return _counted(tracks)
        return _kept([None if track._state.adding else track.number for track in tracks])

    def project_codes(self, projects: Sequence[Project], module: Module) -> list[str]:
        if module.pk not in self.odd_projects:
            return project_codes(projects, module)
        last = Counter[str]()
        for project in projects:
            if found := _PROJECT_CODE.search(project.code):
                last[found["letter"]] = max(last[found["letter"]], int(found["number"] or 1))
        codes: list[str] = []
        for project in projects:
            found = _PROJECT_CODE.search(project.code)
            code = f"{module.code}{found[0]}" if found else project.code
            if not code or code in codes:
                letter = _LETTERS[Project.Kind(project.kind)]
                last[letter] += 1
                code = f"{module.code}-{letter}{last[letter]}"
            codes.append(code)
        return codes


def module_codes(level: Level, modules: Iterable[Module]) -> list[str]:
    return [f"{level.number}.{position}" for position, _module in enumerate(modules, start=1)]


def project_codes(projects: Iterable[Project], module: Module) -> list[str]:
    """1.1-C, a second capstone 1.1-C2; practice projects 1.1-P1, 1.1-P2."""
    counts = Counter[str]()
    codes = []
    for project in projects:
        letter = _LETTERS[Project.Kind(project.kind)]
        counts[letter] += 1
        number = "" if letter == "C" and counts[letter] == 1 else counts[letter]
        codes.append(f"{module.code}-{letter}{number}")
    return codes


def _counted(nodes: Sequence[object]) -> list[int]:
    return list(range(1, len(nodes) + 1))


def _kept(numbers: Sequence[int | None]) -> list[int]:
    """The numbers there are, in order; what has none of its own gets the next one."""
    known = {number for number in numbers if number is not None}
    free = max(known, default=0) + 1
    return sorted({*known, *range(free, free + len(numbers) - len(known))})
