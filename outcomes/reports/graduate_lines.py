"""The report on graduates in lines that a page, a CSV or a workbook only has to write down, hidden where need be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.planned_ends import planned_ends_as_of
from design.dates import written_day
from design.templatetags.design import hours as rounded
from design.templatetags.design import percent
from outcomes.collecting.salaries import salaries_as_of
from outcomes.measuring.intervals import wilson
from outcomes.measuring.measures import SMALLEST_CELL
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.placement import WINDOW
from outcomes.measuring.verdicts import MINIMUM_SETTLED
from outcomes.models import DEFINITION_VERSION, PlacementStatus
from outcomes.reports.graduates import Completion, GraduateReport, HalfYear, Situations, graduate_report
from outcomes.reports.hiding import Key, Sum, hidden_cells
from outcomes.scopes import EVERYONE, Scope

Status = PlacementStatus
NOTHING = "–"
#: Of salaries: the median, and how many reported one of how many.
MEDIAN, REPORTED = ("salary", "median"), ("salary", "reported")


class Group(NamedTuple):
    """A line that adds up the lines of `parts`: categories, or other groups."""

    key: str
    label: str | Promise
    parts: tuple[str, ...]


GROUPS = {
    group.key: group
    for group in (
        Group("placed", gettext_lazy("Placed in field"), ("employed", "independent")),
        Group("employed", gettext_lazy("Employed in field"), ("1A", "1B", "1C")),
        Group("independent", gettext_lazy("Own venture or short-term work"), ("1D", "1E")),
        Group("not_placed", gettext_lazy("Not placed in field"), ("2A", "2B", "3A", "3B", "4")),
    )
}
TOP = ("placed", "not_placed")
COMPLETED: dict[int, str | Promise] = {
    100: gettext_lazy("Graduated on time"),
    150: gettext_lazy("Graduated within 150% of the planned time"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A count of a total and its share, in words; dashes where it is hidden."""

    count: str
    share: str = ""
    interval: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A group or a category with a cell for each window; `level` is how deep it stands."""

    key: str
    label: str
    level: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SalaryLine:
    """The median with its currency, a dash where it is not told, and of how many it is, or why it is not told."""

    median: str
    words: str
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """All that is shown of a report; `hidden` are the keys of what is not."""

    report: GraduateReport
    hidden: frozenset[Key]
    period: str
    graduates: str
    declared: str
    counted: tuple[Cell, ...]
    pending: tuple[str, ...]
    situations: tuple[Line, ...]
    salary: SalaryLine
    completions: tuple[tuple[str, Cell, str], ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def is_hiding(self) -> bool:
        return bool(self.hidden)


def report_as_of(known: AsOf, period: HalfYear, scope: Scope = EVERYONE) -> GraduateReport:
    """Four queries at most, of which `known` may have made two before."""
    return graduate_report(
        period,
        known.part(scope).roster.anonymous,
        known.occupations,
        planned_ends_as_of(known.on),
        on=known.on,
        reported=salaries_as_of(known.on),
        is_of_everybody=scope == EVERYONE,
    )


def name_of(period: HalfYear) -> str:
    """January to June 2026."""
    words = {"year": period.year}
    return _("January to June %(year)s") % words if period.half == 1 else _("July to December %(year)s") % words


def hidden_of(report: GraduateReport) -> frozenset[Key]:
    """What of a report nobody but the staff may see: cells under five, and what would tell them."""
    counts: dict[Key, int] = {"graduates": report.graduates, "declared": report.declared}
    sums: list[Sum] = []
    for at in report.situations:
        days = at.days
        counts[days, "counted"] = at.graduates
        apart: list[Key] = ["declared"]
        if at.pending:  # nobody pending is the calendar's doing, and says nothing of anybody
            counts[days, "pending"] = at.pending
            apart.append((days, "pending"))
        counts.update({(days, status): number for status, number in at.by_status.items()})
        counts.update({(days, key): at.number(categories_of(key)) for key in GROUPS})
        sums.append(Sum("graduates", ((days, "counted"), *apart)))
        sums.append(Sum((days, "counted"), tuple((days, key) for key in TOP)))
        sums += [Sum((days, key), tuple((days, part) for part in group.parts)) for key, group in GROUPS.items()]
    hidden = hidden_cells(counts, sums) | _hidden_completions(report)
    small = {("left_out", reason) for reason, number in report.left_out.items() if hidden_cells({"": number}, [])}
    return hidden | small


def withheld_salaries(report: GraduateReport) -> frozenset[Key]:
    """What of salaries nobody but admins may see: MEDIAN, REPORTED, both or neither.

    A median is told of all the graduates of one half-year, once that is settled, and never of a part of them or of
    several half-years: no two medians have people in common, so that nothing follows from two of them. It tells that
    five reported one, and so of how many were placed, which may be hidden:

    - where that number is told, it has to be more than those five, or it would tell that all of them reported one;
    - where it is hidden since fewer than five of many were not placed, it tells that this is why. Any number from none
      to four stays possible: if there is one, one of them less and one more placed; if there is none, one of them more.
    """
    found, hidden, at = report.salaries, hidden_of(report), report.at(WINDOW)
    if found is None or not report.is_settled or not report.is_of_everybody or (WINDOW, "counted") in hidden:
        return frozenset((MEDIAN, REPORTED))
    if (WINDOW, "placed") in hidden:
        is_told = at.graduates >= MINIMUM_SETTLED and at.graduates - found.placed < SMALLEST_CELL
        return frozenset((REPORTED,)) if is_told else frozenset((MEDIAN, REPORTED))
    if found.placed <= SMALLEST_CELL:
        return frozenset((MEDIAN, REPORTED))
    return frozenset((REPORTED,)) if found.placed - found.reported < SMALLEST_CELL else frozenset()


def salary_in_a_sentence(report: GraduateReport) -> str:
    """For whoever sees no salary, in the active language; nothing where it is not told."""
    line = _salary_line(report, is_exact=False)
    if not line.is_told:
        return ""
    return _("Graduates of %(period)s, placed in field: median gross base salary of a year %(median)s (%(words)s).") % {
        "period": name_of(report.period),
        "median": line.median,
        "words": line.words,
    }


def lines_of(report: GraduateReport, *, is_hiding: bool, sees_salaries: bool = False) -> Lines:
    """The report in the active language; hiding, for anybody but the staff. Salaries are exact for who may see them."""
    hidden = hidden_of(report) if is_hiding else frozenset()
    totals = [(at, (at.days, "counted") in hidden) for at in report.situations]
    return Lines(
        report=report,
        hidden=hidden,
        period=name_of(report.period),
        graduates=_count(report.graduates, "graduates" in hidden),
        declared=_count(report.declared, "declared" in hidden),
        counted=tuple(Cell(count=_count(at.graduates, is_hidden)) for at, is_hidden in totals),
        pending=tuple(_count(at.pending, (at.days, "pending") in hidden) for at in report.situations),
        situations=tuple(_situation_lines(report, hidden, TOP, 0)),
        salary=_salary_line(report, is_exact=sees_salaries and not is_hiding),
        completions=tuple(_completion_line(row, hidden) for row in report.completions),
        left_out=tuple(
            (str(reason.label), _count(number, ("left_out", reason) in hidden))
            for reason, number in report.left_out.items()
        ),
    )


def report_rows(report: GraduateReport, *, is_hiding: bool, sees_salaries: bool = False) -> Iterator[list[str]]:
    """For a spreadsheet: a row for each category, group and rate, empty where it is hidden."""
    yield ["period", "as_of", "definition", "part", "days", "key", "count", "of", "share", "low", "high", "value"]
    for row in _count_rows(report, hidden_of(report) if is_hiding else frozenset()):
        yield [*row, ""]
    yield _salary_row(report, is_exact=sees_salaries and not is_hiding)


def _count_rows(report: GraduateReport, hidden: frozenset[Key]) -> Iterator[list[str]]:
    first = _first_cells(report)
    yield [*first, "graduates", "", "all", _plain(report.graduates, "graduates" in hidden), "", "", "", ""]
    yield [*first, "graduates", "", "not_seeking", _plain(report.declared, "declared" in hidden), "", "", "", ""]
    for at in report.situations:
        for key in ("counted", "pending"):
            number = at.graduates if key == "counted" else at.pending
            yield [*first, "situations", str(at.days), key, _plain(number, (at.days, key) in hidden), "", "", "", ""]
        for key in (*GROUPS, *Status.values):
            is_hidden = bool({(at.days, key), (at.days, "counted")} & hidden)
            number = at.number(categories_of(key))
            cells = _share_row(number, at.graduates, is_hidden)
            cells[0] = _plain(number, (at.days, key) in hidden)
            yield [*first, "situations", str(at.days), key, *cells]
    for row in report.completions:
        is_hidden = not row.is_settled or ("graduated", row.percent) in hidden
        yield [*first, "completion", "", str(row.percent), *_share_row(row.graduated, row.began, is_hidden)]
    for reason, number in report.left_out.items():
        count = _plain(number, ("left_out", reason) in hidden)
        yield [*first, "left_out", "", reason.value, count, "", "", "", ""]


def _first_cells(report: GraduateReport) -> list[str]:
    return [report.period.code, report.on.isoformat(), str(DEFINITION_VERSION)]


def _salary_row(report: GraduateReport, *, is_exact: bool) -> list[str]:
    found = report.salaries
    withheld = frozenset() if is_exact else withheld_salaries(report)
    first = [*_first_cells(report), "salary", str(WINDOW)]
    if found is None or MEDIAN in withheld:
        return [*first, "", "", "", "", "", "", ""]
    counts = ["", "", ""] if REPORTED in withheld else [str(found.reported), str(found.placed), f"{found.share:.6f}"]
    return [*first, found.currency, *counts, "", "", f"{found.median if is_exact else found.rounded:g}"]


def _salary_line(report: GraduateReport, *, is_exact: bool) -> SalaryLine:
    found = report.salaries
    withheld = frozenset() if is_exact else withheld_salaries(report)
    if found is None or MEDIAN in withheld:
        why = _("not told: of fewer than 5 reports, or telling of fewer than 5 people")
        return SalaryLine(median=NOTHING, words=why, is_told=False)
    median = f"{found.currency} {rounded(found.median if is_exact else found.rounded, 0)}"
    counts = {"reported": found.reported, "placed": found.placed, "share": percent(found.share, 2)}
    if REPORTED in withheld:
        words = _("to the thousand, of those who told it")
    elif is_exact:
        words = _("told by %(reported)s of %(placed)s placed in field, %(share)s") % counts
    else:
        words = _("to the thousand, told by %(reported)s of %(placed)s placed in field, %(share)s") % counts
    return SalaryLine(median=median, words=words, is_told=True)


def _hidden_completions(report: GraduateReport) -> frozenset[Key]:
    """Settled ones alone: of others nothing is shown. Who graduated late is the difference of the two."""
    settled = {row.percent: row for row in report.completions if row.is_settled}
    counts: dict[Key, int] = {}
    sums = []
    for percent_of, row in settled.items():
        counts[("graduated", percent_of)] = row.graduated
        counts[("not_graduated", percent_of)] = row.began - row.graduated
        counts[("began", percent_of)] = row.began
        sums.append(Sum(("began", percent_of), (("graduated", percent_of), ("not_graduated", percent_of))))
    if len(settled) == len(COMPLETED):
        counts["late"] = settled[150].graduated - settled[100].graduated
        sums.append(Sum(("graduated", 150), (("graduated", 100), "late")))
        sums.append(Sum(("not_graduated", 100), (("not_graduated", 150), "late")))
        return hidden_cells(counts, sums, unpublished=["late"])
    return hidden_cells(counts, sums)


def categories_of(key: str) -> tuple[str, ...]:
    if key not in GROUPS:
        return (key,)
    return tuple(category for part in GROUPS[key].parts for category in categories_of(part))


def _situation_lines(report: GraduateReport, hidden: frozenset[Key], keys: Sequence[str], level: int) -> Iterator[Line]:
    for key in keys:
        is_group = key in GROUPS
        label = str(GROUPS[key].label) if is_group else f"{key} · {Status(key).label}"
        cells = tuple(_situation_cell(at, key, hidden) for at in report.situations)
        yield Line(key=key, label=label, level=level, cells=cells)
        if is_group:
            yield from _situation_lines(report, hidden, GROUPS[key].parts, level + 1)


def _situation_cell(at: Situations, key: str, hidden: frozenset[Key]) -> Cell:
    number = at.number(categories_of(key))
    if (at.days, key) in hidden:
        return Cell(count=NOTHING, share=NOTHING)
    if (at.days, "counted") in hidden or not at.graduates:
        return Cell(count=str(number), share=NOTHING)
    return _share_cell(number, at.graduates)


def _completion_line(row: Completion, hidden: frozenset[Key]) -> tuple[str, Cell, str]:
    label = str(COMPLETED[row.percent])
    if row.settles_on is None:
        return label, Cell(count=NOTHING, share=NOTHING), _("Nobody was to finish in this half-year.")
    if not row.is_settled:
        day = written_day(row.settles_on, "j F Y")
        return label, Cell(count=NOTHING, share=NOTHING), _("Known after %(day)s.") % {"day": day}
    began = _count(row.began, ("began", row.percent) in hidden)
    if {("graduated", row.percent), ("began", row.percent)} & hidden:
        return label, Cell(count=NOTHING, share=NOTHING), _("of %(total)s who began") % {"total": began}
    return label, _share_cell(row.graduated, row.began), _("of %(total)s who began") % {"total": began}


def _share_cell(number: int, total: int) -> Cell:
    found = wilson(number, total)
    if found is None:
        return Cell(count=str(number), share=NOTHING)
    return Cell(
        count=str(number),
        share=percent(found.estimate, 2),
        interval=f"{rounded(100 * found.low, 1)}–{percent(found.high, 1)}",
    )


def _share_row(number: int, total: int, is_hidden: bool) -> list[str]:
    found = None if is_hidden else wilson(number, total)
    if found is None:
        return ["", "", "", "", ""]
    return [str(number), str(total), *(f"{part:.6f}" for part in (found.estimate, found.low, found.high))]


def _count(number: int, is_hidden: bool) -> str:
    return NOTHING if is_hidden else str(number)


def _plain(number: int, is_hidden: bool) -> str:
    return "" if is_hidden else str(number)
