"""Plain text as Markdown that reads as that text, with as few backslashes as that takes."""

import re

from curriculum.plan.words import level_heading, module_heading, section_of, track_heading

_SIGNS = re.compile(
    r"[\\`*]"
    r"|(?<![^\W_])_+|_+(?![^\W_])"  # an underscore inside a word marks nothing
    r"|<(?=[A-Za-z/!?])|<(?=[^\s<>]*@)"
    r"|&(?=#?\w+;)"
)
_BLOCK = re.compile(r"(?P<sign>[-+](?=\s|-|$)|>|#(?=#{0,5}(?:\s|$))|~(?=~~)|(?<=\d)[.)](?=\s|$))")
_NUMBERED = re.compile(r"\d{1,9}(?=[.)](?:\s|$))")
_DASHES = {"– ": "&ndash; ", "• ": "&bull; "}


def inline(text: str) -> str:
    """The text inside a line; its own line breaks become ``<br>``."""
    escaped = _SIGNS.sub(lambda match: "".join(f"\\{sign}" for sign in match[0]), text)
    if "](" in text:
        escaped = escaped.replace("[", "\\[")
    return escaped.replace("\n", "<br>")


def line(text: str) -> str:
    """The text as a paragraph or as the item of a list: what would begin a list or heading there does not."""
    escaped = inline(text)
    numbered = _NUMBERED.match(escaped)
    start = numbered.end() if numbered else 0
    match = _BLOCK.match(escaped, start)
    return f"{escaped[: match.start()]}\\{escaped[match.start() :]}" if match else escaped


def heading(text: str) -> str:
    """The text behind the ``#`` signs; signs at its end would close the heading."""
    escaped = inline(text)
    bare = escaped.rstrip("#")
    return bare + "\\#" * (len(escaped) - len(bare))


def free_heading(text: str, *, meant: bool = False) -> str:
    """A heading that is no level, module, track or known section, although it may read like one."""
    numbered = level_heading(text) or module_heading(text) or track_heading(text)
    if text and (numbered or (not meant and section_of(text) != "notes")):
        return f"&#{ord(text[0])};{heading(text[1:])}"
    return heading(text)


def cell(text: str) -> str:
    return inline(text).replace("|", "\\|")


def title_cell(text: str) -> str:
    """A cell in which a dash at the beginning would make a sub-topic."""
    escaped = cell(text)
    if escaped.startswith("- "):
        return f"\\{escaped}"
    return _DASHES[escaped[:2]] + escaped[2:] if escaped[:2] in _DASHES else escaped


def first_letter(text: str) -> str:
    """The text with its first letter as a number, so that it is no label such as “Requires:”."""
    return f"&#{ord(text[0])};{inline(text[1:])}"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text; one with more than one empty line in a row stays together."""
    return [text] if "\n\n\n" in text else [part for part in text.split("\n\n") if part]
