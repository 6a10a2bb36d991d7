"""Reading what stands inside the levels: modules, topics, projects, tracks and the final capstone."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from curriculum.plan.blocks import Heading, Item, ItemList, Paragraph, Rich, Table
from curriculum.plan.drafts import LevelDraft, ModuleDraft
from curriculum.plan.hours import split_hours
from curriculum.plan.nodes import PlanProject, PlanShare, PlanTrack, ProjectKind, Unparsed
from curriculum.plan.problems import Problems
from curriculum.plan.projects import benchmarks_of, checklist_of, title_of
from curriculum.plan.tables import is_topic_table, read_hours_at, read_topics
from curriculum.plan.words import (
    Numbered,
    capstone_label,
    final_capstone_label,
    is_description_label,
    is_requires_label,
    level_part,
    module_heading,
    project_label,
    required_codes,
    states_requirements,
    track_heading,
)

MAX_NUMBER = 999


class LevelReader:
    """Takes the blocks of one level after another; every ``read_…`` says whether it understood the block."""

    def __init__(self, problems: Problems) -> None:
        self.levels: list[LevelDraft] = []
        self.tracks: list[PlanTrack] = []
        self.final_capstone: PlanProject | None = None
        self.unparsed: list[Unparsed] = []
        self._problems = problems
        self._module: ModuleDraft | None = None
        self._list_reader: Callable[[ItemList], None] | None = None
        self._numbers: set[str] = set()

    def open_level(self, block: Heading, numbered: Numbered) -> None:
        title, hours = self._titled(block, numbered.title)
        self._check_number(block, str(numbered.number), numbered.number)
        name = block.text.split("(")[0].strip(" :")
        self._problems.check_title(title or name, block.line)
        self.levels.append(LevelDraft(numbered.number, name, title, hours, block.line))
        self._module = None
        self._list_reader = None

    def close_list(self) -> None:
        """A list after this belongs to nothing before it."""
        self._list_reader = None

    def read_heading(self, block: Heading) -> bool:
        self._list_reader = None
        if block.escaped:
            return False
        numbered = module_heading(block.text)
        if numbered is not None:
            self._open_module(block, numbered)
            return True
        numbered = track_heading(block.text)
        if numbered is not None and self._module is not None:
            self._open_track(block, numbered, self._module)
            return True
        return False

    def read_paragraph(self, block: Paragraph) -> bool:
        """Labels are understood anywhere in a level; other text describes the module or level it stands under."""
        if self._module is not None and not block.rich.escaped and states_requirements(block.rich.text):
            return self._read_requirements(block.rich.text, block.line, self._module)
        return self.read_label(block) or self._describe(block)

    def read_label(self, block: Paragraph) -> bool:
        rich = block.rich
        label = rich.label
        if not label:
            return False
        scope = final_capstone_label(label)
        if scope is not None:
            self._open_final_capstone(block, scope)
            return True
        code = capstone_label(label)
        if code is not None and self._module is not None:
            self._open_capstone(block, code, self._module)
            return True
        if is_requires_label(label) and self._module is not None:
            return self._read_requirements(rich.body, block.line, self._module)
        part = level_part(label)
        if part == "breakdown":
            if rich.aside:
                self._level.breakdown_hours = read_hours_at(rich.aside, line=block.line, problems=self._problems)
            self._list_reader = self._read_breakdown
        elif part in self._level.parts:
            return False
        elif part is not None and part != "tracks":
            self._level.parts[part] = rich.body
        return part is not None

    def read_items(self, block: ItemList) -> bool:
        reader, self._list_reader = self._list_reader, None
        if reader is not None:
            reader(block)
            return True
        return self._module is not None and self._read_practice_projects(block, self._module)

    def read_table(self, block: Table) -> bool:
        module = self._module
        if module is None or not is_topic_table(block):
            return False
        module.table_headings = module.table_headings or block.headings
        module.topics.extend(
            read_topics(block, module_code=module.code, already=len(module.topics), problems=self._problems)
        )
        return True

    @property
    def _level(self) -> LevelDraft:
        return self.levels[-1]

    def _titled(self, block: Heading, title: str) -> tuple[str, Decimal]:
        title, written = split_hours(title)
        if written is None:
            self._problems.add(
                "missing_hours",
                block.line,
                _("“%(found)s” has no hours."),
                _("Write them after the title, as in “%(found)s (100 hours)”."),
                found=block.text[:80],
            )
            return title, Decimal(0)
        return title, read_hours_at(written, line=block.line, problems=self._problems) or Decimal(0)

    def _check_number(self, block: Heading, code: str, number: int) -> None:
        if number > MAX_NUMBER:
            self._problems.add(
                "number_out_of_range",
                block.line,
                _("The number %(found)s is too large."),
                _("Number levels and modules from 1 to %(limit)s."),
                found=code,
                limit=MAX_NUMBER,
            )
        if code in self._numbers:
            self._problems.add(
                "duplicate_number",
                block.line,
                _("The number %(found)s is used twice."),
                _("Give each level, module and project a number of its own."),
                found=code,
            )
        self._numbers.add(code)

    def _open_module(self, block: Heading, numbered: Numbered) -> None:
        title, hours = self._titled(block, numbered.title)
        code = f"{numbered.parent}.{numbered.number}"
        self._check_number(block, code, numbered.number)
        if numbered.parent != self._level.number:
            self._problems.add(
                "module_in_wrong_level",
                block.line,
                _("Module %(found)s stands under level %(level)s."),
                _("Move it to its own level, or number it %(level)s.x."),
                found=code,
                level=self._level.number,
            )
        self._problems.check_title(title, block.line)
        self._module = ModuleDraft(code, title, hours, block.line)
        self._level.modules.append(self._module)

    def _read_requirements(self, text: str, line: int, module: ModuleDraft) -> bool:
        codes = required_codes(text)
        module.requires = tuple(dict.fromkeys((*module.requires, *codes)))
        module.requires_line = module.requires_line or line
        return bool(codes)

    def _open_track(self, block: Heading, numbered: Numbered, module: ModuleDraft) -> None:
        title, written = split_hours(numbered.title)
        if not title:
            title, written = numbered.title.strip(), None
        hours = None if written is None else read_hours_at(written, line=block.line, problems=self._problems)
        code = f"{module.code}-T{numbered.number}"
        self._check_number(block, code, numbered.number)
        self._problems.check_title(title, block.line)
        project = PlanProject("track", code, title, hours, line=block.line)
        self.tracks.append(PlanTrack(code, numbered.number, module.code, title, hours, project, block.line))
        index = len(self.tracks) - 1

        def read(items: ItemList) -> None:
            track = self.tracks[index]
            self.tracks[index] = replace(track, project=_with_checklist(track.project, items.items))

        self._list_reader = read

    def _open_capstone(self, block: Paragraph, stated: str, module: ModuleDraft) -> None:
        if stated and stated != module.code:
            self._problems.add(
                "capstone_in_wrong_module",
                block.line,
                _("The capstone of %(found)s stands under module %(module)s."),
                _("Write (%(module)s) behind “Capstone Project”, or move it."),
                found=stated,
                module=module.code,
            )
        earlier = sum(project.kind == "module_capstone" for project in module.projects)
        code = f"{module.code}-C{earlier + 1 if earlier else ''}"
        module.projects.append(self._project("module_capstone", code, block.rich, block.line))
        index = len(module.projects) - 1

        def read(items: ItemList) -> None:
            module.projects[index] = _with_checklist(module.projects[index], items.items)

        self._list_reader = read

    def _open_final_capstone(self, block: Paragraph, scope: str) -> None:
        if self.final_capstone is not None:
            self._problems.add(
                "second_final_capstone",
                block.line,
                _("There is a second final capstone."),
                _("Keep one, and make the other the capstone of a module."),
            )
            return
        project = self._project("final_capstone", "final", block.rich, block.line)
        self.final_capstone = replace(project, description=project.description or scope)

        def read(items: ItemList) -> None:
            if self.final_capstone is not None:
                self.final_capstone = _with_checklist(self.final_capstone, items.items)

        self._list_reader = read

    def _project(self, kind: ProjectKind, code: str, rich: Rich, line: int) -> PlanProject:
        fallback = rich.label.split("(")[0].strip()
        title, description = title_of(rich, fallback)
        self._problems.check_title(title, line)
        hours = read_hours_at(rich.aside, line=line, problems=self._problems) if rich.aside else None
        return PlanProject(kind, code, title, hours, description, line=line)

    def _read_breakdown(self, block: ItemList) -> None:
        for item in block.items:
            title, colon, written = item.rich.text.rpartition(":")
            if not colon:
                title, inside = split_hours(item.rich.text)
                written = inside or ""
            hours = read_hours_at(written, line=item.line, problems=self._problems) if written.strip() else None
            if hours is None:
                self.unparsed.append(Unparsed(item.line, item.rich.text))
            else:
                self._level.breakdown.append(PlanShare(title.strip(), hours, item.line))

    def _read_practice_projects(self, block: ItemList, module: ModuleDraft) -> bool:
        """``- **Project 1 (100h)**: …`` with its checklist nested under it."""
        starts = [item.depth == 0 for item in block.items]
        if not any(start and project_label(item.rich.label) for start, item in zip(starts, block.items, strict=True)):
            return False
        order = 0
        numbered: list[tuple[int, Item]] = []
        for start, item in zip(starts, block.items, strict=True):
            order += start
            numbered.append((order, item))
        for _order, group in groupby(numbered, key=lambda pair: pair[0]):
            first, *nested = [item for _number, item in group]
            label = project_label(first.rich.label)
            if label is None:
                self.unparsed.extend(Unparsed(item.line, item.rich.text) for item in (first, *nested))
                continue
            module.projects.append(self._practice_project(first, label, nested, module))
        return True

    def _practice_project(self, first: Item, label: Numbered, nested: list[Item], module: ModuleDraft) -> PlanProject:
        code = f"{module.code}-P{label.number}"
        self._check_number(Heading(first.line, "", 0, first.rich.text), code, label.number)
        project = self._project("practice_project", code, first.rich, first.line)
        if label.title:
            written = label.title.strip("() ")
            project = replace(project, hours=read_hours_at(written, line=first.line, problems=self._problems))
        return _with_checklist(project, nested)

    def _describe(self, block: Paragraph) -> bool:
        if block.rich.label:
            return False
        (self._module or self._level).description.append(block.rich.text)
        return True


def _with_checklist(project: PlanProject, items: tuple[Item, ...] | list[Item]) -> PlanProject:
    """The project with what the items say; a first one labeled ``**Description**`` describes it."""
    if items and is_description_label(items[0].rich.label):
        project, items = replace(project, description=items[0].rich.body), items[1:]
    checklist = (*project.checklist, *checklist_of(items))
    benchmarks = tuple(dict.fromkeys((*benchmarks_of(checklist), *project.benchmarks)))
    return replace(project, checklist=checklist, benchmarks=benchmarks)
