"""A file of a spreadsheet, read as a table: whatever its encoding and separator, or refused with how to mend it.

Rows are numbered as a spreadsheet shows them: the first line of the file is row 1.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _

from cohorts.errors import CohortError

MOST_ROWS = 5_000
MOST_COLUMNS = 60
MOST_BYTES = 2 * 1024 * 1024
SEPARATORS = ",;\t|"
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Table:
    """The header, and the rows that are not empty with their numbers."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def decode(data: bytes) -> str:
    """The file's text: UTF-8, UTF-16 with its mark, or what Windows wrote before. Raises CohortError.

    Codes: `too_large`, `empty_file`, `not_text`, `spreadsheet`.
    """
    if len(data) > MOST_BYTES:
        raise CohortError("too_large", _("The file is larger than 2 MB. Split it and import the parts."))
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CohortError(
            "spreadsheet", _("This is a spreadsheet and no CSV file. In your spreadsheet, save it as “CSV UTF-8”.")
        )
    try:
        text = data.decode("utf-16" if data.startswith(UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise _no_text() from None
    if not text.strip():
        raise CohortError("empty_file", _("The file is empty. It needs a header and one row per learner."))
    if "\x00" in text and not data.startswith(UTF16) and text.count("\x00") > len(text) // 10:
        raise _no_text()
    return text.replace("\x00", "�")  # PostgreSQL keeps no such sign; the row that has one is refused for it


def read_table(text: str) -> Table:
    """The rows of the text. Raises CohortError: `not_csv`, `no_rows`, `too_many_rows`, `too_many_columns`."""
    first, _line, rest = text.partition("\n")
    skipped, separator = 0, ""
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        skipped, separator, text = 1, first.strip()[4], rest
    try:
        lines = list(csv.reader(StringIO(text, newline=""), delimiter=separator or _separator(text), strict=True))
    except csv.Error:
        raise CohortError(
            "not_csv", _("The file cannot be read as CSV: a quotation mark may be missing. Save it again as CSV UTF-8.")
        ) from None
    header = _trimmed(lines[0]) if lines else []
    rows = [
        (number, row) for number, row in enumerate(lines[1:], start=2 + skipped) if any(cell.strip() for cell in row)
    ]
    if not rows:
        raise CohortError("no_rows", _("The file has a header and no learners. Add a row for each."))
    if len(rows) > MOST_ROWS:
        raise CohortError(
            "too_many_rows",
            _("The file has %(rows)s learners; at most %(most)s fit in one import. Split it and import the parts.")
            % {"rows": len(rows), "most": MOST_ROWS},
        )
    if len(header) > MOST_COLUMNS:
        raise CohortError(
            "too_many_columns",
            _("The file has %(columns)s columns; at most %(most)s can be read. Remove those that nobody needs here.")
            % {"columns": len(header), "most": MOST_COLUMNS},
        )
    return Table(header, rows)


def _separator(text: str) -> str:
    return max(SEPARATORS, key=text.partition("\n")[0].count)


def _trimmed(header: Sequence[str]) -> list[str]:
    """The names of the columns, without the empty ones at the end that spreadsheets add."""
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    return names


def _no_text() -> CohortError:
    return CohortError("not_text", _("The file is no text. In your spreadsheet choose “CSV UTF-8” when you save it."))
