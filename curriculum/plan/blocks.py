"""Markdown as a flat list of blocks: headings, paragraphs, lists, tables, and whatever else, each with its line.

The rest of the reader sees these blocks only, never the Markdown parser's tokens.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from curriculum.plan.problems import Problems

MAX_NESTING = 24
"""Nesting in the parser's count (a list in a list is 4); plans stay under ten."""

MAX_TEXT = 5_000
"""Characters in one paragraph or cell."""

MAX_BRACKETS = 200
"""Opening square brackets in one paragraph or cell: unclosed ones take time that grows with the square of this."""

MAX_MARKS = 100_000
"""Signs that may begin emphasis, code, a link or an escape, in the whole text: 140 times the plan of 10,000 hours."""

_MARK = re.compile(r"[*_`\[<&\\]")
_AFTER_LABEL = re.compile(r"\s*(?:\((?P<aside>[^()]*)\)\s*)?:")
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rich:
    """Inline text without its markup. ``lead`` is the bold run it begins with, ``rest`` what follows.

    ``escaped`` says that its first sign is written with a backslash or as ``&#…;``: it means nothing but itself.
    """

    text: str
    lead: str = ""
    rest: str = ""
    bold: tuple[str, ...] = ()
    escaped: bool = False

    @property
    def label(self) -> str:
        """``"Doel"`` for ``**Doel**: …``, ``**Doel:** …`` and ``**Doel**`` alone; empty in a sentence."""
        if self.lead.endswith(":") or not self.rest or _AFTER_LABEL.match(self.rest):
            return self.lead.rstrip(": ")
        return ""

    @property
    def aside(self) -> str:
        """``"2.000 uur"`` in ``**Onderverdeling** (2.000 uur):``."""
        match = _AFTER_LABEL.match(self.rest)
        return (match["aside"] or "") if match else ""

    @property
    def body(self) -> str:
        """What follows the label."""
        match = _AFTER_LABEL.match(self.rest)
        return self.rest[match.end() :].strip() if match else self.rest.strip()


@dataclass(frozen=True, slots=True)
class Heading:
    """One that is ``escaped`` begins no level, module or section that is known: see ``Rich``."""

    line: int
    source: str
    depth: int
    text: str
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: int
    source: str
    rich: Rich


@dataclass(frozen=True, slots=True)
class Item:
    line: int
    depth: int
    rich: Rich


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list with its nested lists, flattened in the order of the text."""

    line: int
    source: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: tuple[Rich, ...]


@dataclass(frozen=True, slots=True)
class Table:
    line: int
    source: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    line: int
    source: str


@dataclass(frozen=True, slots=True)
class Fence:
    """Code between fences; ``info`` is what stands behind the first, ``content`` what stands between them."""

    line: int
    source: str
    info: str
    content: str


@dataclass(frozen=True, slots=True)
class Other:
    """Indented code, quotations, and lists that hold more than text."""

    line: int
    source: str


@dataclass(slots=True)
class _Node:
    """A token and what stands in it. Without a way back to the parent, so that it is freed as soon as it is read."""

    type: str
    token: Token
    children: list["_Node"] = field(default_factory=list)

    @property
    def map(self) -> list[int] | None:
        return self.token.map

    @property
    def content(self) -> str:
        return self.token.content


Block = Heading | Paragraph | ItemList | Table | Rule | Fence | Other


def read_blocks(text: str, problems: Problems) -> Iterator[Block]:
    """One block after another, so that few are held at a time.

    Raises ``PlanError`` at a place that is nested too deep or has a paragraph too long to be read.
    """
    lines = text.split("\n")
    mark = next(islice(_MARK.finditer(text), MAX_MARKS, None), None)
    if mark is not None:
        raise problems.stop(
            "too_many_marks",
            text.count("\n", 0, mark.start()) + 1,
            _("Up to this line the text has more than %(limit)s signs such as *, _ and [."),
            _("Split it into several plans, or check that the file is a plan in Markdown."),
            limit=MAX_MARKS,
        )
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING * 2}).enable("table")
    # A reference definition would vanish from the blocks; as a paragraph it is kept.
    markdown.disable("reference")
    for tokens in _top_level(markdown, text):
        for token in tokens:
            if token.level >= MAX_NESTING:
                raise problems.stop(
                    "too_deep",
                    _first_line(token),
                    _("The text is nested too deep at this line."),
                    _("Use headings, and at most three levels of list."),
                )
            if token.type == "inline":
                _read_inline(markdown, token, problems)
        for node in _tree(tokens):
            yield from _blocks(node, lines, problems)


def _top_level(markdown: MarkdownIt, text: str) -> Iterator[list[Token]]:
    """The tokens of one block after another, as the parser finds them.

    The parser's own loop keeps the tokens of the whole text, and the garbage collector then goes through them again
    and again: a text twenty times as long would take thirty times as long.
    """
    tokens: list[Token] = []
    state = StateBlock(text, markdown, {}, tokens)
    rules = markdown.block.ruler.getRules("")
    line = state.skipEmptyLines(0)
    while line < state.lineMax:
        any(rule(state, line, state.lineMax, False) for rule in rules)
        yield tokens
        tokens.clear()
        line = state.skipEmptyLines(state.line)


def _tree(tokens: Sequence[Token]) -> list[_Node]:
    roots: list[_Node] = []
    open_nodes: list[_Node] = []
    for token in tokens:
        if token.nesting < 0:
            open_nodes.pop()
            continue
        node = _Node(token.type.removesuffix("_open"), token, _tree(token.children or ()))
        (open_nodes[-1].children if open_nodes else roots).append(node)
        if token.nesting > 0:
            open_nodes.append(node)
    return roots


def _read_inline(markdown: MarkdownIt, token: Token, problems: Problems) -> None:
    # A backslash only says that the sign behind it is meant as it stands.
    escapes = token.content.count("\\")
    if len(token.content) - escapes > MAX_TEXT:
        raise problems.stop(
            "text_too_long",
            _first_line(token),
            _("A paragraph has more than %(limit)s characters."),
            _("Split it with empty lines, or check that the file is a plan in Markdown."),
            limit=MAX_TEXT,
        )
    if token.content.count("[") - token.content.count("\\[") > MAX_BRACKETS:
        raise problems.stop(
            "too_many_brackets",
            _first_line(token),
            _("A paragraph has more than %(limit)s opening square brackets."),
            _("Split it with empty lines, or check that the file is a plan in Markdown."),
            limit=MAX_BRACKETS,
        )
    token.children = []
    markdown.inline.parse(token.content, markdown, {}, token.children)


def _first_line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _blocks(node: _Node, lines: Sequence[str], problems: Problems) -> Iterator[Block]:
    start, end = node.map or (0, 0)
    line, source = start + 1, "\n".join(lines[start:end]).rstrip()
    match node.type:
        case "heading":
            rich = _rich(node.children[0].children)
            yield Heading(line, source, int(node.token.tag[1:]), rich.text, rich.escaped)
        case "paragraph":
            parts = list(_rich_parts(node.children[0]))
            ends = [start + offset for offset, _rich_text in parts[1:]] + [end]
            for (offset, rich), stop in zip(parts, ends, strict=True):
                yield Paragraph(line + offset, "\n".join(lines[start + offset : stop]).rstrip(), rich)
        case "bullet_list" | "ordered_list":
            items = _items(node, 0)
            yield Other(line, source) if items is None else ItemList(line, source, tuple(items))
        case "table":
            yield _table(node, line, source, lines, problems)
        case "hr":
            yield Rule(line, source)
        case "fence":
            yield Fence(line, source, node.token.info.strip(), node.content.removesuffix("\n"))
        case _:
            yield Other(line, source)


def _items(node: _Node, depth: int) -> list[Item] | None:
    """``None`` when an item holds anything but one text and lists."""
    found: list[Item] = []
    for item in node.children:
        if not item.children or item.children[0].type != "paragraph":
            return None
        text, *nested = item.children
        found.append(Item((item.map or (0, 0))[0] + 1, depth, _rich(text.children[0].children)))
        for child in nested:
            inner = _items(child, depth + 1) if child.type in {"bullet_list", "ordered_list"} else None
            if inner is None:
                return None
            found.extend(inner)
    return found


def _table(node: _Node, line: int, source: str, lines: Sequence[str], problems: Problems) -> Table:
    head, *body = node.children
    headings = tuple(_plain(cell) for cell in head.children[0].children)
    rows: list[Row] = []
    for row in body[0].children if body else ():
        at = (row.map or (line, line))[0]
        # The parser fills up short rows and cuts off long ones, so the cells are counted in the source.
        count = _count_cells(lines[at])
        if count != len(headings):
            problems.add(
                "table_cells",
                at + 1,
                _("This row has %(found)s cells; the heading of the table has %(expected)s."),
                _("Give every row as many cells as the heading; leave a cell empty rather than out: | |."),
                found=count,
                expected=len(headings),
            )
        rows.append(Row(at + 1, tuple(_rich(cell.children[0].children) for cell in row.children)))
    return Table(line, source, headings, tuple(rows))


def _count_cells(row: str) -> int:
    bare = row.strip().removeprefix("|")
    bars = re.findall(r"(?<!\\)\|", bare)
    closed = bare.endswith("|") and not bare.endswith("\\|")
    return len(bars) + (0 if closed else 1)


def _plain(node: _Node) -> str:
    return _rich(node.children[0].children).text


def _rich_parts(inline: _Node) -> Iterator[tuple[int, Rich]]:
    """Lines of one paragraph that each begin with a bold label are read apart: (line offset, text)."""
    nodes, start, offset = inline.children, 0, 0
    for index, node in enumerate(nodes):
        if node.type not in {"softbreak", "hardbreak"}:
            continue
        offset += 1
        following = nodes[index + 1 :][:2]
        if following and following[0].type == "text" and not following[0].content:
            following = nodes[index + 2 :][:2]
        if not following or following[0].type != "strong":
            continue
        after = following[1].content if len(following) > 1 and following[1].type == "text" else ""
        if after.lstrip().startswith(":") or _text_of(following[0]).endswith(":"):
            yield offset - 1 - _breaks(nodes[start:index]), _rich(nodes[start:index])
            start = index + 1
    yield offset - _breaks(nodes[start:]), _rich(nodes[start:])


def _breaks(nodes: Sequence[_Node]) -> int:
    return sum(node.type in {"softbreak", "hardbreak"} for node in nodes)


def _rich(nodes: Sequence[_Node]) -> Rich:
    shown = [node for node in nodes if node.type != "text" or node.content]
    text = _clean("".join(_text_of(node) for node in shown))
    bold = tuple(_clean(_text_of(node)) for node in shown if node.type == "strong")
    if not shown or shown[0].type != "strong":
        return Rich(text, bold=bold, escaped=_is_escaped(shown))
    rest = _clean("".join(_text_of(node) for node in shown[1:]))
    return Rich(text, bold[0], rest, bold, _is_escaped(shown[0].children))


def _is_escaped(nodes: Sequence[_Node]) -> bool:
    first = next((node for node in nodes if node.type != "text" or node.content), None)
    return first is not None and first.type == "text_special"


def _text_of(node: _Node) -> str:
    match node.type:
        case "text":
            return _LINE_BREAK.sub("\n", node.content)
        case "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return f"{node.content} ({node.token.attrs.get('src', '')})"
        case "link":
            text, target = "".join(_text_of(child) for child in node.children), str(node.token.attrs.get("href", ""))
            return text if target in {text, f"mailto:{text}"} else f"{text} ({target})"
        case _:
            return "".join(_text_of(child) for child in node.children) or node.content


def _clean(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n")).strip()
