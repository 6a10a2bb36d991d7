"""The numbers as a workbook for the staff: every target, every cohort and the graduates, with all their counts."""

from collections.abc import Iterable, Iterator
from typing import IO

from django.utils.translation import gettext as _

from cohorts.sheets import write_book
from outcomes.models import DEFINITION_VERSION
from outcomes.reports.graduate_lines import report_rows
from outcomes.reports.graduates import GraduateReport
from outcomes.showing import exports
from outcomes.showing.figures import Figures

#: The columns that are numbers; others stay text, also where somebody gave a cohort a number for a name.
NUMBERS = {
    "definition", "value", "low", "high", "numerator", "denominator", "pending", "excluded", "unknown", "target",
    "days", "count", "of", "share",
}  # fmt: skip


def workbook_of(figures: Figures, report: GraduateReport, *, organization: str, sees_salaries: bool) -> IO[bytes]:
    """A file open at its beginning; whoever sends it closes it. Salaries are exact for who may see them."""
    return write_book(
        {
            _("About"): _about(figures, organization),
            _("Targets"): _typed(exports.target_rows(figures)),
            _("Cohorts"): _typed(exports.cohort_rows(figures)),
            _("Graduates"): _typed(report_rows(report, is_hiding=False, sees_salaries=sees_salaries)),
        }
    )


def _about(figures: Figures, organization: str) -> Iterator[list[str | float | None]]:
    yield [_("Organization"), organization]
    yield [_("As of"), figures.on.isoformat()]
    yield [_("Computed"), figures.computed_at.isoformat(timespec="seconds")]
    yield [_("Definition version"), float(DEFINITION_VERSION)]
    yield [_("Cohorts"), ", ".join(cohort.name for cohort in figures.cohorts)]
    yield ["", _("Shares lie between 0 and 1. Small groups are not hidden: keep this file among the staff.")]


def _typed(rows: Iterable[list[str]]) -> Iterator[list[str | float | None]]:
    head: list[str] = []
    for row in rows:
        if not head:
            head = row
            yield list(row)
        else:
            yield [_cell(name, text) for name, text in zip(head, row, strict=True)]


def _cell(name: str, text: str) -> str | float | None:
    if not text:
        return None
    return float(text) if name in NUMBERS else text
