"""Reading a curriculum plan written in Markdown, in Dutch, in English, or in both."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Literal

from django.utils.translation import gettext_lazy as _

from curriculum.plan.blocks import Block, Fence, Heading, ItemList, Other, Paragraph, Rule, Table, read_blocks
from curriculum.plan.claims import claims_in, people_claims, ratio_claims, read_format, resource_claim, with_note
from curriculum.plan.corrections import Corrections, read_corrections
from curriculum.plan.drafts import NoteDraft, paragraphs
from curriculum.plan.levels import LevelReader
from curriculum.plan.nodes import ClaimSource, Plan, PlanClaim, PlanFormat, PlanMethod, PlanNote, PlanTarget, Unparsed
from curriculum.plan.problems import Problems
from curriculum.plan.references import check_references
from curriculum.plan.tables import LevelRow, columns_of, read_level_rows
from curriculum.plan.targets import read_targets
from curriculum.plan.text import clean_text
from curriculum.plan.words import (
    Numbered,
    Section,
    format_of,
    guess_language,
    is_summary_label,
    is_total_label,
    is_verification_heading,
    level_heading,
    section_of,
    stated_language,
)

CLAIMS_IN_ORDER: tuple[ClaimSource, ...] = ("title", "summary", "overview", "format", "note", "resources")
"""Claims stand in this order, whatever the order of the sections."""


def read_plan(text: str) -> Plan:
    """The plan in a Markdown text. Takes time linear in its length.

    Raises ``PlanError`` with everything that makes it unreadable. What is readable but not understood stands in
    ``unparsed``; sections that are prose stand in ``notes``. Numbers that contradict each other are no error here:
    see ``curriculum.audit``.
    """
    text = clean_text(text)
    problems = Problems()
    plan = _PlanReader(problems).read(read_blocks(text, problems))
    problems.raise_if_any()
    return plan


def _level_of(block: Heading) -> Numbered | None:
    return None if block.escaped else level_heading(block.text)


class _PlanReader:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._levels = LevelReader(problems)
        self._title = ""
        self._title_line = self._plan_line = 0
        self._summary: list[str] = []
        self._language: Literal["nl", "en", ""] = ""
        self._overview: dict[int, LevelRow] = {}
        self._assessments: dict[int, LevelRow] = {}
        self._methods: list[PlanMethod] = []
        self._targets: list[PlanTarget] = []
        self._formats: list[PlanFormat] = []
        self._claims: list[PlanClaim] = []
        self._notes: list[NoteDraft] = []
        self._unparsed: list[Unparsed] = []
        self._structure: list[str] = []
        self._section: Section | None = None
        self._section_title = ""
        self._level_depth = 2
        self._group = ""
        self._group_lines: dict[str, int] = {}
        self._note: NoteDraft | None = None
        self._corrections: list[Corrections] = []

    def read(self, blocks: Iterator[Block]) -> Plan:
        """Up to a second title with levels of its own, which is a problem."""
        early: list[Block] = []
        for block in blocks:
            early.append(block)
            if isinstance(block, Heading) and _level_of(block):
                self._level_depth = block.depth
                break
        for block in chain(early, blocks):
            if isinstance(block, Heading) and self._begins_another_plan(block):
                break
            match block:
                case Heading():
                    self._structure.append(block.text)
                    self._read_heading(block)
                case Rule():
                    self._read_rule(block)
                case Paragraph():
                    self._structure.append(block.rich.label)
                    self._understand(block, self._read_paragraph(block))
                case ItemList():
                    self._understand(block, self._read_items(block))
                case Table():
                    self._structure.extend(block.headings)
                    self._understand(block, self._read_table(block))
                case Fence():
                    self._understand(block, self._read_fence(block))
                case Other():
                    self._understand(block, self._keep_in_note(block))
        return self._freeze()

    def _begins_another_plan(self, block: Heading) -> bool:
        if not _level_of(block):
            self._title_line = block.line if block.depth == 1 else self._title_line
            return False
        self._plan_line = self._plan_line or self._title_line
        if self._plan_line == self._title_line:
            return False
        self._problems.add(
            "two_plans",
            self._title_line,
            _("A second plan begins here."),
            _("Put each plan in a file of its own."),
        )
        return True

    def _understand(self, block: Paragraph | ItemList | Table | Fence | Other, understood: bool) -> None:
        if not understood:
            self._unparsed.append(Unparsed(block.line, block.source))

    def _read_heading(self, block: Heading) -> None:
        self._note = None
        numbered = _level_of(block)
        if numbered is not None:
            self._section, self._section_title = "level", f"Level {numbered.number}"
            self._levels.open_level(block, numbered)
        elif block.depth == 1 and not self._title:
            self._title = block.text
            self._problems.check_title(block.text, block.line)
            self._claims.extend(claims_in(block.text, source="title", line=block.line))
        elif self._section is None or block.depth <= self._level_depth:
            self._open_section(block)
        elif not self._read_subheading(block):
            self._open_note(block.text, block.line)

    def _open_section(self, block: Heading) -> None:
        self._levels.close_list()
        self._section, self._section_title, self._group = "notes", block.text, ""
        if not block.escaped:
            self._section = section_of(block.text)
        if self._section == "notes":
            self._open_note("", block.line)
        elif self._section == "overview":
            self._claims.extend(claims_in(block.text, source="overview", line=block.line))

    def _read_subheading(self, block: Heading) -> bool:
        match self._section:
            case "level":
                return self._levels.read_heading(block)
            case "formats":
                key = format_of(block.text)
                if key is not None:
                    self._formats.append(read_format(key, block.text.rstrip(":"), block.line))
                return key is not None
            case "resources":
                claims = people_claims(block.text, line=block.line)
                self._claims.extend(claims)
                return bool(claims)
            case "targets":
                self._open_group(block.text.rstrip(":"), block.line)
                return True
            case "verification":
                return is_verification_heading(block.text)
            case _:
                return False

    def _open_group(self, title: str, line: int) -> None:
        self._group = title
        self._group_lines[title] = line

    def _open_note(self, heading: str, line: int) -> None:
        self._note = NoteDraft(self._section_title, heading, line)
        self._notes.append(self._note)
        self._claims.extend(ratio_claims(heading, source="note", line=line))

    def _keep_in_note(self, block: Paragraph | ItemList | Table | Fence | Other) -> bool:
        if self._note is None:
            return False
        self._note.parts.append(block.source)
        self._claims.extend(ratio_claims(block.source, source="note", line=block.line))
        return True

    def _read_fence(self, block: Fence) -> bool:
        if self._section == "beside":
            self._corrections.append(
                read_corrections(block.content, first_line=block.line + 1, problems=self._problems)
            )
        elif self._section == "not_understood":
            self._unparsed.append(Unparsed(block.line + 1, block.content))
        else:
            return self._keep_in_note(block)
        return True

    def _read_rule(self, block: Rule) -> None:
        """What follows a rule belongs to the section, no longer to the last heading in it."""
        self._levels.close_list()
        self._note = None
        if self._section == "notes":
            self._open_note("", block.line)

    def _read_paragraph(self, block: Paragraph) -> bool:
        rich = block.rich
        if self._section is None:
            language = stated_language(rich.label, rich.body)
            if language:
                self._language = language
                return True
            text = rich.body if is_summary_label(rich.label) else rich.text
            self._summary.append(text)
            self._claims.extend(claims_in(text, source="summary", line=block.line))
            return True
        if self._section == "level" and self._levels.read_label(block):
            self._note = None
            return True
        if self._keep_in_note(block):
            return True
        match self._section:
            case "level":
                return self._levels.read_paragraph(block)
            case "overview":
                claims = claims_in(rich.text, source="overview", line=block.line) if is_total_label(rich.label) else ()
                self._claims.extend(claims)
                return bool(claims)
            case "resources":
                if not rich.label or rich.body:
                    return False
                self._open_group(rich.label, block.line)
                return True
            case "formats" if self._formats:
                self._formats[-1] = with_note(self._formats[-1], rich.text)
                return True
            case _:
                return False

    def _read_items(self, block: ItemList) -> bool:
        if self._keep_in_note(block):
            return True
        match self._section:
            case "level":
                return self._levels.read_items(block)
            case "verification":
                self._read_methods(block)
            case "targets":
                for item in block.items:
                    targets = read_targets(item.rich.text, group=self._group, line=item.line)
                    self._targets.extend(targets)
                    if not targets:
                        self._unparsed.append(Unparsed(item.line, item.rich.text))
            case "resources":
                self._claims.extend(
                    resource_claim(item.rich, group=self._group, line=item.line) for item in block.items
                )
            case "formats" if self._formats:
                for item in block.items:
                    self._formats[-1] = with_note(self._formats[-1], item.rich.text)
            case _:
                return False
        return True

    def _read_methods(self, block: ItemList) -> None:
        for item in block.items:
            if item.depth and self._methods:
                method = self._methods[-1]
                self._methods[-1] = replace(method, text=f"{method.text}\n{item.rich.text}".strip())
            elif item.rich.label:
                self._methods.append(PlanMethod(item.rich.label, item.rich.body, item.line))
            else:
                self._methods.append(PlanMethod(item.rich.text, "", item.line))

    def _read_table(self, block: Table) -> bool:
        columns = columns_of(block)
        if "level" in columns and columns.get("topic") != 0:
            if columns.keys() & {"assessment", "criteria"}:
                self._keep_rows(self._assessments, block)
                return True
            if "hours" in columns:
                self._keep_rows(self._overview, block)
                return True
        return self._keep_in_note(block) or (self._section == "level" and self._levels.read_table(block))

    def _keep_rows(self, known: dict[int, LevelRow], table: Table) -> None:
        for row in read_level_rows(table, self._problems):
            if row.number in known:
                self._problems.add(
                    "duplicate_number",
                    row.line,
                    _("The number %(found)s is used twice."),
                    _("Give each level a row of its own."),
                    found=str(row.number),
                )
            known[row.number] = row
            if row.claim is not None:
                self._claims.append(row.claim)
            if row.left:
                self._unparsed.append(Unparsed(row.line, row.left))

    def _freeze(self) -> Plan:
        numbers = {level.number for level in self._levels.levels}
        rows = (*self._overview.values(), *self._assessments.values())
        self._unparsed.extend(Unparsed(row.line, row.text) for row in rows if row.number not in numbers)
        used = {target.group for target in self._targets} | {claim.place for claim in self._claims}
        self._unparsed.extend(Unparsed(line, title) for title, line in self._group_lines.items() if title not in used)
        if not numbers:
            self._problems.add(
                "no_levels",
                0,
                _("No level was found."),
                _("Begin each level with a heading such as “## Level 1: Foundations (2,000 hours)”."),
            )
        if not self._title:
            self._problems.add(
                "no_title", 0, _("The plan has no title."), _("Begin the text with “# ” and the title of the plan.")
            )
        levels = tuple(
            level.freeze(self._overview.get(level.number), self._assessments.get(level.number))
            for level in self._levels.levels
        )
        plan = Plan(
            title=self._title,
            summary=paragraphs(self._summary),
            language=self._language or guess_language("\n".join(self._structure)),
            levels=levels,
            tracks=tuple(self._levels.tracks),
            final_capstone=self._levels.final_capstone,
            verification_methods=tuple(self._methods),
            targets=tuple(self._targets),
            formats=tuple(self._formats),
            claims=tuple(sorted(self._claims, key=lambda claim: CLAIMS_IN_ORDER.index(claim.source))),
            notes=self._kept_notes(),
            unparsed=tuple(sorted((*self._unparsed, *self._levels.unparsed), key=lambda each: each.line)),
        )
        for each in self._corrections:
            plan = each.applied_to(plan, self._problems)
        check_references(plan, self._problems)
        return plan

    def _kept_notes(self) -> tuple[PlanNote, ...]:
        """Without the empty ones that only mark where a section or a rule was."""
        told = {note.section for note in self._notes if note.heading or note.parts}
        kept = []
        for note in self._notes:
            if note.heading or note.parts or note.section not in told:
                told.add(note.section)
                kept.append(note.freeze())
        return tuple(kept)
