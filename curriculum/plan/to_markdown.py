"""Writing a plan in Markdown, to be read and edited by people, and by `markdown` to be read back the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from curriculum.plan import escaping
from curriculum.plan.corrections import corrections_of
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import (
    ChecklistItem,
    Plan,
    PlanError,
    PlanLevel,
    PlanModule,
    PlanNote,
    PlanProject,
    PlanTrack,
)
from curriculum.plan.phrases import PHRASES, Phrases, written_hours, written_number
from curriculum.plan.sections import Overview, write_assessments, write_formats, write_resources, write_targets
from curriculum.plan.to_yaml import dump
from curriculum.plan.topic_table import topic_table
from curriculum.plan.words import final_capstone_label, states_requirements

MAX_DEPTH = 4
"""Depth to which items of a checklist stand below each other; what lies deeper is stated beside the text."""


def write_markdown(plan: Plan) -> str:
    """Reading it gives an equal plan.

    What the text cannot say stands in YAML at its end, under a heading of its own. A plan that breaks the rules of
    reading, such as one with a number used twice, is written all the same, and is refused when it is read.
    """
    text, read = _write(plan, notes=True)
    if read == plan:
        return text
    # A note is Markdown of its own, and may have become part of something else, or swallow what follows.
    if read is not None and (read.notes, read.unparsed) == (plan.notes, plan.unparsed):
        written = _with_corrections(plan, text, read)
        if _read(written) == plan:
            return written
    text, read = _write(plan, notes=False)
    return text if read is None else _with_corrections(plan, text, read)


def _write(plan: Plan, *, notes: bool) -> tuple[str, Plan | None]:
    """The text and what it is read as; it states its language when that does not show."""
    for language in (False, True):
        text = "\n\n".join(_Writer(plan, language=language, notes=notes).write()) + "\n"
        read = _read(text)
        if read is None or read.language == plan.language:
            break
    return text, read


def _read(text: str) -> Plan | None:
    try:
        return read_plan(text)
    except PlanError:
        return None


def _with_corrections(plan: Plan, text: str, read: Plan) -> str:
    corrections = corrections_of(plan, read)
    if not corrections:
        return text
    return f"{text}\n---\n\n## {PHRASES[plan.language].beside}\n\n{_fenced(dump(corrections), 'yaml')}\n"


class _Writer:
    """The blocks of one plan, one after another."""

    def __init__(self, plan: Plan, *, language: bool, notes: bool) -> None:
        self._plan = plan
        self._language = language
        self._words: Phrases = PHRASES[plan.language]
        self._notes = list(plan.notes) if notes else []
        self._overview = Overview(plan, self._words)

    def write(self) -> Iterator[str]:
        plan, words = self._plan, self._words
        yield f"# {escaping.free_heading(plan.title, meant=True)}"
        if self._language:
            yield f"**{words.language}**: {words.language_name}"
        for number, paragraph in enumerate(escaping.paragraphs(plan.summary)):
            yield escaping.line(paragraph) if number else f"**{words.summary}**: {escaping.inline(paragraph)}"
        yield "---"
        yield from self._overview.write()
        for level in plan.levels:
            yield from self._write_notes_before(level)
            yield from self._write_level(level)
            yield "---"
        yield from write_assessments(plan)
        yield from write_formats(plan)
        yield from write_resources(plan)
        yield from write_targets(plan)
        yield from self._write_notes(self._notes)
        if plan.unparsed:
            yield f"## {words.not_understood}"
            yield from (_fenced(each.text) for each in plan.unparsed)

    # -- levels ------------------------------------------------------------------------------------------------------

    def _write_level(self, level: PlanLevel) -> Iterator[str]:
        words = self._words
        yield f"## {words.level} {level.number}: {escaping.heading(level.title)} ({self._hours(level.hours)})"
        yield from map(escaping.line, escaping.paragraphs(level.description))
        in_overview = self._overview.has_row_of(level.number)
        for label, text in (
            (words.goal, level.goal),
            (words.focus, "" if in_overview else level.focus),
            (words.technologies, "" if in_overview else level.technologies),
        ):
            if text:
                yield f"**{label}**: {escaping.inline(text)}"
        yield from self._write_breakdown(level)
        for module in level.modules:
            yield from self._write_module(module)
        final = self._plan.final_capstone
        if final is not None and level is self._plan.levels[-1]:
            yield "---"
            yield self._final_capstone(final)
        if level.milestone:
            yield "---"
            yield f"**{words.milestone} {level.number}**: {escaping.inline(level.milestone)}"
        section = f"Level {level.number}"
        own = [note for note in self._notes if note.section == section]
        self._notes = [note for note in self._notes if note.section != section]
        for note in own:
            yield f"### {escaping.free_heading(note.heading)}"
            yield from [note.text] if note.text else []

    def _write_breakdown(self, level: PlanLevel) -> Iterator[str]:
        if level.breakdown_hours is None and not level.breakdown:
            return
        total = "" if level.breakdown_hours is None else f" ({self._hours(level.breakdown_hours)})"
        shares = [f"- {escaping.line(share.title)}: {self._hours(share.hours)}" for share in level.breakdown]
        yield "\n".join([f"**{self._words.breakdown}**{total}:", *shares])
        if not shares:
            yield "---"

    def _write_module(self, module: PlanModule) -> Iterator[str]:
        yield f"### {module.code} {escaping.heading(module.title)} ({self._hours(module.hours)})"
        if module.requires:
            yield f"**{self._words.requires}**: {', '.join(module.requires)}"
        for paragraph in escaping.paragraphs(module.description):
            stated = states_requirements(paragraph)
            yield escaping.first_letter(paragraph) if stated else escaping.line(paragraph)
        if module.topics:
            yield topic_table(module, self._words)
        for practice, projects in groupby(module.projects, key=lambda project: project.kind == "practice_project"):
            if not practice:
                yield from map(self._capstone, projects)
                yield "---"  # or a list behind it would be read as a checklist
                continue
            yield "\n\n".join(map(self._practice_project, projects))
        tracks = [track for track in self._plan.tracks if track.module_code == module.code]
        if tracks:
            yield f"**{self._words.tracks}:**"
        yield from map(self._track, tracks)

    def _capstone(self, project: PlanProject) -> str:
        module = project.code.partition("-")[0]
        return self._work(f"**Capstone Project ({module})**", project)

    def _practice_project(self, project: PlanProject) -> str:
        number = project.code.rpartition("-P")[2]
        hours = "" if project.hours is None else f" ({written_number(project.hours)}h)"
        label = self._work(f"- **Project {number}{hours}**", replace(project, hours=None))
        first, *items = label.split("\n")
        return "\n".join([first, *(f"  {item}" for item in items)])

    def _track(self, track: PlanTrack) -> str:
        hours = "" if track.hours is None else f" ({written_number(track.hours)}h)"
        heading = f"#### {self._words.track} {track.number}: {escaping.heading(track.title)}{hours}"
        return "\n".join([heading, *self._description(track.project.description), *_items(track.project.checklist)])

    def _final_capstone(self, project: PlanProject) -> str:
        if final_capstone_label(project.title) == "" and "\n" not in project.description:
            scope = f" ({escaping.inline(project.description)})" if project.description else ""
            label = f"**{escaping.inline(project.title)}{scope}**{self._aside(project.hours)}:"
            return "\n".join([label, *_items(project.checklist)])
        return self._work("**Final Capstone Project**", project)

    def _work(self, label: str, project: PlanProject) -> str:
        """Its title in bold, in the sentence that describes it when that names it, and its checklist."""
        before, named, after = project.description.partition(project.title)
        title = f"**{escaping.inline(project.title)}**"
        described: list[str] = []
        if named and (before or after) and before[-1:].strip() == after[:1].strip() == "":
            title = f"{escaping.inline(before)}{title}{escaping.inline(after)}"
            title += ":" if after and project.checklist else ""
        else:
            described = self._description(project.description)
        return "\n".join([f"{label}{self._aside(project.hours)}: {title}", *described, *_items(project.checklist)])

    def _description(self, text: str) -> list[str]:
        return [f"- **{self._words.description}**: {escaping.inline(text)}"] if text else []

    def _aside(self, hours: Decimal | None) -> str:
        return "" if hours is None else f" ({self._hours(hours)})"

    def _hours(self, hours: Decimal) -> str:
        return written_hours(hours, self._plan.language)

    # -- notes ---------------------------------------------------------------------------------------------------------

    def _write_notes_before(self, level: PlanLevel) -> Iterator[str]:
        """Notes that stand before a note of the level belong before the level."""
        section = f"Level {level.number}"
        places = [place for place, note in enumerate(self._notes) if note.section == section]
        if places and places[0]:
            early, self._notes = self._notes[: places[0]], self._notes[places[0] :]
            yield from self._write_notes(early)
            yield "---"

    def _write_notes(self, notes: Sequence[PlanNote]) -> Iterator[str]:
        section = None
        for note in notes:
            if note.section != section:
                yield f"## {escaping.free_heading(note.section)}"
            elif not note.heading:
                yield "---"
            if note.heading:
                yield f"### {escaping.free_heading(note.heading)}"
            if note.text:
                yield note.text
            section = note.section


def _items(checklist: Sequence[ChecklistItem]) -> list[str]:
    """An item stands at most one step further in than the one above it."""
    lines: list[str] = []
    deepest = 0
    for item in checklist:
        if item.text:
            depth = min(item.depth, deepest)
            lines.append(f"{'  ' * depth}- {escaping.line(item.text)}")
            deepest = min(depth + 1, MAX_DEPTH)
    return lines


def _fenced(text: str, info: str = "") -> str:
    """The text between fences that are longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{text.removesuffix(chr(10))}\n{fence}"
