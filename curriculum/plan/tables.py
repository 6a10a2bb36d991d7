"""The tables of a plan: the topics of a module, the overview of the levels, the assessment per level."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from curriculum.plan.blocks import Rich, Row, Table
from curriculum.plan.hours import MAX_HOURS, find_durations, read_hours, read_number
from curriculum.plan.nodes import PlanCell, PlanClaim, PlanTopic
from curriculum.plan.problems import Problems
from curriculum.plan.projects import read_benchmarks
from curriculum.plan.words import Column, column_of, level_cell
from curriculum.sentences import Span


def read_hours_at(text: str, *, line: int, problems: Problems) -> Decimal | None:
    """``None`` for no hours, and for hours that cannot be: those are added to the problems."""
    try:
        hours = read_hours(text)
        if hours is not None and hours != round(hours, 2):
            raise ValueError(text)
    except ValueError:
        problems.add(
            "hours_not_understood",
            line,
            _("“%(found)s” is not a number of hours."),
            _("Write the hours as 80, 80h or 2.000 uur."),
            found=text.strip()[:80],
        )
        return None
    if hours is not None and not 0 <= hours <= MAX_HOURS:
        problems.add(
            "hours_out_of_range",
            line,
            _("%(found)s hours cannot be planned."),
            _("Give a number from 0 to %(limit)s."),
            found=hours,
            limit=MAX_HOURS,
        )
        return None
    return hours


def columns_of(table: Table) -> dict[Column, int]:
    """Where each known column is; of two that mean the same, the first."""
    found: dict[Column, int] = {}
    for index, heading in enumerate(table.headings):
        found.setdefault(column_of(heading), index)
    found.pop("", None)
    return found


def is_topic_table(table: Table) -> bool:
    columns = columns_of(table)
    return "hours" in columns and (columns.get("topic") == 0 or not {"level", "topic"} & columns.keys())


_KEPT_OF_A_LEVEL: set[Column] = {"level", "hours", "focus", "technologies", "assessment", "criteria"}


@dataclass(frozen=True, slots=True)
class LevelRow:
    """What a row of the overview or of the assessment table says about a level; ``left`` is what nothing keeps."""

    number: int
    title: str
    text: str
    line: int
    hours: Decimal | None = None
    focus: str = ""
    technologies: str = ""
    key_assessment: str = ""
    graduation_criteria: str = ""
    claim: PlanClaim | None = None
    left: str = ""


def read_level_rows(table: Table, problems: Problems) -> tuple[LevelRow, ...]:
    """Rows whose first cell does not name a level are problems."""
    columns = columns_of(table)
    found: list[LevelRow] = []
    for row in table.rows:
        numbered = level_cell(row.cells[columns["level"]].text)
        if numbered is None:
            problems.add(
                "level_row",
                row.line,
                _("“%(found)s” does not begin with the number of a level."),
                _("Begin the row as in “1: Foundations”."),
                found=row.cells[columns["level"]].text[:80],
            )
            continue

        hours = read_hours_at(_cell(row, columns, "hours"), line=row.line, problems=problems)
        claim = _claim(table, row, columns, numbered.number, hours)
        left = "" if claim else " | ".join(_claimed(table, row, columns, weeks_known=False))
        found.append(
            LevelRow(
                numbered.number,
                numbered.title,
                " | ".join(cell.text for cell in row.cells),
                row.line,
                hours,
                _cell(row, columns, "focus"),
                _cell(row, columns, "technologies"),
                _cell(row, columns, "assessment"),
                _cell(row, columns, "criteria"),
                claim,
                left,
            )
        )
    return tuple(found)


def _cell(row: Row, columns: dict[Column, int], column: Column) -> str:
    return row.cells[columns[column]].text if column in columns else ""


def _claim(table: Table, row: Row, columns: dict[Column, int], number: int, hours: Decimal | None) -> PlanClaim | None:
    """Hours and weeks beside a level are a claim about it: ``Weken (20h/wk)`` with 100 under it."""
    if hours is None:
        return None
    weeks = pace = None
    written = _cell(row, columns, "weeks").lstrip("~ ")
    if written.isdecimal():
        weeks = Span.of(read_number(written))
        pace = next((found.hours_per_week for found in find_durations(table.headings[columns["weeks"]])), None)
    text = " | ".join(_claimed(table, row, columns, weeks is not None))
    return PlanClaim(
        "level_duration", "overview", text, str(number), hours=hours, weeks=weeks, hours_per_week=pace, line=row.line
    )


def _claimed(table: Table, row: Row, columns: dict[Column, int], weeks_known: bool) -> Iterator[str]:
    """The cells of a row that no field of the level keeps: its hours and weeks, and others behind their headings."""
    kept = {index for name, index in columns.items() if name in _KEPT_OF_A_LEVEL}
    if "hours" in columns and row.cells[columns["hours"]].text:
        yield row.cells[columns["hours"]].text
    if weeks_known:
        kept.add(columns["weeks"])
        yield row.cells[columns["weeks"]].text
    for index, (heading, cell) in enumerate(zip(table.headings, row.cells, strict=True)):
        if index not in kept and cell.text:
            yield f"{heading}: {cell.text}"


@dataclass(frozen=True, slots=True)
class _Mark:
    """How the first cell of a topic row is written. A dash behind a backslash is part of the title."""

    title: str
    dashed: bool
    bold: bool


def _mark(cell: Rich) -> _Mark:
    dashed = cell.text.startswith(("- ", "– ", "• ")) and not cell.escaped
    return _Mark(cell.text[2:].strip() if dashed else cell.text, dashed, bool(cell.lead) and not cell.rest)


def read_topics(table: Table, *, module_code: str, already: int, problems: Problems) -> tuple[PlanTopic, ...]:
    """Rows that begin with a dash are sub-topics of the row above them that does not.

    A plain row under a bold one is a sub-topic too, when dashes are used elsewhere in the table or when every bold
    row has plain rows under it and the table begins with one; otherwise it is a topic of its own.
    ``already`` is the number of topics that earlier tables of the module gave.
    """
    columns = columns_of(table)
    title_column = columns.get("topic", 0)
    marks = [_mark(row.cells[title_column]) for row in table.rows]
    bold_is_parent = any(mark.dashed for mark in marks) or _alternates(marks)
    topics: list[tuple[PlanTopic, list[PlanTopic]]] = []
    under_bold = False
    for row, mark in zip(table.rows, marks, strict=True):
        if not mark.title:
            problems.add(
                "topic_without_title",
                row.line,
                _("This row has no topic."),
                _("Write the topic in the first cell, or delete the row."),
            )
            continue
        under_bold = (under_bold or mark.bold) and bold_is_parent
        if mark.dashed or (under_bold and not mark.bold):
            if not topics:
                problems.add(
                    "subtopic_without_topic",
                    row.line,
                    _("“%(found)s” is a sub-topic, and no topic stands above it."),
                    _("Put its topic in the row above, or leave out the dash."),
                    found=mark.title[:80],
                )
                continue
            topic, subtopics = topics[-1]
            code = f"{topic.code}.{len(subtopics) + 1}"
            subtopics.append(_topic(code, mark.title, table, row, columns, problems))
        else:
            code = f"{module_code}.{already + len(topics) + 1}"
            topics.append((_topic(code, mark.title, table, row, columns, problems), []))
    return tuple(replace(topic, subtopics=tuple(subtopics)) for topic, subtopics in topics)


def _alternates(marks: list[_Mark]) -> bool:
    if len(marks) < 2 or not marks[0].bold or marks[-1].bold:
        return False
    return not any(mark.bold and following.bold for mark, following in pairwise(marks))


def _topic(code: str, title: str, table: Table, row: Row, columns: dict[Column, int], problems: Problems) -> PlanTopic:
    used = {
        columns.get("topic", 0),
        *(columns[name] for name in ("hours", "resources", "deliverables") if name in columns),
    }
    problems.check_title(title, row.line)
    deliverables = _cell(row, columns, "deliverables")
    return PlanTopic(
        code=code,
        title=title,
        hours=read_hours_at(_cell(row, columns, "hours"), line=row.line, problems=problems),
        resources=_cell(row, columns, "resources"),
        deliverables=deliverables,
        cells=tuple(
            PlanCell(heading, cell.text)
            for index, (heading, cell) in enumerate(zip(table.headings, row.cells, strict=True))
            if index not in used and cell.text
        ),
        benchmarks=read_benchmarks(deliverables),
        line=row.line,
    )
