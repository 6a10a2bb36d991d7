"""Rows for a spreadsheet that never run as formulas there."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO

from django.http import StreamingHttpResponse
from xlsxwriter import Workbook

#: A cell that begins so is a formula, or becomes one, in the common spreadsheets.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

#: What Excel takes.
MOST_IN_A_CELL = 32_767


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


def csv_response(name: str, rows: Iterable[Iterable[str]]) -> StreamingHttpResponse:
    """The rows as a file to download, with that name before its ending."""
    response = StreamingHttpResponse(stream_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before anything that a spreadsheet would run; negative numbers stay numbers."""
    if text.lstrip().startswith(FORMULA_STARTS) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def write_xlsx(rows: Iterable[Sequence[str | float | None]]) -> IO[bytes]:
    """A workbook of one sheet, written row by row to a file on disk. Text is text, whatever it begins with."""
    return write_book({"": rows})


def write_book(sheets: Mapping[str, Iterable[Sequence[str | float | None]]]) -> IO[bytes]:
    """The same with several sheets, by their names."""
    file = TemporaryFile()  # noqa: SIM115 - the response that sends it closes it
    book = Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    )
    bold = book.add_format({"bold": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name or None)
        sheet.freeze_panes(1, 1)
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(place, column, cell[:MOST_IN_A_CELL], bold if place == 0 else None)
                elif cell is not None:
                    sheet.write_number(place, column, cell)
    book.close()
    file.seek(0)
    return file
