"""The table in which the topics of a module are written."""

from collections.abc import Iterator, Sequence

from curriculum.plan import escaping
from curriculum.plan.nodes import PlanModule, PlanTopic
from curriculum.plan.phrases import Phrases, written_number
from curriculum.plan.words import Column, column_of


def topic_table(module: PlanModule, words: Phrases) -> str:
    """The headings that the module had, and those that its topics need besides."""
    rows = [row for topic in module.topics for row in ((topic, False), *((each, True) for each in topic.subtopics))]
    columns = _Columns(module, [topic for topic, _below in rows], words)
    bold = any(topic.subtopics for topic in module.topics)
    lines = [*write_head(columns.headings)]
    for topic, below in rows:
        title = f"- {escaping.cell(topic.title)}" if below else escaping.title_cell(topic.title)
        lines.append(write_row(columns.cells(topic, f"**{title}**" if bold and not below else title)))
    return "\n".join(lines)


def write_head(headings: Sequence[str]) -> Iterator[str]:
    yield write_row([escaping.cell(heading) for heading in headings])
    yield "|" + "---|" * len(headings)


def write_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


class _Columns:
    def __init__(self, module: PlanModule, topics: Sequence[PlanTopic], words: Phrases) -> None:
        self.headings = list(module.table_headings)
        self._places: dict[Column, int] = {}
        self._learn()
        if self._places.get("topic") != 0 or "hours" not in self._places:
            self.headings = [words.topic, words.hours_column]
            self._places = {}
            self._learn()
        cells = {column_of(cell.heading) for topic in topics for cell in topic.cells}
        for column, heading, needed in (
            ("resources", words.resources_column, any(topic.resources for topic in topics)),
            ("deliverables", words.deliverables, any(topic.deliverables for topic in topics)),
        ):
            # A second column of that kind is another cell; it needs a first.
            if (needed or column in cells) and column not in self._places:
                self._append(heading)
        self._cells = {topic.code: self._place(topic) for topic in topics}

    def _learn(self) -> None:
        for index, heading in enumerate(self.headings):
            self._places.setdefault(column_of(heading), index)
        self._places.pop("", None)

    def _append(self, heading: str) -> int:
        self.headings.append(heading)
        self._places.setdefault(column_of(heading), len(self.headings) - 1)
        self._places.pop("", None)
        return len(self.headings) - 1

    def _place(self, topic: PlanTopic) -> list[int]:
        """The columns of its cells, in their order; a heading that stands too early gets a second column."""
        used = {self._places.get(name, 0) for name in ("topic", "hours", "resources", "deliverables")}
        found: list[int] = []
        at = -1
        for cell in topic.cells:
            at = next(
                (
                    index
                    for index in range(at + 1, len(self.headings))
                    if self.headings[index] == cell.heading and index not in used
                ),
                -1,
            )
            at = self._append(cell.heading) if at < 0 else at
            found.append(at)
        return found

    def cells(self, topic: PlanTopic, title: str) -> list[str]:
        texts = [""] * len(self.headings)
        for index, cell in zip(self._cells[topic.code], topic.cells, strict=True):
            texts[index] = escaping.cell(cell.text)
        texts[0] = title
        texts[self._places["hours"]] = "" if topic.hours is None else written_number(topic.hours)
        if "resources" in self._places:
            texts[self._places["resources"]] = escaping.cell(topic.resources)
        if "deliverables" in self._places:
            texts[self._places["deliverables"]] = escaping.cell(topic.deliverables)
        return texts
