"""Rows for a spreadsheet that never run as formulas there."""

import csv
from collections.abc import Iterable, Iterator

#: A cell that begins so is a formula, or becomes one, in the common spreadsheets.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """Gives back what is written, so that a writer of files makes pieces of a stream."""

    def write(self, text: str) -> str:
        return text


def stream_csv(rows: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, which Excel needs to read it as such; a row at a time."""
    writer = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row]).encode()


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before anything that a spreadsheet would run; negative numbers stay numbers."""
    if text.lstrip().startswith(FORMULA_STARTS) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()
